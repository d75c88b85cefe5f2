/* SPDX-License-Identifier: Apache-2.0 */

/*
 * esptool's command lines, word by word.
 *
 * popt knows neither short options of two letters (-fs) nor options that take as many words as there are
 * (--diff-with A B), and scripts still have the names that options had in esptool 4.
 */

#include "tools/espgang/arguments.h"

#include "engine/base/bytes.h"
#include "engine/base/file.h"
#include "engine/plan/plan.h"

#include <errno.h>
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SIZE_MAX ((size_t)1 << 20)

static const char *const befores[] = {"default-reset", "usb-reset", "no-reset", "no-reset-no-sync", NULL};
static const char *const afters[] = {"hard-reset",    "soft-reset",     "no-reset",
                                     "no-reset-stub", "watchdog-reset", NULL};
static const char *const supplies[] = {"1.8V", "1.9V", "OFF", NULL};
static const char *const rates[] = {"9600",   "57600",  "74880",   "115200",  "230400",
                                    "460800", "921600", "1500000", "2000000", NULL};
static const char *const filter_keys[] = {"vid=", "pid=", "name=", "serial=", NULL};

const struct cli_option cli_board_options[] = {
    {.name = "chip",
     .letter = 'c',
     .value = "CHIP",
     .help = "Chip that the board must have, such as esp32c3 (default: whichever answers)",
     .env = "ESPTOOL_CHIP"},
    {.name = "port",
     .letter = 'p',
     .value = "PORT",
     .help = "Path or URL of the port (default: the first at which a board answers)",
     .env = "ESPTOOL_PORT"},
    {.name = "baud",
     .letter = 'b',
     .value = "RATE",
     .help = "Baud rate, in bits per second (default: 115200)",
     .offers = rates,
     .env = "ESPTOOL_BAUD"},
    {.name = "port-filter",
     .value = "KEY=VALUE",
     .help = "Try only ports that match: vid=, pid=, name=, serial=; may be repeated",
     .more = "Takes several values. Of every key that is given, one value must match.",
     .offers = filter_keys,
     .eat_all = true},
    {.name = "before",
     .value = "MODE",
     .help = "How to enter the loader (default: default-reset)",
     .choices = befores,
     .env = "ESPTOOL_BEFORE"},
    {.name = "after",
     .letter = 'a',
     .value = "MODE",
     .help = "How to leave the loader (default: hard-reset)",
     .more = "A mode that needs DTR and RTS is refused when the port has none; without this option the board "
             "then "
             "stays in its loader, and a note says so. A note also says when a chip cannot do what is asked "
             "and gets a "
             "hard reset.",
     .choices = afters,
     .env = "ESPTOOL_AFTER"},
    {.name = "no-stub", .help = "Use the chip's ROM loader and no flasher stub"},
    {.name = "stub-dir", .value = "DIR", .help = "Take flasher stubs from this folder"},
    {.name = "connect-attempts",
     .value = "N",
     .help = "Number of attempts to connect (default: 7; 0 or less: no limit)",
     .env = "ESPTOOL_CONNECT_ATTEMPTS"},
    {.name = "override-vddsdio",
     .value = "VOLTAGE",
     .help = "Set the flash supply of an ESP32",
     .choices = supplies},
    {.name = "trace", .letter = 't', .help = "Show every frame"},
    {.name = "verbose", .letter = 'v', .help = "Show more"},
    {.name = "silent", .letter = 's', .help = "Show nothing but errors"},
    {.name = NULL}};

static const struct {
    const char *old, *now;
} renamed[] = {
    {"-?", "--help"},
    {"-fs", "--flash-size"},
    {"-fm", "--flash-mode"},
    {"-ff", "--flash-freq"},
    {"-sc", "--spi-connection"},
    {"--ignore-flash-encryption-efuse-setting", "--ignore-flash-enc-efuse"},
    {"--fill-flash-size", "--pad-to-size"},
    {"--no-diff-verify", "--trust-flash-content"},
};

static enum eg_code add(struct cli_arguments *arguments, const char *word, struct eg_error *err)
{
    if (arguments->word == NULL) /* the end of the list */
        EG_TRY(eg_grow(&arguments->word, 0, sizeof *arguments->word, err));
    EG_TRY(eg_grow(&arguments->word, (size_t)arguments->count + 1, sizeof *arguments->word, err));
    EG_TRY(eg_strdup(&arguments->word[arguments->count], word, err));
    arguments->count++;
    return EG_OK;
}

void cli_arguments_finish(struct cli_arguments *arguments)
{
    for (int i = 0; i < arguments->count; i++)
        free(arguments->word[i]);
    free(arguments->word);
}

