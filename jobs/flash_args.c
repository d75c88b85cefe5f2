/* SPDX-License-Identifier: Apache-2.0 */

/*
 * flash_args: words for `esptool write-flash @flash_args`.
 *
 * esptool splits each line like a shell: at blanks, with both kinds of quotes and with backslashes; # does
 * not begin a comment. A copied command line begins with the program's name, and a backslash at the end of a
 * line continues it. Options that change the content of the flash are used or refused; options about how to
 * reach the board are ignored, because the line has its own.
 */

#include "jobs/builds.h"

#include "engine/plan/plan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORDS_MAX = 4000 };

struct reader {
    struct eg__word *words; /* WORDS_MAX elements */
    size_t count;
    struct eg__place place; /* of `in` */
    char *in, *out;         /* in the same text: an unquoted word is never longer */
    bool is_command_line;
};

static void reader_finish(const struct reader *reader)
{
    free(reader->words);
}

static bool is_blank(char byte)
{
    return byte != '\0' && strchr(" \t\r\n", byte) != NULL;
}

static char take(struct reader *reader)
{
    const char byte = *reader->in++;

    if (byte == '\n')
        reader->place = (struct eg__place){reader->place.file, reader->place.line + 1, 1, NULL};
    else if (((unsigned char)byte & 0xc0) != 0x80)
        reader->place.column++;
    return byte;
}

/* Return whether a backslash, or the ^ of Windows, continues the line. */
static bool is_continuation(const struct reader *reader)
{
    const char *const in = reader->in;

    return reader->is_command_line && (in[0] == '\\' || in[0] == '^') &&
           (in[1] == '\n' || (in[1] == '\r' && in[2] == '\n'));
}

/* Read the characters after a backslash. */
static enum eg_code take_escaped(struct reader *reader, const struct eg__place *place, char quote, char *byte,
                                 struct eg_error *err)
{
    const char next = *reader->in;

    if (quote == '"') {
        if (next == '"' || next == '\\')
            *byte = take(reader);
        return EG_OK;
    }
    if (isalnum((unsigned char)next))
        return eg__refuse(place, err,
                          "a backslash outside quotes only takes the next character as it is, so this is no "
                          "path; write / or put the path in quotes");
    if (next == '\0' || next == '\r' || next == '\n')
        return eg__refuse(place, err, "a backslash ends the line");
    *byte = take(reader);
    return EG_OK;
}

static enum eg_code read_word(struct reader *reader, struct eg_error *err)
{
    struct eg__place opened = reader->place;
    char quote = '\0';

    if (reader->count == WORDS_MAX)
        return eg__refuse(&reader->place, err, "the file has more than %d words", WORDS_MAX);
    reader->words[reader->count++] = (struct eg__word){reader->out, reader->place};
    if (*reader->in == '#')
        return eg__refuse(&reader->place, err, "# begins no comment in words for esptool; leave it out");
    while (*reader->in != '\0' && (quote != '\0' || !is_blank(*reader->in))) {
        const struct eg__place place = reader->place;
        char byte = take(reader);
        if (byte == '\n' || byte == '\r')
            break;
        if (quote != '\0' ? byte == quote : byte == '"' || byte == '\'') {
            quote = quote != '\0' ? '\0' : byte;
            opened = place;
            continue;
        }
        if (byte == '\\' && quote != '\'')
            EG_TRY(take_escaped(reader, &place, quote, &byte, err));
        *reader->out++ = byte;
    }
    if (quote != '\0')
        return eg__refuse(&opened, err, "the quote that begins here does not end in this line");
    if (*reader->in != '\0')
        take(reader);
    *reader->out++ = '\0';
    return EG_OK;
}

/* How an option is used. */
enum use {
    USE_TAKEN,
    USE_BY_LINE, /* about reaching boards or checking: the job has its own settings */
    USE_REFUSED, /* it would change the content of the flash */
    USE_ENCRYPTED,
};

struct flag {
    const char *name, *letters; /* letters NULL = none */
    enum use use;
    bool has_value;
    struct eg__word *word; /* USE_TAKEN */
};

static const struct flag *find_flag(const struct flag *flags, size_t count, const char *text)
{
    char name[40] = "";
    const size_t length = strcspn(text, "=");

    if (length >= sizeof name)
        return NULL;
    memcpy(name, text, length);
    for (char *at = name; *at != '\0'; at++)
        if (*at == '_')
            *at = '-';
    for (size_t i = 0; i < count; i++)
        if (strcmp(flags[i].name, name) == 0 ||
            (flags[i].letters != NULL && strcmp(flags[i].letters, text) == 0))
            return &flags[i];
    return NULL;
}

