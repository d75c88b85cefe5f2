/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/talk.h"

/* Answer with the id, and with the controller's second reading. */
static void id_twice(struct talk *talk, uint32_t first, uint32_t second)
{
    TALK_SPI(talk, .opcode = 0x9f, .read_bits = 24, .result = first);
    talk_read(talk, 0x60002058, second);
}

static void size_of(uint32_t jedec, uint32_t expected)
{
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_flash_info info;
    struct eg_error err;

    id_twice(&talk, jedec, 0xff000000 | jedec);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_flash_info(&loader, &info, &err), err);
    assert_int_equal(info.jedec, jedec);
    assert_int_equal(info.size, expected);
    talk_end(&script);
}

static void the_size_of_the_flash_follows_from_its_id(void **state)
{
    (void)state;
    size_of(0x1240ef, 256 << 10);
    size_of(0x1640ef, 4 << 20);
    size_of(0x1840ef, 16 << 20);
    size_of(0x1940ef, 32 << 20);
    size_of(0x1c40ef, 256 << 20);
    size_of(0x2040ef, 64 << 20);
    size_of(0x2240ef, 256 << 20);
    size_of(0x3240c2, 256 << 10);
    size_of(0x3a40c2, 64 << 20);
    size_of(0x01871f, 4 << 20); /* Adesto: the low five bits of the type, 7 */
    size_of(0x9940ef, 0);
}

static void an_absent_flash_is_named_by_what_it_reads(void **state)
{
    (void)state;
    static const struct {
        uint32_t jedec;
        const char *sentence;
    } rows[] = {
        {0xffffff, "the flash does not answer (its id reads ffffff)"},
        {0x000000, "the flash does not answer (its id reads 000000)"},
        {0xffff3f, "the flash does not answer (its id reads 3fffff)"},
    };

    for (size_t i = 0; i < 3; i++) {
        struct talk talk = {.status_size = 2};
        struct scripted_port script;
        struct eg_loader loader;
        struct eg_flash_info info;
        struct eg_error err;

        id_twice(&talk, rows[i].jedec, rows[i].jedec);
        talk_begin(&talk, &script, &loader, "esp32c3", true);
        assert_error(eg_loader_flash_info(&loader, &info, &err), err, EG_FLASH_ABSENT, rows[i].sentence);
    }
}

static void an_id_that_reads_differently_is_not_believed(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_flash_info info;
    struct eg_error err;

    id_twice(&talk, 0x1e40c8, 0x1640c8);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_error(eg_loader_flash_info(&loader, &info, &err), err, EG_BAD_REPLY,
                 "the flash gives id c8401e, then c84016");
}

/* Expect the id, then a reset, after attaching. */
static void after_attach(struct talk *talk)
{
    talk_spi_begin(talk);
    talk_spi_read(talk, 0x9f, 24, 0xff1640c8);
    talk_spi_reset(talk);
    talk_spi_end(talk);
}

static void a_rom_is_told_to_attach_the_flash(void **state)
{
    (void)state;
    static const uint8_t request[] = {0xc0, 0x00, 0x0d, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00,
                                      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0};
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x0d, 0, 0);
    talk_reply(&talk, 0x0d, 0, 0);
    assert_int_equal(talk.turns[0].expect_size, sizeof request);
    assert_memory_equal(talk.turns[0].expect, request, sizeof request);
    after_attach(&talk);
    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_ok(eg_loader_attach_flash(&loader, NULL, &err), err);
    talk_end(&script);
}

static void a_stub_has_attached_the_flash_itself(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    after_attach(&talk);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_attach_flash(&loader, NULL, &err), err);
    talk_end(&script);
}

/* Attach by a stub; the id is read after the reset, in the same request. */
static enum eg_code attach_and_identify(uint32_t jedec, uint32_t again, struct eg_flash_info *info,
                                        struct eg_error *err)
{
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;

    talk_spi_begin(&talk);
    talk_spi_read(&talk, 0x9f, 24, 0x1640c8);
    TALK_WORDS(&talk, 0x09, TALK_PLAIN(0x66, 50), TALK_PLAIN(0x99, 1000), 0x60002028, 23, 0xffffffff, 0,
               0x60002018, 0x90000000, 0xffffffff, 0, 0x60002020, 0x7000009f, 0xffffffff, 0, 0x60002058, 0,
               0xffffffff, 0, 0x60002000, 0x40000, 0xffffffff, 50);
    talk_reply(&talk, 0x09, 0, 0);
    talk_read(&talk, 0x60002000, 0);
    talk_read(&talk, 0x60002058, jedec);
    talk_read(&talk, 0x60002058, again);
    if (jedec == again)
        talk_spi_end(&talk);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    const enum eg_code code = eg_loader_attach_flash(&loader, info, err);
    talk_end(&script);
    return code;
}

