/* SPDX-License-Identifier: Apache-2.0 */

/* espgang label: printed labels on record, and printing them again. */

#include "tools/espgang/labels/options.h"
#include "tools/espgang/labels/print.h"
#include "tools/espgang/ledger/rows.h"
#include "tools/espgang/station.h"

#include "db/query/questions.h"
#include "engine/base/bytes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_column columns[] = {
    CLI_COLUMN(eg_label_row, run, "run", NUMBER, 7),
    CLI_COLUMN(eg_label_row, mac, "mac", TEXT, 17),
    CLI_COLUMN(eg_label_row, serial, "serial", TEXT, 14),
    CLI_COLUMN(eg_label_row, slot, "slot", TEXT, 10),
    CLI_COLUMN(eg_label_row, state, "state", TEXT, 9),
    CLI_COLUMN(eg_label_row, prints, "prints", NUMBER, 6),
    CLI_COLUMN(eg_label_row, batch, "batch", TEXT, 0),
    CLI_COLUMN(eg_label_row, station, "station", TEXT, 0),
    CLI_COLUMN(eg_label_row, finished_utc, "finished", TIME, 0),
    CLI_COLUMN(eg_label_row, printer, "printer", TEXT, 0),
    CLI_COLUMN(eg_label_row, printed_by, "printed_by", TEXT, 0),
    CLI_COLUMN(eg_label_row, recorded_utc, "recorded", TIME, 0),
    CLI_COLUMN(eg_label_row, reason, "reason", TEXT, 24),
    {0},
};

static const struct cli_table_form labels_table = {"labels", columns, false};

struct list {
    struct cli_rows rows;
    int64_t open;
};

static bool is_open(const struct eg_label_row *label)
{
    return strcmp(label->state, "missing") == 0 || strcmp(label->state, "failed") == 0 ||
           strcmp(label->state, "in doubt") == 0;
}

static enum eg_code show(void *context, const void *row, struct eg_error *err)
{
    struct list *const list = context;

    list->open += is_open(row);
    return cli_rows_add(&list->rows, row, err);
}

static enum eg_code list(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct list list = {.open = 0};
    enum cli_format format;

    EG_TRY(cli_rows_format(&format, call, err));
    EG_TRY(eg_query_open(&query, cli_text(call, "ledger"), err));
    cli_rows_begin(&list.rows, stdout, format, "label", eg_query_path(query), "labels");
    cli_rows_table(&list.rows, &labels_table);
    EG_TRY(eg_query_labels(query, cli_text(call, "station"), cli_text(call, "batch"), !cli_flag(call, "all"),
                           show, &list, err));
    cli_rows_table_end(&list.rows);
    cli_rows_number(&list.rows, "open", list.open);
    if (list.open == 0)
        cli_rows_say(&list.rows, "no label is missing");
    else
        cli_rows_say(&list.rows, "%" PRId64 " board%s that passed %s no printed label on record", list.open,
                     list.open == 1 ? "" : "s", list.open == 1 ? "has" : "have");
    cli_rows_end(&list.rows);
    call->status = list.open == 0 ? CLI_OK : CLI_NOT_PASSED;
    return EG_OK;
}

/* ---- Printing ---- */

/* Runs whose labels are asked for. */
struct wanted {
    int64_t *runs;
    size_t count;
    const char *name; /* of the unit; NULL = all that are open */
};

static void wanted_finish(struct wanted *wanted)
{
    free(wanted->runs);
}

static enum eg_code want(struct wanted *wanted, int64_t run, struct eg_error *err)
{
    EG_TRY(eg_grow(&wanted->runs, wanted->count, sizeof *wanted->runs, err));
    wanted->runs[wanted->count++] = run;
    return EG_OK;
}

/* One in doubt may be printed already: only a person can tell. */
static enum eg_code want_open(void *context, const void *row, struct eg_error *err)
{
    const struct eg_label_row *const label = row;

    if (strcmp(label->state, "in doubt") != 0)
        return want(context, label->run, err);
    fprintf(stderr,
            "espgang: warning: the label of run %" PRId64
            " (%s) may be printed already: look at the board, then "
            "'espgang label print %s --reason TEXT'\n",
            label->run, label->mac, label->mac);
    return EG_OK;
}

struct unit {
    unsigned count;
    char mac[24];
    int64_t run; /* the newest that passed at a line with a printer; 0 = none */
};

static enum eg_code take_unit(void *context, const void *row, struct eg_error *err)
{
    struct unit *const unit = context;

    (void)err;
    unit->count++;
    snprintf(unit->mac, sizeof unit->mac, "%s", ((const struct eg_unit_summary *)row)->mac);
    return EG_OK;
}

static enum eg_code take_run(void *context, const void *row, struct eg_error *err)
{
    const struct eg_label_row *const label = row;
    struct unit *const unit = context;

    (void)err;
    if (strcmp(label->mac, unit->mac) == 0)
        unit->run = label->run;
    return EG_OK;
}

static enum eg_code find(struct wanted *wanted, const struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct unit unit = {.count = 0};

    EG_TRY(eg_query_open(&query, cli_text(call, "ledger"), err));
    if (wanted->name == NULL)
        return eg_query_labels(query, cli_text(call, "station"), cli_text(call, "batch"), true, want_open,
                               wanted, err);
    EG_TRY(eg_query_find_units(query, wanted->name, take_unit, &unit, err));
    if (unit.count == 1)
        EG_TRY(eg_query_labels(query, NULL, NULL, false, take_run, &unit, err));
    if (unit.run != 0)
        return want(wanted, unit.run, err);
    return eg_error_set(err, EG_BAD_ARGUMENT, "ledger %s: %s '%s'", eg_query_path(query),
                        unit.count == 0   ? "no run of a unit with MAC, serial, label or pool key"
                        : unit.count == 1 ? "no pass at a line with a printer of unit"
                                          : "several units have had, so name one by its MAC:",
                        wanted->name);
}

