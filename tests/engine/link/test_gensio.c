/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/link/port.h"
#include "engine/link/reset.h"
#include "tests/fakes/check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
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
 * The other end of a connection: one client, on a thread of its own. It takes RFC 2217 requests and echoes
 * everything else; without `telnet` it just echoes.
 */
struct peer {
    bool telnet;
    bool refuses;         /* will not speak RFC 2217 */
    bool offers_first;    /* says WILL, and DO only a moment later */
    bool mute;            /* does not acknowledge modem lines */
    uint32_t granted;     /* the rate it says it has set; 0 = what was asked for */
    const char *says;     /* a line with which it closes at once; NULL = it stays */
    size_t close_after;   /* bytes of data after which it closes; 0 = never */
    int listener, client; /* sockets */
    char url[64];
    pthread_t thread;
    char events[512];         /* "D0+R0 B115200": requests, those of one packet joined */
    atomic_size_t data_count; /* bytes of data echoed */
    uint8_t option[16];       /* the suboption being received */
    size_t option_size;
    enum { DATA, COMMAND, VERB, OPTION, OPTION_IAC } state;
};

static void note(struct peer *peer, bool *joined, const char *format, unsigned value)
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

static void put(struct peer *peer, const uint8_t *data, size_t size)
{
    while (size > 0) {
        const ssize_t count = send(peer->client, data, size, MSG_NOSIGNAL);
        if (count <= 0)
            return;
        data += count;
        size -= (size_t)count;
    }
}

static void take_request(struct peer *peer, bool *joined)
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

static void echo(struct peer *peer, uint8_t byte)
{
    const uint8_t twice[] = {byte, byte};

    put(peer, twice, peer->telnet && byte == IAC ? 2 : 1);
    peer->data_count++;
}

static void take(struct peer *peer, uint8_t byte, bool *joined)
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

static void *serve(void *context)
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

static void peer_start(struct peer *peer, const char *scheme)
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

/* After the port is closed. */
static void peer_stop(struct peer *peer)
{
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
}

static void assert_echo(struct eg_port *port, const uint8_t *data, size_t size)
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

static void rfc2217_carries_rate_and_both_lines_in_one_packet(void **state)
{
    (void)state;
    struct peer peer = {0};
    struct eg_error err;
    struct eg_port *port;

    peer_start(&peer, "rfc2217");
    assert_ok(eg_port_open(&port, peer.url, eg_port_schemes, NULL, &err), err);
    assert_true(port->remote);
    assert_true(eg_port_has_lines(port));
    assert_true(eg_port_has_baud(port));
    assert_ok(eg_port_set_lines(port, true, false, &err), err);
    assert_ok(eg_port_set_lines(port, false, true, &err), err);
    assert_ok(eg_port_set_baud(port, 921600, &err), err);
    assert_ok(eg_port_set_baud(port, 0xff, &err), err);
    eg_port_close(port);
    peer_stop(&peer);
    assert_string_equal(peer.events, "D0+R0 B115200 D1 D0+R1 B921600 B255");
}

static void rfc2217_carries_every_byte_both_ways(void **state)
{
    (void)state;
    struct peer peer = {0};
    struct eg_error err;
    struct eg_port *port;
    uint8_t data[20000];

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = i < 8192 ? (uint8_t)i : 0xff;
    peer_start(&peer, "rfc2217");
    assert_ok(eg_port_open(&port, peer.url, eg_port_schemes, NULL, &err), err);
    assert_echo(port, data, sizeof data);
    assert_int_equal(port->bytes_sent, sizeof data);
    assert_int_equal(port->bytes_received, sizeof data);
    eg_port_close(port);
    peer_stop(&peer);
}

static void a_server_that_grants_another_rate_is_refused(void **state)
{
    (void)state;
    struct peer peer = {.granted = 9600};
    struct eg_error err;
    struct eg_port *port;
    char expected[128];

    peer_start(&peer, "rfc2217");
    snprintf(expected, sizeof expected, "%s: asked for 115200 baud, got 9600", peer.url);
    assert_error(eg_port_open(&port, peer.url, eg_port_schemes, NULL, &err), err, EG_PORT_REFUSED, expected);
    peer_stop(&peer);
}

static void a_telnet_server_without_rfc2217_is_refused(void **state)
{
    (void)state;
    struct peer peer = {.refuses = true};
    struct eg_error err;
    struct eg_port *port;
    char expected[128];

    peer_start(&peer, "rfc2217");
    snprintf(expected, sizeof expected, "%s: the server does not take RFC 2217 requests (DTR and RTS)",
             peer.url);
    assert_error(eg_port_open(&port, peer.url, eg_port_schemes, NULL, &err), err, EG_PORT_REFUSED, expected);
    peer_stop(&peer);
}

