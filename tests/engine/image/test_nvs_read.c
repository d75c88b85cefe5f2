/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/nvs.h"
#include "engine/image/nvs_layout.h"

#include "tests/fakes/check.h"

#include <stdio.h>
#include <string.h>

/* A namespace, an integer, a string, and a blob that continues on the next page. */
enum { SPACE_AT = 64, NUMBER_AT = 96, TEXT_AT = 128, CHUNK_AT = 192, SECOND_AT = 0x1040, INDEX_AT = 0x1080 };

static void build(struct eg_buffer *image)
{
    static uint8_t blob[3840 + 64];
    const struct eg_nvs_item items[] = {
        {"space", "number", EG_NVS_I16, BYTES(0xfe, 0xff)},
        {"space", "text", EG_NVS_STRING, (const uint8_t *)"abc", 3},
        {"space", "blob", EG_NVS_BLOB, blob, sizeof blob},
    };
    struct eg_error err;

    for (size_t i = 0; i < sizeof blob; i++)
        blob[i] = (uint8_t)(i * 7);
    assert_ok(eg_nvs_build(image, items, 3, 0x3000, 2, &err), err);
}

/* Correct the CRCs of the entry and its page. */
static void mend(struct eg_buffer *image, size_t entry_at)
{
    uint8_t *const entry = image->data + entry_at;
    const size_t size = eg_get16(entry + 24);

    if (entry[1] == EG_NVS_STRING || entry[1] == EG__NVS_BLOB_DATA)
        eg_put32(entry + 28, eg__nvs_crc(entry + 32, size));
    eg_put32(entry + 4, eg__nvs_entry_crc(entry));
}

static void mend_page(struct eg_buffer *image, size_t page_at)
{
    eg_put32(image->data + page_at + 28, eg__nvs_crc(image->data + page_at + 4, 24));
}

/* Set the two state bits of entry number `index` of a page. */
static void set_state(struct eg_buffer *image, size_t page_at, size_t index, unsigned state)
{
    uint8_t *const at = image->data + page_at + 32 + index / 4;

    *at = (uint8_t)((*at & ~(3u << index % 4 * 2)) | state << index % 4 * 2);
}

static void items_come_back_as_they_were_written(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    struct eg_nvs_usage usage;
    struct eg_error err;
    char text[24];

    build(&image);
    assert_ok(eg_nvs_read(&items, &usage, image.data, image.size, &err), err);
    assert_int_equal(items.count, 3);
    assert_string_equal(items.list[0].space, "space");
    assert_string_equal(items.list[0].key, "number");
    assert_string_equal(eg_nvs_type_name(items.list[0].type), "i16");
    eg_nvs_integer_text(text, &items.list[0]);
    assert_string_equal(text, "-2");
    assert_int_equal(items.list[1].size, 3);
    assert_memory_equal(items.list[1].data, "abc", 3);
    assert_int_equal(items.list[2].type, EG_NVS_BLOB);
    assert_int_equal(items.list[2].size, 3904);
    assert_int_equal(items.list[2].data[3903], (uint8_t)(3903 * 7));
    assert_int_equal(usage.version, 2);
    assert_int_equal(usage.pages, 3);
    assert_int_equal(usage.pages_used, 2);
    assert_int_equal(usage.entries, 126 + 3);
    assert_int_equal(usage.entries_of, 2 * 126);
    assert_int_equal(usage.namespaces, 1);
}

static void integers_are_shown_as_they_were_meant(void **state)
{
    (void)state;
    const struct {
        struct eg_nvs_item item;
        const char *text;
    } rows[] = {
        {{"", "", EG_NVS_U8, BYTES(0xff)}, "255"},
        {{"", "", EG_NVS_I8, BYTES(0x80)}, "-128"},
        {{"", "", EG_NVS_I8, BYTES(0x7f)}, "127"},
        {{"", "", EG_NVS_U32, BYTES(0xff, 0xff, 0xff, 0xff)}, "4294967295"},
        {{"", "", EG_NVS_I32, BYTES(0xff, 0xff, 0xff, 0xff)}, "-1"},
        {{"", "", EG_NVS_U64, BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)}, "18446744073709551615"},
        {{"", "", EG_NVS_I64, BYTES(0, 0, 0, 0, 0, 0, 0, 0x80)}, "-9223372036854775808"},
    };
    char text[24];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        eg_nvs_integer_text(text, &rows[i].item);
        assert_string_equal(text, rows[i].text);
    }
}

static void an_erased_partition_has_nothing_in_it(void **state)
{
    (void)state;
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    static uint8_t erased[0x3000];
    struct eg_nvs_usage usage;
    struct eg_error err;

    memset(erased, 0xff, sizeof erased);
    assert_ok(eg_nvs_read(&items, &usage, erased, sizeof erased, &err), err);
    assert_int_equal(items.count, 0);
    assert_int_equal(usage.version, 0);
}

