/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/run_options.h"

#include "engine/base/program.h"
#include "tools/espgang/line/station_slots.h"

#include <stdlib.h>
#include <string.h>

#define SIM_BOARDS_MAX      512
#define INSERTIONS_PER_SLOT 5
#define PACE_MAX            1000
#define STAGGER_MS_MAX      60000

static const char *const triggers[] = {"plug", "poll", "enter", "program", "api", NULL};

const struct cli_option cli_run_options[] = {
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
         "by a program, or by a client of the dashboard",
     .more =
         "`plug` is what `--watch` does. The others are for fixtures whose bridge stays plugged, remote "
         "ports "
         "and simulated boards. `poll` resets each board into its loader until one answers; the board is "
         "gone "
         "when it does not answer any more, or another one does. `enter` reads standard input: an empty line "
         "begins every free slot, a line `SLOT` or `SLOT LABEL` that one, and SLOT may be the number of the "
         "slot. With a job that has `label` keys a line that is no slot is the label of the slot that the "
         "line "
         "before named, else of the next free slot; what the job does not take begins nothing. `program` "
         "runs the one of `--trigger-program`. With `api` a client of `--http` begins them."},
    {.name = "trigger-program",
     .value = "PROGRAM",
     .help = "Program that says when a board may begin, and is told its outcome",
     .more = "It is run as `PROGRAM wait SLOT`, and ends with status 0 when the board may begin; the first "
             "line that it prints, if any, is the label of the board. Then it is run as `PROGRAM done SLOT "
             "OUTCOME`, and ends when the board is gone; when the line ends it is stopped after 2 s. "
             "ESPGANG_PORT, ESPGANG_RUN, ESPGANG_MAC, ESPGANG_CODE and ESPGANG_SENTENCE are in its "
             "environment."},
    {.name = "http",
     .value = "ADDRESS:PORT",
     .help = "Serve a dashboard and a JSON API for browsers and programs, e.g. 127.0.0.1:8080",
     .more = "A station file may have it, too; `none` serves none. Port 0 takes a free one; a note says "
             "which. An address that other machines reach needs "
             "`--http-token-file`, and a proxy with TLS in front: the token would go over the network "
             "unencrypted. Without `--http-control` clients can only read. dashboard.md lists the API."},
    {.name = "http-token-file",
     .value = "FILE",
     .help = "Ask every client for the token in this file: 16 to 200 characters, mode 0600",
     .more =
         "Programs send `Authorization: Bearer TOKEN`. A browser asks for a name, which may be any, and a "
         "password, which is the token."},
    {.name = "http-name",
     .value = "NAME",
     .help = "Answer requests to this host name, too; may be repeated",
     .more = "Requests to an address or to localhost are always answered. All others are refused, so that no "
             "web page can have its own name resolved to this machine and read the dashboard."},
    {.name = "http-control",
     .help = "Let clients begin boards (`--trigger enter`, `api`) and end the line, not only read"},
    CLI_OPTIONS_SINKS,
    CLI_OPTION_LEDGER("Ledger to record into"),
    {.name = "batch", .value = "NAME", .help = "Name of the batch (default: from the job and the time)"},
    {.name = "label",
     .value = "SLOT=TEXT",
     .help = "Label of the board in a slot, as scanned or typed; may be repeated",
     .more = "It goes on record with the run. SLOT is the name of the slot or its port. Not together with "
             "`--watch`."},
    {.name = "stop-after",
     .value = "COUNT",
     .help = "End the line when the batch has so many good units",
     .more =
         "Units that the batch had before count, too, so a line that was interrupted goes on with the same "
         "number. While as many boards are in progress as good ones are missing, no other begins, so there "
         "are never more. It goes with `--watch` or `--trigger`, as do the next two."},
    {.name = "target-yield",
     .value = "PERCENT",
     .help = "Yield that is wanted of the batch, 1 to 100, shown beside the yield that it has (default: the "
             "job's "
             "`report.target`)"},
    {.name = "stop-failures",
     .value = "COUNT",
     .help = "End the line when so many boards in a row did not pass, in whatever slots",
     .more = "Boards in progress are finished. A run that was aborted does not count."},
    {.name = "pause-failures",
     .value = "N",
     .help = "Pause the line when N boards in a row did not pass, until somebody lets it go on",
     .more = "Boards at work are finished, and no other begins. The key `c` of the live view, a client of "
             "`--http-control` or SIGUSR1 lets it go on, and failures are counted anew."},
    {.name = "disable-slots",
     .help = "Begin no further board in a slot that fails more often than the others",
     .more =
         "Its failures are held against the share of failures in all other slots since the line began. It is "
         "disabled, with a warning, when so many would happen by chance in less than 0.135 % of cases: the "
         "control limit of reports. It takes boards again when the line is started again."},
    {.name = "operator", .value = "NAME", .help = "Name of the operator (default: the login name)"},
    {.name = "station",
     .value = "FILE|NAME",
     .help = "The station file, or the name of this station (default: $ESPGANG_STATION, " EG_STATION_FILE
             ", the host's name)",
     .more =
         "A value with a slash, or that ends in .yaml, .yml or .json, is a file; see `station check`. Other "
         "options go before what the file says, but none changes whom the station trusts."},
    {.name = "once", .help = "Program one board in each slot and end, whatever the station file says"},
    {.name = "at-once",
     .value = "N",
     .help = "Boards at work at once (default: as the station file says, else all)"},
    {.name = "per-group",
     .value = "N",
     .help = "Boards at work at once in each group of slots (default: as the station file says, else all)"},
    {.name = "stagger",
     .value = "MS",
     .help = "Milliseconds from one board to the next (default: as the station file says, else 0)"},
    CLI_LABEL_OPTIONS,
    {.name = "stub-dir",
     .value = "DIR",
     .help = "Take flasher stubs from this folder",
     .more = "Stubs that it has not are taken from those built in."},
    {.name = "private-key",
     .value = "FILE",
     .help =
         "Private key in PEM, mode 0600, that decrypts keys in pools (`pool import --seal`) and in escrow",
     .more = "A board whose flash key is in escrow can then get other content. A station file may have it, "
             "too. It is read for each board and is nowhere on record."},
    CLI_OPTION_TRUST_DIR,
    {.name = "json", .help = "Print one JSON event per line instead of text"},
    {.name = "plain", .help = "Print plain lines even on a terminal"},
    {.name = "wall",
     .help = "Show nothing but large fields and counts on the terminal, for a screen on the wall",
     .more = "Keys work as in the other view."},
    {.name = "verbose", .letter = 'v', .help = "Show more"},
    {.name = "silent", .letter = 's', .help = "Show nothing but errors and the results"},
    {.name = "sim",
     .value = "N",
     .help = "Rehearse on N simulated boards of the job's chip, 1 to 512",
     .more =
         "Without `--ledger` it records into a ledger of its own, which is removed at the end; pools, and "
         "which board has which value, are read in the real one. Into a ledger that is named, its runs are "
         "recorded as simulated: they are never "
         "counted "
         "and take no row of a pool. "
         "With `--watch` an operator's hands are simulated, too: N slots, into which boards are put and "
         "out of which they are taken, some too early, some once more, by `--seed`. With `--trigger poll` "
         "the hands exchange the boards of N fixtures; with `enter` and `program` the next board is in its "
         "fixture as soon as there is a result.",
     .heading = "Rehearsal without boards"},
    {.name = "hooks",
     .help = "Run the programs of the job, too: its hooks and `unit.generate.program`",
     .more =
         "Without it each name that the templates of the job want from `unit.generate.program` is "
         "`SIMULATED-NAME-MAC`; in `unit.raw.hex` that text in hexadecimal digits; with a number's format "
         "the last three bytes of the MAC."},
    {.name = "fault",
     .value = "[N:|N%:]FAULT",
     .help = "Give board N, N % of the boards, or every board, a fault, e.g. 3:lie; may be repeated",
     .more =
         "`vboard --list-faults` lists them. Of a line with N slots, boards 1 to N are the first ones of the "
         "slots, N + 1 to 2 N the second ones."},
    {.name = "insertions",
     .value = "COUNT",
     .help = "After so many insertions end the line; 0 = go on until Ctrl-C (default: 5 for each slot)"},
    {.name = "pace",
     .value = "N",
     .help = "Let the simulated hands be N times as fast as a human, who pauses for 0.1 to 3 s (default: 1)"},
    {.name = "fast", .help = "Leave out the time of wire and flash"},
    {.name = "flash-dir", .value = "DIR", .help = "Keep the boards' flash contents in this folder"},
    {.name = "app-log",
     .value = "FILE",
     .help = "What the application prints once it is started, for the job's test",
     .more = "See vboard(1). Without it a job with a test passes only when its application contains what it "
             "prints."},
    {.name = "seed", .value = "N", .help = "Seed of the faults and of the hands (default: 1)"},
    {.name = NULL}};

