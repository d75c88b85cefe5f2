/* SPDX-License-Identifier: Apache-2.0 */

/* The command line's frame: which command, --help, --version, complaints and signals. */

#include "tools/espgang/cli.h"

#include "engine/base/bytes.h"
#include "engine/base/text.h"
#include "stubs/stub.h"
#include "targets/target.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct cli_command cli_commands[] = {
    {"run", "program every attached board by a job file", cli_run},
    {"check", "check a job file and show what it would do; touches nothing", cli_check},
    {"ports", "list slots, ports and USB bridges", cli_ports},
    {"report", "write the report of a batch", cli_report},
    {NULL, NULL, NULL},
};

/* The one flag a signal handler can reach. */
static struct eg_cancel interrupted;

const struct eg_cancel *cli_cancel(void)
{
    return &interrupted;
}

void cli_request_cancel(void)
{
    eg_cancel_request(&interrupted);
}

/* One wish to end may come as several signals: timeout(1) signals its child and then its group, and at the
 * end of a session the terminal and the shell both hang up. */
#define SAME_WISH_MS 500

static void end_on_record(int number, bool silent)
{
    static const char text[] = "\nespgang: ending every run on record; once more to end at once\n";
    static _Atomic uint64_t first_ms; /* 0 = not yet */
    const uint64_t now_ms = eg_clock_ms();

    if (first_ms == 0) {
        first_ms = now_ms;
        eg_cancel_request(&interrupted);
        if (!silent && write(STDERR_FILENO, text, sizeof text - 1) < 0) {
            /* Nobody left to tell. */
        }
    } else if (now_ms - first_ms >= SAME_WISH_MS) {
        signal(number, SIG_DFL);
        raise(number); /* takes effect when the handler returns */
    }
}

static void on_signal(int number)
{
    const int errno_before = errno;

    end_on_record(number, false);
    errno = errno_before;
}

static void on_signal_silent(int number)
{
    const int errno_before = errno;

    end_on_record(number, true);
    errno = errno_before;
}

void cli_catch_signals(bool silent)
{
    struct sigaction action = {.sa_handler = silent ? on_signal_silent : on_signal,
                               .sa_flags = (int)SA_RESTART};
    struct sigaction former;

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &former) == 0 && former.sa_handler != SIG_IGN) /* else nohup wants to go on */
        sigaction(SIGHUP, &action, NULL);
}

enum cli_status cli_fail(const struct eg_error *err)
{
    fflush(stdout);
    fprintf(stderr, "espgang: %s\n", err->text);
    if (err->code == EG_CANCELLED)
        return CLI_INTERRUPTED;
    return eg_code_blame(err->code) == EG_BLAME_JOB ? CLI_USAGE : CLI_STATION;
}

enum cli_status cli_usage(poptContext context, const char *format, ...)
{
    va_list args;

    fputs("espgang: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "; see '%s --help'\n", poptGetInvocationName(context));
    return CLI_USAGE;
}

/* popt's own is -? alone. */
static void add_short_help(poptContext context)
{
    const char *words[] = {"--help"};
    struct poptAlias alias = {.shortName = 'h', .argc = 1};

    if (poptDupArgv(1, words, &alias.argc, &alias.argv) == 0)
        poptAddAlias(context, alias, 0);
}

bool cli_options(poptContext *context, int argc, const char **argv, const struct poptOption *options,
                 const char *help)
{
    *context = poptGetContext(argv[0], argc, argv, options, 0);
    poptSetOtherOptionHelp(*context, help);
    add_short_help(*context);
    const int result = poptGetNextOpt(*context);
    if (result == -1)
        return true;
    cli_usage(*context, "%s: %s", poptBadOption(*context, 0), poptStrerror(result));
    return false;
}

bool cli_check_name(poptContext context, const char *option, const char *name)
{
    const char *at = name;

    if (name == NULL)
        return true;
    if (name[0] == '\0') {
        cli_usage(context, "%s: the name is empty", option);
        return false;
    }
    for (size_t length; *at != '\0'; at += length) {
        length = iscntrl((unsigned char)*at) ? 0 : eg_utf8_length(at, strlen(at));
        if (length == 0) {
            cli_usage(context, "%s: the name has byte 0x%02x, which is no text", option, (unsigned char)*at);
            return false;
        }
    }
    return true;
}

void cli_options_finish(poptContext *context)
{
    poptFreeContext(*context);
}

enum cli_status cli_flush(enum cli_status status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "espgang: standard output: %s\n", strerror(errno));
    return status == CLI_OK ? CLI_STATION : status;
}

static void introduce(void)
{
    puts("espgang programs every Espressif board that is plugged in, at once, from one job file.\n"
         "\n"
         "Try first:\n"
         "  espgang check job.yaml          check the job and show the plan; touches nothing\n"
         "  espgang run job.yaml --sim 8    rehearse on eight simulated boards\n"
         "  espgang ports                   see which boards are attached\n"
         "\n"
         "'espgang --help' lists every command.");
}

static void help(void)
{
    puts("Usage: espgang COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:");
    for (const struct cli_command *command = cli_commands; command->name != NULL; command++)
        printf("  %-8s  %s\n", command->name, command->summary);
    puts("\n'espgang COMMAND --help' explains one; 'espgang --version' says which espgang this is.\n"
         "\n"
         "Exit status: 0 every unit passed; 1 at least one did not; 2 the command line or the job is wrong;\n"
         "3 the station is wrong (no port, no ledger, no room); 130 interrupted.");
}

static void version(void)
{
    char chips[256];

    eg_target_names(chips, sizeof chips);
    printf("espgang %s\nchips: %s\nstubs: %s\n", EG_VERSION, chips, eg_stub_source());
}

/* When the caller closed a standard stream, the next file or port to be opened would take its place and be
 * sent what is printed. What fills it here can only fail, as a closed one does. */
static void hold_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) {
            /* Nothing was opened, so nothing is in its place. */
        }
    }
}

enum cli_status cli_main(int argc, const char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    hold_standard_streams();
    if (argc < 2) {
        introduce();
        return cli_flush(CLI_OK);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "-?") == 0 ||
        strcmp(argv[1], "help") == 0) {
        help();
        return cli_flush(CLI_OK);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        version();
        return cli_flush(CLI_OK);
    }
    for (const struct cli_command *command = cli_commands; command->name != NULL; command++) {
        if (strcmp(argv[1], command->name) != 0)
            continue;
        EG_CLEANUP(eg_free_cleanup) const char **arguments = NULL;
        struct eg_error err;
        char name[64];
        if (eg_alloc(&arguments, (size_t)argc, sizeof arguments[0], &err) != EG_OK)
            return cli_fail(&err);
        snprintf(name, sizeof name, "espgang %s", command->name);
        arguments[0] = name;
        for (int i = 2; i < argc; i++)
            arguments[i - 1] = argv[i];
        return cli_flush(command->run(argc - 1, arguments));
    }
    fprintf(stderr, "espgang: there is no command '%s'; 'espgang --help' lists them\n", argv[1]);
    return CLI_USAGE;
}