/* popt takes the end of the line for the end of a quote. */
static bool has_open_quote(const char *line)
{
    char quote = '\0';

    for (; *line != '\0'; line++) {
        if (*line == '\\' && line[1] != '\0')
            line++;
        else if (quote != '\0' ? *line == quote : *line == '"' || *line == '\'')
            quote = quote != '\0' ? '\0' : *line;
    }
    return quote != '\0';
}

static enum eg_code add_line(struct cli_arguments *out, const char *path, unsigned number, const char *line,
                             struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) const char **words = NULL;
    int count;

    int result = poptParseArgvString(line, &count, &words);
    if (result == POPT_ERROR_NOARG)
        return EG_OK; /* a blank line */
    if (result == 0 && has_open_quote(line))
        result = POPT_ERROR_BADQUOTE;
    if (result != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s:%u: %s", path, number, poptStrerror(result));
    for (int i = 0; i < count; i++)
        EG_TRY(add(out, words[i], err));
    return EG_OK;
}

enum eg_code cli_file_check(const char *path, struct eg_error *err)
{
    struct stat info;

    if (access(path, R_OK) != 0)
        return eg_error_errno(err, EG_BAD_ARGUMENT, errno, "%s", path);
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return eg_error_errno(err, EG_BAD_ARGUMENT, EISDIR, "%s", path);
    return EG_OK;
}

static enum eg_code add_file(struct cli_arguments *out, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    char *line, *rest;
    unsigned number = 0;

    EG_TRY(cli_file_check(path, err));
    EG_TRY(eg_file_read(&file, path, FILE_SIZE_MAX, err));
    for (line = (char *)file.data; line != NULL; line = rest) {
        rest = strchr(line, '\n');
        if (rest != NULL)
            *rest++ = '\0';
        const size_t length = strlen(line);
        if (length > 0 && line[length - 1] == '\r')
            line[length - 1] = '\0';
        EG_TRY(add_line(out, path, ++number, line, err));
    }
    return EG_OK;
}

enum eg_code cli_arguments_expand(struct cli_arguments *out, int argc, const char *const *argv,
                                  struct eg_error *err)
{
    for (int i = 0; i < argc; i++) {
        if (argv[i][0] != '@') {
            EG_TRY(add(out, argv[i], err));
            continue;
        }
        EG_TRY(add_file(out, argv[i] + 1, err));
    }
    return EG_OK;
}

/* "--flash_size=4MB" as "--flash-size=4MB", then by its present name. */
static enum eg_code spell(struct cli_arguments *out, const char *word, struct eg_error *err)
{
    char name[4096];
    const size_t length = strcspn(word, "=");

    if (word[0] != '-' || length >= sizeof name)
        return add(out, word, err);
    snprintf(name, sizeof name, "%.*s", (int)length, word);
    for (char *at = name; strncmp(name, "--", 2) == 0 && *at != '\0'; at++)
        if (*at == '_')
            *at = '-';
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
        if (strcmp(name, renamed[i].old) == 0)
            snprintf(name, sizeof name, "%s", renamed[i].now);
    if (snprintf(name + strlen(name), sizeof name - strlen(name), "%s", word + length) >=
        (int)(sizeof name - strlen(name)))
        return add(out, word, err);
    return add(out, name, err);
}

static const struct cli_option *find_option(const struct cli_option *options, const char *name, size_t length,
                                            char letter)
{
    for (; options != NULL && options->name != NULL; options++)
        if (letter != '\0' ? options->letter == letter
                           : strlen(options->name) == length && strncmp(options->name, name, length) == 0)
            return options;
    return NULL;
}

/* The option of a word that the next word is the value of; NULL = it is no such word. */
static const struct cli_option *wants_value(const struct cli_option *options, const char *word)
{
    const bool is_long = strncmp(word, "--", 2) == 0;
    const struct cli_option *option;

    if (word[0] != '-' || word[1] == '\0' || (!is_long && word[2] != '\0'))
        return NULL;
    option = is_long ? find_option(options, word + 2, strlen(word + 2), '\0')
                     : find_option(options, "", 0, word[1]);
    if (option == NULL && options != cli_board_options)
        return wants_value(cli_board_options, word);
    return option != NULL && option->value != NULL ? option : NULL;
}

/* Count the words that are neither options nor the first value of one. */
static int count_free(const struct cli_arguments *words, const struct cli_option *options)
{
    int count = 0;

    for (int i = 0; i < words->count; i++)
        if (wants_value(options, words->word[i]) != NULL)
            i++;
        else if (words->word[i][0] != '-' || words->word[i][1] == '\0')
            count++;
    return count;
}

