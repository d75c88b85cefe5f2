/* SPDX-License-Identifier: Apache-2.0 */

/* espgang units: a line for each unit of a selection. */

#include "db/query/questions.h"
#include "engine/base/bytes.h"
#include "tools/espgang/ledger/columns.h"
#include "tools/espgang/ledger/selection.h"

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

static enum eg_code list_units(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(cli_selection_finish) struct cli_selection selection = {0};
    struct cli_run_columns columns;
    struct units units = {0};
    enum cli_format format;

    EG_TRY(cli_rows_format(&format, call, err));
    EG_TRY(cli_selection_read(&selection, call, err));
    EG_TRY(cli_run_columns(&columns, call, EG_RUN_UNITS, "outcome", err));
    EG_TRY(eg_query_open(&query, cli_text(call, "ledger"), err));
    EG_TRY(cli_selection_batches(&selection, call, query, err));
    if (format == CLI_FORMAT_TEXT)
        EG_TRY(cli_run_columns_fit(&columns, query, &selection.runs, 0, err));
    const struct cli_table_form units_table = {"units", columns.shown, columns.upright};
    cli_rows_begin(&units.rows, stdout, format, "units", eg_query_path(query), "units");
    cli_rows_table(&units.rows, &units_table);
    EG_TRY(eg_query_units(query, &selection.runs, columns.asked, show_unit, &units, err));
    cli_rows_table_end(&units.rows);
    show_counts(&units);
    cli_rows_end(&units.rows);
    return EG_OK;
}

static const struct cli_option options[] = {
    CLI_SELECTION_OPTIONS, CLI_OPTION_COLUMNS, CLI_ROWS_OPTIONS, {.name = NULL}};

const struct cli_command cli_command_units = {
    .name = "units",
    .group = CLI_LEDGER,
    .summary = "List the units of a batch, a time, an outcome",
    .arguments = "",
    .details =
        "Each unit has a line, and outcomes are counted. A unit is a board that was identified, by its MAC "
        "and "
        "the unique id of its flash. Batches, places, jobs, chips and times select runs, and the last "
        "finished "
        "one of "
        "them counts for its unit, except refusals because the board had passed before; `--outcome` and "
        "`--code` select among those.\n"
        "\n" CLI_ROWS_DETAILS,
    .options = options,
    .run = list_units,
};
