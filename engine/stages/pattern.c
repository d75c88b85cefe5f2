/* SPDX-License-Identifier: Apache-2.0 */

#define PCRE2_CODE_UNIT_WIDTH 8

#include "engine/stages/pattern.h"

#include "engine/base/bytes.h"
#include "engine/stages/app_log.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAP_KIB_MAX                                                                                         \
    (16 * 1024)         /* a line of the log needs a third of it even for a group that repeats per byte */
#define NEST_MAX     50 /* parentheses in parentheses */
#define HOSTILE_SIZE 96 /* three unlimited repeats in a row stay below the limit, four do not */

#define EDGES                                                                                                \
    "where \\< \\> \\` \\' mean an edge in some dialects and a character in others: write \\b, ^ or $ for "  \
    "an "                                                                                                    \
    "edge, and the character without \\"
#define RECURSION "which contains itself"

struct eg__regex {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
};

static enum eg_code refuse(const char *text, const char *why, struct eg_error *err)
{
    return eg_error_set(err, EG_BAD_JOB, "is \"%.80s\", %s", text, why);
}

/* The length of "{2}", "{2,}" or "{2,5}" at `text`; 0 = something else. */
static size_t repeat_length(const char *text)
{
    const size_t digits = strspn(text + 1, "0123456789");
    const char *at = text + 1 + digits;

    if (digits > 0 && *at == ',')
        at += 1 + strspn(at + 1, "0123456789");
    return digits > 0 && *at == '}' ? (size_t)(at + 1 - text) : 0;
}

/* The length of "[...]" at `text`, as far as it goes. */
static size_t class_length(const char *text)
{
    size_t at = text[1] == '^' ? 2 : 1;

    at += text[at] == ']';
    while (text[at] != '\0' && text[at] != ']') {
        const char kind = text[at] == '[' ? text[at + 1] : '\0';
        const char *const end = kind == ':' ? strstr(text + at + 2, ":]") : NULL;

        if (end != NULL)
            at = (size_t)(end + 2 - text);
        else
            at += text[at] == '\\' && text[at + 1] != '\0' ? 2 : 1;
    }
    return at + (text[at] == ']');
}

/* What a pattern may not have outside brackets, by what it begins with. */
static const struct {
    const char *begin, *why;
} refused[] = {
    {"\\<", EDGES},
    {"\\>", EDGES},
    {"\\`", EDGES},
    {"\\'", EDGES},
    {"(*", "where (* is an order to the matcher: write \\( for the character"},
    {"(?R)", RECURSION},
    {"(?0)", RECURSION},
    {"\\g<0>", RECURSION},
    {"\\g'0'", RECURSION},
};

/* Refuse what other dialects read as an operator and PCRE2 as plain characters, which would never match, and
 * what means something else once compile() has wrapped it. */
static enum eg_code check_dialect(const char *text, struct eg_error *err)
{
    for (const char *at = text; *at != '\0';) {
        for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
            if (strncmp(at, refused[i].begin, strlen(refused[i].begin)) == 0)
                return refuse(text, refused[i].why, err);
        if (at[0] == '\\' && at[1] != '\0') {
            at += 2;
            if (at[0] == '{' && strchr("gkoNpPx", at[-1]) != NULL)
                at += strcspn(at, "}");
        } else if (at[0] == '[') {
            at += class_length(at);
        } else if (at[0] == '{') {
            const size_t length = repeat_length(at);

            if (length == 0)
                return refuse(
                    text, "where { begins no repeat such as {2}, {2,} or {0,5}: write \\{ for the character",
                    err);
            at += length;
        } else {
            at++;
        }
    }
    return EG_OK;
}

static enum eg_code no_memory(struct eg_error *err)
{
    return eg_error_set(err, EG_NO_MEMORY, "out of memory for a regular expression");
}

