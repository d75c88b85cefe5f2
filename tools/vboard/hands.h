/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The hands of an operator, simulated: boards that are put into the sockets of a line and taken out again, by
 * seed.
 *
 * A hand puts a board in, waits for its result, takes it out and puts the next one in. Some boards it takes
 * out too early, in the middle of what is done to them, and puts the same one back or another in; some that
 * are done it puts in once more. Pauses are those of a human, 0.1 to 3 s.
 *
 * It moves whenever somebody looks at a socket, by the time that has passed, so it needs no thread. When a
 * board is taken out too early follows from the bytes that it has received: the same seed does the same to
 * the same boards, however fast the machine is. Board K of socket S has the number S + (K - 1) * sockets, so
 * board 3 is the first one of socket 3.
 *
 * Threads: any, each open port in one at a time.
 */

#ifndef TOOLS_VBOARD_HANDS_H
#define TOOLS_VBOARD_HANDS_H

#include "engine/link/port.h"
#include "tools/vboard/board.h"

enum vb_hands_way {
    VB_HANDS_PLUG,    /* a board brings its USB bridge: each one is an insertion of its own */
    VB_HANDS_FIXTURE, /* the bridge stays plugged; nothing is taken out before its result */
    VB_HANDS_READY,   /* the same, and the next board is in the fixture as soon as there is a result */
};

struct vb_hands_config {
    enum vb_hands_way way;
    unsigned sockets;
    unsigned insertions; /* after so many nothing is put in any more; 0 = no end */
    unsigned pace;       /* how many times as fast as a human */
};

/** One insertion of one board. */
struct vb_insertion {
    unsigned socket;       /* from 1 */
    unsigned board;        /* its number */
    char mac[18];          /* "24:0a:c4:00:10:01" */
    bool again;            /* the board was in this socket before */
    bool pulled;           /* it was taken out too early */
    bool told;             /* its result was told */
    uint64_t begun_ms;     /* by eg_clock_ms() */
    uint64_t taken_out_ms; /* 0 = it is in */
};

struct vb_hands;

/**
 * @param pattern, faults  as vb_gang_create() has them; boards have no last number
 *
 * @return as vb_gang_create()
 */
enum eg_code vb_hands_create(struct vb_hands **hands, const struct vb_hands_config *config,
                             const struct vb_config *pattern, const char *const *faults, unsigned fault_count,
                             struct eg_error *err) EG_CHECKED;

/** Every port must be closed. NULL is allowed. */
void vb_hands_destroy(struct vb_hands *hands);
void vb_hands_destroy_cleanup(struct vb_hands **hands);

/** URL of a socket, "sim:esp32/3", which is its place as well. */
void vb_hands_url(const struct vb_hands *hands, unsigned socket, char *url, size_t size);

/** Scheme "sim:" over the sockets; lives as long as the hands. */
const struct eg_port_scheme *vb_hands_scheme(struct vb_hands *hands);

/** The line shows a result at the socket: that of the board with this MAC, or with "" of the one that has
 * waited longest. */
void vb_hands_tell(struct vb_hands *hands, const char *url, const char *mac);

/** Whether all insertions were made and each has its result. */
bool vb_hands_done(struct vb_hands *hands);

/** EG_OK, or why a hand could not make its next board; it puts none in any more. */
enum eg_code vb_hands_check(struct vb_hands *hands, struct eg_error *err) EG_CHECKED;

/** All insertions so far, in the order of each socket; the array is the hands' and valid while nobody looks
 * at a socket. */
const struct vb_insertion *vb_hands_insertions(const struct vb_hands *hands, unsigned *count);

#endif
