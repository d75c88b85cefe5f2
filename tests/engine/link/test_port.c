/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/link/port.h"
#include "tests/fakes/check.h"
#include "tests/fakes/scripted_port.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A carrier that accepts nothing and gives nothing, and records the calls. */
struct mute_port {
    struct eg_port port;
    unsigned calls;
    uint32_t longest_ms, total_ms;
    size_t write_max; /* bytes taken per write */
    unsigned lines_calls;
    bool refuse_lines, closed;
};

static void account(struct mute_port *mute, uint32_t timeout_ms)
{
    mute->calls++;
    mute->total_ms += timeout_ms;
    if (timeout_ms > mute->longest_ms)
        mute->longest_ms = timeout_ms;
}

static enum eg_code mute_read(struct eg_port *port, uint8_t *data, size_t size, size_t *got,
                              uint32_t timeout_ms, struct eg_error *err)
{
    (void)data;
    (void)size;
    (void)err;
    account((struct mute_port *)port, timeout_ms);
    *got = 0;
    return EG_OK;
}

static enum eg_code mute_write(struct eg_port *port, const uint8_t *data, size_t size, size_t *put,
                               uint32_t timeout_ms, struct eg_error *err)
{
    struct mute_port *mute = (struct mute_port *)port;

    (void)data;
    (void)err;
    account(mute, timeout_ms);
    *put = size < mute->write_max ? size : mute->write_max;
    return EG_OK;
}

static enum eg_code mute_drain(struct eg_port *port, bool *done, uint32_t timeout_ms, struct eg_error *err)
{
    (void)err;
    account((struct mute_port *)port, timeout_ms);
    *done = false;
    return EG_OK;
}

static enum eg_code mute_set_lines(struct eg_port *port, bool dtr, bool rts, struct eg_error *err)
{
    struct mute_port *mute = (struct mute_port *)port;

    (void)dtr;
    (void)rts;
    mute->lines_calls++;
    return mute->refuse_lines ? eg_error_set(err, EG_PORT_REFUSED, "mute: no") : EG_OK;
}

static void mute_close(struct eg_port *port)
{
    ((struct mute_port *)port)->closed = true;
}

static const struct eg_port_ops mute_ops = {
    .read = mute_read,
    .write = mute_write,
    .drain = mute_drain,
    .set_lines = mute_set_lines,
    .close = mute_close,
};

static struct eg_port *mute_init(struct mute_port *mute)
{
    *mute = (struct mute_port){.port = {.ops = &mute_ops, .url = "mute"}};
    return &mute->port;
}

static void a_long_wait_is_sliced(void **state)
{
    (void)state;
    struct mute_port mute;
    struct eg_port *port = mute_init(&mute);
    struct eg_error err;
    uint8_t byte;
    size_t got = 7;

    assert_ok(eg_port_read(port, &byte, 1, &got, 2550, &err), err);
    assert_int_equal(got, 0);
    assert_int_equal(mute.calls, 26);
    assert_int_equal(mute.longest_ms, EG_CANCEL_POLL_MS);
    assert_int_equal(mute.total_ms, 2550);
}

static void a_read_without_time_looks_once(void **state)
{
    (void)state;
    struct mute_port mute;
    struct eg_port *port = mute_init(&mute);
    struct eg_error err;
    uint8_t byte;
    size_t got = 7;

    assert_ok(eg_port_read(port, &byte, 1, &got, 0, &err), err);
    assert_int_equal(got, 0);
    assert_int_equal(mute.calls, 1);
}

static void a_carrier_that_takes_nothing_is_a_timeout(void **state)
{
    (void)state;
    struct mute_port mute;
    struct eg_port *port = mute_init(&mute);
    struct eg_error err;

    assert_error(eg_port_write(port, BYTES(1, 2, 3), 250, &err), err, EG_TIMEOUT,
                 "mute: 3 of 3 bytes left to send after 250 ms");
    assert_int_equal(mute.longest_ms, EG_CANCEL_POLL_MS);
    assert_error(eg_port_drain(port, 250, &err), err, EG_TIMEOUT,
                 "mute: bytes still waiting to be sent after 250 ms");
}

static void a_carrier_may_take_bytes_one_by_one(void **state)
{
    (void)state;
    struct mute_port mute;
    struct eg_port *port = mute_init(&mute);
    struct eg_error err;

    mute.write_max = 1;
    assert_ok(eg_port_write(port, BYTES(1, 2, 3), 1000, &err), err);
    assert_int_equal(mute.calls, 3);
    assert_int_equal(port->bytes_sent, 3);
}

/* Read like a carrier that waits as long as requested. */
static enum eg_code patient_read(struct eg_port *port, uint8_t *data, size_t size, size_t *got,
                                 uint32_t timeout_ms, struct eg_error *err)
{
    eg_clock_sleep_until_us(eg_clock_us() + (uint64_t)timeout_ms * 1000);
    return mute_read(port, data, size, got, timeout_ms, err);
}

static void *cancel_soon(void *cancel)
{
    eg_clock_sleep_until_us(eg_clock_us() + 20000);
    eg_cancel_request(cancel);
    return NULL;
}

