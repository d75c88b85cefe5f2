/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/talk.h"

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

static void real_chips_answer_after_their_boot_log(void **state)
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

static void take_frame(void *context, bool sent, const uint8_t *data, size_t size)
{
    unsigned *frames = context;

    frames[sent]++;
    assert_int_equal(data[1], 0x08);
    assert_int_equal(size, sent ? 44 : 12);
}

static void take_noise(void *context, const uint8_t *data, size_t size)
{
    (void)context;
    (void)data;
    (void)size;
}

static void a_new_connection_keeps_settings_and_trace_and_forgets_the_board(void **state)
{
    (void)state;
    unsigned frames[2] = {0, 0};
    const struct eg_slip_trace trace = {take_frame, take_noise, frames};
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_sync(&talk, 0x20120707);
    talk_begin(&talk, &script, &loader, "esp32", true);
    loader.settings.write_block_attempts = 5;
    loader.slip.trace = &trace;
    loader.flash_size = 4 << 20;
    loader.stub_ram[0].end = 0x40081000;
    loader.secure_download = loader.has_security = true;
    loader.resends = loader.syncs = 7;
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 1, &err), err);
    assert_int_equal(loader.settings.write_block_attempts, 5);
    assert_int_equal(frames[true], 1);
    assert_int_equal(frames[false], 8);
    assert_null(loader.target);
    assert_false(loader.stub || loader.secure_download || loader.has_security);
    assert_int_equal(loader.flash_size + loader.stub_ram[0].end + loader.resends, 0);
    assert_int_equal(loader.syncs, 1);
    talk_end(&script);
}

/* A board that answers after some waits of 100 ms. */
struct slow {
    struct scripted_port script;
    const struct eg_port_ops *scripted;
    unsigned waits, needed;
};

static enum eg_code read_later(struct eg_port *port, uint8_t *data, size_t size, size_t *got,
                               uint32_t timeout_ms, struct eg_error *err)
{
    struct slow *board = (struct slow *)port;

    *got = 0;
    board->waits += timeout_ms == 100;
    return board->waits >= board->needed ? board->scripted->read(port, data, size, got, timeout_ms, err)
                                         : EG_OK;
}

static enum eg_code write_and_wait(struct eg_port *port, const uint8_t *data, size_t size, size_t *put,
                                   uint32_t timeout_ms, struct eg_error *err)
{
    struct slow *board = (struct slow *)port;

    board->waits = 0;
    return board->scripted->write(port, data, size, put, timeout_ms, err);
}

static enum eg_code connect_slow_board(bool remote, unsigned waits, uint32_t sync_timeout_ms, unsigned syncs,
                                       struct eg_error *err)
{
    struct talk talk = {.status_size = 4};
    struct slow board = {.needed = waits};
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
    loader.settings.sync_timeout_ms = sync_timeout_ms;
    const enum eg_code code = eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 2, err);
    assert_int_equal(loader.syncs, syncs);
    return code;
}

static void a_remote_board_is_given_more_time_with_each_attempt(void **state)
{
    (void)state;
    struct eg_error err;

    assert_ok(connect_slow_board(true, 2, 100, 6, &err), err);
    assert_error(connect_slow_board(false, 2, 100, 10, &err), err, EG_NO_SYNC,
                 "no answer in 2 attempts: check power, cable and the seat of the board");
}

static void any_board_is_given_the_time_of_the_settings(void **state)
{
    (void)state;
    struct eg_error err;

    assert_ok(connect_slow_board(false, 7, 800, 1, &err), err);
    assert_ok(connect_slow_board(true, 7, 800, 1, &err), err);
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

/* The link delayed the answers to two SYNCs and delivers them with those to the third. */
static void late_answers_to_sync_are_gone_before_the_next_command(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    for (unsigned i = 0; i < 3; i++) {
        talk_sync(&talk, 0x20120707);
        if (i < 2)
            talk.turns[i].reply_size = 0;
    }
    for (unsigned i = 0; i < 16; i++)
        talk_reply(&talk, 0x08, 0x20120707, i < 8 ? 0 : 0x0105); /* one SYNC had arrived damaged */
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 1, &err), err);
    assert_int_equal(loader.syncs, 3);
    assert_int_equal(script.port.bytes_received, 3 * 8 * 14);
    talk_end(&script);
}

