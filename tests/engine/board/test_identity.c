/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/fake_board.h"

#include <string.h>

static void a_chip_says_what_it_is(void **state)
{
    struct fake_board *fake = *state;
    static const struct {
        const char *chip, *description, *features;
        uint16_t revision;
        uint32_t crystal_mhz;
    } rows[] = {
        {"esp32c3", "ESP32-C3 (QFN32) (revision v0.4)", "Wi-Fi, BT 5 (LE), Single Core, 160MHz", 4, 40},
        {"esp8266", "ESP8266EX", "Wi-Fi, 160MHz", 0, 26},
        {"esp32", "ESP32-D0WD-V3 (revision v3.1)", "Wi-Fi, BT, Dual Core + LP Core, Coding Scheme None", 301,
         40},
    };
    char description[EG_DESCRIPTION_TEXT], features[EG_FEATURES_TEXT];
    uint16_t revision;
    struct eg_error err;
    uint32_t mhz;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fake_board_start(fake, rows[i].chip, FAKE_ROM);
        assert_ok(eg_board_chip_description(fake->board, description, &err), err);
        assert_string_equal(description, rows[i].description);
        assert_ok(eg_board_chip_features(fake->board, features, &err), err);
        assert_string_equal(features, rows[i].features);
        assert_ok(eg_board_chip_revision(fake->board, &revision, &err), err);
        assert_int_equal(revision, rows[i].revision);
        assert_ok(eg_board_crystal_mhz(fake->board, &mhz, &err), err);
        assert_int_equal(mhz, rows[i].crystal_mhz);
        fake_board_unplug(fake);
    }
}

static void a_mac_is_read_with_its_extension(void **state)
{
    struct fake_board *fake = *state;
    struct eg_mac mac;
    struct eg_error err;

    fake_board_plug(fake, "esp32c6", FAKE_CONFIG(.mac = {0x60, 0x55, 0xf9, 1, 2, 3}), NO_FAULTS);
    fake_board_poke(fake, 0x600b0848, fake_board_peek(fake, 0x600b0848) | 0xfffe0000);
    fake_board_connect(fake, FAKE_STUB);
    assert_ok(eg_board_read_mac(fake->board, &mac, &err), err);
    assert_memory_equal(mac.base, ((const uint8_t[]){0x60, 0x55, 0xf9, 1, 2, 3}), 6);
    assert_true(mac.has_extension);
    assert_memory_equal(mac.extension, ((const uint8_t[]){0xff, 0xfe}), 2);
    assert_memory_equal(mac.eui64, ((const uint8_t[]){0x60, 0x55, 0xf9, 0xff, 0xfe, 1, 2, 3}), 8);
    fake_board_unplug(fake);

    fake_board_plug(fake, "esp32", FAKE_CONFIG(.mac = {0x24, 0x0a, 0xc4, 1, 2, 3}), NO_FAULTS);
    fake_board_connect(fake, FAKE_ROM);
    assert_ok(eg_board_read_mac(fake->board, &mac, &err), err);
    assert_memory_equal(mac.base, ((const uint8_t[]){0x24, 0x0a, 0xc4, 1, 2, 3}), 6);
    assert_false(mac.has_extension);
}

static void a_board_with_an_impossible_mac_does_not_connect(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.mac = {0x61, 0x55, 0xf9, 1, 2, 3}), NO_FAULTS);
    assert_error(eg_board_detect_chip(&fake->board, &fake->options, &err), err, EG_BAD_REPLY,
                 "the chip gives an impossible MAC, 61:55:f9:01:02:03");
}

static void only_an_esp8266_has_a_number(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;
    uint32_t id = 0x1234;

    fake_board_start(fake, "esp32c3", FAKE_ROM);
    assert_error(eg_board_chip_id(fake->board, &id, &err), err, EG_UNSUPPORTED,
                 "ESP32-C3 has no chip id but its MAC");
    assert_int_equal(id, 0x1234);
    fake_board_unplug(fake);

    fake_board_plug(fake, "esp8266", FAKE_CONFIG(.mac = {0x18, 0xfe, 0x34, 0xa1, 0xb2, 0xc3}), NO_FAULTS);
    fake_board_connect(fake, FAKE_ROM);
    assert_ok(eg_board_chip_id(fake->board, &id, &err), err);
    assert_int_equal(id, 0xa1b2c3);
}

static void security_info_is_told_where_there_is_one(void **state)
{
    struct fake_board *fake = *state;
    struct eg_security_info info;
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.flash_encryption = true), NO_FAULTS);
    fake_board_connect(fake, FAKE_ROM);
    assert_ok(eg_board_get_security_info(fake->board, &info, &err), err);
    assert_int_equal(info.flags, 0);
    assert_int_equal(info.flash_crypt_count, 1);
    assert_true(info.has_chip_id);
    assert_int_equal(info.chip_id, 5);
    assert_int_equal(eg_board_key_blocks(fake->board), 6);
    assert_string_equal(eg_board_key_purpose(fake->board, 4), "XTS_AES_128_KEY");
    assert_null(eg_board_key_purpose(fake->board, 200));
    fake_board_unplug(fake);

    for (int i = 0; i < 2; i++) {
        fake_board_start(fake, i == 0 ? "esp32" : "esp8266", FAKE_ROM);
        assert_error(eg_board_get_security_info(fake->board, &info, &err), err, EG_UNSUPPORTED,
                     i == 0 ? "ESP32 has no security info" : "ESP8266 has no security info");
        fake_board_unplug(fake);
    }
}

