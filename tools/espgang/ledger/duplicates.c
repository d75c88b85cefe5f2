/* SPDX-License-Identifier: Apache-2.0 */

/* espgang duplicates: what should be there once in a ledger and is there twice. */

#include "db/query/questions.h"
#include "engine/base/bytes.h"
#include "tools/espgang/ledger/rows.h"

#include <inttypes.h>

static const struct cli_column columns[] = {
    CLI_COLUMN(eg_duplicate, kind, "kind", TEXT, 14),
    CLI_COLUMN(eg_duplicate, value, "value", TEXT, 20),
    CLI_COLUMN(eg_duplicate, runs, "runs", TEXT, 16),
    CLI_COLUMN(eg_duplicate, among, "among", TEXT, 44),
    {0},
};

static const struct cli_table_form duplicates_table = {"duplicates", columns, false};

struct duplicates {
    struct cli_rows rows;
    int64_t count;
};

static enum eg_code show(void *context, const void *row, struct eg_error *err)
{
    struct duplicates *duplicates = context;

    duplicates->count++;
    return cli_rows_add(&duplicates->rows, row, err);
}

static enum cli_status tell(const char *ledger, const char *batch, enum cli_format format)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct duplicates duplicates = {.count = 0};
    struct eg_error err;

    if (eg_query_open(&query, ledger, &err) != EG_OK)
        return cli_fail(&err);
    cli_rows_begin(&duplicates.rows, stdout, format, "duplicates", eg_query_path(query), "duplicates");
    cli_rows_table(&duplicates.rows, &duplicates_table);
    if (eg_query_duplicates(query, batch, show, &duplicates, &err) != EG_OK)
        return cli_fail(&err);
    cli_rows_table_end(&duplicates.rows);
    cli_rows_number(&duplicates.rows, "count", duplicates.count);
    if (duplicates.count == 0)
        cli_rows_say(&duplicates.rows, "no duplicates");
    else
        cli_rows_say(&duplicates.rows, "%" PRId64 " duplicate%s", duplicates.count,
                     duplicates.count == 1 ? "" : "s");
    cli_rows_end(&duplicates.rows);
    return duplicates.count == 0 ? CLI_OK : CLI_NOT_PASSED;
}

enum cli_status cli_duplicates(int argc, const char **argv)
{
    EG_CLEANUP(cli_rows_options_finish) struct cli_rows_options options = {0};
    EG_CLEANUP(eg_free_cleanup) char *batch = NULL;
    const struct poptOption table[] = {
        {"batch", 0, POPT_ARG_STRING, &batch, 0, "only what has a run in this batch", "NAME"},
        CLI_ROWS_OPTIONS(&options),
        POPT_AUTOHELP POPT_TABLEEND};
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;
    enum cli_format format;

    if (!cli_options(&context, argc, argv, table, "") || !cli_rows_format(&format, &options, context))
        return CLI_USAGE;
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "takes no argument, but got '%s'", poptPeekArg(context));
    return tell(options.ledger, batch, format);
}