static void a_server_that_never_acknowledges_lines_is_told_of_them_all_the_same(void **state)
{
    (void)state;
    struct peer peer = {.mute = true};
    struct eg_error err;
    struct eg_port *port;

    peer_start(&peer, "rfc2217");
    assert_ok(eg_port_open(&port, peer.url, eg_port_schemes, NULL, &err), err);
    assert_true(eg_port_has_lines(port));
    assert_ok(eg_port_set_lines(port, false, true, &err), err);
    assert_echo(port, BYTES(1, 2, 3)); /* so that what follows is another packet */
    assert_ok(eg_port_set_baud(port, 460800, &err), err);
    assert_ok(eg_port_set_lines(port, true, false, &err), err);
    assert_echo(port, BYTES(1, 2, 3));
    assert_ok(eg_port_set_baud(port, 921600, &err), err);
    eg_port_close(port);
    peer_stop(&peer);
    assert_string_equal(peer.events, "D0+R0 B115200 R1 B460800 D1+R0 B921600");
}

static void a_server_that_offers_rfc2217_before_it_asks_for_it_is_waited_for(void **state)
{
    (void)state;
    struct peer peer = {.offers_first = true};
    struct eg_error err;
    struct eg_port *port;

    peer_start(&peer, "rfc2217");
    assert_ok(eg_port_open(&port, peer.url, eg_port_schemes, NULL, &err), err);
    assert_ok(eg_port_set_baud(port, 921600, &err), err);
    eg_port_close(port);
    peer_stop(&peer);
    assert_string_equal(peer.events, "D0+R0 B115200 B921600");
}

/* esp_rfc2217_server resets by itself when it hears these, and into the application when it hears RTS
 * released once more. */
static void resets_ask_for_each_change_of_a_line_once(void **state)
{
    (void)state;
    struct peer peer = {0};
    struct eg_error err;
    struct eg_port *port;

    peer_start(&peer, "rfc2217");
    assert_ok(eg_port_open(&port, peer.url, eg_port_schemes, NULL, &err), err);
    assert_ok(eg_reset_run(port, EG_RESET_REMOTE, 1, &err), err);
    assert_ok(eg_reset_run(port, EG_RESET_HARD, 1, &err), err);
    eg_port_close(port);
    peer_stop(&peer);
    assert_string_equal(peer.events, "D0+R0 B115200 R1 D1+R0 D0 R1 R0");
}

static void tcp_carries_every_byte_and_has_neither_rate_nor_lines(void **state)
{
    (void)state;
    struct peer peer = {0};
    struct eg_error err;
    struct eg_port *port;
    uint8_t data[300000];

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 31 >> 3);
    peer_start(&peer, "tcp");
    assert_ok(eg_port_open(&port, peer.url, eg_port_schemes, NULL, &err), err);
    assert_false(eg_port_has_baud(port));
    assert_false(eg_port_has_lines(port));
    assert_ok(eg_port_set_baud(port, 921600, &err), err);
    for (size_t i = 0; i < sizeof data; i += 30000)
        assert_echo(port, data + i, 30000);
    eg_port_close(port);
    peer_stop(&peer);
}

static void what_was_discarded_is_not_read(void **state)
{
    (void)state;
    struct peer peer = {0};
    struct eg_error err;
    struct eg_port *port;
    uint8_t byte;
    size_t got;

    peer_start(&peer, "tcp");
    assert_ok(eg_port_open(&port, peer.url, eg_port_schemes, NULL, &err), err);
    assert_ok(eg_port_write(port, BYTES(1, 2, 3), 1000, &err), err);
    assert_ok(eg_port_read(port, &byte, 1, &got, 5000, &err), err);
    assert_int_equal(got, 1);
    while (atomic_load(&peer.data_count) < 3)
        eg_clock_sleep_until_us(eg_clock_us() + 1000);
    eg_clock_sleep_until_us(eg_clock_us() +
                            50000); /* sent, but perhaps still on its way through the kernel */
    assert_ok(eg_port_discard(port, &err), err);
    assert_ok(eg_port_read(port, &byte, 1, &got, 20, &err), err);
    assert_int_equal(got, 0);
    assert_echo(port, BYTES(4, 5));
    eg_port_close(port);
    peer_stop(&peer);
}

