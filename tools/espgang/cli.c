/* SPDX-License-Identifier: Apache-2.0 */

/* The command line's frame: which command, --help, --version, complaints and signals. */

#include "tools/espgang/cli.h"

#include "engine/base/bytes.h"
#include "stubs/stub.h"
#include "targets/target.h"

#include <errno.h>
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

static void on_signal(int number)
{
    static const char text[] = "\nespgang: ending every run on record; once more to end at once\n";

    (void)number;
    eg_cancel_request(&interrupted);
    const int errno_before = errno;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
        /* Nobody left to tell. */
    }
    errno = errno_before;
}

static void on_signal_silent(int number)
{
    (void)number;
    cli_request_cancel();
}

void cli_catch_signals(bool silent)
{
    struct sigaction action = {.sa_handler = silent ? on_signal_silent : on_signal};

    action.sa_flags = (int)SA_RESETHAND;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
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

bool cli_options(poptContext *context, int argc, const char **argv, const struct poptOption *options,
                 const char *help)
{
    *context = poptGetContext(argv[0], argc, argv, options, 0);
    poptSetOtherOptionHelp(*context, help);
    const int result = poptGetNextOpt(*context);
    if (result == -1)
        return true;
    cli_usage(*context, "%s: %s", poptBadOption(*context, 0), poptStrerror(result));
    return false;
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

enum cli_status cli_main(int argc, const char **argv)
{
    signal(SIGPIPE, SIG_IGN);
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
