/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Completion of command lines. The script in tools/package/ asks `espgang --complete WORD...`, so it cannot
 * go stale: the answers come from the tables that the command line is read by.
 *
 * Commands that keep their options to themselves are run for them: cli_options() hands the table over here
 * and lets the command end.
 */

#include "tools/espgang/complete.h"

#include "engine/base/bytes.h"
#include "engine/link/discover.h"
#include "targets/target.h"
#include "tools/espgang/arguments.h"
#include "tools/espgang/cli.h"
#include "tools/espgang/verb.h"

#include <stdio.h>
#include <string.h>

#define OPTIONS_MAX 96

/* What may stand behind the command, and in front of it. */
struct options {
    struct cli_option row[OPTIONS_MAX];
    unsigned count;
};

/* Where a command's own options go; NULL = they are to be parsed. */
static struct options *asked;

/* The word that is typed. */
struct word {
    const char *kept; /* as it is; its first `kept_length` characters stay ("--flash_size=") */
    int kept_length;
    const char *typed; /* what a candidate begins with, spelled as today */
};

static void offer(const struct word *word, const char *candidate)
{
    if (strncmp(candidate, word->typed, strlen(word->typed)) == 0)
        printf("%.*s%s\n", word->kept_length, word->kept, candidate);
}

static void offer_list(const struct word *word, const char *const *list)
{
    for (; *list != NULL; list++)
        offer(word, *list);
}

static void add(struct options *options, const struct cli_option *row)
{
    if (options->count < OPTIONS_MAX)
        options->row[options->count++] = *row;
}

static void add_all(struct options *options, const struct cli_option *rows)
{
    for (; rows != NULL && rows->name != NULL; rows++)
        add(options, rows);
}

bool cli_complete_options(const struct poptOption *options)
{
    for (; asked != NULL && (options->longName != NULL || options->arg != NULL); options++) {
        const struct cli_option row = {
            .name = options->longName, .letter = options->shortName, .value = options->argDescrip};

        if ((options->argInfo & POPT_ARG_MASK) == POPT_ARG_INCLUDE_TABLE)
            cli_complete_options(options->arg);
        else if (row.name != NULL)
            add(asked, &row);
    }
    return asked != NULL;
}

/* The option that the word is, when its value comes with the next one. A letter is that of the first. */
static const struct cli_option *waiting(const struct options *options, const char *word)
{
    const bool is_long = strncmp(word, "--", 2) == 0;
    const char letter = word[strlen(word) - 1];

    for (unsigned i = 0; i < options->count; i++) {
        const struct cli_option *row = &options->row[i];

        if (is_long ? strcmp(word + 2, row->name) == 0 : row->letter == letter)
            return row->value != NULL ? row : NULL;
    }
    return NULL;
}

static void offer_ports(const struct word *word)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_found_port *found = NULL;
    struct eg_error err;
    size_t count;

    if (eg_discover_ports(&found, &count, &err) != EG_OK)
        return;
    for (size_t i = 0; i < count; i++)
        offer(word, found[i].path);
}

static void offer_chips(const struct word *word, const char *prefix)
{
    char name[40];

    for (const struct eg_target *const *target = eg_targets; *target != NULL; target++) {
        snprintf(name, sizeof name, "%s%s", prefix, (*target)->name);
        offer(word, name);
    }
}

static void offer_values(const struct word *word, const struct cli_option *option)
{
    static const char *const rates[] = {"9600",   "57600",  "74880",   "115200",  "230400",
                                        "460800", "921600", "1500000", "2000000", NULL};
    static const char *const filters[] = {"vid=", "pid=", "name=", "serial=", NULL};
    static const char *const buses[] = {"SPI", "HSPI", NULL};

    if (option->choices != NULL) {
        offer_list(word, option->choices);
    } else if (strcmp(option->name, "chip") == 0) {
        offer(word, "auto");
        offer_chips(word, "");
    } else if (strcmp(option->name, "port") == 0) {
        offer_ports(word);
        if (word->typed[0] != '\0')
            offer_chips(word, "sim:");
    } else if (strcmp(option->name, "ports") == 0) {
        offer_ports(word);
    } else if (strcmp(option->name, "baud") == 0) {
        offer_list(word, rates);
    } else if (strcmp(option->name, "port-filter") == 0) {
        offer_list(word, filters);
    } else if (strcmp(option->name, "spi-connection") == 0) {
        offer_list(word, buses);
    }
}

