/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/digest.h"
#include "engine/image/compress.h"
#include "tests/fakes/fake_board.h"

#include <stdio.h>
#include <string.h>

#define SECURE "ESP32-C3 is in secure download mode: "

static void connect_secure(struct fake_board *fake)
{
    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.secure_download = true), NO_FAULTS);
    fake_board_connect(fake, FAKE_ROM);
}

/* ---- Attaching ---- */

static void the_flash_is_attached_where_it_is_asked_for(void **state)
{
    struct fake_board *fake = *state;
    static const struct {
        const char *chip, *connection, *rom, *stub;
    } rows[] = {
        {"esp32", "HSPI",
         "000d08000000000001000000"
         "00000000",
         "000d04000000000001000000"},
        {"esp32", "6,17,8,11,16",
         "000d0800000000004684400b"
         "00000000",
         "000d0400000000004684400b"},
        {"esp32", "0x6,17,8,11,020",
         "000d0800000000004684400b"
         "00000000",
         "000d0400000000004684400b"},
        {"esp32c3", "5,6,7,8,9", "000d0800000000008571240800000000", "000d04000000000085712408"},
    };
    struct eg_error err;

    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        const bool stub = i % 2 == 1;
        fake_board_plug(fake, rows[i / 2].chip, FAKE_USUAL, NO_FAULTS);
        fake->options.trace = true;
        fake_board_connect(fake, stub ? FAKE_STUB : FAKE_ROM);
        fake->log.text.size = 0;
        assert_ok(eg_board_attach_flash(fake->board, rows[i / 2].connection, &err), err);
        assert_ok(eg_buffer_append(&fake->log.text, "", 1, &err), err);
        assert_non_null(strstr((const char *)fake->log.text.data, stub ? rows[i / 2].stub : rows[i / 2].rom));
        fake_board_unplug(fake);
    }
}

static void pins_that_the_chip_does_not_have_are_refused(void **state)
{
    struct fake_board *fake = *state;
    static const struct {
        const char *chip, *connection, *sentence;
    } rows[] = {
        {"esp32", "6,17,8,11", "SPI connection \"6,17,8,11\" is none of SPI, HSPI and CLK,Q,D,HD,CS"},
        {"esp32", "6,17,8,11,16,1",
         "SPI connection \"6,17,8,11,16,1\" is none of SPI, HSPI and CLK,Q,D,HD,CS"},
        {"esp32", "6,17,8,11,-1", "SPI connection \"6,17,8,11,-1\" is none of SPI, HSPI and CLK,Q,D,HD,CS"},
        {"esp32", "6,17,8,11,256", "SPI connection \"6,17,8,11,256\" is none of SPI, HSPI and CLK,Q,D,HD,CS"},
        {"esp32", "", "SPI connection \"\" is none of SPI, HSPI and CLK,Q,D,HD,CS"},
        {"esp32", "VSPI", "SPI connection \"VSPI\" is none of SPI, HSPI and CLK,Q,D,HD,CS"},
        {"esp32", "6,17,8,11,30", "ESP32 has no GPIO 30 that could be CS of its flash"},
        {"esp32c3", "22,6,7,8,9", "ESP32-C3 has no GPIO 22 that could be CLK of its flash"},
        {"esp32s3", "5,6,7,47,9", "ESP32-S3 has no GPIO 47 that could be HD of its flash"},
        {"esp8266", "6,17,8,11,16", "ESP8266 has its flash at fixed pins"},
        {"esp8266", "HSPI", "ESP8266 has its flash at fixed pins"},
    };
    struct eg_error err;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fake_board_start(fake, rows[i].chip, FAKE_ROM);
        assert_error(eg_board_attach_flash(fake->board, rows[i].connection, &err), err, EG_BAD_ARGUMENT,
                     rows[i].sentence);
        assert_ok(eg_board_attach_flash(fake->board, "spi", &err), err);
        fake_board_unplug(fake);
    }
}

static void pins_that_usb_needs_are_warned_of(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    assert_ok(eg_board_attach_flash(fake->board, "5,6,18,8,19", &err), err);
    assert_true(fake_board_said(fake, "warning: GPIO 18 is USB's on ESP32-C3"));
    assert_true(fake_board_said(fake, "warning: GPIO 19 is USB's on ESP32-C3"));
}

