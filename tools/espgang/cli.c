/* SPDX-License-Identifier: Apache-2.0 */

/* The command line's frame: which command, --help, --version, complaints and signals. */

#include "tools/espgang/cli.h"

#include "engine/base/bytes.h"
#include "engine/base/text.h"
#include "stubs/stub.h"
#include "targets/target.h"
#include "tools/espgang/arguments.h"
#include "tools/espgang/complete.h"
#include "tools/espgang/verb.h"

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
    {"schema", "print the JSON Schema of job files, or a table of their keys", cli_schema},
    {"import", "make a job file of what a build made", cli_import},
    {"ports", "list slots, ports and USB bridges", cli_ports},
    {"report", "write the report of a batch", cli_report},
    {"audit", "check that the ledger is what was recorded", cli_audit},
    {"seal", "close a batch: it takes no more runs", cli_seal},
    {"purge", "remove old application logs from the ledger", cli_purge},
    {"bundle", "freeze a job and all its files into one file", cli_bundle},
    {"sign", "sign a bundle, or make a key to sign with", cli_sign},
    {"trust", "choose the keys whose bundles this station runs", cli_trust},
    {"nvs", "build, show, check and encrypt NVS partitions, without a board", cli_nvs},
    {"secure", "sign, verify and encrypt firmware, without a board, as espsecure does", cli_secure},
    {"backup", "copy the ledger, also while a line records", cli_backup},
    {"export", "write finished runs as JSON lines", cli_export},
    {"merge", "add the runs of another station's ledger", cli_merge},
    {"pool", "serial numbers, keys and other data of single boards", cli_pool},
    {"history", "the whole life of a unit, by its MAC or serial number", cli_history},
    {"units", "list the units of a batch, a time, an outcome", cli_units},
    {"compare", "two batches side by side", cli_compare},
    {"duplicates", "MACs, serials and flashes that are there twice", cli_duplicates},
    {NULL, NULL, NULL},
};

/* The one flag a signal handler can reach. */
static struct eg_cancel interrupted;

static struct eg_logger *caller_logger; /* while eg_main_logged() runs */

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

/* What a signal does; set before the handlers are. */
static struct {
    const char *text;
    void (*also)(void);
    _Atomic uint64_t first_ms; /* 0 = none has come */
} wish;

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ};
#define CAUGHT (sizeof caught / sizeof *caught)

static void end_on_record(int number)
{
    const uint64_t now_ms = eg_clock_ms();

    if (wish.first_ms == 0) {
        wish.first_ms = now_ms;
        eg_cancel_request(&interrupted);
        if (wish.also != NULL)
            wish.also();
        if (wish.text != NULL && write(STDERR_FILENO, wish.text, strlen(wish.text)) < 0) {
            /* Nobody left to tell. */
        }
    } else if (now_ms - wish.first_ms >= SAME_WISH_MS) {
        signal(number, SIG_DFL);
        raise(number); /* takes effect when the handler returns */
    }
}

static void on_signal(int number)
{
    const int errno_before = errno;

    end_on_record(number);
    errno = errno_before;
}

void cli_catch_signals(const char *text, void (*also)(void))
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESTART};
    struct sigaction former;

    wish.text = text;
    wish.also = also;
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

poptContext cli_context(int argc, const char **argv, const struct poptOption *options, const char *help)
{
    poptContext context = poptGetContext(argv[0], argc, argv, options, 0);

    poptSetOtherOptionHelp(context, help);
    add_short_help(context);
    return context;
}

