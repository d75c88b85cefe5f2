/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/detecting.h"

#include <stdio.h>

/* Connect and detect with a recording of a real chip. */
static void detect_recorded(const char *recording, size_t turns, const char *expected)
{
    struct talk talk = {0};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_record(&talk, recording);
    talk_begin_at(&talk, 0, turns, &script, &loader, NULL, false);
    assert_ok(eg_loader_connect(&loader, EG_BEFORE_NO_RESET, 115200, 1, &err), err);
    assert_ok(eg_loader_detect(&loader, NULL, &err), err);
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
    struct eg_loader loader;

    security(&talk, 0x21, 9, 20);
    detect(&talk, false, "esp32s3", &loader);
    assert_int_equal(loader.security.flags, 0x21);
    assert_int_equal(loader.security.flash_crypt_count, 7);
    assert_int_equal(loader.security.api_version, 3);
}

static void an_esp8266_is_known_by_its_magic(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct eg_loader loader;

    security_request(&talk);
    talk_reply(&talk, 0x08, 0, 0x0105);
    talk_sync(&talk, 0x20120707);
    talk_read(&talk, 0x40001000, 0xfff0c101);
    detect(&talk, false, "esp8266", &loader);
}

static void a_stub_of_an_esp32_that_has_no_security_info_is_known_by_magic(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct eg_loader loader;

    security_request(&talk);
    talk_reply(&talk, 0x14, 0, 0xff00);
    talk_read(&talk, 0x40001000, 0x00f01d83);
    detect(&talk, true, "esp32", &loader);
}

static void a_stub_gives_the_chip_id_with_two_status_bytes(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct eg_loader loader;

    security(&talk, 0, 5, 20);
    detect(&talk, true, "esp32c3", &loader);
}

/* Detect at the other end of the conversation, and fail. */
static void detect_fails(struct talk *talk, enum eg_code code, const char *sentence)
{
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(talk, &script, &loader, NULL, false);
    assert_error(eg_loader_detect(&loader, NULL, &err), err, code, sentence);
    talk_end(&script);
}

/* Check that the chip is unknown; the sentence ends with all names. */
static void detect_fails_unknown(struct talk *talk, const char *what)
{
    char names[200], expected[300];

    eg_target_names(names, sizeof names);
    snprintf(expected, sizeof expected, "%s is none of %s", what, names);
    detect_fails(talk, EG_UNKNOWN_CHIP, expected);
}

static void an_esp32s2_gives_no_id_and_is_known_by_its_magic(void **state)
{
    (void)state;
    for (unsigned stub = 0; stub < 2; stub++) {
        struct talk talk = {.status_size = stub ? 2 : 4};
        struct eg_loader loader;

        security(&talk, 0x21, 0, 12);
        talk_read(&talk, 0x40001000, 0x000007c6);
        detect(&talk, stub != 0, "esp32s2", &loader);
        assert_true(loader.has_security);
        assert_false(loader.security.has_chip_id);
        assert_int_equal(loader.security.flags, 0x21);
        assert_int_equal(loader.security.flash_crypt_count, 7);
        assert_false(loader.secure_download);
    }
}

static void an_unknown_magic_is_named(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};

    for (unsigned i = 0; i < 2; i++) {
        security(&talk, 0, 0, 12);
        talk_read(&talk, 0x40001000, 0x12345678);
    }
    detect_fails_unknown(&talk, "chip magic 0x12345678");
}

static void secure_download_mode_without_an_id_is_the_esp32s2s(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct eg_loader loader;

    security(&talk, EG_SECURITY_SECURE_DOWNLOAD, 0, 12);
    TALK_WORDS(&talk, 0x0a, 0x40001000);
    talk_unsupported(&talk, 0x14);
    detect(&talk, false, "esp32s2", &loader);
    assert_true(loader.secure_download);
}

static void an_esp32s2_whose_question_was_damaged_is_asked_again(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct eg_loader loader;

    security(&talk, 0, 0, 12); /* not in secure download mode */
    TALK_WORDS(&talk, 0x0a, 0x40001000);
    talk_unsupported(&talk, 0x14);
    security(&talk, 0, 0, 12);
    talk_read(&talk, 0x40001000, 0x000007c6);
    detect(&talk, false, "esp32s2", &loader);
    assert_false(loader.secure_download);
}

