/* SPDX-License-Identifier: Apache-2.0 */

/* The command line's frame: which command, --help, --version, complaints, exit status. */

#include "tools/espgang/cli.h"
#include "tools/espgang/dump.h"

#include "engine/base/bytes.h"
#include "engine/base/file.h"
#include "stubs/stub.h"
#include "targets/target.h"
#include "tools/espgang/call.h"
#include "tools/espgang/complete.h"
#include "tools/espgang/help.h"
#include "tools/espgang/one_board/connection.h"
#include "tools/espgang/registry.h"
#include "tools/espgang/signals.h"
#include "tools/espgang/station.h"

#include <errno.h>
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

static bool asks_for_help(int argc, const char *const *argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "-?") == 0)
            return true;
    return false;
}

static void set_verbosity(const struct cli_call *call)
{
    if (cli_takes_board_options(call->command))
        eg_log_set_verbosity(call->logger, cli_flag(call, "silent")    ? EG_SILENT
                                           : cli_flag(call, "trace")   ? EG_TRACE
                                           : cli_flag(call, "verbose") ? EG_VERBOSE
                                                                       : EG_NORMAL);
}

/* With --json standard output is the document's alone. */
static void leave_output_to_json(const struct cli_call *call, struct eg_logger **logger,
                                 struct eg_console_logger *console)
{
    if (*logger != &console->logger || !cli_takes_board_options(call->command) ||
        !cli_has_option(call, "json") || !cli_flag(call, "json"))
        return;
    eg_console_logger_finish(console);
    *logger = eg_console_logger_init(console, stderr);
}

/* Whether that was all there is to do. */
static bool helped(const struct cli_call *call)
{
    if (call->help || call->usage)
        (call->help ? cli_print_help : cli_print_usage)(call->command);
    return call->help || call->usage;
}

static enum eg_code run(struct cli_call *call, struct eg_console_logger *console, int argc,
                        const char *const *argv, struct eg_error *err)
{
    const struct cli_command *command = call->command;

    EG_TRY(cli_call_parse(call, argc, argv, err));
    if (helped(call))
        return EG_OK;
    EG_TRY(cli_station_permit(command, err));
    EG_TRY(cli_station_give_ledger(call, err));
    leave_output_to_json(call, &call->logger, console);
    set_verbosity(call);
    if (command->group == CLI_SECURITY)
        cli_dump_hold_secrets();
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
    const enum eg_code code = run(&call, &console, argc, argv, &err);
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

/* The command of a family that a word names; NULL = none. */
static const struct cli_command *command_of_family(const char *family, const char *word)
{
    char second[CLI_NAME_SIZE], name[2 * CLI_NAME_SIZE];

    cli_spell_command(second, word);
    snprintf(name, sizeof name, "%s %s", family, second);
    return cli_find_command(name, false);
}

#define CHAIN_MAX 32

/* Commands of a family in one line. A word that names a command begins it, whatever stands before it. Options
 * before the first are all commands' options. */
struct chain {
    struct cli_call call[CHAIN_MAX];
    int count;
};

static void chain_finish(struct chain *chain)
{
    for (int i = 0; i < chain->count; i++)
        cli_call_finish(&chain->call[i]);
}

/* One command: its name, the options before the chain, its own words. */
static enum eg_code add_to_chain(struct chain *chain, const struct cli_command *command,
                                 const struct cli_arguments *front, const char *const *lead, int leading,
                                 const char *const *own, int count, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) const char **words = NULL;
    struct cli_call *call = &chain->call[chain->count];
    int at = 0;

    if (chain->count == CHAIN_MAX)
        return eg_error_set(err, EG_BAD_ARGUMENT, "more than %d commands in one line", CHAIN_MAX);
    EG_TRY(eg_alloc(&words, (size_t)(front->count + leading + count) + 2, sizeof words[0], err));
    words[at++] = command->name;
    for (int i = 0; i < front->count; i++)
        words[at++] = front->word[i];
    for (int i = 0; i < leading; i++)
        words[at++] = lead[i];
    for (int i = 0; i < count; i++)
        words[at++] = own[i];
    call->command = command;
    if (chain->count++ > 0)
        call[-1].next = call;
    return cli_call_parse(call, at, words, err);
}

