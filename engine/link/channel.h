/* SPDX-License-Identifier: Apache-2.0 */

/* A connection that gensio carries. Over RFC 2217 it also has a rate and lines (rfc2217.c). */

#ifndef ENGINE_LINK_CHANNEL_H
#define ENGINE_LINK_CHANNEL_H

#include "engine/link/carriers.h"

#include <gensio/gensio.h>
#include <gensio/selector.h>
#include <signal.h>

struct eg__channel {
    struct eg_port port;
    struct selector_s *selector;
    struct gensio_os_funcs *os;
    struct gensio *io;
    int lock_fd;    /* of a tty, held against other programs; -1 = none */
    char said[200]; /* the first bytes received, as text of a server that closes at once */
    size_t said_size;
    bool said_more;       /* more came than fits, or no text: a board is talking */
    uint8_t input[65536]; /* received, not read: bytes at..end */
    size_t at, end;
    bool opened, closed, writable;
    bool mute_lines; /* the server does not acknowledge lines */
    int open_error;  /* of gensio, as the next two */
    int lost;        /* why the connection is no more; 0 = it is there */
    int refused;     /* the first bad answer to a change */
    unsigned asked;  /* changes without an answer yet */
    uint32_t answer; /* the value in the last answer */
};

/**
 * Open a connection.
 *
 * @param ops      how the port is used; of the functions below, and others
 * @param url      what the sentences call it
 * @param address  in gensio's language
 */
enum eg_code eg__channel_open(struct eg_port **port, const struct eg_port_ops *ops, const char *url,
                              const char *address, uint32_t timeout_ms, const struct eg_cancel *cancel,
                              struct eg_error *err) EG_CHECKED;

/* Its bytes; see struct eg_port_ops. */
enum eg_code eg__channel_read(struct eg_port *port, uint8_t *data, size_t size, size_t *got,
                              uint32_t timeout_ms, struct eg_error *err) EG_CHECKED;
enum eg_code eg__channel_write(struct eg_port *port, const uint8_t *data, size_t size, size_t *put,
                               uint32_t timeout_ms, struct eg_error *err) EG_CHECKED;
enum eg_code eg__channel_drain(struct eg_port *port, bool *done, uint32_t timeout_ms,
                               struct eg_error *err) EG_CHECKED;
enum eg_code eg__channel_discard(struct eg_port *port, struct eg_error *err) EG_CHECKED;
void eg__channel_close(struct eg_port *port);

/** Let gensio do one round of work, waiting for it until `until_us`; false when there was none. */
bool eg__channel_serve(struct eg__channel *channel, uint64_t until_us);

static inline uint64_t eg__after_ms(uint32_t duration_ms)
{
    return eg_clock_us() + (uint64_t)duration_ms * 1000;
}

/** Write the sentence for a lost connection. A server that cannot give the port, as ser2net and labgrid,
 * sends a line with the reason and closes: EG_PORT_REFUSED with that line. */
enum eg_code eg__channel_gone(const struct eg__channel *channel, struct eg_error *err);

/** Block SIGPIPE around calls of gensio: it writes to sockets in a way that raises it when the peer is gone.
 */
void eg__sigpipe_hold(sigset_t *before);
void eg__sigpipe_release(const sigset_t *before);

/** The ops of an RFC 2217 port; see struct eg_port_ops. */
enum eg_code eg__rfc2217_set_baud(struct eg_port *port, uint32_t baud, struct eg_error *err) EG_CHECKED;
enum eg_code eg__rfc2217_set_lines(struct eg_port *port, bool dtr, bool rts, struct eg_error *err) EG_CHECKED;

/** Release both lines after opening, and find out whether the server acknowledges them. */
enum eg_code eg__rfc2217_release_lines(struct eg__channel *channel, struct eg_error *err) EG_CHECKED;

#endif
