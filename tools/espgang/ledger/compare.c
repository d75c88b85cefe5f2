/* SPDX-License-Identifier: Apache-2.0 */

/* espgang compare: two batches, or any two selections of runs, side by side. */

#include "db/query/questions.h"
#include "engine/base/bytes.h"
#include "reports/stats.h"
#include "tools/espgang/ledger/rows.h"
#include "tools/espgang/ledger/selection.h"

#include <inttypes.h>
#include <stdlib.h>
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
static void tell_yield(struct cli_rows *rows, const struct eg_unit_counts *one,
                       const struct eg_unit_counts *other)
{
    const int64_t good = one->passed + one->marginal, other_good = other->passed + other->marginal;
    const double p = eg_stats_fisher(good, one->units, other_good, other->units);
    char text[200];

    if (one->units == 0 || other->units == 0)
        snprintf(text, sizeof text, "yield: one of the two has no units, so nothing can be said");
    else
        snprintf(text, sizeof text, "yield: %s (p = %.4f, Fisher's exact test)",
                 p >= SURE                                       ? "no difference beyond chance"
                 : other_good * one->units > good * other->units ? "the second is better than chance explains"
                                                                 : "the second is worse than chance explains",
                 p);
    cli_rows_say(rows, "%s", text);
    cli_rows_text(rows, "significance", text);
}

/* Samples of both sides of one quantity. */
struct quantity {
    char *name;
    double *samples[2];
    size_t count[2];
};

struct quantities {
    struct quantity *items;
    size_t count;
};

static void quantities_finish(struct quantities *quantities)
{
    for (size_t i = 0; i < quantities->count; i++) {
        free(quantities->items[i].name);
        free(quantities->items[i].samples[0]);
        free(quantities->items[i].samples[1]);
    }
    free(quantities->items);
}

/* Samples come by name. */
static enum eg_code keep_sample(void *context, const void *row, struct eg_error *err)
{
    struct quantities *const quantities = context;
    const struct eg_sample *const sample = row;

    if (quantities->count == 0 || strcmp(quantities->items[quantities->count - 1].name, sample->name) != 0) {
        EG_TRY(eg_grow(&quantities->items, quantities->count, sizeof *quantities->items, err));
        struct quantity *const made = &quantities->items[quantities->count];
        EG_TRY(eg_strdup(&made->name, sample->name, err));
        quantities->count++;
    }
    struct quantity *const quantity = &quantities->items[quantities->count - 1];
    const int side = sample->second ? 1 : 0;
    EG_TRY(eg_grow(&quantity->samples[side], quantity->count[side], sizeof(double), err));
    quantity->samples[side][quantity->count[side]++] = sample->number;
    return EG_OK;
}

/* A row of the table of tests. */
struct test {
    const char *name;
    int64_t first, second; /* number of samples */
    const char *p, *higher, *verdict;
};

static const struct cli_column test_columns[] = {
    CLI_COLUMN(test, name, "name", TEXT, 24),
    CLI_COLUMN(test, first, "first_count", NUMBER, 11),
    CLI_COLUMN(test, second, "second_count", NUMBER, 12),
    CLI_COLUMN(test, p, "p", DECIMAL, 7),
    CLI_COLUMN(test, higher, "second_higher", DECIMAL, 13),
    CLI_COLUMN(test, verdict, "verdict", TEXT, 24),
    {0},
};
static const struct cli_table_form tests_table = {"tests", test_columns, false};

#define FEW 8 /* fewer samples of a side say nothing; also below it the normal approximation is not good */

static enum eg_code show_tests(struct cli_rows *rows, const struct quantities *quantities,
                               struct eg_error *err)
{
    cli_rows_table(rows, &tests_table);
    for (size_t i = 0; i < quantities->count; i++) {
        const struct quantity *const quantity = &quantities->items[i];
        const size_t n = quantity->count[0], m = quantity->count[1];
        const bool few = n < FEW || m < FEW;
        char p[24] = "", higher[24] = "";
        double share = 0.5, chance = 1;
        if (!few) {
            chance = eg_stats_mann_whitney(quantity->samples[0], n, quantity->samples[1], m, &share);
            snprintf(p, sizeof p, "%.4f", chance);
            snprintf(higher, sizeof higher, "%.3f", share);
        }
        const struct test test = {
            .name = quantity->name,
            .first = (int64_t)n,
            .second = (int64_t)m,
            .p = p,
            .higher = higher,
            .verdict = few                                          ? "too few to say"
                       : chance >= SURE / (double)quantities->count ? "no difference beyond chance"
                       : share > 0.5 ? "the second is higher than chance explains"
                                     : "the second is lower than chance explains",
        };
        EG_TRY(cli_rows_add(rows, &test, err));
    }
    cli_rows_table_end(rows);
    return EG_OK;
}