static void the_id_is_read_after_the_reset_and_from_the_controller_twice(void **state)
{
    (void)state;
    struct eg_flash_info info;
    struct eg_error err;

    assert_ok(attach_and_identify(0xff1740c8, 0xff1740c8, &info, &err), err);
    assert_int_equal(info.jedec, 0x1740c8);
    assert_int_equal(info.size, 8 << 20);
    assert_error(attach_and_identify(0x1e40c8, 0x1640c8, &info, &err), err, EG_BAD_REPLY,
                 "the flash gives id c8401e, then c84016");
}

static void a_rom_that_takes_one_register_per_request_gets_one(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x02, 0, 0, 0x400, 0);
    talk_reply(&talk, 0x02, 0, 0);
    talk_read(&talk, 0x6000021c, 1);
    talk_read(&talk, 0x60000224, 2);
    talk_write(&talk, 0x60000220, 23u << 8, 0xffffffff);
    TALK_WORDS(&talk, 0x09, 0x6000021c, 0x90000000, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0x0101);
    talk_begin(&talk, &script, &loader, "esp8266", false);
    assert_error(
        eg_loader_attach_flash(&loader, NULL, &err), err, EG_DEVICE_REFUSED,
        "flash command 0x9f: writing register 0x6000021c: device status 0x0101 (bad input parameter)");
    talk_end(&script);
}

static void an_esp32_rom_gets_the_pads_from_efuse(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    /* CLK 6, Q 17, D 8, CS 16, and HD 11 */
    TALK_WORDS(&talk, 0x0a, 0x3ff5a014);
    talk_reply(&talk, 0x0a, 6 | 17 << 5 | 8 << 10 | 16 << 15, 0);
    TALK_WORDS(&talk, 0x0a, 0x3ff5a00c);
    talk_reply(&talk, 0x0a, 11 << 4, 0);
    TALK_WORDS(&talk, 0x0d, 0x0b408446, 0);
    talk_reply(&talk, 0x0d, 0, 0x0106);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(eg_loader_attach_flash(&loader, NULL, &err), err, EG_DEVICE_REFUSED,
                 "attaching the flash: device status 0x0106 (operation failed)");
    talk_end(&script);
}

static void pads_30_and_31_stand_for_gpio_32_and_33(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x0a, 0x3ff5a014);
    talk_reply(&talk, 0x0a, 30 | 31 << 5, 0);
    TALK_WORDS(&talk, 0x0a, 0x3ff5a00c);
    talk_reply(&talk, 0x0a, 0, 0);
    TALK_WORDS(&talk, 0x0d, 32 | 33 << 6, 0);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(eg_loader_attach_flash(&loader, NULL, &err), err, EG_TIMEOUT,
                 "attaching the flash: no answer to SPI_ATTACH within 3000 ms");
    talk_end(&script);
}

static void the_esp8266_rom_attaches_by_an_empty_begin(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x02, 0, 0, 0x400, 0);
    talk_reply(&talk, 0x02, 0, 0x0106);
    talk_begin(&talk, &script, &loader, "esp8266", false);
    assert_error(eg_loader_attach_flash(&loader, NULL, &err), err, EG_DEVICE_REFUSED,
                 "attaching the flash: device status 0x0106 (operation failed)");
    talk_end(&script);
}

static void an_xmc_part_that_booted_badly_is_woken(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_spi_begin(&talk);
    talk_spi_read(&talk, 0x9f, 24, 0x167020);
    talk_spi_end(&talk);
    TALK_SPI(&talk, .opcode = 0x5a, .read_bits = 8, .has_addr = true, .addr = 0x10, .result = 0x20);
    TALK_SPI(&talk, .opcode = 0xb9);
    TALK_SPI(&talk, .opcode = 0x79);
    TALK_SPI(&talk, .opcode = 0xff);
    TALK_SPI(&talk, .opcode = 0xab);
    TALK_SPI(&talk, .opcode = 0x66);
    TALK_SPI(&talk, .opcode = 0x99);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_attach_flash(&loader, NULL, &err), err);
    talk_end(&script);
}

static void a_healthy_xmc_part_is_left_alone(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_spi_begin(&talk);
    talk_spi_read(&talk, 0x9f, 24, 0x164020);
    talk_spi_reset(&talk);
    talk_spi_end(&talk);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_attach_flash(&loader, NULL, &err), err);
    talk_end(&script);
}

