/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/talk.h"

static void a_hard_reset_pulses_the_enable_line(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_ok(eg_loader_leave(&loader, EG_AFTER_HARD_RESET, &err), err);
    assert_string_equal(script.events, "D0R1 D0R0");
    talk_end(&script);
}

static void an_esp32s3_is_kept_from_going_back_to_its_loader(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x09, 0x6000812c, 0, 1, 0);
    talk_reply(&talk, 0x09, 0, 0);
    talk_begin(&talk, &script, &loader, "esp32s3", true);
    assert_ok(eg_loader_leave(&loader, EG_AFTER_HARD_RESET, &err), err);
    assert_string_equal(script.events, "D0R1 D0R0");
    talk_end(&script);
}

static void the_rate_of_the_log_is_set_before_the_application_runs(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x09, 0x6000812c, 0, 1, 0);
    talk_reply(&talk, 0x09, 0, 0);
    talk_begin(&talk, &script, &loader, "esp32s3", true);
    loader.log_baud = 74880;
    assert_ok(eg_loader_leave(&loader, EG_AFTER_HARD_RESET, &err), err);
    assert_string_equal(script.events, "B74880 D0R1 D0R0");
    talk_end(&script);
}

static void the_rate_of_the_log_is_set_after_the_last_command(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x02, 0, 0, 0x400, 0);
    talk_reply(&talk, 0x02, 0, 0);
    TALK_WORDS(&talk, 0x04, 1);
    talk_begin(&talk, &script, &loader, "esp32", false);
    loader.log_baud = 74880;
    assert_ok(eg_loader_leave(&loader, EG_AFTER_SOFT_RESET, &err), err);
    assert_string_equal(script.events, "B74880");
    talk_end(&script);
}

static enum eg_code vanish_with_the_reset(struct eg_port *port, bool dtr, bool rts, struct eg_error *err)
{
    (void)dtr;
    if (port->rts || !rts)
        return eg_error_set(err, EG_PORT_GONE, "script: unplugged");
    return EG_OK;
}

/*
 * Return whether an ESP32-S3 has left its loader, on a port with this USB product that disappears with the
 * reset.
 */
static enum eg_code leave_and_vanish(uint16_t pid, struct eg_error *err)
{
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_port_ops ops;

    talk_write(&talk, 0x6000812c, 0, 1);
    if (pid == 9) { /* its strap is high */
        talk_read(&talk, 0x60004038, 1u << 3);
        talk_read(&talk, 0x6000812c, 0);
    }
    talk_begin(&talk, &script, &loader, "esp32s3", true);
    ops = *script.port.ops;
    ops.set_lines = vanish_with_the_reset;
    script.port.ops = &ops;
    script.port.vid = 0x303a;
    script.port.pid = pid;
    const enum eg_code code = eg_loader_leave(&loader, EG_AFTER_HARD_RESET, err);
    talk_end(&script);
    return code;
}

static void only_a_chip_with_usb_of_its_own_may_take_its_port_along(void **state)
{
    (void)state;
    struct eg_error err;

    assert_ok(leave_and_vanish(9, &err), err);
    assert_error(leave_and_vanish(0x1001, &err), err, EG_PORT_GONE, "leaving the loader: script: unplugged");
}

static void a_refused_bit_does_not_keep_the_reset_away(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x09, 0x6000812c, 0, 1, 0);
    talk_reply(&talk, 0x09, 0, 0xc400);
    talk_begin(&talk, &script, &loader, "esp32s3", true);
    assert_ok(eg_loader_leave(&loader, EG_AFTER_HARD_RESET, &err), err);
    assert_string_equal(script.events, "D0R1 D0R0");
}

static void a_rom_leaves_softly_by_running_the_application(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x02, 0, 0, 0x400, 0);
    talk_reply(&talk, 0x02, 0, 0);
    TALK_WORDS(&talk, 0x04, 1); /* it may not answer */
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_ok(eg_loader_leave(&loader, EG_AFTER_SOFT_RESET, &err), err);
    assert_string_equal(script.events, "");
    talk_end(&script);
}

/* Expect RUN_USER_CODE, which is never answered, and SYNC after it. */
static void run_user_code(struct talk *talk)
{
    static const uint8_t request[] = {0xc0, 0x00, 0xd3, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0};

    talk_host(talk, (const uint8_t[8]){0, 0xd3}, 8);
    assert_int_equal(talk->turns[talk->count - 1].expect_size, sizeof request);
    assert_memory_equal(talk->turns[talk->count - 1].expect, request, sizeof request);
}

