/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/mac.h"
#include "tests/engine/loader/talk.h"

struct row {
    uint32_t addr, word;
};

/* Answer reads of the registers, each once, in this order. */
static void registers(struct talk *talk, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        TALK_WORDS(talk, 0x0a, rows[i].addr);
        talk_reply(talk, 0x0a, rows[i].word, 0);
    }
}

static void an_esp32_is_identified_with_every_register_but_the_macs_read_once(void **state)
{
    (void)state;
    /* The words of the recordings. */
    static const struct row rows[] = {
        {0x3ff5a004, 0xc4001000}, {0x3ff5a008, 0x000c240a}, {0x3ff5a004, 0xc4001000},
        {0x3ff5a008, 0x000c240a}, {0x3ff5a00c, 0x00008200}, {0x3ff5a014, 0x01100000},
        {0x3ff6607c, 0x96042000}, {0x3ff5a000, 0x00000000}, {0x3ff5a018, 0x00000000},
    };
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_chip_info info;
    struct eg_error err;
    char mac[EG_MAC_TEXT];

    registers(&talk, rows, sizeof rows / sizeof *rows);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_ok(eg_loader_identify(&loader, &info, &err), err);
    eg_mac_text(mac, info.mac);
    assert_true(info.has_mac);
    assert_string_equal(mac, "24:0a:c4:00:10:00");
    assert_int_equal(info.revision, 301);
    assert_string_equal(info.package, "ESP32-D0WD-V3");
    assert_false(info.secure_boot);
    assert_false(info.flash_encryption);
    talk_end(&script);
}

static void an_esp32_with_secure_boot_and_encryption_says_so(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {0x3ff5a004, 0xc4001000}, {0x3ff5a008, 0x000c240a}, {0x3ff5a004, 0xc4001000},
        {0x3ff5a008, 0x000c240a}, {0x3ff5a00c, 0x00008200}, {0x3ff5a014, 0x00100000},
        {0x3ff6607c, 0x96042000}, {0x3ff5a000, 0x7u << 20}, {0x3ff5a018, 1u << 7 | 1u << 5},
    };
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_chip_info info;
    struct eg_error err;
    char mac[EG_MAC_TEXT];

    registers(&talk, rows, sizeof rows / sizeof *rows);
    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_ok(eg_loader_identify(&loader, &info, &err), err);
    eg_mac_text(mac, info.mac);
    assert_string_equal(mac, "24:0a:c4:00:10:00");
    assert_true(info.secure_boot);
    assert_false(info.secure_boot_v1);
    assert_true(info.flash_encryption);
    assert_true(info.manual_encrypt_off);
    assert_false(info.key_manager);
}

static void the_first_secure_boot_of_the_esp32_is_told_from_the_second(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {0x3ff5a004, 0xc4001000}, {0x3ff5a008, 0x000c240a}, {0x3ff5a004, 0xc4001000},
        {0x3ff5a008, 0x000c240a}, {0x3ff5a00c, 0x00000200}, {0x3ff5a014, 0x00000000},
        {0x3ff6607c, 0x16042000}, {0x3ff5a000, 0x00000000}, {0x3ff5a018, 1u << 4 | 1u << 5},
    };
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_chip_info info;
    struct eg_error err;

    registers(&talk, rows, sizeof rows / sizeof *rows);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_ok(eg_loader_identify(&loader, &info, &err), err);
    assert_int_equal(info.revision, 0);
    assert_true(info.secure_boot);
    assert_true(info.secure_boot_v1);
    talk_end(&script);
}

static void the_key_manager_is_told(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {0x5012d044, 0xf72ca2aa}, {0x5012d048, 0x00006055}, {0x5012d044, 0xf72ca2aa},
        {0x5012d048, 0x00006055}, {0x5012d04c, 0x00000031}, {0x5012d034, 1u << 10},
        {0x5012d030, 0x00000000}, {0x5012d038, 1u << 20},
    };
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_chip_info info;
    struct eg_error err;

    registers(&talk, rows, sizeof rows / sizeof *rows);
    talk_begin(&talk, &script, &loader, "esp32p4", false);
    assert_ok(eg_loader_identify(&loader, &info, &err), err);
    assert_int_equal(info.revision, 301);
    assert_true(info.key_manager);
    assert_true(info.secure_boot);
    assert_false(info.secure_boot_v1);
    talk_end(&script);
}

static void impossible_mac(uint32_t low, uint32_t high, const char *sentence)
{
    const struct row rows[] = {{0x60008844, low}, {0x60008848, high}, {0x60008844, low}, {0x60008848, high}};
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_chip_info info;
    struct eg_error err;

    registers(&talk, rows, 4);
    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_error(eg_loader_identify(&loader, &info, &err), err, EG_BAD_REPLY, sentence);
}

