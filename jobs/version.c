/* SPDX-License-Identifier: Apache-2.0 */

#include "jobs/version.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A stretch of a text. */
struct part {
    const char *text;
    size_t length;
};

static bool is_number(struct part part)
{
    return part.length > 0 && strspn(part.text, "0123456789") >= part.length;
}

static int compare_bytes(struct part a, struct part b)
{
    const int order = memcmp(a.text, b.text, a.length < b.length ? a.length : b.length);

    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

/* A part that is not there is older than any. */
static int compare_parts(struct part a, struct part b)
{
    if (a.length == 0 || b.length == 0)
        return (a.length > 0) - (b.length > 0);
    if (is_number(a) != is_number(b))
        return is_number(a) ? -1 : 1;
    if (!is_number(a))
        return compare_bytes(a, b);
    for (; a.length > 1 && a.text[0] == '0'; a.length--)
        a.text++;
    for (; b.length > 1 && b.text[0] == '0'; b.length--)
        b.text++;
    return a.length != b.length ? (a.length > b.length) - (a.length < b.length) : compare_bytes(a, b);
}

/* Take the first part, up to a dot, off a list; an empty list has only `missing`. */
static struct part take(struct part *list, struct part missing)
{
    const char *const dot = list->length > 0 ? memchr(list->text, '.', list->length) : NULL;
    const struct part part = {list->text, dot != NULL ? (size_t)(dot - list->text) : list->length};
    const size_t skip = part.length + (dot != NULL);

    if (list->length == 0)
        return missing;
    list->text += skip;
    list->length -= skip;
    return part;
}

static int compare_lists(struct part a, struct part b, struct part missing)
{
    while (a.length > 0 || b.length > 0) {
        const int order = compare_parts(take(&a, missing), take(&b, missing));
        if (order != 0)
            return order;
    }
    return 0;
}

static struct part core_of(const char *version)
{
    const char *const text = version + (version[0] == 'v');

    return (struct part){text, strcspn(text, "-+")};
}

/* Of a pre-release; empty when it is none. */
static struct part rest_of(struct part core)
{
    const char *const text = core.text + core.length;

    return text[0] == '-' ? (struct part){text + 1, strcspn(text + 1, "+")} : (struct part){text, 0};
}

int eg_job_version_compare(const char *first, const char *second)
{
    const struct part a = core_of(first), b = core_of(second);
    const struct part a_rest = rest_of(a), b_rest = rest_of(b);

    if (first[0] == '\0' || second[0] == '\0')
        return (first[0] != '\0') - (second[0] != '\0');
    const int order = compare_lists(a, b, (struct part){"0", 1});
    if (order != 0)
        return order;
    if (a_rest.length == 0 || b_rest.length == 0)
        return (a_rest.length == 0) - (b_rest.length == 0);
    return compare_lists(a_rest, b_rest, (struct part){"", 0});
}
