/* SPDX-License-Identifier: Apache-2.0 */

/* The words of a configuration, and impossible configurations. */

#include "tests/tools/vboard/player.h"

static void words_of_options_are_understood(void **state)
{
    struct vb_register reg;
    struct eg_error err;
    enum vb_usb usb;
    uint32_t pins;

    (void)state;
    assert_ok(vb_usb_parse(&usb, "bridge", &err), err);
    assert_int_equal(usb, VB_USB_BRIDGE);
    assert_ok(vb_usb_parse(&usb, "jtag", &err), err);
    assert_int_equal(usb, VB_USB_SERIAL_JTAG);
    assert_ok(vb_usb_parse(&usb, "otg", &err), err);
    assert_int_equal(usb, VB_USB_OTG);
    assert_ok(vb_spi_pins_parse(&pins, "default", &err), err);
    assert_int_equal(pins, VB_PINS_DEFAULT);
    assert_ok(vb_spi_pins_parse(&pins, "hspi", &err), err);
    assert_int_equal(pins, VB_PINS_HSPI);
    /* The protocol's test vector. */
    assert_ok(vb_spi_pins_parse(&pins, "6,17,8,11,16", &err), err);
    assert_int_equal(pins, 0x0b408446);
    assert_ok(vb_register_parse(&reg, "0x3ff5a00c=0x8200", &err), err);
    assert_int_equal(reg.addr, 0x3ff5a00c);
    assert_int_equal(reg.word, 0x8200);
}

static void words_that_mean_nothing_are_refused(void **state)
{
    static const char *const pins[] = {"", "6", "6,17,8,11", "6,17,8,11,64", "6,17,8,11,16,1", "6,17,8,,16"};
    static const char *const registers[] = {"",        "1",         "0x1001=1",     "=1",
                                            "0x1000=", "0x1000=1x", "0x100000000=1"};
    struct vb_register reg = {1, 2};
    char expected[200];
    struct eg_error err;
    enum vb_usb usb;
    uint32_t word = 7;

    (void)state;
    assert_error(vb_usb_parse(&usb, "serial", &err), err, EG_BAD_JOB, "serial: not one of bridge, jtag, otg");
    for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++) {
        snprintf(expected, sizeof expected, "%s: not default, hspi or five pins CLK,Q,D,HD,CS", pins[i]);
        assert_error(vb_spi_pins_parse(&word, pins[i], &err), err, EG_BAD_JOB, expected);
        assert_int_equal(word, 7);
    }
    for (size_t i = 0; i < sizeof registers / sizeof registers[0]; i++) {
        snprintf(expected, sizeof expected, "%s: not a register and its word, such as 0x3ff5a00c=0x8200",
                 registers[i]);
        assert_error(vb_register_parse(&reg, registers[i], &err), err, EG_BAD_JOB, expected);
        assert_int_equal(reg.addr, 1);
    }
}

static void assert_refused(const char *target, struct vb_config config, const char *text)
{
    struct vb_board *board = NULL;
    struct eg_error err;

    config.target = eg_target_by_name(target);
    assert_error(vb_board_create(&board, &config, &err), err, EG_BAD_JOB, text);
    assert_null(board);
}

static void impossible_configurations_of_a_chip_are_refused(void **state)
{
    (void)state;
    assert_refused("esp32", (struct vb_config){.usb = VB_USB_SERIAL_JTAG}, "ESP32 has no USB-Serial/JTAG");
    assert_refused("esp32s2", (struct vb_config){.usb = VB_USB_SERIAL_JTAG},
                   "ESP32-S2 has no USB-Serial/JTAG");
    assert_refused("esp32c3", (struct vb_config){.usb = VB_USB_OTG}, "ESP32-C3 has no USB-OTG");
    assert_refused("esp32c3", (struct vb_config){.spi_pins = VB_PINS_HSPI},
                   "ESP32-C3 cannot have its flash at HSPI");
    assert_refused("esp8266", (struct vb_config){.spi_pins = 0x0b408446},
                   "ESP8266 cannot have its flash at pin 6");
    assert_refused("esp32c3", (struct vb_config){.spi_pins = 1 | 2u << 6 | 3u << 12 | 22u << 18 | 4u << 24},
                   "ESP32-C3 cannot have its flash at pin 22");
    assert_refused("esp32c3", (struct vb_config){.secure_boot_v1 = true}, "ESP32-C3 has no secure boot v1");
    assert_refused("esp8266", (struct vb_config){.no_manual_encryption = true},
                   "ESP8266 has no eFuse against manual encryption");
    assert_refused("esp32s3", (struct vb_config){.key_manager = true}, "ESP32-S3 has no key manager");
    assert_refused("esp32c3", (struct vb_config){.force_download = true},
                   "ESP32-C3 has no register that forces it into its loader");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_options_are_understood),
        cmocka_unit_test(words_that_mean_nothing_are_refused),
        cmocka_unit_test(impossible_configurations_of_a_chip_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
