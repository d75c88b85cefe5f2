/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/link/reset.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_usb.h"
#include "tests/fakes/scripted_port.h"
#include "tests/tools/vboard/serving.h"

#include <stdio.h>

static void assert_sequence(enum eg_reset sequence, const char *events)
{
    struct scripted_port board;
    struct eg_port *port = scripted_port_init(&board, NULL, 0);
    struct eg_error err;

    assert_ok(
        eg_reset_run(port, sequence, &(struct eg_reset_times){.low_ms = EG_RESET_LOW_MS, .hold_ms = 1}, &err),
        err);
    assert_string_equal(board.events, events);
    assert_false(port->dtr);
    assert_false(port->rts);
}

static void classic_moves_one_line_at_a_time(void **state)
{
    (void)state;
    assert_sequence(EG_RESET_CLASSIC, "D0R0 D0R1 D1R1 D1R0 D0R0");
}

static void remote_releases_the_chip_together_with_the_strap(void **state)
{
    (void)state;
    assert_sequence(EG_RESET_REMOTE, "D0R0 D0R1 D1R0 D0R0");
}

static void tight_moves_both_lines_at_once(void **state)
{
    (void)state;
    assert_sequence(EG_RESET_UNIX_TIGHT, "D0R0 D1R1 D0R1 D1R0 D0R0 D0R0");
}

static void usb_jtag_goes_through_both_asserted(void **state)
{
    (void)state;
    assert_sequence(EG_RESET_USB_JTAG, "D0R0 D0R0 D1R0 D1R0 D1R1 D0R1 D0R1 D0R1 D0R0");
}

static void hard_pulses_rts(void **state)
{
    (void)state;
    assert_sequence(EG_RESET_HARD, "D0R1 D0R0");
    assert_sequence(EG_RESET_HARD_USB, "D0R1 D0R0");
}

static void assert_flow_control_sequence(enum eg_reset sequence, bool can_keep_lines, const char *events)
{
    struct scripted_port board;
    struct eg_port *port = scripted_port_init(&board, NULL, 0);
    struct eg_port_ops ops = *port->ops;
    struct eg_error err;

    if (!can_keep_lines)
        ops.keep_lines = NULL;
    port->ops = &ops;
    port->vid = 0x10c4;
    port->pid = 0xea64;
    assert_ok(
        eg_reset_run(port, sequence, &(struct eg_reset_times){.low_ms = EG_RESET_LOW_MS, .hold_ms = 1}, &err),
        err);
    assert_string_equal(board.events, events);
}

static void an_adapter_with_flow_control_keeps_the_strap_asserted(void **state)
{
    (void)state;
    assert_flow_control_sequence(EG_RESET_CLASSIC, true, "D0R0 D0R1 D1R1 D1R0");
    assert_flow_control_sequence(EG_RESET_UNIX_TIGHT, true, "D0R0 D1R1 D0R1 D1R0");
}

static void an_adapter_with_flow_control_is_left_with_the_strap_asserted(void **state)
{
    (void)state;
    assert_flow_control_sequence(EG_RESET_HARD, true, "K D0R0 D0R1 D1R1 D1R0");
    assert_flow_control_sequence(EG_RESET_HARD_USB, true, "K D0R0 D0R1 D1R1 D1R0");
}

static void where_closing_releases_the_lines_the_strap_is_released_last(void **state)
{
    (void)state;
    assert_flow_control_sequence(EG_RESET_HARD, false, "D0R0 D0R1 D1R1 D1R0 D0R0");
}

static void other_adapters_of_that_maker_have_no_flow_control(void **state)
{
    (void)state;
    struct scripted_port board;
    struct eg_port *port = scripted_port_init(&board, NULL, 0);
    struct eg_error err;

    port->vid = 0x10c4;
    port->pid = 0xea60;
    assert_ok(eg_reset_run(port, EG_RESET_HARD,
                           &(struct eg_reset_times){.low_ms = EG_RESET_LOW_MS, .hold_ms = 1}, &err),
              err);
    assert_string_equal(board.events, "D0R1 D0R0");
}