static void impossible_macs_are_not_believed(void **state)
{
    (void)state;
    impossible_mac(0, 0, "the chip gives an impossible MAC, 00:00:00:00:00:00");
    impossible_mac(0xffffffff, 0xffff, "the chip gives an impossible MAC, ff:ff:ff:ff:ff:ff");
    impossible_mac(0xc4001000, 0x250a, "the chip gives an impossible MAC, 25:0a:c4:00:10:00");
}

static void a_mac_that_reads_differently_is_not_believed(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {0x60008844, 0xc4001000}, {0x60008848, 0x240a}, {0x60008844, 0xc4001400}, {0x60008848, 0x240a}};
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_chip_info info;
    struct eg_error err;

    registers(&talk, rows, 4);
    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_error(eg_loader_identify(&loader, &info, &err), err, EG_BAD_REPLY,
                 "the chip gives MAC 24:0a:c4:00:10:00, then 24:0a:c4:00:14:00");
}

static void an_esp8266_of_no_known_vendor_has_no_mac(void **state)
{
    (void)state;
    static const struct row rows[] = {{0x3ff00050, 0x12000000}, {0x3ff00054, 0x00050000}, {0x3ff0005c, 0}};
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_chip_info info;
    struct eg_error err;

    registers(&talk, rows, 3);
    talk_begin(&talk, &script, &loader, "esp8266", false);
    assert_error(eg_loader_identify(&loader, &info, &err), err, EG_BAD_REPLY,
                 "the chip gives no MAC of a known vendor");
}

static void secure_download_mode_tells_only_what_the_flags_say(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_chip_info info;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32c3", false);
    loader.secure_download = loader.has_security = true;
    loader.security.flags = EG_SECURITY_SECURE_BOOT | EG_SECURITY_SECURE_DOWNLOAD;
    loader.security.flash_crypt_count = 7;
    assert_ok(eg_loader_identify(&loader, &info, &err), err);
    assert_false(info.has_mac);
    assert_string_equal(info.package, "");
    assert_true(info.secure_boot);
    assert_true(info.flash_encryption);
    assert_true(info.secure_download);
    talk_end(&script);
}

static void a_mac_with_an_extension_makes_an_eui_64(void **state)
{
    (void)state;
    static const struct row rows[] = {{0x600b0844, 0xf9f72ca2},
                                      {0x600b0848, 0xfffe6055},
                                      {0x600b0844, 0xf9f72ca2},
                                      {0x600b0848, 0xfffe6055},
                                      {0x600b0848, 0xfffe6055}};
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_mac mac;
    struct eg_error err;

    registers(&talk, rows, sizeof rows / sizeof *rows);
    talk_begin(&talk, &script, &loader, "esp32c6", false);
    assert_ok(eg_loader_read_mac(&loader, &mac, &err), err);
    assert_memory_equal(mac.base, ((const uint8_t[]){0x60, 0x55, 0xf9, 0xf7, 0x2c, 0xa2}), 6);
    assert_true(mac.has_extension);
    assert_memory_equal(mac.extension, ((const uint8_t[]){0xff, 0xfe}), 2);
    assert_memory_equal(mac.eui64, ((const uint8_t[]){0x60, 0x55, 0xf9, 0xff, 0xfe, 0xf7, 0x2c, 0xa2}), 8);
    talk_end(&script);
}

static void an_extension_that_reads_differently_is_not_believed(void **state)
{
    (void)state;
    static const struct row rows[] = {{0x600b0844, 0xf9f72ca2},
                                      {0x600b0848, 0xfffe6055},
                                      {0x600b0844, 0xf9f72ca2},
                                      {0x600b0848, 0xfffe6055},
                                      {0x600b0848, 0xfffa6055}};
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_mac mac;
    struct eg_error err;

    registers(&talk, rows, sizeof rows / sizeof *rows);
    talk_begin(&talk, &script, &loader, "esp32c6", false);
    assert_error(eg_loader_read_mac(&loader, &mac, &err), err, EG_BAD_REPLY,
                 "the chip gives MAC extension ff:fe, then ff:fa");
    talk_end(&script);
}

static void a_mac_without_an_extension_is_the_mac_alone(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {0x60008844, 0xc4001001}, {0x60008848, 0x240a}, {0x60008844, 0xc4001001}, {0x60008848, 0x240a}};
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_mac mac;
    struct eg_error err;

    registers(&talk, rows, 4);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_read_mac(&loader, &mac, &err), err);
    assert_memory_equal(mac.base, ((const uint8_t[]){0x24, 0x0a, 0xc4, 0x00, 0x10, 0x01}), 6);
    assert_false(mac.has_extension);
    talk_end(&script);
}

