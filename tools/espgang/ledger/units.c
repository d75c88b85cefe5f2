/* SPDX-License-Identifier: Apache-2.0 */

/* espgang units: a line for each unit of a selection. */

#include "db/query/questions.h"
#include "engine/base/bytes.h"
#include "tools/espgang/ledger/period.h"
#include "tools/espgang/ledger/rows.h"

#include "engine/plan/recorder.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct units {
    struct cli_rows rows;
    int64_t all, of[EG_ABORTED + 1];
};

static enum eg_code show_unit(void *context, const void *row, struct eg_error *err)
{
    struct units *units = context;

    units->all++;
    for (int i = 0; i <= EG_ABORTED; i++)
        units->of[i] += strcmp(((const struct eg_run_row *)row)->outcome, eg_outcome_name(i)) == 0;
    return cli_rows_add(&units->rows, row, err);
}

static void show_counts(struct units *units)
{
    char counts[200] = "";

    cli_rows_text(&units->rows, "definition", EG_UNIT_DEFINITION);
    cli_rows_number(&units->rows, "count", units->all);
    for (int i = 0; i <= EG_ABORTED; i++) {
        const size_t used = strlen(counts);
        cli_rows_number(&units->rows, eg_outcome_name(i), units->of[i]);
        if (units->of[i] > 0)
            snprintf(counts + used, sizeof counts - used, "%s%" PRId64 " %s", used > 0 ? ", " : ": ",
                     units->of[i], eg_outcome_name(i));
    }
    if (units->all == 0)
        cli_rows_say(&units->rows, "no units");
    else
        cli_rows_say(&units->rows, "%" PRId64 " unit%s%s", units->all, units->all == 1 ? "" : "s", counts);
}

/* ",pass,fail," of "pass,fail". */
static enum eg_code parse_outcomes(char outcomes[200], const struct cli_call *call, const char *list,
                                   struct eg_error *err)
{
    char words[120];
    char *rest = NULL;

    if (strlen(list) >= sizeof words)
        return cli_usage(call, err, "--outcome: the list is too long");
    snprintf(words, sizeof words, "%s", list);
    snprintf(outcomes, 200, ",");
    for (char *word = strtok_r(words, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
        int known = 0;
        while (known <= EG_ABORTED && strcmp(word, eg_outcome_name(known)) != 0)
            known++;
        if (known > EG_ABORTED)
            return cli_usage(call, err,
                             "--outcome: '%s' is none of pass, pass-marginal, fail, error and aborted", word);
        const size_t used = strlen(outcomes);
        snprintf(outcomes + used, 200 - used, "%s,", word);
    }
    return EG_OK;
}

static enum eg_code parse_time(char utc[EG_UTC_TEXT], const struct cli_call *call, const char *option,
                               const char **time, struct eg_error *err)
{
    const char *const text = cli_text(call, option);

    *time = text != NULL ? utc : NULL;
    if (text != NULL && !cli_period(utc, text))
        return cli_usage(call, err, "--%s: '%s' is no time like 2026-11-27, 2026-11-27T10:00, 24h or 7d",
                         option, text);
    return EG_OK;
}

static enum eg_code list_units(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const char *const list = cli_text(call, "outcome");
    char outcomes[200], since[EG_UTC_TEXT], until[EG_UTC_TEXT];
    struct eg_unit_filter filter = {
        .batch = cli_text(call, "batch"),
        .slot = cli_text(call, "slot"),
        .job = cli_text(call, "job"),
        .chip = cli_text(call, "chip"),
        .outcomes = list != NULL ? outcomes : NULL,
        .code = cli_text(call, "code"),
    };
    struct cli_column columns[EG_RUN_COLUMNS];
    const struct cli_table_form units_table = {"units", columns, false};
    struct units units = {0};
    enum cli_format format;

    EG_TRY(cli_rows_format(&format, call, err));
    if (list != NULL)
        EG_TRY(parse_outcomes(outcomes, call, list, err));
    EG_TRY(parse_time(since, call, "since", &filter.since, err));
    EG_TRY(parse_time(until, call, "until", &filter.until, err));
    EG_TRY(eg_query_open(&query, cli_text(call, "ledger"), err));
    cli_run_columns(columns, EG_RUN_UNITS);
    cli_rows_begin(&units.rows, stdout, format, "units", eg_query_path(query), "units");
    cli_rows_table(&units.rows, &units_table);
    EG_TRY(eg_query_units(query, &filter, show_unit, &units, err));
    cli_rows_table_end(&units.rows);
    show_counts(&units);
    cli_rows_end(&units.rows);
    return EG_OK;
}

static const struct cli_option options[] = {
    {.name = "batch", .value = "NAME", .help = "Runs of this batch"},
    {.name = "outcome",
     .value = "LIST",
     .help = "Units that ended so: pass, pass-marginal, fail, error, aborted; several with commas"},
    {.name = "since",
     .value = "TIME",
     .help = "Runs that ended then or later: 2026-11-27, 2026-11-27T10:00 (UTC), or 24h or 7d ago",
     .more = "Further durations: `90s`, `30m`."},
    {.name = "until",
     .value = "TIME",
     .help = "Runs that ended then or earlier; the given day, minute or second is included"},
    {.name = "code", .value = "CODE", .help = "Units that ended with this code"},
    {.name = "slot", .value = "SLOT", .help = "Runs in this slot"},
    {.name = "job", .value = "NAME", .help = "Runs of the job of this name"},
    {.name = "chip", .value = "CHIP", .help = "Runs of this chip"},
    CLI_ROWS_OPTIONS,
    {.name = NULL}};

const struct cli_command cli_command_units = {
    .name = "units",
    .group = CLI_LEDGER,
    .summary = "List the units of a batch, a time, an outcome",
    .arguments = "",
    .details =
        "Each unit has a line, and outcomes are counted. A unit is a board that was identified, by its MAC "
        "and "
        "the unique id of its flash. Batch, slot, job, chip and times select runs, and the last finished one "
        "of "
        "them counts for its unit, except refusals because the board had passed before; `--outcome` and "
        "`--code` select among those.\n"
        "\n" CLI_ROWS_DETAILS,
    .options = options,
    .run = list_units,
};