static void a_namespace_without_keys_is_an_item_without_one(void **state)
{
    (void)state;
    const struct eg_nvs_item item = {.space = "alone"};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    struct eg_error err;

    assert_ok(eg_nvs_build(&image, &item, 1, 0x3000, 2, &err), err);
    assert_ok(eg_nvs_read(&items, NULL, image.data, image.size, &err), err);
    assert_int_equal(items.count, 1);
    assert_string_equal(items.list[0].space, "alone");
    assert_string_equal(items.list[0].key, "");
}

/* As when firmware writes a key again: the old entry's state bits are cleared. */
static void erased_entries_are_passed_over(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    struct eg_error err;

    build(&image);
    set_state(&image, 0, 2, EG__NVS_ERASED);
    set_state(&image, 0, 3, EG__NVS_ERASED);
    image.data[TEXT_AT + 9] ^= 1;
    assert_ok(eg_nvs_read(&items, NULL, image.data, image.size, &err), err);
    assert_int_equal(items.count, 2);
    assert_string_equal(items.list[1].key, "blob");
}

/* Power was cut while a page was moved: its entries are on the new page, too, and those count. */
static void copies_on_a_page_being_freed_are_no_fault(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    struct eg_error err;

    build(&image);
    memcpy(image.data + 0x2000, image.data, 0x1000);
    image.data[0x2004] = 2;
    mend_page(&image, 0x2000);
    image.data[0x2000 + NUMBER_AT + 24] = 5;
    mend(&image, 0x2000 + NUMBER_AT);
    assert_error(eg_nvs_read(&items, NULL, image.data, image.size, &err), err, EG_BAD_IMAGE,
                 "namespace \"space\" is there twice, at offsets 0x40 and 0x2040");
    image.data[0] = 0xf8;
    assert_ok(eg_nvs_read(&items, NULL, image.data, image.size, &err), err);
    assert_int_equal(items.count, 3);
    for (size_t i = 0; i < 3; i++)
        if (strcmp(items.list[i].key, "number") == 0)
            assert_int_equal(items.list[i].data[0], 5);
}