static void a_flash_that_is_not_there_is_said_and_every_call_finds_out(void **state)
{
    struct fake_board *fake = *state;
    const struct vb_flash_part none = {.name = "none", .jedec = 0xffffff, .size = 4 << 20};
    const struct eg_flash_file file = {.addr = 0x10000, .input = {.data = "data", .size = 4}};
    static const char absent[] = "the flash does not answer (its id reads ffffff)";
    const struct eg_output output = {.data = (uint8_t[16]){0}, .size = 16};
    struct eg_flash_id id = {.maker = 1};
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.part = &none), NO_FAULTS);
    fake_board_connect(fake, FAKE_STUB);
    assert_true(fake_board_said(
        fake, "warning: the flash does not answer (its id reads ffffff): check its connections "
              "and its supply"));
    assert_error(eg_board_flash_id(fake->board, &id, &err), err, EG_FLASH_ABSENT, absent);
    assert_int_equal(id.maker, 1);
    assert_error(eg_board_write_flash(fake->board, &file, 1, NULL, NULL, &err), err, EG_FLASH_ABSENT, absent);
    assert_error(eg_board_read_flash(fake->board, 0, 16, &output, false, &err), err, EG_FLASH_ABSENT, absent);
    assert_error(eg_board_erase_region(fake->board, 0, 4096, false, &err), err, EG_FLASH_ABSENT, absent);
}

static void the_flash_says_what_it_is(void **state)
{
    struct fake_board *fake = *state;
    static const struct {
        const char *chip, *type, *voltage;
    } rows[] = {
        {"esp32", NULL, "3.3V by a strapping pin"},
        {"esp32c3", NULL, NULL},
        {"esp32s3", "quad", "3.3V by a strapping pin"},
        {"esp8266", NULL, NULL},
    };
    struct eg_flash_id id;
    struct eg_error err;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fake_board_start(fake, rows[i].chip, FAKE_ROM);
        assert_ok(eg_board_flash_id(fake->board, &id, &err), err);
        assert_int_equal(id.maker, 0xc8);
        assert_int_equal(id.device, 0x4016);
        assert_int_equal(id.size, 4 << 20);
        if (rows[i].type != NULL)
            assert_string_equal(id.type, rows[i].type);
        else
            assert_null(id.type);
        if (rows[i].voltage != NULL)
            assert_string_equal(id.voltage, rows[i].voltage);
        else
            assert_null(id.voltage);
        fake_board_unplug(fake);
    }
    connect_secure(fake);
    assert_error(eg_board_flash_id(fake->board, &id, &err), err, EG_SECURED,
                 SECURE "the id of its flash cannot be read");
}

/* ---- Erasing ---- */

static void all_of_the_flash_is_erased(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_ROM);
    fake_board_fill(fake);
    assert_error(eg_board_erase_flash(fake->board, false, &err), err, EG_UNSUPPORTED,
                 "ESP32-C3 erases its whole flash only with a stub");
    fake_board_assert_untouched(fake);
    assert_ok(eg_board_run_stub(fake->board, &err), err);
    assert_ok(eg_board_erase_flash(fake->board, false, &err), err);
    fake_board_assert_blank(fake, 0, fake_board_flash_size(fake));
    fake_board_unplug(fake);

    connect_secure(fake);
    assert_error(eg_board_erase_flash(fake->board, true, &err), err, EG_SECURED,
                 SECURE "its flash cannot be erased as a whole");
}

static void sectors_are_erased_and_no_others(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
        fake_board_start(fake, "esp32c3", loader);
        fake_board_fill(fake);
        assert_ok(eg_board_erase_region(fake->board, 0x3ff000, 0x1000, false, &err), err);
        fake_board_assert_blank(fake, 0x3ff000, 0x400000);
        fake_board_assert_untouched_but(fake, 0x3ff000, 0x400000);
        fake_board_fill(fake);
        assert_ok(eg_board_erase_region(fake->board, 0x11000, 0x12000, false, &err), err);
        fake_board_assert_blank(fake, 0x11000, 0x23000);
        fake_board_assert_untouched_but(fake, 0x11000, 0x23000);
        fake_board_fill(fake);
        assert_ok(eg_board_erase_region(fake->board, 0x11000, 0, false, &err), err);
        fake_board_assert_untouched(fake);
        fake_board_unplug(fake);
    }
}

