/* SPDX-License-Identifier: Apache-2.0 */

/* espgang run: the line. Puts job, ledger, ports and display together and lets the station go. */

#include "db/ledger.h"
#include "engine/base/program.h"
#include "db/query/query.h"
#include "engine/line/station.h"
#include "engine/plan/look.h"
#include "engine/provision/provision.h"
#include "engine/stages/label.h"
#include "jobs/job.h"
#include "tools/espgang/dump.h"
#include "tools/espgang/jobs/load.h"
#include "tools/espgang/line/display.h"
#include "tools/espgang/line/labels.h"
#include "tools/espgang/labels/template.h"
#include "tools/espgang/line/readiness.h"
#include "tools/espgang/line/rehearsal.h"
#include "tools/espgang/line/run_options.h"
#include "tools/espgang/line/simulated.h"
#include "tools/espgang/line/slots.h"
#include "tools/espgang/line/station_slots.h"
#include "tools/espgang/line/triggers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMES_MAX 8
#define AT_ONCE     "\nespgang: ending every run on record; once more to end at once\n"

static enum eg_code add_simulated(struct cli_simulated *simulated, struct cli_slots *slots,
                                  const struct cli_run_options *options, const struct cli_jobs *jobs,
                                  struct eg_error *err)
{
    static const enum vb_hands_way ways[] = {
        [CLI_PLUG] = VB_HANDS_PLUG,     [CLI_POLL] = VB_HANDS_FIXTURE, [CLI_ENTER] = VB_HANDS_READY,
        [CLI_PROGRAM] = VB_HANDS_READY, [CLI_API] = VB_HANDS_READY,
    };
    const struct vb_config config = {
        .fast = options->fast,
        .flash_path = options->flash_dir,
        .stub_dir = options->stub_dir,
        .app_log = options->app_log,
        .seed = options->seed,
    };
    const struct vb_hands_config hands = {
        .way = ways[options->trigger],
        .sockets = options->boards,
        .insertions = (unsigned)options->insertions,
        .pace = (unsigned)options->pace,
    };

    return cli_simulated_init(simulated, jobs, &config, options->faults, options->boards,
                              options->watch ? &hands : NULL, slots, err);
}

/* The line, and what is shown of it. */
struct display {
    struct cli_labels *labels; /* NULL = none */
    const struct cli_run_options *options;
    struct cli_simulated *simulated;
    struct cli_display shows;
    struct cli_dashboard *dashboard; /* NULL = none */
    struct cli_sinks sinks;
    struct cli_limits limits;
    struct eg_logger *logger; /* the station's */
};

static void display_finish(struct display *display)
{
    cli_labels_close(display->labels);
    cli_dashboard_close(display->dashboard);
    cli_sinks_close(&display->sinks);
    cli_display_finish(&display->shows);
    cli_limits_finish(&display->limits);
}

static bool fails_station(enum eg_code code)
{
    return code == EG_LEDGER || code == EG_NO_ROOM || code == EG_IO || code == EG_POOL_EMPTY;
}

static void count(struct display *display, const struct eg_result *result)
{
    if (result->withdraws)
        display->shows.counts.of[result->former]--;
    display->shows.counts.of[result->outcome]++;
    display->shows.station_failed |= fails_station(result->code);
    cli_events_result(&display->shows.events, result);
}

/* A ledger that refuses a record refuses every further one: the line ends. When a pool is empty only new
 * boards are without, so those in progress go on. */
static void count_and_go_on(void *context, const struct eg_result *result)
{
    struct display *display = context;

    count(display, result);
    const bool enough = cli_limits_take(&display->limits, result, display->logger);
    if (cli_limits_disabled(&display->limits, result->slot))
        cli_view_disable(&display->shows.view, result->slot);
    if (cli_simulated_tell(display->simulated, result) || enough || result->code == EG_POOL_EMPTY)
        cli_request_ending();
    else if (fails_station(result->code))
        cli_request_cancel("the station, whose ledger or disk refuses records");
}

