/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/talk.h"

static void a_rom_is_told_the_rate_and_a_zero(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {HOST(0xc0, 0x00, 0x0f, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0x00, 0x00, 0x00,
              0x00, 0xc0),
         BOARD(0xc0, 0x01, 0x0f, 0x04, 0x00, 0x0a, 0x24, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0, 0xc0,
               0xc0)},
        {HOST(0xc0, 0x00, 0x0a, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x7c, 0x00, 0x00, 0x60, 0xc0),
         BOARD(0xc0, 0x01, 0x0a, 0x04, 0x00, 0x07, 0x06, 0x07, 0x20, 0x00, 0x00, 0x00, 0x00, 0xc0)},
    };
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    eg_loader_init(&loader, scripted_port_init(&script, turns, 2));
    loader.target = eg_target_by_name("esp32c3");
    assert_ok(eg_loader_change_baud(&loader, 921600, &err), err);
    assert_int_equal(loader.baud, 921600);
    assert_string_equal(script.events, "B921600 X");
    talk_end(&script);
}

static void a_stub_is_told_the_rate_that_was(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x0f, 921600, 115200);
    talk_reply(&talk, 0x0f, 0, 0);
    TALK_WORDS(&talk, 0x0a, 0x60000078);
    talk_reply(&talk, 0x0a, 0x15122500, 0);
    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_ok(eg_loader_change_baud(&loader, 921600, &err), err);
    assert_int_equal(loader.baud, 921600);
    talk_end(&script);
}

/* What an ESP32's ROM is told, by its calibration word and the frequency of its RC oscillator. */
static void esp32(uint32_t cali_word, uint32_t ck8m_word, uint32_t baud, uint32_t expected)
{
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x0a, 0x3ff5f06c);
    talk_reply(&talk, 0x0a, cali_word, 0);
    TALK_WORDS(&talk, 0x0a, 0x3ff5a010);
    talk_reply(&talk, 0x0a, ck8m_word, 0);
    TALK_WORDS(&talk, 0x0f, expected, 0);
    talk_reply(&talk, 0x0f, 0, 0);
    TALK_WORDS(&talk, 0x0a, 0x60000078);
    talk_reply(&talk, 0x0a, 0x15122500, 0);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_ok(eg_loader_change_baud(&loader, baud, &err), err);
    assert_int_equal(script.port.baud, baud);
    talk_end(&script);
}

static void the_esp32_rom_is_told_what_its_calibration_makes_right(void **state)
{
    (void)state;
    esp32(1280u << 7, 80, 921600, 921600); /* 40 MHz, as measured */
    esp32(1300u << 7, 80, 921600, 936000); /* 40.625 MHz believed */
    esp32(832u << 7, 80, 921600, 921600);  /* 26 MHz */
    esp32(800u << 7, 80, 921600, 886153);  /* 25 MHz believed, rounded down */
    esp32(1281u << 7, 80, 460800, 461160);
}

static void a_rom_that_cannot_keeps_the_rate(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp8266", false);
    assert_ok(eg_loader_change_baud(&loader, 921600, &err), err);
    assert_int_equal(loader.baud, 115200);
    assert_string_equal(script.events, "");
    talk_end(&script);
}

static void the_same_rate_costs_nothing(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_ok(eg_loader_change_baud(&loader, 115200, &err), err);
    talk_end(&script);
}

static void a_port_without_a_rate_keeps_the_chips_as_it_is(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_port_ops ops;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32c3", true);
    ops = *script.port.ops;
    ops.set_baud = NULL;
    script.port.ops = &ops;
    assert_ok(eg_loader_change_baud(&loader, 921600, &err), err);
    assert_int_equal(loader.baud, 115200);
    talk_end(&script);
}

static void a_chip_that_settles_late_is_asked_again_by_sync(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x0f, 460800, 115200);
    talk_reply(&talk, 0x0f, 0, 0);
    TALK_WORDS(&talk, 0x0a, 0x6000007c);
    talk_sync(&talk, 0);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_change_baud(&loader, 460800, &err), err);
    talk_end(&script);
}

static void a_late_answer_is_not_taken_for_that_of_the_next_read(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint32_t word;

    TALK_WORDS(&talk, 0x0f, 460800, 115200);
    talk_reply(&talk, 0x0f, 0, 0);
    TALK_WORDS(&talk, 0x0a, 0x6000007c);
    talk_sync_request(&talk);
    talk_reply(&talk, 0x0a, 0x20070607, 0); /* the answer to the read */
    for (unsigned i = 0; i < 8; i++)
        talk_reply(&talk, 0x08, 0, 0);
    TALK_WORDS(&talk, 0x0a, 0x60008844);
    talk_reply(&talk, 0x0a, 0xc4001000, 0);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_change_baud(&loader, 460800, &err), err);
    assert_ok(eg_loader_read_reg(&loader, 0x60008844, &word, &err), err);
    assert_int_equal(word, 0xc4001000);
    talk_end(&script);
}

static void a_chip_that_is_lost_at_the_new_rate_is_reported_with_it(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x0f, 460800, 115200);
    talk_reply(&talk, 0x0f, 0, 0);
    TALK_WORDS(&talk, 0x0a, 0x6000007c);
    for (unsigned i = 0; i < 5; i++) {
        talk_sync(&talk, 0);
        talk.turns[talk.count - 1].reply_size = 0;
    }
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_error(eg_loader_change_baud(&loader, 460800, &err), err, EG_TIMEOUT,
                 "at 460800 baud: no answer within 300 ms");
    talk_end(&script);
    talk_end(&script);
}

static void secure_download_mode_reads_no_register(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x0f, 921600, 0);
    talk_reply(&talk, 0x0f, 0, 0);
    talk_sync(&talk, 0x20120707);
    talk_begin(&talk, &script, &loader, "esp32s3", false);
    loader.secure_download = true;
    assert_ok(eg_loader_change_baud(&loader, 921600, &err), err);
    talk_end(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rom_is_told_the_rate_and_a_zero),
        cmocka_unit_test(a_stub_is_told_the_rate_that_was),
        cmocka_unit_test(the_esp32_rom_is_told_what_its_calibration_makes_right),
        cmocka_unit_test(a_rom_that_cannot_keeps_the_rate),
        cmocka_unit_test(the_same_rate_costs_nothing),
        cmocka_unit_test(a_port_without_a_rate_keeps_the_chips_as_it_is),
        cmocka_unit_test(a_chip_that_settles_late_is_asked_again_by_sync),
        cmocka_unit_test(a_late_answer_is_not_taken_for_that_of_the_next_read),
        cmocka_unit_test(a_chip_that_is_lost_at_the_new_rate_is_reported_with_it),
        cmocka_unit_test(secure_download_mode_reads_no_register),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