static void a_region_that_cannot_be_erased_is_refused(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    fake_board_fill(fake);
    assert_error(eg_board_erase_region(fake->board, 0x1001, 0x1000, false, &err), err, EG_BAD_ARGUMENT,
                 "erasing 0x1000 bytes at 0x00001001: both must be multiples of 0x1000");
    assert_error(eg_board_erase_region(fake->board, 0x1000, 0x1800, true, &err), err, EG_BAD_ARGUMENT,
                 "erasing 0x1800 bytes at 0x00001000: both must be multiples of 0x1000");
    assert_error(eg_board_erase_region(fake->board, 0x3ff000, 0x2000, false, &err), err, EG_FLASH_TOO_SMALL,
                 "0x003ff000 to 0x00401000 goes beyond the end of the flash at 0x00400000");
    assert_error(eg_board_erase_region(fake->board, 0xfffff000, 0xfffff000, true, &err), err,
                 EG_FLASH_TOO_SMALL,
                 "0xfffff000 to 0x1ffffe000 goes beyond the 16 MB that the stub of ESP32-C3 reaches");
    fake_board_assert_untouched(fake);
    fake_board_unplug(fake);

    fake_board_start(fake, "esp8266", FAKE_ROM);
    fake_board_fill(fake);
    assert_error(eg_board_erase_region(fake->board, 0x1000, 0x1000, false, &err), err, EG_UNSUPPORTED,
                 "ESP8266 erases nothing without a stub");
    fake_board_assert_untouched(fake);
}

static void in_secure_download_mode_sectors_can_be_erased(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    connect_secure(fake);
    fake_board_fill(fake);
    assert_ok(eg_board_erase_region(fake->board, 0x300000, 0x2000, false, &err), err);
    fake_board_assert_blank(fake, 0x300000, 0x302000);
    fake_board_assert_untouched_but(fake, 0x300000, 0x302000);
}

/* ---- Digests, status, raw commands ---- */

static void the_chip_computes_a_digest(void **state)
{
    struct fake_board *fake = *state;
    uint8_t md5[EG_MD5_SIZE], expected[EG_MD5_SIZE];
    struct eg_error err;

    for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
        fake_board_start(fake, "esp32c3", loader);
        fake_board_fill(fake);
        assert_ok(eg_board_flash_md5(fake->board, 0x3ffff1, 15, md5, &err), err);
        assert_ok(eg_md5(expected, fake->kept + 0x3ffff1, 15, &err), err);
        assert_memory_equal(md5, expected, sizeof md5);
        /* Addresses past the end would wrap to the beginning. */
        assert_error(eg_board_flash_md5(fake->board, 0x3ffff1, 16, md5, &err), err, EG_FLASH_TOO_SMALL,
                     "0x003ffff1 to 0x00400001 goes beyond the end of the flash at 0x00400000");
        fake_board_unplug(fake);
    }
    fake_board_start(fake, "esp8266", FAKE_ROM);
    assert_error(eg_board_flash_md5(fake->board, 0, 4, md5, &err), err, EG_CANNOT_VERIFY,
                 "the ROM of ESP8266 computes no digest");
    fake_board_unplug(fake);
    connect_secure(fake);
    assert_error(eg_board_flash_md5(fake->board, 0, 4, md5, &err), err, EG_CANNOT_VERIFY,
                 "ESP32-C3 computes no digest in secure download mode");
}

static void the_status_of_the_flash_is_read_and_written(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;
    uint32_t status = 0;

    for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
        fake_board_start(fake, "esp32c3", loader);
        assert_ok(eg_board_write_flash_status(fake->board, 0x40023c, 3, true, &err), err);
        assert_ok(eg_board_read_flash_status(fake->board, 3, &status, &err), err);
        assert_int_equal(status, 0x40023c);
        assert_ok(eg_board_write_flash_status(fake->board, 0x0010, 2, false, &err), err);
        assert_ok(eg_board_read_flash_status(fake->board, 2, &status, &err), err);
        assert_int_equal(status, 0x10);
        assert_ok(eg_board_read_flash_status(fake->board, 1, &status, &err), err);
        assert_int_equal(status, 0x10);
        assert_error(eg_board_read_flash_status(fake->board, 4, &status, &err), err, EG_BAD_ARGUMENT,
                     "4 bytes of flash status; there are 1 to 3");
        assert_error(eg_board_write_flash_status(fake->board, 1, 0, false, &err), err, EG_BAD_ARGUMENT,
                     "0 bytes of flash status; there are 1 to 3");
        fake_board_unplug(fake);
    }
}

static void the_table_of_the_flash_is_read(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;
    uint32_t word;

    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.part = &vb_flash_parts[1]), NO_FAULTS);
    fake_board_connect(fake, FAKE_STUB);
    assert_ok(eg_board_read_flash_sfdp(fake->board, 0, 4, &word, &err), err);
    assert_int_equal(word, 0x50444653);
    assert_ok(eg_board_read_flash_sfdp(fake->board, 1, 2, &word, &err), err);
    assert_int_equal(word, 0x4446);
    assert_error(eg_board_read_flash_sfdp(fake->board, 0, 5, &word, &err), err, EG_BAD_ARGUMENT,
                 "5 bytes of SFDP at 0x0; 1 to 4 below 0x1000000");
}