static bool is_command(const char *text)
{
    return strcmp(text, "write-flash") == 0 || strcmp(text, "write_flash") == 0;
}

/* Read the option at `*at`, and move `*at` past it and its value. */
static enum eg_code read_flag(struct eg__firmware *firmware, const struct eg__word *words, size_t count,
                              size_t *at, bool in_front, struct eg_error *err)
{
    const struct flag flags[] = {
        {"--flash-mode", "-fm", USE_TAKEN, true, &firmware->flash_mode},
        {"--flash-freq", "-ff", USE_TAKEN, true, &firmware->flash_freq},
        {"--flash-size", "-fs", USE_TAKEN, true, &firmware->flash_size},
        {"--chip", "-c", USE_TAKEN, true, &firmware->chip},
        {"--encrypt", NULL, USE_ENCRYPTED, false, NULL},
        {"--encrypt-files", NULL, USE_ENCRYPTED, false, NULL},
        {"--erase-all", "-e", USE_REFUSED, false, NULL},
        {"--diff-with", NULL, USE_REFUSED, false, NULL},
        {"--spi-connection", "-sc", USE_REFUSED, false, NULL},
        {"--override-vddsdio", NULL, USE_REFUSED, false, NULL},
        {"--port", in_front ? "-p" : NULL, USE_BY_LINE, true, NULL},
        {"--port-filter", NULL, USE_BY_LINE, true, NULL},
        {"--baud", "-b", USE_BY_LINE, true, NULL},
        {"--before", NULL, USE_BY_LINE, true, NULL},
        {"--after", "-a", USE_BY_LINE, true, NULL},
        {"--connect-attempts", NULL, USE_BY_LINE, true, NULL},
        {"--stub-version", NULL, USE_BY_LINE, true, NULL},
        {"--no-stub", NULL, USE_BY_LINE, false, NULL},
        {"--trace", "-t", USE_BY_LINE, false, NULL},
        {"--verbose", "-v", USE_BY_LINE, false, NULL},
        {"--silent", in_front ? "-s" : NULL, USE_BY_LINE, false, NULL},
        {"--no-progress", "-p", USE_BY_LINE, false, NULL},
        {"--skip-flashed", "-s", USE_BY_LINE, false, NULL},
        {"--verify", NULL, USE_BY_LINE, false, NULL},
        {"--force", NULL, USE_BY_LINE, false, NULL},
        {"--compress", "-z", USE_BY_LINE, false, NULL},
        {"--no-compress", "-u", USE_BY_LINE, false, NULL},
        {"--ignore-flash-enc-efuse", NULL, USE_BY_LINE, false, NULL},
        {"--ignore-flash-encryption-efuse-setting", NULL, USE_BY_LINE, false, NULL},
        {"--trust-flash-content", NULL, USE_BY_LINE, false, NULL},
        {"--no-diff-verify", NULL, USE_BY_LINE, false, NULL},
    };
    const struct eg__word *const word = &words[(*at)++];
    const char *const equals = strchr(word->text, '=');
    const struct flag *const flag = find_flag(flags, sizeof flags / sizeof *flags, word->text);

    if (flag == NULL)
        return eg__refuse(&word->place, err, "%.80s is no option of esptool's write-flash", word->text);
    if (flag->use == USE_REFUSED)
        return eg__refuse(&word->place, err, "a job does not do what %s asks for", flag->name);
    if (flag->use == USE_ENCRYPTED)
        return eg__refuse_encrypted(&word->place, flag->name, err);

    struct eg__word value = {"yes", word->place};
    if (flag->has_value && equals != NULL)
        value.text = equals + 1;
    else if (flag->has_value && *at < count)
        value = words[(*at)++];
    else if (flag->has_value)
        return eg__refuse(&word->place, err, "%s is not followed by its value", flag->name);
    if (flag->use == USE_BY_LINE)
        return eg__build_unused(firmware, flag->name + 2, value.text, err);
    if (flag->word != &firmware->chip || strcmp(value.text, "auto") != 0)
        *flag->word = value;
    return EG_OK;
}

enum eg_code eg__flash_args_words(struct eg__firmware *firmware, const struct eg__word *words, size_t count,
                                  struct eg_error *err)
{
    bool in_front = false; /* the command's own table, where letters differ */