/* Cancels some time after the strap stopped changing. */
struct strapped {
    struct scripted_port board; /* first member: the ops get a pointer to it */
    struct eg_port_ops ops;
    enum eg_code (*set_lines)(struct eg_port *port, bool dtr, bool rts, struct eg_error *err);
    struct eg_cancel cancel;
    pthread_t thread;
};

static void *cancel_soon(void *cancel)
{
    eg_clock_sleep_until_us(eg_clock_us() + 50000);
    eg_cancel_request(cancel);
    return NULL;
}

static enum eg_code strapped_set_lines(struct eg_port *port, bool dtr, bool rts, struct eg_error *err)
{
    struct strapped *strapped = (struct strapped *)port;

    if (dtr && !rts)
        assert_int_equal(pthread_create(&strapped->thread, NULL, cancel_soon, &strapped->cancel), 0);
    return strapped->set_lines(port, dtr, rts, err);
}

static void the_strap_is_held_as_long_as_asked_unless_cancelled(void **state)
{
    (void)state;
    struct strapped strapped = {.cancel = {false}};
    struct eg_port *port = scripted_port_init(&strapped.board, NULL, 0);
    struct eg_error err;

    strapped.ops = *port->ops;
    strapped.set_lines = strapped.ops.set_lines;
    strapped.ops.set_lines = strapped_set_lines;
    port->ops = &strapped.ops;
    port->cancel = &strapped.cancel;
    const enum eg_code code =
        eg_reset_run(port, EG_RESET_UNIX_TIGHT,
                     &(struct eg_reset_times){.low_ms = EG_RESET_LOW_MS, .hold_ms = 60000}, &err);
    pthread_join(strapped.thread, NULL);
    assert_error(code, err, EG_CANCELLED, "script: cancelled");
    assert_string_equal(strapped.board.events, "D0R0 D1R1 D0R1 D1R0");
}

static bool hear_five(void *context, const uint8_t *data, size_t size)
{
    size_t *const heard = context;

    assert_memory_equal(data, &"12345"[*heard], size);
    *heard += size;
    return *heard >= 5;
}

static void the_strap_is_released_when_the_caller_has_heard_enough(void **state)
{
    (void)state;
    const struct turn turns[] = {{BOARD('1', '2', '3', '4', '5', '6')}};
    struct scripted_port board;
    struct eg_port *port = scripted_port_init(&board, turns, 1);
    size_t heard = 0;
    const struct eg_reset_times times = {
        .low_ms = 1, .hold_ms = 60000, .heard = hear_five, .context = &heard};
    uint8_t rest[8];
    struct eg_error err;

    board.read_max = 1;
    assert_ok(eg_reset_run(port, EG_RESET_UNIX_TIGHT, &times, &err), err);
    assert_int_equal(heard, 5);
    assert_string_equal(board.events, "D0R0 D1R1 D0R1 D1R0 D0R0 D0R0");
    assert_ok(eg_port_read(port, rest, sizeof rest, &heard, 0, &err), err);
    assert_int_equal(rest[0], '6');
}

static void a_custom_sequence_is_followed(void **state)
{
    (void)state;
    struct scripted_port board;
    struct eg_port *port = scripted_port_init(&board, NULL, 0);
    struct eg_error err;

    assert_ok(eg_reset_run_custom(port, "D1|R1|W0.01|U0,1|W0|R0", &err), err);
    assert_string_equal(board.events, "D1R0 D1R1 D0R1 D0R0");
    scripted_port_init(&board, NULL, 0);
    assert_ok(eg_reset_run_custom(port, "U1,1|U0,1|W0.001|U1,0|W0.001|U0,0", &err), err);
    assert_string_equal(board.events, "D1R1 D0R1 D1R0 D0R0");
}

static void a_custom_sequence_is_followed_on_an_adapter_with_flow_control_too(void **state)
{
    (void)state;
    struct scripted_port board;
    struct eg_port *port = scripted_port_init(&board, NULL, 0);
    struct eg_error err;

    port->vid = 0x10c4;
    port->pid = 0xea64;
    assert_ok(eg_reset_run_custom(port, "D0|R1|W0|D1|R0|W0|D0", &err), err);
    assert_string_equal(board.events, "D0R0 D0R1 D1R1 D1R0 D0R0");
}

