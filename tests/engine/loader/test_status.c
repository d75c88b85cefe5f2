/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/talk.h"

/* Begin with the last `turns` turns of a recording, without the two that leave a stub. */
static void begin_recorded(struct talk *talk, size_t turns, const char *chip, bool stub,
                           struct scripted_port *script, struct eg_loader *loader)
{
    const size_t after = stub ? 2 : 0;

    talk_begin_at(talk, talk->count - after - turns, turns, script, loader, chip, stub);
}

static const struct recording {
    const char *status, *sfdp;
    const char *chip;
    bool stub;
} recordings[] = {
    {"traces/esp32-rom-flash-status.jsonl", "traces/esp32-rom-sfdp.jsonl", "esp32", false},
    {"traces/esp32-stub-flash-status.jsonl", "traces/esp32-stub-sfdp.jsonl", "esp32", true},
    {"traces/esp32c3-rom-flash-status.jsonl", "traces/esp32c3-rom-sfdp.jsonl", "esp32c3", false},
    {"traces/esp32c3-stub-flash-status.jsonl", "traces/esp32c3-stub-sfdp.jsonl", "esp32c3", true},
};

static void real_chips_give_two_bytes_of_status_by_two_commands(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof recordings / sizeof *recordings; i++) {
        const struct recording *recording = &recordings[i];
        struct talk talk = {0};
        struct scripted_port script;
        struct eg_loader loader;
        struct eg_error err;
        uint32_t status = 1;

        talk_record(&talk, recording->status);
        begin_recorded(&talk, 22, recording->chip, recording->stub, &script, &loader);
        assert_ok(eg_loader_read_status(&loader, 2, &status, &err), err);
        assert_int_equal(status, 0);
        talk_end(&script);
    }
}

static void real_chips_give_four_bytes_of_sfdp_at_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof recordings / sizeof *recordings; i++) {
        const struct recording *recording = &recordings[i];
        struct talk talk = {0};
        struct scripted_port script;
        struct eg_loader loader;
        struct eg_error err;
        uint32_t word = 1;

        talk_record(&talk, recording->sfdp);
        begin_recorded(&talk, 13, recording->chip, recording->stub, &script, &loader);
        assert_ok(eg_loader_read_sfdp(&loader, 0, 4, &word, &err), err);
        assert_int_equal(word, 0);
        talk_end(&script);
    }
}

static void each_byte_of_status_has_its_own_command(void **state)
{
    (void)state;
    static const uint32_t expected[] = {0x11, 0x2211, 0x332211};
    struct eg_error err;

    for (unsigned bytes = 1; bytes <= 3; bytes++) {
        struct talk talk = {.status_size = 4};
        struct scripted_port script;
        struct eg_loader loader;
        uint32_t status;

        TALK_SPI(&talk, .opcode = 0x05, .read_bits = 8, .result = 0xffffff11);
        if (bytes > 1)
            TALK_SPI(&talk, .opcode = 0x35, .read_bits = 8, .result = 0xffffff22);
        if (bytes > 2)
            TALK_SPI(&talk, .opcode = 0x15, .read_bits = 8, .result = 0xffffff33);
        talk_begin(&talk, &script, &loader, "esp32c3", false);
        assert_ok(eg_loader_read_status(&loader, bytes, &status, &err), err);
        assert_int_equal(status, expected[bytes - 1]);
        talk_end(&script);
    }
}

static void one_byte_of_status_is_written_until_the_next_power_on(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_SPI(&talk, .opcode = 0x50);
    TALK_SPI(&talk, .opcode = 0x01, .data_bits = 8, .data = 0x1c);
    TALK_SPI(&talk, .opcode = 0x04);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_write_status(&loader, 0x1c, 1, false, &err), err);
    talk_end(&script);
}

