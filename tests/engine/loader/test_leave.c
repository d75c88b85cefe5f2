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

static enum eg_code vanish_with_the_reset(struct eg_port *port, bool dtr, bool rts, struct eg_error *err)
{
    (void)dtr;
    if (port->rts || !rts)
        return eg_error_set(err, EG_PORT_GONE, "script: unplugged");
    return EG_OK;
}

/* Whether an ESP32-S3 on a port with this USB product has left when the port goes with the reset. */
static enum eg_code leave_and_vanish(uint16_t pid, struct eg_error *err)
{
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_port_ops ops;

    TALK_WORDS(&talk, 0x09, 0x6000812c, 0, 1, 0);
    talk_reply(&talk, 0x09, 0, 0);
    talk_begin(&talk, &script, &loader, "esp32s3", true);
    ops = *script.port.ops;
    ops.set_lines = vanish_with_the_reset;
    script.port.ops = &ops;
    script.port.vid = 0x303a;
    script.port.pid = pid;
    return eg_loader_leave(&loader, EG_AFTER_HARD_RESET, err);
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

static void only_the_esp8266s_stub_can_leave_softly(void **state)
{
    (void)state;
    const struct turn turns[] = {{HOST(0xc0, 0, 0xd3, 0, 0, 0, 0, 0, 0, 0xc0)}};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    eg_loader_init(&loader, scripted_port_init(&script, turns, 1));
    loader.target = eg_target_by_name("esp8266");
    loader.stub = true;
    assert_ok(eg_loader_leave(&loader, EG_AFTER_SOFT_RESET, &err), err);
    talk_end(&script);

    eg_loader_init(&loader, scripted_port_init(&script, turns, 0));
    loader.target = eg_target_by_name("esp32c3");
    loader.stub = true;
    assert_ok(eg_loader_leave(&loader, EG_AFTER_SOFT_RESET, &err), err);
    assert_string_equal(script.events, "D0R1 D0R0");
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
        cmocka_unit_test(only_a_chip_with_usb_of_its_own_may_take_its_port_along),
        cmocka_unit_test(a_refused_bit_does_not_keep_the_reset_away),
        cmocka_unit_test(a_rom_leaves_softly_by_running_the_application),
        cmocka_unit_test(only_the_esp8266s_stub_can_leave_softly),
        cmocka_unit_test(a_real_stub_is_left_without_a_reset),
        cmocka_unit_test(no_reset_leaves_a_rom_and_a_kept_stub_alone),
        cmocka_unit_test(the_watchdog_resets_a_chip_that_has_it),
        cmocka_unit_test(a_chip_that_is_reset_before_it_answers_has_left),
        cmocka_unit_test(a_chip_whose_watchdog_is_not_armed_has_not_left),
        cmocka_unit_test(a_chip_without_the_watchdog_gets_a_hard_reset),
        cmocka_unit_test(a_rom_that_refuses_to_leave_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
