/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A port whose other end is a conversation written down as data. It never sleeps: waiting for data that is
 * not in the script ends at once.
 */

#ifndef TESTS_FAKES_SCRIPTED_PORT_H
#define TESTS_FAKES_SCRIPTED_PORT_H

#include "engine/link/port.h"

/**
 * One turn: the host must send `expect`, then the board answers `reply`. Without `expect` the board sends
 * unasked.
 */
struct turn {
    const uint8_t *expect;
    size_t expect_size;
    const uint8_t *reply;
    size_t reply_size;
};

#define HOST(...)                                                                                            \
    .expect = (const uint8_t[]){__VA_ARGS__}, .expect_size = sizeof(const uint8_t[])                         \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }
#define BOARD(...)                                                                                           \
    .reply = (const uint8_t[]){__VA_ARGS__}, .reply_size = sizeof(const uint8_t[])                           \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

struct scripted_port {
    struct eg_port port;
    const struct turn *turns;
    size_t turn_count;
    size_t heard, heard_at; /* turn, and byte in its `expect`, that the host must send next */
    size_t said, said_at;   /* turn, and byte in its `reply`, that the board sends next */
    size_t read_max;        /* bytes per read; 0 = all available */
    bool unplugged;         /* the port is gone once the board's data is read */
    char complaint[80];     /* the first byte that did not match the script; "" = none */
    char events[256]; /* operations on the port: "D0R0 B115200 D1R0", discards as "X", lines left unchanged as
                         "K" */
};

/** Set up the port. `turns` and their data must outlive it. The URL is "script". It need not be closed. */
struct eg_port *scripted_port_init(struct scripted_port *script, const struct turn *turns, size_t turn_count);

/** Return whether the host has sent everything that the script expects. */
bool scripted_port_heard_all(const struct scripted_port *script);

#endif
