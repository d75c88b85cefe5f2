/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/partitions.h"

#include "tests/fakes/check.h"
#include "tests/fuzz/same_partitions.h"

#include <string.h>

static const struct eg_partitions_place place = {.bootloader_addr = 0x1000, .flash_size = 0x400000};

static enum eg_code parse(struct eg_partitions *table, const char *text, struct eg_error *err)
{
    return eg_partitions_parse_csv(table, text, strlen(text), &place, err);
}

static void missing_offsets_follow_and_sizes_may_end_at_an_address(void **state)
{
    (void)state;
    static const char text[] = "\xef\xbb\xbf# Name, Type, SubType, Offset, Size, Flags\r\n"
                               "\r\n"
                               "  # a comment\r\n"
                               "bootloader, bootloader, primary,,,\r\n"
                               "table, partition_table, primary,,,\r\n"
                               "nvs,      data, nvs,     ,        0x4000,\r\n"
                               "otadata,  data, ota,     ,        8K\r\n"
                               "ota_0,    app,  OTA_0,   ,        1M, encrypted\r\n"
                               "keys,     data, nvs_keys,0x3F0000,4k, encrypted:readonly\r\n"
                               "test,     0,    0x20,    0x120000,-2M,\r\n"
                               "own,      0x40, ,        ,        0b1000000000000,\r\n"
                               "raw,      data, ,        ,        4096,\r\n";
    const struct {
        const char *name;
        uint8_t type, subtype;
        uint32_t addr, size, flags;
    } rows[] = {
        {"bootloader", 2, 0, 0x1000, 0x7000, 0},  {"table", 3, 0, 0x8000, 0x1000, 0},
        {"nvs", 1, 2, 0x9000, 0x4000, 0},         {"otadata", 1, 0, 0xd000, 0x2000, 0},
        {"ota_0", 0, 0x10, 0x10000, 0x100000, 1}, {"keys", 1, 4, 0x3f0000, 0x1000, 3},
        {"test", 0, 0x20, 0x120000, 0xe0000, 0},  {"own", 0x40, 6, 0x200000, 0x1000, 0},
        {"raw", 1, 6, 0x201000, 0x1000, 0},
    };
    struct eg_partitions table;
    struct eg_error err;

    assert_ok(parse(&table, text, &err), err);
    assert_int_equal(table.count, sizeof rows / sizeof *rows);
    for (size_t i = 0; i < table.count; i++) {
        assert_string_equal(table.rows[i].name, rows[i].name);
        assert_int_equal(table.rows[i].type, rows[i].type);
        assert_int_equal(table.rows[i].subtype, rows[i].subtype);
        assert_int_equal(table.rows[i].flash_addr, rows[i].addr);
        assert_int_equal(table.rows[i].size, rows[i].size);
        assert_int_equal(table.rows[i].flags, rows[i].flags);
    }
    assert_ok(eg_partitions_check(&table, &place, &err), err);
}

static void a_partition_at_the_end_of_the_address_space_leaves_none_for_those_that_need_one(void **state)
{
    (void)state;
    struct eg_partitions table;
    struct eg_error err;

    assert_ok(parse(&table, "a,data,nvs,0xfffff000,4K\nb,data,nvs,0x9000,4K\nc,data,nvs,,4K\n", &err), err);
    assert_int_equal(table.rows[2].flash_addr, 0xa000);
}

static void the_table_may_lie_elsewhere(void **state)
{
    (void)state;
    static const char text[] = "nvs,data,nvs,,24K\nfactory,app,factory,,1M\n";
    const struct eg_partitions_place elsewhere = {.table_addr = 0x10000};
    struct eg_partitions table;
    struct eg_error err;

    assert_ok(eg_partitions_parse_csv(&table, text, strlen(text), &elsewhere, &err), err);
    assert_int_equal(table.rows[0].flash_addr, 0x11000);
    assert_int_equal(table.rows[1].flash_addr, 0x20000);
}