/* Read endless valid frames, none of which answers SYNC. */
static enum eg_code read_frames(struct eg_port *port, uint8_t *data, size_t size, size_t *got,
                                uint32_t timeout_ms, struct eg_error *err)
{
    static const uint8_t frame[] = {0xc0, 1, 0x0a, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc0};

    (void)port;
    (void)timeout_ms;
    (void)err;
    *got = size < sizeof frame ? size : sizeof frame;
    memcpy(data, frame, *got);
    return EG_OK;
}

static void a_peer_that_streams_valid_frames_ends_the_attempts(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_port_ops ops;
    struct eg_error err;

    for (unsigned i = 0; i < 5; i++)
        talk_sync_request(&talk);
    talk_begin(&talk, &script, &loader, NULL, false);
    ops = *script.port.ops;
    ops.read = read_frames;
    script.port.ops = &ops;
    assert_int_equal(eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 1, &err), EG_NO_SYNC);
    assert_int_equal(loader.syncs, 5);
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

    talk_attempt(&talk, "");
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

    talk_attempt(&talk, "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\nload:0x3fff0030\r\n");
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

    talk_attempt(&talk,
                 "rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0))\r\nwaiting for download\r\n");
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_error(
        eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 1, &err), err, EG_NO_SYNC,
        "the chip waits in its loader (boot mode 0x03) but hears nothing: check the line from the host "
        "to the chip's RX");
}

static void a_chip_whose_loader_is_switched_off_is_told(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Download mode is disabled. Restart with GPIO0 high.\r\n",
        "rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0))\r\nDownload mode is disabled. Restart"};

    for (size_t i = 0; i < 2; i++) {
        struct talk talk = {.status_size = 4};
        struct scripted_port script;
        struct eg_loader loader;
        struct eg_error err;

        talk_attempt(&talk, texts[i]);
        talk_begin(&talk, &script, &loader, NULL, false);
        assert_error(
            eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 1, &err), err, EG_SECURED,
            "the chip says \"Download mode is disabled\": an eFuse has switched its loader off for good");
    }
}

static void other_talk_is_quoted(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_attempt(&talk, "login: ");
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

static enum eg_code take_nothing(struct eg_port *port, const uint8_t *data, size_t size, size_t *put,
                                 uint32_t timeout_ms, struct eg_error *err)
{
    (void)port, (void)data, (void)size, (void)timeout_ms, (void)err;
    *put = 0;
    return EG_OK;
}

/* As one whose driver hangs: ten seconds for each SYNC of each attempt would be minutes. */
static void a_port_that_takes_no_bytes_ends_the_attempts(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, NULL, false);
    struct eg_port_ops ops = *script.port.ops;
    ops.write = take_nothing;
    script.port.ops = &ops;
    assert_error(eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 7, &err), err, EG_TIMEOUT,
                 "sending SYNC: script: 46 of 46 bytes left to send after 10007 ms");
    assert_int_equal(loader.syncs, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sync_is_46_bytes_and_takes_eight_replies),
        cmocka_unit_test(a_running_stub_shows_by_zero_values),
        cmocka_unit_test(one_value_that_is_not_zero_makes_it_a_rom),
        cmocka_unit_test(a_sync_with_replies_missing_is_sent_again),
        cmocka_unit_test(real_chips_answer_after_their_boot_log),
        cmocka_unit_test(a_new_connection_keeps_settings_and_trace_and_forgets_the_board),
        cmocka_unit_test(a_remote_board_is_given_more_time_with_each_attempt),
        cmocka_unit_test(any_board_is_given_the_time_of_the_settings),
        cmocka_unit_test(a_refusal_that_comes_late_is_no_answer_to_sync),
        cmocka_unit_test(late_answers_to_sync_are_gone_before_the_next_command),
        cmocka_unit_test(a_peer_that_streams_valid_frames_ends_the_attempts),
        cmocka_unit_test(a_low_rate_is_used_from_the_start),
        cmocka_unit_test(no_sync_means_no_traffic_at_the_full_rate),
        cmocka_unit_test(silence_asks_for_power_and_cable),
        cmocka_unit_test(an_application_that_starts_is_named_by_its_boot_mode),
        cmocka_unit_test(a_loader_that_waits_but_does_not_hear_is_told_apart),
        cmocka_unit_test(a_chip_whose_loader_is_switched_off_is_told),
        cmocka_unit_test(other_talk_is_quoted),
        cmocka_unit_test(a_port_that_vanishes_ends_the_attempts),
        cmocka_unit_test(a_port_that_takes_no_bytes_ends_the_attempts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
