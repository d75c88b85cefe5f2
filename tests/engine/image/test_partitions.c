/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/partitions.h"

#include "engine/base/file.h"
#include "tests/fakes/check.h"

#include <stdio.h>
#include <string.h>

static const struct eg_partitions_place place = {.flash_size = 0x400000};

static void load(struct eg_buffer *buffer, const char *fixture)
{
    char path[4096];
    struct eg_error err;

    assert_ok(eg_file_read(buffer, fixture_path(path, fixture), 1 << 20, &err), err);
}

static void assert_row(const struct eg_partition *row, const char *name, const char *type,
                       const char *subtype, uint32_t addr, uint32_t size)
{
    assert_non_null(row);
    assert_string_equal(row->name, name);
    assert_string_equal(eg_partition_type_name(row->type), type);
    assert_string_equal(eg_partition_subtype_name(row->type, row->subtype), subtype);
    assert_int_equal(row->flash_addr, addr);
    assert_int_equal(row->size, size);
    assert_int_equal(row->flags, 0);
}

static void real_tables_are_read_and_written_back_to_the_same_bytes(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer back = {0};
    struct eg_partitions table;
    struct eg_error err;

    load(&file, "jobs/esp32-idf/partition_table/partition-table.bin");
    assert_true(eg_partitions_is(file.data, file.size));
    assert_ok(eg_partitions_parse(&table, file.data, file.size, &err), err);
    assert_true(table.has_md5);
    assert_ok(eg_partitions_check(&table, &place, &err), err);
    assert_row(eg_partitions_find(&table, "nvs"), "nvs", "data", "nvs", 0x9000, 0x6000);
    assert_row(eg_partitions_find(&table, "factory"), "factory", "app", "factory", 0x10000, 0x100000);
    assert_null(eg_partitions_find(&table, "ota_0"));
    assert_ptr_equal(eg_partitions_at(&table, 0x9000), eg_partitions_find(&table, "nvs"));
    assert_ptr_equal(eg_partitions_at(&table, 0xefff), eg_partitions_find(&table, "nvs"));
    assert_null(eg_partitions_at(&table, 0x8fff));
    assert_null(eg_partitions_at(&table, UINT64_C(0x100009000)));
    assert_ok(eg_partitions_write(&back, &table, true, &err), err);
    assert_int_equal(back.size, file.size);
    assert_memory_equal(back.data, file.data, file.size);

    /* Only rows: no MD5 row, no end mark. */
    file.size = 0;
    load(&file, "images/partitions_singleapp.bin");
    assert_ok(eg_partitions_parse(&table, file.data, file.size, &err), err);
    assert_false(table.has_md5);
    assert_int_equal(table.count, 3);
    assert_row(&table.rows[0], "factory", "app", "factory", 0x10000, 0x100000);
    assert_string_equal(table.rows[2].name, "wifidata");
    back.size = 0;
    assert_ok(eg_partitions_write(&back, &table, false, &err), err);
    assert_memory_equal(back.data, file.data, file.size);
    assert_int_equal(back.data[96], 0xff);
    assert_int_equal(back.size, EG_PARTITIONS_SIZE);
}

static const struct eg_partition two_rows[] = {
    {"nvs", EG_PARTITION_DATA, 2, 0x9000, 0x6000, 0},
    {"sixteen_letters_", EG_PARTITION_APP, 0, 0x10000, 0x100000, EG_PARTITION_ENCRYPTED},
};

static struct eg_partitions make(const struct eg_partition *rows, size_t count)
{
    struct eg_partitions table = {.count = count};

    memcpy(table.rows, rows, count * sizeof *rows);
    return table;
}

static void a_name_may_fill_its_sixteen_bytes(void **state)
{
    (void)state;
    const struct eg_partitions table = make(two_rows, 2);
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer binary = {0};
    struct eg_partitions back;
    struct eg_error err;

    assert_ok(eg_partitions_write(&binary, &table, true, &err), err);
    assert_ok(eg_partitions_parse(&back, binary.data, binary.size, &err), err);
    assert_string_equal(back.rows[1].name, "sixteen_letters_");
    assert_int_equal(back.rows[1].flags, EG_PARTITION_ENCRYPTED);
}

static void bytes_after_the_end_of_a_name_are_not_part_of_it(void **state)
{
    (void)state;
    const struct eg_partitions table = make(two_rows, 1);
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer binary = {0};
    struct eg_partitions back;
    struct eg_error err;

    assert_ok(eg_partitions_write(&binary, &table, false, &err), err);
    binary.data[12 + 8] = 'x';
    assert_ok(eg_partitions_parse(&back, binary.data, binary.size, &err), err);
    assert_memory_equal(back.rows[0].name, "nvs\0\0\0\0\0\0\0\0\0\0\0\0\0", 17);
}

