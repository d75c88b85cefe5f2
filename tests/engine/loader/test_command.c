/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/talk.h"

#define LOADER(turns, name, is_stub)                                                                         \
    struct scripted_port script;                                                                             \
    struct eg_loader loader;                                                                                 \
    struct eg_error err;                                                                                     \
    eg_loader_init(&loader, scripted_port_init(&script, turns, sizeof(turns) / sizeof *(turns)));            \
    loader.target = eg_target_by_name(name);                                                                 \
    loader.stub = is_stub

static void a_register_is_read_from_a_rom_with_four_status_bytes(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {HOST(0xc0, 0x00, 0x0a, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x40, 0xc0),
         BOARD(0xc0, 0x01, 0x0a, 0x04, 0x00, 0x83, 0x1d, 0xf0, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0)},
    };
    LOADER(turns, "esp32", false);
    uint32_t word;

    assert_ok(eg_loader_read_reg(&loader, 0x40001000, &word, &err), err);
    assert_int_equal(word, 0x00f01d83);
    talk_end(&script);
}

static void a_register_is_read_from_a_stub_with_two_status_bytes(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {HOST(0xc0, 0x00, 0x0a, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x40, 0xc0),
         BOARD(0xc0, 0x01, 0x0a, 0x02, 0x00, 0x83, 0x1d, 0xf0, 0x00, 0x00, 0x00, 0xc0)},
    };
    LOADER(turns, "esp32", true);
    uint32_t word;

    assert_ok(eg_loader_read_reg(&loader, 0x40001000, &word, &err), err);
    assert_int_equal(word, 0x00f01d83);
    talk_end(&script);
}

static void a_register_is_written_with_escapes(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {HOST(0xc0, 0x00, 0x09, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x40, 0xf4, 0x3f, 0xdb, 0xdc, 0x00,
              0x00, 0x00, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0),
         BOARD(0xc0, 0x01, 0x09, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0)},
    };
    LOADER(turns, "esp32", false);

    assert_ok(eg_loader_write_reg(&loader, 0x3ff44004, 0xc0, 0xff, 0, &err), err);
    talk_end(&script);
}

static void a_block_of_data_carries_its_checksum(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {HOST(0xc0, 0x00, 0x07, 0x14, 0x00, 0xf7, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
              0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xdb, 0xdc, 0xdb, 0xdd, 0x01, 0x02, 0xc0),
         BOARD(0xc0, 0x01, 0x07, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0)},
    };
    const uint8_t data[] = {0xc0, 0xdb, 0x01, 0x02};
    const struct eg__request request = {.opcode = EG_OP_MEM_DATA, .data = data, .data_size = sizeof data};
    LOADER(turns, "esp32", false);

    assert_ok(eg__command(&loader, &request, NULL, &err), err);
    talk_end(&script);
}

