/* SPDX-License-Identifier: Apache-2.0 */

/* The coding of eFuse blocks, compared with the fixtures. */

#include "tools/vboard/chip/chip.h"

#include "tests/fakes/check.h"

#include <jansson.h>
#include <string.h>

static json_t *load(void)
{
    char path[4096];
    json_t *const root = json_load_file(fixture_path(path, "security/coding/coding.json"), 0, NULL);

    assert_non_null(root);
    return root;
}

static void take(uint8_t *bytes, size_t size, const json_t *vector, const char *name)
{
    const char *text = json_string_value(json_object_get(vector, name));

    assert_int_equal(strlen(text), 2 * size);
    assert_true(eg_hex_parse(bytes, size, text));
}

static void check_bytes_are_those_of_the_fixtures(void **state)
{
    json_t *const root = load();
    const json_t *vectors = json_object_get(root, "reed_solomon_44_32");

    (void)state;
    assert_true(json_array_size(vectors) >= 10);
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        uint8_t coded[VB__CODED_SIZE], check[VB__CODED_SIZE - VB__CODED_DATA];

        take(coded, VB__CODED_DATA, json_array_get(vectors, i), "data");
        take(check, sizeof check, json_array_get(vectors, i), "check");
        vb__rs_check(coded);
        assert_memory_equal(coded + VB__CODED_DATA, check, sizeof check);
        /* Change any bytes, including check bytes. */
        for (unsigned wrong = 1; wrong <= 6; wrong++) {
            uint8_t spoilt[VB__CODED_SIZE];

            memcpy(spoilt, coded, sizeof spoilt);
            for (unsigned k = 0; k < wrong; k++)
                spoilt[(k * 7 + i * 5) % VB__CODED_SIZE] ^= (uint8_t)(1 + k * 41 + i);
            assert_int_equal(vb__rs_correct(spoilt), wrong);
            assert_memory_equal(spoilt, coded, sizeof spoilt);
        }
    }
    json_decref(root);
}

static void three_quarters_are_those_of_the_fixtures(void **state)
{
    json_t *const root = load();
    const json_t *vectors = json_object_get(root, "three_quarters");

    (void)state;
    assert_true(json_array_size(vectors) >= 4);
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        uint8_t data[24], expected[32], raw[32], back[24];

        take(data, sizeof data, json_array_get(vectors, i), "data");
        take(expected, sizeof expected, json_array_get(vectors, i), "bytes");
        vb__three_quarters_encode(raw, data);
        assert_memory_equal(raw, expected, sizeof raw);
        assert_int_equal(vb__three_quarters_decode(back, raw), 0);
        assert_memory_equal(back, data, sizeof back);
        for (unsigned bit = 0; bit < 8 * sizeof raw; bit += 5) {
            raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(vb__three_quarters_decode(back, raw), 1u << bit / 64);
            assert_memory_equal(back, data, sizeof back);
            raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_bytes_are_those_of_the_fixtures),
        cmocka_unit_test(three_quarters_are_those_of_the_fixtures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