void cli_run_options_finish(struct cli_run_options *options)
{
    cli_station_finish(&options->place);
    cli_label_options_finish(&options->print);
    free(options->ports);
    free(options->faults);
    free(options->labels);
    free(options->http_names);
}

/* NULL = the option is not given. */
static enum eg_code list_of(const struct cli_call *call, const char *option, const char ***list,
                            struct eg_error *err)
{
    int count;

    return cli_text(call, option) == NULL ? EG_OK : cli_list(call, option, list, &count, err);
}

bool cli_begins_when_told(enum cli_trigger trigger)
{
    return trigger == CLI_ENTER || trigger == CLI_PROGRAM || trigger == CLI_API;
}

static enum cli_trigger trigger_of(const char *word)
{
    enum cli_trigger trigger = CLI_PLUG;

    while (strcmp(triggers[trigger], word) != 0)
        trigger++;
    return trigger;
}

static enum eg_code read_options(const struct cli_call *call, struct cli_run_options *options,
                                 struct eg_error *err)
{
    const char *const sim = cli_text(call, "sim"), *const trigger = cli_text(call, "trigger");
    uint64_t boards = 0;

    options->ledger = cli_text(call, "ledger");
    options->batch = cli_text(call, "batch");
    options->operator_name = cli_text(call, "operator");
    options->station = cli_text(call, "station");
    options->stub_dir = cli_text(call, "stub-dir");
    options->private_key = cli_text(call, "private-key");
    options->flash_dir = cli_text(call, "flash-dir");
    options->app_log = cli_text(call, "app-log");
    options->hooks = cli_flag(call, "hooks");
    options->fast = cli_flag(call, "fast");
    options->watch = cli_flag(call, "watch") || trigger != NULL;
    if (trigger != NULL)
        options->trigger = trigger_of(trigger);
    options->trigger_program = cli_text(call, "trigger-program");
    options->json = cli_flag(call, "json");
    options->plain = cli_flag(call, "plain");
    options->wall = cli_flag(call, "wall");
    options->verbose = cli_flag(call, "verbose");
    options->silent = cli_flag(call, "silent");
    EG_TRY(list_of(call, "ports", &options->ports, err));
    EG_TRY(list_of(call, "fault", &options->faults, err));
    EG_TRY(list_of(call, "label", &options->labels, err));
    EG_TRY(cli_option_number(call, "seed", INT64_MAX, 1, &options->seed, err));
    EG_TRY(list_of(call, "http-name", &options->http_names, err));
    options->http = (struct cli_dashboard_options){.address = cli_text(call, "http"),
                                                   .token_file = cli_text(call, "http-token-file"),
                                                   .names = options->http_names,
                                                   .control = cli_flag(call, "http-control")};
    EG_TRY(cli_option_number(call, "stop-after", UINT32_MAX, 0, &options->limits.stop_after, err));
    EG_TRY(cli_option_number(call, "stop-failures", UINT32_MAX, 0, &options->limits.stop_failures, err));
    EG_TRY(cli_option_number(call, "pause-failures", UINT32_MAX, 0, &options->limits.pause_failures, err));
    options->limits.disable_slots = cli_flag(call, "disable-slots");
    EG_TRY(cli_option_number(call, "target-yield", 100, 0, &options->target_yield, err));
    options->insertions_given = cli_text(call, "insertions");
    options->pace_given = cli_text(call, "pace");
    if (sim != NULL && (!cli_number(sim, SIM_BOARDS_MAX, &boards) || boards == 0))
        return cli_usage(call, err, "--sim takes 1 to %d boards", SIM_BOARDS_MAX);
    options->boards = (unsigned)boards;
    EG_TRY(cli_option_number(call, "pace", PACE_MAX, 1, &options->pace, err));
    const bool ready = cli_begins_when_told(options->trigger);
    return cli_option_number(call, "insertions", UINT32_MAX, ready ? 0 : INSERTIONS_PER_SLOT * boards,
                             &options->insertions, err);
}