static void leave_esp8266_softly(struct talk *talk, const char *events)
{
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(talk, &script, &loader, "esp8266", true);
    assert_ok(eg_loader_leave(&loader, EG_AFTER_SOFT_RESET, &err), err);
    assert_string_equal(script.events, events);
    talk_end(&script);
}

static void an_esp8266_stub_that_answers_no_more_has_left(void **state)
{
    (void)state;
    static const char log[] = "ets Jan  8 2013,rst cause:2, boot mode:(3,6)\r\n";
    struct talk silent = {.status_size = 2}, noisy = {.status_size = 2}, rom = {.status_size = 2};

    run_user_code(&silent);
    talk_sync_request(&silent);
    leave_esp8266_softly(&silent, "X");

    run_user_code(&noisy);
    talk_sync_request(&noisy);
    noisy.turns[1].reply = (const uint8_t *)log;
    noisy.turns[1].reply_size = sizeof log - 1;
    leave_esp8266_softly(&noisy, "X");

    run_user_code(&rom);
    talk_sync(&rom, 0x20120707);
    leave_esp8266_softly(&rom, "X");
}

static void an_esp8266_stub_that_stays_gets_a_hard_reset(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};

    run_user_code(&talk);
    talk_sync(&talk, 0);
    leave_esp8266_softly(&talk, "X D0R1 D0R0");
}

static void a_port_that_goes_does_not_pass_for_leaving_softly(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp8266", true);
    script.unplugged = true;
    assert_error(eg_loader_leave(&loader, EG_AFTER_SOFT_RESET, &err), err, EG_PORT_GONE,
                 "leaving the loader: sending RUN_USER_CODE: script: unplugged");
}

static void no_other_stub_can_leave_softly(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_leave(&loader, EG_AFTER_SOFT_RESET, &err), err);
    assert_string_equal(script.events, "D0R1 D0R0");
    talk_end(&script);
}

static void a_rom_runs_the_application(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x02, 0, 0, 0x400, 0);
    talk_reply(&talk, 0x02, 0, 0);
    TALK_WORDS(&talk, 0x04, 1);
    talk_reply(&talk, 0x04, 0, 0);
    talk_begin(&talk, &script, &loader, "esp8266", false);
    assert_ok(eg_loader_run(&loader, &err), err);
    assert_string_equal(script.events, "");
    talk_end(&script);
}

static void a_rom_that_does_not_run_it_says_so(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x02, 0, 0, 0x400, 0);
    talk_reply(&talk, 0x02, 0, 0x0106);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(eg_loader_run(&loader, &err), err, EG_DEVICE_REFUSED,
                 "starting the application: device status 0x0106 (operation failed)");
    talk_end(&script);
}

static void a_stub_takes_the_same_for_an_end_of_writing(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x02, 0, 0, 0x4000, 0, 0);
    talk_reply(&talk, 0x02, 0, 0);
    TALK_WORDS(&talk, 0x04, 1);
    talk_reply(&talk, 0x04, 0, 0);
    talk_begin(&talk, &script, &loader, "esp32s3", true);
    assert_ok(eg_loader_run(&loader, &err), err);
    talk_end(&script);
}

static void a_real_stub_is_left_without_a_reset(void **state)
{
    (void)state;
    struct talk talk = {0};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_record(&talk, "traces/esp32-stub-erase-region.jsonl");
    const size_t from = talk_find(&talk, talk_find(&talk, 0, EG_OP_ERASE_REGION), EG_OP_FLASH_BEGIN);
    talk_begin_at(&talk, from, 2, &script, &loader, "esp32", true);
    assert_ok(eg_loader_leave(&loader, EG_AFTER_NO_RESET, &err), err);
    assert_string_equal(script.events, "");
    talk_end(&script);
}

static void no_reset_leaves_a_rom_and_a_kept_stub_alone(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_ok(eg_loader_leave(&loader, EG_AFTER_NO_RESET, &err), err);
    loader.stub = true;
    assert_ok(eg_loader_leave(&loader, EG_AFTER_NO_RESET_STUB, &err), err);
    assert_string_equal(script.events, "");
    talk_end(&script);
}

