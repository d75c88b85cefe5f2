/* SPDX-License-Identifier: Apache-2.0 */

/* The other end of a connection, for the tests of this folder. */

#ifndef TESTS_ENGINE_LINK_PEER_H
#define TESTS_ENGINE_LINK_PEER_H

#include "engine/link/port.h"
#include "tests/fakes/check.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define IAC      255
#define SB       250
#define SE       240
#define WILL     251
#define DO       253
#define WONT     252
#define DONT     254
#define COM_PORT 44

/*
 * The other end of a connection: one client, on a separate thread. It handles RFC 2217 requests and echoes
 * everything else; without `telnet` it only echoes.
 */
struct peer {
    bool telnet;
    bool refuses;         /* will not speak RFC 2217 */
    bool offers_first;    /* sends WILL at once, and DO a moment later */
    bool mute;            /* does not acknowledge modem lines */
    uint32_t granted;     /* the rate it reports; 0 = the requested rate */
    const char *says;     /* a line after which it closes at once; NULL = it stays open */
    size_t close_after;   /* bytes after which it closes; 0 = never */
    int listener, client; /* sockets */
    char url[64];
    pthread_t thread;
    char events[512];         /* requests, "D0+R0 B115200": '+' joins those of one packet */
    atomic_size_t data_count; /* bytes of data echoed */
    uint8_t option[16];       /* the suboption being received */
    size_t option_size;
    enum { DATA, COMMAND, VERB, OPTION, OPTION_IAC } state;
};

static inline void note(struct peer *peer, bool *joined, const char *format, unsigned value)
{
    const size_t used = strlen(peer->events);
    char event[32];

    snprintf(event, sizeof event, format, value);
    snprintf(peer->events + used, sizeof peer->events - used, "%s%s",
             *joined    ? "+"
             : used > 0 ? " "
                        : "",
             event);
    *joined = true;
}

static inline void put(struct peer *peer, const uint8_t *data, size_t size)
{
    while (size > 0) {
        const ssize_t count = send(peer->client, data, size, MSG_NOSIGNAL);
        if (count <= 0)
            return;
        data += count;
        size -= (size_t)count;
    }
}

static inline void take_request(struct peer *peer, bool *joined)
{
    uint8_t reply[32] = {IAC, SB, COM_PORT};
    size_t size = 3;
    const uint8_t *option = peer->option;

    if (option[0] != COM_PORT)
        return;
    if (option[1] == 1) {
        uint32_t baud =
            (uint32_t)option[2] << 24 | (uint32_t)option[3] << 16 | (uint32_t)option[4] << 8 | option[5];
        note(peer, joined, "B%u", baud);
        if (peer->granted != 0)
            baud = peer->granted;
        for (int i = 3; i >= 0; i--)
            peer->option[5 - i] = (uint8_t)(baud >> 8 * i);
    } else if (option[1] == 5 && (option[2] == 8 || option[2] == 9)) {
        note(peer, joined, "D%u", 9u - option[2]);
    } else if (option[1] == 5 && (option[2] == 11 || option[2] == 12)) {
        note(peer, joined, "R%u", 12u - option[2]);
    }
    if (option[1] == 5 && peer->mute)
        return;
    reply[size++] = (uint8_t)(option[1] + 100);
    for (size_t i = 2; i < peer->option_size; i++) {
        reply[size++] = option[i];
        if (option[i] == IAC)
            reply[size++] = IAC;
    }
    reply[size++] = IAC;
    reply[size++] = SE;
    put(peer, reply, size);
}

static inline void echo(struct peer *peer, uint8_t byte)
{
    const uint8_t twice[] = {byte, byte};

    put(peer, twice, peer->telnet && byte == IAC ? 2 : 1);
    peer->data_count++;
}

static inline void take(struct peer *peer, uint8_t byte, bool *joined)
{
    switch (peer->state) {
    case DATA:
        if (peer->telnet && byte == IAC)
            peer->state = COMMAND;
        else
            echo(peer, byte);
        break;
    case COMMAND:
        peer->state = byte == SB ? OPTION : byte == IAC ? DATA : VERB;
        peer->option_size = 0;
        if (byte == IAC)
            echo(peer, byte);
        break;
    case VERB:
        peer->state = DATA;
        break;
    case OPTION:
        if (byte == IAC)
            peer->state = OPTION_IAC;
        else if (peer->option_size < sizeof peer->option)
            peer->option[peer->option_size++] = byte;
        break;
    case OPTION_IAC:
        peer->state = byte == SE ? DATA : OPTION;
        if (byte == SE)
            take_request(peer, joined);
        else if (peer->option_size < sizeof peer->option)
            peer->option[peer->option_size++] = byte;
        break;
    }
}

static inline void *serve(void *context)
{
    struct peer *peer = context;
    uint8_t data[4096];
    ssize_t count;

    peer->client = accept(peer->listener, NULL, NULL);
    if (peer->client < 0)
        return NULL;
    while (peer->says != NULL && peer->client >= 0) { /* to every client */
        put(peer, (const uint8_t *)peer->says, strlen(peer->says));
        eg_clock_sleep_until_us(eg_clock_us() + 50000);
        close(peer->client);
        peer->client = accept(peer->listener, NULL, NULL);
    }
    if (peer->client < 0)
        return NULL;
    if (peer->offers_first) {
        put(peer, (const uint8_t[]){IAC, WILL, COM_PORT}, 3);
        eg_clock_sleep_until_us(eg_clock_us() + 50000);
    }
    if (peer->telnet)
        put(peer, (const uint8_t[]){IAC, peer->refuses ? DONT : DO, COM_PORT}, 3);
    while ((count = recv(peer->client, data, sizeof data, 0)) > 0) {
        bool joined = false;
        for (ssize_t i = 0; i < count; i++)
            take(peer, data[i], &joined);
        if (peer->close_after != 0 && peer->data_count >= peer->close_after)
            break;
    }
    close(peer->client);
    return NULL;
}

static inline void peer_start(struct peer *peer, const char *scheme)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    peer->telnet = strcmp(scheme, "rfc2217") == 0;
    peer->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(peer->listener >= 0);
    assert_int_equal(bind(peer->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(peer->listener, 1), 0);
    assert_int_equal(getsockname(peer->listener, (struct sockaddr *)&address, &size), 0);
    snprintf(peer->url, sizeof peer->url, "%s://127.0.0.1:%u", scheme, ntohs(address.sin_port));
    assert_int_equal(pthread_create(&peer->thread, NULL, serve, peer), 0);
}

/* Stop the peer, after the port is closed. */
static inline void peer_stop(struct peer *peer)
{
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
}

/** Write the bytes and read them back. */
static inline void assert_echo(struct eg_port *port, const uint8_t *data, size_t size)
{
    struct eg_error err;
    uint8_t *back = malloc(size);
    size_t done = 0;

    assert_non_null(back);
    assert_ok(eg_port_write(port, data, size, 5000, &err), err);
    assert_ok(eg_port_drain(port, 5000, &err), err);
    while (done < size) {
        size_t got = 0;
        assert_ok(eg_port_read(port, back + done, size - done, &got, 5000, &err), err);
        assert_true(got > 0);
        done += got;
    }
    assert_memory_equal(back, data, size);
    free(back);
}

#endif
