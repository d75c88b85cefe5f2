/* SPDX-License-Identifier: Apache-2.0 */

/* Templates; see the header. Not here: which names there are. */

#include "engine/plan/template.h"

#include "engine/base/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH_MAX = 64, NUMBER_TEXT = WIDTH_MAX + 24, NAMES_TEXT = 300 };

enum form { AS_IT_IS, DECIMAL, HEX_LOWER, HEX_UPPER, UPPER, LOWER, PLAIN };

/* Literal text, or a name in braces. */
struct piece {
    const char *text; /* all of it, braces too */
    size_t size;
    bool is_name;
    const char *name;
    size_t name_size;
    enum form form;
    bool zeros;
    int width;
};

enum eg_code eg_names_add(struct eg_names *names, const struct eg_name *name, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *key = NULL;
    EG_CLEANUP(eg_free_cleanup) char *value = NULL;

    EG_TRY(eg_strdup(&key, name->name, err));
    EG_TRY(eg_strdup(&value, name->value, err));
    struct eg_name *const more = realloc(names->list, (names->count + 1) * sizeof *more);
    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "names of the unit's data");
    names->list = more;
    names->list[names->count++] = (struct eg_name){key, value, name->given, name->secret, name->unique};
    key = value = NULL;
    return EG_OK;
}

static const struct eg_name *find(const struct eg_names *names, const char *name, size_t size)
{
    for (unsigned i = 0; i < names->count; i++)
        if (strlen(names->list[i].name) == size && memcmp(names->list[i].name, name, size) == 0)
            return &names->list[i];
    return NULL;
}

const struct eg_name *eg_names_find(const struct eg_names *names, const char *name)
{
    return find(names, name, strlen(name));
}

void eg_names_finish(struct eg_names *names)
{
    for (unsigned i = 0; i < names->count; i++) {
        free(names->list[i].name);
        free(names->list[i].value);
    }
    free(names->list);
    *names = (struct eg_names){0};
}

/* Read the format after the colon. */
static bool parse_form(struct piece *piece, const char *text, size_t size)
{
    static const struct {
        const char *word;
        enum form form;
    } words[] = {{"d", DECIMAL},   {"x", HEX_LOWER}, {"X", HEX_UPPER},
                 {"upper", UPPER}, {"lower", LOWER}, {"plain", PLAIN}};
    const char *const end = text + size;

    piece->zeros = text < end && *text == '0';
    for (; text < end && isdigit((unsigned char)*text) && piece->width <= WIDTH_MAX; text++)
        piece->width = piece->width * 10 + *text - '0';
    const bool has_width = piece->zeros || piece->width != 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i].word) != (size_t)(end - text) ||
            memcmp(words[i].word, text, (size_t)(end - text)) != 0)
            continue;
        piece->form = words[i].form;
        return piece->width <= WIDTH_MAX && (!has_width || piece->form <= HEX_UPPER);
    }
    return false;
}

/* Read a piece that begins with a brace; `end` is the closing brace. */
static enum eg_code parse_name(struct piece *piece, const char *end, struct eg_error *err)
{
    const char *const name = piece->text + 1;
    const char *const colon = memchr(name, ':', (size_t)(end - name));

    piece->is_name = true;
    piece->size = (size_t)(end + 1 - piece->text);
    piece->name = name;
    piece->name_size = (size_t)((colon != NULL ? colon : end) - name);
    if (colon != NULL && !parse_form(piece, colon + 1, (size_t)(end - colon - 1)))
        return eg_error_set(err, EG_BAD_JOB,
                            "has %.*s, whose format is none of d, 06d, 04x, 04X, upper, lower, plain",
                            (int)(piece->size < 80 ? piece->size : 80), piece->text);
    return EG_OK;
}

static enum eg_code next_of_text(struct piece *piece, const char *text, size_t size, struct eg_error *err)
{
    const char *const end = text + size;

