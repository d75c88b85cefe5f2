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

/* Check the rate given to an ESP32's ROM, by its calibration word and the frequency of its RC oscillator. */
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
    esp32(1300u << 7, 80, 921600, 936000); /* the ROM assumes 40.625 MHz */
    esp32(832u << 7, 80, 921600, 921600);  /* 26 MHz */
    esp32(800u << 7, 80, 921600, 886153);  /* the ROM assumes 25 MHz; rounded down */
    esp32(1281u << 7, 80, 460800, 461160);
}

/*
 * Check the rate given to the ROM for 921600 baud when its UART's divider and, if it has one, its register of
 * the expected crystal hold these words.
 */
static void by_crystal(const char *chip, uint32_t divider, uint32_t expects, uint32_t expected)
{
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_read(&talk, 0x60000014, divider);
    if (expects != 0)
        talk_read(&talk, 0x60096110, expects << 24);
    TALK_WORDS(&talk, 0x0f, expected, 0);
    talk_reply(&talk, 0x0f, 0, 0);
    talk_read(&talk, 0x6000007c, 0);
    talk_begin(&talk, &script, &loader, chip, false);
    assert_ok(eg_loader_change_baud(&loader, 921600, &err), err);
    assert_int_equal(script.port.baud, 921600);
    talk_end(&script);
}

static void the_esp32c2_rom_takes_every_crystal_for_one_of_40_mhz(void **state)
{
    (void)state;
    by_crystal("esp32c2", 226, 0, 1417846); /* 26 MHz */
    by_crystal("esp32c2", 347, 0, 921600);  /* 40 MHz */
}

static void the_esp32c5_rom_says_which_crystal_it_expects(void **state)
{
    (void)state;
    by_crystal("esp32c5", 417, 40, 768000);
    by_crystal("esp32c5", 347, 48, 1105920);
    by_crystal("esp32c5", 417, 48, 921600);
    by_crystal("esp32c5", 347, 40, 921600);
    by_crystal("esp32c5", 417, 26, 921600); /* no such mistake is known */
}

static void a_stub_needs_no_correction(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x0f, 921600, 115200);
    talk_reply(&talk, 0x0f, 0, 0);
    talk_read(&talk, 0x6000007c, 0);
    talk_begin(&talk, &script, &loader, "esp32c5", true);
    assert_ok(eg_loader_change_baud(&loader, 921600, &err), err);
    talk_end(&script);
}

static void in_secure_download_mode_an_unknown_crystal_keeps_the_rate(void **state)
{
    (void)state;
    static const char *const chips[] = {"esp32c2", "esp32c5"};

    for (size_t i = 0; i < 2; i++) {
        struct talk talk = {.status_size = 4};
        struct scripted_port script;
        struct eg_loader loader;
        struct eg_error err;

        talk_begin(&talk, &script, &loader, chips[i], false);
        loader.secure_download = true;
        assert_ok(eg_loader_change_baud(&loader, 921600, &err), err);
        assert_int_equal(loader.baud, 115200);
        assert_string_equal(script.events, "");
        talk_end(&script);
    }
}

static void a_crystal_that_cannot_be_measured_is_named(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x0a, 0x60000014);
    talk_reply(&talk, 0x0a, 0, 0x0106);
    talk_begin(&talk, &script, &loader, "esp32c2", false);
    assert_error(
        eg_loader_change_baud(&loader, 921600, &err), err, EG_DEVICE_REFUSED,
        "measuring the crystal: reading register 0x60000014: device status 0x0106 (operation failed)");
    assert_string_equal(script.events, "");
    talk_end(&script);
}

static void crystal(const char *chip, uint32_t addr, uint32_t divider, uint32_t baud, uint32_t expected_mhz)
{
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint32_t mhz = 0;

    if (addr != 0)
        talk_read(&talk, addr, divider);
    talk_begin(&talk, &script, &loader, chip, false);
    loader.baud = baud;
    assert_ok(eg_loader_crystal_mhz(&loader, &mhz, &err), err);
    assert_int_equal(mhz, expected_mhz);
    talk_end(&script);
}

static void the_divider_of_the_uart_tells_the_crystal(void **state)
{
    (void)state;
    crystal("esp32", 0x3ff40014, 0x15a, 115200, 40); /* of the recordings */
    crystal("esp32", 0x3ff40014, 0xfff0015a, 115200, 40);
    crystal("esp32", 0x3ff40014, 226, 115200, 26);
    crystal("esp32", 0x3ff40014, 1042, 38400, 40);
    crystal("esp8266", 0x60000014, 452, 115200, 26); /* its UART clock is twice the crystal's frequency */
    crystal("esp8266", 0x60000014, 694, 115200, 40);
    crystal("esp32c5", 0x60000014, 417, 115200, 48);
    crystal("esp32e22", 0xc3102014, 347, 115200, 40);
}

static void a_crystal_that_is_always_the_same_is_not_measured(void **state)
{
    (void)state;
    crystal("esp32c3", 0, 0, 115200, 40);
    crystal("esp32h2", 0, 0, 115200, 32);
}

static void a_stub_that_speeds_its_uart_up_hides_the_crystal(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint32_t mhz;

    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_error(eg_loader_crystal_mhz(&loader, &mhz, &err), err, EG_UNSUPPORTED,
                 "the crystal of ESP32 cannot be measured while a stub runs: its UART has another clock");
    talk_end(&script);
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
        cmocka_unit_test(the_esp32c2_rom_takes_every_crystal_for_one_of_40_mhz),
        cmocka_unit_test(the_esp32c5_rom_says_which_crystal_it_expects),
        cmocka_unit_test(a_stub_needs_no_correction),
        cmocka_unit_test(in_secure_download_mode_an_unknown_crystal_keeps_the_rate),
        cmocka_unit_test(a_crystal_that_cannot_be_measured_is_named),
        cmocka_unit_test(the_divider_of_the_uart_tells_the_crystal),
        cmocka_unit_test(a_crystal_that_is_always_the_same_is_not_measured),
        cmocka_unit_test(a_stub_that_speeds_its_uart_up_hides_the_crystal),
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