static void any_command_can_be_sent_to_the_flash(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;
    uint8_t data[65] = {0x11, 0x22, 0x33, 0x44, 0x55};
    uint32_t word;

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    assert_ok(eg_board_spi_command(fake->board, 0x9f, NULL, 0, 24, 0, 0, 0, &word, &err), err);
    assert_int_equal(word, 0x1640c8);
    assert_ok(eg_board_spi_command(fake->board, 0x06, NULL, 0, 0, 0, 0, 0, NULL, &err), err);
    assert_ok(eg_board_spi_command(fake->board, 0x02, data, 5, 0, 0x1234, 24, 0, NULL, &err), err);
    assert_memory_equal(fake_board_flash(fake) + 0x1234, data, 5);
    assert_ok(eg_board_spi_command(fake->board, 0x03, NULL, 0, 32, 0x1235, 24, 0, &word, &err), err);
    assert_int_equal(word, 0x55443322);

    static const char at_most[] = "; at most 64, 32, 32 and 256";
    char sentence[200];
    const struct {
        size_t size;
        unsigned in, addr, dummy;
        const char *sentence;
    } rows[] = {
        {65, 0, 0, 0, "flash command 0x02: 65 bytes out, 0 bits in, 0 of address, 0 dummy"},
        {0, 33, 0, 0, "flash command 0x02: 0 bytes out, 33 bits in, 0 of address, 0 dummy"},
        {0, 0, 33, 0, "flash command 0x02: 0 bytes out, 0 bits in, 33 of address, 0 dummy"},
        {0, 0, 0, 257, "flash command 0x02: 0 bytes out, 0 bits in, 0 of address, 257 dummy"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(sentence, sizeof sentence, "%s%s", rows[i].sentence, at_most);
        assert_error(eg_board_spi_command(fake->board, 0x02, data, rows[i].size, rows[i].in, 0, rows[i].addr,
                                          rows[i].dummy, &word, &err),
                     err, EG_BAD_ARGUMENT, sentence);
    }
    assert_error(eg_board_spi_command(fake->board, 0x02, NULL, 1, 0, 0, 24, 0, NULL, &err), err,
                 EG_BAD_ARGUMENT, "flash command 0x02: 1 bytes out and no data");
}

static void in_secure_download_mode_the_flash_takes_no_commands(void **state)
{
    struct fake_board *fake = *state;
    static const char commands[] = SECURE "its flash cannot be sent commands";
    struct eg_error err;
    uint32_t word;

    connect_secure(fake);
    assert_error(eg_board_read_flash_status(fake->board, 1, &word, &err), err, EG_SECURED, commands);
    assert_error(eg_board_write_flash_status(fake->board, 1, 1, false, &err), err, EG_SECURED, commands);
    assert_error(eg_board_read_flash_sfdp(fake->board, 0, 4, &word, &err), err, EG_SECURED, commands);
    assert_error(eg_board_spi_command(fake->board, 0x9f, NULL, 0, 24, 0, 0, 0, &word, &err), err, EG_SECURED,
                 commands);
    assert_error(eg_board_override_vddsdio(fake->board, "1.8V", &err), err, EG_SECURED,
                 SECURE "the supply of its flash cannot be set");
}

static void the_supply_of_an_esp32s_flash_is_set(void **state)
{
    struct fake_board *fake = *state;
    struct eg_flash_id id;
    struct eg_error err;

    fake_board_start(fake, "esp32", FAKE_STUB);
    assert_ok(eg_board_override_vddsdio(fake->board, "1.8V", &err), err);
    assert_ok(eg_board_flash_id(fake->board, &id, &err), err);
    assert_string_equal(id.voltage, "1.8V by RTC_CNTL register");
    assert_ok(eg_board_override_vddsdio(fake->board, "1.9V", &err), err);
    assert_ok(eg_board_flash_id(fake->board, &id, &err), err);
    assert_string_equal(id.voltage, "1.9V by RTC_CNTL register");
    assert_error(eg_board_override_vddsdio(fake->board, "3.3V", &err), err, EG_BAD_ARGUMENT,
                 "unknown flash supply \"3.3V\"; use 1.8V, 1.9V or OFF");
    fake_board_unplug(fake);
    fake_board_start(fake, "esp32c3", FAKE_STUB);
    assert_error(eg_board_override_vddsdio(fake->board, "1.8V", &err), err, EG_UNSUPPORTED,
                 "the flash supply of ESP32-C3 cannot be set");
}

/* ---- Block by block ---- */

static void flash_is_written_block_by_block(void **state)
{
    struct fake_board *fake = *state;
    static uint8_t data[0x4000 + 100];
    struct eg_error err;

    fake_data(data, sizeof data, 1);
    for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
        fake_board_start(fake, "esp32c3", loader);
        fake_board_fill(fake);
        const uint32_t block_size = eg_board_flash_block_size(fake->board);
        assert_int_equal(block_size, loader == FAKE_STUB ? 0x4000 : 0x400);
        assert_ok(eg_board_flash_begin(fake->board, sizeof data, 0x10000, false, &err), err);
        for (uint32_t at = 0; at < sizeof data; at += block_size)
            assert_ok(eg_board_flash_block(
                          fake->board, data + at,
                          sizeof data - at < block_size ? (uint32_t)sizeof data - at : block_size, &err),
                      err);
        assert_ok(eg_board_flash_finish(fake->board, false, &err), err);
        assert_memory_equal(fake_board_flash(fake) + 0x10000, data, sizeof data);
        fake_board_assert_untouched_but(fake, 0x10000, 0x15000);
        assert_error(eg_board_flash_block(fake->board, data, 0, &err), err, EG_BAD_ARGUMENT,
                     loader == FAKE_STUB ? "a block of 0 bytes; a block has 1 to 16384"
                                         : "a block of 0 bytes; a block has 1 to 1024");
        fake_board_unplug(fake);
    }
}