static void a_wrong_custom_sequence_touches_no_line(void **state)
{
    (void)state;
    static const struct {
        const char *sequence, *word;
    } bad[] = {{"D0|X1", "X1"}, {"D2", "D2"},      {"D1|", ""},      {"", ""},
               {"R1|W", "W"},   {"R1|W-1", "W-1"}, {"W1e9", "W1e9"}, {"W1.2.3", "W1.2.3"},
               {"W61", "W61"},  {"U1", "U1"},      {"U1;0", "U1;0"}, {"D1 |R0", "D1 "}};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct scripted_port board;
        struct eg_port *port = scripted_port_init(&board, NULL, 0);
        struct eg_error err;
        char expected[160];

        snprintf(expected, sizeof expected,
                 "reset sequence \"%s\": unknown word \"%s\"; use D0, D1, R0, R1, U<dtr>,<rts> or W<seconds>",
                 bad[i].sequence, bad[i].word);
        assert_error(eg_reset_run_custom(port, bad[i].sequence, &err), err, EG_BAD_JOB, expected);
        assert_string_equal(board.events, "");
    }
}

static void a_cancelled_reset_ends(void **state)
{
    (void)state;
    struct scripted_port board;
    struct eg_port *port = scripted_port_init(&board, NULL, 0);
    struct eg_cancel cancel = {.requested = true};
    struct eg_error err;

    port->cancel = &cancel;
    assert_error(eg_reset_run(port, EG_RESET_CLASSIC,
                              &(struct eg_reset_times){.low_ms = EG_RESET_LOW_MS, .hold_ms = 50}, &err),
                 err, EG_CANCELLED, "script: cancelled");
    assert_string_equal(board.events, "");
}

static void a_port_without_lines_is_left_alone(void **state)
{
    (void)state;
    static const struct eg_port_ops ops = {.set_lines = NULL};
    struct eg_port port = {.ops = &ops, .url = "bare"};
    struct eg_error err;

    assert_ok(eg_reset_run(&port, EG_RESET_CLASSIC,
                           &(struct eg_reset_times){.low_ms = EG_RESET_LOW_MS, .hold_ms = 50}, &err),
              err);
    assert_ok(eg_reset_run_custom(&port, "D1|R0", &err), err);
}

static enum eg_code refused_set_lines(struct eg_port *port, bool dtr, bool rts, struct eg_error *err)
{
    (void)dtr;
    (void)rts;
    (void)err;
    assert_false(port->no_lines); /* asked once */
    port->no_lines = true;
    return EG_OK;
}

static void a_port_that_turns_out_to_have_no_lines_is_not_asked_again(void **state)
{
    (void)state;
    static const struct eg_port_ops ops = {.set_lines = refused_set_lines};
    struct eg_port port = {.ops = &ops, .url = "bare"};
    struct eg_error err;

    assert_true(eg_port_has_lines(&port));
    assert_ok(eg_reset_run_custom(&port, "R1|D1|R0|D0", &err), err);
    assert_false(eg_port_has_lines(&port));
    assert_false(port.rts);
    assert_ok(eg_reset_run(&port, EG_RESET_UNIX_TIGHT,
                           &(struct eg_reset_times){.low_ms = EG_RESET_LOW_MS, .hold_ms = 1}, &err),
              err);
}

/* A simulated board on a serial port of this machine. */
struct wired {
    struct fake_usb usb;
    struct serving serving;
    char terminal[64];
    struct eg_port *port;
    struct eg_error err;
    struct heard heard;
};

/* Text of a chip that was reset by EN, not by its watchdog. */
static const char in_loader[] = "rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT";
static const char in_application[] = "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT";

static void open_port(struct wired *wired)
{
    assert_ok(eg_port_open(&wired->port, "/dev/ttyUSB7", eg_port_schemes, NULL, &wired->err), wired->err);
}