static struct eg_security_state state_of(struct fake_board *fake, const char *chip,
                                         const struct vb_config *config)
{
    struct eg_security_state state;
    struct eg_error err;

    fake_board_plug(fake, chip, config, NO_FAULTS);
    fake_board_connect(fake, FAKE_ROM);
    assert_ok(eg_board_read_security_state(fake->board, &state, &err), err);
    fake_board_unplug(fake);
    return state;
}

static void security_state_is_read_from_every_chip_that_has_one(void **state)
{
    struct fake_board *fake = *state;
    struct eg_security_state is;
    struct eg_error err;

    is = state_of(fake, "esp32", FAKE_USUAL);
    assert_false(is.secure_boot || is.secure_boot_v1 || is.flash_encryption || is.secure_download);
    is = state_of(fake, "esp32", FAKE_CONFIG(.flash_encryption = true, .secure_boot_v1 = true));
    assert_true(is.secure_boot && is.secure_boot_v1 && is.flash_encryption);
    is = state_of(fake, "esp32c3", FAKE_CONFIG(.secure_boot = true, .flash_encryption = true));
    assert_true(is.secure_boot && !is.secure_boot_v1 && is.flash_encryption && !is.secure_download);
    is = state_of(fake, "esp32c3", FAKE_CONFIG(.secure_boot = true, .secure_download = true));
    assert_true(is.secure_boot && is.secure_download && !is.flash_encryption);

    fake_board_start(fake, "esp8266", FAKE_ROM);
    assert_error(eg_board_read_security_state(fake->board, &is, &err), err, EG_UNSUPPORTED,
                 "ESP8266 has neither secure boot nor flash encryption");
}

static void a_port_of_the_chips_own_is_told_from_a_bridge(void **state)
{
    struct fake_board *fake = *state;
    static const struct {
        uint16_t vid, pid;
        const char *mode;
    } rows[] = {{0x10c4, 0xea60, NULL},
                {0x303a, 0x1001, "USB-Serial/JTAG"},
                {0x303a, 0x0009, "USB-OTG"},
                {0, 0, NULL}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fake->vid = rows[i].vid;
        fake->pid = rows[i].pid;
        fake_board_start(fake, "esp32s3", FAKE_ROM);
        if (rows[i].mode == NULL)
            assert_null(eg_board_usb_mode(fake->board));
        else
            assert_string_equal(eg_board_usb_mode(fake->board), rows[i].mode);
        assert_int_equal(eg_board_ram_block_size(fake->board), i == 2 ? 0x800 : 0x1800);
        fake_board_unplug(fake);
    }
}

static void in_secure_download_mode_nothing_is_told(void **state)
{
    struct fake_board *fake = *state;
    static const char registers[] = "ESP32-C3 is in secure download mode: its registers cannot be read";
    char text[EG_FEATURES_TEXT] = "as it was";
    struct eg_mac mac = {.has_extension = true};
    uint16_t revision = 7;
    uint32_t word = 8;
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.secure_download = true), NO_FAULTS);
    fake_board_connect(fake, FAKE_ROM);
    assert_error(eg_board_chip_description(fake->board, text, &err), err, EG_SECURED, registers);
    assert_error(eg_board_chip_features(fake->board, text, &err), err, EG_SECURED, registers);
    assert_error(eg_board_chip_revision(fake->board, &revision, &err), err, EG_SECURED, registers);
    assert_error(eg_board_crystal_mhz(fake->board, &word, &err), err, EG_SECURED, registers);
    assert_error(eg_board_chip_id(fake->board, &word, &err), err, EG_SECURED, registers);
    assert_error(eg_board_read_mac(fake->board, &mac, &err), err, EG_SECURED,
                 "ESP32-C3 is in secure download mode: its MAC cannot be read");
    assert_string_equal(text, "as it was");
    assert_true(mac.has_extension && revision == 7 && word == 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(a_chip_says_what_it_is),
        FAKE_TEST(a_mac_is_read_with_its_extension),
        FAKE_TEST(a_board_with_an_impossible_mac_does_not_connect),
        FAKE_TEST(only_an_esp8266_has_a_number),
        FAKE_TEST(security_info_is_told_where_there_is_one),
        FAKE_TEST(security_state_is_read_from_every_chip_that_has_one),
        FAKE_TEST(a_port_of_the_chips_own_is_told_from_a_bridge),
        FAKE_TEST(in_secure_download_mode_nothing_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
