/* SPDX-License-Identifier: Apache-2.0 */

/* SLIP as the loaders speak it: frames begin and end with C0; a frame that cannot be decoded is dropped. */

#include "tools/vboard/uart/uart.h"

#include <string.h>

enum { END = 0xc0, ESC = 0xdb, ESC_END = 0xdc, ESC_ESC = 0xdd };

static void begin(struct vb__decoder *decoder)
{
    decoder->size = 0;
    decoder->inside = true;
    decoder->escaped = false;
    decoder->spoiled = false;
}

static void put(struct vb__decoder *decoder, const uint8_t *data, size_t size)
{
    if (decoder->size + size > VB__FRAME_MAX) {
        decoder->spoiled = true;
        return;
    }
    memcpy(decoder->frame + decoder->size, data, size);
    decoder->size += size;
}

static void put_escaped(struct vb__decoder *decoder, uint8_t code)
{
    const uint8_t byte = code == ESC_END ? END : ESC;

    decoder->escaped = false;
    if (code == ESC_END || code == ESC_ESC)
        put(decoder, &byte, 1);
    else
        decoder->spoiled = true;
}

static size_t plain_length(const uint8_t *data, size_t size)
{
    size_t length = 0;

    while (length < size && data[length] != END && data[length] != ESC)
        length++;
    return length;
}

size_t vb__slip_feed(struct vb__decoder *decoder, const uint8_t *data, size_t size, bool *complete)
{
    size_t at = 0;

    *complete = false;
    while (at < size) {
        if (!decoder->inside) {
            const uint8_t *start = memchr(data + at, END, size - at);

            if (start == NULL)
                return size;
            at = (size_t)(start - data) + 1;
            begin(decoder);
        } else if (data[at] == END) {
            at++;
            /* An empty frame is two ends in a row: the second one is as good a beginning. */
            if (decoder->size == 0 && !decoder->spoiled && !decoder->escaped)
                continue;
            decoder->inside = false;
            if (!decoder->spoiled && !decoder->escaped) {
                *complete = true;
                return at;
            }
        } else if (decoder->escaped) {
            put_escaped(decoder, data[at++]);
        } else if (data[at] == ESC) {
            decoder->escaped = true;
            at++;
        } else {
            const size_t length = plain_length(data + at, size - at);

            put(decoder, data + at, length);
            at += length;
        }
    }
    return at;
}

size_t vb__slip_frame(uint8_t *out, const uint8_t *data, size_t size)
{
    size_t at = 0;

    out[at++] = END;
    for (size_t i = 0; i < size; i++) {
        if (data[i] == END || data[i] == ESC) {
            out[at++] = ESC;
            out[at++] = data[i] == END ? ESC_END : ESC_ESC;
        } else {
            out[at++] = data[i];
        }
    }
    out[at++] = END;
    return at;
}