/* The size limit of compiled expressions is the library's: 64 KiB. */
static enum eg_code compile(pcre2_code **code, const char *text, uint32_t options, struct eg_error *err)
{
    pcre2_compile_context *const context = pcre2_compile_context_create(NULL);
    PCRE2_SIZE at = 0;
    PCRE2_UCHAR cause[120];
    int failed = 0;

    if (context == NULL)
        return no_memory(err);
    pcre2_set_parens_nest_limit(context, NEST_MAX);
    *code = pcre2_compile((PCRE2_SPTR)text, strlen(text), PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | options,
                          &failed, &at, context);
    pcre2_compile_context_free(context);
    if (*code != NULL)
        return EG_OK;
    if (failed == PCRE2_ERROR_NOMEMORY)
        return no_memory(err);
    pcre2_get_error_message(failed, cause, sizeof cause);
    return eg_error_set(err, EG_BAD_JOB, "is \"%.80s\", no regular expression: %s, at byte %zu", text,
                        (const char *)cause, (size_t)at);
}

/* The library counts its steps anew for each place of a line where a match may begin. With the search for
 * that place in the expression, the limit is one for the whole line. Without the library's first look for a
 * byte that the line lacks, it depends less on the line. */
static enum eg_code prepare(struct eg__regex *regex, const char *text, struct eg_error *err)
{
    char wrapped[EG_PATTERN_MAX + 20];

    EG_TRY(compile(&regex->code, text, 0, err));
    pcre2_code_free(regex->code);
    regex->code = NULL;
    snprintf(wrapped, sizeof wrapped, "(?:.*?)(?:%s)", text);
    EG_TRY(compile(&regex->code, wrapped, PCRE2_ANCHORED | PCRE2_NO_START_OPTIMIZE, err));
    regex->match = pcre2_match_data_create_from_pattern(regex->code, NULL);
    regex->limits = pcre2_match_context_create(NULL);
    if (regex->match == NULL || regex->limits == NULL)
        return no_memory(err);
    pcre2_set_match_limit(regex->limits, EG_PATTERN_STEPS_MAX);
    pcre2_set_depth_limit(regex->limits, EG_PATTERN_STEPS_MAX);
    pcre2_set_heap_limit(regex->limits, HEAP_KIB_MAX);
    return EG_OK;
}

/* Match without a sentence: EG_OK, EG_PATTERN_LIMIT or EG_NO_MEMORY. */
static enum eg_code match(const struct eg_pattern *pattern, const char *line, size_t size, bool *matches)
{
    const struct eg__regex *const regex = pattern->regex;
    const int got =
        pcre2_match(regex->code, (PCRE2_SPTR)line, size, 0, PCRE2_NO_UTF_CHECK, regex->match, regex->limits);

    *matches = got >= 0;
    if (got >= 0 || got == PCRE2_ERROR_NOMATCH)
        return EG_OK;
    return got == PCRE2_ERROR_NOMEMORY ? EG_NO_MEMORY : EG_PATTERN_LIMIT;
}

/* Try a line that is `size` bytes of `text` over and over, and ends with a byte that no pattern asks for. */
static enum eg_code try_line(const struct eg_pattern *pattern, const char *text, size_t size)
{
    char line[HOSTILE_SIZE + 1];
    bool ignored;

    for (size_t i = 0; i < HOSTILE_SIZE; i++)
        line[i] = text[i % size];
    line[HOSTILE_SIZE] = '\x01';
    return match(pattern, line, sizeof line, &ignored);
}

/* What makes an expression slow is a line that nearly matches in many ways: one byte of it, or its plain
 * text, over and over. EG_OK, EG_PATTERN_LIMIT or EG_NO_MEMORY. */
static enum eg_code try_lines(const struct eg_pattern *pattern)
{
    static const char usual[] = "a0A _.";
    char plain[EG_PATTERN_MAX + 1] = "";
    size_t size = 0;

