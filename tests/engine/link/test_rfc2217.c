/* SPDX-License-Identifier: Apache-2.0 */

/* Rate and modem lines over RFC 2217, as the server receives them. */

#include "engine/link/reset.h"
#include "tests/engine/link/peer.h"

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
    assert_echo(port, BYTES(1, 2, 3)); /* so that the next request is in another packet */
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

/*
 * esp_rfc2217_server resets the board itself when it receives these, and starts the application when RTS is
 * released once more.
 */
static void resets_ask_for_each_change_of_a_line_once(void **state)
{
    (void)state;
    struct peer peer = {0};
    struct eg_error err;
    struct eg_port *port;

    peer_start(&peer, "rfc2217");
    assert_ok(eg_port_open(&port, peer.url, eg_port_schemes, NULL, &err), err);
    assert_ok(eg_reset_run(port, EG_RESET_REMOTE,
                           &(struct eg_reset_times){.low_ms = EG_RESET_LOW_MS, .hold_ms = 1}, &err),
              err);
    assert_ok(eg_reset_run(port, EG_RESET_HARD,
                           &(struct eg_reset_times){.low_ms = EG_RESET_LOW_MS, .hold_ms = 1}, &err),
              err);
    eg_port_close(port);
    peer_stop(&peer);
    assert_string_equal(peer.events, "D0+R0 B115200 R1 D1+R0 D0 R1 R0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc2217_carries_rate_and_both_lines_in_one_packet),
        cmocka_unit_test(rfc2217_carries_every_byte_both_ways),
        cmocka_unit_test(a_server_that_grants_another_rate_is_refused),
        cmocka_unit_test(a_telnet_server_without_rfc2217_is_refused),
        cmocka_unit_test(a_server_that_never_acknowledges_lines_is_told_of_them_all_the_same),
        cmocka_unit_test(a_server_that_offers_rfc2217_before_it_asks_for_it_is_waited_for),
        cmocka_unit_test(resets_ask_for_each_change_of_a_line_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
