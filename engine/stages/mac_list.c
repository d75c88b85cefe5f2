/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/mac_list.h"

#include "engine/base/text.h"

#include <stdlib.h>
#include <string.h>

/* The line that was read last. */
struct line {
    const char *next, *end; /* the text after it */
    unsigned number;
    const char *text; /* without blanks and comment; size 0 = nothing is left */
    size_t size;
};

static void begin_lines(struct line *line, const struct eg_buffer *list)
{
    const char *const text = (const char *)list->data;
    const size_t size = list->size;
    const bool marked = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;

    *line = (struct line){.next = text + (marked ? 3 : 0), .end = text + size};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool next_line(struct line *line)
{
    if (line->next == line->end)
        return false;
    line->number++;
    line->text = line->next;
    const char *const lf = memchr(line->text, '\n', (size_t)(line->end - line->text));
    line->size = (size_t)((lf != NULL ? lf : line->end) - line->text);
    line->next = lf != NULL ? lf + 1 : line->end;
    const char *const comment = memchr(line->text, '#', line->size);
    if (comment != NULL)
        line->size = (size_t)(comment - line->text);
    while (line->size > 0 && is_blank(*line->text))
        line->text++, line->size--;
    while (line->size > 0 && is_blank(line->text[line->size - 1]))
        line->size--;
    return true;
}

struct listed {
    uint8_t mac[EG_MAC_SIZE], count;
    unsigned line;
};

static int by_mac(const void *left, const void *right)
{
    const struct listed *const a = left, *const b = right;
    const int order = memcmp(a->mac, b->mac, sizeof a->mac);

    if (order != 0 || a->count != b->count)
        return order != 0 ? order : a->count - b->count;
    return a->line < b->line ? -1 : 1;
}

enum eg_code eg__mac_list_check(const struct eg_buffer *text, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer buffer = {0};
    const char *begin = (const char *)text->data;
    size_t size = text->size;
    struct line line;

    if (size > 0 && eg_text_begin(&begin, &size, err) != EG_OK) {
        err->code = EG_BAD_JOB;
        return eg_error_prefix(err, "%s: ", path);
    }
    for (begin_lines(&line, text); next_line(&line);) {
        struct listed listed = {.line = line.number};
        if (line.size == 0)
            continue;
        listed.count = (uint8_t)eg_mac_parse_prefix(listed.mac, line.text, line.size);
        if (listed.count == 0)
            return eg_error_set(
                err, EG_BAD_JOB,
                "%s:%u: here is neither a MAC such as 7c:df:a1:00:11:22 nor the beginning of one "
                "such as 7c:df:a1",
                path, line.number);
        EG_TRY(eg_buffer_append(&buffer, &listed, sizeof listed, err));
    }
    if (buffer.size == 0)
        return eg_error_set(err, EG_BAD_JOB, "%s: there is no MAC in it", path);
    struct listed *const list = (struct listed *)(void *)buffer.data;
    const size_t count = buffer.size / sizeof *list;
    qsort(list, count, sizeof *list, by_mac);
    for (size_t i = 1; i < count; i++)
        if (memcmp(list[i].mac, list[i - 1].mac, EG_MAC_SIZE) == 0 && list[i].count == list[i - 1].count)
            return eg_error_set(err, EG_BAD_JOB, "%s:%u: this stands in line %u already", path, list[i].line,
                                list[i - 1].line);
    return EG_OK;
}

bool eg__mac_list_has(const struct eg_buffer *text, const uint8_t mac[EG_MAC_SIZE])
{
    struct line line;

    for (begin_lines(&line, text); next_line(&line);) {
        uint8_t listed[EG_MAC_SIZE];
        const size_t count = eg_mac_parse_prefix(listed, line.text, line.size);
        if (count != 0 && memcmp(listed, mac, count) == 0)
            return true;
    }
    return false;
}
