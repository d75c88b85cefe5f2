/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/talk.h"

/* Return the turn that begins the first raw SPI command of a recording: it reads USR. */
static size_t first_spi(const struct talk *talk, uint8_t usr_low)
{
    for (size_t i = 0; i < talk->count; i++)
        if (talk->turns[i].expect_size == 14 && talk->turns[i].expect[2] == EG_OP_READ_REG &&
            talk->turns[i].expect[9] == usr_low && talk->turns[i].expect[10] == 0x20)
            return i;
    fail_msg("no SPI command in the recording");
    return 0;
}

static void id_recorded(const char *recording, const char *chip, bool stub, uint8_t usr_low)
{
    struct talk talk = {0};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint32_t jedec;

    talk_record(&talk, recording);
    talk_begin_at(&talk, first_spi(&talk, usr_low), 11, &script, &loader, chip, stub);
    assert_ok(eg_loader_spi_command(&loader, &(struct eg_spi_command){0x9f, .read_bits = 24}, &jedec, &err),
              err);
    assert_int_equal(jedec, 0x1640c8);
    talk_end(&script);
}

static void real_chips_show_the_id_of_their_flash(void **state)
{
    (void)state;
    id_recorded("traces/esp32-rom-flash-id.jsonl", "esp32", false, 0x1c);
    id_recorded("traces/esp32-stub-flash-id.jsonl", "esp32", true, 0x1c);
    id_recorded("traces/esp32c3-rom-flash-id.jsonl", "esp32c3", false, 0x18);
    id_recorded("traces/esp32c3-stub-flash-id.jsonl", "esp32c3", true, 0x18);
}

static void sfdp_recorded(const char *recording, const char *chip, uint8_t usr_low)
{
    struct talk talk = {0};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint32_t word;

    talk_record(&talk, recording);
    /* first the id, then SFDP with an address and dummy cycles */
    talk_begin_at(&talk, first_spi(&talk, usr_low) + 11, 13, &script, &loader, chip, false);
    assert_ok(
        eg_loader_spi_command(&loader, &(struct eg_spi_command){0x5a, NULL, 0, 8, 0x10, 24, 8}, &word, &err),
        err);
    assert_int_equal(word, 0);
    talk_end(&script);
}

static void an_address_goes_where_the_chip_wants_it(void **state)
{
    (void)state;
    sfdp_recorded("traces/esp32-rom-flash-id.jsonl", "esp32", 0x1c);
    sfdp_recorded("traces/esp32c3-rom-flash-id.jsonl", "esp32c3", 0x18);
}