static void answers_to_something_else_are_passed_over(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint32_t word;

    TALK_WORDS(&talk, 0x0a, 0x3ff00000);
    talk_reply(&talk, 0x08, 0x20120707, 0);
    talk_board(&talk, (const uint8_t[]){1, 2, 3}, 3);
    talk_board(&talk, (const uint8_t[]){0, 0x0a, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 12);
    talk_reply(&talk, 0x0a, 0x1234, 0);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_ok(eg_loader_read_reg(&loader, 0x3ff00000, &word, &err), err);
    assert_int_equal(word, 0x1234);
    talk_end(&script);
}

static void a_hundred_frames_without_an_answer_are_enough(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint32_t word;

    TALK_WORDS(&talk, 0x0a, 0x3ff00000);
    for (unsigned i = 0; i < 100; i++)
        talk_reply(&talk, 0x08, 0x20120707, 0);
    talk_reply(&talk, 0x0a, 0x1234, 0);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(eg_loader_read_reg(&loader, 0x3ff00000, &word, &err), err, EG_BAD_REPLY,
                 "reading register 0x3ff00000: none of 100 frames answered READ_REG");
}

static void a_refusal_has_the_chips_own_word(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint32_t word;

    TALK_WORDS(&talk, 0x0a, 0x3ff00000);
    talk_reply(&talk, 0x0a, 0, 0x0106);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(eg_loader_read_reg(&loader, 0x3ff00000, &word, &err), err, EG_DEVICE_REFUSED,
                 "reading register 0x3ff00000: device status 0x0106 (operation failed)");
    assert_int_equal(err.device_status, 0x0106);
}

static void a_failing_digest_leaves_its_result_out(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint8_t md5[EG_MD5_SIZE];

    TALK_WORDS(&talk, 0x13, 0x10000, 5000, 0, 0);
    talk_reply(&talk, 0x13, 0, 0xc400);
    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_error(eg_loader_md5(&loader, 0x10000, 5000, md5, &err), err, EG_DEVICE_REFUSED,
                 "digest of 5000 bytes at 0x00010000: device status 0xc400 (SPI operation failed)");
}

static void a_digest_that_is_cut_off_is_malformed(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint8_t md5[EG_MD5_SIZE];

    TALK_WORDS(&talk, 0x13, 0x10000, 5000, 0, 0);
    talk_reply(&talk, 0x13, 0, 0);
    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_error(eg_loader_md5(&loader, 0x10000, 5000, md5, &err), err, EG_BAD_REPLY,
                 "digest of 5000 bytes at 0x00010000: SPI_FLASH_MD5 was answered with 10 bytes where 26 are "
                 "needed");
}

static void an_unknown_command_comes_back_eight_times_under_another_opcode(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    struct eg_security_info info;
    uint32_t word;

    TALK_WORDS(&talk, 0x14, 0);
    talk.turns[0].expect = (const uint8_t[]){0xc0, 0, 0x14, 0, 0, 0, 0, 0, 0, 0xc0};
    talk.turns[0].expect_size = 10;
    for (unsigned i = 0; i < 8; i++)
        talk_reply(&talk, 0x08, 0x20120707, 0x0105);
    TALK_WORDS(&talk, 0x0a, 0x40001000);
    talk_reply(&talk, 0x0a, 0x00f01d83, 0);
    talk_begin(&talk, &script, &loader, NULL, false);
    script.read_max = 14;
    assert_error(eg_loader_security_info(&loader, &info, &err), err, EG_UNSUPPORTED,
                 "reading security info: the chip's ROM does not accept GET_SECURITY_INFO");
    assert_int_equal(script.port.bytes_received, 8 * 14);
    assert_ok(eg_loader_read_reg(&loader, 0x40001000, &word, &err), err);
    talk_end(&script);
}

static void refusals_that_come_late_are_no_answer_to_the_next_command(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    struct eg_security_info info;
    uint32_t word;

    talk_host(&talk, (const uint8_t[8]){0, 0x14}, 8);
    talk_reply(&talk, 0x08, 0x20120707, 0x0105);
    /* The network delayed the other seven until SYNC was on its way. */
    talk_sync_request(&talk);
    for (unsigned i = 0; i < 7; i++)
        talk_reply(&talk, 0x08, 0x20120707, 0x0105);
    for (unsigned i = 0; i < 8; i++)
        talk_reply(&talk, 0x08, 0x20120707, 0);
    TALK_WORDS(&talk, 0x0a, 0x40001000);
    talk_reply(&talk, 0x0a, 0x00f01d83, 0);
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_error(eg_loader_security_info(&loader, &info, &err), err, EG_UNSUPPORTED,
                 "reading security info: the chip's ROM does not accept GET_SECURITY_INFO");
    assert_ok(eg_loader_read_reg(&loader, 0x40001000, &word, &err), err);
    assert_int_equal(word, 0x00f01d83);
    talk_end(&script);
}

static void a_command_that_the_rom_has_but_did_not_understand_was_damaged(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint32_t word;

    TALK_WORDS(&talk, 0x0a, 0x3ff00000);
    talk_reply(&talk, 0x4a, 0, 0x0105);
    talk_sync(&talk, 0x20120707);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(eg_loader_read_reg(&loader, 0x3ff00000, &word, &err), err, EG_CORRUPTED,
                 "reading register 0x3ff00000: READ_REG reached the chip damaged");
}

static void silence_is_a_timeout_that_names_the_command(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint32_t word;

    TALK_WORDS(&talk, 0x0a, 0x3ff00000);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(eg_loader_read_reg(&loader, 0x3ff00000, &word, &err), err, EG_TIMEOUT,
                 "reading register 0x3ff00000: no answer to READ_REG within 3000 ms");
}

static void a_restart_in_mid_work_passes_up(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {HOST(0xc0, 0x00, 0x0a, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x40, 0xc0),
         .reply = (const uint8_t *)"rst:0xf (BROWNOUT_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n",
         .reply_size = 58},
    };
    LOADER(turns, "esp32", true);
    uint32_t word;

    assert_error(eg_loader_read_reg(&loader, 0x40001000, &word, &err), err, EG_BOARD_RESET,
                 "reading register 0x40001000: the chip restarted and sent \"rst:0xf "
                 "(BROWNOUT_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\"");
}

