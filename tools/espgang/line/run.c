/* SPDX-License-Identifier: Apache-2.0 */

/* espgang run: the line. Puts job, ledger, ports and display together and lets the station go. */

#include "db/ledger.h"
#include "engine/base/program.h"
#include "db/query/query.h"
#include "engine/line/station.h"
#include "jobs/job.h"
#include "tools/espgang/jobs/load.h"
#include "tools/espgang/line/display.h"
#include "tools/espgang/line/readiness.h"
#include "tools/espgang/line/rehearsal.h"
#include "tools/espgang/line/slots.h"
#include "tools/espgang/line/triggers.h"
#include "tools/vboard/carrier.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIM_BOARDS_MAX 512
#define SCHEMES_MAX    8
#define AT_ONCE        "\nespgang: ending every run on record; once more to end at once\n"

enum trigger { PLUG, POLL, ENTER, PROGRAM };

static const char *const triggers[] = {"plug", "poll", "enter", "program", NULL};

/** What the command line says. */
struct run_options {
    const char **ports, **faults, **labels; /* owned lists, NULL after the last; NULL = none given */
    const char *ledger, *batch, *operator_name, *station, *stub_dir;
    const char *flash_dir, *app_log;
    unsigned boards; /* simulated; 0 = real ones */
    uint64_t seed;
    enum trigger trigger;
    const char *trigger_program;
    bool hooks; /* programs of the job run in a rehearsal, too */
    bool fast, watch;
    struct cli_display_options shows;
};

static void run_options_finish(struct run_options *options)
{
    free(options->ports);
    free(options->faults);
    free(options->labels);
}

static unsigned list_length(const char *const *list)
{
    unsigned count = 0;

    while (list != NULL && list[count] != NULL)
        count++;
    return count;
}

static enum eg_code add_simulated(struct vb_gang **gang, struct cli_slots *slots,
                                  const struct run_options *options, const struct eg_plan *plan,
                                  struct eg_error *err)
{
    const struct vb_flash_part *part;

    EG_TRY(cli_rehearsal_part(&part, plan, err));
    const struct vb_config config = {
        .target = plan->target,
        .part = part,
        .fast = options->fast,
        .flash_path = options->flash_dir,
        .stub_dir = options->stub_dir,
        .app_log = options->app_log,
        .seed = options->seed,
    };

    EG_TRY(
        vb_gang_create(gang, &config, options->boards, options->faults, list_length(options->faults), err));
    for (unsigned number = 1; number <= options->boards; number++) {
        char url[64];
        vb_gang_url(*gang, number, url, sizeof url);
        EG_TRY(cli_slots_add(slots, url, url, err));
    }
    return EG_OK;
}

static bool fails_station(enum eg_code code)
{
    return code == EG_LEDGER || code == EG_NO_ROOM || code == EG_IO || code == EG_POOL_EMPTY;
}

static void count(struct cli_display *display, const struct eg_result *result)
{
    display->counts.of[result->outcome]++;
    display->station_failed |= fails_station(result->code);
    if (display->options.json)
        cli_json_result(&display->json, result);
}

/* A ledger that refuses a record refuses every further one: the line ends. When a pool is empty only new
 * boards are without, so those in progress go on. */
static void count_and_go_on(void *context, const struct eg_result *result)
{
    struct cli_display *display = context;

    count(display, result);
    if (result->code == EG_POOL_EMPTY)
        cli_request_ending();
    else if (fails_station(result->code))
        cli_request_cancel("the station, whose ledger or disk refuses records");
}

static enum eg_code run_once(struct cli_display *display, const struct eg_station *station,
                             struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_result *results = NULL;

    EG_TRY(eg_alloc(&results, station->slot_count, sizeof results[0], err));
    EG_TRY(eg_station_run(station, cli_cancel(), results, err));
    for (unsigned i = 0; i < station->slot_count; i++)
        count(display, &results[i]);
    cli_display_end_table(display);
    if (!display->options.json)
        cli_table_results(display->out, results, station->slot_count);
    return EG_OK;
}