static void the_watchdog_resets_a_chip_that_has_it(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x09, 0x600080a8, 0x50d83aa1, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x60008094, 2000, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x60008090, 0xd0000102, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x600080a8, 0, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_ok(eg_loader_leave(&loader, EG_AFTER_WATCHDOG_RESET, &err), err);
    assert_string_equal(script.events, "");
    talk_end(&script);
}

static void a_chip_that_is_reset_before_it_answers_has_left(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x09, 0x600080a8, 0x50d83aa1, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x60008094, 2000, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x60008090, 0xd0000102, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x600080a8, 0, 0xffffffff, 0);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_leave(&loader, EG_AFTER_WATCHDOG_RESET, &err), err);
    talk_end(&script);
}

static void a_chip_whose_watchdog_is_not_armed_has_not_left(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x09, 0x600080a8, 0x50d83aa1, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x60008094, 2000, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x60008090, 0xd0000102, 0xffffffff, 0);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_error(eg_loader_leave(&loader, EG_AFTER_WATCHDOG_RESET, &err), err, EG_TIMEOUT,
                 "leaving the loader: writing register 0x60008090: no answer to WRITE_REG within 3000 ms");
}

/* Hard-reset over the chip's own USB without JTAG; check what the lines do. */
static void leave_over_otg(struct talk *talk, const char *chip, uint16_t pid, bool secure, const char *events)
{
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(talk, &script, &loader, chip, talk->status_size == 2);
    script.port.vid = 0x303a;
    script.port.pid = pid;
    loader.secure_download = secure;
    assert_ok(eg_loader_leave(&loader, EG_AFTER_HARD_RESET, &err), err);
    assert_string_equal(script.events, events);
    talk_end(&script);
}

/* Expect the watchdog to be armed, by its first two registers, between unlocking and locking it. */
static void watchdog(struct talk *talk, uint32_t config0, uint32_t lock)
{
    talk_write(talk, lock, 0x50d83aa1, 0xffffffff);
    talk_write(talk, config0 + 4, 2000, 0xffffffff);
    talk_write(talk, config0, 0xd0000102, 0xffffffff);
    talk_write(talk, lock, 0, 0xffffffff);
}

static void over_its_own_usb_a_chip_without_lines_is_reset_by_its_watchdog(void **state)
{
    (void)state;
    struct talk p4 = {.status_size = 2}, s31 = {.status_size = 4}, secured = {.status_size = 4};

    watchdog(&p4, 0x50116000, 0x50116018);
    leave_over_otg(&p4, "esp32p4", 18, false, "");
    watchdog(&s31, 0x20801000, 0x20801018);
    leave_over_otg(&s31, "esp32s31", 32, false, "");
    leave_over_otg(&secured, "esp32s31", 32, true, "D0R1 D0R0");
}

static void a_low_strap_calls_for_the_watchdog(void **state)
{
    (void)state;
    struct talk s2 = {.status_size = 4}, s3 = {.status_size = 2};

    talk_read(&s2, 0x3f404038, ~(1u << 3));
    talk_read(&s2, 0x3f408128, ~1u);
    watchdog(&s2, 0x3f408094, 0x3f4080ac);
    leave_over_otg(&s2, "esp32s2", 2, false, "");

    talk_write(&s3, 0x6000812c, 0, 1);
    talk_read(&s3, 0x60004038, 0);
    talk_read(&s3, 0x6000812c, 0);
    watchdog(&s3, 0x60008098, 0x600080b0);
    leave_over_otg(&s3, "esp32s3", 9, false, "");
}

static void a_high_strap_or_a_forced_loader_does_not(void **state)
{
    (void)state;
    struct talk high = {.status_size = 4}, forced = {.status_size = 4};

    talk_read(&high, 0x3f404038, 1u << 3);
    talk_read(&high, 0x3f408128, 0);
    leave_over_otg(&high, "esp32s2", 2, false, "D0R1 D0R0");

    talk_read(&forced, 0x3f404038, 0);
    talk_read(&forced, 0x3f408128, 1);
    leave_over_otg(&forced, "esp32s2", 2, false, "D0R1 D0R0");
}

static void a_strap_that_cannot_be_read_does_not_keep_the_reset_away(void **state)
{
    (void)state;
    struct talk refused = {.status_size = 4}, secured = {.status_size = 4};

    TALK_WORDS(&refused, 0x0a, 0x3f404038);
    talk_reply(&refused, 0x0a, 0, 0x0106);
    leave_over_otg(&refused, "esp32s2", 2, false, "D0R1 D0R0");
    leave_over_otg(&secured, "esp32s3", 9, true, "D0R1 D0R0");
}