/* An option, or a value of one behind its "=". */
static void offer_options(struct word word, const struct options *options)
{
    const char *equals = strchr(word.typed, '=');
    char name[64];

    for (unsigned i = 0; i < options->count; i++) {
        const struct cli_option *row = &options->row[i];

        snprintf(name, sizeof name, "--%s%s", row->name, equals != NULL ? "=" : "");
        if (equals == NULL) {
            offer(&word, name);
        } else if (strncmp(word.typed, name, strlen(name)) == 0) {
            word.kept_length = (int)strcspn(word.kept, "=") + 1;
            word.typed = equals + 1;
            offer_values(&word, row);
            return;
        }
    }
}

/* What stands behind a command. `run` is two of them until a file is named. */
static void complete_arguments(const struct word *word, const char *name, bool of_board, int argc,
                               const char *const *argv)
{
    static const struct cli_option help[] = {{.name = "help"}, {.name = NULL}};
    const struct cli_command *command = of_board ? NULL : cli_find_command(name);
    const struct cli_verb *verb =
        command != NULL && cli_has_argument(argc, argv) ? NULL : cli_find_verb(name);
    const struct cli_option *option = NULL;
    struct options options = {.count = 0};

    if (command != NULL) {
        asked = &options;
        command->run(1, &name);
        asked = NULL;
    }
    if (verb != NULL) {
        add_all(&options, verb->options);
        if ((verb->flags & CLI_VERB_OFFLINE) == 0)
            add_all(&options, cli_board_options);
        if (command == NULL)
            add_all(&options, help);
    }
    for (int i = 0; i < argc; i++) {
        if (argv[i][0] == '-')
            option = waiting(&options, argv[i]);
        else if (option != NULL && !option->eat_all)
            option = NULL;
    }
    if (word->typed[0] == '-' || (option == NULL && command == NULL && verb != NULL && verb->most == 0))
        offer_options(*word, &options);
    else if (option != NULL)
        offer_values(word, option);
}

static void offer_commands(struct word word)
{
    static const char *const others[] = {"help", "version", NULL};
    char name[CLI_NAME_SIZE];

    cli_command_name(name, word.typed);
    word.typed = name;

    for (const struct cli_command *command = cli_commands; command->name != NULL; command++)
        offer(&word, command->name);
    for (const struct cli_verb *const *verb = cli_verbs; *verb != NULL; verb++)
        if (cli_find_command((*verb)->name) == NULL)
            offer(&word, (*verb)->name);
    offer_list(&word, others);
}

static void complete(const struct word *word, int argc, const char *const *argv)
{
    static const struct cli_option alone[] = {{.name = "help"}, {.name = "version"}, {.name = NULL}};
    const struct cli_option *option = NULL;
    struct options options = {.count = 0};
    char name[CLI_NAME_SIZE];
    int at = 0;

    add_all(&options, cli_board_options);
    for (; at < argc && (argv[at][0] == '-' || option != NULL || strchr(argv[at], '=') != NULL); at++)
        option = argv[at][0] == '-' ? waiting(&options, argv[at]) : NULL;
    if (at == 0)
        add_all(&options, alone);
    if (at < argc) {
        cli_command_name(name, argv[at]);
        complete_arguments(word, name, at > 0, argc - at - 1, argv + at + 1);
    } else if (option != NULL) {
        offer_values(word, option);
    } else if (word->typed[0] == '-') {
        offer_options(*word, &options);
    } else {
        offer_commands(*word);
    }
}

void cli_complete(int argc, const char *const *argv)
{
    EG_CLEANUP(cli_arguments_finish) struct cli_arguments given = {0};
    EG_CLEANUP(cli_arguments_finish) struct cli_arguments words = {0};
    static const char *const none[] = {NULL};
    struct eg_error err;

    if (argc < 1 || cli_arguments_expand(&given, argc - 1, argv, &err) != EG_OK ||
        cli_arguments_spell(&words, given.count, (const char *const *)given.word, none, &err) != EG_OK ||
        cli_arguments_spell(&words, 1, argv + argc - 1, none, &err) != EG_OK)
        return;
    const int last = words.count - 1;
    const struct word word = {.kept = argv[argc - 1], .typed = words.word[last]};
    complete(&word, last, (const char *const *)words.word);
}