static enum eg_code check_http(const struct cli_call *call, const struct cli_run_options *options,
                               struct eg_error *err)
{
    const struct cli_dashboard_options *const http = &options->http;

    if (http->address == NULL && (http->token_file != NULL || http->names != NULL || http->control))
        return cli_usage(call, err, "--http-token-file, --http-name and --http-control go with --http");
    if (options->trigger == CLI_API && !http->control)
        return cli_usage(call, err, "--trigger api goes with --http and --http-control");
    if (http->address != NULL && cli_dashboard_check(http, err) != EG_OK)
        return eg_error_prefix(err, "--http: ");
    return EG_OK;
}

/* With --http nothing of the file's dashboard is taken, so that its token is for its address alone. */
static void read_http(struct cli_dashboard_options *http, const struct eg_station_file *file)
{
    if (http->address != NULL && strcmp(http->address, "none") == 0)
        http->address = NULL;
    else if (file != NULL && file->http != NULL && http->address == NULL && http->token_file == NULL &&
             http->names == NULL && !http->control)
        *http = (struct cli_dashboard_options){file->http, file->http_token_file, file->http_names,
                                               file->http_control};
}

static enum eg_code read_turns(const struct cli_call *call, const struct eg_station_file *file,
                               struct eg_turns *turns, struct eg_error *err)
{
    uint64_t at_once, of_group, stagger_ms;

