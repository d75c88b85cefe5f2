/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/talk.h"

/* A SYNC that is answered with text, then four that are not answered. */
static void attempt_with_text(struct talk *talk, const char *text)
{
    for (unsigned i = 0; i < 5; i++) {
        talk_sync(talk, 0);
        talk->turns[talk->count - 1].reply = (const uint8_t *)(i == 0 ? text : "");
        talk->turns[talk->count - 1].reply_size = i == 0 ? strlen(text) : 0;
    }
}

static void sync_is_46_bytes_and_takes_eight_replies(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint8_t expected[46] = {0xc0, 0x00, 0x08, 0x24, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07, 0x07, 0x12, 0x20};

    memset(expected + 13, 0x55, 32);
    expected[45] = 0xc0;
    talk_sync(&talk, 0x20120707);
    assert_int_equal(talk.turns[0].expect_size, sizeof expected);
    assert_memory_equal(talk.turns[0].expect, expected, sizeof expected);
    talk_begin(&talk, &script, &loader, NULL, false);
    script.read_max = 14;
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 1, &err), err);
    assert_false(loader.stub);
    assert_int_equal(loader.syncs, 1);
    assert_int_equal(loader.baud, 115200);
    assert_int_equal(script.port.bytes_received, 8 * 14);
    talk_end(&script);
}

static void a_running_stub_shows_by_zero_values(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_sync(&talk, 0);
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 1, &err), err);
    assert_true(loader.stub);
}

static void one_value_that_is_not_zero_makes_it_a_rom(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_sync(&talk, 0x20120707);
    talk.turns[0].reply_size = 14;
    for (unsigned i = 0; i < 7; i++)
        talk_reply(&talk, 0x08, 0, 0);
    memmove(talk.bytes + talk.used - (size_t)14 * 14, talk.bytes + talk.used - (size_t)7 * 14,
            (size_t)7 * 14);
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 1, &err), err);
    assert_false(loader.stub);
}

static void a_sync_with_replies_missing_is_sent_again(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_sync(&talk, 0x20120707);
    talk.turns[0].reply_size = (size_t)5 * 14;
    talk_sync(&talk, 0x20120707);
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 1, &err), err);
    assert_int_equal(loader.syncs, 2);
    talk_end(&script);
}

static void real_chips_answer_behind_their_boot_log(void **state)
{
    (void)state;
    struct talk talk = {0};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_record(&talk, "traces/esp32-rom-flash-status.jsonl");
    assert_null(talk.turns[0].expect); /* the log */
    talk_begin_at(&talk, 0, 2, &script, &loader, NULL, false);
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 921600, 1, &err), err);
    assert_int_equal(loader.baud, 115200);
    talk_end(&script);
}

static void a_local_port_is_reset_with_both_lines_at_once(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_sync(&talk, 0x20120707);
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_DEFAULT_RESET, 115200, 1, &err), err);
    assert_string_equal(script.events, "X D0R0 D1R1 D0R1 D1R0 D0R0 D0R0 X");
}

static void a_remote_port_is_reset_by_steps_that_may_be_slow(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_sync(&talk, 0x20120707);
    talk_begin(&talk, &script, &loader, NULL, false);
    script.port.remote = true;
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_DEFAULT_RESET, 115200, 1, &err), err);
    assert_string_equal(script.events, "X D0R0 D0R1 D1R0 D0R0 X");
}

static void usb_serial_jtag_has_its_own_reset(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_sync(&talk, 0x20120707);
    talk_begin(&talk, &script, &loader, NULL, false);
    script.port.vid = 0x303a;
    script.port.pid = 0x1001;
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_DEFAULT_RESET, 115200, 1, &err), err);
    assert_string_equal(script.events, "X D0R0 D0R0 D1R0 D1R0 D1R1 D0R1 D0R1 D0R1 D0R0 X");
}

/* A board whose answers come after more than one wait of 100 ms. */
struct slow {
    struct scripted_port script;
    const struct eg_port_ops *scripted;
    unsigned waits;
};

static enum eg_code read_later(struct eg_port *port, uint8_t *data, size_t size, size_t *got,
                               uint32_t timeout_ms, struct eg_error *err)
{
    struct slow *board = (struct slow *)port;

    *got = 0;
    board->waits += timeout_ms == 100;
    return board->waits > 1 ? board->scripted->read(port, data, size, got, timeout_ms, err) : EG_OK;
}

static enum eg_code write_and_wait(struct eg_port *port, const uint8_t *data, size_t size, size_t *put,
                                   uint32_t timeout_ms, struct eg_error *err)
{
    struct slow *board = (struct slow *)port;

    board->waits = 0;
    return board->scripted->write(port, data, size, put, timeout_ms, err);
}

static enum eg_code connect_slow_board(bool remote, struct eg_error *err)
{
    struct talk talk = {.status_size = 4};
    struct slow board = {.waits = 0};
    struct eg_loader loader;
    struct eg_port_ops ops;