static enum eg_code run_once(struct display *display, const struct eg_station *station, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_result *results = NULL;

    EG_TRY(eg_alloc(&results, station->slot_count, sizeof results[0], err));
    EG_TRY(eg_station_run(station, cli_cancel(), results, err));
    for (unsigned i = 0; i < station->slot_count; i++)
        count(display, &results[i]);
    cli_display_end_view(&display->shows);
    cli_display_results(&display->shows, results, station->slot_count);
    return EG_OK;
}

/* The slots of the newest scan. */
struct scanner {
    struct cli_slots slots;
    const struct cli_run_options *options;
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
    EG_TRY(scanner->options->slots != NULL ? cli_station_slots(&scanner->slots, scanner->options->slots, err)
                                           : cli_slots_scan(&scanner->slots, scanner->options->ports, err));
    *slots = scanner->slots.slots;
    *slot_count = scanner->slots.count;
    return EG_OK;
}

static enum eg_code watch_ports(struct display *display, const struct eg_station *station,
                                struct eg_error *err)
{
    EG_CLEANUP(scanner_finish)
    struct scanner scanner = {.options = display->options};
    const struct eg_slot_source source = display->options->boards > 0
                                             ? cli_simulated_source(display->simulated)
                                             : (struct eg_slot_source){scan, &scanner};

    eg_log_print(station->logger, NULL,
                 "waiting for boards; Ctrl-C ends the line when those in progress are done");
    return eg_station_watch(station, &source, cli_cancel(), count_and_go_on, display, err);
}

static enum eg_code serve(struct display *display, const struct eg_station *station,
                          const struct eg_trigger *trigger, const char *what, struct eg_error *err)
{
    eg_log_print(station->logger, NULL, "%s; Ctrl-C ends the line when the boards in progress are done",
                 what);
    return eg_station_serve(station, trigger, cli_cancel(), count_and_go_on, display, err);
}

static enum cli_start start_slot(void *context, const char *slot, const char *label, char said[CLI_SAID])
{
    return cli_enter_start(context, slot, label, said);
}

static enum cli_start take_scan(void *context, const char *text, char said[CLI_SAID])
{
    return cli_enter_scan(context, text, said);
}

/* Boards begin by the keyboard or a scanner, if `reads`, and by clients of the dashboard. */
static enum eg_code serve_input(struct display *display, const struct eg_station *station, bool reads,
                                struct eg_error *err)
{
    EG_CLEANUP(cli_enter_finish) struct cli_enter enter = {.station = NULL};
    const struct cli_dashboard_control control = {start_slot, take_scan, &enter};

    EG_TRY(cli_enter_begin(&enter, station, display->shows.terminal, reads, err));
    const struct eg_trigger trigger = cli_enter_trigger(&enter);
    cli_dashboard_control(display->dashboard, &control);
    const enum eg_code code =
        serve(display, station, &trigger,
              reads ? "Enter begins every free slot, SLOT or SLOT LABEL that one; SLOT may be its number"
                    : "clients of the dashboard begin slots",
              err);
    cli_dashboard_control(display->dashboard, NULL);
    return code;
}

static enum eg_code run_line(struct display *display, const struct eg_station *station, struct eg_error *err)
{
    struct eg_trigger trigger;
    enum eg_code code = EG_OK;

    switch (display->options->trigger) {
    case CLI_PLUG:
        code = watch_ports(display, station, err);
        break;
    case CLI_POLL:
        trigger = eg_trigger_poll(station);
        code = serve(display, station, &trigger, "asking every slot for a board", err);
        break;
    case CLI_ENTER:
    case CLI_API:
        code = serve_input(display, station, display->options->trigger == CLI_ENTER, err);
        break;
    case CLI_PROGRAM:
        trigger = cli_program_trigger(display->options->trigger_program);
        code = serve(display, station, &trigger, "waiting for the trigger program", err);
        break;
    }
    EG_TRY(code);
    cli_display_end_view(&display->shows);
    cli_display_results(&display->shows, NULL, 0);
    return EG_OK;
}

