/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The server's side of telnet with the COM port option: bytes of a client become data and settings of a
 * serial port, and every request is answered. RFC 854, 855, 856, 858 and 2217.
 *
 * No sockets here: bytes go in, and what comes of them goes to the functions of struct vb_telnet_port, in the
 * order of the bytes.
 *
 * Threads: one session, one thread at a time.
 */

#ifndef TOOLS_VBOARD_CARRIER_TELNET_H
#define TOOLS_VBOARD_CARRIER_TELNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Rate of the port before a client sets another. */
#define VB_TELNET_BAUD 115200

/** The port of a session; every function gets `context`. */
struct vb_telnet_port {
    void (*data)(void *context, const uint8_t *data, size_t size); /* for the board */
    void (*send)(void *context, const uint8_t *data, size_t size); /* for the client, as it is */
    void (*set_baud)(void *context, uint32_t baud);
    void (*set_lines)(void *context, bool dtr, bool rts);
    void (*purge)(void *context); /* throw away what the board sent and the client has not got */
};

/** One session. */
struct vb_telnet {
    const struct vb_telnet_port *port;
    void *context;
    int state;       /* enum state of telnet.c */
    uint8_t verb;    /* WILL, WONT, DO or DONT, waiting for its option */
    unsigned ours;   /* options on at our end or offered, bits of telnet.c */
    unsigned theirs; /* the same at the client's end */
    uint8_t sub[32]; /* the subnegotiation so far, without escapes; what is longer is left out */
    size_t sub_size;
    uint32_t baud;
    bool dtr, rts;
    bool told_inputs; /* the client has been told the state of CTS and the like */
    bool suspended;   /* the client wants no data for now */
};

/** Begin: sends the offers. `port` and `context` must outlive the session. */
void vb_telnet_init(struct vb_telnet *telnet, const struct vb_telnet_port *port, void *context);

/**
 * Take bytes from the client, cut anywhere. They bring at most twice their number to send(), plus 64.
 */
void vb_telnet_receive(struct vb_telnet *telnet, const uint8_t *data, size_t size);

/** Escape data for the client; `escaped` has room for 2 * size. Returns the length. */
size_t vb_telnet_escape(uint8_t *escaped, const uint8_t *data, size_t size);

#endif