/* Attach a part with this id, and this maker in its SFDP table. */
static void attach_ill_part(uint32_t jedec, uint8_t sfdp_maker)
{
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_spi_begin(&talk);
    talk_spi_read(&talk, 0x9f, 24, jedec);
    talk_spi_end(&talk);
    TALK_SPI(&talk, .opcode = 0x5a, .read_bits = 8, .has_addr = true, .addr = 0x10, .result = sfdp_maker);
    if (sfdp_maker == 0x20) {
        TALK_SPI(&talk, .opcode = 0xb9);
        TALK_SPI(&talk, .opcode = 0x79);
        TALK_SPI(&talk, .opcode = 0xff);
        TALK_SPI(&talk, .opcode = 0xab);
    }
    TALK_SPI(&talk, .opcode = 0x66);
    TALK_SPI(&talk, .opcode = 0x99);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_attach_flash(&loader, NULL, &err), err);
    talk_end(&script);
}

static void an_xmc_part_is_woken_whatever_id_it_shows(void **state)
{
    (void)state;
    attach_ill_part(0x000000, 0x20);
    attach_ill_part(0xffffff, 0x20);
    attach_ill_part(0x164000, 0x20);
    attach_ill_part(0x994055, 0x20); /* not an existing size */
    attach_ill_part(0x124020, 0x20); /* XMC, but this type has no such size */
    attach_ill_part(0x164120, 0x20);
    attach_ill_part(0x175020, 0x20);
}

static void an_ill_part_of_another_maker_is_not_powered_down(void **state)
{
    (void)state;
    attach_ill_part(0x000000, 0x00);
    attach_ill_part(0xffffff, 0xff);
    attach_ill_part(0x9940ef, 0xef);
}

static void a_stub_attaches_the_flash_at_other_pins(void **state)
{
    (void)state;
    static const uint8_t request[] = {0xc0, 0x00, 0x0d, 0x04, 0x00, 0x00, 0x00,
                                      0x00, 0x00, 0x46, 0x84, 0x40, 0x0b, 0xc0};
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x0d, 0x0b408446);
    talk_reply(&talk, 0x0d, 0, 0);
    assert_int_equal(talk.turns[0].expect_size, sizeof request);
    assert_memory_equal(talk.turns[0].expect, request, sizeof request);
    after_attach(&talk);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_attach_flash_at(&loader, 0x0b408446, &err), err);
    talk_end(&script);
}

static void a_rom_attaches_it_there_with_a_legacy_flag(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x0d, 1, 0); /* HSPI */
    talk_reply(&talk, 0x0d, 0, 0);
    after_attach(&talk);
    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_ok(eg_loader_attach_flash_at(&loader, 1, &err), err);
    talk_end(&script);
}

static void in_secure_download_mode_the_pins_are_all_that_is_sent(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x0d, 0x0b408446, 0);
    talk_reply(&talk, 0x0d, 0, 0);
    TALK_WORDS(&talk, 0x0d, 0x0b408446, 0);
    talk_reply(&talk, 0x0d, 0, 0x0106);
    talk_begin(&talk, &script, &loader, "esp32s3", false);
    loader.secure_download = true;
    assert_ok(eg_loader_attach_flash_at(&loader, 0x0b408446, &err), err);
    assert_error(eg_loader_attach_flash_at(&loader, 0x0b408446, &err), err, EG_DEVICE_REFUSED,
                 "attaching the flash: device status 0x0106 (operation failed)");
    talk_end(&script);
}

static void the_esp8266_rom_attaches_by_a_begin_when_asked_for_its_usual_pins(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x02, 0, 0, 0x400, 0);
    talk_reply(&talk, 0x02, 0, 0x0106);
    talk_begin(&talk, &script, &loader, "esp8266", false);
    assert_error(eg_loader_attach_flash_at(&loader, 0, &err), err, EG_DEVICE_REFUSED,
                 "attaching the flash: device status 0x0106 (operation failed)");
    talk_end(&script);
}

static void five_pins_make_one_word(void **state)
{
    (void)state;
    struct eg_error err;
    uint32_t word = 0;

    assert_ok(
        eg_loader_spi_pins(eg_target_by_name("esp32"), (const uint8_t[]){6, 17, 8, 11, 16}, &word, &err),
        err);
    assert_int_equal(word, 0x0b408446);
    assert_ok(
        eg_loader_spi_pins(eg_target_by_name("esp32"), (const uint8_t[]){0, 29, 32, 33, 1}, &word, &err),
        err);
    assert_int_equal(word, 0 | 29 << 6 | 32 << 12 | 33 << 24 | 1 << 18);
}