static enum cli_status status_of(const struct display *display)
{
    if (display->shows.station_failed)
        return CLI_STATION;
    if (display->shows.counts.of[EG_ABORTED] != 0)
        return CLI_INTERRUPTED;
    return cli_counts_passed(&display->shows.counts) == cli_counts_all(&display->shows.counts)
               ? CLI_OK
               : CLI_NOT_PASSED;
}

static void warn_of_silence(const struct cli_run_options *options, const struct eg_station *station)
{
    bool tests = false;

    for (unsigned i = 0; i <= station->more_count; i++)
        tests = tests || eg_plan_setting(eg_station_job(station, i).plan, "test")->group_count > 0;
    if (options->boards > 0 && options->app_log == NULL && tests)
        eg_log_warning(
            station->logger, NULL,
            "simulated boards run no code: what the test of the job waits for they print only with "
            "--app-log FILE, or where the application says so itself (see vboard(1))");
}

static void announce_rehearsal(const struct cli_run_options *options, const struct eg_station *station)
{
    bool left_out = false;

    for (unsigned i = 0; i <= station->more_count; i++)
        left_out = left_out || eg_station_job(station, i).plan->programs_left_out;
    eg_log_note(station->logger, NULL, "this is a rehearsal on simulated boards: %s%s",
                options->ledger == NULL ? "nothing of it stays on record"
                                        : "its runs are marked in the ledger and never counted",
                left_out
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

static enum eg_code open_dashboard(struct display *display, const struct eg_station *station,
                                   const struct eg_ledger *ledger, struct eg_error *err)
{
    const enum cli_trigger trigger = display->options->trigger;
    const struct cli_dashboard_line line = {.view = &display->shows.view,
                                            .events = &display->shows.events,
                                            .ledger = eg_ledger_path(ledger),
                                            .batch = eg_ledger_batch(ledger),
                                            .operator_name = display->options->operator_name,
                                            .begins_by_control = trigger == CLI_ENTER || trigger == CLI_API};

    return cli_dashboard_open(&display->dashboard, &display->options->http, &line, station->logger, err);
}

/* Slots of the station's file are shown before they have a board. */
static enum eg_code show_slots(struct cli_display *shows, const struct eg_station_file *file,
                               struct eg_error *err)
{
    enum eg_code code = EG_OK;

    cli_view_lock(&shows->view);
    for (unsigned i = 0; file != NULL && i < file->slot_count && code == EG_OK; i++)
        code = cli_view_add(&shows->view, file->slots[i].name, file->slots[i].disabled, err);
    cli_view_unlock(&shows->view);
    return code;
}

/* The sessions of the station's jobs get their labels. Simulated boards are labelled like real ones when the
 * programs of a rehearsal run. */
static enum eg_code open_labels(struct display *display, const struct eg_station *station,
                                const struct eg_ledger *ledger, struct eg_error *err)
{
    const struct cli_label_options *const options = &display->options->print;
    const bool prints = options->prints && (display->options->boards == 0 || display->options->hooks);

    EG_TRY(cli_labels_open(&display->labels, eg_ledger_path(ledger), display->options->operator_name,
                           prints ? &options->printer : NULL, err));
    for (unsigned i = 0; i <= station->more_count; i++) {
        const struct eg_line_job job = eg_station_job(station, i);
        const struct eg_print_form form = cli_label_form(job.plan, &options->form);
        if (form.path != NULL && prints)
            EG_TRY(cli_labels_add(display->labels, eg_ledger_session(job.recorder), &form, err));
        else if (form.path != NULL && !options->prints && eg_plan_setting(job.plan, "label.template")->given)
            fprintf(stderr,
                    "espgang: warning: %s has label.template, but no printer is given: no labels are "
                    "printed\n",
                    job.plan->job_path);
    }
    return EG_OK;
}

/* The yield that is wanted, in tenths of a percent: that of the command line, else that of the job; 0 = none.
 */
static unsigned target_yield(const struct eg_plan *plan, uint64_t asked)
{
    const struct eg_setting *const setting = eg_plan_setting(plan, "report.target");
    double percent;

    if (asked == 0 && setting->given && eg_look_target(&percent, setting->text))
        return (unsigned)(10 * percent + 0.5);
    return 10 * (unsigned)asked;
}

/* Everything is checked and open: let the boards go. */
static enum eg_code go(const struct cli_run_options *options, struct eg_station *station,
                       struct cli_simulated *simulated, struct eg_ledger *ledger, enum cli_status *status,
                       struct eg_error *err)
{
    EG_CLEANUP(display_finish) struct display display = {.options = options, .simulated = simulated};
    const uint64_t begun_ms = eg_clock_ms();
    struct eg_error after_err;

    station->ending = cli_ending();
    EG_TRY(cli_limits_init(&display.limits, &options->limits, eg_ledger_path(ledger), eg_ledger_batch(ledger),
                           err));
    station->may_begin = cli_limits_may_begin;
    station->may_begin_context = &display.limits;
    const bool rehearsing = options->boards > 0 && options->ledger == NULL;
    const struct cli_display_options shows = {
        .json = options->json,
        .plain = options->plain,
        .verbose = options->verbose,
        .silent = options->silent,
        .wall = options->wall,
        .serves = options->watch,
        .lines = options->watch && options->trigger == CLI_ENTER,
        .station = options->station,
        .batch = eg_ledger_batch(ledger),
        .ledger = eg_ledger_path(ledger),
        .rehearses = rehearsing,
        .target = (unsigned)options->limits.stop_after,
        .target_yield = target_yield(station->plan, options->target_yield),
    };
    EG_TRY(open_labels(&display, station, ledger, err));
    EG_TRY(cli_display_init(&display.shows, &shows, station, err));
    EG_TRY(show_slots(&display.shows, options->slots, err));
    display.logger = station->logger;
    eg_ledger_tell(ledger, station->logger);
    EG_TRY(cli_sinks_open(&display.sinks, &options->sinks, eg_ledger_path(ledger), &display.shows.events,
                          station->logger, err));
    if (options->http.address != NULL)
        EG_TRY(open_dashboard(&display, station, ledger, err));
    const char *const in_time = "\nespgang: no further board begins; once more to abort those in progress\n";
    if (options->watch)
        cli_catch_signals_of_line(display.shows.terminal == NULL ? in_time : "",
                                  display.shows.terminal == NULL ? AT_ONCE : NULL);
    else
        cli_catch_signals(display.shows.terminal == NULL ? AT_ONCE : NULL, NULL);
    EG_TRY(eg_station_before_batch(station, cli_cancel(), err));
    const struct cli_events_batch begun = {.batch = eg_ledger_batch(ledger),
                                           .ledger = eg_ledger_path(ledger),
                                           .more = station->more,
                                           .more_count = station->more_count,
                                           .slots = station->slots,
                                           .slot_count = station->slot_count,
                                           .rehearsal = options->boards > 0,
                                           .new_ledger = eg_ledger_is_new(ledger) && !rehearsing};
    cli_events_batch_begin(&display.shows.events, station->plan, &begun);
    if (options->boards > 0)
        announce_rehearsal(options, station);
    warn_of_silence(options, station);
    EG_TRY(cli_labels_begin(display.labels, station->logger, err));
    const enum eg_code ran =
        options->watch ? run_line(&display, station, err) : run_once(&display, station, err);
    const uint64_t duration_ms = eg_clock_ms() - begun_ms;
    eg_ledger_tell(ledger, NULL);
    cli_display_end_view(&display.shows);
    cli_labels_end(display.labels);
    cli_simulated_report(simulated, station->logger);
    const enum eg_code after =
        eg_station_after_batch(station, display.shows.counts.of, duration_ms, cli_cancel(), &after_err);
    EG_TRY(ran);
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_batch batch = {.units = -1};
    EG_TRY(eg_query_open(&query, eg_ledger_path(ledger), err));
    EG_TRY(eg_query_batch(query, eg_ledger_batch(ledger), &batch, err));
    cli_events_batch_end(&display.shows.events, cli_counts_all(&display.shows.counts),
                         cli_counts_passed(&display.shows.counts), &batch, duration_ms);
    if (!options->json) {
        cli_table_counts(display.shows.out, &display.shows.counts, duration_ms);
        if (rehearsing)
            fputs("a rehearsal: nothing of it stays on record", display.shows.out);
        else
            fprintf(display.shows.out, "batch %s in %s", eg_ledger_batch(ledger), eg_ledger_path(ledger));
        tell_batch(display.shows.out, &batch);
    }
    if (after != EG_OK)
        *err = after_err;
    *status = status_of(&display);
    if (!cli_display_close(&display.shows) && *status == CLI_OK)
        *status = CLI_STATION;
    return after;
}

/* Open sessions for the second job and those after it. */
static enum eg_code add_jobs(struct eg_line_job **more, struct eg_ledger *ledger, const struct cli_jobs *jobs,
                             struct eg_error *err)
{
    if (jobs->count > 1)
        EG_TRY(eg_alloc(more, jobs->count - 1, sizeof **more, err));
    for (unsigned i = 1; i < jobs->count; i++) {
        struct eg_line_job *const job = &(*more)[i - 1];
        job->plan = jobs->plans[i];
        EG_TRY(eg_ledger_add_job(ledger, job->plan, &job->recorder, err));
    }
    return EG_OK;
}

static enum eg_code choose_slots(struct cli_slots *slots, const struct cli_run_options *options,
                                 struct eg_error *err)
{
    if (options->slots == NULL)
        return cli_slots_choose(slots, options->ports, err);
    EG_TRY(cli_station_slots(slots, options->slots, err));
    if (slots->count == 0)
        return eg_error_set(err, EG_NO_PORT,
                            "no slot of %s has a port now; 'espgang station check' shows them, --ports names "
                            "others",
                            options->slots->path);
    return EG_OK;
}

/* Nobody scans where boards begin by themselves. */
static enum eg_code check_labels(const struct cli_call *call, const struct cli_run_options *options,
                                 const struct cli_jobs *jobs, struct eg_error *err)
{
    if (!options->watch || cli_begins_when_told(options->trigger))
        return EG_OK;
    for (unsigned i = 0; i < jobs->count; i++)
        if (eg_label_required(jobs->plans[i]))
            return cli_usage(call, err,
                             "%s requires a label of each board, which --trigger enter, program or api "
                             "brings",
                             jobs->plans[i]->job_path);
    return EG_OK;
}

/* Return whether boards of a job get keys, or other data that may be secret. */
static bool has_secrets(const struct eg_plan *plan)
{
    return eg_provision_applies(plan) || eg_plan_setting(plan, "unit.serial.pool")->given ||
           eg_plan_setting(plan, "unit.generate.program")->given;
}

static enum eg_code run_jobs(struct cli_call *call, const struct cli_run_options *options,
                             struct eg_error *err)
{
    EG_CLEANUP(cli_jobs_finish) struct cli_jobs jobs = {.count = 0};
    EG_CLEANUP(cli_simulated_finish) struct cli_simulated simulated = {0};
    EG_CLEANUP(cli_slots_finish) struct cli_slots slots = {0};
    EG_CLEANUP(cli_rehearsal_finish) struct cli_rehearsal rehearsal = {0};
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_free_cleanup) struct eg_line_job *more = NULL;
    const struct eg_port_scheme *schemes[SCHEMES_MAX + 1] = {NULL};
    unsigned orphans = 0, count = 0;

    EG_TRY(cli_load_jobs(&jobs, call, err));
    for (unsigned i = 0; i < jobs.count; i++)
        if (has_secrets(jobs.plans[i]))
            cli_dump_hold_secrets();
    EG_TRY(check_labels(call, options, &jobs, err));
    const bool rehearsing = options->boards > 0 && options->ledger == NULL;
    const struct cli_readiness ready = {.jobs = &jobs,
                                        .labels = &options->print,
                                        .ledger = rehearsing ? options->real_ledger : options->ledger,
                                        .batch = options->batch,
                                        .boards = options->boards,
                                        .recording = !rehearsing,
                                        .private_key = options->private_key,
                                        .decrypts = true,
                                        .simulated = options->boards > 0 && !rehearsing};
    EG_TRY(cli_check_ledger(&ready, err));
    for (unsigned i = 0; options->boards > 0 && !options->hooks && i < jobs.count; i++)
        cli_leave_programs_out(jobs.plans[i]);
    cli_catch_signals(AT_ONCE, NULL); /* from here on there may be something to wait for or to remove */
    if (options->boards > 0) {
        EG_TRY(add_simulated(&simulated, &slots, options, &jobs, err));
        schemes[count++] = cli_simulated_scheme(&simulated);
    } else if (!options->watch || options->trigger != CLI_PLUG) {
        EG_TRY(choose_slots(&slots, options, err));
    }
    for (const char **label = options->labels; label != NULL && *label != NULL; label++)
        EG_TRY(cli_slots_label(&slots, *label, err));
    for (const struct eg_port_scheme *const *scheme = eg_port_schemes; *scheme != NULL && count < SCHEMES_MAX;
         scheme++)
        schemes[count++] = *scheme;
    if (rehearsing)
        EG_TRY(cli_rehearsal_init(&rehearsal, options->real_ledger, err));
    const struct eg_session session = {.station = options->station,
                                       .operator_name = options->operator_name,
                                       .batch = options->batch,
                                       .simulated = options->boards > 0,
                                       .shown = rehearsal.shown,
                                       .cancel = cli_cancel()};
    EG_TRY(eg_ledger_open(&ledger, rehearsal.folder != NULL ? rehearsal.ledger : options->ledger, &session,
                          jobs.plans[0], &orphans, err));
    EG_TRY(add_jobs(&more, ledger, &jobs, err));
    if (eg_ledger_is_new(ledger) && rehearsal.folder == NULL)
        fprintf(stderr, "espgang: new ledger %s\n", eg_ledger_path(ledger));
    if (orphans > 0 && rehearsal.folder == NULL)
        fprintf(stderr, "espgang: %u run%s of a program that was killed closed as aborted\n", orphans,
                orphans == 1 ? "" : "s");
    struct eg_station station = {
        .plan = jobs.plans[0],
        .recorder = eg_ledger_recorder(ledger),
        .more = more,
        .more_count = jobs.count - 1,
        .schemes = schemes,
        .stub_dir = options->stub_dir,
        .private_key = options->private_key,
        .batch = eg_ledger_batch(ledger),
        .slots = slots.slots,
        .slot_count = slots.count,
        .turns = options->turns,
        .power = options->power.program != NULL ? &options->power : NULL,
    };
    return go(options, &station, &simulated, ledger, &call->status, err);
}

static enum eg_code run(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(cli_run_options_finish) struct cli_run_options options = {0};

    EG_TRY(cli_run_options_read(&options, call, err));
    return run_jobs(call, &options, err);
}

const struct cli_command cli_command_run = {
    .name = "run",
    .group = CLI_LINE,
    .summary = "Program every attached board by a job file or bundle",
    .arguments = "JOB...",
    .details =
        "On a terminal a live view shows every slot, what did not pass, and counts; `?` lists its keys. "
        "Elsewhere, "
        "or with `--plain`, lines tell of every stage. The "
        "first "
        "Ctrl-C ends every run on record; another one half a second later or more ends the program at once. "
        "Of "
        "a line the first Ctrl-C, SIGTERM or lost terminal only says that no further board is to begin: "
        "those in "
        "progress are finished. The second one aborts them.\n"
        "\n"
        "A job may give each board data of its own, such as a serial number from a pool of the ledger. When "
        "a pool "
        "is empty, no further board is begun, those in progress are finished, and the exit status is 3.\n"
        "\n"
        "Of several jobs a board gets the one whose chip and `accept` rules fit it, so that one command "
        "programs a mixed tray. Two jobs that may fit the same board are refused, as `check` does. Their "
        "runs "
        "are in one batch, each under its job. A simulated tray has boards for the jobs in turn.",
    .options = cli_run_options,
    .least = 1,
    .most = -1,
    .run = run,
};
