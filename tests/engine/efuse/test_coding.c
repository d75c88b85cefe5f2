/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/bytes.h"
#include "engine/efuse/coding.h"
#include "tests/fakes/check.h"

#include <jansson.h>
#include <string.h>

static void check_reed_solomon(const char *data, const char *expected)
{
    uint8_t bytes[32], check[EG_EFUSE_CHECK_SIZE];
    char text[2 * EG_EFUSE_CHECK_SIZE + 1];

    assert_true(eg_hex_parse(bytes, sizeof bytes, data));
    eg_efuse_reed_solomon(check, bytes);
    eg_hex(text, check, sizeof check);
    assert_string_equal(text, expected);
}

static void check_three_quarters(const char *data, const char *expected)
{
    uint8_t bytes[24], coded[32];
    char text[65];

    assert_true(eg_hex_parse(bytes, sizeof bytes, data));
    eg_efuse_three_quarters(coded, bytes);
    eg_hex(text, coded, sizeof coded);
    assert_string_equal(text, expected);
}

static void check_bytes_of_reed_solomon(void **state)
{
    (void)state;
    check_reed_solomon("0000000000000000000000000000000000000000000000000000000000000000",
                       "000000000000000000000000");
    check_reed_solomon("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                       "13a36292597404257375e0aa");
    check_reed_solomon("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                       "a04c470d3ffcb203dae9f413");
}

static void three_quarters_coding_adds_two_bytes_to_six(void **state)
{
    (void)state;
    check_three_quarters("ffffffffffffffffffffffffffffffffffffffffffffffff",
                         "ffffffffffff00a8ffffffffffff00a8ffffffffffff00a8ffffffffffff00a8");
    check_three_quarters("000102030405060708090a0b0c0d0e0f1011121314151617",
                         "000102030405011e060708090a0b012f0c0d0e0f101101321213141516170141");
}

static void check_byte_of_a_mac(void **state)
{
    (void)state;
    assert_int_equal(eg_efuse_mac_crc((const uint8_t[]){0x43, 0x55, 0x41, 0xd6, 0x4c, 0xda}), 0x33);
    assert_int_equal(eg_efuse_mac_crc((const uint8_t[]){0x62, 0xeb, 0x63, 0x8d, 0x3a, 0xc2}), 0xd1);
}

/* Format words as registers have them: lowest byte first. */
static void words_text(const json_t *words, char text[65])
{
    uint8_t bytes[32];

    for (size_t i = 0; i < 8; i++)
        eg_put32(bytes + 4 * i, (uint32_t)strtoul(json_string_value(json_array_get(words, i)), NULL, 16));
    eg_hex(text, bytes, sizeof bytes);
}

static void every_vector_of_the_fixtures(void **state)
{
    (void)state;
    char path[4096], text[65];
    json_error_t problem;
    const json_t *row;
    size_t i;
    json_t *all = json_load_file(fixture_path(path, "security/coding/coding.json"), 0, &problem);

    if (all == NULL) {
        print_message("SKIPPED: no fixtures at %s\n", path);
        skip();
    }
    assert_true(json_array_size(json_object_get(all, "reed_solomon_44_32")) > 10);
    json_array_foreach(json_object_get(all, "reed_solomon_44_32"), i, row)
    {
        check_reed_solomon(json_string_value(json_object_get(row, "data")),
                           json_string_value(json_object_get(row, "check")));
    }
    json_array_foreach(json_object_get(all, "three_quarters"), i, row)
    {
        words_text(json_object_get(row, "words"), text);
        check_three_quarters(json_string_value(json_object_get(row, "data")), text);
    }
    json_decref(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_bytes_of_reed_solomon),
        cmocka_unit_test(three_quarters_coding_adds_two_bytes_to_six),
        cmocka_unit_test(check_byte_of_a_mac),
        cmocka_unit_test(every_vector_of_the_fixtures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
