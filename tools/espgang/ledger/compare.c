/* SPDX-License-Identifier: Apache-2.0 */

/* espgang compare: two batches side by side. */

#include "db/query/questions.h"
#include "engine/base/bytes.h"
#include "reports/stats.h"
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

#define SURE 0.05 /* the probability below which chance alone is no explanation */

/* Say whether the yields differ by more than chance explains. */
static void tell_significance(struct cli_rows *rows, const struct eg_batch *one, const struct eg_batch *other)
{
    const int64_t good = one->passed + one->marginal, other_good = other->passed + other->marginal;
    const double p = eg_stats_fisher(good, one->units, other_good, other->units);
    char text[200];

    if (one->units == 0 || other->units == 0)
        snprintf(text, sizeof text, "yield: one of the batches has no units, so nothing can be said");
    else
        snprintf(text, sizeof text, "yield: %s (p = %.4f, Fisher's exact test)",
                 p >= SURE                                       ? "no difference beyond chance"
                 : other_good * one->units > good * other->units ? "the second is better than chance explains"
                                                                 : "the second is worse than chance explains",
                 p);
    cli_rows_say(rows, "%s", text);
    cli_rows_text(rows, "significance", text);
}

static enum eg_code compare(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const char *const first = call->argument[0], *const second = call->argument[1];
    struct comparison comparison = {.section = 0};
    struct eg_batch one, other;
    enum cli_format format;

    EG_TRY(cli_rows_format(&format, call, err));
    EG_TRY(eg_query_open(&query, cli_text(call, "ledger"), err));
    EG_TRY(eg_query_batch(query, first, &one, err));
    EG_TRY(eg_query_batch(query, second, &other, err));
    cli_rows_begin(&comparison.rows, stdout, format, "compare", eg_query_path(query), NULL);
    cli_rows_text(&comparison.rows, "first", first);
    cli_rows_text(&comparison.rows, "second", second);
    cli_rows_say(&comparison.rows, "first: %s\nsecond: %s", first, second);
    cli_rows_table(&comparison.rows, &sections[0]);
    EG_TRY(eg_query_compare(query, first, second, show, &comparison, err));
    while (comparison.section + 1 < SECTIONS)
        next_section(&comparison);
    cli_rows_table_end(&comparison.rows);
    tell_significance(&comparison.rows, &one, &other);
    cli_rows_end(&comparison.rows);
    return EG_OK;
}

static const struct cli_option options[] = {CLI_ROWS_OPTIONS, {.name = NULL}};

const struct cli_command cli_command_compare = {
    .name = "compare",
    .group = CLI_LEDGER,
    .summary = "Compare two batches",
    .arguments = "BATCH BATCH",
    .details = "Both are shown side by side: units and yield as a report counts them; codes of the runs that "
               "did not pass; "
               "the median cycle of those that passed and the medians of stages that ended well, in "
               "milliseconds; firmware "
               "and job texts that only one of the two has; and measured values. Values that begin with a "
               "number are "
               "ordered by it. The median of an even count is the lower one of the two in the middle. The "
               "difference is "
               "the second less the first. Whether the yields differ by more than chance explains is said in "
               "words, by "
               "Fisher's exact test, two-sided, at p < 0.05.\n"
               "\n" CLI_ROWS_DETAILS,
    .options = options,
    .least = 2,
    .most = 2,
    .run = compare,
};
