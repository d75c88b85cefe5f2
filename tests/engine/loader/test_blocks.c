/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/talk.h"

static const uint8_t bytes[0x4000] = {1, 2, 3, 4};

static void an_encrypted_begin_has_a_1_in_its_fifth_word(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {HOST(0xc0, 0x00, 0x02, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x90, 0x13, 0x00, 0x00, 0x01, 0x00, 0x00,
              0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x00, 0xc0),
         BOARD(0xc0, 0x01, 0x02, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0)},
    };
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    eg_loader_init(&loader, scripted_port_init(&script, turns, 1));
    loader.target = eg_target_by_name("esp32");
    loader.stub = true;
    assert_ok(eg_loader_flash_begin(&loader, 5008, 0x10000, true, &err), err);
    talk_end(&script);
}

static void begin_is_16_bytes_to_an_esp32_rom(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {HOST(0xc0, 0x00, 0x02, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x88, 0x13, 0x00, 0x00, 0x05, 0x00, 0x00,
              0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0xc0),
         BOARD(0xc0, 0x01, 0x02, 0x04, 0x00, 0x00, 0x00, 0x10, 0x01, 0x00, 0x00, 0x00, 0x00, 0xc0)},
    };
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    eg_loader_init(&loader, scripted_port_init(&script, turns, 1));
    loader.target = eg_target_by_name("esp32");
    assert_ok(eg_loader_flash_begin(&loader, 5000, 0x10000, false, &err), err);
    talk_end(&script);
}

static void roms_since_the_esp32s2_encrypt_too(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x02, 5008, 5, 0x400, 0x10000, 1);
    talk_reply(&talk, 0x02, 0, 0);
    TALK_WORDS(&talk, 0x10, 0x1400, 1, 0x400, 0x10000, 1);
    talk_reply(&talk, 0x10, 0, 0);
    TALK_WORDS(&talk, 0x02, 5008, 5, 0x400, 0x10000, 0);
    talk_reply(&talk, 0x02, 0, 0);
    talk_begin(&talk, &script, &loader, "esp32s2", false);
    assert_ok(eg_loader_flash_begin(&loader, 5008, 0x10000, true, &err), err);
    assert_ok(eg_loader_flash_defl_begin(&loader, 5008, 100, 0x10000, true, &err), err);
    assert_ok(eg_loader_flash_begin(&loader, 5008, 0x10000, false, &err), err);
    talk_end(&script);
}

static void a_loader_that_cannot_encrypt_is_not_asked_to(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(eg_loader_flash_begin(&loader, 4096, 0x10000, true, &err), err, EG_UNSUPPORTED,
                 "beginning 4096 bytes at 0x00010000: the ROM of ESP32 encrypts nothing");
    assert_error(eg_loader_flash_defl_begin(&loader, 4096, 100, 0x10000, true, &err), err, EG_UNSUPPORTED,
                 "beginning 4096 bytes at 0x00010000: the ROM of ESP32 encrypts nothing");
    loader.target = eg_target_by_name("esp8266");
    loader.stub = true;
    assert_error(eg_loader_flash_begin(&loader, 4096, 0x10000, true, &err), err, EG_UNSUPPORTED,
                 "beginning 4096 bytes at 0x00010000: ESP8266 encrypts nothing");
    talk_end(&script);
}

static void the_esp8266_rom_inflates_nothing(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp8266", false);
    assert_error(eg_loader_flash_defl_begin(&loader, 4096, 100, 0, false, &err), err, EG_UNSUPPORTED,
                 "the ROM of ESP8266 inflates nothing");
    talk_end(&script);
}

static void the_esp8266_rom_is_told_a_size_that_it_erases_rightly(void **state)
{
    (void)state;
    static const struct {
        uint32_t addr, size, word;
    } rows[] = {
        {0, 0x1000, 0x1000},        {0, 0x8000, 0x4000},       {0, 0x10000, 0x8000},
        {0, 0x11000, 0x9000},       {0, 0x18000, 0xc000},      {0, 0x20000, 0x10000},
        {0, 0x21000, 0x11000},      {0xf000, 0x2000, 0x1000},  {0xf000, 0x3000, 0x2000},
        {0x1000, 0x3b000, 0x2c000}, {0x8000, 0x10000, 0x8000},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(eg__esp8266_erase_size(rows[i].addr, rows[i].size), rows[i].word);
}

static void the_esp8266_rom_is_told_the_corrected_size_and_its_stub_the_size(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x02, 0x2c000, 0xec, 0x400, 0x1000);
    talk_reply(&talk, 0x02, 0, 0);
    TALK_WORDS(&talk, 0x02, 0x3b000, 15, 0x4000, 0x1000, 0);
    talk_reply(&talk, 0x02, 0, 0);
    talk_begin(&talk, &script, &loader, "esp8266", false);
    assert_ok(eg_loader_flash_begin(&loader, 0x3b000, 0x1000, false, &err), err);
    loader.stub = true;
    assert_ok(eg_loader_flash_begin(&loader, 0x3b000, 0x1000, false, &err), err);
    talk_end(&script);
}

