/* SPDX-License-Identifier: Apache-2.0 */

/* espgang history: the whole life of a unit. */

#include "db/query/questions.h"
#include "engine/base/bytes.h"
#include "tools/espgang/ledger/columns.h"
#include "tools/espgang/ledger/selection.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_column unit_columns[] = {
    CLI_COLUMN(eg_unit_summary, mac, "mac", TEXT, 17),
    CLI_COLUMN(eg_unit_summary, runs, "run_count", NUMBER, 6),
    CLI_COLUMN(eg_unit_summary, passed, "passed", NUMBER, 6),
    CLI_COLUMN(eg_unit_summary, outcome, "last_outcome", TEXT, 13),
    CLI_COLUMN(eg_unit_summary, reworked, "reworked", FLAG, 8),
    CLI_COLUMN(eg_unit_summary, repeats, "shown_again", NUMBER, 6),
    CLI_COLUMN(eg_unit_summary, flashes, "flashes", NUMBER, 6),
    CLI_COLUMN(eg_unit_summary, simulated, "simulated", FLAG, 8),
    {0},
};

static const struct cli_column region_columns[] = {
    CLI_COLUMN(eg_run_region, name, "region", TEXT, 11),
    CLI_COLUMN(eg_run_region, address, "address", TEXT, 10),
    CLI_COLUMN(eg_run_region, file, "file", TEXT, 0),
    CLI_COLUMN(eg_run_region, size, "size", NUMBER, 0),
    CLI_COLUMN(eg_run_region, attempt, "attempt", NUMBER, 0),
    CLI_COLUMN(eg_run_region, verdict, "verdict", TEXT, 9),
    CLI_COLUMN(eg_run_region, method, "method", TEXT, 0),
    CLI_COLUMN(eg_run_region, expected_sha256, "sha256", TEXT, 64),
    CLI_COLUMN(eg_run_region, expected_md5, "md5", TEXT, 0),
    CLI_COLUMN(eg_run_region, read_md5, "md5_read", TEXT, 0),
    CLI_COLUMN(eg_run_region, write_ms, "write_ms", NUMBER, 0),
    {0},
};

static const struct cli_column stage_columns[] = {
    CLI_COLUMN(eg_run_stage, stage, "stage", TEXT, 14),
    CLI_COLUMN(eg_run_stage, attempt, "attempt", NUMBER, 7),
    CLI_COLUMN(eg_run_stage, started_utc, "started", TIME, 0),
    CLI_COLUMN(eg_run_stage, duration_ms, "duration_ms", NUMBER, 11),
    CLI_COLUMN(eg_run_stage, code, "code", TEXT, 18),
    CLI_COLUMN(eg_run_stage, baud, "baud", NUMBER, 7),
    CLI_COLUMN(eg_run_stage, bytes_sent, "bytes_sent", NUMBER, 0),
    CLI_COLUMN(eg_run_stage, bytes_received, "bytes_received", NUMBER, 0),
    CLI_COLUMN(eg_run_stage, resends, "resends", NUMBER, 7),
    CLI_COLUMN(eg_run_stage, wire_ms, "wire_ms", NUMBER, 7),
    CLI_COLUMN(eg_run_stage, limited_by, "limited_by", TEXT, 10),
    CLI_COLUMN(eg_run_stage, sentence, "sentence", TEXT, 24),
    {0},
};

/* struct eg_run_value with its flag as a number, and its numbers as text. */
struct value {
    const char *kind, *name, *value, *limits, *unit, *number, *lower, *upper;
    int64_t passed;
};

static const struct cli_column value_columns[] = {
    CLI_COLUMN(value, kind, "kind", TEXT, 8),        CLI_COLUMN(value, name, "name", TEXT, 20),
    CLI_COLUMN(value, passed, "passed", FLAG, 6),    CLI_COLUMN(value, limits, "limits", TEXT, 24),
    CLI_COLUMN(value, number, "number", DECIMAL, 0), CLI_COLUMN(value, lower, "lower", DECIMAL, 0),
    CLI_COLUMN(value, upper, "upper", DECIMAL, 0),   CLI_COLUMN(value, unit, "unit", TEXT, 8),
    CLI_COLUMN(value, value, "value", TEXT, 24),     {0},
};

static const struct cli_column row_columns[] = {
    CLI_COLUMN(eg_unit_row, pool, "pool", TEXT, 20),
    CLI_COLUMN(eg_unit_row, row, "row", NUMBER, 8),
    CLI_COLUMN(eg_unit_row, state, "state", TEXT, 8),
    CLI_COLUMN(eg_unit_row, run, "run", NUMBER, 8),
    CLI_COLUMN(eg_unit_row, since_utc, "since", TIME, 19),
    CLI_COLUMN(eg_unit_row, key, "key", TEXT, 27),
    {0},
};

static const struct cli_table_form units_table = {"units", unit_columns, true};
static const struct cli_table_form regions_table = {"regions", region_columns, false};
static const struct cli_table_form stages_table = {"stages", stage_columns, false};
static const struct cli_table_form values_table = {"values", value_columns, false};
static const struct cli_table_form rows_table = {"pool_rows", row_columns, false};

struct history {
    struct cli_rows rows;
    struct eg_query *query;
    struct cli_run_columns columns;
    struct cli_table_form runs_table;
    struct cli_selection selection;
    bool verbose;
    int64_t units;
};

static void history_finish(struct history *history)
{
    cli_selection_finish(&history->selection);
}

#define DECIMAL_TEXT 32

/* "" for NAN. */
static const char *decimal(char text[DECIMAL_TEXT], double number)
{
    text[0] = '\0';
    if (!isnan(number))
        snprintf(text, DECIMAL_TEXT, "%.15g", number);
    return text;
}