/* The slots of the newest scan. */
struct scanner {
    struct cli_slots slots;
    const char *const *patterns;
};

static void scanner_finish(struct scanner *scanner)
{
    cli_slots_finish(&scanner->slots);
}

static enum eg_code scan(void *context, const struct eg_slot **slots, unsigned *slot_count,
                         struct eg_error *err)
{
    struct scanner *scanner = context;

    cli_slots_finish(&scanner->slots);
    EG_TRY(cli_slots_scan(&scanner->slots, scanner->patterns, err));
    *slots = scanner->slots.slots;
    *slot_count = scanner->slots.count;
    return EG_OK;
}

static enum eg_code watch_ports(struct cli_display *display, const char *const *ports,
                                const struct eg_station *station, struct eg_error *err)
{
    EG_CLEANUP(scanner_finish)
    struct scanner scanner = {.patterns = ports};
    const struct eg_slot_source source = {scan, &scanner};

    eg_log_print(station->logger, NULL,
                 "waiting for boards; Ctrl-C ends the line when those in progress are done");
    return eg_station_watch(station, &source, cli_cancel(), count_and_go_on, display, err);
}

static enum eg_code serve(struct cli_display *display, const struct eg_station *station,
                          const struct eg_trigger *trigger, const char *what, struct eg_error *err)
{
    eg_log_print(station->logger, NULL, "%s; Ctrl-C ends the line when the boards in progress are done",
                 what);
    return eg_station_serve(station, trigger, cli_cancel(), count_and_go_on, display, err);
}

static enum eg_code serve_input(struct cli_display *display, const struct eg_station *station,
                                struct eg_error *err)
{
    EG_CLEANUP(cli_enter_finish) struct cli_enter enter = {.station = NULL};

    EG_TRY(cli_enter_begin(&enter, station, err));
    const struct eg_trigger trigger = cli_enter_trigger(&enter);
    return serve(display, station, &trigger,
                 "Enter begins every free slot, SLOT or SLOT LABEL that one; SLOT may be its number", err);
}

static enum eg_code run_line(struct cli_display *display, const struct run_options *options,
                             const struct eg_station *station, struct eg_error *err)
{
    struct eg_trigger trigger;
    enum eg_code code = EG_OK;

    switch (options->trigger) {
    case PLUG:
        code = watch_ports(display, options->ports, station, err);
        break;
    case POLL:
        trigger = eg_trigger_poll(station);
        code = serve(display, station, &trigger, "asking every slot for a board", err);
        break;
    case ENTER:
        code = serve_input(display, station, err);
        break;
    case PROGRAM:
        trigger = cli_program_trigger(options->trigger_program);
        code = serve(display, station, &trigger, "waiting for the trigger program", err);
        break;
    }
    EG_TRY(code);
    cli_display_end_table(display);
    return EG_OK;
}

static enum cli_status status_of(const struct cli_display *display)
{
    if (display->station_failed)
        return CLI_STATION;
    if (display->counts.of[EG_ABORTED] != 0)
        return CLI_INTERRUPTED;
    return cli_counts_passed(&display->counts) == cli_counts_all(&display->counts) ? CLI_OK : CLI_NOT_PASSED;
}

/* What is said from now on are plain lines. */
static void end_table(struct cli_display *display, struct eg_station *station)
{
    cli_display_end_table(display);
    if (!display->options.json)
        station->logger = &display->console.logger;
}

static void warn_of_silence(const struct run_options *options, const struct eg_station *station)
{
    if (options->boards > 0 && options->app_log == NULL &&
        eg_plan_setting(station->plan, "test")->group_count > 0)
        eg_log_warning(
            station->logger, NULL,
            "simulated boards run no code: what the test of the job waits for they print only with "
            "--app-log FILE, or where the application says so itself (see vboard(1))");
}

static void announce_rehearsal(const struct run_options *options, const struct eg_station *station)
{
    eg_log_note(station->logger, NULL, "this is a rehearsal on simulated boards: %s%s",
                options->ledger == NULL ? "nothing of it stays on record"
                                        : "its runs are marked in the ledger and never counted",
                station->plan->programs_left_out
                    ? "; the programs of the job do not run without --hooks, and their answers are simulated"
                    : "");
}