    for (size_t at = 0; at < count; at++)
        in_front = in_front || is_command(words[at].text);
    for (size_t at = 0; at < count;) {
        if (words[at].text[0] == '-') {
            EG_TRY(read_flag(firmware, words, count, &at, in_front, err));
        } else if (in_front && is_command(words[at].text)) {
            in_front = false;
            at++;
        } else if (at + 1 == count || words[at + 1].text[0] == '-' || words[at + 1].text[0] == '\0') {
            return eg__refuse(&words[at].place, err, "\"%.80s\" is not followed by a file", words[at].text);
        } else {
            EG_TRY(eg__build_add(firmware, NULL, &words[at], &words[at + 1], err));
            at += 2;
        }
    }
    return EG_OK;
}

/* Return whether the last part of the path is the program, with or without .py and .exe. */
static bool is_program(const char *path, const char *name)
{
    const size_t length = strlen(name);

    for (const char *at = path; *at != '\0'; at++)
        if (*at == '/' || *at == '\\')
            path = at + 1;
    return strncasecmp(path, name, length) == 0 &&
           (path[length] == '\0' || strcasecmp(path + length, ".py") == 0 ||
            strcasecmp(path + length, ".exe") == 0);
}

/* "python", "python3.11", "py.exe" */
static bool is_python(const char *path)
{
    for (const char *at = path; *at != '\0'; at++)
        if (*at == '/' || *at == '\\')
            path = at + 1;
    return strncasecmp(path, "python", 6) == 0 || strcasecmp(path, "py") == 0 ||
           strcasecmp(path, "py.exe") == 0;
}

/* Return how many words before the arguments are the program: a prompt, Python and its options, esptool. */
static size_t program_words(const struct eg__word *words, size_t count)
{
    size_t at = 0;

    if (at < count && (strcmp(words[at].text, "$") == 0 || strcmp(words[at].text, ">") == 0 ||
                       strcmp(words[at].text, "&") == 0))
        at++;
    if (at < count && is_python(words[at].text))
        for (at++; at < count && words[at].text[0] == '-'; at++) {
        }
    return at < count && (is_program(words[at].text, "esptool") || is_program(words[at].text, "espgang"))
               ? at + 1
               : 0;
}

/* Return whether the first line that is not empty names the program. */
static bool is_command_line(const char *text)
{
    text += strspn(text, " \t\r\n");
    const size_t length = strcspn(text, "\r\n");
    const char *const program = strstr(text, "esptool");

    return program != NULL && (size_t)(program - text) < length && text[0] != '{' &&
           (strstr(text, "write_flash") != NULL || strstr(text, "write-flash") != NULL);
}

/* Return whether it is a command line, or a line that begins with an option, or with an address and a word.
 */
bool eg__flash_args_is(const struct eg_buffer *text)
{
    const char *line = eg__skip_bom((const char *)text->data);

    if (is_command_line(line))
        return true;
    for (; line != NULL; line = strchr(line, '\n')) {
        line += strspn(line, " \t\r\n");
        const size_t length = strcspn(line, " \t\r\n");
        if (line[0] == '-' && (line[1] == '-' || isalpha((unsigned char)line[1])))
            return true;
        if (strncmp(line, "0x", 2) == 0 && (line[length] == ' ' || line[length] == '\t'))
            return true;
    }
    return false;
}

enum eg_code eg__flash_args_read(struct eg__firmware *firmware, struct eg_error *err)
{
    char *const text = (char *)firmware->build.text.data;
    EG_CLEANUP(reader_finish)
    struct reader reader = {.place = {firmware->build.file, 1, 1, NULL},
                            .in = text + (eg__skip_bom(text) - text)};

    reader.out = reader.in;
    reader.is_command_line = is_command_line(reader.in);
    EG_TRY(eg_alloc(&reader.words, WORDS_MAX, sizeof *reader.words, err));
    for (;;) {
        while (is_blank(*reader.in) || is_continuation(&reader))
            take(&reader);
        if (*reader.in == '\0')
            break;
        EG_TRY(read_word(&reader, err));
    }
    const size_t program = program_words(reader.words, reader.count);
    EG_TRY(eg__flash_args_words(firmware, reader.words + program, reader.count - program, err));
    if (firmware->count == 0)
        return eg__refuse(&(struct eg__place){firmware->build.file, 1, 1, NULL}, err,
                          "the words name no file");
    return EG_OK;
}