static void wire(struct wired *wired, const char *chip, const char *ids, enum vb_usb usb)
{
    const struct vb_config config = {.target = eg_target_by_name(chip), .usb = usb};

    *wired = (struct wired){.port = NULL};
    fake_usb_begin(&wired->usb);
    assert_ok(vb_gang_create(&wired->serving.gang, &config, 1, NULL, 0, &wired->err), wired->err);
    assert_ok(vb_pty_create(&wired->serving.pty, wired->serving.gang, wired->usb.folder, true, &wired->err),
              wired->err);
    serving_begin(&wired->serving);
    snprintf(wired->terminal, sizeof wired->terminal, "%s/board1", wired->usb.folder);
    fake_usb_plug(&wired->usb, "ttyUSB7", ids, "", "1-2", wired->terminal);
    open_port(wired);
}

static void unwire(struct wired *wired)
{
    eg_port_close(wired->port);
    serving_end(&wired->serving);
    fake_usb_end(&wired->usb);
}

/* Return which of the two texts the board prints first; NULL if it prints neither for a long time. */
static const char *hear(struct wired *wired, const char *one, const char *other)
{
    struct heard *heard = &wired->heard;

    for (heard->size = 0; heard->size < sizeof heard->data;) {
        size_t got = 0;
        assert_ok(eg_port_read(wired->port, heard->data + heard->size, sizeof heard->data - heard->size, &got,
                               5000, &wired->err),
                  wired->err);
        heard->size += got;
        if (got == 0)
            return NULL;
        if (heard_text(heard, one) > 0)
            return one;
        if (heard_text(heard, other) > 0)
            return other;
    }
    return NULL;
}

/*
 * Check that the board reaches `expected`. Between two steps a capacitor takes 14 ms, and the host may be
 * slower on a busy machine, so many attempts are made; with a wrong sequence none succeeds.
 */
static void assert_starts(struct wired *wired, const char *custom, enum eg_reset sequence, uint32_t hold_ms,
                          const char *expected)
{
    const char *started = NULL;

    for (unsigned attempt = 0; attempt < 30 && started != expected; attempt++) {
        assert_ok(eg_port_discard(wired->port, &wired->err), wired->err);
        assert_ok(custom != NULL
                      ? eg_reset_run_custom(wired->port, custom, &wired->err)
                      : eg_reset_run(wired->port, sequence,
                                     &(struct eg_reset_times){.low_ms = EG_RESET_LOW_MS, .hold_ms = hold_ms},
                                     &wired->err),
                  wired->err);
        started = hear(wired, in_loader, in_application);
    }
    assert_ptr_equal(started, expected);
}

static void every_sequence_leaves_the_board_where_it_should(void **state)
{
    (void)state;
    static const struct {
        const char *custom;
        enum eg_reset sequence;
        uint32_t hold_ms;
        const char *expected;
    } resets[] = {
        {NULL, EG_RESET_CLASSIC, EG_RESET_HOLD_MS, in_loader},
        {NULL, EG_RESET_HARD, 0, in_application},
        {NULL, EG_RESET_UNIX_TIGHT, EG_RESET_HOLD_MS, in_loader},
        {NULL, EG_RESET_HARD_USB, 0, in_application},
        {NULL, EG_RESET_REMOTE, EG_RESET_HOLD_MS, in_loader},
        {"R1|W0.1|R0", EG_RESET_HARD, 0, in_application},
        {NULL, EG_RESET_CLASSIC, EG_RESET_HOLD_EXTRA_MS, in_loader},
        {"D0|R1|W0.1|D0|R0", EG_RESET_HARD, 0, in_application},
        {NULL, EG_RESET_UNIX_TIGHT, EG_RESET_HOLD_EXTRA_MS, in_loader},
        /* A strap that is released before EN is high has no effect. */
        {NULL, EG_RESET_CLASSIC, 0, in_application},
        {"D0|R1|W0.1|D1|R0|W0.05|D0", EG_RESET_HARD, 0, in_loader},
        {NULL, EG_RESET_UNIX_TIGHT, 0, in_application},
        {"U1,1|U0,1|W0.1|U1,0|W0.05|U0,0", EG_RESET_HARD, 0, in_loader},
    };
    struct wired wired;

    wire(&wired, "esp32", "10c4:ea60", VB_USB_BRIDGE);
    assert_non_null(hear(&wired, "RTCWDT_RTC_RESET", "\xff")); /* it starts again */
    for (size_t i = 0; i < sizeof resets / sizeof *resets; i++)
        assert_starts(&wired, resets[i].custom, resets[i].sequence, resets[i].hold_ms, resets[i].expected);
    unwire(&wired);
}