/* What the whole batch has come to by now, counted as `espgang report` counts. */
static void tell_batch(FILE *out, const struct eg_batch *batch)
{
    const int64_t good = batch->passed + batch->marginal;

    fprintf(out, ": %" PRId64 " unit%s, %" PRId64 " passed", batch->units, batch->units == 1 ? "" : "s",
            good);
    if (batch->repeats > 0)
        fprintf(out, ", %" PRId64 " good board%s shown again", batch->repeats,
                batch->repeats == 1 ? "" : "s");
    if (batch->no_board > 0)
        fprintf(out, ", %" PRId64 " contact%s without a board", batch->no_board,
                batch->no_board == 1 ? "" : "s");
    fputs(batch->simulated != 0 ? ", simulated\n" : "\n", out);
}

/* Everything is checked and open: let the boards go. */
static enum eg_code go(const struct run_options *options, struct eg_station *station,
                       struct eg_ledger *ledger, enum cli_status *status, struct eg_error *err)
{
    EG_CLEANUP(cli_display_finish) struct cli_display display = {.out = NULL};
    const uint64_t begun_ms = eg_clock_ms();
    struct eg_error after_err;

    station->ending = cli_ending();
    EG_TRY(cli_display_init(&display, &options->shows, station,
                            options->boards > 0 && options->ledger == NULL ? NULL : eg_ledger_path(ledger),
                            err));
    eg_ledger_tell(ledger, station->logger);
    const char *const in_time = "\nespgang: no further board begins; once more to abort those in progress\n";
    if (options->watch)
        cli_catch_signals_of_line(display.table == NULL ? in_time : "",
                                  display.table == NULL ? AT_ONCE : NULL);
    else
        cli_catch_signals(display.table == NULL ? AT_ONCE : NULL, NULL);
    if (eg_station_before_batch(station, cli_cancel(), err) != EG_OK) {
        end_table(&display, station);
        return err->code;
    }
    if (options->shows.json)
        cli_json_batch_begin(&display.json, station->plan, eg_ledger_batch(ledger), eg_ledger_path(ledger),
                             options->boards > 0,
                             eg_ledger_is_new(ledger) && (options->boards == 0 || options->ledger != NULL),
                             station->slot_count);
    if (options->boards > 0)
        announce_rehearsal(options, station);
    warn_of_silence(options, station);
    const enum eg_code ran =
        options->watch ? run_line(&display, options, station, err) : run_once(&display, station, err);
    const uint64_t duration_ms = eg_clock_ms() - begun_ms;
    eg_ledger_tell(ledger, NULL);
    end_table(&display, station);
    const enum eg_code after =
        eg_station_after_batch(station, display.counts.of, duration_ms, cli_cancel(), &after_err);
    EG_TRY(ran);
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_batch batch = {.units = -1};
    EG_TRY(eg_query_open(&query, eg_ledger_path(ledger), err));
    EG_TRY(eg_query_batch(query, eg_ledger_batch(ledger), &batch, err));
    if (options->shows.json) {
        cli_json_batch_end(&display.json, cli_counts_all(&display.counts), cli_counts_passed(&display.counts),
                           &batch, duration_ms);
    } else {
        cli_table_counts(display.out, &display.counts, duration_ms);
        if (options->boards > 0 && options->ledger == NULL)
            fputs("a rehearsal: nothing of it stays on record", display.out);
        else
            fprintf(display.out, "batch %s in %s", eg_ledger_batch(ledger), eg_ledger_path(ledger));
        tell_batch(display.out, &batch);
    }
    if (after != EG_OK)
        *err = after_err;
    *status = status_of(&display);
    if (!cli_display_close(&display) && *status == CLI_OK)
        *status = CLI_STATION;
    return after;
}