static void a_chip_without_the_watchdog_is_reset_by_the_lines_whatever_the_strap(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};

    leave_over_otg(&talk, "esp32e22", 31, false, "D0R1 D0R0");
}

static void a_sequence_of_ones_own_replaces_the_pulse(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32", false);
    strcpy(loader.settings.custom_hard_reset_sequence, "D1|R1|W0.01|U0,0");
    assert_ok(eg_loader_leave(&loader, EG_AFTER_HARD_RESET, &err), err);
    assert_string_equal(script.events, "D1R0 D1R1 D0R0");
    strcpy(loader.settings.custom_hard_reset_sequence, "R1|X");
    assert_error(eg_loader_leave(&loader, EG_AFTER_HARD_RESET, &err), err, EG_BAD_JOB,
                 "leaving the loader: reset sequence \"R1|X\": unknown word \"X\"; use D0, D1, R0, R1, "
                 "U<dtr>,<rts> or W<seconds>");
    talk_end(&script);
}

static void secure_download_mode_leaves_the_watchdog_alone(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32c3", false);
    loader.secure_download = true;
    assert_ok(eg_loader_leave(&loader, EG_AFTER_WATCHDOG_RESET, &err), err);
    assert_string_equal(script.events, "D0R1 D0R0");
    talk_end(&script);
}

static void a_chip_without_the_watchdog_gets_a_hard_reset(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_ok(eg_loader_leave(&loader, EG_AFTER_WATCHDOG_RESET, &err), err);
    assert_string_equal(script.events, "D0R1 D0R0");
    talk_end(&script);
}

static void a_rom_that_refuses_to_leave_says_so(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x02, 0, 0, 0x400, 0);
    talk_reply(&talk, 0x02, 0, 0x0106);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(eg_loader_leave(&loader, EG_AFTER_SOFT_RESET, &err), err, EG_DEVICE_REFUSED,
                 "leaving the loader: device status 0x0106 (operation failed)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hard_reset_pulses_the_enable_line),
        cmocka_unit_test(an_esp32s3_is_kept_from_going_back_to_its_loader),
        cmocka_unit_test(the_rate_of_the_log_is_set_before_the_application_runs),
        cmocka_unit_test(the_rate_of_the_log_is_set_after_the_last_command),
        cmocka_unit_test(only_a_chip_with_usb_of_its_own_may_take_its_port_along),
        cmocka_unit_test(a_refused_bit_does_not_keep_the_reset_away),
        cmocka_unit_test(a_rom_leaves_softly_by_running_the_application),
        cmocka_unit_test(an_esp8266_stub_that_answers_no_more_has_left),
        cmocka_unit_test(an_esp8266_stub_that_stays_gets_a_hard_reset),
        cmocka_unit_test(a_port_that_goes_does_not_pass_for_leaving_softly),
        cmocka_unit_test(no_other_stub_can_leave_softly),
        cmocka_unit_test(a_rom_runs_the_application),
        cmocka_unit_test(a_rom_that_does_not_run_it_says_so),
        cmocka_unit_test(a_stub_takes_the_same_for_an_end_of_writing),
        cmocka_unit_test(a_real_stub_is_left_without_a_reset),
        cmocka_unit_test(no_reset_leaves_a_rom_and_a_kept_stub_alone),
        cmocka_unit_test(the_watchdog_resets_a_chip_that_has_it),
        cmocka_unit_test(a_chip_that_is_reset_before_it_answers_has_left),
        cmocka_unit_test(a_chip_whose_watchdog_is_not_armed_has_not_left),
        cmocka_unit_test(over_its_own_usb_a_chip_without_lines_is_reset_by_its_watchdog),
        cmocka_unit_test(a_low_strap_calls_for_the_watchdog),
        cmocka_unit_test(a_high_strap_or_a_forced_loader_does_not),
        cmocka_unit_test(a_strap_that_cannot_be_read_does_not_keep_the_reset_away),
        cmocka_unit_test(a_chip_without_the_watchdog_is_reset_by_the_lines_whatever_the_strap),
        cmocka_unit_test(a_sequence_of_ones_own_replaces_the_pulse),
        cmocka_unit_test(secure_download_mode_leaves_the_watchdog_alone),
        cmocka_unit_test(a_chip_without_the_watchdog_gets_a_hard_reset),
        cmocka_unit_test(a_rom_that_refuses_to_leave_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
