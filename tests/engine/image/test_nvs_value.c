/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/nvs.h"

#include "tests/fakes/check.h"

#include <string.h>

static void text_becomes_the_bytes_of_its_encoding(void **state)
{
    (void)state;
    static const struct {
        const char *encoding, *text, *hex;
        enum eg_nvs_type type;
    } rows[] = {
        {"u8", "0", "00", EG_NVS_U8},
        {"U8", " 255\n", "ff", EG_NVS_U8},
        {"u8", "0x2A", "2a", EG_NVS_U8},
        {"u8", "-0", "00", EG_NVS_U8},
        {"i8", "-128", "80", EG_NVS_I8},
        {"i8", "+127", "7f", EG_NVS_I8},
        {"u16", "65535", "ffff", EG_NVS_U16},
        {"i16", "-32768", "0080", EG_NVS_I16},
        {"u32", "010", "0a000000", EG_NVS_U32},
        {"i32", "-1", "ffffffff", EG_NVS_I32},
        {"u64", "18446744073709551615", "ffffffffffffffff", EG_NVS_U64},
        {"i64", "-9223372036854775808", "0000000000000080", EG_NVS_I64},
        {"i64", "9223372036854775807", "ffffffffffffff7f", EG_NVS_I64},
        {"string", "", "", EG_NVS_STRING},
        {"string", " \xc3\xbc\n", "20c3bc0a", EG_NVS_STRING},
        {"binary", "a\"", "6122", EG_NVS_BLOB},
        {"hex2bin", " 00aBff\n", "00abff", EG_NVS_BLOB},
        {"hex2bin", "", "", EG_NVS_BLOB},
        {"base64", "SGVs\nbG8=\n", "48656c6c6f", EG_NVS_BLOB},
        {"base64", "+/8=", "fbff", EG_NVS_BLOB},
        {"base64", "QQ==", "41", EG_NVS_BLOB},
        {"blob_fill(4;0xAb)", "xy", "7879abab", EG_NVS_BLOB},
        {"blob_fill(0;0x00)", "", "", EG_NVS_BLOB},
        {"blob_sz_fill(3;0x00)", "xy", "02000000787900", EG_NVS_BLOB},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer value = {0};
        enum eg_nvs_type type;
        struct eg_error err;
        char hex[64];
        print_message("%s '%s'\n", rows[i].encoding, rows[i].text);
        assert_ok(
            eg_nvs_value_parse(&type, &value, rows[i].encoding, rows[i].text, strlen(rows[i].text), &err),
            err);
        eg_hex(hex, value.data, value.size);
        assert_string_equal(hex, rows[i].hex);
        assert_int_equal(type, rows[i].type);
    }
}

#define ENCODINGS                                                                                            \
    "u8, i8, u16, i16, u32, i32, u64, i64, string, binary, hex2bin, base64, blob_fill(SIZE;0xNN), "          \
    "blob_sz_fill(SIZE;0xNN)"

static void what_does_not_fit_is_refused_and_only_numbers_are_shown(void **state)
{
    (void)state;
    static const struct {
        const char *encoding, *text, *sentence;
    } rows[] = {
        {"u8", "256", "value 256 is out of the range of a u8, 0 to 255"},
        {"u8", "-1", "value -1 is out of the range of a u8, 0 to 255"},
        {"i8", "128", "value 128 is out of the range of a i8, -128 to 127"},
        {"i8", "-0x81", "value -0x81 is out of the range of a i8, -128 to 127"},
        {"u16", "65536", "value 65536 is out of the range of a u16, 0 to 65535"},
        {"i32", "2147483648", "value 2147483648 is out of the range of a i32, -2147483648 to 2147483647"},
        {"u64", "18446744073709551616",
         "value 18446744073709551616 is out of the range of a u64, 0 to 18446744073709551615"},
        {"i64", "-9223372036854775809",
         "value -9223372036854775809 is out of the range of a i64, -9223372036854775808 to "
         "9223372036854775807"},
        {"u8", "", "the value is empty, a u8 is a number"},
        {"u8", "secret", "the value is no number, such as 42 or 0x2a, as a u8 is"},
        {"u32", "1_000", "the value is no number, such as 42 or 0x2a, as a u32 is"},
        {"u32", "0x", "the value is no number, such as 42 or 0x2a, as a u32 is"},
        {"i32", "-", "the value is no number, such as 42 or 0x2a, as a i32 is"},
        {"u32", "1.5", "the value is no number, such as 42 or 0x2a, as a u32 is"},
        {"string", "a\xff", "byte 2 of the value, 0xff, is no text in UTF-8"},
        {"hex2bin", "abc", "the value has 3 hex digits, an odd number"},
        {"hex2bin", "secret", "character 1 of the value is no hex digit"},
        {"base64", "se*ret", "character 3 of the value cannot be there in base64"},
        {"base64", "QQ==QQ==", "character 5 of the value cannot be there in base64"},
        {"base64", "QQ=", "the value is cut off or badly padded base64, of 3 characters"},
        {"base64", "Q===", "the value is cut off or badly padded base64, of 4 characters"},
        {"blob_fill(1;0x00)", "ab", "the value has 2 bytes, more than the 1 to be filled"},
        {"blob_fill(508001;0x00)", "", "encoding \"blob_fill(508001;0x00)\" is none of " ENCODINGS},
        {"blob_fill(1;0x0g)", "", "encoding \"blob_fill(1;0x0g)\" is none of " ENCODINGS},
        {"u128", "1", "encoding \"u128\" is none of " ENCODINGS},
        {"", "1", "encoding \"\" is none of " ENCODINGS},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer value = {0};
        enum eg_nvs_type type;
        struct eg_error err;
        print_message("%s\n", rows[i].sentence);
        assert_error(
            eg_nvs_value_parse(&type, &value, rows[i].encoding, rows[i].text, strlen(rows[i].text), &err),
            err, EG_BAD_IMAGE, rows[i].sentence);
    }
}

static void a_nul_in_a_string_is_refused(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer value = {0};
    enum eg_nvs_type type;
    struct eg_error err;

    assert_error(eg_nvs_value_parse(&type, &value, "string", "a\0b", 3, &err), err, EG_BAD_IMAGE,
                 "byte 2 of the value, 0x00, is no text in UTF-8");
    assert_ok(eg_nvs_value_parse(&type, &value, "binary", "a\0b", 3, &err), err);
    assert_int_equal(value.size, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_becomes_the_bytes_of_its_encoding),
        cmocka_unit_test(what_does_not_fit_is_refused_and_only_numbers_are_shown),
        cmocka_unit_test(a_nul_in_a_string_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