    for (unsigned i = 0; i < 10; i++)
        talk_sync(&talk, 0x20120707);
    talk_begin(&talk, &board.script, &loader, NULL, false);
    board.scripted = board.script.port.ops;
    ops = *board.scripted;
    ops.read = read_later;
    ops.write = write_and_wait;
    board.script.port.ops = &ops;
    board.script.port.remote = remote;
    const enum eg_code code = eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 2, err);
    assert_int_equal(loader.syncs, remote ? 6 : 10);
    return code;
}

static void a_remote_board_is_given_more_time_with_each_attempt(void **state)
{
    (void)state;
    struct eg_error err;

    assert_ok(connect_slow_board(true, &err), err);
    assert_error(connect_slow_board(false, &err), err, EG_NO_SYNC,
                 "no answer in 2 attempts: check power, cable and the seat of the board");
}

static void a_refusal_that_comes_late_is_no_answer_to_sync(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_sync(&talk, 0x20120707);
    talk.turns[0].reply_size = 0;
    for (unsigned i = 0; i < 8; i++)
        talk_reply(&talk, 0x08, 0x20120707, 0x0105);
    talk.turns[0].reply += (size_t)8 * 14;
    talk_sync(&talk, 0x20120707);
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 1, &err), err);
    assert_int_equal(loader.syncs, 2);
    talk_end(&script);
}

static void a_low_rate_is_used_from_the_start(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_sync(&talk, 0x20120707);
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 57600, 1, &err), err);
    assert_string_equal(script.events, "B57600 X X");
    assert_int_equal(loader.baud, 57600);
}

static void no_sync_means_no_traffic_at_the_full_rate(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, NULL, false);
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_NO_RESET_NO_SYNC, 921600, 1, &err), err);
    assert_string_equal(script.events, "B921600");
    assert_true(loader.stub);
    talk_end(&script);
}

static void silence_asks_for_power_and_cable(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    attempt_with_text(&talk, "");
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_error(eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 1, &err), err, EG_NO_SYNC,
                 "no answer in 1 attempt: check power, cable and the seat of the board");
    assert_int_equal(loader.syncs, 5);
    talk_end(&script);
}

static void an_application_that_starts_is_named_by_its_boot_mode(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    attempt_with_text(&talk,
                      "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\nload:0x3fff0030\r\n");
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_error(
        eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 1, &err), err, EG_BOOT_MODE,
        "the chip started in boot mode 0x13, not in its loader: check DTR, RTS and the boot strap, or "
        "hold BOOT down while it resets");
    assert_string_equal(loader.boot_log,
                        "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT) load:0x3fff0030");
}

static void a_loader_that_waits_but_does_not_hear_is_told_apart(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    attempt_with_text(&talk,
                      "rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0))\r\nwaiting for download\r\n");
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_error(
        eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 1, &err), err, EG_NO_SYNC,
        "the chip waits in its loader (boot mode 0x03) but hears nothing: check the line from the host "
        "to the chip's RX");
}

static void other_talk_is_quoted(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    attempt_with_text(&talk, "login: ");
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_error(eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 1, &err), err, EG_NO_SYNC,
                 "no valid answer in 1 attempt, but \"login:\": check the boot strap, the wiring and the "
                 "quality of the line");
}

static void a_port_that_vanishes_ends_the_attempts(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, NULL, false);
    script.unplugged = true;
    assert_error(eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 7, &err), err, EG_PORT_GONE,
                 "script: unplugged");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sync_is_46_bytes_and_takes_eight_replies),
        cmocka_unit_test(a_running_stub_shows_by_zero_values),
        cmocka_unit_test(one_value_that_is_not_zero_makes_it_a_rom),
        cmocka_unit_test(a_sync_with_replies_missing_is_sent_again),
        cmocka_unit_test(real_chips_answer_behind_their_boot_log),
        cmocka_unit_test(a_local_port_is_reset_with_both_lines_at_once),
        cmocka_unit_test(a_remote_port_is_reset_by_steps_that_may_be_slow),
        cmocka_unit_test(usb_serial_jtag_has_its_own_reset),
        cmocka_unit_test(a_remote_board_is_given_more_time_with_each_attempt),
        cmocka_unit_test(a_refusal_that_comes_late_is_no_answer_to_sync),
        cmocka_unit_test(a_low_rate_is_used_from_the_start),
        cmocka_unit_test(no_sync_means_no_traffic_at_the_full_rate),
        cmocka_unit_test(silence_asks_for_power_and_cable),
        cmocka_unit_test(an_application_that_starts_is_named_by_its_boot_mode),
        cmocka_unit_test(a_loader_that_waits_but_does_not_hear_is_told_apart),
        cmocka_unit_test(other_talk_is_quoted),
        cmocka_unit_test(a_port_that_vanishes_ends_the_attempts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