static uint32_t block_size(const char *chip, bool stub, uint16_t vid, uint16_t pid)
{
    struct scripted_port script;
    struct eg_loader loader;

    eg_loader_init(&loader, scripted_port_init(&script, NULL, 0));
    loader.target = eg_target_by_name(chip);
    loader.stub = stub;
    script.port.vid = vid;
    script.port.pid = pid;
    return eg_loader_flash_block_size(&loader);
}

static void stubs_take_larger_blocks_but_over_the_chips_own_usb(void **state)
{
    (void)state;
    assert_int_equal(block_size("esp32s3", false, 0x303a, 9), 0x400);
    assert_int_equal(block_size("esp32s3", true, 0x303a, 9), 0x800);
    assert_int_equal(block_size("esp32s3", true, 0x303a, 0x1001), 0x4000);
    assert_int_equal(block_size("esp32s3", true, 0x10c4, 9), 0x4000);
    assert_int_equal(block_size("esp32c3", true, 0x303a, 5), 0x4000);
}

static void plain_blocks_are_numbered_filled_and_ended(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    for (unsigned write = 0; write < 2; write++) {
        TALK_WORDS(&talk, 0x02, 0x4004, 2, 0x4000, 0x10000, 0);
        talk_reply(&talk, 0x02, 0, 0);
        talk_block(&talk, 0x03, 0, bytes, 0x4000, 0x4000);
        talk_reply(&talk, 0x03, 0, 0);
        talk_block(&talk, 0x03, 1, bytes, 4, 0x4000);
        talk_reply(&talk, 0x03, 0, 0);
        TALK_WORDS(&talk, 0x04, 1);
        talk_reply(&talk, 0x04, 0, 0);
    }
    talk_begin(&talk, &script, &loader, "esp32", true);
    for (unsigned write = 0; write < 2; write++) {
        assert_ok(eg_loader_flash_begin(&loader, 0x4004, 0x10000, false, &err), err);
        assert_ok(eg_loader_flash_block(&loader, bytes, 0x4000, &err), err);
        assert_ok(eg_loader_flash_block(&loader, bytes, 4, &err), err);
        assert_ok(eg_loader_flash_finish(&loader, false, &err), err);
    }
    talk_end(&script);
}

static void deflated_blocks_are_not_filled_and_have_an_end_of_their_own(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x10, 0x10000, 1, 0x4000, 0x10000, 0);
    talk_reply(&talk, 0x10, 0, 0);
    talk_block(&talk, 0x11, 0, bytes, 5, 5);
    talk_reply(&talk, 0x11, 0, 0);
    TALK_WORDS(&talk, 0x12, 1);
    talk_reply(&talk, 0x12, 0, 0);
    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_ok(eg_loader_flash_defl_begin(&loader, 0x10000, 5, 0x10000, false, &err), err);
    assert_ok(eg_loader_flash_block(&loader, bytes, 5, &err), err);
    assert_ok(eg_loader_flash_finish(&loader, false, &err), err);
    talk_end(&script);
}

static void an_encrypted_deflated_write_ends_as_a_plain_one(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x10, 0x10000, 1, 0x4000, 0x10000, 1);
    talk_reply(&talk, 0x10, 0, 0);
    TALK_WORDS(&talk, 0x04, 1);
    talk_reply(&talk, 0x04, 0, 0);
    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_ok(eg_loader_flash_defl_begin(&loader, 0x10000, 5, 0x10000, true, &err), err);
    assert_ok(eg_loader_flash_finish(&loader, false, &err), err);
    talk_end(&script);
}

static void a_rom_is_sent_no_end_unless_it_is_to_reboot(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x04, 0);
    talk_reply(&talk, 0x04, 0, 0);
    TALK_WORDS(&talk, 0x10, 0x1000, 1, 0x400, 0x10000);
    talk_reply(&talk, 0x10, 0, 0);
    TALK_WORDS(&talk, 0x12, 0);
    talk_reply(&talk, 0x12, 0, 0);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_ok(eg_loader_flash_finish(&loader, false, &err), err);
    assert_ok(eg_loader_flash_finish(&loader, true, &err), err);
    assert_ok(eg_loader_flash_defl_begin(&loader, 0x1000, 5, 0x10000, false, &err), err);
    assert_ok(eg_loader_flash_finish(&loader, true, &err), err);
    talk_end(&script);
}

static void a_stub_that_is_to_reboot_is_sent_a_0(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x04, 0);
    talk_reply(&talk, 0x04, 0, 0xc000);
    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_error(eg_loader_flash_finish(&loader, true, &err), err, EG_DEVICE_REFUSED,
                 "ending 0 bytes: device status 0xc000 (bad data length)");
    talk_end(&script);
}

static void a_block_that_is_too_large_or_empty_is_not_sent(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(eg_loader_flash_block(&loader, bytes, 0x401, &err), err, EG_BAD_ARGUMENT,
                 "a block of 1025 bytes; a block has 1 to 1024");
    loader.stub = true;
    assert_error(eg_loader_flash_block(&loader, bytes, 0, &err), err, EG_BAD_ARGUMENT,
                 "a block of 0 bytes; a block has 1 to 16384");
    talk_end(&script);
}