static void mistakes_in_a_binary_table_are_named_with_their_offset(void **state)
{
    (void)state;
    const struct {
        size_t at;
        uint8_t value;
        size_t size; /* 0 = all */
        const char *text;
    } rows[] = {
        {32, 0xab, 0, "row at offset 0x20 of the partition table begins with ab 50, not aa 50"},
        {12, 0x1b, 0, "row at offset 0x0 of the partition table has a name that is no text"},
        {12, 0x7f, 0, "row at offset 0x0 of the partition table has a name that is no text"},
        {12, 0xff, 0, "row at offset 0x0 of the partition table has a name that is no text"},
        {4, 1, 0,
         "MD5 at offset 0x50 of the partition table is 486649c6cdf8e4bc8815dccc8fff5792, the rows have "
         "52cab1bcc575b4e930140906deaec63b"},
        {96, 0xaa, 0, "row at offset 0x60 of the partition table comes after the MD5"},
        {0, 0xaa, 40, "row at offset 0x20 of the partition table has 8 bytes, not 32"},
    };
    const struct eg_partitions table = make(two_rows, 2);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer binary = {0};
        struct eg_partitions back;
        struct eg_error err;
        print_message("%s\n", rows[i].text);
        assert_ok(eg_partitions_write(&binary, &table, true, &err), err);
        binary.data[rows[i].at] = rows[i].value;
        assert_error(
            eg_partitions_parse(&back, binary.data, rows[i].size != 0 ? rows[i].size : binary.size, &err),
            err, EG_BAD_IMAGE, rows[i].text);
    }
}

static void a_table_that_overlaps_itself_is_refused_by_every_reader(void **state)
{
    (void)state;
    static const char sentence[] =
        "partition b of 0x1000 bytes at 0x0000a000 overlaps a of 0x2000 at 0x00009000";
    static const char csv[] =
        "a,data,nvs,0x9000,0x2000\nb,data,nvs,0xb000,0x1000\nc,data,nvs,0xa000,0x1000\n";
    const struct eg_partition rows[] = {{"a", 1, 2, 0x9000, 0x2000, 0}, {"b", 1, 2, 0xa000, 0x1000, 0}};
    const struct eg_partitions table = make(rows, 2);
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer binary = {0};
    struct eg_partitions back;
    struct eg_error err;

    assert_ok(eg_partitions_write(&binary, &table, true, &err), err);
    assert_error(eg_partitions_parse(&back, binary.data, binary.size, &err), err, EG_BAD_IMAGE, sentence);
    assert_error(eg_partitions_parse_csv(&back, csv, strlen(csv), &place, &err), err, EG_BAD_IMAGE,
                 "partition c of 0x1000 bytes at 0x0000a000 overlaps a of 0x2000 at 0x00009000");
}

static void a_row_after_the_end_is_refused(void **state)
{
    (void)state;
    const struct eg_partitions table = make(two_rows, 2);
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer binary = {0};
    struct eg_partitions back;
    struct eg_error err;

    assert_ok(eg_partitions_write(&binary, &table, true, &err), err);
    memcpy(binary.data + 0x80, binary.data, 32);
    assert_error(eg_partitions_parse(&back, binary.data, binary.size, &err), err, EG_BAD_IMAGE,
                 "row at offset 0x80 of the partition table comes after its end at 0x60");
}

static void every_byte_of_the_md5_is_compared(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer binary = {0};
    const struct eg_partitions table = make(two_rows, 2);
    struct eg_partitions back;
    struct eg_error err;

    assert_ok(eg_partitions_write(&binary, &table, true, &err), err);
    for (size_t i = 0; i < EG_MD5_SIZE; i++) {
        binary.data[0x50 + i] ^= 0x80;
        if (eg_partitions_parse(&back, binary.data, binary.size, &err) != EG_BAD_IMAGE)
            fail_msg("byte %zu of the MD5 may be anything", i);
        binary.data[0x50 + i] ^= 0x80;
    }
    assert_ok(eg_partitions_parse(&back, binary.data, binary.size, &err), err);
}

static void an_empty_table_and_one_with_too_many_rows_are_refused(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer binary = {0};
    struct eg_partitions table = {.count = 95};
    uint8_t erased[64];
    struct eg_error err;

    memset(erased, 0xff, sizeof erased);
    assert_error(eg_partitions_write(&binary, &table, true, &err), err, EG_BAD_IMAGE,
                 "95 partitions are more than the 94 a table has room for");
    assert_error(eg_partitions_parse(&table, erased, sizeof erased, &err), err, EG_BAD_IMAGE,
                 "there is no partition in the table");
    assert_error(eg_partitions_parse(&table, erased, 0, &err), err, EG_BAD_IMAGE,
                 "there is no partition in the table");
}