static enum eg_code show_value(void *context, const struct eg_run_value *row, struct eg_error *err)
{
    char number[DECIMAL_TEXT], lower[DECIMAL_TEXT], upper[DECIMAL_TEXT];
    const struct value value = {.kind = row->kind,
                                .name = row->name,
                                .value = row->value,
                                .limits = row->limits,
                                .unit = row->unit,
                                .number = decimal(number, row->number),
                                .lower = decimal(lower, row->lower),
                                .upper = decimal(upper, row->upper),
                                .passed = row->passed};

    return cli_rows_add(context, &value, err);
}

static enum eg_code show_run(void *context, const void *row, struct eg_error *err)
{
    struct history *history = context;
    const int64_t run = ((const struct eg_run_row *)row)->run;

    cli_rows_open(&history->rows, row);
    if (history->rows.format != CLI_FORMAT_CSV) {
        cli_rows_table(&history->rows, &regions_table);
        EG_TRY(eg_query_run_regions(history->query, run, cli_rows_add, &history->rows, err));
        cli_rows_table_end(&history->rows);
        cli_rows_table(&history->rows, &values_table);
        EG_TRY(eg_query_run_values(history->query, run, show_value, &history->rows, err));
        cli_rows_table_end(&history->rows);
    }
    if (history->rows.format == CLI_FORMAT_JSON ||
        (history->verbose && history->rows.format != CLI_FORMAT_CSV)) {
        cli_rows_table(&history->rows, &stages_table);
        EG_TRY(eg_query_run_stages(history->query, run, cli_rows_add, &history->rows, err));
        cli_rows_table_end(&history->rows);
    }
    cli_rows_close(&history->rows);
    return EG_OK;
}

static enum eg_code show_unit(void *context, const void *row, struct eg_error *err)
{
    struct history *history = context;
    const char *mac = ((const struct eg_unit_summary *)row)->mac;

    history->units++;
    cli_rows_open(&history->rows, row);
    cli_rows_table(&history->rows, &rows_table);
    EG_TRY(eg_query_unit_rows(history->query, mac, cli_rows_add, &history->rows, err));
    cli_rows_table_end(&history->rows);
    cli_rows_table(&history->rows, &history->runs_table);
    EG_TRY(eg_query_unit_runs(history->query, mac, &history->selection.runs, history->columns.asked, show_run,
                              history, err));
    cli_rows_table_end(&history->rows);
    cli_rows_close(&history->rows);
    return EG_OK;
}

static enum eg_code count_unit(void *context, const void *row, struct eg_error *err)
{
    (void)row;
    (void)err;
    ++*(int64_t *)context;
    return EG_OK;
}

static enum eg_code tell(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const char *const text = call->argument[0];
    EG_CLEANUP(history_finish) struct history history = {.verbose = cli_flag(call, "verbose")};
    enum cli_format format;
    int64_t count = 0;

    EG_TRY(cli_rows_format(&format, call, err));
    if (text[0] == '\0')
        return cli_usage(call, err, "the MAC, serial number or label is empty");
    EG_TRY(cli_selection_read(&history.selection, call, err));
    EG_TRY(cli_run_columns(&history.columns, call, EG_RUN_HISTORY, "run", err));
    history.runs_table = (struct cli_table_form){"runs", history.columns.shown, true};
    EG_TRY(eg_query_open(&query, cli_text(call, "ledger"), err));
    EG_TRY(cli_selection_batches(&history.selection, call, query, err));
    EG_TRY(eg_query_find_units(query, text, count_unit, &count, err));
    if (count == 0) {
        fprintf(stderr, "espgang: ledger %s: no run of a unit with MAC, serial, label or pool key '%s'\n",
                eg_query_path(query), text);
        call->status = CLI_NOT_PASSED;
        return EG_OK;
    }
    history.query = query;
    cli_rows_begin(&history.rows, stdout, format, "history", eg_query_path(query), "runs");
    if (count > 1)
        cli_rows_say(&history.rows, "%lld units have had '%s':", (long long)count, text);
    cli_rows_table(&history.rows, &units_table);
    EG_TRY(eg_query_find_units(query, text, show_unit, &history, err));
    cli_rows_table_end(&history.rows);
    cli_rows_end(&history.rows);
    return EG_OK;
}

static const struct cli_option options[] = {
    {.name = "verbose",
     .letter = 'v',
     .help = "Show the stages of each run, too",
     .more = "JSON always has them; CSV has a line for each run and nothing below it."},
    CLI_SELECTION_OPTIONS,
    CLI_OPTION_COLUMNS,
    CLI_ROWS_OPTIONS,
    {.name = NULL}};

const struct cli_command cli_command_history = {
    .name = "history",
    .group = CLI_LEDGER,
    .summary = "Show the whole life of a unit",
    .arguments = "MAC|SERIAL|LABEL",
    .details =
        "Every run is shown in the order they began, with firmware digests and the values given and "
        "measured, and "
        "the rows of pools that the unit has or had. The unit is named by its MAC, with hex digits of "
        "either case and `:`, `-` or `.` after every first, second or third byte, or nothing between "
        "them: `7c:df:a1:00:11:22`, `7C-DF-A1-00-11-22`, `7cdf.a100.1122`, `7cdfa1001122`; by the "
        "value `serial` that one of its runs gave it; by its label; "
        "or by the key "
        "of a row of a pool that it has, unless that column is secret. When several units have had a "
        "serial number, "
        "all are shown. A unit is reworked when a second run was to write it. Options that select runs "
        "leave out the others; the "
        "line about the unit counts all. When there is no such unit, the exit status is 1.\n"
        "\n" CLI_ROWS_DETAILS,
    .options = options,
    .least = 1,
    .most = 1,
    .run = tell,
};
