/* SPDX-License-Identifier: Apache-2.0 */

/* espgang run: the line. Puts job, ledger, ports and display together and lets the station go. */

#include "db/ledger.h"
#include "db/query/query.h"
#include "engine/line/station.h"
#include "jobs/job.h"
#include "tools/espgang/cli.h"
#include "tools/espgang/line/json.h"
#include "tools/espgang/line/slots.h"
#include "tools/espgang/line/table.h"
#include "tools/vboard/carrier.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SIM_BOARDS_MAX 512
#define SCHEMES_MAX    8
#define NOT_SIMULATED  INT_MIN

/** What the command line said; strings and lists are popt's, for free(). */
struct run_options {
    char **ports;
    char *ledger, *batch, *operator_name, *station, *stub_dir, *trust_dir;
    char **faults;
    char **labels;
    char *flash_dir, *app_log;
    int boards; /* simulated, or NOT_SIMULATED */
    long seed;
    int fast;
    int watch;
    int json, plain, verbose, silent;
};

static void free_list(char **list)
{
    for (char **item = list; list != NULL && *item != NULL; item++)
        free(*item);
    free(list);
}

static void run_options_finish(struct run_options *options)
{
    free_list(options->ports);
    free_list(options->faults);
    free_list(options->labels);
    free(options->ledger);
    free(options->batch);
    free(options->operator_name);
    free(options->station);
    free(options->stub_dir);
    free(options->trust_dir);
    free(options->flash_dir);
    free(options->app_log);
}

static bool is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static unsigned list_length(char *const *list)
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
    const struct vb_config config = {
        .target = plan->target,
        .fast = options->fast != 0,
        .flash_path = options->flash_dir,
        .stub_dir = options->stub_dir,
        .app_log = options->app_log,
        .seed = (uint64_t)options->seed,
    };

    EG_TRY(vb_gang_create(gang, &config, (unsigned)options->boards, (const char *const *)options->faults,
                          list_length(options->faults), err));
    for (unsigned number = 1; number <= (unsigned)options->boards; number++) {
        char url[64];
        vb_gang_url(*gang, number, url, sizeof url);
        EG_TRY(cli_slots_add(slots, url, url, err));
    }
    return EG_OK;
}

/* What `espgang run` shows while it runs, and what it counts. */
struct display {
    const struct run_options *options;
    struct cli_json_logger json;
    struct eg_console_logger console;
    struct cli_table *table;
    struct cli_counts counts;
    bool station_failed;     /* ledger, pool or a file of the station, which the next board would meet too */
    struct eg_cancel ending; /* of the line, when a pool is empty */
};

static void display_finish(struct display *display)
{
    cli_table_destroy(display->table);
    eg_console_logger_finish(&display->console);
    cli_json_logger_finish(&display->json);
}

static enum eg_code display_init(struct display *display, struct eg_station *station, struct eg_error *err)
{
    const struct run_options *options = display->options;

    cli_json_logger_init(&display->json, stdout);
    eg_console_logger_init(&display->console, stdout);
    if (!options->json && !options->plain && !options->silent)
        EG_TRY(cli_table_create(&display->table, stdout, station->plan, station->slots, station->slot_count,
                                err));
    if (options->json)
        station->logger = &display->json.logger;
    else if (display->table != NULL)
        station->logger = cli_table_logger(display->table);
    else
        station->logger = &display->console.logger;
    eg_log_set_verbosity(station->logger, options->silent    ? EG_SILENT
                                          : options->verbose ? EG_VERBOSE
                                                             : EG_NORMAL);
    return EG_OK;
}

static bool fails_station(enum eg_code code)
{
    return code == EG_LEDGER || code == EG_NO_ROOM || code == EG_IO || code == EG_POOL_EMPTY;
}

static void count(struct display *display, const struct eg_result *result)
{
    display->counts.of[result->outcome]++;
    display->station_failed |= fails_station(result->code);
    if (display->options->json)
        cli_json_result(&display->json, result);
}