static void a_closed_connection_is_a_port_that_is_gone(void **state)
{
    (void)state;
    struct peer peer = {.close_after = 3};
    struct eg_error err;
    struct eg_port *port;
    char expected[128];
    uint8_t data[8];
    size_t total = 0;
    size_t got;

    peer_start(&peer, "tcp");
    assert_ok(eg_port_open(&port, peer.url, eg_port_schemes, NULL, &err), err);
    assert_ok(eg_port_write(port, BYTES(1, 2, 3), 1000, &err), err);
    enum eg_code code;
    while ((code = eg_port_read(port, data, sizeof data, &got, 5000, &err)) == EG_OK && got > 0)
        total += got;
    assert_int_equal(total, 3); /* what came before is not lost */
    snprintf(expected, sizeof expected, "%s: the other end closed the connection", peer.url);
    assert_error(code, err, EG_PORT_GONE, expected);
    snprintf(expected, sizeof expected, "%s: the port is gone", peer.url);
    assert_error(eg_port_write(port, BYTES(1), 1000, &err), err, EG_PORT_GONE, expected);
    eg_port_close(port);
    peer_stop(&peer);
}

static void what_a_server_says_before_it_closes_is_passed_on(void **state)
{
    (void)state;
    static const char *const schemes[] = {"rfc2217", "tcp"};

    for (size_t i = 0; i < 2; i++) {
        struct peer peer = {.says = "Busy\r\nPort already in use\r\n\r\n"};
        struct eg_error err;
        struct eg_port *port = NULL;
        char expected[160];
        uint8_t data[64];
        size_t got;

        peer_start(&peer, schemes[i]);
        enum eg_code code = eg_port_open(&port, peer.url, eg_port_schemes, NULL, &err);
        while (code == EG_OK)
            code = eg_port_read(port, data, sizeof data, &got, 5000, &err);
        snprintf(expected, sizeof expected,
                 "%s: the server said \"Port already in use\" and closed the connection", peer.url);
        assert_error(code, err, EG_PORT_REFUSED, expected);
        eg_port_close(port);
        peer_stop(&peer);
    }
}

static void options_of_pyserial_are_taken(void **state)
{
    (void)state;
    static const char *const options[] = {"?ign_set_control", "?timeout=2.5", "?logging=debug&poll_modem",
                                          "?poll_modem&ign_set_control&timeout=1"};

    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct peer peer = {0};
        struct eg_error err;
        struct eg_port *port;
        char url[128];

        peer_start(&peer, "rfc2217");
        snprintf(url, sizeof url, "%s%s", peer.url, options[i]);
        assert_ok(eg_port_open(&port, url, eg_port_schemes, NULL, &err), err);
        assert_string_equal(port->url, url);
        eg_port_close(port);
        peer_stop(&peer);
    }
}

static void options_that_mean_nothing_are_named(void **state)
{
    (void)state;
    struct eg_error err;
    struct eg_port *port;

    assert_error(
        eg_port_open(&port, "rfc2217://h:1?timeout=2&baud=9600", eg_port_schemes, NULL, &err), err,
        EG_NO_PORT,
        "rfc2217://h:1?timeout=2&baud=9600: unknown option \"baud=9600\"; known are ign_set_control, "
        "poll_modem, timeout=SECONDS and logging=LEVEL");
    assert_error(eg_port_open(&port, "tcp://h:1?timeout=-1", eg_port_schemes, NULL, &err), err, EG_NO_PORT,
                 "tcp://h:1?timeout=-1: \"timeout=-1\" is not timeout=SECONDS, at most 3600");
}

/* gensio's selector has room for descriptors below FD_SETSIZE and does not look. */
static void more_descriptors_than_the_selector_has_room_for_are_refused(void **state)
{
    (void)state;
    const struct rlimit more = {2000, 2000};
    struct rlimit before;
    struct peer peer = {0};
    struct eg_error err;
    struct eg_port *port;
    char expected[256];
    int first = -1, last = -1;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    if (before.rlim_max < more.rlim_max)
        skip();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){more.rlim_cur, before.rlim_max}), 0);
    peer_start(&peer, "rfc2217");
    while (last < FD_SETSIZE - 1) {
        last = open("/dev/null", O_RDONLY);
        assert_true(last >= 0);
        first = first < 0 ? last : first;
    }
    snprintf(expected, sizeof expected,
             "%s: too many open files: network ports of one program must have descriptors below 1024, so "
             "about 480 can "
             "be open at once",
             peer.url);
    assert_error(eg_port_open(&port, peer.url, eg_port_schemes, NULL, &err), err, EG_PORT_REFUSED, expected);
    while (last >= first)
        close(last--);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_ok(eg_port_open(&port, peer.url, eg_port_schemes, NULL, &err), err);
    eg_port_close(port);
    peer_stop(&peer);
}

static void writing_to_a_closed_connection_raises_no_signal(void **state)
{
    (void)state;
    struct peer peer = {.close_after = 1};
    struct eg_error err;
    struct eg_port *port;
    enum eg_code code = EG_OK;

    peer_start(&peer, "tcp");
    assert_ok(eg_port_open(&port, peer.url, eg_port_schemes, NULL, &err), err);
    for (int i = 0; i < 100 && code == EG_OK; i++) {
        code = eg_port_write(port, BYTES(1, 2, 3), 1000, &err);
        eg_clock_sleep_until_us(eg_clock_us() + 2000);
    }
    assert_int_equal(code, EG_PORT_GONE);
    eg_port_close(port);
    peer_stop(&peer);
}

