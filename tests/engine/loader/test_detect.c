/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/talk.h"

#include <stdio.h>

/* What detecting must say when nothing is known of `what`. */
static void unknown(char text[300], const char *what)
{
    char names[200];

    eg_target_names(names, sizeof names);
    snprintf(text, 300, "%s is none of %s", what, names);
}

static void security_request(struct talk *talk)
{
    const uint8_t frame[] = {0, 0x14, 0, 0, 0, 0, 0, 0};

    talk_host(talk, frame, sizeof frame);
}

static void security_reply(struct talk *talk, uint32_t flags, uint32_t chip_id, size_t info_size)
{
    uint8_t frame[8 + 20 + 4] = {1, 0x14};

    eg_put32(frame + 8, flags);
    frame[12] = 7;
    eg_put32(frame + 20, chip_id);
    eg_put32(frame + 24, 3);
    memset(frame + 8 + info_size, 0, talk->status_size);
    talk_board(talk, frame, 8 + info_size + talk->status_size);
}

/* Connects and detects as a recording of a real chip has it. */
static void detect_recorded(const char *recording, size_t turns, const char *expected)
{
    struct talk talk = {0};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_record(&talk, recording);
    talk_begin_at(&talk, 0, turns, &script, &loader, NULL, false);
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 1, &err), err);
    assert_ok(eg_loader_detect(&loader, &err), err);
    assert_string_equal(loader.target->name, expected);
    assert_false(loader.secure_download);
    talk_end(&script);
}

static void a_real_esp32_is_known_by_its_magic(void **state)
{
    (void)state;
    detect_recorded("traces/esp32-rom-read-mac.jsonl", 3, "esp32");
}

static void a_real_esp32c3_is_known_by_its_chip_id(void **state)
{
    (void)state;
    detect_recorded("traces/esp32c3-rom-read-mac.jsonl", 2, "esp32c3");
}

static void an_esp32s3_is_known_by_its_chip_id(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    security_request(&talk);
    security_reply(&talk, 0x21, 9, 20);
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_ok(eg_loader_detect(&loader, &err), err);
    assert_string_equal(loader.target->name, "esp32s3");
    assert_int_equal(loader.security.flags, 0x21);
    assert_int_equal(loader.security.flash_crypt_count, 7);
    assert_int_equal(loader.security.api_version, 3);
}

static void an_esp8266_is_known_by_its_magic(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    security_request(&talk);
    talk_reply(&talk, 0x08, 0, 0x0105);
    talk_sync(&talk, 0x20120707);
    TALK_WORDS(&talk, 0x0a, 0x40001000);
    talk_reply(&talk, 0x0a, 0xfff0c101, 0);
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_ok(eg_loader_detect(&loader, &err), err);
    assert_string_equal(loader.target->name, "esp8266");
    talk_end(&script);
}

static void a_stub_of_an_esp32_that_has_no_security_info_is_known_by_magic(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    security_request(&talk);
    talk_reply(&talk, 0x14, 0, 0xff00);
    TALK_WORDS(&talk, 0x0a, 0x40001000);
    talk_reply(&talk, 0x0a, 0x00f01d83, 0);
    talk_begin(&talk, &script, &loader, NULL, true);
    assert_ok(eg_loader_detect(&loader, &err), err);
    assert_string_equal(loader.target->name, "esp32");
}

static void a_stub_gives_the_chip_id_with_two_status_bytes(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    security_request(&talk);
    security_reply(&talk, 0, 5, 20);
    talk_begin(&talk, &script, &loader, NULL, true);
    assert_ok(eg_loader_detect(&loader, &err), err);
    assert_string_equal(loader.target->name, "esp32c3");
}

static void secure_download_mode_is_seen_in_the_flags(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    security_request(&talk);
    security_reply(&talk, EG_SECURITY_SECURE_DOWNLOAD, 5, 20);
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_ok(eg_loader_detect(&loader, &err), err);
    assert_true(loader.secure_download);
}

static void an_esp32s2_tells_no_chip_id_and_is_known_by_its_magic(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    security_request(&talk);
    security_reply(&talk, 0, 0, 12);
    TALK_WORDS(&talk, 0x0a, 0x40001000);
    talk_reply(&talk, 0x0a, 0x000007c6, 0);
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_ok(eg_loader_detect(&loader, &err), err);
    assert_string_equal(loader.target->name, "esp32s2");
    assert_true(loader.has_security);
    talk_end(&script);
}

