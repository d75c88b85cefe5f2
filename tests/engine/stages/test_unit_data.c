/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"

#include "engine/stages/unit_data.h"

#include <string.h>

static const struct eg_nvs_item given[] = {
    {.space = "device", .key = "serial", .type = EG_NVS_STRING, .data = (const uint8_t *)"A-17", .size = 4},
    {.space = "device", .key = "limit", .type = EG_NVS_U8, .data = (const uint8_t *)"\x07", .size = 1},
    {.space = "wifi", .key = "limit", .type = EG_NVS_U8, .data = (const uint8_t *)"\x09", .size = 1},
    {.space = "empty"},
};

enum { COUNT = sizeof given / sizeof given[0] };

static void assert_read_back(const struct eg_nvs_item *items, size_t count, const char *sentence)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    const struct eg_nvs_items wanted = {(struct eg_nvs_item *)given, COUNT};
    struct eg_error err;

    assert_ok(eg_nvs_build(&image, items, count, 0x3000, EG_NVS_VERSION, &err), err);
    if (sentence == NULL)
        assert_ok(eg_unit_nvs_compare(image.data, image.size, &wanted, &err), err);
    else
        assert_error(eg_unit_nvs_compare(image.data, image.size, &wanted, &err), err, EG_VERIFY_MISMATCH,
                     sentence);
}

static void keys_read_back_are_compared_with_the_given_ones(void **state)
{
    (void)state;
    struct eg_nvs_item items[COUNT + 1];

    assert_read_back(given, COUNT, NULL);

    memcpy(items, given, sizeof given);
    items[0].data = (const uint8_t *)"A-18";
    assert_read_back(items, COUNT, "key serial of namespace device reads otherwise than it was given");

    memcpy(items, given, sizeof given);
    items[1].type = EG_NVS_I8;
    assert_read_back(items, COUNT, "key limit of namespace device reads otherwise than it was given");

    memcpy(items, given, sizeof given);
    strcpy(items[2].space, "device2");
    assert_read_back(items, COUNT, "key limit of namespace wifi is not there");

    memcpy(items, given, sizeof given);
    items[COUNT] = given[2];
    strcpy(items[COUNT].key, "more");
    assert_read_back(items, COUNT + 1, "there are 4 keys, the board was given 3");
}

static void a_damaged_image_is_a_mismatch(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    const struct eg_nvs_items wanted = {(struct eg_nvs_item *)given, COUNT};
    struct eg_error err;

    assert_ok(eg_nvs_build(&image, given, COUNT, 0x3000, EG_NVS_VERSION, &err), err);
    image.data[64] ^= 1;
    assert_int_equal(eg_unit_nvs_compare(image.data, image.size, &wanted, &err), EG_VERIFY_MISMATCH);
    assert_int_equal(err.code, EG_VERIFY_MISMATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_read_back_are_compared_with_the_given_ones),
        cmocka_unit_test(a_damaged_image_is_a_mismatch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