static void mistakes_are_named_with_their_offset(void **state)
{
    (void)state;
    const struct {
        size_t at;
        uint8_t value;
        size_t entry; /* whose CRC is corrected; 0 = none, 1 = the page's */
        const char *text;
    } rows[] = {
        {0, 0x7e, 0, "page at offset 0x0 has the unknown state 0xffffff7e"},
        {4, 9, 0, "header of the page at offset 0x0 has CRC 0xb9ba2d84, its bytes have 0xea92741d"},
        {8, 0xfd, 1, "page at offset 0x0 is of version 0xfd, which is not known"},
        {0x1004, 0, 0x1001, "pages at offsets 0x0 and 0x1000 both have number 0"},
        {0x2fff, 0, 0, "page at offset 0x2000 is marked as empty, but has 0x00 at 0x2fff"},
        {0x1ffe, 0, 0, "entry at offset 0x1fe0 is marked as empty and is not"},
        {NUMBER_AT + 24, 0, 0, "entry at offset 0x60 has CRC 0x16d8a979, its bytes have 0xfc39af01"},
        {NUMBER_AT + 2, 0, NUMBER_AT, "entry at offset 0x60 has a span of 0 entries, the page has 125 left"},
        {NUMBER_AT + 2, 126, NUMBER_AT,
         "entry at offset 0x60 has a span of 126 entries, the page has 125 left"},
        {NUMBER_AT + 2, 2, NUMBER_AT, "entry at offset 0x60 is of type 0x12 and has a span of 2 entries"},
        {NUMBER_AT + 1, 0x13, NUMBER_AT, "entry at offset 0x60 has the unknown type 0x13"},
        {NUMBER_AT, 9, NUMBER_AT,
         "key \"number\" at offset 0x60 is in namespace number 9, which is not there"},
        {NUMBER_AT + 8, 0, NUMBER_AT, "entry at offset 0x60 has no key"},
        {SPACE_AT + 24, 0, SPACE_AT, "namespace at offset 0x40 has type 0x01 and number 0"},
        {SPACE_AT + 24, 255, SPACE_AT, "namespace at offset 0x40 has type 0x01 and number 255"},
        {SPACE_AT + 1, 2, SPACE_AT, "namespace at offset 0x40 has type 0x02 and number 1"},
        {TEXT_AT + 24, 33, TEXT_AT, "entry at offset 0x80 has 33 bytes of data in a span of 2 entries"},
        {TEXT_AT + 32, 'x', 0, "data at offset 0xa0 have CRC 0x54f750a6, their entry says 0x79e648b3"},
        {TEXT_AT + 24, 3, TEXT_AT, "string at offset 0xa0 does not end where its 3 bytes do"},
        {TEXT_AT + 33, 0, TEXT_AT, "string at offset 0xa0 does not end where its 4 bytes do"},
        {CHUNK_AT + 3, 9, CHUNK_AT,
         "chunk 9 of key \"blob\" of namespace \"space\" at offset 0xc0 belongs to no blob"},
        {INDEX_AT + 28, 3, INDEX_AT,
         "key \"blob\" of namespace \"space\" at offset 0x1080 lacks chunk 2 of its blob"},
        {INDEX_AT + 24, 0, INDEX_AT,
         "key \"blob\" of namespace \"space\" at offset 0x1080 is a blob of 3840 bytes, its chunks have "
         "3904"},
        {INDEX_AT + 8, 'g', INDEX_AT,
         "chunk 0 of key \"blob\" of namespace \"space\" at offset 0xc0 belongs to no blob"},
        {SECOND_AT + 3, 0, SECOND_AT,
         "a chunk of key \"blob\" of namespace \"space\" is there twice, at offsets 0xc0 and 0x1040"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
        EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
        struct eg_error err;
        print_message("%s\n", rows[i].text);
        build(&image);
        image.data[rows[i].at] = rows[i].value;
        if (rows[i].entry % 32 == 1)
            mend_page(&image, rows[i].entry - 1);
        else if (rows[i].entry != 0)
            mend(&image, rows[i].entry);
        assert_error(eg_nvs_read(&items, NULL, image.data, image.size, &err), err, EG_BAD_IMAGE,
                     rows[i].text);
    }
}

static void marks_that_do_not_fit_are_named(void **state)
{
    (void)state;
    const struct {
        size_t page, index;
        enum eg__nvs_state mark;
        const char *text;
    } rows[] = {
        {0, 1, EG__NVS_NO_STATE, "entry at offset 0x60 is marked as neither empty nor written nor erased"},
        {0, 1, EG__NVS_EMPTY, "entry at offset 0x60 is marked as empty and is not"},
        {0, 3, EG__NVS_ERASED, "entry at offset 0xa0, data of that at 0x80, is not marked as written"},
        {0x1000, 9, EG__NVS_ERASED, "entry at offset 0x1160 is in use after an empty one"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
        EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
        struct eg_error err;
        build(&image);
        set_state(&image, rows[i].page, rows[i].index, rows[i].mark);
        assert_error(eg_nvs_read(&items, NULL, image.data, image.size, &err), err, EG_BAD_IMAGE,
                     rows[i].text);
    }
}

static void half_a_page_is_named(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    struct eg_error err;

    build(&image);
    assert_error(eg_nvs_read(&items, NULL, image.data, 0x1800, &err), err, EG_BAD_IMAGE,
                 "0x1800 bytes are no whole number of pages of 0x1000");
    assert_error(eg_nvs_read(&items, NULL, image.data, 0, &err), err, EG_BAD_IMAGE,
                 "0x0 bytes are no whole number of pages of 0x1000");
}

struct told {
    unsigned count;
    char last[480];
};

static void on_fault(void *context, const char *sentence)
{
    struct told *const told = context;

    told->count++;
    snprintf(told->last, sizeof told->last, "%s", sentence);
}

static void a_caller_who_asks_gets_every_fault_and_the_undamaged_items(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    struct told told = {0};
    struct eg_error err;

    build(&image);
    image.data[NUMBER_AT + 24] ^= 1;
    image.data[CHUNK_AT + 40] ^= 1;
    assert_ok(eg_nvs_examine(&items, NULL, image.data, image.size, on_fault, &told, &err), err);
    assert_int_equal(told.count, 3);
    assert_string_equal(told.last,
                        "key \"blob\" of namespace \"space\" at offset 0x1080 lacks chunk 0 of its blob");
    assert_int_equal(items.count, 1);
    assert_string_equal(items.list[0].key, "text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_back_as_they_were_written),
        cmocka_unit_test(integers_are_shown_as_they_were_meant),
        cmocka_unit_test(an_erased_partition_has_nothing_in_it),
        cmocka_unit_test(a_namespace_without_keys_is_an_item_without_one),
        cmocka_unit_test(erased_entries_are_passed_over),
        cmocka_unit_test(copies_on_a_page_being_freed_are_no_fault),
        cmocka_unit_test(mistakes_are_named_with_their_offset),
        cmocka_unit_test(marks_that_do_not_fit_are_named),
        cmocka_unit_test(half_a_page_is_named),
        cmocka_unit_test(a_caller_who_asks_gets_every_fault_and_the_undamaged_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