static void damage_is_told_from_refusal(void **state)
{
    (void)state;
    static const struct {
        uint16_t status;
        enum eg_code code;
    } rows[] = {
        {0x0107, EG_CORRUPTED},      {0x0105, EG_CORRUPTED},      {0xc100, EG_CORRUPTED},
        {0xc000, EG_CORRUPTED},      {0xc0ee, EG_CORRUPTED},      {0x0108, EG_DEVICE_REFUSED},
        {0xc400, EG_DEVICE_REFUSED}, {0xc700, EG_DEVICE_REFUSED}, {0xc600, EG_DEVICE_REFUSED},
        {0x0100, EG_DEVICE_REFUSED}, {0xff00, EG_UNSUPPORTED},    {0xc300, EG_CORRUPTED},
    };
    const uint8_t data[] = {1, 2, 3, 4};
    const struct eg__request request = {
        .opcode = EG_OP_FLASH_DEFL_DATA, .data = data, .data_size = sizeof data};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct talk talk = {.status_size = 2};
        struct scripted_port script;
        struct eg_loader loader;
        struct eg_error err;

        talk_block(&talk, 0x11, 0, data, 4, 4);
        talk_reply(&talk, 0x11, 0, rows[i].status);
        talk_begin(&talk, &script, &loader, "esp32", true);
        assert_string_equal(eg_code_name(eg__command(&loader, &request, NULL, &err)),
                            eg_code_name(rows[i].code));
        assert_int_equal(err.device_status, rows[i].status);
    }
}

static void every_status_of_the_lists_has_its_words(void **state)
{
    (void)state;
    static const uint16_t listed[] = {0x0100, 0x0101, 0x0102, 0x0103, 0x0104, 0x0105, 0x0106, 0x0107, 0x0108,
                                      0x0109, 0x010a, 0x010b, 0x010c, 0x010d, 0x010e, 0x010f, 0x0164, 0x0165,
                                      0x0166, 0x0167, 0x0169, 0xc000, 0xc100, 0xc200, 0xc300, 0xc400, 0xc500,
                                      0xc600, 0xc700, 0xc800, 0xc900, 0xca00, 0xcb00, 0xff00};

    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++)
        assert_string_not_equal(eg_device_status_text(listed[i]), "unknown error");
    assert_string_equal(eg_device_status_text(0x0108), "flash write error");
    assert_string_equal(eg_device_status_text(0xc400), "SPI operation failed");
    assert_string_equal(eg_device_status_text(0x4242), "unknown error");
}

static void time_limits_grow_with_the_size_and_are_capped(void **state)
{
    (void)state;
    struct eg_loader loader;
    struct scripted_port script;

    eg_loader_init(&loader, scripted_port_init(&script, NULL, 0));
    assert_int_equal(eg__scaled_ms(&loader, 0, 40000), 3000);
    assert_int_equal(eg__scaled_ms(&loader, 1000000, 40000), 40000);
    assert_int_equal(eg__scaled_ms(&loader, 1 << 20, 8000), 8388);
    assert_int_equal(eg__scaled_ms(&loader, 16 << 20, 40000), 240000);
    loader.settings.timeout_ms = 50000;
    assert_int_equal(eg__scaled_ms(&loader, 1000000, 40000), 50000);
}

static void a_command_waits_as_long_as_the_settings_say_but_no_longer_than_the_most(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint32_t word;

    TALK_WORDS(&talk, 0x0a, 0x3ff00000);
    TALK_WORDS(&talk, 0x0a, 0x3ff00000);
    talk_begin(&talk, &script, &loader, "esp32", false);
    loader.settings.timeout_ms = 1234;
    assert_error(eg_loader_read_reg(&loader, 0x3ff00000, &word, &err), err, EG_TIMEOUT,
                 "reading register 0x3ff00000: no answer to READ_REG within 1234 ms");
    loader.settings.max_timeout_ms = 1000;
    assert_error(eg_loader_read_reg(&loader, 0x3ff00000, &word, &err), err, EG_TIMEOUT,
                 "reading register 0x3ff00000: no answer to READ_REG within 1000 ms");
    talk_end(&script);
}