static void an_expected_chip_without_security_info_is_known_by_one_register(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_read(&talk, 0x40001000, 0x00f01d83);
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_ok(eg_loader_detect(&loader, eg_target_by_name("esp32"), &err), err);
    assert_string_equal(loader.target->name, "esp32");
    assert_false(loader.has_security);
    talk_end(&script);
}

static void another_chip_than_the_expected_one_is_known_all_the_same(void **state)
{
    (void)state;
    static const uint16_t refusals[] = {0, 0x0106};

    for (size_t i = 0; i < 2; i++) {
        struct talk talk = {.status_size = 4};
        struct scripted_port script;
        struct eg_loader loader;
        struct eg_error err;

        TALK_WORDS(&talk, 0x0a, 0x40001000);
        talk_reply(&talk, 0x0a, 0, refusals[i]);
        security(&talk, 0, 5, 20);
        talk_begin(&talk, &script, &loader, NULL, false);
        assert_ok(eg_loader_detect(&loader, eg_target_by_name("esp32"), &err), err);
        assert_string_equal(loader.target->name, "esp32c3");
        talk_end(&script);
    }
}

static void a_chip_that_answers_nothing_stays_unknown(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};

    for (unsigned i = 0; i < 2; i++) {
        security_request(&talk);
        talk_unsupported(&talk, 0x08);
        TALK_WORDS(&talk, 0x0a, 0x40001000);
        talk_unsupported(&talk, 0x08);
    }
    detect_fails(&talk, EG_UNKNOWN_CHIP, "the chip returns no chip id and refuses to read registers");
}

static void an_unknown_chip_id_is_named(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};

    for (unsigned i = 0; i < 2; i++)
        security(&talk, 0, 99, 20);
    detect_fails_unknown(&talk, "chip id 99");
}

static void a_register_that_is_refused_is_no_chip(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};

    security_request(&talk);
    talk_unsupported(&talk, 0x08);
    TALK_WORDS(&talk, 0x0a, 0x40001000);
    talk_reply(&talk, 0x0a, 0, 0x0106);
    detect_fails(&talk, EG_DEVICE_REFUSED,
                 "reading register 0x40001000: device status 0x0106 (operation failed)");
}

/* Detect a chip with this id; it must be the one of this name. */
static enum eg_code detect_as(uint32_t chip_id, const char *name, struct eg_loader *loader,
                              struct eg_error *err)
{
    struct talk talk = {.status_size = 4};
    struct scripted_port script;

    for (unsigned i = 0; i < (eg_target_by_image_id((int)chip_id) != NULL ? 1 : 2); i++)
        security(&talk, 0, chip_id, 20);
    talk_begin(&talk, &script, loader, NULL, false);
    const enum eg_code code = eg_loader_detect_as(loader, eg_target_by_name(name), err);
    talk_end(&script);
    return code;
}

static void a_chip_is_detected_as_the_given_one(void **state)
{
    (void)state;
    struct eg_loader loader;
    struct eg_error err;

    assert_ok(detect_as(5, "esp32c3", &loader, &err), err);
    assert_string_equal(loader.target->name, "esp32c3");
}

static void a_chip_that_is_another_one_is_refused(void **state)
{
    (void)state;
    struct eg_loader loader;
    struct eg_error err;

    assert_error(detect_as(9, "esp32c3", &loader, &err), err, EG_WRONG_CHIP,
                 "the chip is an ESP32-S3, not an ESP32-C3");
}

static void a_chip_that_cannot_be_told_is_taken_at_its_word(void **state)
{
    (void)state;
    struct eg_loader loader;
    struct eg_error err;

    assert_ok(detect_as(99, "esp32c6", &loader, &err), err);
    assert_string_equal(loader.target->name, "esp32c6");
}

static void a_chip_that_does_not_answer_is_not_taken_for_anything(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    security_request(&talk);
    talk_begin(&talk, &script, &loader, NULL, false);
    assert_error(eg_loader_detect_as(&loader, eg_target_by_name("esp32c3"), &err), err, EG_TIMEOUT,
                 "reading security info: no answer to GET_SECURITY_INFO within 3000 ms");
    assert_null(loader.target);
    talk_end(&script);
}

