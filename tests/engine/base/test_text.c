/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/text.h"
#include "tests/fakes/check.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void a_valid_sequence_has_its_length_and_an_invalid_one_zero(void **state)
{
    (void)state;
    const struct {
        const char *text;
        size_t length;
    } cases[] = {
        {"a", 1},
        {"\xc3\xbc", 2},
        {"\xe2\x82\xac", 3},
        {"\xf0\x9f\x98\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"", 0},
        {"\x80", 0},             /* a continuation alone */
        {"\xc3", 0},             /* cut */
        {"\xc3(", 0},            /* no continuation */
        {"\xc0\x80", 0},         /* overlong encoding */
        {"\xe0\x80\x80", 0},     /* likewise */
        {"\xf0\x80\x80\x80", 0}, /* likewise */
        {"\xed\xa0\x80", 0},     /* half of a surrogate pair */
        {"\xf4\x90\x80\x80", 0}, /* beyond Unicode */
        {"\xff", 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(eg_utf8_length(cases[i].text, strlen(cases[i].text)), cases[i].length);
}

static void bytes_that_are_not_utf_8_are_replaced_one_by_one(void **state)
{
    (void)state;
    struct eg_error err;
    char *clean;

    assert_ok(eg_utf8_clean(&clean, "\xff\xfe/ü\xc3.bin", &err), err);
    assert_string_equal(clean, "\xef\xbf\xbd\xef\xbf\xbd/ü\xef\xbf\xbd.bin");
    free(clean);
    assert_ok(eg_utf8_clean(&clean, "", &err), err);
    assert_string_equal(clean, "");
    free(clean);
}

static void text_from_a_device_is_harmless_once_its_controls_are_replaced(void **state)
{
    (void)state;
    char text[] = "\x1b[31mA\x07\xc2\x9b"
                  "2J\x7f\xff\xe4\xbd\xa0\xc2\xa0"
                  "b\n";
    char none[] = "";

    eg_text_make_harmless(text);
    assert_string_equal(text, "?[31mA??2J??\xe4\xbd\xa0\xc2\xa0"
                              "b?");
    eg_text_make_harmless(none);
    assert_string_equal(none, "");
}

static void a_text_is_checked_for_characters_that_are_not_shown(void **state)
{
    static const struct {
        const char *text, *sentence;
    } bad[] = {
        {"a\x1b[2J", "byte 0x1b is a control character"}, {"\t", "byte 0x09 is a control character"},
        {"a\x7f", "byte 0x7f is a control character"},    {"a\xc2\x85", "U+0085 is a control character"},
        {"\xc2\x9f", "U+009F is a control character"},    {"a\xff", "byte 0xff is not UTF-8"},
    };
    struct eg_error err;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_error(eg_text_check(bad[i].text, strlen(bad[i].text), &err), err, EG_BAD_ARGUMENT,
                     bad[i].sentence);
    assert_ok(eg_text_check("\xc2\xa0 ü\xe4\xbd\xa0", 8, &err), err);
    assert_ok(eg_text_check("\x01", 0, &err), err);
}

static void a_typing_error_is_near_the_intended_word(void **state)
{
    (void)state;
    char longest[EG_WORD_MAX + 2] = "";

    assert_int_equal(eg_text_distance("no-sync", "no-sync"), 0);
    assert_int_equal(eg_text_distance("no-snyc", "no-sync"), 2);
    assert_int_equal(eg_text_distance("nosync", "no-sync"), 1);
    assert_int_equal(eg_text_distance("no-syncs", "no-sync"), 1);
    assert_int_equal(eg_text_distance("", "abc"), 3);
    memset(longest, 'a', EG_WORD_MAX);
    assert_int_equal(eg_text_distance(longest, ""), EG_WORD_MAX);
    longest[EG_WORD_MAX] = 'a';
    assert_int_equal(eg_text_distance(longest, "a"), UINT_MAX);
    assert_int_equal(eg_text_distance("a", longest), UINT_MAX);
}

static void a_byte_order_mark_is_skipped_and_utf_16_is_named(void **state)
{
    (void)state;
    const char *text = "\xef\xbb\xbfkey";
    size_t size = 6;
    struct eg_error err;

    assert_ok(eg_text_begin(&text, &size, &err), err);
    assert_int_equal(size, 3);
    assert_string_equal(text, "key");
    assert_ok(eg_text_begin(&text, &size, &err), err);
    assert_int_equal(size, 3);
    text = "\xff\xfek";
    assert_error(eg_text_begin(&text, &size, &err), err, EG_BAD_IMAGE,
                 "the text is UTF-16; save it as UTF-8");
    text = "\xfe\xff";
    size = 2;
    assert_error(eg_text_begin(&text, &size, &err), err, EG_BAD_IMAGE,
                 "the text is UTF-16; save it as UTF-8");
    size = 0;
    assert_ok(eg_text_begin(&text, &size, &err), err);
}

static void a_separator_other_than_a_comma_is_named(void **state)
{
    (void)state;
    struct eg_error err;

    assert_ok(eg_csv_check_separator("serial", &err), err);
    assert_error(eg_csv_check_separator("serial;pin", &err), err, EG_BAD_IMAGE,
                 "the fields are separated by semicolons, not by commas; save the file as CSV with commas");
    assert_error(eg_csv_check_separator("serial\tpin", &err), err, EG_BAD_IMAGE,
                 "the fields are separated by tabs, not by commas; save the file as CSV with commas");
}

static void white_space_is_cut_off_both_ends(void **state)
{
    char both[] = " \t a b\r\n", none[] = "a", blank[] = "  ", empty[] = "";

    (void)state;
    assert_string_equal(eg_text_trim(both), "a b");
    assert_string_equal(eg_text_trim(none), "a");
    assert_string_equal(eg_text_trim(blank), "");
    assert_string_equal(eg_text_trim(empty), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(white_space_is_cut_off_both_ends),
        cmocka_unit_test(a_valid_sequence_has_its_length_and_an_invalid_one_zero),
        cmocka_unit_test(bytes_that_are_not_utf_8_are_replaced_one_by_one),
        cmocka_unit_test(a_text_is_checked_for_characters_that_are_not_shown),
        cmocka_unit_test(text_from_a_device_is_harmless_once_its_controls_are_replaced),
        cmocka_unit_test(a_typing_error_is_near_the_intended_word),
        cmocka_unit_test(a_byte_order_mark_is_skipped_and_utf_16_is_named),
        cmocka_unit_test(a_separator_other_than_a_comma_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