    EG_TRY(
        cli_option_number(call, "at-once", SIM_BOARDS_MAX, file != NULL ? file->at_once : 0, &at_once, err));
    EG_TRY(cli_option_number(call, "per-group", SIM_BOARDS_MAX, file != NULL ? file->at_once_of_group : 0,
                             &of_group, err));
    EG_TRY(cli_option_number(call, "stagger", STAGGER_MS_MAX, file != NULL ? file->stagger_ms : 0,
                             &stagger_ms, err));
    *turns = (struct eg_turns){(unsigned)at_once, (unsigned)of_group, (uint32_t)stagger_ms};
    return EG_OK;
}

/* In a rehearsal it is a program like those of the job. */
static enum eg_code read_power(struct cli_run_options *options, const struct eg_station_file *file,
                               struct eg_error *err)
{
    if (file == NULL || !file->power->given || (options->boards > 0 && !options->hooks))
        return EG_OK;
    options->power = (struct eg_power){file->power->text, file->power_timeout_ms};
    if (eg_program_check(options->power.program, err) == EG_OK)
        return EG_OK;
    err->code = EG_BAD_JOB;
    return eg_error_prefix(err, "%s: power.program: ", file->power->place);
}

/* Limits are those of a line. */
static void read_limits(const struct cli_call *call, struct cli_run_options *options,
                        const struct eg_station_file *file)
{
    struct cli_limits_options *const limits = &options->limits;

    if (!options->watch && (options->boards > 0 || file->trigger == NULL || cli_flag(call, "once")))
        return;
    if (cli_text(call, "stop-failures") == NULL)
        limits->stop_failures = file->stop_failures;
    if (cli_text(call, "pause-failures") == NULL)
        limits->pause_failures = file->pause_failures;
    limits->disable_slots |= file->disable_slots;
}

/* What the command line does not say, the station's file may. A rehearsal takes no slots, trigger, ledger,
 * dashboard and receivers of events of it. */
static enum eg_code read_station(const struct cli_call *call, struct cli_run_options *options,
                                 struct eg_error *err)
{
    const bool is_file = options->station != NULL && cli_station_is_file(options->station);
    const char *const variable = getenv("ESPGANG_LEDGER");

    EG_TRY(cli_station_read(&options->place, is_file ? options->station : NULL, err));
    const struct eg_station_file *const file = options->place.file;
    const struct eg_station_file *const real = options->boards == 0 ? file : NULL;
    read_http(&options->http, real);
    EG_TRY(cli_sinks_options(&options->sinks, call, real != NULL ? &real->sinks : NULL, err));
    if (is_file)
        options->station = NULL;
    EG_TRY(read_turns(call, file, &options->turns, err));
    EG_TRY(read_power(options, file, err));
    EG_TRY(cli_label_options_read(&options->print, call, file, err));
    if (file == NULL)
        return EG_OK;
    if (options->station == NULL)
        options->station = file->name;
    if (options->private_key == NULL)
        options->private_key = file->private_key;
    if (variable == NULL || variable[0] == '\0')
        options->real_ledger = file->ledger;
    read_limits(call, options, file);
    if (options->boards > 0)
        return EG_OK;
    if (options->ledger == NULL && options->real_ledger != NULL) {
        EG_TRY(cli_station_check_ledger(file, err));
        options->ledger = options->real_ledger;
    }
    if (options->ports == NULL && file->slot_count > 0)
        options->slots = file;
    if (file->trigger != NULL && !options->watch && !cli_flag(call, "once")) {
        options->watch = true;
        options->trigger = trigger_of(file->trigger);
        options->trigger_program = file->trigger_program;
    }
    return EG_OK;
}