static enum eg_code parse_chain(struct chain *chain, const struct cli_arguments *front, const char *family,
                                int argc, const char *const *argv, struct eg_error *err)
{
    int leading = 0;

    while (command_of_family(family, argv[leading]) == NULL)
        leading++;
    for (int from = leading, to; from < argc; from = to) {
        for (to = from + 1; to < argc && command_of_family(family, argv[to]) == NULL;)
            to++;
        EG_TRY(add_to_chain(chain, command_of_family(family, argv[from]), front, argv, leading,
                            argv + from + 1, to - from - 1, err));
    }
    return EG_OK;
}

static enum eg_code check_chain(struct chain *chain, struct eg_logger *logger, struct eg_error *err)
{
    for (int i = 0; i < chain->count; i++) {
        struct cli_call *call = &chain->call[i];

        call->logger = logger;
        set_verbosity(call);
        EG_TRY(cli_station_permit(call->command, err));
        if (call->command->check != NULL)
            EG_TRY(call->command->check(call, err));
    }
    return EG_OK;
}

static enum cli_status run_chain(const struct cli_arguments *front, const char *family, int argc,
                                 const char *const *argv)
{
    EG_CLEANUP(eg_console_logger_finish) struct eg_console_logger console;
    EG_CLEANUP(chain_finish) struct chain chain = {.count = 0};
    struct eg_logger *logger = eg_console_logger_init(&console, stdout);
    struct eg_error err;

    if (caller_logger != NULL)
        logger = caller_logger;
    enum eg_code code = parse_chain(&chain, front, family, argc, argv, &err);
    for (int i = 0; i < chain.count; i++)
        if (helped(&chain.call[i]))
            return CLI_OK;
    if (code == EG_OK && chain.call[0].command->group == CLI_SECURITY)
        cli_dump_hold_secrets();
    for (int i = 0; code == EG_OK && i < chain.count; i++)
        leave_output_to_json(&chain.call[i], &logger, &console);
    if (code == EG_OK)
        code = check_chain(&chain, logger, &err);
    if (code == EG_OK)
        code = chain.call[0].command->run(&chain.call[0], &err);
    eg_console_logger_end_line(&console);
    return code == EG_OK ? chain.call[0].status : fail(&err);
}

/* The command's name is two words, such as "secure sign-data". */
static enum cli_status run_of_family(struct cli_arguments *front, const char *family, int argc,
                                     const char *const *argv)
{
    const struct cli_command *command = NULL;

    if (argc > 0 && asks_for_help(1, argv)) {
        cli_help_family(family);
        return CLI_OK;
    }
    if (argc < 1) {
        fprintf(stderr, "espgang: missing argument: COMMAND; 'espgang %s --help' lists them\n", family);
        return CLI_USAGE;
    }
    for (int i = 0; i < argc && command == NULL; i++) {
        command = command_of_family(family, argv[i]);
        if (command != NULL && (command->flags & CLI_CHAIN) != 0)
            return run_chain(front, family, argc, argv);
    }
    command = command_of_family(family, argv[0]);
    if (command == NULL) {
        fprintf(stderr, "espgang: there is no command '%s %s'; 'espgang %s --help' lists them\n", family,
                argv[0], family);
        return CLI_USAGE;
    }
    return dispatch(front, command->name, argc - 1, argv + 1);
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

/* The family of commands that the program's own name stands for: "efuse" where it is called as espefuse or
 * espefuse.py, in `family`. false = it stands for all commands. */
static bool family_of_program(char family[CLI_NAME_SIZE], const char *path)
{
    const char *const slash = strrchr(path, '/'), *const program = slash != NULL ? slash + 1 : path;

    if (strncmp(program, "esp", 3) != 0)
        return false;
    snprintf(family, CLI_NAME_SIZE, "%.*s", (int)strcspn(program + 3, "."), program + 3);
    return cli_is_family(family);
}

static enum cli_status run_program(const char *path, int argc, const char *const *argv)
{
    struct cli_arguments front = {0};
    char family[CLI_NAME_SIZE];
    const bool asks_version =
        argc > 0 && (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "version") == 0);

    if (asks_version || !family_of_program(family, path))
        return run_words(argc, argv);
    return run_of_family(&front, family, argc, argv);
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
    eg_fd_hold_standard_streams();
    if (argc < 1 || cli_arguments_expand(&words, argc - 1, argv + 1, &err) == EG_OK)
        status = run_program(argc < 1 ? "" : argv[0], words.count, (const char *const *)words.word);
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
