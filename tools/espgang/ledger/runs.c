/* SPDX-License-Identifier: Apache-2.0 */

/* espgang runs: a line for each run of a selection. */

#include "db/query/questions.h"
#include "engine/base/bytes.h"
#include "tools/espgang/ledger/columns.h"
#include "tools/espgang/ledger/selection.h"

#include <inttypes.h>

struct runs {
    struct cli_rows rows;
    int64_t count;
};

static enum eg_code show_run(void *context, const void *row, struct eg_error *err)
{
    struct runs *const runs = context;

    runs->count++;
    return cli_rows_add(&runs->rows, row, err);
}

static enum eg_code list_runs(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(cli_selection_finish) struct cli_selection selection = {0};
    struct cli_run_columns columns;
    struct runs runs = {.count = 0};
    enum cli_format format;
    uint64_t newest;

    EG_TRY(cli_rows_format(&format, call, err));
    EG_TRY(cli_option_number(call, "newest", INT64_MAX, 0, &newest, err));
    EG_TRY(cli_selection_read(&selection, call, err));
    EG_TRY(cli_run_columns(&columns, call, EG_RUN_UNITS, "run", err));
    EG_TRY(eg_query_open(&query, cli_text(call, "ledger"), err));
    EG_TRY(cli_selection_batches(&selection, call, query, err));
    if (format == CLI_FORMAT_TEXT)
        EG_TRY(cli_run_columns_fit(&columns, query, &selection.runs, (int64_t)newest, err));
    const struct cli_table_form table = {"runs", columns.shown, columns.upright};
    cli_rows_begin(&runs.rows, stdout, format, "runs", eg_query_path(query), "runs");
    cli_rows_table(&runs.rows, &table);
    EG_TRY(
        eg_query_selected_runs(query, &selection.runs, (int64_t)newest, columns.asked, show_run, &runs, err));
    cli_rows_table_end(&runs.rows);
    cli_rows_number(&runs.rows, "count", runs.count);
    cli_rows_say(&runs.rows, runs.count == 0 ? "no runs" : "%" PRId64 " run%s", runs.count,
                 runs.count == 1 ? "" : "s");
    cli_rows_end(&runs.rows);
    return EG_OK;
}

static const struct cli_option options[] = {
    CLI_SELECTION_OPTIONS,
    {.name = "newest", .value = "NUMBER", .help = "Only so many of them, the newest"},
    CLI_OPTION_COLUMNS,
    CLI_ROWS_OPTIONS,
    {.name = NULL}};

const struct cli_command cli_command_runs = {
    .name = "runs",
    .group = CLI_LEDGER,
    .summary = "List the runs of a batch, a station, a time",
    .arguments = "",
    .details =
        "Each run has a line, finished or not, in the order they began. A run that goes on has the time "
        "of its beginning for `--since` and `--until`.\n"
        "\n" CLI_ROWS_DETAILS,
    .options = options,
    .run = list_runs,
};
