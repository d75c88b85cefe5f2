/* SPDX-License-Identifier: Apache-2.0 */

/* Addresses and their options; the message of a server that cannot open its port. */

#include "tests/engine/link/peer.h"

static void the_message_of_a_server_that_closes_is_passed_on(void **state)
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

static void nobody_listening_is_no_port(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    struct eg_error err;
    struct eg_port *port;
    char url[64];
    char expected[128];

    /* Bound but not listening, so that no other process can take the port number. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_message_of_a_server_that_closes_is_passed_on),
        cmocka_unit_test(options_of_pyserial_are_taken),
        cmocka_unit_test(options_that_mean_nothing_are_named),
        cmocka_unit_test(nobody_listening_is_no_port),
        cmocka_unit_test(addresses_that_make_no_sense_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