/* One of many that needs no label any more is no failure. */
static enum eg_code print_run(struct cli_call *call, const struct cli_label_print *how, int64_t run,
                              bool named, struct eg_error *err)
{
    struct eg_printed_due due;
    struct cli_label_end end;

    EG_TRY(eg_printed_of_run(how->printed, run, &due, err));
    const enum eg_code code = cli_label_print(how, &due, &end, err);
    if (end.refusal.code == EG_OK && code == EG_OK) {
        printf("run %" PRId64 ", board %s, slot %s: printed\n", run, due.mac, due.slot);
        return EG_OK;
    }
    if (code != EG_OK || named)
        call->status = CLI_NOT_PASSED;
    if (end.refusal.code == EG_OK && !end.unfit)
        return eg_error_prefix(err, "run %" PRId64 ": ", run);
    fprintf(stderr, "espgang: %s\n", end.refusal.code != EG_OK ? end.refusal.text : err->text);
    return EG_OK;
}

static enum eg_code change(struct cli_call *call, bool prints, struct eg_error *err)
{
    EG_CLEANUP(eg_printed_close_cleanup) struct eg_printed *printed = NULL;
    EG_CLEANUP(cli_station_finish) struct cli_station station = {.file = NULL};
    EG_CLEANUP(cli_label_options_finish) struct cli_label_options options = {.prints = false};
    EG_CLEANUP(wanted_finish) struct wanted wanted = {.name = call->count > 1 ? call->argument[1] : NULL};
    const char *const reason = cli_text(call, "reason");

    EG_TRY(cli_check_name(call, "reason", err));
    EG_TRY(cli_check_name(call, "operator", err));
    EG_TRY(cli_station_read(&station, NULL, err));
    EG_TRY(cli_label_options_read(&options, call, station.file, err));
    if (prints && !options.prints)
        return cli_usage(call, err, "missing option: --printer, and no station file has printer.to");
    EG_TRY(find(&wanted, call, err));
    EG_TRY(eg_printed_open(&printed, cli_text(call, "ledger"), cli_text(call, "operator"), err));
    cli_catch_signals(NULL, NULL);
    const struct cli_label_print how = {printed, cli_text(call, "ledger"), &options.printer,
                                        wanted.name != NULL ? reason : NULL};
    for (size_t i = 0; i < wanted.count; i++) {
        if (prints) {
            EG_TRY(print_run(call, &how, wanted.runs[i], wanted.name != NULL, err));
        } else {
            EG_TRY(eg_printed_drop(printed, wanted.runs[i], reason, err));
            printf("run %" PRId64 ": needs no label, on record\n", wanted.runs[i]);
        }
    }
    return EG_OK;
}

static enum eg_code label(struct cli_call *call, struct eg_error *err)
{
    const bool prints = call->count > 0 && strcmp(call->argument[0], "print") == 0,
               drops = call->count > 0 && strcmp(call->argument[0], "drop") == 0;

    if (call->count > 0 && !prints && !drops)
        return cli_usage(call, err, "'%s' is neither print nor drop", call->argument[0]);
    if (!prints && !drops && (cli_text(call, "reason") != NULL || cli_text(call, "operator") != NULL))
        return cli_usage(call, err, "--reason and --operator go with print and drop");
    if (!prints && cli_text(call, "printer") != NULL)
        return cli_usage(call, err, "--printer goes with print");
    if ((prints || drops) && (cli_flag(call, "json") || cli_flag(call, "csv") || cli_flag(call, "all")))
        return cli_usage(call, err, "--json, --csv and --all do not go with print and drop");
    if (drops && cli_text(call, "reason") == NULL)
        return cli_usage(call, err, "missing option: --reason TEXT, which goes on record");
    return prints || drops ? change(call, prints, err) : list(call, err);
}

static const char *const actions[] = {"print", "drop", NULL};

static const struct cli_option options[] = {
    {.name = "all", .help = "List all labels, printed ones too"},
    {.name = "batch", .value = "NAME", .help = "Only labels of this batch"},
    {.name = "station", .value = "NAME", .help = "Only labels of this station"},
    {.name = "printer",
     .value = "PRINTER",
     .help = "print: where to, " CLI_PRINTER_FORMS " (default: as the station file says)"},
    {.name = "reason",
     .value = "TEXT",
     .help = "Why a label is printed again, or is not wanted; it goes on record"},
    {.name = "operator",
     .value = "NAME",
     .help = "print, drop: name of the operator (default: the login name)"},
    CLI_ROWS_OPTIONS,
    {.name = NULL}};

const struct cli_command cli_command_label = {
    .name = "label",
    .group = CLI_LEDGER,
    .summary = "List boards without a printed label, or print labels again",
    .arguments = "\nprint [MAC|SERIAL|LABEL]\ndrop [MAC|SERIAL|LABEL]",
    .details = "A line with a printer prints a label for each board that passed, once the pass is on record. "
               "Without "
               "arguments the labels are listed that are missing, failed, or in doubt: their program was "
               "killed while "
               "they were printed. The exit status is 1 when there is one.\n"
               "\n"
               "`print` prints what is missing or failed, or the label of one board. Template and values are "
               "those on "
               "record. A label that is printed already, or is in doubt, needs `--reason`. A board whose "
               "last run did "
               "not pass gets no label. Every print is on record. `drop` records that labels are not wanted. "
               "Lines may "
               "go on meanwhile.\n"
               "\n" CLI_ROWS_DETAILS,
    .options = options,
    .words = actions,
    .least = 0,
    .most = 2,
    .run = label,
};
