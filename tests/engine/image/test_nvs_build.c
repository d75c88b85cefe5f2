/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/nvs.h"

#include "engine/base/digest.h"
#include "tests/fakes/check.h"

#include <stdio.h>
#include <string.h>

#define TEXT(text) (const uint8_t *)(text), sizeof(text) - 1

static void assert_sha256(const struct eg_buffer *image, const char *wanted)
{
    char text[EG_SHA256_TEXT];
    uint8_t sha256[EG_SHA256_SIZE];
    struct eg_error err;

    assert_ok(eg_sha256(sha256, image->data, image->size, &err), err);
    eg_hex(text, sha256, sizeof sha256);
    assert_string_equal(text, wanted);
}

static void items_become_the_bytes_of_the_reference(void **state)
{
    (void)state;
    const struct eg_nvs_item items[] = {
        {"net", "ssid", EG_NVS_STRING,
         TEXT("line 7 / Pr\xc3\xbc"
              "fstand")},
        {"net", "chan", EG_NVS_U8, BYTES(11)},
        {"unit", "mac", EG_NVS_BLOB, BYTES(0x7c, 0xdf, 0xa1, 0x00, 0x11, 0x22)},
        {"unit", "note", EG_NVS_BLOB, TEXT("Hello")},
    };
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    struct eg_error err;

    assert_ok(eg_nvs_build(&image, items, 1, 0x3000, 2, &err), err);
    assert_int_equal(image.size, 0x3000);
    image.size = 0;
    assert_ok(eg_nvs_build(&image, items, sizeof items / sizeof *items, 0x3000, 2, &err), err);
    assert_sha256(&image, "c626c76f6970cb739e8a5e43b805c9adb3171606255431d42831b22f7b420e72");
}

static void an_image_is_appended_and_nothing_is_on_failure(void **state)
{
    (void)state;
    const struct eg_nvs_item item = {"a", "b", EG_NVS_U16, BYTES(1, 2)};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    struct eg_error err;

    assert_ok(eg_buffer_append(&image, "before", 6, &err), err);
    assert_error(eg_nvs_build(&image, &item, 1, 0x800, 2, &err), err, EG_BAD_ARGUMENT,
                 "size 0x800 of an NVS partition is not a multiple of 0x1000");
    assert_int_equal(image.size, 6);
    assert_ok(eg_nvs_build(&image, &item, 1, 0x4000, 1, &err), err);
    assert_int_equal(image.size, 6 + 0x4000);
    assert_memory_equal(image.data, "before\xfe\xff\xff\xff\0\0\0\0\xff", 15);
}

static void an_empty_partition_has_one_page_in_use(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    struct eg_nvs_usage usage;
    struct eg_error err;

    assert_ok(eg_nvs_build(&image, NULL, 0, 0x3000, 2, &err), err);
    assert_ok(eg_nvs_read(&items, &usage, image.data, image.size, &err), err);
    assert_int_equal(items.count, 0);
    assert_int_equal(usage.pages_used, 1);
    assert_int_equal(usage.version, 2);
}

/* ESP-IDF allows this, although its generator does not support it. */
static void the_longest_string_gets_a_page_of_its_own(void **state)
{
    (void)state;
    uint8_t text[4000];
    const struct eg_nvs_item items[] = {{"a", "s", EG_NVS_STRING, text, 3999},
                                        {"a", "t", EG_NVS_STRING, text, 4000}};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items back = {0};
    struct eg_nvs_usage usage;
    struct eg_error err;

    memset(text, 'x', sizeof text);
    assert_ok(eg_nvs_build(&image, items, 1, 0x3000, 2, &err), err);
    assert_ok(eg_nvs_read(&back, &usage, image.data, image.size, &err), err);
    assert_int_equal(back.count, 1);
    assert_int_equal(back.list[0].size, 3999);
    assert_memory_equal(back.list[0].data, text, 3999);
    assert_int_equal(usage.pages_used, 2);
    assert_error(eg_nvs_build(&image, items, 2, 0x10000, 2, &err), err, EG_BAD_IMAGE,
                 "key \"t\" is a string of 4001 bytes with its NUL, the longest has 4000");
}

static void a_partition_that_is_too_small_is_refused_with_the_needed_size(void **state)
{
    (void)state;
    static uint8_t blob[9000];
    const struct eg_nvs_item item = {"s", "b", EG_NVS_BLOB, blob, sizeof blob};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    struct eg_error err;

    assert_error(eg_nvs_build(&image, &item, 1, 0x3000, 2, &err), err, EG_BAD_IMAGE,
                 "an NVS partition of 0x3000 bytes is too small: its items need 0x4000");
    assert_ok(eg_nvs_build(&image, &item, 1, 0x4000, 2, &err), err);
}

