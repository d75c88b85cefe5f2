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

static const struct cli_column columns[] = {
    CLI_COLUMN(eg_unit_run, mac, "mac", TEXT, 17),
    CLI_COLUMN(eg_unit_run, outcome, "outcome", TEXT, 13),
    CLI_COLUMN(eg_unit_run, code, "code", TEXT, 16),
    CLI_COLUMN(eg_unit_run, serial, "serial", TEXT, 12),
    CLI_COLUMN(eg_unit_run, label, "label", TEXT, 0),
    CLI_COLUMN(eg_unit_run, slot, "slot", TEXT, 7),
    CLI_COLUMN(eg_unit_run, finished_utc, "finished", TIME, 10),
    CLI_COLUMN(eg_unit_run, run, "run", NUMBER, 0),
    CLI_COLUMN(eg_unit_run, blame, "blame", TEXT, 0),
    CLI_COLUMN(eg_unit_run, sentence, "sentence", TEXT, 0),
    CLI_COLUMN(eg_unit_run, marginal, "marginal", TEXT, 0),
    CLI_COLUMN(eg_unit_run, attempts, "attempts", NUMBER, 0),
    CLI_COLUMN(eg_unit_run, duration_ms, "duration_ms", NUMBER, 0),
    CLI_COLUMN(eg_unit_run, started_utc, "started", TIME, 0),
    CLI_COLUMN(eg_unit_run, station, "station", TEXT, 0),
    CLI_COLUMN(eg_unit_run, operator_name, "operator", TEXT, 0),
    CLI_COLUMN(eg_unit_run, job, "job", TEXT, 0),
    CLI_COLUMN(eg_unit_run, job_version, "job_version", TEXT, 0),
    CLI_COLUMN(eg_unit_run, job_sha256, "job_sha256", TEXT, 0),
    CLI_COLUMN(eg_unit_run, chip, "chip", TEXT, 0),
    CLI_COLUMN(eg_unit_run, revision, "revision", TEXT, 0),
    CLI_COLUMN(eg_unit_run, firmware, "firmware", TEXT, 0),
    CLI_COLUMN(eg_unit_run, batch, "batch", TEXT, 13),
    {0},
};

static const struct cli_table_form units_table = {"units", columns, false};

struct units {
    struct cli_rows rows;
    int64_t all, of[EG_ABORTED + 1];
};

static enum eg_code show_unit(void *context, const void *row, struct eg_error *err)
{
    struct units *units = context;

    units->all++;
    for (int i = 0; i <= EG_ABORTED; i++)
        units->of[i] += strcmp(((const struct eg_unit_run *)row)->outcome, eg_outcome_name(i)) == 0;
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
static bool parse_outcomes(char outcomes[200], poptContext context, const char *list)
{
    char words[120];
    char *rest = NULL;

    if (strlen(list) >= sizeof words) {
        cli_usage(context, "--outcome: the list is too long");
        return false;
    }
    snprintf(words, sizeof words, "%s", list);
    snprintf(outcomes, 200, ",");
    for (char *word = strtok_r(words, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
        int known = 0;
        while (known <= EG_ABORTED && strcmp(word, eg_outcome_name(known)) != 0)
            known++;
        if (known > EG_ABORTED) {
            cli_usage(context, "--outcome: '%s' is none of pass, pass-marginal, fail, error and aborted",
                      word);
            return false;
        }
        const size_t used = strlen(outcomes);
        snprintf(outcomes + used, 200 - used, "%s,", word);
    }
    return true;
}

struct words {
    char *batch, *outcome, *since, *until, *code, *slot, *job, *chip;
};

static void words_finish(struct words *words)
{
    free(words->batch);
    free(words->outcome);
    free(words->since);
    free(words->until);
    free(words->code);
    free(words->slot);
    free(words->job);
    free(words->chip);
}

static enum cli_status tell(const struct eg_unit_filter *filter, const char *ledger, enum cli_format format)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct units units = {0};
    struct eg_error err;

    if (eg_query_open(&query, ledger, &err) != EG_OK)
        return cli_fail(&err);
    cli_rows_begin(&units.rows, stdout, format, "units", eg_query_path(query), "units");
    cli_rows_table(&units.rows, &units_table);
    if (eg_query_units(query, filter, show_unit, &units, &err) != EG_OK)
        return cli_fail(&err);
    cli_rows_table_end(&units.rows);
    show_counts(&units);
    cli_rows_end(&units.rows);
    return CLI_OK;
}

enum cli_status cli_units(int argc, const char **argv)
{
    EG_CLEANUP(cli_rows_options_finish) struct cli_rows_options options = {0};
    EG_CLEANUP(words_finish) struct words words = {0};
    /* clang-format off */
    const struct poptOption table[] = {
        {"batch", 0, POPT_ARG_STRING, &words.batch, 0, "runs of this batch", "NAME"},
        {"outcome", 0, POPT_ARG_STRING, &words.outcome, 0, "units that ended so: pass, pass-marginal, fail, error, aborted; several with commas", "LIST"},
        {"since", 0, POPT_ARG_STRING, &words.since, 0, "runs that ended then or later: 2026-11-27, 2026-11-27T10:00 (UTC), or 24h or 7d ago", "TIME"},
        {"until", 0, POPT_ARG_STRING, &words.until, 0, "runs that ended then or earlier, that day or minute included", "TIME"},
        {"code", 0, POPT_ARG_STRING, &words.code, 0, "units that ended with this code", "CODE"},
        {"slot", 0, POPT_ARG_STRING, &words.slot, 0, "runs in this slot", "SLOT"},
        {"job", 0, POPT_ARG_STRING, &words.job, 0, "runs of the job of this name", "NAME"},
        {"chip", 0, POPT_ARG_STRING, &words.chip, 0, "runs of this chip", "CHIP"},
        CLI_ROWS_OPTIONS(&options),
        POPT_AUTOHELP POPT_TABLEEND};
    /* clang-format on */
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;
    char outcomes[200], since[EG_UTC_TEXT], until[EG_UTC_TEXT];
    enum cli_format format;

    if (!cli_options(&context, argc, argv, table, "") || !cli_rows_format(&format, &options, context))
        return CLI_USAGE;
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "takes no argument, but got '%s'", poptPeekArg(context));
    if (words.outcome != NULL && !parse_outcomes(outcomes, context, words.outcome))
        return CLI_USAGE;
    if ((words.since != NULL && !cli_period(since, words.since)) ||
        (words.until != NULL && !cli_period(until, words.until)))
        return cli_usage(context, "a time is like 2026-11-27, 2026-11-27T10:00, 24h or 7d");
    const struct eg_unit_filter filter = {
        .batch = words.batch,
        .slot = words.slot,
        .job = words.job,
        .chip = words.chip,
        .since = words.since != NULL ? since : NULL,
        .until = words.until != NULL ? until : NULL,
        .outcomes = words.outcome != NULL ? outcomes : NULL,
        .code = words.code,
    };
    return tell(&filter, options.ledger, format);
}