enum eg_code cli_arguments_spell(struct cli_arguments *out, int argc, const char *const *argv,
                                 const struct cli_option *options, int least, struct eg_error *err)
{
    EG_CLEANUP(cli_arguments_finish) struct cli_arguments words = {0};
    const struct cli_option *eater = NULL; /* the option that takes the next words */

    for (int i = 0; i < argc; i++)
        EG_TRY(spell(&words, argv[i], err));
    int spare = count_free(&words, options) - least;
    for (int i = 0; i < words.count; i++) {
        const char *const word = words.word[i];
        const struct cli_option *const option = wants_value(options, word);
        char again[70];

        if (option == NULL && word[0] != '-' && eater != NULL && spare > 0) {
            snprintf(again, sizeof again, "--%s", eater->name);
            EG_TRY(add(out, again, err));
            spare--;
        } else if (option != NULL || word[0] == '-') {
            eater = options != NULL && option != NULL && option->eat_all ? option : NULL;
        }
        EG_TRY(add(out, word, err));
        if (option != NULL && i + 1 < words.count)
            EG_TRY(add(out, words.word[++i], err));
    }
    return EG_OK;
}

static enum eg_code add_option(struct cli_arguments *out, const struct cli_option *option, const char *value,
                               struct eg_error *err)
{
    char word[4096];

    if (snprintf(word, sizeof word, "--%s%s%s", option->name, value != NULL ? "=" : "",
                 value != NULL ? value : "") >= (int)sizeof word)
        return eg_error_set(err, EG_BAD_ARGUMENT, "--%s: its value is too long", option->name);
    return add(out, word, err);
}

static bool is_filter(const char *word)
{
    return strncmp(word, "vid=", 4) == 0 || strncmp(word, "pid=", 4) == 0 || strncmp(word, "name=", 5) == 0 ||
           strncmp(word, "serial=", 7) == 0;
}

/* One option and what belongs to it; letters without a value may stand together. */
static enum eg_code take_front(struct cli_arguments *out, int argc, const char *const *argv, int *at,
                               struct eg_error *err)
{
    const char *word = argv[(*at)++];
    const bool is_long = strncmp(word, "--", 2) == 0;
    const char *equals = is_long ? strchr(word, '=') : NULL;
    const size_t length = equals != NULL ? (size_t)(equals - word - 2) : strlen(word) - (is_long ? 2 : 0);

    for (const char *letter = word + 1;; letter++) {
        const struct cli_option *option = is_long ? find_option(cli_board_options, word + 2, length, '\0')
                                                  : find_option(cli_board_options, "", 0, *letter);
        if (option == NULL)
            return eg_error_set(err, EG_BAD_ARGUMENT, "%.60s: unknown option; see 'espgang --help'", word);
        const char *value = is_long             ? (equals != NULL ? equals + 1 : NULL)
                            : letter[1] != '\0' ? letter + 1
                                                : NULL;
        if (option->value == NULL) {
            EG_TRY(add_option(out, option, NULL, err));
            if (is_long || letter[1] == '\0')
                return EG_OK;
            continue;
        }
        if (value == NULL && *at == argc)
            return eg_error_set(err, EG_BAD_ARGUMENT, "--%s: wants %s", option->name, option->value);
        EG_TRY(add_option(out, option, value != NULL ? value : argv[(*at)++], err));
        while (option->eat_all && *at < argc && is_filter(argv[*at]))
            EG_TRY(add_option(out, option, argv[(*at)++], err));
        return EG_OK;
    }
}

enum eg_code cli_arguments_front(struct cli_arguments *out, int argc, const char *const *argv, int *used,
                                 struct eg_error *err)
{
    EG_CLEANUP(cli_arguments_finish) struct cli_arguments spelled = {0};

    EG_TRY(cli_arguments_spell(&spelled, argc, argv, NULL, 0, err));
    *used = 0;
    while (*used < argc && argv[*used][0] == '-')
        EG_TRY(take_front(out, argc, (const char *const *)spelled.word, used, err));
    return EG_OK;
}

bool cli_number(const char *text, uint64_t most, uint64_t *number)
{
    uint64_t value;
    char *end;

    if (text[0] == '0' && strchr("oObB", text[1]) != NULL && text[1] != '\0' && text[2] != '\0' &&
        text[2] != '-' && text[2] != '+' && text[2] != ' ') {
        value = strtoull(text + 2, &end, text[1] == 'o' || text[1] == 'O' ? 8 : 2);
        if (*end != '\0' && strcmp(end, "k") != 0 && strcmp(end, "M") != 0)
            return false;
        if (value > most)
            return false;
        value <<= *end == 'k' ? 10 : *end == 'M' ? 20 : 0;
    } else if (!eg_number_parse(text, &value)) {
        return false;
    }
    *number = value;
    return value <= most;
}
