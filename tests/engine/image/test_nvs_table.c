/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/nvs.h"

#include "tests/fakes/check.h"

#include <string.h>

static const char schema_text[] = "app,namespace,\nfirmware_key,data,hex2bin\nserial_no,data,string,REPEAT\n"
                                  "device_no,data,i32\n";

static struct eg_nvs_schema *parse(const char *text)
{
    struct eg_nvs_schema *schema = NULL;
    struct eg_error err;

    assert_ok(eg_nvs_schema_parse(&schema, "schema.csv", text, strlen(text), NULL, &err), err);
    return schema;
}

static void assert_unit(const struct eg_nvs_table *table, size_t unit, const char *const *wanted)
{
    size_t count;
    const struct eg_nvs_value *const values = eg_nvs_table_unit(table, unit, &count);

    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(values[i].text, wanted[i]);
}

static void every_row_is_a_unit_and_repeated_values_are_those_of_the_first(void **state)
{
    (void)state;
    static const char text[] = "id,firmware_key,serial_no,device_no \r\n"
                               "1,1a2b3c4d5e6faabb,A1,101\r\n"
                               "# a comment\r\n\r\n"
                               "2,1a2b3c4d5e6fccdd,,102\r\n"
                               "3,1a2b3c4d5e6feeff,B2,103";
    EG_CLEANUP(eg_nvs_schema_cleanup) struct eg_nvs_schema *schema = parse(schema_text);
    EG_CLEANUP(eg_nvs_table_cleanup) struct eg_nvs_table *table = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    struct eg_error err;
    size_t count;

    assert_ok(eg_nvs_table_parse(&table, schema, "values.csv", text, sizeof text - 1, &err), err);
    assert_int_equal(eg_nvs_table_count(table), 3);
    assert_unit(table, 0, (const char *const[]){"1", "1a2b3c4d5e6faabb", "A1", "101"});
    assert_unit(table, 1, (const char *const[]){"2", "1a2b3c4d5e6fccdd", "A1", "102"});
    assert_unit(table, 2, (const char *const[]){"3", "1a2b3c4d5e6feeff", "A1", "103"});
    assert_int_equal(eg_nvs_table_line(table, 1), 5);
    assert_string_equal(eg_nvs_table_unit(table, 0, &count)[3].name, "device_no");
    for (size_t i = 0; i < 3; i++) {
        const struct eg_nvs_value *const values = eg_nvs_table_unit(table, i, &count);
        assert_ok(eg_nvs_schema_build(&image, schema, values, count, 0x3000, 2, &err), err);
    }
    assert_int_equal(image.size, 3 * 0x3000);
}

static void the_second_column_of_a_key_is_for_its_second_namespace(void **state)
{
    (void)state;
    static const char text[] = "k,k\n1,2\n,3\n";
    EG_CLEANUP(eg_nvs_schema_cleanup)
    struct eg_nvs_schema *schema = parse("a,namespace,\nk,data,u8,REPEAT\nb,namespace,\nk,data,u8\n");
    EG_CLEANUP(eg_nvs_table_cleanup) struct eg_nvs_table *table = NULL;
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    struct eg_error err;
    size_t count;

    assert_ok(eg_nvs_table_parse(&table, schema, "values.csv", text, sizeof text - 1, &err), err);
    const struct eg_nvs_value *const values = eg_nvs_table_unit(table, 1, &count);
    assert_ok(eg_nvs_schema_items(&items, schema, values, count, 2, &err), err);
    assert_int_equal(items.list[1].data[0], 1);
    assert_int_equal(items.list[3].data[0], 3);
}

static void mistakes_in_a_table_are_named_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } rows[] = {
        {"", "values.csv:1: there is no row with the names of keys"},
        {"\nfirmware_key,serial_no\n",
         "values.csv:2: there is no column \"device_no\", as line 4 of schema.csv wants it"},
        {"firmware_key,serial_no,device_no\n00,A,1\n\n00,A\n",
         "values.csv:4: the row has 2 fields, the first one has 3"},
        {"firmware_key,serial_no,device_no\n00,\"A,1\n", "values.csv:2: there is a quote without an end"},
        {"firmware_key;serial_no;device_no\n00;A;1\n",
         "values.csv:1: the fields are separated by semicolons, not by commas; save the file as CSV with "
         "commas"},
        {"firmware_key,serial_no,device_no\n00\tA\t1\n",
         "values.csv:2: the fields are separated by tabs, not by commas; save the file as CSV with commas"},
        {"\xff\xfe"
         "f",
         "values.csv:1: the text is UTF-16; save it as UTF-8"},
    };
    EG_CLEANUP(eg_nvs_schema_cleanup) struct eg_nvs_schema *schema = parse(schema_text);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct eg_nvs_table *table = NULL;
        struct eg_error err;
        assert_error(
            eg_nvs_table_parse(&table, schema, "values.csv", rows[i].text, strlen(rows[i].text), &err), err,
            EG_BAD_IMAGE, rows[i].sentence);
        assert_null(table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_a_unit_and_repeated_values_are_those_of_the_first),
        cmocka_unit_test(the_second_column_of_a_key_is_for_its_second_namespace),
        cmocka_unit_test(mistakes_in_a_table_are_named_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