static void contradictory_input_is_refused(void **state)
{
    (void)state;
    const struct {
        struct eg_partition rows[2];
        const char *text;
    } rows[] = {
        {{{"a", 0, 0, 0x18000, 0x1000, 0}}, "partition a at 0x00018000 is not aligned to 0x10000"},
        {{{"a", 1, 2, 0x9800, 0x1000, 0}}, "partition a at 0x00009800 is not aligned to 0x1000"},
        {{{"a", 1, 2, 0x9000, 0, 0}}, "partition a has no size"},
        {{{"a", 0, 0, 0x10000, 0x1800, 0}}, "size 0x1800 of partition a is not a multiple of 0x1000"},
        {{{"a", 1, 2, 0x8000, 0x1000, 0}},
         "partition a at 0x00008000 begins before the end of the partition table at 0x00009000"},
        {{{"a", 0, 0, 0x10000, 0x400000, 0}},
         "partition a of 0x400000 bytes at 0x00010000 ends beyond the flash of 0x400000"},
        {{{"a", 1, 2, 0x9000, 0xffff8000, 0}},
         "partition a of 0xffff8000 bytes at 0x00009000 ends beyond the flash of 0x400000"},
        {{{"a", 1, 2, 0x9000, 0x1000, 0}, {"a", 1, 2, 0xa000, 0x1000, 0}}, "two partitions are called a"},
        {{{"a", 1, 2, 0x9000, 0x1001, 0}, {"b", 1, 2, 0xa000, 0x1000, 0}},
         "partition b of 0x1000 bytes at 0x0000a000 overlaps a of 0x1001 at 0x00009000"},
        {{{"a", 1, 0, 0x9000, 0x2000, 0}, {"b", 1, 0, 0xb000, 0x2000, 0}},
         "a and b are both OTA data, of which there can be one"},
        {{{"a", 1, 0, 0x9000, 0x1000, 0}, {"b", 1, 2, 0xb000, 0x2000, 0}},
         "OTA data partition a has size 0x1000, not 0x2000"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct eg_partitions table = make(rows[i].rows, rows[i].rows[1].name[0] != '\0' ? 2 : 1);
        struct eg_error err;
        print_message("%s\n", rows[i].text);
        assert_error(eg_partitions_check(&table, &place, &err), err, EG_BAD_IMAGE, rows[i].text);
    }
    const struct eg_partition bootloader[] = {
        {"bootloader", EG_PARTITION_BOOTLOADER, 0, 0x1000, 0x7000, 0},
        {"table", EG_PARTITION_TABLE, 0, 0x8000, 0x1000, 0},
    };
    const struct eg_partitions table = make(bootloader, 2);
    struct eg_error err;
    assert_ok(eg_partitions_check(&table, &place, &err), err);
}

static void names_and_numbers_of_types_are_found(void **state)
{
    (void)state;
    assert_int_equal(eg_partition_type_code("DATA"), EG_PARTITION_DATA);
    assert_int_equal(eg_partition_type_code("nvs"), -1);
    assert_int_equal(eg_partition_subtype_code(EG_PARTITION_APP, "ota_15"), 0x1f);
    assert_int_equal(eg_partition_subtype_code(EG_PARTITION_DATA, "Coredump"), 3);
    assert_int_equal(eg_partition_subtype_code(EG_PARTITION_DATA, "factory"), -1);
    assert_null(eg_partition_type_name(0x40));
    assert_null(eg_partition_subtype_name(EG_PARTITION_DATA, 0x7f));
    assert_null(eg_partition_subtype_name(0xff, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_tables_are_read_and_written_back_to_the_same_bytes),
        cmocka_unit_test(a_name_may_fill_its_sixteen_bytes),
        cmocka_unit_test(bytes_after_the_end_of_a_name_are_not_part_of_it),
        cmocka_unit_test(mistakes_in_a_binary_table_are_named_with_their_offset),
        cmocka_unit_test(a_table_that_overlaps_itself_is_refused_by_every_reader),
        cmocka_unit_test(a_row_after_the_end_is_refused),
        cmocka_unit_test(every_byte_of_the_md5_is_compared),
        cmocka_unit_test(an_empty_table_and_one_with_too_many_rows_are_refused),
        cmocka_unit_test(contradictory_input_is_refused),
        cmocka_unit_test(names_and_numbers_of_types_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