/* A side is a list of batches, or conditions unless the ledger has a batch of this whole name. */
static enum eg_code read_side(struct cli_selection *side, const struct cli_call *call, int argument,
                              struct eg_query *query, struct eg_error *err)
{
    const char *const text = call->argument[argument];
    struct eg_error unknown;

    if (strchr(text, '=') != NULL && eg_query_refuse_unknown_batch(query, text, &unknown) != EG_OK) {
        EG_TRY(cli_selection_terms(side, call, text, err));
        EG_TRY(cli_selection_read(side, call, err));
        return cli_selection_batches(side, call, query, err);
    }
    EG_TRY(cli_selection_read(side, call, err));
    return cli_selection_add_batches(side, text, query, err);
}

static enum eg_code compare(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(cli_selection_finish) struct cli_selection first = {0};
    EG_CLEANUP(cli_selection_finish) struct cli_selection second = {0};
    EG_CLEANUP(quantities_finish) struct quantities quantities = {0};
    struct comparison comparison = {.section = 0};
    struct eg_unit_counts one, other;
    enum cli_format format;

    EG_TRY(cli_rows_format(&format, call, err));
    EG_TRY(eg_query_open(&query, cli_text(call, "ledger"), err));
    EG_TRY(read_side(&first, call, 0, query, err));
    EG_TRY(read_side(&second, call, 1, query, err));
    EG_TRY(eg_query_count_units(query, &first.runs, &one, err));
    EG_TRY(eg_query_count_units(query, &second.runs, &other, err));
    EG_TRY(eg_query_compare_samples(query, &first.runs, &second.runs, keep_sample, &quantities, err));
    cli_rows_begin(&comparison.rows, stdout, format, "compare", eg_query_path(query), NULL);
    cli_rows_text(&comparison.rows, "first", call->argument[0]);
    cli_rows_text(&comparison.rows, "second", call->argument[1]);
    cli_rows_say(&comparison.rows, "first: %s\nsecond: %s", call->argument[0], call->argument[1]);
    cli_rows_table(&comparison.rows, &sections[0]);
    EG_TRY(eg_query_compare(query, &first.runs, &second.runs, show, &comparison, err));
    while (comparison.section + 1 < SECTIONS)
        next_section(&comparison);
    cli_rows_table_end(&comparison.rows);
    if (format != CLI_FORMAT_CSV) /* which is one table */
        EG_TRY(show_tests(&comparison.rows, &quantities, err));
    tell_yield(&comparison.rows, &one, &other);
    cli_rows_end(&comparison.rows);
    return EG_OK;
}

static const struct cli_option options[] = {CLI_SELECTION_OPTIONS_OF_RUNS, CLI_ROWS_OPTIONS, {.name = NULL}};

const struct cli_command cli_command_compare = {
    .name = "compare",
    .group = CLI_LEDGER,
    .summary = "Compare two batches, or any two selections of runs",
    .arguments = "BATCH|CONDITIONS BATCH|CONDITIONS",
    .details =
        "Both are shown side by side: units and yield as a report counts them; codes of the runs that "
        "did not pass; "
        "the median cycle of those that passed and the medians of stages that ended well, in "
        "milliseconds; firmware "
        "and job texts that only one of the two has; and measured values. Values that begin with a "
        "number are "
        "ordered by it. The median of an even count is the lower one of the two in the middle. The "
        "difference is "
        "the second less the first. Whether the yields differ by more than chance explains is said in "
        "words, by "
        "Fisher's exact test, two-sided, at p < 0.05. Cycle times and measured values are held against each "
        "other by the Mann-Whitney test, two-sided, if both have 8 samples or more; a difference is more "
        "than "
        "chance if p < 0.05 divided by the number of these tests. `second_higher` is how often a sample of "
        "the "
        "second is above one of the first. CSV has no tests.\n"
        "\n"
        "A side is a batch, several with commas, or conditions with `+` between them, named as the options "
        "that select runs: `slot=A3`, `station=line 1+since=7d`, `batch=47,48+operator=mira`. Options hold "
        "for "
        "both sides. Outcome and code select runs here.\n"
        "\n" CLI_ROWS_DETAILS,
    .options = options,
    .least = 2,
    .most = 2,
    .run = compare,
};