static void deflated_blocks_are_written(void **state)
{
    struct fake_board *fake = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer zlib = {0};
    static uint8_t data[60000];
    struct eg_error err;

    fake_data(data, sizeof data, 1);
    assert_ok(eg_compress(&zlib, data, sizeof data, &err), err);
    for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
        fake_board_start(fake, "esp32", loader);
        const uint32_t block_size = eg_board_flash_block_size(fake->board);
        assert_ok(
            eg_board_flash_defl_begin(fake->board, sizeof data, (uint32_t)zlib.size, 0x20000, false, &err),
            err);
        for (uint32_t at = 0; at < zlib.size; at += block_size)
            assert_ok(eg_board_flash_defl_block(
                          fake->board, zlib.data + at,
                          zlib.size - at < block_size ? (uint32_t)zlib.size - at : block_size, &err),
                      err);
        assert_ok(eg_board_flash_defl_finish(fake->board, false, &err), err);
        assert_memory_equal(fake_board_flash(fake) + 0x20000, data, sizeof data);
        fake_board_unplug(fake);
    }
    fake_board_start(fake, "esp8266", FAKE_ROM);
    assert_error(eg_board_flash_defl_begin(fake->board, 100, 50, 0, false, &err), err, EG_UNSUPPORTED,
                 "the ROM of ESP8266 inflates nothing");
}

static void a_block_that_nobody_expects_is_the_chips_to_refuse(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    fake_board_fill(fake);
    assert_error(eg_board_flash_block(fake->board, "data", 4, &err), err, EG_DEVICE_REFUSED,
                 "block 1: device status 0xc600 (no write in progress)");
    assert_int_equal(err.device_status, 0xc600);
    fake_board_assert_untouched(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(the_flash_is_attached_where_it_is_asked_for),
        FAKE_TEST(pins_that_the_chip_does_not_have_are_refused),
        FAKE_TEST(pins_that_usb_needs_are_warned_of),
        FAKE_TEST(a_flash_that_is_not_there_is_said_and_every_call_finds_out),
        FAKE_TEST(the_flash_says_what_it_is),
        FAKE_TEST(all_of_the_flash_is_erased),
        FAKE_TEST(sectors_are_erased_and_no_others),
        FAKE_TEST(a_region_that_cannot_be_erased_is_refused),
        FAKE_TEST(in_secure_download_mode_sectors_can_be_erased),
        FAKE_TEST(the_chip_computes_a_digest),
        FAKE_TEST(the_status_of_the_flash_is_read_and_written),
        FAKE_TEST(the_table_of_the_flash_is_read),
        FAKE_TEST(any_command_can_be_sent_to_the_flash),
        FAKE_TEST(in_secure_download_mode_the_flash_takes_no_commands),
        FAKE_TEST(the_supply_of_an_esp32s_flash_is_set),
        FAKE_TEST(flash_is_written_block_by_block),
        FAKE_TEST(deflated_blocks_are_written),
        FAKE_TEST(a_block_that_nobody_expects_is_the_chips_to_refuse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
