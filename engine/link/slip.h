/* SPDX-License-Identifier: Apache-2.0 */

/* SLIP frames over a port, by the rules of Espressif's loaders. */

#ifndef ENGINE_LINK_SLIP_H
#define ENGINE_LINK_SLIP_H

#include "engine/link/port.h"

/** The largest frame that a loader accepts, unescaped: headers and 0x4000 data bytes. */
#define EG_SLIP_FRAME_MAX 16647

/** Called with every frame, unescaped, and with the noise that made a receive fail. */
struct eg_slip_trace {
    void (*frame)(void *context, bool sent, const uint8_t *data, size_t size);
    void (*noise)(void *context, const uint8_t *data, size_t size);
    void *context;
};

/** Decoder state and read-ahead of one port. Init needs no finish. */
struct eg_slip {
    struct eg_port *port;              /* not owned */
    const struct eg_slip_trace *trace; /* NULL = none; not owned */
    uint8_t input[4096];               /* read but not decoded */
    size_t at, end;
    uint8_t noise[256]; /* newest bytes outside a frame since the last whole frame or discard */
    size_t noise_size;
};

void eg_slip_init(struct eg_slip *slip, struct eg_port *port);

/** Send one frame. EG_BAD_FRAME when size exceeds EG_SLIP_FRAME_MAX; else as eg_port_write(). */
enum eg_code eg_slip_send(struct eg_slip *slip, const uint8_t *data, size_t size, uint32_t timeout_ms,
                          struct eg_error *err) EG_CHECKED;

/**
 * Receive one frame; empty ones are skipped. `timeout_ms` is a deadline for the whole frame, not for the next
 * byte.
 *
 * @param data  room for `size` bytes
 * @param got   length of the frame; written on EG_OK only
 *
 * @return EG_OK; EG_TIMEOUT (no whole frame in time; a partial frame is lost); EG_BAD_FRAME (a byte
 * outside a frame, a bad escape, or a frame longer than `size`; all input up to the next pause is kept as
 * noise, and the sentence shows it); EG_BOARD_RESET (the bytes are a boot log or a crash report, which the
 * sentence quotes); EG_PORT_GONE; EG_CANCELLED
 */
enum eg_code eg_slip_receive(struct eg_slip *slip, uint8_t *data, size_t size, size_t *got,
                             uint32_t timeout_ms, struct eg_error *err) EG_CHECKED;

/** Throw away all input: a partial frame, bytes read ahead, and bytes waiting in the port. */
enum eg_code eg_slip_discard(struct eg_slip *slip, struct eg_error *err) EG_CHECKED;

#endif