static void twelve_bytes_without_an_id_lead_to_the_magic(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    char expected[300];

    for (unsigned i = 0; i < 2; i++) {
        security_request(&talk);
        security_reply(&talk, 0, 0, 12);
        TALK_WORDS(&talk, 0x0a, 0x40001000);
        talk_reply(&talk, 0x0a, 0x0000abcd, 0);
    }
    talk_begin(&talk, &script, &loader, NULL, false);
    unknown(expected, "chip magic 0x0000abcd");
    assert_error(eg_loader_detect(&loader, &err), err, EG_UNKNOWN_CHIP, expected);
    assert_true(loader.has_security);
    assert_false(loader.security.has_chip_id);
    talk_end(&script);
}

static void secure_download_mode_without_an_id_stays_unknown(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    for (unsigned i = 0; i < 2; i++) {
        security_request(&talk);
        security_reply(&talk, 0, 0, 12);
        TALK_WORDS(&talk, 0x0a, 0x40001000);
        for (unsigned reply = 0; reply < 8; reply++)
            talk_reply(&talk, 0x14, 0, 0x0105);
    }
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_error(eg_loader_detect(&loader, &err), err, EG_UNKNOWN_CHIP,
                 "the chip is in secure download mode and tells no chip id");
}

static void an_unknown_chip_id_is_named(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    char expected[300];

    for (unsigned i = 0; i < 2; i++) {
        security_request(&talk);
        security_reply(&talk, 0, 99, 20);
    }
    talk_begin(&talk, &script, &loader, NULL, false);
    unknown(expected, "chip id 99");
    assert_error(eg_loader_detect(&loader, &err), err, EG_UNKNOWN_CHIP, expected);
}

static void a_chip_that_is_unknown_once_is_asked_again(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    security_request(&talk);
    talk_reply(&talk, 0x14, 0, 0x0105); /* the question was damaged */
    TALK_WORDS(&talk, 0x0a, 0x40001000);
    talk_reply(&talk, 0x0a, 0x1b31506f, 0);
    security_request(&talk);
    security_reply(&talk, 0, 5, 20);
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_ok(eg_loader_detect(&loader, &err), err);
    assert_string_equal(loader.target->name, "esp32c3");
    talk_end(&script);
}

static void watchdogs_are_switched_off_over_usb_serial_jtag(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    security_request(&talk);
    security_reply(&talk, 0, 5, 20);
    TALK_WORDS(&talk, 0x09, 0x600080a8, 0x50d83aa1, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x60008090, 0, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x600080a8, 0, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x600080b0, 0x8f1d312a, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x600080ac, 0x80000000, 0x80000000, 0);
    talk_reply(&talk, 0x09, 0, 0);
    TALK_WORDS(&talk, 0x09, 0x600080b0, 0, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0);
    talk_begin(&talk, &script, &loader, NULL, false);
    script.port.pid = 0x1001;
    assert_ok(eg_loader_detect(&loader, &err), err);
    talk_end(&script);
}

static void watchdogs_are_left_alone_when_a_stub_runs(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    security_request(&talk);
    security_reply(&talk, 0, 5, 20);
    talk_begin(&talk, &script, &loader, NULL, true);
    script.port.pid = 0x1001;
    assert_ok(eg_loader_detect(&loader, &err), err);
    talk_end(&script);
}

static void an_esp32_is_not_asked_for_security_info(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    struct eg_security_info info;

    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(eg_loader_security_info(&loader, &info, &err), err, EG_UNSUPPORTED,
                 "ESP32 has no security info");
    talk_end(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_real_esp32_is_known_by_its_magic),
        cmocka_unit_test(a_real_esp32c3_is_known_by_its_chip_id),
        cmocka_unit_test(an_esp32s3_is_known_by_its_chip_id),
        cmocka_unit_test(an_esp8266_is_known_by_its_magic),
        cmocka_unit_test(a_stub_of_an_esp32_that_has_no_security_info_is_known_by_magic),
        cmocka_unit_test(a_stub_gives_the_chip_id_with_two_status_bytes),
        cmocka_unit_test(secure_download_mode_is_seen_in_the_flags),
        cmocka_unit_test(an_esp32s2_tells_no_chip_id_and_is_known_by_its_magic),
        cmocka_unit_test(twelve_bytes_without_an_id_lead_to_the_magic),
        cmocka_unit_test(secure_download_mode_without_an_id_stays_unknown),
        cmocka_unit_test(an_unknown_chip_id_is_named),
        cmocka_unit_test(a_chip_that_is_unknown_once_is_asked_again),
        cmocka_unit_test(watchdogs_are_switched_off_over_usb_serial_jtag),
        cmocka_unit_test(watchdogs_are_left_alone_when_a_stub_runs),
        cmocka_unit_test(an_esp32_is_not_asked_for_security_info),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