static void mistakes_in_a_line_are_reported_with_its_number(void **state)
{
    (void)state;
    const struct {
        const char *csv, *text;
    } rows[] = {
        {"# nothing\n", "there is no partition in the table"},
        {"nvs,data,nvs,,0x6000\nphy,data,phy,,\n", "line 2: partition phy has no size"},
        {"\nnvs,,nvs,,0x6000\n", "line 2: partition nvs has no type"},
        {"app,app,,,1M\n", "line 1: partition app has no subtype"},
        {"nvs,date,nvs,,1M\n", "line 1: type \"date\" is neither a known name nor a number to 255"},
        {"nvs,256,nvs,,1M\n", "line 1: type \"256\" is neither a known name nor a number to 255"},
        {"nvs,data,factory,,1M\n", "line 1: subtype \"factory\" is neither a known name nor a number to 255"},
        {"nvs,data,nvs,here,1M\n", "line 1: offset \"here\" is not a number such as 0x9000, 64K or 1M"},
        {"nvs,data,nvs,-4K,1M\n", "line 1: offset \"-4K\" is not a number such as 0x9000, 64K or 1M"},
        {"nvs,data,nvs,,6000h\n", "line 1: size \"6000h\" is not a number such as 0x6000, 64K or 1M"},
        {"nvs,data,nvs,,0x\n", "line 1: size \"0x\" is not a number such as 0x6000, 64K or 1M"},
        {"nvs,data,nvs,,99999999999999999999\n",
         "line 1: size \"99999999999999999999\" is not a number such as 0x6000, 64K or 1M"},
        {"nvs,data,nvs,0x20000,-64K\n", "line 1: partition nvs at 0x00020000 has no room for its size"},
        {"nvs,data,nvs,,4K,secret\n", "line 1: flag \"secret\" is neither encrypted nor readonly"},
        {"nvs,data,nvs,,4K,,more\n", "line 1: \"more\" stands after the flags"},
        {"seventeen_letters,data,nvs,,4K\nseventeen_letter,data,nvs,,4K\n",
         "line 2: name seventeen_letter is the same as that of another partition once it is cut to 16 bytes"},
        {"nvs;data;nvs;0x9000;0x6000;\n",
         "line 1: the fields are separated by semicolons, not by commas; save the file as CSV with commas"},
        {"a,data,nvs,,4K\rnvs\tdata\tnvs\t0x9000\t0x6000\r",
         "line 2: the fields are separated by tabs, not by commas; save the file as CSV with commas"},
        {"\xff\xfen", "line 1: the text is UTF-16; save it as UTF-8"},
        {"n\xffs,data,nvs,,4K\n", "line 1: byte 0xff is no text in UTF-8"},
        {"n\x01s,data,nvs,,4K\n", "line 1: byte 0x01 is a control character"},
        {"n\xc2\x9bs,data,nvs,,4K\n", "line 1: U+009B is a control character"},
        {"a,data,nvs,0xfffff000,4K\nb,data,nvs,,4K\n", "line 2: there is no address left for partition b"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct eg_partitions table;
        struct eg_error err;
        print_message("%s\n", rows[i].text);
        assert_error(parse(&table, rows[i].csv, &err), err, EG_BAD_IMAGE, rows[i].text);
    }
}

static void long_names_are_cut_as_esp_idf_cuts_them(void **state)
{
    (void)state;
    struct eg_partitions table;
    struct eg_error err;

    assert_ok(parse(&table,
                    "seventeen_letters,data,nvs,,4K\nfifteen_letters\xc3\xa9,data,nvs,,4K\n"
                    "sixteen_letters_,data,nvs,,4K\n",
                    &err),
              err);
    assert_string_equal(table.rows[0].name, "seventeen_letter");
    assert_true(table.name_cut[0]);
    assert_string_equal(table.rows[1].name, "fifteen_letters");
    assert_true(table.name_cut[1]);
    assert_string_equal(table.rows[2].name, "sixteen_letters_");
    assert_false(table.name_cut[2]);
}

static void consequences_of_the_tables_place_are_reported(void **state)
{
    (void)state;
    const struct {
        const char *csv;
        bool floating;
    } rows[] = {
        {"nvs,data,nvs,0x9000,4K\nphy,data,phy,,4K\n", false},
        {"nvs,data,nvs,,4K\nphy,data,phy,0xa000,4K\n", true},
        {"nvs,data,nvs,0x9000,4K\nboot,bootloader,primary,0x1000,4K\n", true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct eg_partitions table;
        struct eg_error err;
        assert_ok(parse(&table, rows[i].csv, &err), err);
        assert_int_equal(table.floating, rows[i].floating);
    }
}

static void a_spreadsheet_may_quote_fields_and_end_lines_in_cr(void **state)
{
    (void)state;
    struct eg_partitions table;
    struct eg_error err;

    assert_ok(parse(&table, "\t# x\r\"nvs\",\"data\",\"nvs\",0x9000,\"4K\",\rb,data,phy,,4K,,,\r", &err),
              err);
    assert_int_equal(table.count, 2);
    assert_string_equal(table.rows[0].name, "nvs");
    assert_int_equal(table.rows[1].flash_addr, 0xa000);
}

static void more_lines_than_a_table_has_room_for_are_refused(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct eg_partitions table;
    struct eg_error err;

    for (int i = 0; i < 97; i++)
        assert_ok(eg_buffer_append(&text, "a,data,nvs,,4K\n", 15, &err), err);
    assert_error(eg_partitions_parse_csv(&table, (const char *)text.data, text.size, &place, &err), err,
                 EG_BAD_IMAGE, "line 97: there are more than 96 partitions");
}

static void csv_is_written_as_the_generator_of_esp_idf_does(void **state)
{
    (void)state;
    const struct eg_partitions table = {
        .rows = {{"nvs", 1, 2, 0x9000, 0x6000, 0},
                 {"factory", 0, 0, 0x10000, 0x100000, EG_PARTITION_ENCRYPTED},
                 {"odd", 0x40, 0x7f, 0x110000, 0x1234, EG_PARTITION_ENCRYPTED | EG_PARTITION_READONLY},
                 {"ro", 1, 0x82, 0x120000, 0x1000, EG_PARTITION_READONLY}},
        .count = 4,
    };
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer csv = {0};
    struct eg_partitions back;
    struct eg_error err;

    assert_ok(eg_partitions_write_csv(&csv, &table, &err), err);
    assert_ok(eg_partitions_parse_csv(&back, (const char *)csv.data, csv.size, &place, &err), err);
    assert_true(same_partitions(&back, &table));
    assert_ok(eg_buffer_append(&csv, "", 1, &err), err);
    assert_string_equal((const char *)csv.data, "# ESP-IDF Partition Table\n"
                                                "# Name, Type, SubType, Offset, Size, Flags\n"
                                                "nvs,data,nvs,0x9000,24K,\n"
                                                "factory,app,factory,0x10000,1M,encrypted\n"
                                                "odd,64,127,0x110000,0x1234,encrypted:readonly\n"
                                                "ro,data,spiffs,0x120000,4K,readonly\n");
}

static void tables_that_csv_cannot_express_are_refused(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer csv = {0};
    struct eg_partitions table = {.rows = {{"a,b", 1, 2, 0x9000, 0x6000, 0}}, .count = 1};
    struct eg_error err;

    assert_error(eg_partitions_write_csv(&csv, &table, &err), err, EG_BAD_IMAGE,
                 "name \"a,b\" cannot be written as CSV");
    strcpy(table.rows[0].name, "\"ab");
    assert_error(eg_partitions_write_csv(&csv, &table, &err), err, EG_BAD_IMAGE,
                 "name \"\"ab\" cannot be written as CSV");
    strcpy(table.rows[0].name, "ab");
    table.rows[0].flags = 5;
    assert_error(eg_partitions_write_csv(&csv, &table, &err), err, EG_BAD_IMAGE,
                 "flags 0x00000005 of partition ab have no names in CSV");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_offsets_follow_and_sizes_may_end_at_an_address),
        cmocka_unit_test(a_partition_at_the_end_of_the_address_space_leaves_none_for_those_that_need_one),
        cmocka_unit_test(the_table_may_lie_elsewhere),
        cmocka_unit_test(mistakes_in_a_line_are_reported_with_its_number),
        cmocka_unit_test(long_names_are_cut_as_esp_idf_cuts_them),
        cmocka_unit_test(consequences_of_the_tables_place_are_reported),
        cmocka_unit_test(a_spreadsheet_may_quote_fields_and_end_lines_in_cr),
        cmocka_unit_test(more_lines_than_a_table_has_room_for_are_refused),
        cmocka_unit_test(csv_is_written_as_the_generator_of_esp_idf_does),
        cmocka_unit_test(tables_that_csv_cannot_express_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
