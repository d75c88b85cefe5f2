/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/plan/look.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool eg_look_target(double *percent, const char *text)
{
    if (text[0] == '\0' || strspn(text, "0123456789.") < strlen(text))
        return false;
    char *end;
    *percent = strtod(text, &end);
    return *end == '\0' && *percent > 0 && *percent <= 100;
}

static bool begins(const struct eg_buffer *logo, const char *bytes, size_t size)
{
    return logo->size >= size && memcmp(logo->data, bytes, size) == 0;
}

/* Return where a text stands, in letters of either case; NULL = nowhere. */
static const char *find(const char *text, const char *end, const char *word)
{
    const size_t size = strlen(word);

    for (; (size_t)(end - text) >= size; text++)
        if (strncasecmp(text, word, size) == 0)
            return text;
    return NULL;
}

/* An attribute such as onload="...": white space or a quote, "on", letters, "=". */
static bool has_handler(const char *text, const char *end)
{
    for (const char *at = text; (at = find(at, end, "on")) != NULL; at += 2) {
        const char *after = at + 2;
        if (at == text || (!isspace((unsigned char)at[-1]) && strchr("\"'/", at[-1]) == NULL))
            continue;
        while (after < end && isalpha((unsigned char)*after))
            after++;
        const bool letters = after > at + 2;
        while (after < end && isspace((unsigned char)*after))
            after++;
        if (letters && after < end && *after == '=')
            return true;
    }
    return false;
}

static enum eg_code check_svg(const struct eg_buffer *logo, struct eg_error *err)
{
    static const struct {
        const char *word, *what;
    } refused[] = {{"<script", "a script"},
                   {":script", "a script"},
                   {"javascript:", "a script"},
                   {"<foreignObject", "a foreign object"},
                   {":foreignObject", "a foreign object"},
                   {"<!ENTITY", "an entity of its own"}};
    const char *const text = (const char *)logo->data, *const end = text + logo->size;

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (find(text, end, refused[i].word) != NULL)
            return eg_error_set(err, EG_BAD_ARGUMENT, "is an SVG file with %s; export it as a plain one",
                                refused[i].what);
    if (has_handler(text, end))
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "is an SVG file with a handler of events (on...=); export it as a plain one");
    return EG_OK;
}

enum eg_code eg_look_logo(const char **kind, const struct eg_buffer *logo, struct eg_error *err)
{
    const char *const text = (const char *)logo->data, *const end = text + logo->size;

    if (logo->size > EG_LOOK_LOGO_MAX)
        return eg_error_set(err, EG_BAD_ARGUMENT, "has %zu KiB; a logo has up to %u KiB",
                            (logo->size + 1023) / 1024, EG_LOOK_LOGO_MAX / 1024);
    *kind = begins(logo, "\x89PNG\r\n\x1a\n", 8) ? "png" : begins(logo, "\xff\xd8\xff", 3) ? "jpeg" : NULL;
    if (*kind != NULL)
        return EG_OK;
    if ((begins(logo, "<", 1) || begins(logo, "\xef\xbb\xbf<", 4)) && find(text, end, "<svg") != NULL) {
        *kind = "svg+xml";
        return check_svg(logo, err);
    }
    return eg_error_set(err, EG_BAD_ARGUMENT, "is no PNG, JPEG or SVG file");
}