static void items_that_nvs_cannot_hold_are_refused(void **state)
{
    (void)state;
    static uint8_t zeros[600000];
    const struct {
        struct eg_nvs_item items[2];
        size_t count;
        unsigned version;
        const char *text;
    } rows[] = {
        {{{"a", "k", EG_NVS_U8, BYTES(1)}, {"a", "k", EG_NVS_I8, BYTES(1)}},
         2,
         2,
         "there are two keys \"k\" in namespace \"a\""},
        {{{"", "k", EG_NVS_U8, BYTES(1)}}, 1, 2, "key \"k\" is in no namespace"},
        {{{"a", {"sixteen_letters_"}, EG_NVS_U8, BYTES(1)}},
         1,
         2,
         "key \"sixteen_letters_\" is longer than 15 bytes"},
        {{{{"sixteen_letters_"}, "k", EG_NVS_U8, BYTES(1)}},
         1,
         2,
         "key \"k\" is in a namespace with a name of more than 15 bytes"},
        {{{"a", "k", EG_NVS_U32, BYTES(1, 2)}}, 1, 2, "key \"k\" is a u32 of 2 bytes"},
        {{{"a", "k", (enum eg_nvs_type)0x42, BYTES(1)}}, 1, 2, "key \"k\" is of the unknown type 0x42"},
        {{{"a", "k", EG_NVS_STRING, BYTES('x', 0, 'y')}}, 1, 2, "key \"k\" is a string with a NUL in it"},
        {{{"a", "k", EG_NVS_BLOB, zeros, 508001}},
         1,
         2,
         "key \"k\" is a blob of 508001 bytes, the longest has 508000"},
        {{{"a", "k", EG_NVS_BLOB, zeros, 508000}}, 1, 2, "key \"k\" is a blob on more than 127 pages"},
        {{{"a", "k", EG_NVS_BLOB, zeros, 1985}},
         1,
         1,
         "key \"k\" is a blob of 1985 bytes, the longest in version 1 has 1984"},
        {{{"a", "k", EG_NVS_STRING, (const uint8_t *)"", 0}},
         1,
         3,
         "there is no version 3 of NVS, only 1 and 2"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
        struct eg_error err;
        print_message("%s\n", rows[i].text);
        assert_error(eg_nvs_build(&image, rows[i].items, rows[i].count, 0x100000, rows[i].version, &err), err,
                     rows[i].version == 3 ? EG_BAD_ARGUMENT : EG_BAD_IMAGE, rows[i].text);
        assert_int_equal(image.size, 0);
    }
}

static void there_are_at_most_254_namespaces(void **state)
{
    (void)state;
    struct eg_nvs_item items[255] = {{.type = EG_NVS_U8}};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    struct eg_error err;

    for (size_t i = 0; i < 255; i++)
        snprintf(items[i].space, sizeof items[i].space, "n%zu", i + 1);
    assert_ok(eg_nvs_build(&image, items, 254, 0x4000, 2, &err), err);
    assert_error(eg_nvs_build(&image, items, 255, 0x4000, 2, &err), err, EG_BAD_IMAGE,
                 "namespace \"n255\" is one namespace more than the 254 there can be");
}

static void a_partition_of_one_or_two_pages_keeps_none_free(void **state)
{
    (void)state;
    static uint8_t blob[9000];
    const struct {
        size_t size, blob;
        const char *sentence; /* NULL = it fits */
    } rows[] = {
        {0x1000, 100, NULL},
        {0x2000, 5000, NULL},
        {0x1000, 5000, "an NVS partition of 0x1000 bytes is too small: its items need 0x2000"},
        {0x2000, 9000, "an NVS partition of 0x2000 bytes is too small: its items need 0x4000"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct eg_nvs_item item = {"s", "b", EG_NVS_BLOB, blob, rows[i].blob};
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
        struct eg_error err;
        if (rows[i].sentence != NULL) {
            assert_error(eg_nvs_build(&image, &item, 1, rows[i].size, 2, &err), err, EG_BAD_IMAGE,
                         rows[i].sentence);
            continue;
        }
        assert_ok(eg_nvs_build(&image, &item, 1, rows[i].size, 2, &err), err);
        assert_int_equal(image.size, rows[i].size);
        assert_true(eg_nvs_needs_readonly(rows[i].size));
    }
    assert_false(eg_nvs_needs_readonly(0x3000));
}

static void sizes_are_whole_pages(void **state)
{
    (void)state;
    struct eg_error err;

    assert_ok(eg_nvs_size_check(0x3000, &err), err);
    assert_error(eg_nvs_size_check(0x3001, &err), err, EG_BAD_ARGUMENT,
                 "size 0x3001 of an NVS partition is not a multiple of 0x1000");
    assert_error(eg_nvs_size_check(0, &err), err, EG_BAD_ARGUMENT,
                 "size 0x0 of an NVS partition is not a multiple of 0x1000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_become_the_bytes_of_the_reference),
        cmocka_unit_test(an_image_is_appended_and_nothing_is_on_failure),
        cmocka_unit_test(an_empty_partition_has_one_page_in_use),
        cmocka_unit_test(the_longest_string_gets_a_page_of_its_own),
        cmocka_unit_test(a_partition_that_is_too_small_is_refused_with_the_needed_size),
        cmocka_unit_test(items_that_nvs_cannot_hold_are_refused),
        cmocka_unit_test(there_are_at_most_254_namespaces),
        cmocka_unit_test(a_partition_of_one_or_two_pages_keeps_none_free),
        cmocka_unit_test(sizes_are_whole_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
