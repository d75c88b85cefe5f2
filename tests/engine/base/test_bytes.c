/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/bytes.h"
#include "tests/fakes/check.h"

#include <string.h>

static void words_are_little_endian(void **state)
{
    (void)state;
    uint8_t bytes[6];

    eg_put16(bytes, 0x8001);
    eg_put32(bytes + 2, 0x89abcdef);
    assert_memory_equal(bytes, ((uint8_t[]){0x01, 0x80, 0xef, 0xcd, 0xab, 0x89}), 6);
    assert_int_equal(eg_get16(bytes), 0x8001);
    assert_int_equal(eg_get32(bytes + 2), 0x89abcdef);
}

static void division_rounds_up_without_overflow(void **state)
{
    (void)state;
    assert_int_equal(eg_div_up(0, 4096), 0);
    assert_int_equal(eg_div_up(1, 4096), 1);
    assert_int_equal(eg_div_up(4096, 4096), 1);
    assert_int_equal(eg_div_up(4097, 4096), 2);
    assert_int_equal(eg_div_up(UINT32_MAX, 4096), 0x100000);
}

static void hex_digits_of_either_case_are_read_and_lower_case_is_written(void **state)
{
    (void)state;
    uint8_t bytes[2];
    char text[5];

    assert_true(eg_hex_parse(bytes, 2, "aF09"));
    assert_memory_equal(bytes, ((uint8_t[]){0xaf, 0x09}), 2);
    eg_hex(text, bytes, 2);
    assert_string_equal(text, "af09");
    eg_hex(text, bytes, 0);
    assert_string_equal(text, "");
}

static void only_exactly_as_many_hex_digits_are_read(void **state)
{
    (void)state;
    static const char *const others[] = {"",     "af0",  "af099", "af0900", "ag09",
                                         "af0:", " f09", "af0G",  "0xaf"};
    uint8_t bytes[2];

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (eg_hex_parse(bytes, 2, others[i]))
            fail_msg("\"%s\" was read as two bytes", others[i]);
}

static void a_flash_id_is_written_as_in_datasheets(void **state)
{
    (void)state;
    char text[EG_JEDEC_TEXT];

    eg_jedec_text(text, 0x1640c8);
    assert_string_equal(text, "c84016");
}

static void a_buffer_grows_and_keeps_what_it_has(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer buffer = {0};
    struct eg_error err;

    assert_ok(eg_buffer_append(&buffer, "ab", 2, &err), err);
    assert_ok(eg_buffer_append(&buffer, NULL, 0, &err), err);
    assert_ok(eg_buffer_resize(&buffer, 1000, 0xff, &err), err);
    assert_int_equal(buffer.size, 1000);
    assert_memory_equal(buffer.data, "ab\xff", 3);
    assert_int_equal(buffer.data[999], 0xff);
    assert_ok(eg_buffer_resize(&buffer, 1, 0, &err), err);
    assert_ok(eg_buffer_append(&buffer, "c", 1, &err), err);
    assert_int_equal(buffer.size, 2);
    assert_memory_equal(buffer.data, "ac", 2);
}

static void more_memory_than_there_is_fails_with_a_sentence(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer buffer = {0};
    EG_CLEANUP(eg_free_cleanup) void *memory = NULL;
    struct eg_error err;

    assert_ok(eg_buffer_append(&buffer, "ab", 2, &err), err);
    assert_int_equal(eg_buffer_append(&buffer, "ab", SIZE_MAX - 1, &err), EG_NO_MEMORY);
    assert_int_equal(eg_buffer_resize(&buffer, SIZE_MAX, 0, &err), EG_NO_MEMORY);
    assert_int_equal(buffer.size, 2);
    assert_memory_equal(buffer.data, "ab", 2);
    assert_ok(eg_alloc(&memory, 0, 8, &err), err);
    assert_non_null(memory);
}

static void a_list_grows_by_items_of_zeros_and_keeps_what_it_has(void **state)
{
    (void)state;
    EG_CLEANUP(eg_free_cleanup) uint32_t *list = NULL;
    struct eg_error err;

    for (uint32_t count = 0; count < 100; count++) {
        assert_ok(eg_grow(&list, count, sizeof *list, &err), err);
        assert_int_equal(list[count], 0);
        list[count] = ~count;
    }
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(list[i], ~i);
    assert_ok(eg_grow(&list, 5, sizeof *list, &err), err); /* after it was shortened */
    assert_int_equal(list[4], ~4u);
    assert_int_equal(list[5], 0);
    assert_error(eg_grow(&list, SIZE_MAX / 2 + 1, sizeof *list, &err), err, EG_NO_MEMORY,
                 "0 times 4 bytes asked for");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_little_endian),
        cmocka_unit_test(division_rounds_up_without_overflow),
        cmocka_unit_test(hex_digits_of_either_case_are_read_and_lower_case_is_written),
        cmocka_unit_test(only_exactly_as_many_hex_digits_are_read),
        cmocka_unit_test(a_flash_id_is_written_as_in_datasheets),
        cmocka_unit_test(a_buffer_grows_and_keeps_what_it_has),
        cmocka_unit_test(a_list_grows_by_items_of_zeros_and_keeps_what_it_has),
        cmocka_unit_test(more_memory_than_there_is_fails_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