static enum eg_code check_options(const struct cli_call *call, const struct cli_run_options *options,
                                  struct eg_error *err)
{
    if (options->boards > 0 && options->ports != NULL)
        return cli_usage(call, err, "--sim and --ports exclude each other");
    if ((options->insertions_given != NULL || options->pace_given != NULL) &&
        (options->boards == 0 || !options->watch || cli_begins_when_told(options->trigger)))
        return cli_usage(call, err, "--insertions and --pace go with --sim and --watch, or --trigger poll");
    if (options->pace == 0)
        return cli_usage(call, err, "--pace takes 1 to %d", PACE_MAX);
    for (const char **ports = options->ports;
         options->watch && options->trigger == CLI_PLUG && ports != NULL && *ports != NULL; ports++) {
        if (strstr(*ports, "://") != NULL)
            return cli_usage(
                call, err,
                "--watch waits for ports that come and go, which '%s' does not; --trigger poll asks "
                "it for boards",
                *ports);
    }
    for (unsigned i = 0; options->slots != NULL && i < options->slots->slot_count; i++) {
        const struct eg_station_slot *const slot = &options->slots->slots[i];
        if (options->watch && options->trigger == CLI_PLUG && slot->by == EG_SLOT_BY_URL && !slot->disabled)
            return eg_error_set(
                err, EG_BAD_JOB,
                "%s: trigger: plug waits for ports that come and go, which '%s' of slot %s does "
                "not; take trigger: poll, enter or program",
                options->slots->path, slot->address, slot->name);
    }
    if ((options->trigger == CLI_PROGRAM) != (options->trigger_program != NULL))
        return cli_usage(call, err, "--trigger program and --trigger-program go together");
    if (options->trigger_program != NULL && eg_program_check(options->trigger_program, err) != EG_OK) {
        err->code = EG_BAD_ARGUMENT;
        return eg_error_prefix(err, "--trigger-program: ");
    }
    EG_TRY(check_http(call, options, err));
    if (options->boards > 0 && options->ledger == NULL &&
        (options->sinks.mqtt.url != NULL || options->sinks.webhook.url != NULL))
        return cli_usage(
            call, err,
            "--mqtt and --webhook with --sim need --ledger: events wait for their receiver beside it");
    EG_TRY(cli_sinks_check(&options->sinks, err));
    if (options->boards == 0 && (options->faults != NULL || options->fast || options->flash_dir != NULL ||
                                 options->app_log != NULL || options->hooks))
        return cli_usage(call, err, "--fault, --fast, --flash-dir, --app-log and --hooks go with --sim");
    if (options->watch && options->labels != NULL)
        return cli_usage(call, err,
                         "--label and --watch exclude each other: a label is for one board of one slot");
    if (!options->watch && (options->limits.stop_after != 0 || options->limits.stop_failures != 0 ||
                            options->limits.pause_failures != 0 || options->limits.disable_slots))
        return cli_usage(
            call, err,
            "--stop-after, --stop-failures, --pause-failures and --disable-slots go with --watch or "
            "--trigger");
    if (options->wall && (options->json || options->plain || options->silent))
        return cli_usage(call, err, "--wall excludes --json, --plain and --silent");
    if (options->silent && options->verbose)
        return cli_usage(call, err, "--silent and --verbose exclude each other");
    /* A stub that the folder has not is taken from those built in; a folder that is not there is a slip. */
    EG_TRY(cli_folder_check(call, "stub-dir", err));
    EG_TRY(cli_check_name(call, "batch", err));
    EG_TRY(cli_check_name(call, "operator", err));
    if (cli_flag(call, "once") && (cli_flag(call, "watch") || cli_text(call, "trigger") != NULL))
        return cli_usage(call, err, "--once excludes --watch and --trigger");
    return cli_check_name(call, "station", err);
}

enum eg_code cli_run_options_read(struct cli_run_options *options, const struct cli_call *call,
                                  struct eg_error *err)
{
    EG_TRY(read_options(call, options, err));
    EG_TRY(read_station(call, options, err));
    return check_options(call, options, err);
}