static void two_bytes_of_status_are_written_together_and_then_each_for_itself(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_SPI(&talk, .opcode = 0x06);
    TALK_SPI(&talk, .opcode = 0x01, .data_bits = 16, .data = 0x021c);
    TALK_SPI(&talk, .opcode = 0x06);
    TALK_SPI(&talk, .opcode = 0x01, .data_bits = 8, .data = 0x1c);
    TALK_SPI(&talk, .opcode = 0x06);
    TALK_SPI(&talk, .opcode = 0x31, .data_bits = 8, .data = 0x02);
    TALK_SPI(&talk, .opcode = 0x04);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_write_status(&loader, 0x021c, 2, true, &err), err);
    talk_end(&script);
}

static void three_bytes_of_status_are_written_each_for_itself(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_SPI(&talk, .opcode = 0x06);
    TALK_SPI(&talk, .opcode = 0x01, .data_bits = 8, .data = 0x11);
    TALK_SPI(&talk, .opcode = 0x06);
    TALK_SPI(&talk, .opcode = 0x31, .data_bits = 8, .data = 0x22);
    TALK_SPI(&talk, .opcode = 0x06);
    TALK_SPI(&talk, .opcode = 0x11, .data_bits = 8, .data = 0x33);
    TALK_SPI(&talk, .opcode = 0x04);
    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_ok(eg_loader_write_status(&loader, 0x332211, 3, true, &err), err);
    talk_end(&script);
}

static void no_other_number_of_status_bytes_is_sent(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint32_t status;

    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_error(eg_loader_read_status(&loader, 0, &status, &err), err, EG_BAD_ARGUMENT,
                 "0 bytes of flash status; there are 1 to 3");
    assert_error(eg_loader_write_status(&loader, 0, 4, true, &err), err, EG_BAD_ARGUMENT,
                 "4 bytes of flash status; there are 1 to 3");
    talk_end(&script);
}

static void a_status_that_is_refused_says_at_which_command(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint32_t status;

    TALK_SPI(&talk, .opcode = 0x05, .read_bits = 8);
    TALK_WORDS(&talk, 0x0a, 0x60002018);
    talk_reply(&talk, 0x0a, 0, 0xc000);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_error(eg_loader_read_status(&loader, 3, &status, &err), err, EG_DEVICE_REFUSED,
                 "flash command 0x35: reading register 0x60002018: device status 0xc000 (bad data length)");
    talk_end(&script);
}

static void sfdp_is_read_at_24_bits_of_address_after_8_dummy_cycles(void **state)
{
    (void)state;
    static const uint32_t expected[] = {0x53, 0x4653, 0x444653, 0x50444653};
    struct eg_error err;

    for (unsigned bytes = 1; bytes <= 4; bytes++) {
        struct talk talk = {.status_size = 2};
        struct scripted_port script;
        struct eg_loader loader;
        uint32_t word;

        TALK_SPI(&talk, .opcode = 0x5a, .read_bits = 8 * bytes, .has_addr = true, .addr = 0xffffff,
                 .result = 0x50444653);
        talk_begin(&talk, &script, &loader, "esp32c3", true);
        assert_ok(eg_loader_read_sfdp(&loader, 0xffffff, bytes, &word, &err), err);
        assert_int_equal(word, expected[bytes - 1]);
        talk_end(&script);
    }
}

static void no_other_piece_of_sfdp_is_read(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint32_t word;

    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_error(eg_loader_read_sfdp(&loader, 0, 0, &word, &err), err, EG_BAD_ARGUMENT,
                 "0 bytes of SFDP at 0x0; 1 to 4 below 0x1000000");
    assert_error(eg_loader_read_sfdp(&loader, 0x10, 5, &word, &err), err, EG_BAD_ARGUMENT,
                 "5 bytes of SFDP at 0x10; 1 to 4 below 0x1000000");
    assert_error(eg_loader_read_sfdp(&loader, 0x1000000, 1, &word, &err), err, EG_BAD_ARGUMENT,
                 "1 bytes of SFDP at 0x1000000; 1 to 4 below 0x1000000");
    talk_end(&script);
}