static void the_revision_is_read_alone(void **state)
{
    (void)state;
    static const struct row rows[] = {{0x60008850, 3u << 18}, {0x60008858, 1u << 24}};
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint16_t revision = 0;

    talk_read(&talk, rows[1].addr, rows[1].word);
    talk_read(&talk, rows[0].addr, rows[0].word);
    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_ok(eg_loader_revision(&loader, &revision, &err), err);
    assert_int_equal(revision, 103);
    talk_end(&script);
}

static void features_are_one_text(void **state)
{
    (void)state;
    /* The words of the recordings. */
    static const struct row rows[] = {
        {0x3ff5a00c, 0x00008200}, {0x3ff5a010, 0x00000050}, {0x3ff5a018, 0x00000000}};
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    char text[EG_FEATURES_TEXT];

    registers(&talk, rows, sizeof rows / sizeof *rows);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_ok(eg_loader_features(&loader, text, &err), err);
    assert_string_equal(text, "Wi-Fi, BT, Dual Core + LP Core, Coding Scheme None");
    talk_end(&script);
}

static void secure_download_mode_lets_nothing_be_read(void **state)
{
    (void)state;
    static const char sentence[] = "ESP32-S2 in secure download mode does not let itself be read";
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_mac mac;
    struct eg_error err;
    char text[EG_FEATURES_TEXT];
    uint16_t revision;

    talk_begin(&talk, &script, &loader, "esp32s2", false);
    loader.secure_download = true;
    assert_error(eg_loader_read_mac(&loader, &mac, &err), err, EG_SECURED, sentence);
    assert_error(eg_loader_revision(&loader, &revision, &err), err, EG_SECURED, sentence);
    assert_error(eg_loader_features(&loader, text, &err), err, EG_SECURED, sentence);
    talk_end(&script);
}

static void each_question_that_fails_says_what_it_was(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_mac mac;
    struct eg_error err;
    char text[EG_FEATURES_TEXT];
    uint16_t revision;

    TALK_WORDS(&talk, 0x0a, 0x3ff5a00c);
    talk_reply(&talk, 0x0a, 0, 0x0106);
    TALK_WORDS(&talk, 0x0a, 0x3ff5a00c);
    talk_reply(&talk, 0x0a, 0, 0x0106);
    TALK_WORDS(&talk, 0x0a, 0x3ff5a004);
    talk_reply(&talk, 0x0a, 0, 0x0106);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(
        eg_loader_revision(&loader, &revision, &err), err, EG_DEVICE_REFUSED,
        "reading the chip's revision: reading register 0x3ff5a00c: device status 0x0106 (operation failed)");
    assert_error(
        eg_loader_features(&loader, text, &err), err, EG_DEVICE_REFUSED,
        "reading the chip's features: reading register 0x3ff5a00c: device status 0x0106 (operation failed)");
    assert_error(eg_loader_read_mac(&loader, &mac, &err), err, EG_DEVICE_REFUSED,
                 "reading the MAC: reading register 0x3ff5a004: device status 0x0106 (operation failed)");
    talk_end(&script);
}

static void a_failed_read_says_its_purpose(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_chip_info info;
    struct eg_error err;

    TALK_WORDS(&talk, 0x0a, 0x60008844);
    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_error(eg_loader_identify(&loader, &info, &err), err, EG_TIMEOUT,
                 "reading the MAC: reading register 0x60008844: no answer to READ_REG within 3000 ms");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_esp32_is_identified_with_every_register_but_the_macs_read_once),
        cmocka_unit_test(an_esp32_with_secure_boot_and_encryption_says_so),
        cmocka_unit_test(the_first_secure_boot_of_the_esp32_is_told_from_the_second),
        cmocka_unit_test(the_key_manager_is_told),
        cmocka_unit_test(impossible_macs_are_not_believed),
        cmocka_unit_test(a_mac_that_reads_differently_is_not_believed),
        cmocka_unit_test(an_esp8266_of_no_known_vendor_has_no_mac),
        cmocka_unit_test(secure_download_mode_tells_only_what_the_flags_say),
        cmocka_unit_test(a_mac_with_an_extension_makes_an_eui_64),
        cmocka_unit_test(an_extension_that_reads_differently_is_not_believed),
        cmocka_unit_test(a_mac_without_an_extension_is_the_mac_alone),
        cmocka_unit_test(the_revision_is_read_alone),
        cmocka_unit_test(features_are_one_text),
        cmocka_unit_test(secure_download_mode_lets_nothing_be_read),
        cmocka_unit_test(each_question_that_fails_says_what_it_was),
        cmocka_unit_test(a_failed_read_says_its_purpose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