bool cli_options(poptContext *context, int argc, const char **argv, const struct poptOption *options,
                 const char *help)
{
    if (cli_complete_options(options))
        return false;
    *context = cli_context(argc, argv, options, help);
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
        length = eg_utf8_length(at, strlen(at));
        if (length == 0 || eg_utf8_is_control(at, length)) {
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
    errno = 0;
    if ((fflush(stdout) == 0 && !ferror(stdout)) || status != CLI_OK)
        return status;
    fprintf(stderr, "espgang: standard output: %s\n",
            errno != 0 ? strerror(errno) : "not everything could be written");
    return CLI_STATION;
}

static void introduce(void)
{
    puts("espgang programs every Espressif board that is plugged in, at once, from one job file, or does "
         "with one\n"
         "board what esptool does.\n"
         "\n"
         "Try first:\n"
         "  espgang check job.yaml            check the job and show the plan; touches nothing\n"
         "  espgang run job.yaml --sim 8      rehearse on eight simulated boards\n"
         "  espgang ports                     see which boards are attached\n"
         "  espgang flash-id                  ask the first of them for its flash\n"
         "  espgang write-flash 0x0 app.bin   write a file to it\n"
         "\n"
         "'espgang --help' lists every command.");
}

static void help(void)
{
    puts("Usage: espgang COMMAND [OPTION...] [ARGUMENT...]\n"
         "       espgang [BOARD-OPTION...] COMMAND [OPTION...] [ARGUMENT...]\n\nMany boards:");
    for (const struct cli_command *command = cli_commands; command->name != NULL; command++)
        printf("  %-18s  %s\n", command->name, command->summary);
    puts("\nOne board, as with esptool:");
    for (const struct cli_verb *const *verb = cli_verbs; *verb != NULL; verb++)
        printf("  %-18s  %s\n", (*verb)->name, (*verb)->summary);
    puts("\nBoard options, before or behind the command:");
    for (const struct cli_option *option = cli_board_options; option->name != NULL; option++) {
        char name[40];
        snprintf(name, sizeof name, "--%s%s%s%s%c", option->name, option->value != NULL ? " " : "",
                 option->value != NULL ? option->value : "", option->letter != 0 ? ", -" : "",
                 option->letter != 0 ? option->letter : ' ');
        printf("  %-30s  %s\n", name, option->help);
    }
    puts("\nAn argument @FILE stands for the words in that file. 'espgang COMMAND --help' explains a "
         "command,\n"
         "'espgang --version' says which espgang this is.\n"
         "\n"
         "Exit status: 0 every unit passed; 1 at least one did not; 2 the command line or the job is wrong;\n"
         "3 the station is wrong (no port, no ledger, no room); 130 interrupted.");
}

static void version(void)
{
    char chips[256];

    eg_target_names(chips, sizeof chips);
    printf("espgang %s\nchips: %s\nstubs: %s\n", eg_version(), chips, eg_stub_source());
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

const struct cli_verb *cli_find_verb(const char *name)
{
    for (const struct cli_verb *const *verb = cli_verbs; *verb != NULL; verb++)
        if (strcmp((*verb)->name, name) == 0)
            return *verb;
    return NULL;
}

const struct cli_command *cli_find_command(const char *name)
{
    for (const struct cli_command *command = cli_commands; command->name != NULL; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

void cli_command_name(char name[CLI_NAME_SIZE], const char *word)
{
    snprintf(name, CLI_NAME_SIZE, "%s", word);
    for (char *at = name; *at != '\0'; at++)
        if (*at == '_')
            *at = '-';
    if (strcmp(name, "checksum-md5") == 0) /* as espflash calls it */
        snprintf(name, CLI_NAME_SIZE, "flash-md5");
}

bool cli_has_argument(int argc, const char *const *argv)
{
    for (int i = 0; i < argc; i++)
        if (argv[i][0] != '-')
            return true;
    return false;
}

static bool asks_for_help(int argc, const char *const *argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "-?") == 0)
            return true;
    return false;
}

/* The words of the command: its name as the user would type it, what stood in front of it, the rest. */
static enum cli_status dispatch(struct cli_arguments *front, const char *name, int argc,
                                const char *const *argv)
{
    EG_CLEANUP(eg_free_cleanup) const char **words = NULL;
    const struct cli_command *command = cli_find_command(name);
    const struct cli_verb *verb = cli_find_verb(name);
    struct eg_error err;
    char title[80];
    int count = 0;

    if (command == NULL && verb == NULL) {
        fprintf(stderr, "espgang: there is no command '%s'; 'espgang --help' lists them\n", name);
        return CLI_USAGE;
    }
    if (command != NULL && verb != NULL &&
        (cli_has_argument(argc, argv) || (front->count == 0 && asks_for_help(argc, argv))))
        verb = NULL;
    if (verb == NULL && front->count > 0) {
        fprintf(stderr, "espgang: %s: '%s' takes no options of a board\n", front->word[0], name);
        return CLI_USAGE;
    }
    if (eg_alloc(&words, (size_t)(front->count + argc) + 2, sizeof words[0], &err) != EG_OK)
        return cli_fail(&err);
    snprintf(title, sizeof title, "espgang %s", name);
    words[count++] = title;
    for (int i = 0; i < front->count; i++)
        words[count++] = front->word[i];
    for (int i = 0; i < argc; i++)
        words[count++] = argv[i];
    return verb != NULL ? cli_verb_run(verb, count, words) : command->run(count, words);
}

static enum cli_status run_words(int argc, const char *const *argv)
{
    EG_CLEANUP(cli_arguments_finish) struct cli_arguments front = {0};
    struct eg_error err;
    char name[CLI_NAME_SIZE];
    int used;

    if (argc < 1) {
        introduce();
        return CLI_OK;
    }
    if (strcmp(argv[0], "help") == 0 || asks_for_help(1, argv)) {
        help();
        return CLI_OK;
    }
    if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "version") == 0) {
        version();
        return CLI_OK;
    }
    if (cli_arguments_front(&front, argc, argv, &used, &err) != EG_OK)
        return cli_fail(&err);
    if (used == argc) {
        fputs("espgang: no command; 'espgang --help' lists them\n", stderr);
        return CLI_USAGE;
    }
    cli_command_name(name, argv[used]);
    if (strcmp(name, "version") == 0) {
        version();
        return CLI_OK;
    }
    return dispatch(&front, name, argc - used - 1, argv + used + 1);
}

enum cli_status cli_main(int argc, const char **argv)
{
    EG_CLEANUP(cli_arguments_finish) struct cli_arguments words = {0};
    struct sigaction former[CAUGHT];
    enum cli_status status;
    struct eg_error err;

    if (argc > 1 && strcmp(argv[1], "--complete") == 0) {
        cli_complete(argc - 2, argv + 2);
        return cli_flush(CLI_OK);
    }
    for (size_t i = 0; i < CAUGHT; i++)
        sigaction(caught[i], NULL, &former[i]);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of writing, and ends on record */
    interrupted = (struct eg_cancel){0};
    wish.first_ms = 0;
    hold_standard_streams();
    if (argc < 1 || cli_arguments_expand(&words, argc - 1, argv + 1, &err) == EG_OK)
        status = run_words(words.count, (const char *const *)words.word);
    else
        status = cli_fail(&err);
    status = cli_flush(status);
    for (size_t i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &former[i], NULL);
    return status;
}

struct eg_logger *cli_caller_logger(void)
{
    return caller_logger;
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