static void cancelling_ends_a_long_read(void **state)
{
    (void)state;
    static const struct eg_port_ops ops = {.read = patient_read};
    struct mute_port mute;
    struct eg_port *port = mute_init(&mute);
    struct eg_cancel cancel = {.requested = false};
    struct eg_error err;
    pthread_t thread;
    uint8_t byte;
    size_t got;

    port->ops = &ops;
    port->cancel = &cancel;
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &cancel), 0);
    const enum eg_code code = eg_port_read(port, &byte, 1, &got, 60000, &err);
    pthread_join(thread, NULL);
    assert_error(code, err, EG_CANCELLED, "mute: cancelled");
    assert_error(eg_port_write(port, &byte, 1, 100, &err), err, EG_CANCELLED, "mute: cancelled");
}

static void a_port_that_is_gone_stays_gone(void **state)
{
    (void)state;
    struct scripted_port board;
    struct eg_port *port = scripted_port_init(&board, NULL, 0);
    struct eg_error err;
    uint8_t byte;
    size_t got;

    board.unplugged = true;
    assert_error(eg_port_read(port, &byte, 1, &got, 100, &err), err, EG_PORT_GONE, "script: unplugged");
    board.unplugged = false;
    assert_error(eg_port_read(port, &byte, 1, &got, 100, &err), err, EG_PORT_GONE,
                 "script: the port is gone");
    assert_error(eg_port_write(port, BYTES(1), 100, &err), err, EG_PORT_GONE, "script: the port is gone");
    assert_error(eg_port_drain(port, 100, &err), err, EG_PORT_GONE, "script: the port is gone");
    assert_error(eg_port_set_lines(port, true, true, &err), err, EG_PORT_GONE, "script: the port is gone");
    assert_error(eg_port_set_baud(port, 9600, &err), err, EG_PORT_GONE, "script: the port is gone");
    assert_error(eg_port_discard(port, &err), err, EG_PORT_GONE, "script: the port is gone");
    assert_string_equal(board.events, "");
}

static void rate_and_lines_are_remembered(void **state)
{
    (void)state;
    struct scripted_port board;
    struct eg_port *port = scripted_port_init(&board, NULL, 0);
    struct eg_error err;

    assert_ok(eg_port_set_baud(port, 460800, &err), err);
    assert_ok(eg_port_set_lines(port, true, false, &err), err);
    assert_int_equal(port->baud, 460800);
    assert_true(port->dtr);
    assert_false(port->rts);
    assert_string_equal(board.events, "B460800 D1R0");
}

static enum eg_code open_mute(struct eg_port **port, const char *url, void *context,
                              const struct eg_cancel *cancel, struct eg_error *err)
{
    (void)url;
    (void)cancel;
    (void)err;
    *port = context;
    return EG_OK;
}

static enum eg_code open_never(struct eg_port **port, const char *url, void *context,
                               const struct eg_cancel *cancel, struct eg_error *err)
{
    (void)port;
    (void)context;
    (void)cancel;
    return eg_error_set(err, EG_NO_PORT, "%s: never", url);
}

static void the_first_scheme_that_begins_the_url_opens_it(void **state)
{
    (void)state;
    struct mute_port mute;
    const struct eg_port_scheme chosen = {.scheme = "mute:", .open = open_mute, .context = mute_init(&mute)};
    const struct eg_port_scheme other = {.scheme = "other:", .open = open_never};
    const struct eg_port_scheme rest = {.scheme = "", .open = open_never};
    const struct eg_port_scheme *const schemes[] = {&other, &chosen, &rest, NULL};
    struct eg_error err;
    struct eg_port *port;

    assert_ok(eg_port_open(&port, "mute:7", schemes, NULL, &err), err);
    assert_ptr_equal(port, &mute.port);
    assert_string_equal(port->url, "mute:7");
    assert_int_equal(mute.lines_calls, 1);
    assert_int_equal(port->baud, 115200);
    assert_false(port->dtr || port->rts);
    eg_port_close(port);
    assert_true(mute.closed);
    assert_error(eg_port_open(&port, "mut:7", schemes, NULL, &err), err, EG_NO_PORT, "mut:7: never");
}

/* Open the mute port in the context, unless it refuses. */
static enum eg_code open_again(struct eg_port **port, const char *url, void *context,
                               const struct eg_cancel *cancel, struct eg_error *err)
{
    struct mute_port *const mute = context;

    if (mute->refuse_lines)
        return eg_error_set(err, EG_NO_PORT, "%s: not there", url);
    return open_mute(port, url, context, cancel, err);
}

