/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A port whose other end is a conversation written down as data. It never sleeps: a wait for something that
 * is not in the script is over at once.
 */

#ifndef TESTS_FAKES_SCRIPTED_PORT_H
#define TESTS_FAKES_SCRIPTED_PORT_H

#include "engine/link/port.h"

/** One turn: the host must send `expect`, then the board answers `reply`. Without `expect` it speaks by
 * itself. */
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
    size_t heard, heard_at; /* the turn, and the byte in its `expect`, that the host must send next */
    size_t said, said_at;   /* the turn, and the byte in its `reply`, that the board sends next */
    size_t read_max;        /* bytes per read; 0 = as many as there are */
    bool unplugged;         /* the port is gone once what the board has said is read */
    char complaint[80];     /* the first byte that left the script; "" = none */
    char events[256]; /* what was done to the port: "D0R0 B115200 D1R0", discards as "X", lines that stay as
                         "K" */
};

/** `turns` and what they point to must outlive the port. The URL is "script". Nothing to close. */
struct eg_port *scripted_port_init(struct scripted_port *script, const struct turn *turns, size_t turn_count);

/** Whether the host has sent everything the script expects. */
bool scripted_port_heard_all(const struct scripted_port *script);

#endif
