/* SPDX-License-Identifier: Apache-2.0 */

/* The words of a command line as a command gets them. popt reads them from tables made of those of the
 * command, of every board, and --help. */

#include "tools/espgang/call.h"

#include "engine/base/bytes.h"
#include "engine/base/text.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <popt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPTIONS_MAX 80
#define TABLES      3 /* of the command, of the board, of help */

struct cli_given {
    const char *option;
    char *text; /* NULL for a flag */
};

const struct cli_option cli_help_options[] = {{.name = "help", .letter = 'h', .help = "Show this help"},
                                              {.name = "usage", .help = "Show the forms of the command line"},
                                              {.name = NULL}};

bool cli_takes_board_options(const struct cli_command *command)
{
    return (command->flags & (CLI_BOARD | CLI_OFFLINE)) != 0;
}

/* A chain is of eFuses: of a board, or of a virtual memory. */
bool cli_uses_board_options(const struct cli_command *command)
{
    return (command->flags & (CLI_BOARD | CLI_CHAIN)) != 0;
}

static const struct cli_option *find_option(const struct cli_option *options, const char *name)
{
    for (; options != NULL && options->name != NULL; options++)
        if (strcmp(options->name, name) == 0)
            return options;
    return NULL;
}

/* NULL = the command has no such option. */
static const struct cli_option *option_of(const struct cli_call *call, const char *name)
{
    const struct cli_option *option = find_option(cli_options(call->command), name);

    return option != NULL ? option : find_option(cli_board_options, name);
}

bool cli_has_option(const struct cli_call *call, const char *option)
{
    return option_of(call, option) != NULL;
}

const char *cli_texts(const struct cli_call *call, const char *option, int index)
{
    for (int i = 0; i < call->given_count; i++)
        if (strcmp(call->given[i].option, option) == 0 && index-- == 0)
            return call->given[i].text;
    return NULL;
}

bool cli_flag(const struct cli_call *call, const char *option)
{
    assert(cli_has_option(call, option));
    for (int i = 0; i < call->given_count; i++)
        if (strcmp(call->given[i].option, option) == 0)
            return true;
    return false;
}

const char *cli_text(const struct cli_call *call, const char *option)
{
    const struct cli_option *row = option_of(call, option);

    assert(row != NULL);
    for (int i = call->given_count; i > 0; i--)
        if (strcmp(call->given[i - 1].option, option) == 0)
            return call->given[i - 1].text;
    if (strcmp(option, "ledger") == 0 && call->ledger != NULL)
        return call->ledger;
    const char *text = row->env != NULL ? getenv(row->env) : NULL;
    return text != NULL && text[0] != '\0' ? text : NULL;
}

enum eg_code cli_list(const struct cli_call *call, const char *option, const char ***values, int *count,
                      struct eg_error *err)
{
    *count = 0;
    while (cli_texts(call, option, *count) != NULL)
        (*count)++;
    EG_TRY(eg_alloc(values, (size_t)*count + 1, sizeof **values, err));
    for (int i = 0; i < *count; i++)
        (*values)[i] = cli_texts(call, option, i);
    return EG_OK;
}

enum eg_code cli_option_number(const struct cli_call *call, const char *option, uint64_t most,
                               uint64_t fallback, uint64_t *number, struct eg_error *err)
{
    const char *text = cli_text(call, option);

    *number = fallback;
    if (text == NULL || cli_number(text, most, number))
        return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT, "--%s: \"%.40s\" is no number up to %llu", option, text,
                        (unsigned long long)most);
}

enum eg_code cli_argument_number(const struct cli_call *call, int index, const char *what, uint32_t *number,
                                 struct eg_error *err)
{
    uint64_t value;

    if (!cli_number(call->argument[index], UINT32_MAX, &value))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s \"%.60s\" is no number of 32 bits", what,
                            call->argument[index]);
    *number = (uint32_t)value;
    return EG_OK;
}

enum eg_code cli_usage(const struct cli_call *call, struct eg_error *err, const char *format, ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return eg_error_set(err, EG_BAD_ARGUMENT, "%s; see 'espgang %s --help'", text, call->command->name);
}

enum eg_code cli_check_name(const struct cli_call *call, const char *option, struct eg_error *err)
{
    const char *at = cli_text(call, option);