/* A ledger that refuses a record refuses every further one: the line ends. When a pool is empty only new
 * boards are without, so those in progress go on. */
static void count_and_go_on(void *context, const struct eg_result *result)
{
    struct display *display = context;

    count(display, result);
    if (result->code == EG_POOL_EMPTY)
        eg_cancel_request(&display->ending);
    else if (fails_station(result->code))
        cli_request_cancel();
}

static enum eg_code run_once(struct display *display, const struct eg_station *station, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_result *results = NULL;

    EG_TRY(eg_alloc(&results, station->slot_count, sizeof results[0], err));
    EG_TRY(eg_station_run(station, cli_cancel(), results, err));
    for (unsigned i = 0; i < station->slot_count; i++)
        count(display, &results[i]);
    cli_table_destroy(display->table);
    display->table = NULL;
    if (!display->options->json)
        cli_table_results(stdout, results, station->slot_count);
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

static enum eg_code run_line(struct display *display, const struct eg_station *station, struct eg_error *err)
{
    EG_CLEANUP(scanner_finish)
    struct scanner scanner = {.patterns = (const char *const *)display->options->ports};
    const struct eg_slot_source source = {scan, &scanner};

    eg_log_print(station->logger, NULL, "waiting for boards; Ctrl-C ends the line");
    EG_TRY(eg_station_watch(station, &source, cli_cancel(), count_and_go_on, display, err));
    cli_table_destroy(display->table);
    display->table = NULL;
    return EG_OK;
}

static enum cli_status status_of(const struct display *display)
{
    if (display->station_failed)
        return CLI_STATION;
    if (display->counts.of[EG_ABORTED] != 0)
        return CLI_INTERRUPTED;
    return cli_counts_passed(&display->counts) == cli_counts_all(&display->counts) ? CLI_OK : CLI_NOT_PASSED;
}

/* What is said from now on are plain lines. */
static void end_table(struct display *display, struct eg_station *station)
{
    cli_table_destroy(display->table);
    display->table = NULL;
    if (!display->options->json)
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

/* What the whole batch has come to by now, counted as `espgang report` counts. */
static void tell_batch(const struct eg_batch *batch)
{
    const int64_t good = batch->passed + batch->marginal;

    printf(": %" PRId64 " unit%s, %" PRId64 " passed", batch->units, batch->units == 1 ? "" : "s", good);
    if (batch->repeats > 0)
        printf(", %" PRId64 " good board%s shown again", batch->repeats, batch->repeats == 1 ? "" : "s");
    if (batch->no_board > 0)
        printf(", %" PRId64 " contact%s without a board", batch->no_board, batch->no_board == 1 ? "" : "s");
    puts(batch->simulated != 0 ? ", simulated" : "");
}

/* Everything is checked and open: let the boards go. */
static enum cli_status go(const struct run_options *options, struct eg_station *station,
                          struct eg_ledger *ledger)
{
    EG_CLEANUP(display_finish) struct display display = {.options = options};
    const uint64_t begun_ms = eg_clock_ms();
    struct eg_error err, after_err;

    station->ending = &display.ending;
    if (display_init(&display, station, &err) != EG_OK)
        return cli_fail(&err);
    cli_catch_signals(
        display.table == NULL ? "\nespgang: ending every run on record; once more to end at once\n" : NULL,
        NULL);
    if (eg_station_before_batch(station, cli_cancel(), &err) != EG_OK) {
        end_table(&display, station);
        return cli_fail(&err);
    }
    if (options->json)
        cli_json_batch_begin(&display.json, station->plan, eg_ledger_batch(ledger), eg_ledger_path(ledger),
                             eg_ledger_is_new(ledger), station->slot_count);
    warn_of_silence(options, station);
    const enum eg_code ran =
        options->watch ? run_line(&display, station, &err) : run_once(&display, station, &err);
    const uint64_t duration_ms = eg_clock_ms() - begun_ms;
    end_table(&display, station);
    const enum eg_code after =
        eg_station_after_batch(station, display.counts.of, duration_ms, cli_cancel(), &after_err);
    if (ran != EG_OK)
        return cli_fail(&err);
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_batch batch = {.units = -1};
    if (eg_query_open(&query, eg_ledger_path(ledger), &err) != EG_OK ||
        eg_query_batch(query, eg_ledger_batch(ledger), &batch, &err) != EG_OK)
        return cli_fail(&err);
    if (options->json) {
        cli_json_batch_end(&display.json, cli_counts_all(&display.counts), cli_counts_passed(&display.counts),
                           &batch, duration_ms);
    } else {
        cli_table_counts(stdout, &display.counts, duration_ms);
        printf("batch %s in %s", eg_ledger_batch(ledger), eg_ledger_path(ledger));
        tell_batch(&batch);
    }
    if (after != EG_OK)
        return cli_fail(&after_err);
    return status_of(&display);
}

static enum cli_status run(const struct run_options *options, const char *job)
{
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = NULL;
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = NULL;
    EG_CLEANUP(cli_slots_finish) struct cli_slots slots = {0};
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_port_scheme *schemes[SCHEMES_MAX + 1] = {NULL};
    struct eg_error err;
    unsigned orphans = 0, count = 0;

    const enum cli_status status = cli_load_job(&plan, job, options->trust_dir);
    if (status != CLI_OK)
        return status;
    if (options->boards > 0) {
        if (add_simulated(&gang, &slots, options, plan, &err) != EG_OK)
            return cli_fail(&err);
        schemes[count++] = vb_gang_scheme(gang);
    } else if (!options->watch &&
               cli_slots_choose(&slots, (const char *const *)options->ports, &err) != EG_OK) {
        return cli_fail(&err);
    }
    for (char *const *label = options->labels; label != NULL && *label != NULL; label++) {
        if (cli_slots_label(&slots, *label, &err) != EG_OK)
            return cli_fail(&err);
    }
    for (const struct eg_port_scheme *const *scheme = eg_port_schemes; *scheme != NULL && count < SCHEMES_MAX;
         scheme++)
        schemes[count++] = *scheme;
    const struct eg_session session = {.station = options->station,
                                       .operator_name = options->operator_name,
                                       .batch = options->batch,
                                       .simulated = options->boards > 0};
    if (eg_ledger_open(&ledger, options->ledger, &session, plan, &orphans, &err) != EG_OK)
        return cli_fail(&err);
    if (eg_ledger_is_new(ledger))
        fprintf(stderr, "espgang: new ledger %s\n", eg_ledger_path(ledger));
    if (orphans > 0)
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
    return go(options, &station, ledger);
}

enum cli_status cli_run(int argc, const char **argv)
{
    EG_CLEANUP(run_options_finish) struct run_options options = {.boards = NOT_SIMULATED, .seed = 1};
    /* clang-format off */
    const struct poptOption simulation[] = {
        {"sim", 0, POPT_ARG_INT, &options.boards, 0, "rehearse on N simulated boards of the job's chip", "N"},
        {"fault", 0, POPT_ARG_ARGV, &options.faults, 0, "a fault, e.g. 3:lie for board 3 (see vboard --list-faults); may be repeated", "[N:]FAULT"},
        {"fast", 0, POPT_ARG_NONE, &options.fast, 0, "leave the time of wire and flash out", NULL},
        {"flash-dir", 0, POPT_ARG_STRING, &options.flash_dir, 0, "keep the boards' flash contents in this folder", "DIR"},
        {"app-log", 0, POPT_ARG_STRING, &options.app_log, 0, "what the application prints, for the job's test (see vboard(1))", "FILE"},
        {"seed", 0, POPT_ARG_LONG, &options.seed, 0, "seed of the faults' randomness (default: 1)", "N"},
        POPT_TABLEEND};
    const struct poptOption table[] = {
        {"ports", 0, POPT_ARG_ARGV, &options.ports, 0, "ports to use: paths with wildcards, or URLs; may be repeated (default: every attached board)", "PORTS"},
        {"watch", 0, POPT_ARG_NONE, &options.watch, 0, "a line: program every board that is plugged in, one after the other, until Ctrl-C", NULL},
        {"ledger", 0, POPT_ARG_STRING, &options.ledger, 0, "ledger to record into (default: $ESPGANG_LEDGER, else the station's)", "FILE"},
        {"batch", 0, POPT_ARG_STRING, &options.batch, 0, "name of the batch (default: from the job and the time)", "NAME"},
        {"label", 0, POPT_ARG_ARGV, &options.labels, 0, "what stands on the label of the board in a slot, as scanned; may be repeated", "SLOT=TEXT"},
        {"operator", 0, POPT_ARG_STRING, &options.operator_name, 0, "who is at the line (default: the login name)", "NAME"},
        {"station", 0, POPT_ARG_STRING, &options.station, 0, "name of this station (default: the host's name)", "NAME"},
        {"stub-dir", 0, POPT_ARG_STRING, &options.stub_dir, 0, "take flasher stubs from this folder", "DIR"},
        {"trust-dir", 0, POPT_ARG_STRING, &options.trust_dir, 0, CLI_TRUST_DIR_HELP, "DIR"},
        {"json", 0, POPT_ARG_NONE, &options.json, 0, "one JSON event per line instead of text", NULL},
        {"plain", 0, POPT_ARG_NONE, &options.plain, 0, "plain lines even on a terminal", NULL},
        {"verbose", 'v', POPT_ARG_NONE, &options.verbose, 0, "say more", NULL},
        {"silent", 's', POPT_ARG_NONE, &options.silent, 0, "say nothing but errors and the results", NULL},
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, (void *)simulation, 0, "Rehearsal without boards:", NULL},
        POPT_AUTOHELP POPT_TABLEEND};
    /* clang-format on */
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;

    if (!cli_options(&context, argc, argv, table, "JOB"))
        return CLI_USAGE;
    const char *job = poptGetArg(context);
    if (job == NULL)
        return cli_usage(context, "run what? name a job file");
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "one job file at a time, not '%s' too", poptPeekArg(context));
    if (options.boards != NOT_SIMULATED && (options.boards < 1 || options.boards > SIM_BOARDS_MAX))
        return cli_usage(context, "--sim takes 1 to %d boards", SIM_BOARDS_MAX);
    if (options.boards > 0 && options.ports != NULL)
        return cli_usage(context, "--sim and --ports exclude each other");
    if (options.watch && options.boards > 0)
        return cli_usage(context,
                         "--sim and --watch exclude each other: simulated boards are never unplugged");
    for (char *const *ports = options.ports; options.watch && ports != NULL && *ports != NULL; ports++) {
        if (strstr(*ports, "://") != NULL)
            return cli_usage(context, "--watch waits for ports that come and go, which '%s' does not",
                             *ports);
    }
    if (options.boards == NOT_SIMULATED &&
        (options.faults != NULL || options.fast || options.flash_dir != NULL || options.app_log != NULL))
        return cli_usage(context, "--fault, --fast, --flash-dir and --app-log go with --sim");
    if (options.watch && options.labels != NULL)
        return cli_usage(context,
                         "--label and --watch exclude each other: a label is for one board of one slot");
    if (options.silent && options.verbose)
        return cli_usage(context, "--silent and --verbose exclude each other");
    /* A stub that the folder has not is taken from those built in; a folder that is not there is a slip. */
    if (options.stub_dir != NULL && !is_folder(options.stub_dir))
        return cli_usage(context, "--stub-dir: there is no folder '%s'", options.stub_dir);
    if (!cli_check_name(context, "--batch", options.batch) ||
        !cli_check_name(context, "--operator", options.operator_name) ||
        !cli_check_name(context, "--station", options.station))
        return CLI_USAGE;
    return run(&options, job);
}