static unsigned char state_of_lines(struct wired *wired)
{
    unsigned char state = 0;

    /* Each answer comes from a new poll of the lines, after the answer before it. */
    for (unsigned i = 0; i < 3; i++)
        state = serving_ask(wired->terminal, VB_LINES_ASK);
    return state;
}

static void an_adapter_with_flow_control_leaves_the_board_there_and_its_strap_asserted(void **state)
{
    (void)state;
    struct wired wired;

    wire(&wired, "esp32", "10c4:ea64", VB_USB_BRIDGE);
    assert_non_null(hear(&wired, "RTCWDT_RTC_RESET", "\xff"));
    assert_starts(&wired, NULL, EG_RESET_UNIX_TIGHT, EG_RESET_HOLD_MS, in_loader);
    assert_int_equal(state_of_lines(&wired), VB_LINES_SET + VB_LINES_DTR);
    assert_starts(&wired, NULL, EG_RESET_HARD, 0, in_application);
    eg_port_close(wired.port);
    assert_int_equal(state_of_lines(&wired), VB_LINES_SET + VB_LINES_DTR);
    open_port(&wired);
    assert_starts(&wired, NULL, EG_RESET_CLASSIC, EG_RESET_HOLD_MS, in_loader);
    assert_int_equal(state_of_lines(&wired), VB_LINES_SET + VB_LINES_DTR);
    unwire(&wired);
}

static void usb_serial_jtag_is_asked_for_loader_and_application(void **state)
{
    (void)state;
    struct wired wired;

    wire(&wired, "esp32c3", "303a:1001", VB_USB_SERIAL_JTAG);
    for (unsigned i = 0; i < 2; i++) {
        assert_ok(eg_port_discard(wired.port, &wired.err), wired.err);
        assert_ok(eg_reset_run(wired.port, EG_RESET_USB_JTAG,
                               &(struct eg_reset_times){.low_ms = EG_RESET_LOW_MS}, &wired.err),
                  wired.err);
        assert_non_null(hear(&wired, "(DOWNLOAD(USB/UART0/1))", "\xff"));
        assert_ok(eg_reset_run(wired.port, EG_RESET_HARD_USB,
                               &(struct eg_reset_times){.low_ms = EG_RESET_LOW_MS}, &wired.err),
                  wired.err);
        assert_non_null(hear(&wired, "(SPI_FAST_FLASH_BOOT)", "\xff"));
    }
    unwire(&wired);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classic_moves_one_line_at_a_time),
        cmocka_unit_test(remote_releases_the_chip_together_with_the_strap),
        cmocka_unit_test(tight_moves_both_lines_at_once),
        cmocka_unit_test(usb_jtag_goes_through_both_asserted),
        cmocka_unit_test(hard_pulses_rts),
        cmocka_unit_test(an_adapter_with_flow_control_keeps_the_strap_asserted),
        cmocka_unit_test(an_adapter_with_flow_control_is_left_with_the_strap_asserted),
        cmocka_unit_test(where_closing_releases_the_lines_the_strap_is_released_last),
        cmocka_unit_test(other_adapters_of_that_maker_have_no_flow_control),
        cmocka_unit_test(the_strap_is_held_as_long_as_asked_unless_cancelled),
        cmocka_unit_test(the_strap_is_released_when_the_caller_has_heard_enough),
        cmocka_unit_test(a_custom_sequence_is_followed),
        cmocka_unit_test(a_custom_sequence_is_followed_on_an_adapter_with_flow_control_too),
        cmocka_unit_test(a_wrong_custom_sequence_touches_no_line),
        cmocka_unit_test(a_cancelled_reset_ends),
        cmocka_unit_test(a_port_without_lines_is_left_alone),
        cmocka_unit_test(a_port_that_turns_out_to_have_no_lines_is_not_asked_again),
        cmocka_unit_test(every_sequence_leaves_the_board_where_it_should),
        cmocka_unit_test(an_adapter_with_flow_control_leaves_the_board_there_and_its_strap_asserted),
        cmocka_unit_test(usb_serial_jtag_is_asked_for_loader_and_application),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
