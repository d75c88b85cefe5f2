/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The modem lines of a pseudo-terminal, which has none: a Unix socket beside it.
 *
 * A client writes one of the bytes below and gets one back, as often as it likes; one client is served after
 * the other. What it had written to the terminal before has reached the board when it reads the answer.
 */

#ifndef TOOLS_VBOARD_CARRIER_LINES_H
#define TOOLS_VBOARD_CARRIER_LINES_H

#include "engine/base/error.h"

/** Behind the path of the terminal's link. */
#define VB_LINES_SUFFIX ".lines"

/** Requests. All but VB_LINES_UNSENT are answered with the state of the lines, a byte like VB_LINES_SET's. */
enum vb_lines_request {
    VB_LINES_ASK = '?',
    VB_LINES_SET = '0', /* and '1', '2', '3': bit 0 is DTR, bit 1 is RTS; set = asserted, pin low */
    VB_LINES_UNSENT =
        'q', /* answered with the number of bytes that have not left for the board, at most 255 */
    VB_LINES_EXCLUSIVE = 'x',   /* the client has asked its system that nobody else may open the port */
    VB_LINES_LOW_LATENCY = 'l', /* the client has asked its driver to hand over at once what comes */
    VB_LINES_REFUSED = '!',     /* only as an answer: nothing was changed */
};

#define VB_LINES_DTR 1
#define VB_LINES_RTS 2

/** Both descriptors are -1 while it is closed. */
struct vb__lines {
    char path[108]; /* as much as a socket's address takes */
    int listener, caller;
};

/** @return EG_OK; EG_NO_PORT the path is too long, or something that is no socket is there */
enum eg_code vb__lines_open(struct vb__lines *lines, const char *path, struct eg_error *err) EG_CHECKED;

/** Removes the socket too. Closing twice is allowed. */
void vb__lines_close(struct vb__lines *lines);

/** Return the descriptor to wait for until it is readable; -1 = closed. */
int vb__lines_fd(const struct vb__lines *lines);

/** Take what has made the descriptor readable; false when it is no request. Every request must be answered.
 */
bool vb__lines_take(struct vb__lines *lines, unsigned char *request);
void vb__lines_answer(struct vb__lines *lines, unsigned char answer);

#endif
