/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/csv.h"

#include "engine/base/text.h"

#include <string.h>

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ%"

/* The rest of a text after an exponent, "e-3"; the text itself when it does not begin with one. */
static const char *skip_exponent(const char *text)
{
    const char *const digits = text + 1 + (text[0] != '\0' && (text[1] == '+' || text[1] == '-'));

    return (text[0] == 'e' || text[0] == 'E') && strspn(digits, DIGITS) > 0 ? digits + strspn(digits, DIGITS)
                                                                            : text;
}

/* A formula with these characters computes nothing but the number itself. */
static bool is_signed_number(const char *text)
{
    const size_t digits = strspn(text + 1, DIGITS ".");

    if (strchr("+-", text[0]) == NULL || strcspn(text + 1, DIGITS) >= digits)
        return false;
    const char *rest = skip_exponent(text + 1 + digits);
    if (*rest == ' ')
        rest++;
    return rest[strspn(rest, LETTERS)] == '\0';
}

void eg_csv_put(FILE *out, const char *text)
{
    const bool quoted = strpbrk(text, ",\"\r\n") != NULL;
    const char *shown;

    if (quoted)
        putc('"', out);
    if (text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL && !is_signed_number(text))
        putc('\'', out);
    for (size_t left = strlen(text), step; left > 0; text += step, left -= step) {
        step = eg_text_take(text, left, &shown);
        if (*text == '"')
            putc('"', out);
        if (shown != NULL)
            fputs(shown, out);
        else
            fwrite(text, 1, step, out);
    }
    if (quoted)
        putc('"', out);
}