static enum eg_code run_job(struct cli_call *call, const struct run_options *options, struct eg_error *err)
{
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = NULL;
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = NULL;
    EG_CLEANUP(cli_slots_finish) struct cli_slots slots = {0};
    EG_CLEANUP(cli_rehearsal_finish) struct cli_rehearsal rehearsal = {0};
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_port_scheme *schemes[SCHEMES_MAX + 1] = {NULL};
    unsigned orphans = 0, count = 0;

    EG_TRY(cli_load_job(&plan, call, err));
    const bool rehearsing = options->boards > 0 && options->ledger == NULL;
    const struct cli_readiness ready = {.plan = plan,
                                        .ledger = options->ledger,
                                        .batch = options->batch,
                                        .boards = options->boards,
                                        .recording = !rehearsing,
                                        .simulated = options->boards > 0 && !rehearsing};
    EG_TRY(cli_check_ledger(&ready, err));
    if (options->boards > 0 && !options->hooks)
        cli_leave_programs_out(plan);
    cli_catch_signals(AT_ONCE, NULL); /* from here on there may be something to wait for or to remove */
    if (options->boards > 0) {
        EG_TRY(add_simulated(&gang, &slots, options, plan, err));
        schemes[count++] = vb_gang_scheme(gang);
    } else if (!options->watch || options->trigger != PLUG) {
        EG_TRY(cli_slots_choose(&slots, options->ports, err));
    }
    for (const char **label = options->labels; label != NULL && *label != NULL; label++)
        EG_TRY(cli_slots_label(&slots, *label, err));
    for (const struct eg_port_scheme *const *scheme = eg_port_schemes; *scheme != NULL && count < SCHEMES_MAX;
         scheme++)
        schemes[count++] = *scheme;
    if (rehearsing)
        EG_TRY(cli_rehearsal_init(&rehearsal, NULL, err));
    const struct eg_session session = {.station = options->station,
                                       .operator_name = options->operator_name,
                                       .batch = options->batch,
                                       .simulated = options->boards > 0,
                                       .shown = rehearsal.shown,
                                       .cancel = cli_cancel()};
    EG_TRY(eg_ledger_open(&ledger, rehearsal.folder != NULL ? rehearsal.ledger : options->ledger, &session,
                          plan, &orphans, err));
    if (eg_ledger_is_new(ledger) && rehearsal.folder == NULL)
        fprintf(stderr, "espgang: new ledger %s\n", eg_ledger_path(ledger));
    if (orphans > 0 && rehearsal.folder == NULL)
        fprintf(stderr, "espgang: %u run%s of a program that was killed closed as aborted\n", orphans,
                orphans == 1 ? "" : "s");
    struct eg_station station = {
        .plan = plan,
        .recorder = eg_ledger_recorder(ledger),
        .schemes = schemes,
        .stub_dir = options->stub_dir,
        .batch = eg_ledger_batch(ledger),
        .slots = slots.slots,
        .slot_count = slots.count,
    };
    return go(options, &station, ledger, &call->status, err);
}

/* NULL = the option is not given. */
static enum eg_code list_of(const struct cli_call *call, const char *option, const char ***list,
                            struct eg_error *err)
{
    int count;

    return cli_text(call, option) == NULL ? EG_OK : cli_list(call, option, list, &count, err);
}

static enum eg_code read_options(const struct cli_call *call, struct run_options *options,
                                 struct eg_error *err)
{
    const char *const sim = cli_text(call, "sim"), *const trigger = cli_text(call, "trigger");
    uint64_t boards = 0;