static void a_chip_that_is_unknown_once_is_asked_again(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct eg_loader loader;

    security_request(&talk);
    talk_reply(&talk, 0x14, 0, 0x0105); /* the request was damaged */
    talk_read(&talk, 0x40001000, 0x1b31506f);
    security(&talk, 0, 5, 20);
    detect(&talk, false, "esp32c3", &loader);
}

/* Replay the request for security info from a recording, with its answer. */
static enum eg_code security_recorded(const char *recording, size_t nth, bool stub,
                                      struct eg_security_info *info, struct eg_error *err)
{
    struct talk talk = {0};
    struct scripted_port script;
    struct eg_loader loader;
    size_t at = 0;

    talk_record(&talk, recording);
    for (size_t i = 0; i < nth; i++)
        at = talk_find(&talk, at + 1, EG_OP_GET_SECURITY_INFO);
    talk_begin_at(&talk, at, 1, &script, &loader, NULL, stub);
    const enum eg_code code = eg_loader_security_info(&loader, info, err);
    talk_end(&script);
    return code;
}

static void real_chips_tell_their_security_or_that_they_cannot(void **state)
{
    (void)state;
    struct eg_security_info info;
    struct eg_error err;

    assert_ok(security_recorded("traces/esp32c3-rom-security-info.jsonl", 1, false, &info, &err), err);
    assert_int_equal(info.flags, 0);
    assert_int_equal(info.flash_crypt_count, 0);
    assert_true(info.has_chip_id);
    assert_int_equal(info.chip_id, 5);
    assert_int_equal(info.api_version, 3);
    for (size_t i = 0; i < EG_SECURITY_KEYS; i++)
        assert_int_equal(info.key_purposes[i], i < 6 ? 0 : 12);

    assert_error(security_recorded("traces/esp32-rom-security-info.jsonl", 1, false, &info, &err), err,
                 EG_UNSUPPORTED, "reading security info: the chip's ROM does not accept GET_SECURITY_INFO");
    assert_error(security_recorded("traces/esp32-stub-security-info.jsonl", 2, true, &info, &err), err,
                 EG_UNSUPPORTED, "reading security info: device status 0xff00 (not implemented)");
}

static void known_security_info_is_not_read_again(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_security_info info;
    struct eg_error err;

    security(&talk, 0x40, 5, 20);
    talk_begin(&talk, &script, &loader, "esp32c3", false);
    for (unsigned i = 0; i < 2; i++) {
        memset(&info, 0, sizeof info);
        assert_ok(eg_loader_security_info(&loader, &info, &err), err);
        assert_int_equal(info.flags, 0x40);
    }
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
        cmocka_unit_test(an_esp32s2_gives_no_id_and_is_known_by_its_magic),
        cmocka_unit_test(an_unknown_magic_is_named),
        cmocka_unit_test(secure_download_mode_without_an_id_is_the_esp32s2s),
        cmocka_unit_test(an_esp32s2_whose_question_was_damaged_is_asked_again),
        cmocka_unit_test(an_expected_chip_without_security_info_is_known_by_one_register),
        cmocka_unit_test(another_chip_than_the_expected_one_is_known_all_the_same),
        cmocka_unit_test(a_chip_that_answers_nothing_stays_unknown),
        cmocka_unit_test(an_unknown_chip_id_is_named),
        cmocka_unit_test(a_register_that_is_refused_is_no_chip),
        cmocka_unit_test(a_chip_is_detected_as_the_given_one),
        cmocka_unit_test(a_chip_that_is_another_one_is_refused),
        cmocka_unit_test(a_chip_that_cannot_be_told_is_taken_at_its_word),
        cmocka_unit_test(a_chip_that_does_not_answer_is_not_taken_for_anything),
        cmocka_unit_test(a_chip_that_is_unknown_once_is_asked_again),
        cmocka_unit_test(real_chips_tell_their_security_or_that_they_cannot),
        cmocka_unit_test(known_security_info_is_not_read_again),
        cmocka_unit_test(an_esp32_is_not_asked_for_security_info),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
