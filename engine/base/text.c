/* SPDX-License-Identifier: Apache-2.0 */

/* UTF-8, and text that is something else. */

#include "engine/base/text.h"

#include "engine/base/bytes.h"

#include <ctype.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

size_t eg_utf8_length(const char *text, size_t size)
{
    const uint8_t *at = (const uint8_t *)text;
    size_t length;

    if (size == 0)
        return 0;
    if (at[0] < 0x80)
        return 1;
    if (at[0] >= 0xc2 && at[0] < 0xe0)
        length = 2;
    else if (at[0] >= 0xe0 && at[0] < 0xf0)
        length = 3;
    else if (at[0] >= 0xf0 && at[0] < 0xf5)
        length = 4;
    else
        return 0;
    if (size < length)
        return 0;
    uint32_t point = at[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (at[i] & 0x3f);
    }
    if ((length == 3 && (point < 0x800 || (point >= 0xd800 && point < 0xe000))) ||
        (length == 4 && (point < 0x10000 || point > 0x10ffff)))
        return 0;
    return length;
}

bool eg_utf8_is_control(const char *text, size_t length)
{
    const uint8_t *at = (const uint8_t *)text;

    return (length == 1 && (at[0] < 0x20 || at[0] == 0x7f)) || (length == 2 && at[0] == 0xc2 && at[1] < 0xa0);
}

size_t eg_text_take(const char *text, size_t size, const char **shown)
{
    const size_t length = eg_utf8_length(text, size);
    const bool layout = *text == '\t' || *text == '\n' || *text == '\r';

    *shown = length == 0 || (eg_utf8_is_control(text, length) && !layout) ? EG_REPLACEMENT : NULL;
    return length != 0 ? length : 1;
}

enum eg_code eg_text_check(const char *text, size_t size, struct eg_error *err)
{
    for (size_t at = 0, length; at < size; at += length) {
        const unsigned char *const bytes = (const unsigned char *)text + at;
        length = eg_utf8_length(text + at, size - at);
        if (length == 0)
            return eg_error_set(err, EG_BAD_ARGUMENT, "byte 0x%02x is not UTF-8", bytes[0]);
        if (eg_utf8_is_control(text + at, length))
            return length == 1
                       ? eg_error_set(err, EG_BAD_ARGUMENT, "byte 0x%02x is a control character", bytes[0])
                       : eg_error_set(err, EG_BAD_ARGUMENT, "U+%04X is a control character", bytes[1]);
    }
    return EG_OK;
}

void eg_text_make_harmless(char *text)
{
    char *to = text;

    for (size_t left = strlen(text), step; left > 0; text += step, left -= step) {
        const size_t length = eg_utf8_length(text, left);

        step = length != 0 ? length : 1;
        if (length == 0 || eg_utf8_is_control(text, length)) {
            *to++ = '?';
        } else {
            memmove(to, text, length);
            to += length;
        }
    }
    *to = '\0';
}

enum eg_code eg_utf8_clean(char **clean, const char *text, struct eg_error *err)
{
    static const char replacement[] = EG_REPLACEMENT;
    size_t left = strlen(text), size = 0;

    EG_TRY(eg_alloc(clean, left * strlen(replacement) + 1, 1, err));
    while (left > 0) {
        const size_t length = eg_utf8_length(text, left);
        const size_t step = length != 0 ? length : 1;
        const size_t put = length != 0 ? length : strlen(replacement);
        memcpy(*clean + size, length != 0 ? text : replacement, put);
        size += put;
        text += step;
        left -= step;
    }
    return EG_OK;
}

enum eg_code eg_text_begin(const char **text, size_t *size, struct eg_error *err)
{
    if (*size >= 2 && (memcmp(*text, "\xff\xfe", 2) == 0 || memcmp(*text, "\xfe\xff", 2) == 0))
        return eg_error_set(err, EG_BAD_IMAGE, "the text is UTF-16; save it as UTF-8");
    if (*size >= 3 && memcmp(*text, "\xef\xbb\xbf", 3) == 0)
        *text += 3, *size -= 3;
    return EG_OK;
}

enum eg_code eg_csv_check_separator(const char *field, struct eg_error *err)
{
    const char *const between = strchr(field, ';') != NULL    ? "semicolons"
                                : strchr(field, '\t') != NULL ? "tabs"
                                                              : NULL;
    if (between == NULL)
        return EG_OK;
    return eg_error_set(err, EG_BAD_IMAGE,
                        "the fields are separated by %s, not by commas; save the file as CSV with commas",
                        between);
}

unsigned eg_text_distance(const char *one, const char *other)
{
    unsigned row[EG_WORD_MAX + 1];
    const size_t width = strlen(other);

    if (strlen(one) > EG_WORD_MAX || width > EG_WORD_MAX)
        return UINT_MAX;
    for (unsigned i = 0; i <= width; i++)
        row[i] = i;
    for (size_t at = 0; one[at] != '\0'; at++) {
        unsigned diagonal = row[0];
        row[0]++;
        for (size_t i = 1; i <= width; i++) {
            const unsigned above = row[i];
            const unsigned changed = diagonal + (one[at] != other[i - 1]);
            const unsigned shifted = (above < row[i - 1] ? above : row[i - 1]) + 1;
            row[i] = changed < shifted ? changed : shifted;
            diagonal = above;
        }
    }
    return row[width];
}

char *eg_text_trim(char *text)
{
    char *end = text + strlen(text);

    while (end > text && isspace((unsigned char)end[-1]))
        *--end = '\0';
    while (isspace((unsigned char)*text))
        text++;
    return text;
}