    *piece = (struct piece){.text = text, .size = 1};
    if (size > 1 && (text[0] == '{' || text[0] == '}') && text[1] == text[0]) {
        *piece = (struct piece){.text = text + 1, .size = 1}; /* what stands for the two: see advance() */
        return EG_OK;
    }
    if (text[0] == '}')
        return eg_error_set(err, EG_BAD_JOB, "has a \"}\" without a \"{\"; the character itself is \"}}\"");
    if (text[0] == '{') {
        const char *close = text + 1;
        while (close < end && *close != '{' && *close != '}')
            close++;
        if (close == end || *close == '{')
            return eg_error_set(err, EG_BAD_JOB,
                                "has a \"{\" without a \"}\"; the character itself is \"{{\"");
        return parse_name(piece, close, err);
    }
    while (piece->size < size && text[piece->size] != '{' && text[piece->size] != '}')
        piece->size++;
    return EG_OK;
}

/* The brace that ends one word in braces, with or without a format; NULL = this is something else. */
static const char *end_of_word(const char *text, size_t size)
{
    size_t at = 1;

    if (size < 3 || !(isalpha((unsigned char)text[1]) || text[1] == '_'))
        return NULL;
    while (at < size && (isalnum((unsigned char)text[at]) || text[at] == '_'))
        at++;
    if (at < size && text[at] == ':')
        for (at++; at < size && isalnum((unsigned char)text[at]);)
            at++;
    return at < size && text[at] == '}' ? text + at : NULL;
}

static enum eg_code next_of_file(struct piece *piece, const char *text, size_t size, struct eg_error *err)
{
    const char *const end = text[0] == '{' ? end_of_word(text, size) : NULL;

    *piece = (struct piece){.text = text, .size = 1};
    if (end != NULL)
        return parse_name(piece, end, err);
    while (piece->size < size && text[piece->size] != '{')
        piece->size++;
    return EG_OK;
}

/* Read the next piece, and move `*at` past it. */
static enum eg_code advance(struct piece *piece, const struct eg_template *template, size_t *at,
                            struct eg_error *err)
{
    const char *const text = template->text + *at;
    const size_t left = template->size - *at;

    EG_TRY(template->kind == EG_TEMPLATE_FILE ? next_of_file(piece, text, left, err)
                                              : next_of_text(piece, text, left, err));
    *at = (size_t)(piece->text + piece->size - template->text);
    return EG_OK;
}

static enum eg_code unknown(const struct piece *piece, const struct eg_names *names, struct eg_error *err)
{
    char known[NAMES_TEXT] = "";

    for (unsigned i = 0; i < names->count; i++) {
        const size_t used = strlen(known);
        if (names->list[i].name[0] != '\0')
            snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", names->list[i].name);
    }
    return eg_error_set(err, EG_BAD_UNIT_DATA, "has {%.*s}, which is none of %s",
                        (int)(piece->name_size < 80 ? piece->name_size : 80), piece->name, known);
}

enum eg_code eg_template_check(const char *text, struct eg_error *err)
{
    const struct eg_template template = eg_template_of(text);
    struct piece piece;

    for (size_t at = 0; at < template.size;)
        EG_TRY(advance(&piece, &template, &at, err));
    return EG_OK;
}

enum eg_code eg_template_check_names(const struct eg_template *template, const struct eg_names *names,
                                     struct eg_error *err)
{
    struct piece piece;

    for (size_t at = 0; at < template->size;) {
        EG_TRY(advance(&piece, template, &at, err));
        if (piece.is_name && find(names, piece.name, piece.name_size) == NULL)
            return unknown(&piece, names, err);
    }
    return EG_OK;
}

enum eg_code eg_template_next(struct eg_template_piece *piece, const struct eg_template *template, size_t *at,
                              struct eg_error *err)
{
    struct piece next;

    EG_TRY(advance(&next, template, at, err));
    *piece = (struct eg_template_piece){next.text, next.size, next.is_name};
    return EG_OK;
}

bool eg_template_unknown(struct eg_unknown_name *unknown, const struct eg_template *template,
                         const struct eg_names *names)
{
    struct eg_error ignored;
    struct piece piece;

    for (size_t at = 0; at < template->size;) {
        if (advance(&piece, template, &at, &ignored) != EG_OK)
            return false;
        if (!piece.is_name || find(names, piece.name, piece.name_size) != NULL)
            continue;
        snprintf(unknown->name, sizeof unknown->name, "%.*s", (int)piece.name_size, piece.name);
        unknown->number = piece.form >= DECIMAL && piece.form <= HEX_UPPER;
        return true;
    }
    return false;
}