    if (at == NULL)
        return EG_OK;
    if (at[0] == '\0')
        return cli_usage(call, err, "--%s: the name is empty", option);
    for (size_t length; *at != '\0'; at += length) {
        length = eg_utf8_length(at, strlen(at));
        if (length == 0 || eg_utf8_is_control(at, length))
            return cli_usage(call, err, "--%s: the name has byte 0x%02x, which is no text", option,
                             (unsigned char)*at);
    }
    return EG_OK;
}

enum eg_code cli_folder_check(const struct cli_call *call, const char *option, struct eg_error *err)
{
    const char *const path = cli_text(call, option);
    struct stat info;

    if (path == NULL || (stat(path, &info) == 0 && S_ISDIR(info.st_mode)))
        return EG_OK;
    return cli_usage(call, err, "--%s: there is no folder '%s'", option, path);
}

enum eg_code cli_output_check(const char *path, struct eg_error *err)
{
    const char *const slash = strrchr(path, '/');
    char folder[PATH_MAX] = ".";
    struct stat info;

    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return eg_error_errno(err, EG_BAD_ARGUMENT, EISDIR, "%s", path);
    if (slash != NULL && snprintf(folder, sizeof folder, "%.*s", (int)(slash - path + 1), path) >= PATH_MAX)
        return eg_error_errno(err, EG_BAD_ARGUMENT, ENAMETOOLONG, "%.100s...", path);
    if (access(folder, X_OK) != 0)
        return eg_error_errno(err, EG_BAD_ARGUMENT, errno, "%s", path);
    if (access(path, W_OK) != 0 && (errno != ENOENT || access(folder, W_OK) != 0))
        return eg_error_errno(err, EG_BAD_ARGUMENT, errno, "%s", path);
    return EG_OK;
}

enum eg_code cli_first_file_check(struct cli_call *call, struct eg_error *err)
{
    return cli_file_check(call->argument[0], err);
}

void cli_say(const struct cli_call *call, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    eg_log_print(call->logger, NULL, "%s", text);
}

struct tables {
    const struct cli_option *rows[TABLES];
    struct poptOption table[TABLES][OPTIONS_MAX], all[TABLES + 1];
};

bool cli_has_letter(const struct cli_option *options, char letter)
{
    for (; options != NULL && options->name != NULL; options++)
        if (options->letter == letter)
            return true;
    return false;
}

/* Return whether the option exists with this first argument; "" = no argument yet. */
static bool exists_with(const struct cli_option *option, const char *first)
{
    const char *const *only = option->only;

    while (only != NULL && *only != NULL && strcmp(*only, first) != 0)
        only++;
    return only == NULL || *only != NULL || first[0] == '\0';
}

/* A letter of table 0 hides the same letter in the others. */
static void fill(struct tables *tables, int at, const struct cli_option *options, const char *first)
{
    const struct cli_option *taken = at > 0 ? tables->rows[0] : NULL;
    int count = 0;

    tables->rows[at] = options;
    for (int row = 0; options != NULL && options->name != NULL && row < OPTIONS_MAX - 1; options++, row++) {
        if (!exists_with(options, first))
            continue;
        tables->table[at][count++] = (struct poptOption){
            options->name,
            cli_has_letter(taken, options->letter) ? '\0' : options->letter,
            options->value != NULL ? POPT_ARG_STRING : POPT_ARG_NONE,
            NULL,
            at * OPTIONS_MAX + row + 1,
            NULL,
            NULL,
        };
    }
    tables->table[at][count] = (struct poptOption)POPT_TABLEEND;
    tables->all[at] =
        (struct poptOption){NULL, '\0', POPT_ARG_INCLUDE_TABLE, tables->table[at], 0, NULL, NULL};
}

static void make_tables(struct tables *tables, const struct cli_command *command, const char *first)
{
    fill(tables, 0, cli_options(command), first);
    fill(tables, 1, cli_takes_board_options(command) ? cli_board_options : NULL, "");
    fill(tables, 2, cli_help_options, "");
    tables->all[TABLES] = (struct poptOption)POPT_TABLEEND;
}

static enum eg_code check_choice(const struct cli_call *call, const struct cli_option *option,
                                 const char *text, struct eg_error *err)
{
    char allowed[300] = "";

    if (option->choices == NULL || text == NULL)
        return EG_OK;
    for (const char *const *choice = option->choices; *choice != NULL; choice++) {
        if (strcmp(*choice, text) == 0)
            return EG_OK;
        snprintf(allowed + strlen(allowed), sizeof allowed - strlen(allowed), "%s%s",
                 choice != option->choices ? ", " : "", *choice);
    }
    return cli_usage(call, err, "--%s: \"%.40s\" is none of %s", option->name, text, allowed);
}

