/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/app_log.h"

#include "engine/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zstd.h>

#define ESCAPE 0x1b
#define HALF   (EG_APP_LOG_MAX / 2)

enum eg_code eg_app_log_keep(struct eg_app_log *log, const uint8_t *data, size_t size, struct eg_error *err)
{
    const size_t room = EG_APP_LOG_MAX - log->kept.size, first = size < room ? size : room;

    EG_TRY(eg_buffer_append(&log->kept, data, first, err));
    for (size_t i = first; i < size; i++)
        log->kept.data[HALF + (log->received + i) % HALF] = data[i];
    log->received += size;
    return EG_OK;
}

uint64_t eg_app_log_dropped(const struct eg_app_log *log)
{
    return log->received - log->kept.size;
}

/* Escape sequences as ECMA-48 has them: ESC and one byte, or ESC [ and all up to a byte of 40 to 7e. Whether
 * the byte is part of one. */
static bool in_escape(struct eg_app_log *log, uint8_t byte)
{
    switch (log->state) {
    case EG_APP_TEXT:
        if (byte == ESCAPE)
            log->state = EG_APP_ESCAPE;
        return byte == ESCAPE;
    case EG_APP_ESCAPE:
        log->state = byte == '[' ? EG_APP_SEQUENCE : EG_APP_TEXT;
        return byte >= ' ';
    case EG_APP_SEQUENCE:
        if (byte < ' ' || byte >= 0x40)
            log->state = EG_APP_TEXT;
        return byte >= ' ';
    }
    return false;
}

size_t eg_app_log_feed(struct eg_app_log *log, const uint8_t *data, size_t size)
{
    size_t eaten = 0;

    if (log->complete) {
        log->complete = log->too_long = false;
        log->line_size = 0;
    }
    while (eaten < size && !log->complete) {
        const uint8_t byte = data[eaten++];

        if (in_escape(log, byte) || byte == '\0')
            continue;
        if (byte == '\r' || byte == '\n')
            log->complete = log->line_size > 0;
        else if (log->line_size < EG_APP_LINE_MAX)
            log->line[log->line_size++] = (char)byte;
        else
            log->too_long = true;
    }
    log->line[log->line_size] = '\0';
    return eaten;
}

bool eg_app_log_is_noise(const struct eg_app_log *log)
{
    const char *const kept = (const char *)log->kept.data;
    size_t noise = 0;

    for (size_t at = 0; at < log->kept.size;) {
        const size_t length = eg_utf8_length(kept + at, log->kept.size - at);
        const bool control = log->kept.data[at] < ' ' && strchr("\t\r\n\x1b", kept[at]) == NULL;

        noise += length == 0 || control || kept[at] == '\0';
        at += length == 0 ? 1 : length;
    }
    return noise * 3 > log->kept.size; /* random bytes: about half; text: next to none */
}

/* The first half, a line about what is missing, and the ring from its oldest byte. */
static enum eg_code put_together(const struct eg_app_log *log, struct eg_buffer *whole, struct eg_error *err)
{
    const uint8_t *const ring = log->kept.data + HALF;
    const size_t oldest = log->received % HALF;
    char seam[80];

    const int size = snprintf(seam, sizeof seam, "\r\n[espgang: %" PRIu64 " bytes are not kept]\r\n",
                              eg_app_log_dropped(log));
    EG_TRY(eg_buffer_append(whole, log->kept.data, HALF, err));
    EG_TRY(eg_buffer_append(whole, seam, (size_t)size, err));
    EG_TRY(eg_buffer_append(whole, ring + oldest, HALF - oldest, err));
    return eg_buffer_append(whole, ring, oldest, err);
}

enum eg_code eg_app_log_compress(const struct eg_app_log *log, struct eg_buffer *compressed,
                                 struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer joined = {0};
    const struct eg_buffer *whole = &log->kept;

    if (log->kept.size == 0)
        return EG_OK;
    if (eg_app_log_dropped(log) > 0) {
        EG_TRY(put_together(log, &joined, err));
        whole = &joined;
    }
    EG_TRY(eg_buffer_resize(compressed, ZSTD_compressBound(whole->size), 0, err));
    const size_t size =
        ZSTD_compress(compressed->data, compressed->size, whole->data, whole->size, ZSTD_CLEVEL_DEFAULT);
    if (ZSTD_isError(size))
        return eg_error_set(err, EG_NO_MEMORY, "compressing the application's log: %s",
                            ZSTD_getErrorName(size));
    return eg_buffer_resize(compressed, size, 0, err);
}

void eg_app_log_finish(struct eg_app_log *log)
{
    eg_buffer_finish(&log->kept);
}

void eg_app_quote(char quote[EG_APP_QUOTE_MAX], const char *line, size_t size)
{
    static const char cut[] = "...";
    size_t used = 0;

    for (size_t at = 0; at < size;) {
        const size_t length = eg_utf8_length(line + at, size - at);
        const size_t more = length == 0 ? 1 : length;

        if (used + more + sizeof cut > EG_APP_QUOTE_MAX) {
            memcpy(quote + used, cut, sizeof cut);
            return;
        }
        if (length == 0 || eg_utf8_is_control(line + at, length)) {
            quote[used++] = '?';
        } else {
            memcpy(quote + used, line + at, length);
            used += length;
        }
        at += more;
    }
    quote[used] = '\0';
}
