/* SPDX-License-Identifier: Apache-2.0 */

/* A port that follows the frames from the board and changes digests; see the header. */

#include "tests/fakes/digest_port.h"

#include "engine/base/bytes.h"
#include "targets/opcode.h"

#include <stdlib.h>

enum {
    FRAME_END = 0xc0,
    ESCAPE = 0xdb,
    REPLY = 0x01,
    HEADER_SIZE = 8, /* direction, opcode, size, value */
};

struct digest_port {
    struct eg_port port;
    struct eg_port *inner;
    struct digest_scheme *scheme;
    unsigned at; /* position in the frame, escapes resolved */
    bool escaped, is_digest;
};

/* Return a different byte, neither frame end nor escape. */
static uint8_t other(uint8_t byte)
{
    const uint8_t changed = byte ^ 0x02;

    return changed == FRAME_END || changed == ESCAPE ? byte ^ 0x04 : changed;
}

static void look_at(struct digest_port *digest, uint8_t *byte)
{
    if (*byte == FRAME_END) {
        digest->at = 0;
        digest->escaped = digest->is_digest = false;
        return;
    }
    if (*byte == ESCAPE) {
        digest->escaped = true;
        return;
    }
    if (digest->at == 0)
        digest->is_digest = *byte == REPLY;
    else if (digest->at == 1)
        digest->is_digest = digest->is_digest && *byte == EG_OP_SPI_FLASH_MD5;
    else if (digest->is_digest && digest->at == HEADER_SIZE + digest->scheme->byte) {
        *byte = digest->escaped ? *byte ^ 0x01 : other(*byte); /* DB DC and DB DD encode one byte each */
        digest->scheme->changed++;
    }
    digest->escaped = false;
    digest->at++;
}

static enum eg_code digest_read(struct eg_port *port, uint8_t *data, size_t size, size_t *got,
                                uint32_t timeout_ms, struct eg_error *err)
{
    struct digest_port *const digest = (struct digest_port *)port;

    EG_TRY(eg_port_read(digest->inner, data, size, got, timeout_ms, err));
    for (size_t i = 0; i < *got; i++)
        look_at(digest, &data[i]);
    return EG_OK;
}

static enum eg_code digest_write(struct eg_port *port, const uint8_t *data, size_t size, size_t *put,
                                 uint32_t timeout_ms, struct eg_error *err)
{
    *put = size;
    return eg_port_write(((struct digest_port *)port)->inner, data, size, timeout_ms + 1000, err);
}

static enum eg_code digest_drain(struct eg_port *port, bool *done, uint32_t timeout_ms, struct eg_error *err)
{
    *done = true;
    return eg_port_drain(((struct digest_port *)port)->inner, timeout_ms, err);
}

static enum eg_code digest_set_baud(struct eg_port *port, uint32_t baud, struct eg_error *err)
{
    return eg_port_set_baud(((struct digest_port *)port)->inner, baud, err);
}

static enum eg_code digest_set_lines(struct eg_port *port, bool dtr, bool rts, struct eg_error *err)
{
    return eg_port_set_lines(((struct digest_port *)port)->inner, dtr, rts, err);
}

static enum eg_code digest_discard(struct eg_port *port, struct eg_error *err)
{
    return eg_port_discard(((struct digest_port *)port)->inner, err);
}

static void digest_close(struct eg_port *port)
{
    eg_port_close(((struct digest_port *)port)->inner);
    free(port);
}

static enum eg_code digest_open(struct eg_port **port, const char *url, void *context,
                                const struct eg_cancel *cancel, struct eg_error *err)
{
    static const struct eg_port_ops ops = {
        .read = digest_read,
        .write = digest_write,
        .drain = digest_drain,
        .set_baud = digest_set_baud,
        .set_lines = digest_set_lines,
        .discard = digest_discard,
        .close = digest_close,
    };
    struct digest_scheme *const scheme = context;
    EG_CLEANUP(eg_free_cleanup) struct digest_port *digest = NULL;

    EG_TRY(eg_alloc(&digest, 1, sizeof *digest, err));
    digest->port.ops = &ops;
    digest->scheme = scheme;
    EG_TRY(eg_port_open(&digest->inner, url, scheme->inner, cancel, err));
    *port = &digest->port;
    digest = NULL;
    return EG_OK;
}

void digest_scheme_init(struct digest_scheme *digest, const struct eg_port_scheme *inner, unsigned byte)
{
    *digest = (struct digest_scheme){.inner = {inner, NULL}, .byte = byte};
    digest->scheme =
        (struct eg_port_scheme){.scheme = inner->scheme, .help = "", .open = digest_open, .context = digest};
}