static void nobody_listening_is_no_port(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    struct eg_error err;
    struct eg_port *port;
    char url[64];
    char expected[128];

    /* Bound but not listening: nobody else can take it meanwhile. */
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(url, sizeof url, "rfc2217://127.0.0.1:%u", ntohs(address.sin_port));
    snprintf(expected, sizeof expected, "%s: Connection refused", url);
    assert_error(eg_port_open(&port, url, eg_port_schemes, NULL, &err), err, EG_NO_PORT, expected);
    close(fd);
}

static void addresses_that_make_no_sense_are_named(void **state)
{
    (void)state;
    static const char *const urls[] = {"tcp://",        "tcp://host",    "tcp://host:", "tcp://:1",
                                       "tcp://host:0",  "tcp://h:70000", "tcp://::1:5", "tcp://ho st:1",
                                       "tcp://h,tcp:1", "tcp://h(x):1",  "tcp://[]:1",  "tcp://h:1x"};
    struct eg_error err;
    struct eg_port *port;

    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        char expected[128];
        snprintf(expected, sizeof expected, "%s: is not of the form tcp://HOST:PORT", urls[i]);
        assert_error(eg_port_open(&port, urls[i], eg_port_schemes, NULL, &err), err, EG_NO_PORT, expected);
    }
}

static void *cancel_soon(void *cancel)
{
    eg_clock_sleep_until_us(eg_clock_us() + 30000);
    eg_cancel_request(cancel);
    return NULL;
}

/* A server that accepts and then says nothing: RFC 2217 negotiation would go on for seconds. */
static void opening_can_be_cancelled(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    struct eg_cancel cancel = {.requested = false};
    struct eg_error err;
    struct eg_port *port;
    pthread_t thread;
    char url[64];
    char expected[128];

    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(url, sizeof url, "rfc2217://127.0.0.1:%u", ntohs(address.sin_port));
    snprintf(expected, sizeof expected, "%s: cancelled", url);
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &cancel), 0);
    const enum eg_code code = eg_port_open(&port, url, eg_port_schemes, &cancel, &err);
    pthread_join(thread, NULL);
    close(fd);
    assert_error(code, err, EG_CANCELLED, expected);
}

static void *open_and_close(void *url)
{
    struct eg_error err;
    struct eg_port *port;

    if (eg_port_open(&port, url, eg_port_schemes, NULL, &err) == EG_OK)
        eg_port_close(port);
    return NULL;
}

static void many_threads_may_open_ports_at_once(void **state)
{
    (void)state;
    struct peer peers[8] = {0};
    pthread_t threads[8];

    for (size_t i = 0; i < 8; i++)
        peer_start(&peers[i], "rfc2217");
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_and_close, peers[i].url), 0);
    for (size_t i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < 8; i++) {
        peer_stop(&peers[i]);
        assert_string_equal(peers[i].events, "D0+R0 B115200");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            many_threads_may_open_ports_at_once), /* first: gensio prepares itself at first use */
        cmocka_unit_test(rfc2217_carries_rate_and_both_lines_in_one_packet),
        cmocka_unit_test(rfc2217_carries_every_byte_both_ways),
        cmocka_unit_test(a_server_that_grants_another_rate_is_refused),
        cmocka_unit_test(a_telnet_server_without_rfc2217_is_refused),
        cmocka_unit_test(a_server_that_never_acknowledges_lines_is_told_of_them_all_the_same),
        cmocka_unit_test(a_server_that_offers_rfc2217_before_it_asks_for_it_is_waited_for),
        cmocka_unit_test(resets_ask_for_each_change_of_a_line_once),
        cmocka_unit_test(tcp_carries_every_byte_and_has_neither_rate_nor_lines),
        cmocka_unit_test(what_was_discarded_is_not_read),
        cmocka_unit_test(a_closed_connection_is_a_port_that_is_gone),
        cmocka_unit_test(what_a_server_says_before_it_closes_is_passed_on),
        cmocka_unit_test(options_of_pyserial_are_taken),
        cmocka_unit_test(options_that_mean_nothing_are_named),
        cmocka_unit_test(more_descriptors_than_the_selector_has_room_for_are_refused),
        cmocka_unit_test(writing_to_a_closed_connection_raises_no_signal),
        cmocka_unit_test(nobody_listening_is_no_port),
        cmocka_unit_test(addresses_that_make_no_sense_are_named),
        cmocka_unit_test(opening_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