static void the_esp8266_has_its_lengths_in_usr1(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint32_t word;

    TALK_WORDS(&talk, 0x0a, 0x6000021c);
    talk_reply(&talk, 0x0a, 1, 0);
    TALK_WORDS(&talk, 0x0a, 0x60000224);
    talk_reply(&talk, 0x0a, 2, 0);
    TALK_WORDS(&talk, 0x09, 0x60000220, 23u << 26 | 31u << 17 | 15u << 8 | 7, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x6000021c, 0xf8000000, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x60000224, 0x70000042, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x60000204, 0x12345600, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x60000240, 0x04030201, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x60000200, 0x40000, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x0a, 0x60000200);
    talk_reply(&talk, 0x0a, 0x40000, 0); /* busy once */
    TALK_WORDS(&talk, 0x0a, 0x60000200);
    talk_reply(&talk, 0x0a, 0, 0);
    TALK_WORDS(&talk, 0x0a, 0x60000240);
    talk_reply(&talk, 0x0a, 0xaaaabbcc, 0);
    TALK_WORDS(&talk, 0x09, 0x6000021c, 1, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x60000224, 2, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    talk_begin(&talk, &script, &loader, "esp8266", false);
    assert_ok(eg_loader_spi_command(
                  &loader,
                  &(struct eg_spi_command){0x42, (const uint8_t[]){1, 2, 3, 4}, 4, 16, 0x123456, 24, 8},
                  &word, &err),
              err);
    assert_int_equal(word, 0xbbcc);
    talk_end(&script);
}

static void a_raw_command_that_is_too_long_is_not_sent(void **state)
{
    (void)state;
    const uint8_t data[65] = {0};
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_error(
        eg_loader_spi_command(&loader, &(struct eg_spi_command){0x02, data, 65, .addr_bits = 24}, NULL, &err),
        err, EG_BAD_ARGUMENT,
        "flash command 0x02: 65 bytes out, 0 bits in, 24 of address, 0 dummy; at most 64, 32, 32 and "
        "256");
    assert_error(eg_loader_spi_command(&loader, &(struct eg_spi_command){0x9f, .read_bits = 33}, NULL, &err),
                 err, EG_BAD_ARGUMENT,
                 "flash command 0x9f: 0 bytes out, 33 bits in, 0 of address, 0 dummy; at most 64, 32, 32 and "
                 "256");
    talk_end(&script);
}

static void begin(struct talk *talk, struct scripted_port *script, struct eg_loader *loader)
{
    talk_begin(talk, script, loader, "esp32c3", false);
}

static void a_busy_controller_is_waited_for_after_many_commands_too(void **state)
{
    (void)state;
    static const struct eg__spi_step reset[] = {{.command = {.opcode = 0x66}},
                                                {.command = {.opcode = 0x99}, .pause_us = 1000}};
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg__spi spi;
    struct eg_error err;
    uint32_t word;

    talk_spi_begin(&talk);
    for (unsigned i = 0; i < 2; i++) {
        TALK_WORDS(&talk, 0x09, TALK_PLAIN(0x66, 50), TALK_PLAIN(0x99, 1000));
        talk_reply(&talk, 0x09, 0, 0);
        for (unsigned poll = 0; poll < (i == 0 ? 9 : 10); poll++)
            talk_read(&talk, 0x60002000, 0x40000);
        if (i == 0) {
            talk_read(&talk, 0x60002000, 0);
            talk_read(&talk, 0x60002058, 7);
        }
    }
    begin(&talk, &script, &loader);
    assert_ok(eg__spi_begin(&spi, &loader, &err), err);
    assert_ok(eg__spi_run(&spi, reset, 2, &word, &err), err);
    assert_int_equal(word, 7);
    assert_error(eg__spi_run(&spi, reset, 2, &word, &err), err, EG_FLASH_ABSENT,
                 "flash commands 0x66 to 0x99: the flash controller is still busy after 10 reads");
    talk_end(&script);
}

static void a_refused_request_names_its_command_and_registers(void **state)
{
    (void)state;
    static const struct eg__spi_step id = {.command = {.opcode = 0x9f}};
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg__spi spi;
    struct eg_error err;
    uint32_t word;

    talk_spi_begin(&talk);
    TALK_WORDS(&talk, 0x09, TALK_PLAIN(0x9f, 50));
    talk_reply(&talk, 0x09, 0, 0x0106);
    begin(&talk, &script, &loader);
    assert_ok(eg__spi_begin(&spi, &loader, &err), err);
    assert_error(eg__spi_run(&spi, &id, 1, &word, &err), err, EG_DEVICE_REFUSED,
                 "flash command 0x9f: writing 4 registers from 0x60002018: device status 0x0106 (operation "
                 "failed)");
    talk_end(&script);
}

static void the_registers_are_restored_as_they_were(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg__spi spi;
    struct eg_error err;

    talk_spi_begin(&talk);
    talk_spi_end(&talk);
    begin(&talk, &script, &loader);
    assert_ok(eg__spi_begin(&spi, &loader, &err), err);
    assert_ok(eg__spi_end(&spi, &err), err);
    talk_end(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_chips_show_the_id_of_their_flash),
        cmocka_unit_test(an_address_goes_where_the_chip_wants_it),
        cmocka_unit_test(the_esp8266_has_its_lengths_in_usr1),
        cmocka_unit_test(a_raw_command_that_is_too_long_is_not_sent),
        cmocka_unit_test(a_busy_controller_is_waited_for_after_many_commands_too),
        cmocka_unit_test(a_refused_request_names_its_command_and_registers),
        cmocka_unit_test(the_registers_are_restored_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