    options->ledger = cli_text(call, "ledger");
    options->batch = cli_text(call, "batch");
    options->operator_name = cli_text(call, "operator");
    options->station = cli_text(call, "station");
    options->stub_dir = cli_text(call, "stub-dir");
    options->flash_dir = cli_text(call, "flash-dir");
    options->app_log = cli_text(call, "app-log");
    options->hooks = cli_flag(call, "hooks");
    options->fast = cli_flag(call, "fast");
    options->watch = cli_flag(call, "watch") || trigger != NULL;
    while (trigger != NULL && strcmp(triggers[options->trigger], trigger) != 0)
        options->trigger++;
    options->trigger_program = cli_text(call, "trigger-program");
    options->shows.json = cli_flag(call, "json");
    options->shows.plain = cli_flag(call, "plain");
    options->shows.verbose = cli_flag(call, "verbose");
    options->shows.silent = cli_flag(call, "silent");
    EG_TRY(list_of(call, "ports", &options->ports, err));
    EG_TRY(list_of(call, "fault", &options->faults, err));
    EG_TRY(list_of(call, "label", &options->labels, err));
    EG_TRY(cli_option_number(call, "seed", INT64_MAX, 1, &options->seed, err));
    if (sim != NULL && (!cli_number(sim, SIM_BOARDS_MAX, &boards) || boards == 0))
        return cli_usage(call, err, "--sim takes 1 to %d boards", SIM_BOARDS_MAX);
    options->boards = (unsigned)boards;
    return EG_OK;
}

static enum eg_code check_options(const struct cli_call *call, const struct run_options *options,
                                  struct eg_error *err)
{
    if (options->boards > 0 && options->ports != NULL)
        return cli_usage(call, err, "--sim and --ports exclude each other");
    if (options->watch && options->trigger == PLUG && options->boards > 0)
        return cli_usage(
            call, err,
            "--sim and --watch exclude each other: simulated boards are never unplugged; --trigger "
            "enter begins them");
    for (const char **ports = options->ports;
         options->watch && options->trigger == PLUG && ports != NULL && *ports != NULL; ports++) {
        if (strstr(*ports, "://") != NULL)
            return cli_usage(
                call, err,
                "--watch waits for ports that come and go, which '%s' does not; --trigger poll asks "
                "it for boards",
                *ports);
    }
    if ((options->trigger == PROGRAM) != (options->trigger_program != NULL))
        return cli_usage(call, err, "--trigger program and --trigger-program go together");
    if (options->trigger_program != NULL && eg_program_check(options->trigger_program, err) != EG_OK) {
        err->code = EG_BAD_ARGUMENT;
        return eg_error_prefix(err, "--trigger-program: ");
    }
    if (options->boards == 0 && (options->faults != NULL || options->fast || options->flash_dir != NULL ||
                                 options->app_log != NULL || options->hooks))
        return cli_usage(call, err, "--fault, --fast, --flash-dir, --app-log and --hooks go with --sim");
    if (options->watch && options->labels != NULL)
        return cli_usage(call, err,
                         "--label and --watch exclude each other: a label is for one board of one slot");
    if (options->shows.silent && options->shows.verbose)
        return cli_usage(call, err, "--silent and --verbose exclude each other");
    /* A stub that the folder has not is taken from those built in; a folder that is not there is a slip. */
    EG_TRY(cli_folder_check(call, "stub-dir", err));
    EG_TRY(cli_check_name(call, "batch", err));
    EG_TRY(cli_check_name(call, "operator", err));
    return cli_check_name(call, "station", err);
}

static enum eg_code run(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(run_options_finish) struct run_options options = {0};

    EG_TRY(read_options(call, &options, err));
    EG_TRY(check_options(call, &options, err));
    return run_job(call, &options, err);
}