    for (const char *at = usual; *at != '\0'; at++)
        EG_TRY(try_line(pattern, at, 1));
    for (const char *at = pattern->text; *at != '\0'; at++) {
        if (strchr(pattern->text, *at) == at)
            EG_TRY(try_line(pattern, at, 1));
        if (strchr("\\^$.|?*+()[]{}", *at) == NULL)
            plain[size++] = *at;
    }
    if (size > 0)
        EG_TRY(try_line(pattern, plain, size));
    return size > 1 ? try_line(pattern, plain, size - 1) : EG_OK;
}

static enum eg_code init_regex(struct eg_pattern *pattern, struct eg_error *err)
{
    EG_TRY(check_dialect(pattern->text, err));
    EG_TRY(eg_alloc(&pattern->regex, 1, sizeof *pattern->regex, err));
    EG_TRY(prepare(pattern->regex, pattern->text, err));
    const enum eg_code code = try_lines(pattern);
    if (code == EG_NO_MEMORY)
        return no_memory(err);
    if (code != EG_OK)
        return eg_error_set(
            err, EG_BAD_JOB,
            "is \"%.80s\", which takes more than %d steps on some lines: put no repeat inside "
            "another, as in (a+)+, and fewer .* in a row",
            pattern->text, EG_PATTERN_STEPS_MAX);
    return EG_OK;
}

enum eg_code eg_pattern_init(struct eg_pattern *pattern, const char *text, bool literal, struct eg_error *err)
{
    *pattern = (struct eg_pattern){.text = text};
    if (text[0] == '\0')
        return eg_error_set(err, EG_BAD_JOB, "is empty, which every line matches");
    if (strlen(text) > EG_PATTERN_MAX)
        return eg_error_set(err, EG_BAD_JOB, "has %zu bytes, more than %d", strlen(text), EG_PATTERN_MAX);
    return literal ? EG_OK : init_regex(pattern, err);
}

void eg_pattern_finish(struct eg_pattern *pattern)
{
    if (pattern->regex != NULL) {
        pcre2_code_free(pattern->regex->code);
        pcre2_match_data_free(pattern->regex->match);
        pcre2_match_context_free(pattern->regex->limits);
        free(pattern->regex);
    }
    *pattern = (struct eg_pattern){0};
}

size_t eg_pattern_groups(const struct eg_pattern *pattern)
{
    uint32_t count = 0;

    if (pattern->regex != NULL)
        pcre2_pattern_info(pattern->regex->code, PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
}

enum eg_code eg_pattern_match(const struct eg_pattern *pattern, const char *line, bool *matches,
                              struct eg_error *err)
{
    char quote[EG_APP_QUOTE_MAX];

    if (pattern->regex == NULL) {
        *matches = strstr(line, pattern->text) != NULL;
        return EG_OK;
    }
    const enum eg_code code = match(pattern, line, strlen(line), matches);
    if (code == EG_NO_MEMORY)
        return no_memory(err);
    if (code == EG_OK)
        return EG_OK;
    eg_app_quote(quote, line, strlen(line));
    return eg_error_set(
        err, EG_PATTERN_LIMIT,
        "\"%.80s\" was given up after %d steps at the line \"%s\": write a pattern with fewer "
        "repeats, or a literal text",
        pattern->text, EG_PATTERN_STEPS_MAX, quote);
}

enum eg_code eg_pattern_group(const struct eg_pattern *pattern, const char *line, const char **group,
                              size_t *size, struct eg_error *err)
{
    bool matches;

    *group = NULL;
    *size = 0;
    EG_TRY(eg_pattern_match(pattern, line, &matches, err));
    if (!matches || eg_pattern_groups(pattern) == 0)
        return EG_OK;
    const PCRE2_SIZE *const bounds = pcre2_get_ovector_pointer(pattern->regex->match);
    if (bounds[2] == PCRE2_UNSET || bounds[3] < bounds[2]) /* the latter by \K in an assertion */
        return EG_OK;
    *group = line + bounds[2];
    *size = bounds[3] - bounds[2];
    return EG_OK;
}
