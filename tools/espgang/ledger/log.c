/* SPDX-License-Identifier: Apache-2.0 */

/* espgang log: print the application logs that runs recorded, or follow those of a line. */

#include "db/query/questions.h"
#include "engine/base/bytes.h"
#include "engine/base/text.h"
#include "tools/espgang/ledger/rows.h"
#include "tools/espgang/ledger/selection.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The runs that the argument selects. */
struct selection {
    struct eg_query *query;
    bool all, found; /* print every log, not the newest alone; a run was found */
    int64_t newest;  /* newest run with a log; 0 = none */
    unsigned printed;
    char why[300]; /* why the newest run has no log */
};

/* A terminal obeys control characters, so it gets '?' in their place; a file gets the bytes as they were
 * read. */
static void put(const struct eg_buffer *text)
{
    const char *const data = (const char *)text->data;
    const bool raw = !isatty(STDOUT_FILENO);

    for (size_t at = 0, step; at < text->size; at += step) {
        const size_t length = eg_utf8_length(data + at, text->size - at);

        step = length != 0 ? length : 1;
        const bool line = length == 1 && (data[at] == '\n' || data[at] == '\t' || data[at] == '\r');
        if (raw || line || (length != 0 && !eg_utf8_is_control(data + at, length)))
            fwrite(data + at, 1, step, stdout);
        else
            fputc('?', stdout);
    }
    if (text->size > 0 && data[text->size - 1] != '\n')
        fputc('\n', stdout);
}

static enum eg_code print_log(struct selection *selection, int64_t run, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};

    EG_TRY(eg_query_run_log_text(selection->query, run, &text, err));
    put(&text);
    selection->printed++;
    return EG_OK;
}

static void print_head(struct selection *selection, const struct eg_run_log *log)
{
    printf("%s== run %" PRId64 ", %s, slot %s, %s, %s\n", selection->printed > 0 ? "\n" : "", log->run,
           log->mac, log->slot, log->finished_utc, log->outcome);
}

static enum eg_code select_run(void *context, const void *row, struct eg_error *err)
{
    struct selection *selection = context;
    const struct eg_run_log *log = row;

    selection->found = true;
    if (log->size >= 0) {
        selection->newest = log->run;
        if (!selection->all)
            return EG_OK;
        print_head(selection, log);
        return print_log(selection, log->run, err);
    }
    if (log->purged_utc[0] != '\0')
        snprintf(selection->why, sizeof selection->why, "the log of run %" PRId64 " was removed on %.10s: %s",
                 log->run, log->purged_utc, log->purge_reason);
    else if (strcmp(log->outcome, "unfinished") == 0)
        snprintf(selection->why, sizeof selection->why, "run %" PRId64 " has not finished", log->run);
    else
        snprintf(selection->why, sizeof selection->why,
                 "run %" PRId64 " recorded no log: its application was not started or printed nothing",
                 log->run);
    return EG_OK;
}

static enum eg_code select_unit_run(void *context, const void *row, struct eg_error *err)
{
    struct selection *selection = context;

    return eg_query_log(selection->query, ((const struct eg_run_row *)row)->run, select_run, context, err);
}

static enum eg_code select_unit(void *context, const void *row, struct eg_error *err)
{
    struct selection *selection = context;

    const struct eg_run_column *columns[EG_RUN_COLUMNS];

    eg_run_columns(columns, EG_RUN_HISTORY);
    return eg_query_unit_runs(selection->query, ((const struct eg_unit_summary *)row)->mac, NULL, columns,
                              select_unit_run, context, err);
}

static enum eg_code count_row(void *context, const void *row, struct eg_error *err)
{
    (void)row;
    (void)err;
    ++*(unsigned *)context;
    return EG_OK;
}

/* The argument is the number of a run, or names a unit. */
static enum eg_code select_argument(struct selection *selection, struct cli_call *call, struct eg_error *err)
{
    const char *const text = call->argument[0];
    const bool digits = text[0] != '\0' && text[strspn(text, "0123456789")] == '\0' && strlen(text) < 19;
    const int64_t run = digits ? strtoll(text, NULL, 10) : 0;
    unsigned runs = 0, units = 0;

    if (text[0] == '\0')
        return cli_usage(call, err, "the run or unit is empty");
    if (cli_flag(call, "run") && !digits)
        return cli_usage(call, err, "--run: '%s' is not the number of a run", text);
    if (digits)
        EG_TRY(eg_query_log(selection->query, run, count_row, &runs, err));
    if (!cli_flag(call, "run"))
        EG_TRY(eg_query_find_units(selection->query, text, count_row, &units, err));
    if (runs > 0 && units > 0)
        return cli_usage(call, err, "'%s' is a run and also a unit: add --run, or name the unit by its MAC",
                         text);
    if (runs > 0)
        return eg_query_log(selection->query, run, select_run, selection, err);
    return eg_query_find_units(selection->query, text, select_unit, selection, err);
}