static const struct cli_option options[] = {
    {.name = "ports",
     .value = "PORTS",
     .help = "Ports to use: paths with wildcards, or URLs; may be repeated (default: every attached board)",
     .more = "Several are separated by commas. The default is every USB serial port with a bridge known from "
             "Espressif boards, and native USB."},
    {.name = "watch",
     .help = "Run a line: program every board that is plugged in, one after the other, until Ctrl-C"},
    {.name = "trigger",
     .value = "WHAT",
     .choices = triggers,
     .help =
         "Run a line whose boards begin when they are plugged in, when they answer, by a key or a scanner, "
         "or by a program",
     .more =
         "`plug` is what `--watch` does. The others are for fixtures whose bridge stays plugged, remote "
         "ports "
         "and simulated boards. `poll` resets each board into its loader until one answers; the board is "
         "gone "
         "when it does not answer any more, or another one does. `enter` reads standard input: an empty line "
         "begins every free slot, a line `SLOT` or `SLOT LABEL` that one, and SLOT may be the number of the "
         "slot. `program` runs the one of `--trigger-program`."},
    {.name = "trigger-program",
     .value = "PROGRAM",
     .help = "Program that says when a board may begin, and is told its outcome",
     .more =
         "It is run as `PROGRAM wait SLOT`, and ends with status 0 when the board may begin; the first line "
         "that it prints, if any, is the label of the board. Then it is run as `PROGRAM done SLOT OUTCOME`, "
         "and "
         "ends when the board is gone. ESPGANG_PORT, ESPGANG_RUN, ESPGANG_MAC, ESPGANG_CODE and "
         "ESPGANG_SENTENCE are in its environment."},
    CLI_OPTION_LEDGER("Ledger to record into"),
    {.name = "batch", .value = "NAME", .help = "Name of the batch (default: from the job and the time)"},
    {.name = "label",
     .value = "SLOT=TEXT",
     .help = "Label of the board in a slot, as scanned or typed; may be repeated",
     .more = "It goes on record with the run. SLOT is the name of the slot or its port. Not together with "
             "`--watch`."},
    {.name = "operator", .value = "NAME", .help = "Name of the operator (default: the login name)"},
    {.name = "station", .value = "NAME", .help = "Name of this station (default: the host's name)"},
    {.name = "stub-dir",
     .value = "DIR",
     .help = "Take flasher stubs from this folder",
     .more = "Stubs that it has not are taken from those built in."},
    CLI_OPTION_TRUST_DIR,
    {.name = "json", .help = "Print one JSON event per line instead of text"},
    {.name = "plain", .help = "Print plain lines even on a terminal"},
    {.name = "verbose", .letter = 'v', .help = "Show more"},
    {.name = "silent", .letter = 's', .help = "Show nothing but errors and the results"},
    {.name = "sim",
     .value = "N",
     .help = "Rehearse on N simulated boards of the job's chip, 1 to 512",
     .more = "Without `--ledger` it records into a ledger of its own, which has a copy of the pools and is "
             "removed "
             "at the end. Into a ledger that is named, its runs are recorded as simulated: they are never "
             "counted "
             "and take no row of a pool.",
     .heading = "Rehearsal without boards"},
    {.name = "hooks",
     .help = "Run the programs of the job, too: its hooks and `unit.generate.program`",
     .more = "Without it each name that the templates of the job want from `unit.generate.program` is "
             "`SIMULATED-NAME-MAC`; in `unit.raw.hex` that text in hexadecimal digits; with a number's "
             "format the "
             "last three bytes of the MAC."},
    {.name = "fault",
     .value = "[N:]FAULT",
     .help = "Give board N, or every board, a fault, e.g. 3:lie; may be repeated",
     .more = "`vboard --list-faults` lists them."},
    {.name = "fast", .help = "Leave out the time of wire and flash"},
    {.name = "flash-dir", .value = "DIR", .help = "Keep the boards' flash contents in this folder"},
    {.name = "app-log",
     .value = "FILE",
     .help = "What the application prints once it is started, for the job's test",
     .more = "See vboard(1). Without it a job with a test passes only when its application contains what it "
             "prints."},
    {.name = "seed", .value = "N", .help = "Seed of the faults' randomness (default: 1)"},
    {.name = NULL}};

const struct cli_command cli_command_run = {
    .name = "run",
    .group = CLI_LINE,
    .summary = "Program every attached board by a job file or bundle",
    .arguments = "JOB",
    .details =
        "On a terminal a table shows the progress of each board; elsewhere lines tell of every stage. The "
        "first "
        "Ctrl-C ends every run on record; another one half a second later or more ends the program at once. "
        "Of "
        "a line the first Ctrl-C, SIGTERM or lost terminal only says that no further board is to begin: "
        "those in "
        "progress are finished. The second one aborts them.\n"
        "\n"
        "A job may give each board data of its own, such as a serial number from a pool of the ledger. When "
        "a pool "
        "is empty, no further board is begun, those in progress are finished, and the exit status is 3.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
