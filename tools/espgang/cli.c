/* SPDX-License-Identifier: Apache-2.0 */

/* The command line's frame: which command, --help, --version, complaints, exit status. */

#include "tools/espgang/cli.h"

#include "engine/base/bytes.h"
#include "stubs/stub.h"
#include "targets/target.h"
#include "tools/espgang/call.h"
#include "tools/espgang/complete.h"
#include "tools/espgang/help.h"
#include "tools/espgang/one_board/connection.h"
#include "tools/espgang/registry.h"
#include "tools/espgang/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct eg_logger *caller_logger; /* while eg_main_logged() runs; NULL = the console */

/* Print the sentence; the status its blame leads to: host 3, job 2, link and board 1. */
static enum cli_status fail(const struct eg_error *err)
{
    fflush(stdout);
    fprintf(stderr, "espgang: %s\n", err->text);
    if (err->code == EG_CANCELLED)
        return CLI_INTERRUPTED;
    switch (eg_code_blame(err->code)) {
    case EG_BLAME_JOB:
        return CLI_USAGE;
    case EG_BLAME_LINK:
    case EG_BLAME_BOARD:
        return CLI_NOT_PASSED;
    case EG_BLAME_NONE:
    case EG_BLAME_HOST:
    case EG_BLAME_PROGRAM:
        break;
    }
    return CLI_STATION;
}

/* A full disk or a closed pipe at standard output must not look like success. */
static enum cli_status flush(enum cli_status status)
{
    errno = 0;
    if ((fflush(stdout) == 0 && !ferror(stdout)) || status != CLI_OK)
        return status;
    fprintf(stderr, "espgang: standard output: %s\n",
            errno != 0 ? strerror(errno) : "not everything could be written");
    return CLI_STATION;
}

static void version(void)
{
    char chips[256];

    eg_target_names(chips, sizeof chips);
    printf("espgang %s\nchips: %s\nstubs: %s\n", eg_version(), chips, eg_stub_source());
}

/* If the caller closed a standard stream, the next file or port to be opened would get its number and receive
 * our output. The descriptor that fills the gap fails on every use, like a closed stream. */
static void hold_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) {
            /* Opening failed, so nothing took its place. */
        }
    }
}

static bool asks_for_help(int argc, const char *const *argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "-?") == 0)
            return true;
    return false;
}

static enum eg_code run(struct cli_call *call, int argc, const char *const *argv, struct eg_error *err)
{
    const struct cli_command *command = call->command;

    EG_TRY(cli_call_parse(call, argc, argv, err));
    if (call->help || call->usage) {
        (call->help ? cli_print_help : cli_print_usage)(command);
        return EG_OK;
    }
    if (cli_takes_board_options(command))
        eg_log_set_verbosity(call->logger, cli_flag(call, "silent")    ? EG_SILENT
                                           : cli_flag(call, "trace")   ? EG_TRACE
                                           : cli_flag(call, "verbose") ? EG_VERBOSE
                                                                       : EG_NORMAL);
    if (command->check != NULL)
        EG_TRY(command->check(call, err));
    return (command->flags & CLI_BOARD) != 0 ? cli_with_board(call, err) : command->run(call, err);
}

/* The words: the command's name, options that stood before it, the rest. */
static enum cli_status run_command(const struct cli_command *command, int argc, const char *const *argv)
{
    EG_CLEANUP(eg_console_logger_finish) struct eg_console_logger console;
    EG_CLEANUP(cli_call_finish) struct cli_call call = {.command = command};
    struct eg_error err;

    call.logger = eg_console_logger_init(&console, stdout);
    if (caller_logger != NULL && cli_takes_board_options(command))
        call.logger = caller_logger;
    const enum eg_code code = run(&call, argc, argv, &err);
    eg_console_logger_end_line(&console);
    return code == EG_OK ? call.status : fail(&err);
}