/* esptool 4 wrote reset modes with underscores. */
static void hyphenate(const struct cli_option *option, char *text)
{
    if (option->choices != NULL &&
        (strcmp(option->name, "before") == 0 || strcmp(option->name, "after") == 0))
        for (; *text != '\0'; text++)
            if (*text == '_')
                *text = '-';
}

static enum eg_code take(struct cli_call *call, const struct cli_option *option, char *text,
                         struct eg_error *err)
{
    const enum eg_code code = eg_grow(&call->given, (size_t)call->given_count, sizeof *call->given, err);

    if (code != EG_OK) {
        free(text);
        return code;
    }
    call->given[call->given_count++] = (struct cli_given){option->name, text};
    if (text != NULL)
        hyphenate(option, text);
    return check_choice(call, option, text, err);
}

/* The argument that is missing, as the last form of the command calls it. */
static enum eg_code missing(const struct cli_call *call, struct eg_error *err)
{
    const char *forms = call->command->arguments;

    if (strchr(forms, '\n') != NULL || call->count == 0)
        return cli_usage(call, err, "missing argument%s: %.*s", call->command->least > 1 ? "s" : "",
                         (int)strcspn(forms, "\n"), forms);
    for (int i = 0; i < call->count; i++)
        forms += strcspn(forms, " "), forms += strspn(forms, " ");
    return cli_usage(call, err, "missing argument: %.*s", (int)strcspn(forms, " "), forms);
}

static enum eg_code check_arguments(const struct cli_call *call, struct eg_error *err)
{
    const struct cli_command *command = call->command;

    if (call->count < command->least)
        return missing(call, err);
    if (command->most >= 0 && call->count > command->most)
        return cli_usage(call, err, "unexpected argument '%.60s'", call->argument[command->most]);
    return EG_OK;
}

static enum eg_code take_options(struct cli_call *call, const struct tables *tables, struct eg_error *err)
{
    int value;

    while ((value = poptGetNextOpt(call->context)) > 0) {
        const struct cli_option *rows = tables->rows[(value - 1) / OPTIONS_MAX];
        const struct cli_option *option = &rows[(value - 1) % OPTIONS_MAX];
        call->help |= option == &cli_help_options[0];
        call->usage |= option == &cli_help_options[1];
        EG_TRY(take(call, option, poptGetOptArg(call->context), err));
    }
    if (value != -1)
        return cli_usage(call, err, "%s: %s", poptBadOption(call->context, 0), poptStrerror(value));
    return EG_OK;
}

static enum eg_code parse(struct cli_call *call, struct eg_error *err)
{
    static const char *none[] = {NULL};
    struct tables tables;

    const char *const second = call->words.count > 1 ? call->words.word[1] : "";
    char first[64];
    snprintf(first, sizeof first, "%s", second[0] != '-' ? second : "");
    for (char *at = first; *at != '\0'; at++)
        if (*at == '_') /* as esptool 4 and its companions had it */
            *at = '-';
    make_tables(&tables, call->command, first);
    call->context = poptGetContext(NULL, call->words.count, (const char **)call->words.word, tables.all, 0);
    EG_TRY(take_options(call, &tables, err));
    if (call->help || call->usage)
        return EG_OK;
    const char **arguments = poptGetArgs(call->context);
    call->argument = arguments != NULL ? arguments : none;
    while (call->argument[call->count] != NULL)
        call->count++;
    EG_TRY(check_arguments(call, err));
    if (!cli_takes_board_options(call->command))
        return EG_OK;
    if (cli_flag(call, "silent") && (cli_flag(call, "verbose") || cli_flag(call, "trace")))
        return cli_usage(call, err, "--silent excludes --verbose and --trace");
    for (const struct cli_option *option = cli_board_options; option->name != NULL; option++)
        EG_TRY(check_choice(call, option, cli_text(call, option->name), err));
    return EG_OK;
}

enum eg_code cli_call_parse(struct cli_call *call, int argc, const char *const *argv, struct eg_error *err)
{
    EG_TRY(cli_arguments_spell(&call->words, argc, argv, cli_options(call->command), call->command->least + 1,
                               err));
    return parse(call, err);
}

void cli_call_finish(struct cli_call *call)
{
    for (int i = 0; i < call->given_count; i++)
        free(call->given[i].text);
    free(call->given);
    free(call->ledger);
    poptFreeContext(call->context);
    cli_arguments_finish(&call->words);
}
