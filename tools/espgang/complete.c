/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Completion of command lines. The script in tools/package/ asks `espgang --complete WORD...`, so it cannot
 * go stale: the answers come from the tables that the command line is read by.
 */

#include "tools/espgang/complete.h"

#include "engine/base/bytes.h"
#include "engine/link/discover.h"
#include "targets/target.h"
#include "tools/espgang/call.h"
#include "tools/espgang/registry.h"

#include <stdio.h>
#include <string.h>

#define OPTIONS_MAX 96

/* Options that may stand at this place. */
struct options {
    struct cli_option row[OPTIONS_MAX];
    unsigned count;
};

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
    if (option->choices != NULL)
        offer_list(word, option->choices);
    if (option->offers != NULL)
        offer_list(word, option->offers);
    if (strcmp(option->name, "chip") == 0) {
        offer(word, "auto");
        offer_chips(word, "");
    } else if (strcmp(option->name, "port") == 0) {
        offer_ports(word);
        if (word->typed[0] != '\0')
            offer_chips(word, "sim:");
    } else if (strcmp(option->name, "ports") == 0) {
        offer_ports(word);
    }
}

/* An option, or a value of one after its "=". */
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

/* List what may follow a command. `run` is two commands until a file is given. */
static void complete_arguments(const struct word *word, const char *name, bool after_board_options, int argc,
                               const char *const *argv)
{
    const struct cli_command *line = cli_find_command(name, false);
    const struct cli_command *board = cli_find_command(name, true);
    const struct cli_option *option = NULL;
    struct options options = {.count = 0};
    int arguments = 0;

    if (line != NULL && after_board_options && !cli_takes_board_options(line))
        line = NULL;
    if (line != NULL && cli_has_argument(argc, argv))
        board = NULL;
    if (line != NULL)
        add_all(&options, cli_options(line));
    if (board != NULL)
        add_all(&options, cli_options(board));
    if (board != NULL || (line != NULL && cli_uses_board_options(line)))
        add_all(&options, cli_board_options);
    const struct cli_command *command = line != NULL ? line : board;
    if (command == NULL)
        return;
    add_all(&options, cli_help_options);
    for (int i = 0; i < argc; i++) {
        if (argv[i][0] == '-')
            option = waiting(&options, argv[i]);
        else if (option == NULL)
            arguments++;
        else if (!option->eat_all)
            option = NULL;
    }
    if (word->typed[0] == '-' || (option == NULL && command->most == 0))
        offer_options(*word, &options);
    else if (option != NULL)
        offer_values(word, option);
    else if (arguments == 0 && command->words != NULL)
        offer_list(word, command->words);
}

/* The second words of a family's commands. */
static void offer_family(struct word word, const char *family)
{
    const size_t length = strlen(family);
    char name[CLI_NAME_SIZE];

    cli_spell_command(name, word.typed);
    word.typed = name;
    for (const struct cli_command *const *command = cli_commands; *command != NULL; command++)
        if (strncmp((*command)->name, family, length) == 0 && (*command)->name[length] == ' ')
            offer(&word, (*command)->name + length + 1);
}

/* The first words of commands; a family has one for all of its. */
static void offer_first_word(const struct word *word, const struct cli_command *const *command)
{
    char name[CLI_NAME_SIZE];
    const size_t length = strcspn((*command)->name, " ");

    if ((*command)->name[length] == ' ')
        for (const struct cli_command *const *other = cli_commands; other < command; other++)
            if (strncmp((*other)->name, (*command)->name, length + 1) == 0)
                return;
    snprintf(name, sizeof name, "%.*s", (int)length, (*command)->name);
    offer(word, name);
}

static void offer_commands(struct word word)
{
    static const char *const others[] = {"help", "version", NULL};
    char name[CLI_NAME_SIZE];

    cli_spell_command(name, word.typed);
    word.typed = name;

    for (const struct cli_command *const *command = cli_commands; *command != NULL; command++)
        if (((*command)->flags & CLI_BOARD) == 0 || cli_find_command((*command)->name, false) == NULL)
            offer_first_word(&word, command);
    offer_list(&word, others);
}

static void complete_family(const struct word *word, const char *family, int argc, const char *const *argv)
{
    char second[CLI_NAME_SIZE], name[2 * CLI_NAME_SIZE];

    if (argc == 0) {
        offer_family(*word, family);
        return;
    }
    cli_spell_command(second, argv[0]);
    snprintf(name, sizeof name, "%s %s", family, second);
    complete_arguments(word, name, false, argc - 1, argv + 1);
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
        cli_spell_command(name, argv[at]);
        if (cli_is_family(name))
            complete_family(word, name, argc - at - 1, argv + at + 1);
        else
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
    struct eg_error err;

    if (argc < 1 || cli_arguments_expand(&given, argc - 1, argv, &err) != EG_OK ||
        cli_arguments_spell(&words, given.count, (const char *const *)given.word, NULL, 0, &err) != EG_OK ||
        cli_arguments_spell(&words, 1, argv + argc - 1, NULL, 0, &err) != EG_OK)
        return;
    const int last = words.count - 1;
    const struct word word = {.kept = argv[argc - 1], .typed = words.word[last]};
    complete(&word, last, (const char *const *)words.word);
}
