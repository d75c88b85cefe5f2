/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/talk.h"

struct row {
    uint32_t addr, word;
};

/* The registers in the order in which they are asked for, each once. */
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
    assert_true(info.flash_encryption);
    assert_true(info.manual_encrypt_off);
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

static void a_read_that_fails_says_what_it_was_for(void **state)
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
        cmocka_unit_test(impossible_macs_are_not_believed),
        cmocka_unit_test(a_mac_that_reads_differently_is_not_believed),
        cmocka_unit_test(an_esp8266_of_no_known_vendor_has_no_mac),
        cmocka_unit_test(secure_download_mode_tells_only_what_the_flags_say),
        cmocka_unit_test(a_read_that_fails_says_what_it_was_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
