/* SPDX-License-Identifier: Apache-2.0 */

/* Paths: a pseudo-terminal is not a serial port, but can be opened. */

#include "engine/link/port.h"
#include "tests/fakes/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

struct pty {
    int master;
    char path[64];
};

static void pty_open(struct pty *pty)
{
    pty->master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(pty->master >= 0);
    assert_int_equal(grantpt(pty->master), 0);
    assert_int_equal(unlockpt(pty->master), 0);
    snprintf(pty->path, sizeof pty->path, "%s", ptsname(pty->master));
}

static void a_pty_carries_every_byte_both_ways(void **state)
{
    (void)state;
    struct eg_error err;
    struct eg_port *port;
    struct pty pty;
    uint8_t data[256];
    uint8_t back[256];
    size_t done = 0;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)i;
    pty_open(&pty);
    assert_ok(eg_port_open(&port, pty.path, eg_port_schemes, NULL, &err), err);
    assert_false(eg_port_has_lines(port));
    assert_false(port->remote);
    assert_ok(eg_port_write(port, data, sizeof data, 1000, &err), err);
    while (done < sizeof back) {
        const ssize_t count = read(pty.master, back + done, sizeof back - done);
        assert_true(count > 0);
        done += (size_t)count;
    }
    assert_memory_equal(back, data, sizeof data);
    assert_int_equal(write(pty.master, data, sizeof data), sizeof data);
    for (done = 0; done < sizeof back;) {
        size_t got = 0;
        assert_ok(eg_port_read(port, back + done, sizeof back - done, &got, 5000, &err), err);
        assert_true(got > 0);
        done += got;
    }
    assert_memory_equal(back, data, sizeof data);
    eg_port_close(port);
    close(pty.master);
}

static void the_rate_of_a_pty_can_be_seen_at_its_other_end(void **state)
{
    (void)state;
    struct eg_error err;
    struct eg_port *port;
    struct termios termios;
    struct pty pty;

    pty_open(&pty);
    assert_ok(eg_port_open(&port, pty.path, eg_port_schemes, NULL, &err), err);
    assert_int_equal(tcgetattr(pty.master, &termios), 0);
    assert_int_equal(cfgetospeed(&termios), B115200);
    assert_ok(eg_port_set_baud(port, 38400, &err), err);
    assert_int_equal(tcgetattr(pty.master, &termios), 0);
    assert_int_equal(cfgetospeed(&termios), B38400);
    eg_port_close(port);
    close(pty.master);
}

static void a_pty_whose_other_end_closes_is_gone(void **state)
{
    (void)state;
    struct eg_error err;
    struct eg_port *port;
    struct pty pty;
    char expected[128];
    uint8_t byte;
    size_t got;

    pty_open(&pty);
    assert_ok(eg_port_open(&port, pty.path, eg_port_schemes, NULL, &err), err);
    close(pty.master);
    snprintf(expected, sizeof expected, "%s: the other end closed the connection", pty.path);
    assert_error(eg_port_read(port, &byte, 1, &got, 5000, &err), err, EG_PORT_GONE, expected);
    eg_port_close(port);
}

static void a_pty_in_use_is_busy(void **state)
{
    (void)state;
    struct eg_error err;
    struct eg_port *port;
    struct eg_port *second;
    struct pty pty;
    char expected[128], name[64];

    pty_open(&pty);
    assert_ok(eg_port_open(&port, pty.path, eg_port_schemes, NULL, &err), err);
    snprintf(expected, sizeof expected, "%s: %s uses it", pty.path, this_program(name));
    assert_error(eg_port_open(&second, pty.path, eg_port_schemes, NULL, &err), err, EG_PORT_BUSY, expected);
    eg_port_close(port);
    assert_ok(eg_port_open(&second, pty.path, eg_port_schemes, NULL, &err), err);
    eg_port_close(second);
    close(pty.master);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pty_carries_every_byte_both_ways),
        cmocka_unit_test(the_rate_of_a_pty_can_be_seen_at_its_other_end),
        cmocka_unit_test(a_pty_whose_other_end_closes_is_gone),
        cmocka_unit_test(a_pty_in_use_is_busy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