static enum eg_code print_newest(struct selection *selection, struct cli_call *call, struct eg_error *err)
{
    EG_TRY(select_argument(selection, call, err));
    if (selection->newest != 0)
        return selection->all ? EG_OK : print_log(selection, selection->newest, err);
    if (selection->found)
        fprintf(stderr, "espgang: ledger %s: %s\n", eg_query_path(selection->query), selection->why);
    else
        fprintf(stderr,
                "espgang: ledger %s: no run %s and no unit with this MAC, serial, label or pool key\n",
                eg_query_path(selection->query), call->argument[0]);
    call->status = CLI_NOT_PASSED;
    return EG_OK;
}

static enum eg_code follow_run(void *context, const void *row, struct eg_error *err)
{
    struct selection *selection = context;
    const struct eg_run_log *log = row;

    if (log->size < 0)
        return EG_OK;
    print_head(selection, log);
    return print_log(selection, log->run, err);
}

#define POLL_MS 500

/* Print the logs of runs as they finish, until a signal. Each look at the ledger is a query of its own. */
static enum eg_code follow(struct cli_call *call, const struct cli_selection *runs, int64_t after,
                           struct eg_error *err)
{
    struct selection selection = {.all = true};

    while (!eg_cancel_requested(cli_cancel())) {
        EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
        EG_TRY(eg_query_open(&query, cli_text(call, "ledger"), err));
        selection.query = query;
        EG_TRY(eg_query_logs_after(query, &runs->runs, &after, follow_run, &selection, err));
        if (fflush(stdout) != 0)
            return EG_OK; /* nobody reads any more; cli_flush() tells other failures */
        if (eg_sleep_ms(cli_cancel(), POLL_MS, err) != EG_OK)
            break;
    }
    return EG_OK;
}

static enum eg_code show_log(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(cli_selection_finish) struct cli_selection runs = {0};
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct selection selection = {.all = cli_flag(call, "all")};
    int64_t end;

    EG_TRY(cli_selection_read(&runs, call, err));
    if (!cli_flag(call, "follow")) {
        if (call->count == 0)
            return cli_usage(call, err, "missing argument: RUN|UNIT");
        if (!eg_selection_is_all(&runs.runs) || cli_texts(call, "batch", 0) != NULL)
            return cli_usage(call, err, "options that select runs go with --follow alone");
        EG_TRY(eg_query_open(&query, cli_text(call, "ledger"), err));
        selection.query = query;
        return print_newest(&selection, call, err);
    }
    if (call->count > 0)
        return cli_usage(call, err, "--follow takes no run or unit; --slot, --label and others select runs");
    EG_TRY(eg_query_open(&query, cli_text(call, "ledger"), err));
    EG_TRY(cli_selection_batches(&runs, call, query, err));
    EG_TRY(eg_query_chain_end(query, &end, err));
    eg_query_close(query);
    query = NULL;
    cli_catch_signals(NULL, NULL);
    return follow(call, &runs, end, err);
}

static const struct cli_option options[] = {
    {.name = "all", .help = "Print the log of every run of the unit, oldest first"},
    {.name = "run", .help = "Take the argument as the number of a run"},
    {.name = "follow",
     .help = "Print the log of each run as it finishes, until Ctrl-C; further options select runs"},
    CLI_SELECTION_OPTIONS,
    CLI_OPTION_LEDGER("Ledger to read"),
    {.name = NULL}};

const struct cli_command cli_command_log = {
    .name = "log",
    .group = CLI_LEDGER,
    .summary = "Print what the application printed during a run, or follow it on a line",
    .arguments = "RUN|UNIT\n--follow",
    .details =
        "`RUN` is the number of a run, as `history` shows it. `UNIT` is a MAC, serial number, label or "
        "pool key, as for `history`; the log of its newest run that has one is printed. A file or pipe "
        "gets the bytes as the board sent them; a terminal gets `?` instead of control characters. When "
        "there is no log, the reason is printed and the exit status is 1.\n"
        "\n"
        "With `--follow` nothing is named: it is left running beside a line, and prints the log of each run "
        "that "
        "finishes from now on, of one slot with `--slot`. Ctrl-C ends it, with exit status 0.",
    .options = options,
    .most = 1,
    .run = show_log,
};