static void no_pins(const char *chip, const uint8_t pins[5], const char *sentence)
{
    struct eg_error err;
    uint32_t word;

    assert_error(eg_loader_spi_pins(eg_target_by_name(chip), pins, &word, &err), err, EG_BAD_ARGUMENT,
                 sentence);
}

static void a_pin_that_the_chip_does_not_have_is_named(void **state)
{
    (void)state;
    no_pins("esp32", (const uint8_t[]){30, 17, 8, 11, 16},
            "ESP32 has no GPIO 30 that could be CLK of its flash");
    no_pins("esp32", (const uint8_t[]){6, 31, 8, 11, 16},
            "ESP32 has no GPIO 31 that could be Q of its flash");
    no_pins("esp32", (const uint8_t[]){6, 17, 34, 11, 16},
            "ESP32 has no GPIO 34 that could be D of its flash");
    no_pins("esp32s3", (const uint8_t[]){48, 26, 21, 47, 0},
            "ESP32-S3 has no GPIO 47 that could be HD of its flash");
    no_pins("esp32s3", (const uint8_t[]){48, 26, 21, 46, 22},
            "ESP32-S3 has no GPIO 22 that could be CS of its flash");
    no_pins("esp8266", (const uint8_t[]){6, 7, 8, 9, 11}, "ESP8266 has its flash at fixed pins");
}

static void secure_download_mode_attaches_and_reads_nothing(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_flash_info info;
    struct eg_error err;

    TALK_WORDS(&talk, 0x0d, 0, 0);
    talk_reply(&talk, 0x0d, 0, 0);
    talk_begin(&talk, &script, &loader, "esp32s3", false);
    loader.secure_download = true;
    assert_ok(eg_loader_attach_flash(&loader, NULL, &err), err);
    assert_ok(eg_loader_flash_info(&loader, &info, &err), err);
    assert_int_equal(info.jedec, 0);
    assert_int_equal(info.size, 0);
    talk_end(&script);
}

static void the_size_is_told_with_the_usual_geometry(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {HOST(0xc0, 0x00, 0x0b, 0x18, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x40,
              0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0xff, 0xff, 0x00,
              0x00, 0xc0),
         BOARD(0xc0, 0x01, 0x0b, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0)},
    };
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    eg_loader_init(&loader, scripted_port_init(&script, turns, 1));
    loader.target = eg_target_by_name("esp8266");
    loader.stub = true;
    assert_ok(eg_loader_set_flash_size(&loader, 4 << 20, &err), err);
    assert_int_equal(loader.flash_size, 4 << 20);
    talk_end(&script);
}

static void the_esp8266_rom_is_not_told_the_size(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp8266", false);
    assert_ok(eg_loader_set_flash_size(&loader, 4 << 20, &err), err);
    talk_end(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_size_of_the_flash_follows_from_its_id),
        cmocka_unit_test(an_absent_flash_is_named_by_what_it_reads),
        cmocka_unit_test(an_id_that_reads_differently_is_not_believed),
        cmocka_unit_test(a_rom_is_told_to_attach_the_flash),
        cmocka_unit_test(a_stub_has_attached_the_flash_itself),
        cmocka_unit_test(the_id_is_read_after_the_reset_and_from_the_controller_twice),
        cmocka_unit_test(a_rom_that_takes_one_register_per_request_gets_one),
        cmocka_unit_test(an_esp32_rom_gets_the_pads_from_efuse),
        cmocka_unit_test(pads_30_and_31_stand_for_gpio_32_and_33),
        cmocka_unit_test(the_esp8266_rom_attaches_by_an_empty_begin),
        cmocka_unit_test(an_xmc_part_that_booted_badly_is_woken),
        cmocka_unit_test(a_healthy_xmc_part_is_left_alone),
        cmocka_unit_test(an_xmc_part_is_woken_whatever_id_it_shows),
        cmocka_unit_test(an_ill_part_of_another_maker_is_not_powered_down),
        cmocka_unit_test(a_stub_attaches_the_flash_at_other_pins),
        cmocka_unit_test(a_rom_attaches_it_there_with_a_legacy_flag),
        cmocka_unit_test(in_secure_download_mode_the_pins_are_all_that_is_sent),
        cmocka_unit_test(the_esp8266_rom_attaches_by_a_begin_when_asked_for_its_usual_pins),
        cmocka_unit_test(five_pins_make_one_word),
        cmocka_unit_test(a_pin_that_the_chip_does_not_have_is_named),
        cmocka_unit_test(secure_download_mode_attaches_and_reads_nothing),
        cmocka_unit_test(the_size_is_told_with_the_usual_geometry),
        cmocka_unit_test(the_esp8266_rom_is_not_told_the_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