/* Answer: the controller reads the id, then the host reads it from the controller twice. */
static void unique_id(struct talk *talk, const uint32_t first[2], const uint32_t again[2])
{
    talk_spi_begin(talk);
    TALK_WORDS(talk, 0x09, 0x60002028, 63, 0xffffffff, 0, 0x6000201c, 0x5c000007, 0xffffffff, 0, 0x60002018,
               0xf0000000, 0xffffffff, 0, 0x60002020, 0x7000004b, 0xffffffff, 0, 0x60002004, 0, 0xffffffff, 0,
               0x60002058, 0, 0xffffffff, 0, 0x60002000, 0x40000, 0xffffffff, 50);
    talk_reply(talk, 0x09, 0, 0);
    talk_read(talk, 0x60002000, 0);
    talk_read(talk, 0x60002058, first[0]);
    talk_read(talk, 0x6000205c, first[1]);
    talk_read(talk, 0x60002058, again[0]);
    talk_read(talk, 0x6000205c, again[1]);
    if (memcmp(first, again, 2 * sizeof *first) == 0)
        talk_spi_end(talk);
}

static void unique_id_is(uint32_t low, uint32_t high, const char *expected)
{
    const uint32_t words[] = {low, high};
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    char text[EG_FLASH_UNIQUE_TEXT];
    struct eg_error err;

    unique_id(&talk, words, words);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_flash_unique_id(&loader, text, &err), err);
    assert_string_equal(text, expected);
    talk_end(&script);
}

static void the_unique_id_is_read_in_the_order_the_flash_gives_it(void **state)
{
    (void)state;
    unique_id_is(0x614564d1, 0x2c2f3a09, "d1644561093a2f2c");
    unique_id_is(0xffffffff, 0x2c2f3a09, "ffffffff093a2f2c");
    unique_id_is(0, 1, "0000000001000000");
}

static void a_flash_that_has_no_unique_id_reads_as_ones_or_zeros(void **state)
{
    (void)state;
    unique_id_is(0xffffffff, 0xffffffff, "");
    unique_id_is(0, 0, "");
}

static void a_unique_id_that_reads_differently_is_not_believed(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    char text[EG_FLASH_UNIQUE_TEXT];
    struct eg_error err;

    unique_id(&talk, (const uint32_t[]){1, 2}, (const uint32_t[]){1, 3});
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_error(eg_loader_flash_unique_id(&loader, text, &err), err, EG_BAD_REPLY,
                 "reading the flash's unique id: it reads differently the second time");
}

static void secure_download_mode_hides_the_unique_id(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    char text[EG_FLASH_UNIQUE_TEXT] = "x";
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32c3", false);
    loader.secure_download = true;
    assert_ok(eg_loader_flash_unique_id(&loader, text, &err), err);
    assert_string_equal(text, "");
    talk_end(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_chips_give_two_bytes_of_status_by_two_commands),
        cmocka_unit_test(real_chips_give_four_bytes_of_sfdp_at_once),
        cmocka_unit_test(each_byte_of_status_has_its_own_command),
        cmocka_unit_test(one_byte_of_status_is_written_until_the_next_power_on),
        cmocka_unit_test(two_bytes_of_status_are_written_together_and_then_each_for_itself),
        cmocka_unit_test(three_bytes_of_status_are_written_each_for_itself),
        cmocka_unit_test(no_other_number_of_status_bytes_is_sent),
        cmocka_unit_test(a_status_that_is_refused_says_at_which_command),
        cmocka_unit_test(sfdp_is_read_at_24_bits_of_address_after_8_dummy_cycles),
        cmocka_unit_test(no_other_piece_of_sfdp_is_read),
        cmocka_unit_test(the_unique_id_is_read_in_the_order_the_flash_gives_it),
        cmocka_unit_test(a_flash_that_has_no_unique_id_reads_as_ones_or_zeros),
        cmocka_unit_test(a_unique_id_that_reads_differently_is_not_believed),
        cmocka_unit_test(secure_download_mode_hides_the_unique_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
