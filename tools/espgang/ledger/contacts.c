/* SPDX-License-Identifier: Apache-2.0 */

/* espgang contacts: how often each slot was in contact with a board, for the maintenance of needles. */

#include "db/files/reset.h"
#include "db/query/questions.h"
#include "engine/base/bytes.h"
#include "tools/espgang/ledger/rows.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* Station and slot name what `reset` is for, so they are as wide as their values. */
enum { STATION, SLOT };

static const struct cli_column columns[] = {
    [STATION] = CLI_COLUMN(eg_slot_contacts, station, "station", TEXT, 14),
    [SLOT] = CLI_COLUMN(eg_slot_contacts, slot, "slot", TEXT, 16),
    CLI_COLUMN(eg_slot_contacts, contacts, "contacts", NUMBER, 9),
    CLI_COLUMN(eg_slot_contacts, passed, "passed", NUMBER, 9),
    CLI_COLUMN(eg_slot_contacts, total, "total", NUMBER, 9),
    CLI_COLUMN(eg_slot_contacts, last_utc, "last", TIME, 0),
    CLI_COLUMN(eg_slot_contacts, reset_utc, "reset", TIME, 11),
    CLI_COLUMN(eg_slot_contacts, reset_by, "reset_by", TEXT, 10),
    CLI_COLUMN(eg_slot_contacts, reason, "reason", TEXT, 16),
    {0},
};

struct contacts {
    struct cli_rows rows;
    struct cli_column columns[sizeof columns / sizeof columns[0]];
    uint64_t most; /* 0 = no limit */
    int64_t over;
};

static enum eg_code show(void *context, const void *row, struct eg_error *err)
{
    struct contacts *const contacts = context;
    const struct eg_slot_contacts *const slot = row;

    contacts->over += contacts->most != 0 && slot->contacts >= (int64_t)contacts->most;
    return cli_rows_add(&contacts->rows, row, err);
}

static enum eg_code measure(void *context, const void *row, struct eg_error *err)
{
    struct contacts *const contacts = context;

    (void)err;
    for (struct cli_column *column = &contacts->columns[STATION]; column <= &contacts->columns[SLOT];
         column++) {
        const unsigned width = cli_rows_text_width(column, row);
        column->width = width > column->width ? width : column->width;
    }
    return EG_OK;
}

static enum eg_code list(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct contacts contacts = {.over = 0};
    const struct cli_table_form slots_table = {"slots", contacts.columns, false};
    enum cli_format format;

    EG_TRY(cli_option_number(call, "most", INT64_MAX, 0, &contacts.most, err));
    EG_TRY(cli_rows_format(&format, call, err));
    EG_TRY(eg_query_open(&query, cli_text(call, "ledger"), err));
    memcpy(contacts.columns, columns, sizeof columns);
    if (format == CLI_FORMAT_TEXT)
        EG_TRY(eg_query_contacts(query, cli_text(call, "station"), measure, &contacts, err));
    cli_rows_begin(&contacts.rows, stdout, format, "contacts", eg_query_path(query), "slots");
    cli_rows_table(&contacts.rows, &slots_table);
    EG_TRY(eg_query_contacts(query, cli_text(call, "station"), show, &contacts, err));
    cli_rows_table_end(&contacts.rows);
    cli_rows_number(&contacts.rows, "over", contacts.over);
    if (contacts.over > 0)
        cli_rows_say(&contacts.rows,
                     "%" PRId64 " slot%s with %" PRIu64
                     " contacts or more: look at the needles, then 'espgang "
                     "contacts reset SLOT --reason TEXT'",
                     contacts.over, contacts.over == 1 ? "" : "s", contacts.most);
    cli_rows_end(&contacts.rows);
    call->status = contacts.over == 0 ? CLI_OK : CLI_NOT_PASSED;
    return EG_OK;
}

static enum eg_code reset(struct cli_call *call, struct eg_error *err)
{
    char host[256] = "";
    struct eg_slot_reset wanted = {.ledger = cli_text(call, "ledger"),
                                   .station = cli_text(call, "station"),
                                   .slot = call->argument[1],
                                   .operator_name = cli_text(call, "operator"),
                                   .reason = cli_text(call, "reason")};
    int64_t contacts;

    if (wanted.reason == NULL)
        return cli_usage(call, err, "missing option: --reason TEXT, which goes on record");
    EG_TRY(cli_check_name(call, "operator", err));
    EG_TRY(cli_check_name(call, "reason", err));
    if (wanted.station == NULL && gethostname(host, sizeof host - 1) == 0)
        wanted.station = host;
    EG_TRY(eg_slot_reset(&contacts, &wanted, err));
    printf("slot %s of station %s had %" PRId64 " contact%s; they count anew\n", wanted.slot, wanted.station,
           contacts, contacts == 1 ? "" : "s");
    return EG_OK;
}

static enum eg_code contacts(struct cli_call *call, struct eg_error *err)
{
    const bool resets = call->count > 0 && strcmp(call->argument[0], "reset") == 0;

    if (call->count > 0 && !resets)
        return cli_usage(call, err, "'%s' is not reset", call->argument[0]);
    if (resets && call->count < 2)
        return cli_usage(call, err, "missing argument: SLOT");
    if (!resets && (cli_text(call, "reason") != NULL || cli_text(call, "operator") != NULL))
        return cli_usage(call, err, "--reason and --operator go with reset");
    if (resets && (cli_text(call, "most") != NULL || cli_flag(call, "json") || cli_flag(call, "csv")))
        return cli_usage(call, err, "--most, --json and --csv do not go with reset");
    return resets ? reset(call, err) : list(call, err);
}

static const char *const actions[] = {"reset", NULL};

static const struct cli_option options[] = {
    {.name = "station",
     .value = "NAME",
     .help = "Show slots of this station only; reset: the station of the slot (default: the host's name)"},
    {.name = "most", .value = "COUNT", .help = "Exit with status 1 when a slot has so many contacts or more"},
    {.name = "reason",
     .value = "TEXT",
     .help = "reset: reason, such as 'needles replaced'; it goes on record"},
    {.name = "operator", .value = "NAME", .help = "reset: name of the operator (default: the login name)"},
    CLI_ROWS_OPTIONS,
    {.name = NULL}};

const struct cli_command cli_command_contacts = {
    .name = "contacts",
    .group = CLI_LEDGER,
    .summary = "Show how often each slot was in contact with a board, or count anew",
    .arguments = "\nreset SLOT",
    .details =
        "Needles of a fixture wear out. Every run is a contact of its slot, passed or not; the ledger has "
        "them all. `reset` records when, by whom and why the contacts of a slot count anew, as after its "
        "needles were replaced. Lines may go on meanwhile. Nothing is removed: `total` goes on.\n"
        "\n" CLI_ROWS_DETAILS,
    .options = options,
    .words = actions,
    .least = 0,
    .most = 2,
    .run = contacts,
};