static enum eg_code append_number(struct eg_buffer *out, const struct piece *piece,
                                  const struct eg_name *name, struct eg_error *err)
{
    char text[NUMBER_TEXT];
    uint64_t number = 0;
    const char *at = name->value;

    for (; *at >= '0' && *at <= '9'; at++) {
        const uint64_t digit = (uint64_t)(*at - '0');
        if (number > (UINT64_MAX - digit) / 10)
            break;
        number = number * 10 + digit;
    }
    if (at == name->value || *at != '\0')
        return eg_error_set(err, EG_BAD_UNIT_DATA, "has %.*s, but %.80s is no whole number",
                            (int)(piece->size < 80 ? piece->size : 80), piece->text,
                            name->name[0] != '\0' ? name->name : "the first column");
    const char *const format = piece->form == DECIMAL     ? (piece->zeros ? "%0*" PRIu64 : "%*" PRIu64)
                               : piece->form == HEX_LOWER ? (piece->zeros ? "%0*" PRIx64 : "%*" PRIx64)
                                                          : (piece->zeros ? "%0*" PRIX64 : "%*" PRIX64);
    const int size = snprintf(text, sizeof text, format, piece->width, number);
    return eg_buffer_append(out, text, (size_t)size, err);
}

static enum eg_code append_name(struct eg_buffer *out, const struct piece *piece, const struct eg_name *name,
                                struct eg_error *err)
{
    if (piece->form >= DECIMAL && piece->form <= HEX_UPPER)
        return append_number(out, piece, name, err);
    for (const char *at = name->value; *at != '\0'; at++) {
        const char c = *at;
        const char changed = piece->form == UPPER && c >= 'a' && c <= 'z'   ? (char)(c - 'a' + 'A')
                             : piece->form == LOWER && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a')
                                                                            : c;
        if (piece->form != PLAIN || (c != ':' && c != '-'))
            EG_TRY(eg_buffer_append(out, &changed, 1, err));
    }
    return EG_OK;
}

enum eg_code eg_template_expand(struct eg_buffer *out, bool *secret, const struct eg_template *template,
                                const struct eg_names *names, struct eg_error *err)
{
    struct piece piece;

    for (size_t at = 0; at < template->size;) {
        EG_TRY(advance(&piece, template, &at, err));
        if (!piece.is_name) {
            EG_TRY(eg_buffer_append(out, piece.text, piece.size, err));
            continue;
        }
        const struct eg_name *const name = find(names, piece.name, piece.name_size);
        if (name == NULL)
            return unknown(&piece, names, err);
        if (secret != NULL && name->secret)
            *secret = true;
        EG_TRY(append_name(out, &piece, name, err));
    }
    return EG_OK;
}

enum eg_code eg_template_text(char **text, bool *secret, const char *template, const struct eg_names *names,
                              struct eg_error *err)
{
    const struct eg_template of = eg_template_of(template);
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer out = {0};

    EG_TRY(eg_template_expand(&out, secret, &of, names, err));
    EG_TRY(eg_buffer_append(&out, "", 1, err));
    *text = (char *)out.data;
    out = (struct eg_buffer){0};
    return EG_OK;
}

enum eg_code eg_given_text_check(const char *text, struct eg_error *err)
{
    const size_t size = strlen(text);

    for (size_t at = 0; at < size;) {
        const size_t length = eg_utf8_length(text + at, size - at);
        if (length == 0)
            return eg_error_set(err, EG_BAD_UNIT_DATA, "is not UTF-8");
        if (eg_utf8_is_control(text + at, length)) /* of C1, the second byte is its number */
            return eg_error_set(err, EG_BAD_UNIT_DATA, "has the control character 0x%02x",
                                (unsigned)(unsigned char)text[at + length - 1]);
        at += length;
    }
    return EG_OK;
}
