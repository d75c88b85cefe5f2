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

static enum eg_code find_duplicates(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct duplicates duplicates = {.count = 0};
    enum cli_format format;

    EG_TRY(cli_rows_format(&format, call, err));
    EG_TRY(eg_query_open(&query, cli_text(call, "ledger"), err));
    cli_rows_begin(&duplicates.rows, stdout, format, "duplicates", eg_query_path(query), "duplicates");
    cli_rows_table(&duplicates.rows, &duplicates_table);
    EG_TRY(eg_query_duplicates(query, cli_text(call, "batch"), show, &duplicates, err));
    cli_rows_table_end(&duplicates.rows);
    cli_rows_number(&duplicates.rows, "count", duplicates.count);
    if (duplicates.count == 0)
        cli_rows_say(&duplicates.rows, "no duplicates");
    else
        cli_rows_say(&duplicates.rows, "%" PRId64 " duplicate%s", duplicates.count,
                     duplicates.count == 1 ? "" : "s");
    cli_rows_end(&duplicates.rows);
    call->status = duplicates.count == 0 ? CLI_OK : CLI_NOT_PASSED;
    return EG_OK;
}

static const struct cli_option options[] = {
    {.name = "batch", .value = "NAME", .help = "Show only what has a run in this batch"},
    CLI_ROWS_OPTIONS,
    {.name = NULL}};

const struct cli_command cli_command_duplicates = {
    .name = "duplicates",
    .group = CLI_LEDGER,
    .summary = "Find MACs, serial numbers and flashes that are in the ledger twice",
    .arguments = "",
    .details = "- batches-of-mac: a MAC that passed in several batches.\n"
               "- macs-of-flash: a unique id of a flash with several MACs, in ledgers that have such ids.\n"
               "- macs-of-serial: a serial number with which several MACs passed.\n"
               "- serials-of-mac: a MAC that passed with several serial numbers.\n"
               "- slots-at-once: a MAC in several slots at the same time.\n"
               "\n"
               "The exit status is 1 when there are any.\n"
               "\n" CLI_ROWS_DETAILS,
    .options = options,
    .run = find_duplicates,
};