static void a_port_that_is_reopened_counts_on(void **state)
{
    (void)state;
    struct mute_port mute;
    const struct eg_port_scheme scheme = {.scheme = "", .open = open_again, .context = mute_init(&mute)};
    const struct eg_port_scheme *const schemes[] = {&scheme, NULL};
    struct eg_error err;
    struct eg_port *port;
    uint8_t byte = 0;
    size_t got;

    mute.write_max = 1;
    assert_ok(eg_port_open(&port, "mute", schemes, NULL, &err), err);
    assert_ok(eg_port_set_baud(port, 74880, &err), err);
    assert_ok(eg_port_write(port, &byte, 1, 100, &err), err);

    mute.refuse_lines = true;
    assert_error(eg_port_reopen(&port, schemes, &err), err, EG_NO_PORT, "mute: not there");
    assert_true(mute.closed);
    assert_int_equal(port->bytes_sent, 1);
    assert_error(eg_port_read(port, &byte, 1, &got, 100, &err), err, EG_PORT_GONE, "mute: the port is gone");

    mute_init(&mute);
    mute.write_max = 1;
    assert_ok(eg_port_reopen(&port, schemes, &err), err);
    assert_ptr_equal(port, &mute.port);
    assert_int_equal(port->baud, 74880);
    assert_ok(eg_port_write(port, &byte, 1, 100, &err), err);
    assert_int_equal(port->bytes_sent, 2);
    eg_port_close(port);
}

static void a_url_that_no_scheme_takes_is_named(void **state)
{
    (void)state;
    const struct eg_port_scheme other = {.scheme = "other:", .open = open_never};
    const struct eg_port_scheme *const schemes[] = {&other, NULL};
    struct eg_error err;
    struct eg_port *port;

    assert_error(eg_port_open(&port, "sim:esp32", schemes, NULL, &err), err, EG_NO_PORT,
                 "sim:esp32: unknown kind of port");
}

static void a_port_that_cannot_be_set_up_is_closed_again(void **state)
{
    (void)state;
    struct mute_port mute;
    const struct eg_port_scheme scheme = {.scheme = "", .open = open_mute, .context = mute_init(&mute)};
    const struct eg_port_scheme *const schemes[] = {&scheme, NULL};
    struct eg_error err;
    struct eg_port *port;

    mute.refuse_lines = true;
    assert_error(eg_port_open(&port, "mute", schemes, NULL, &err), err, EG_PORT_REFUSED, "mute: no");
    assert_true(mute.closed);
}

static void a_cancelled_slot_opens_nothing(void **state)
{
    (void)state;
    struct mute_port mute;
    const struct eg_port_scheme scheme = {.scheme = "", .open = open_mute, .context = mute_init(&mute)};
    const struct eg_port_scheme *const schemes[] = {&scheme, NULL};
    const struct eg_cancel cancel = {.requested = true};
    struct eg_error err;
    struct eg_port *port;

    assert_error(eg_port_open(&port, "mute", schemes, &cancel, &err), err, EG_CANCELLED, "mute: cancelled");
    assert_int_equal(mute.lines_calls, 0);
}

static void paths_that_are_no_serial_port_are_named(void **state)
{
    (void)state;
    struct eg_error err;
    struct eg_port *port;
    char file[] = "/tmp/eg-port-XXXXXX";
    char expected[128];

    assert_error(eg_port_open(&port, "/nonexistent/ttyUSB0", eg_port_schemes, NULL, &err), err, EG_NO_PORT,
                 "/nonexistent/ttyUSB0: No such file or directory");
    assert_error(eg_port_open(&port, "/dev/null", eg_port_schemes, NULL, &err), err, EG_NO_PORT,
                 "/dev/null: is not a serial port");
    assert_error(eg_port_open(&port, "/", eg_port_schemes, NULL, &err), err, EG_NO_PORT,
                 "/: is not a serial port");
    assert_true(close(mkstemp(file)) == 0);
    snprintf(expected, sizeof expected, "%s: is not a serial port", file);
    const enum eg_code code = eg_port_open(&port, file, eg_port_schemes, NULL, &err);
    unlink(file);
    assert_error(code, err, EG_NO_PORT, expected);
}

static void a_url_that_is_too_long_is_refused(void **state)
{
    (void)state;
    struct eg_error err;
    struct eg_port *port;
    char url[300];

    memset(url, 'x', sizeof url - 1);
    url[sizeof url - 1] = '\0';
    assert_int_equal(eg_port_open(&port, url, eg_port_schemes, NULL, &err), EG_NO_PORT);
    assert_string_equal(err.text + sizeof url - 1, ": longer than 255 characters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_wait_is_sliced),
        cmocka_unit_test(a_read_without_time_looks_once),
        cmocka_unit_test(a_carrier_that_takes_nothing_is_a_timeout),
        cmocka_unit_test(a_carrier_may_take_bytes_one_by_one),
        cmocka_unit_test(cancelling_ends_a_long_read),
        cmocka_unit_test(a_port_that_is_gone_stays_gone),
        cmocka_unit_test(rate_and_lines_are_remembered),
        cmocka_unit_test(the_first_scheme_that_begins_the_url_opens_it),
        cmocka_unit_test(a_port_that_is_reopened_counts_on),
        cmocka_unit_test(a_url_that_no_scheme_takes_is_named),
        cmocka_unit_test(a_port_that_cannot_be_set_up_is_closed_again),
        cmocka_unit_test(a_cancelled_slot_opens_nothing),
        cmocka_unit_test(paths_that_are_no_serial_port_are_named),
        cmocka_unit_test(a_url_that_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
