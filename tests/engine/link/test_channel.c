/* SPDX-License-Identifier: Apache-2.0 */

/* A connection: data both ways, its end, cancelling, many at once. */

#include "tests/engine/link/peer.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/select.h>

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

static void discarded_data_is_not_read(void **state)
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
    eg_clock_sleep_until_us(eg_clock_us() + 50000); /* sent, but may still be in the kernel */
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
    assert_int_equal(total, 3); /* earlier data is not lost */
    snprintf(expected, sizeof expected, "%s: the other end closed the connection", peer.url);
    assert_error(code, err, EG_PORT_GONE, expected);
    snprintf(expected, sizeof expected, "%s: the port is gone", peer.url);
    assert_error(eg_port_write(port, BYTES(1), 1000, &err), err, EG_PORT_GONE, expected);
    eg_port_close(port);
    peer_stop(&peer);
}

/* gensio's selector has room for descriptors below FD_SETSIZE and does not check. */
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

static void *cancel_soon(void *cancel)
{
    eg_clock_sleep_until_us(eg_clock_us() + 30000);
    eg_cancel_request(cancel);
    return NULL;
}

/* A server that accepts and then stays silent: RFC 2217 negotiation would go on for seconds. */
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
        cmocka_unit_test(tcp_carries_every_byte_and_has_neither_rate_nor_lines),
        cmocka_unit_test(discarded_data_is_not_read),
        cmocka_unit_test(a_closed_connection_is_a_port_that_is_gone),
        cmocka_unit_test(more_descriptors_than_the_selector_has_room_for_are_refused),
        cmocka_unit_test(writing_to_a_closed_connection_raises_no_signal),
        cmocka_unit_test(opening_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