static enum cli_status dispatch(struct cli_arguments *front, const char *name, int argc,
                                const char *const *argv)
{
    EG_CLEANUP(eg_free_cleanup) const char **words = NULL;
    const struct cli_command *command = cli_find_command(name, false);
    const struct cli_command *of_board = cli_find_command(name, true);
    struct eg_error err;
    int count = 0;

    if (command == NULL && of_board == NULL) {
        fprintf(stderr, "espgang: there is no command '%s'; 'espgang --help' lists them\n", name);
        return CLI_USAGE;
    }
    if (command == NULL || (of_board != NULL && !cli_has_argument(argc, argv) &&
                            (front->count > 0 || !asks_for_help(argc, argv))))
        command = of_board;
    if (!cli_takes_board_options(command) && front->count > 0) {
        fprintf(stderr, "espgang: %s: '%s' takes no options of a board\n", front->word[0], name);
        return CLI_USAGE;
    }
    if (eg_alloc(&words, (size_t)(front->count + argc) + 2, sizeof words[0], &err) != EG_OK)
        return fail(&err);
    words[count++] = name;
    for (int i = 0; i < front->count; i++)
        words[count++] = front->word[i];
    for (int i = 0; i < argc; i++)
        words[count++] = argv[i];
    return run_command(command, count, words);
}

/* The command's name is two words, such as "secure sign-data". */
static enum cli_status run_of_family(struct cli_arguments *front, const char *family, int argc,
                                     const char *const *argv)
{
    char second[CLI_NAME_SIZE], name[2 * CLI_NAME_SIZE];

    if (argc > 0 && asks_for_help(1, argv)) {
        cli_help_family(family);
        return CLI_OK;
    }
    if (argc < 1) {
        fprintf(stderr, "espgang: missing argument: COMMAND; 'espgang %s --help' lists them\n", family);
        return CLI_USAGE;
    }
    cli_spell_command(second, argv[0]);
    snprintf(name, sizeof name, "%s %s", family, second);
    if (cli_find_command(name, false) == NULL) {
        fprintf(stderr, "espgang: there is no command '%s'; 'espgang %s --help' lists them\n", name, family);
        return CLI_USAGE;
    }
    return dispatch(front, name, argc - 1, argv + 1);
}

static enum cli_status run_words(int argc, const char *const *argv)
{
    EG_CLEANUP(cli_arguments_finish) struct cli_arguments front = {0};
    struct eg_error err;
    char name[CLI_NAME_SIZE];
    int used;

    if (argc < 1) {
        cli_introduce();
        return CLI_OK;
    }
    if (strcmp(argv[0], "help") == 0 || asks_for_help(1, argv)) {
        cli_help();
        return CLI_OK;
    }
    if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "version") == 0) {
        version();
        return CLI_OK;
    }
    if (cli_arguments_front(&front, argc, argv, &used, &err) != EG_OK)
        return fail(&err);
    if (used == argc) {
        fputs("espgang: no command; 'espgang --help' lists them\n", stderr);
        return CLI_USAGE;
    }
    cli_spell_command(name, argv[used]);
    if (strcmp(name, "version") == 0) {
        version();
        return CLI_OK;
    }
    used++;
    if (cli_is_family(name))
        return run_of_family(&front, name, argc - used, argv + used);
    return dispatch(&front, name, argc - used, argv + used);
}

enum cli_status cli_main(int argc, const char **argv)
{
    EG_CLEANUP(cli_arguments_finish) struct cli_arguments words = {0};
    struct cli_signals former;
    enum cli_status status;
    struct eg_error err;

    if (argc > 1 && strcmp(argv[1], "--complete") == 0) {
        cli_complete(argc - 2, argv + 2);
        return flush(CLI_OK);
    }
    cli_signals_begin(&former);
    hold_standard_streams();
    if (argc < 1 || cli_arguments_expand(&words, argc - 1, argv + 1, &err) == EG_OK)
        status = run_words(words.count, (const char *const *)words.word);
    else
        status = fail(&err);
    status = flush(status);
    cli_signals_end(&former);
    return status;
}

int eg_main(int argc, char **argv)
{
    return eg_main_logged(argc, argv, NULL);
}

int eg_main_logged(int argc, char **argv, struct eg_logger *logger)
{
    caller_logger = logger;
    const enum cli_status status = cli_main(argc, (const char **)argv);
    caller_logger = NULL;
    return (int)status;
}