static void a_damaged_block_is_sent_as_often_as_the_settings_say(void **state)
{
    (void)state;
    const uint8_t data[] = {1, 2, 3, 4};
    const struct eg__request request = {.opcode = EG_OP_MEM_DATA, .data = data, .data_size = sizeof data};
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    for (unsigned i = 0; i < 6; i++) {
        talk_block(&talk, 0x07, 0, data, 4, 4);
        talk_reply(&talk, 0x07, 0, 0x0107);
    }
    talk_begin(&talk, &script, &loader, "esp32", false);
    loader.settings.write_block_attempts = 5;
    assert_error(eg__send_block(&loader, &request, &err), err, EG_CORRUPTED,
                 "device status 0x0107 (checksum wrong)");
    assert_int_equal(loader.resends, 4);
    loader.settings.write_block_attempts = 0; /* once is the least */
    assert_error(eg__send_block(&loader, &request, &err), err, EG_CORRUPTED,
                 "device status 0x0107 (checksum wrong)");
    assert_int_equal(loader.resends, 4);
    talk_end(&script);
}

static bool usb_otg(const char *chip, uint16_t vid, uint16_t pid)
{
    struct scripted_port script;
    struct eg_loader loader;

    eg_loader_init(&loader, scripted_port_init(&script, NULL, 0));
    loader.target = chip != NULL ? eg_target_by_name(chip) : NULL;
    script.port.vid = vid;
    script.port.pid = pid;
    return eg_loader_usb_otg(&loader);
}

static void the_product_of_its_own_usb_is_the_chips_image_id(void **state)
{
    (void)state;
    assert_true(usb_otg("esp32s2", 0x303a, 2));
    assert_true(usb_otg("esp32s3", 0x303a, 9));
    assert_true(usb_otg("esp32p4", 0x303a, 18));
    assert_true(usb_otg("esp32s31", 0x303a, 32));
    assert_true(usb_otg("esp32e22", 0x303a, 31));
    assert_false(usb_otg("esp32s3", 0x303a, 2));
    assert_false(usb_otg("esp32s3", 0x1a86, 9));
    assert_false(usb_otg("esp32c3", 0x303a, 5)); /* it has only USB-Serial/JTAG */
    assert_false(usb_otg("esp32", 0x303a, 0));
    assert_false(usb_otg(NULL, 0x303a, 9));
}

static void usb_serial_jtag_is_known_by_its_product_alone(void **state)
{
    (void)state;
    struct scripted_port script;
    struct eg_loader loader;

    eg_loader_init(&loader, scripted_port_init(&script, NULL, 0));
    assert_false(eg_loader_usb_jtag(&loader));
    script.port.pid = 0x1001;
    assert_true(eg_loader_usb_jtag(&loader));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_register_is_read_from_a_rom_with_four_status_bytes),
        cmocka_unit_test(a_register_is_read_from_a_stub_with_two_status_bytes),
        cmocka_unit_test(a_register_is_written_with_escapes),
        cmocka_unit_test(a_block_of_data_carries_its_checksum),
        cmocka_unit_test(answers_to_something_else_are_passed_over),
        cmocka_unit_test(a_hundred_frames_without_an_answer_are_enough),
        cmocka_unit_test(a_refusal_has_the_chips_own_word),
        cmocka_unit_test(a_failing_digest_leaves_its_result_out),
        cmocka_unit_test(a_digest_that_is_cut_off_is_malformed),
        cmocka_unit_test(an_unknown_command_comes_back_eight_times_under_another_opcode),
        cmocka_unit_test(refusals_that_come_late_are_no_answer_to_the_next_command),
        cmocka_unit_test(a_command_that_the_rom_has_but_did_not_understand_was_damaged),
        cmocka_unit_test(silence_is_a_timeout_that_names_the_command),
        cmocka_unit_test(a_restart_in_mid_work_passes_up),
        cmocka_unit_test(damage_is_told_from_refusal),
        cmocka_unit_test(every_status_of_the_lists_has_its_words),
        cmocka_unit_test(time_limits_grow_with_the_size_and_are_capped),
        cmocka_unit_test(a_command_waits_as_long_as_the_settings_say_but_no_longer_than_the_most),
        cmocka_unit_test(a_damaged_block_is_sent_as_often_as_the_settings_say),
        cmocka_unit_test(the_product_of_its_own_usb_is_the_chips_image_id),
        cmocka_unit_test(usb_serial_jtag_is_known_by_its_product_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
