/* SPDX-License-Identifier: Apache-2.0 */

/* The board's UART and port: bytes on the wire, frames, rates, the presence of the port. */

#ifndef TOOLS_VBOARD_UART_UART_H
#define TOOLS_VBOARD_UART_UART_H

#include "tools/vboard/model/model.h"

/* wire.c */
void vb__wire_put(struct vb__wire *wire, uint64_t ready_ns, uint32_t baud, const uint8_t *data, size_t size);
/** Return how many bytes of a run have passed by then. */
size_t vb__wire_reached(const struct vb__wire *wire, const struct vb__run *run, uint64_t now_ns);
/** Return the first run, NULL when no byte is on its way, and how many of its bytes have passed and are not
 * taken. */
struct vb__run *vb__wire_passed(struct vb__wire *wire, uint64_t now_ns, size_t *count);
/** Return when byte `index` of the run has passed. */
uint64_t vb__wire_time(const struct vb__wire *wire, const struct vb__run *run, size_t index);
/** Return when byte `index` of all that are on their way has passed. */
uint64_t vb__wire_arrival(const struct vb__wire *wire, size_t index);
const uint8_t *vb__wire_bytes(const struct vb__wire *wire);
void vb__wire_take(struct vb__wire *wire, size_t count);
/** Take all bytes that have passed by then. */
void vb__wire_take_passed(struct vb__wire *wire, uint64_t now_ns);
/** Forget what has not begun to pass by then. */
void vb__wire_cut(struct vb__wire *wire, uint64_t now_ns);
/** Garble, with random bytes, what has passed by then at a rate that is not the receiver's. */
void vb__wire_judge(struct vb__wire *wire, uint64_t now_ns, uint32_t baud, uint64_t *random);
void vb__wire_finish(struct vb__wire *wire);
/** Return whether a receiver at rate `a` understands a sender at rate `b`. */
bool vb__same_rate(uint32_t a, uint32_t b);

/* slip_device.c */
/** Eat bytes up to and including the end of a frame; *complete when decoder->frame holds one. */
size_t vb__slip_feed(struct vb__decoder *decoder, const uint8_t *data, size_t size, bool *complete);
/** Return the size; `out` has room for 2 * size + 2. */
size_t vb__slip_frame(uint8_t *out, const uint8_t *data, size_t size);

/* port.c */
void vb__port_init(struct vb_board *board);
void vb__port_set_lines(struct vb_board *board, bool dtr, bool rts);
/** Unplug the port now; it comes back after `back_ms`, 0 = never. */
void vb__port_unplug(struct vb_board *board, uint32_t back_ms);
/** Take the port off the bus now, as a reset of native USB does; the chip goes on. */
void vb__port_leave_bus(struct vb_board *board);
/** It is there again. */
void vb__port_return(struct vb_board *board);
bool vb__port_away(const struct vb_board *board);
/** Return when it comes back; VB__NEVER. */
uint64_t vb__port_next(const struct vb_board *board);

/* uart.c */
enum eg_code vb__uart_init(struct vb_board *board, struct eg_error *err) EG_CHECKED;
void vb__uart_finish(struct vb_board *board);
/** Send bytes as they are once the board is done with what it does. */
void vb__send(struct vb_board *board, const uint8_t *data, size_t size);
/** Send a frame; subject to the faults of replies. */
void vb__send_frame(struct vb_board *board, const uint8_t *data, size_t size);
/** Set the board's rate, as it really is, and the divider that shows it. 0 changes nothing. */
void vb__set_baud(struct vb_board *board, uint32_t baud);
/** Follow the host's rate, or stop following it. */
void vb__uart_autobaud(struct vb_board *board, bool on);
void vb__uart_set_host_baud(struct vb_board *board, uint32_t baud);
/** Forget a frame that has begun. */
void vb__uart_restart(struct vb_board *board);
/** The chip stops: what waits to be received and what has not left yet is lost. */
void vb__uart_stop(struct vb_board *board);
/** The port is unplugged: what is on its way to the board is lost. */
void vb__uart_unplug(struct vb_board *board);
/** Bytes leave the host; bytes have arrived at the host. */
void vb__uart_from_host(struct vb_board *board, const uint8_t *data, size_t size);
size_t vb__uart_to_host(struct vb_board *board, uint8_t *data, size_t size);
/** Throw away what has arrived at the host. */
void vb__uart_discard(struct vb_board *board);
/** Return when the next bytes arrive at the host; VB__NEVER. */
uint64_t vb__uart_next_to_host(const struct vb_board *board);
/** Return when the loader has a whole frame, as far as that is known; VB__NEVER. */
uint64_t vb__uart_next_frame(const struct vb_board *board);
/** Return how many bytes in a row have arrived by then, which they are and when the last of `*size` did; 0 =
 * none. */
size_t vb__uart_arrived(struct vb_board *board, uint64_t until_ns, const uint8_t **data, uint32_t *host_baud);
/** Return when byte `index` of them arrived. */
uint64_t vb__uart_arrival(const struct vb_board *board, size_t index);
void vb__uart_take(struct vb_board *board, size_t count);
/** Hand bytes to the frame decoder; returns how many it ate, at most up to the end of a frame. */
size_t vb__uart_decode(struct vb_board *board, const uint8_t *data, size_t size, uint32_t host_baud,
                       bool *complete);

#endif
