/* SPDX-License-Identifier: Apache-2.0 */

/* espgang compare: two batches side by side. */

#include "db/query/questions.h"
#include "engine/base/bytes.h"
#include "tools/espgang/ledger/rows.h"

#include <string.h>

#define COLUMNS(kind)                                                                                        \
    {                                                                                                        \
        CLI_COLUMN(eg_comparison, section, "section", TEXT, 0),                                              \
            CLI_COLUMN(eg_comparison, name, "name", TEXT, 30),                                               \
            CLI_COLUMN(eg_comparison, first, "first", kind, 26),                                             \
            CLI_COLUMN(eg_comparison, second, "second", kind, 26),                                           \
            CLI_COLUMN(eg_comparison, difference, "difference", DECIMAL, 12), {0},                           \
    }

static const struct cli_column numbers[] = COLUMNS(DECIMAL);
static const struct cli_column texts[] = COLUMNS(TEXT);

/* In the order in which the ledger answers. */
static const struct cli_table_form sections[] = {
    {"counts", numbers, false}, {"codes", numbers, false}, {"stages", numbers, false},
    {"firmware", texts, false}, {"jobs", texts, false},    {"values", texts, false},
};
#define SECTIONS (sizeof sections / sizeof sections[0])

struct comparison {
    struct cli_rows rows;
    size_t section; /* that is open */
};

static void next_section(struct comparison *comparison)
{
    cli_rows_table_end(&comparison->rows);
    comparison->section++;
    cli_rows_table(&comparison->rows, &sections[comparison->section]);
}

static enum eg_code show(void *context, const void *row, struct eg_error *err)
{
    struct comparison *comparison = context;
    const char *name = ((const struct eg_comparison *)row)->section;

    while (comparison->section + 1 < SECTIONS && strcmp(sections[comparison->section].name, name) != 0)
        next_section(comparison);
    return cli_rows_add(&comparison->rows, row, err);
}

static enum cli_status tell(const char *ledger, enum cli_format format, const char *first, const char *second)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct comparison comparison = {.section = 0};
    struct eg_batch ignored;
    struct eg_error err;

    if (eg_query_open(&query, ledger, &err) != EG_OK ||
        eg_query_batch(query, first, &ignored, &err) != EG_OK ||
        eg_query_batch(query, second, &ignored, &err) != EG_OK)
        return cli_fail(&err);
    cli_rows_begin(&comparison.rows, stdout, format, "compare", eg_query_path(query), NULL);
    cli_rows_text(&comparison.rows, "first", first);
    cli_rows_text(&comparison.rows, "second", second);
    cli_rows_say(&comparison.rows, "first: %s\nsecond: %s", first, second);
    cli_rows_table(&comparison.rows, &sections[0]);
    if (eg_query_compare(query, first, second, show, &comparison, &err) != EG_OK)
        return cli_fail(&err);
    while (comparison.section + 1 < SECTIONS)
        next_section(&comparison);
    cli_rows_table_end(&comparison.rows);
    cli_rows_end(&comparison.rows);
    return CLI_OK;
}

enum cli_status cli_compare(int argc, const char **argv)
{
    EG_CLEANUP(cli_rows_options_finish) struct cli_rows_options options = {0};
    const struct poptOption table[] = {CLI_ROWS_OPTIONS(&options), POPT_AUTOHELP POPT_TABLEEND};
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;
    enum cli_format format;

    if (!cli_options(&context, argc, argv, table, "BATCH BATCH") ||
        !cli_rows_format(&format, &options, context))
        return CLI_USAGE;
    const char *first = poptGetArg(context), *second = poptGetArg(context);
    if (second == NULL)
        return cli_usage(context, "compare what? name two batches");
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "'%s' is too much", poptPeekArg(context));
    return tell(options.ledger, format, first, second);
}