static void a_block_that_fails_keeps_its_number(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x02, 0x800, 2, 0x400, 0x10000);
    talk_reply(&talk, 0x02, 0, 0);
    talk_block(&talk, 0x03, 0, bytes, 0x400, 0x400);
    talk_reply(&talk, 0x03, 0, 0);
    talk_block(&talk, 0x03, 1, bytes, 0x400, 0x400);
    talk_reply(&talk, 0x03, 0, 0x0108);
    talk_block(&talk, 0x03, 1, bytes, 0x400, 0x400);
    talk_reply(&talk, 0x03, 0, 0);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_ok(eg_loader_flash_begin(&loader, 0x800, 0x10000, false, &err), err);
    assert_ok(eg_loader_flash_block(&loader, bytes, 0x400, &err), err);
    assert_error(eg_loader_flash_block(&loader, bytes, 0x400, &err), err, EG_DEVICE_REFUSED,
                 "block 2: device status 0x0108 (flash write error)");
    assert_ok(eg_loader_flash_block(&loader, bytes, 0x400, &err), err);
    talk_end(&script);
}

static void a_rom_has_the_time_of_a_block_for_the_block_itself(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x10, 1000000 / 0x400 * 0x400 + 0x400, 1, 0x400, 0x10000);
    talk_reply(&talk, 0x10, 0, 0);
    talk_block(&talk, 0x11, 0, bytes, 5, 5);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_ok(eg_loader_flash_defl_begin(&loader, 1000000, 5, 0x10000, false, &err), err);
    /* the uncompressed size is unknown, so it may be the whole file */
    assert_error(eg_loader_flash_block(&loader, bytes, 5, &err), err, EG_TIMEOUT,
                 "block 1: no answer to FLASH_DEFL_DATA within 40000 ms");
    talk_end(&script);
}

static void a_stub_has_the_time_of_a_block_for_the_next_command(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x02, 0x4000, 1, 0x4000, 0x10000, 0);
    talk_reply(&talk, 0x02, 0, 0);
    talk_block(&talk, 0x03, 0, bytes, 0x4000, 0x4000);
    talk_reply(&talk, 0x03, 0, 0);
    TALK_WORDS(&talk, 0x04, 1);
    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_ok(eg_loader_flash_begin(&loader, 0x4000, 0x10000, false, &err), err);
    assert_ok(eg_loader_flash_block(&loader, bytes, 0x4000, &err), err);
    /* 40 s per MB, for 0x4000 bytes and two 64 KiB erases */
    assert_error(eg_loader_flash_finish(&loader, false, &err), err, EG_TIMEOUT,
                 "ending 16384 bytes: no answer to FLASH_END within 5898 ms");
    talk_end(&script);
}

static void a_rom_erases_within_begin_and_has_time_for_it(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x02, 1000000, 977, 0x400, 0x10000);
    TALK_WORDS(&talk, 0x02, 1000000, 62, 0x4000, 0x10000, 0);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(eg_loader_flash_begin(&loader, 1000000, 0x10000, false, &err), err, EG_TIMEOUT,
                 "beginning 1000000 bytes at 0x00010000: no answer to FLASH_BEGIN within 40000 ms");
    loader.stub = true;
    assert_error(eg_loader_flash_begin(&loader, 1000000, 0x10000, false, &err), err, EG_TIMEOUT,
                 "beginning 1000000 bytes at 0x00010000: no answer to FLASH_BEGIN within 3000 ms");
    talk_end(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_encrypted_begin_has_a_1_in_its_fifth_word),
        cmocka_unit_test(begin_is_16_bytes_to_an_esp32_rom),
        cmocka_unit_test(roms_since_the_esp32s2_encrypt_too),
        cmocka_unit_test(a_loader_that_cannot_encrypt_is_not_asked_to),
        cmocka_unit_test(the_esp8266_rom_inflates_nothing),
        cmocka_unit_test(the_esp8266_rom_is_told_a_size_that_it_erases_rightly),
        cmocka_unit_test(the_esp8266_rom_is_told_the_corrected_size_and_its_stub_the_size),
        cmocka_unit_test(stubs_take_larger_blocks_but_over_the_chips_own_usb),
        cmocka_unit_test(plain_blocks_are_numbered_filled_and_ended),
        cmocka_unit_test(deflated_blocks_are_not_filled_and_have_an_end_of_their_own),
        cmocka_unit_test(an_encrypted_deflated_write_ends_as_a_plain_one),
        cmocka_unit_test(a_rom_is_sent_no_end_unless_it_is_to_reboot),
        cmocka_unit_test(a_stub_that_is_to_reboot_is_sent_a_0),
        cmocka_unit_test(a_block_that_is_too_large_or_empty_is_not_sent),
        cmocka_unit_test(a_block_that_fails_keeps_its_number),
        cmocka_unit_test(a_rom_has_the_time_of_a_block_for_the_block_itself),
        cmocka_unit_test(a_stub_has_the_time_of_a_block_for_the_next_command),
        cmocka_unit_test(a_rom_erases_within_begin_and_has_time_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
