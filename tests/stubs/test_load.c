/* SPDX-License-Identifier: Apache-2.0 */

#include "stubs/stub.h"
#include "tests/fakes/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/eg-load-XXXXXX";
static char path[100];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/esp32.json", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static enum eg_code load(struct eg_stub **stub, const char *json, struct eg_error *err)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(json, out);
    assert_int_equal(fclose(out), 0);
    return eg_stub_load(stub, folder, "esp32", err);
}

/* Check the refusal; `sentence` is the text after the file's name. */
static void refused(const char *json, const char *sentence)
{
    struct eg_stub *stub = NULL;
    struct eg_error err;
    char expected[480];

    snprintf(expected, sizeof expected, "%s: %s", path, sentence);
    assert_error(load(&stub, json, &err), err, EG_BAD_STUB, expected);
    assert_null(stub);
}

static void a_stub_file_is_read_whole(void **state)
{
    (void)state;
    struct eg_stub *stub;
    struct eg_error err;

    assert_ok(load(&stub,
                   "{\"text\": \"AAECAwQFBgc=\", \"text_start\": 1074429952, \"data\": \"/+7dzA==\","
                   " \"data_start\": 1073605996, \"bss_start\": 1073528832, \"entry\": 1074429956}",
                   &err),
              err);
    assert_string_equal(stub->name, "esp32");
    assert_int_equal(stub->text_size, 8);
    assert_memory_equal(stub->text, "\0\1\2\3\4\5\6\7", 8);
    assert_int_equal(stub->text_addr, 0x400a8000);
    assert_int_equal(stub->data_size, 4);
    assert_memory_equal(stub->data, "\xff\xee\xdd\xcc", 4);
    assert_int_equal(stub->data_addr, 0x3ffded6c);
    assert_int_equal(stub->bss_addr, 0x3ffcc000);
    assert_int_equal(stub->entry, 0x400a8004);
    assert_string_equal(stub->sha256, "6998c6f1183ce0829fb04ac1ed7909601f39a7d08e6bf33161a79714691193e5");
    eg_stub_destroy(stub);
}

static void text_and_data_are_padded_to_words(void **state)
{
    (void)state;
    struct eg_stub *stub;
    struct eg_error err;

    assert_ok(load(&stub,
                   "{\"text\": \"AAECAwQ=\", \"text_start\": 4096, \"data\": \"//8=\", \"data_start\": 8192,"
                   " \"entry\": 4096}",
                   &err),
              err);
    assert_int_equal(stub->text_size, 8);
    assert_memory_equal(stub->text, "\0\1\2\3\4\0\0\0", 8);
    assert_int_equal(stub->data_size, 4);
    assert_memory_equal(stub->data, "\xff\xff\0\0", 4);
    eg_stub_destroy(stub);
}

static void data_and_bss_may_be_absent_and_unknown_keys_are_left_alone(void **state)
{
    (void)state;
    struct eg_stub *stub;
    struct eg_error err;

    assert_ok(
        load(&stub, "{\"text\": \"AAEC\", \"text_start\": 4096, \"entry\": 4096, \"plugins\": {}}", &err),
        err);
    assert_null(stub->data);
    assert_int_equal(stub->data_size, 0);
    assert_int_equal(stub->bss_addr, 0);
    eg_stub_destroy(stub);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct eg_stub *stub = NULL;
    struct eg_error err;

    assert_error(eg_stub_load(&stub, "/nonexistent", "esp32", &err), err, EG_BAD_ARGUMENT,
                 "/nonexistent/esp32.json: No such file or directory");
}

static void a_file_that_is_not_json_is_refused_with_its_line(void **state)
{
    (void)state;
    refused("{\n\"text\": }", "line 2, column 9: unexpected token near '}'");
    refused("{\"entry\": 1, \"entry\": 2}", "line 1, column 20: duplicate object key near '\"entry\"'");
    refused("[1]", "is not a JSON object");
}

static void a_missing_key_is_named(void **state)
{
    (void)state;
    refused("{}", "text is missing");
    refused("{\"text\": \"AAAA\"}", "text_start is missing");
    refused("{\"text\": \"AAAA\", \"text_start\": 4096}", "entry is missing");
    refused("{\"text\": \"AAAA\", \"text_start\": 4096, \"data\": \"AAAA\"}", "data_start is missing");
}

static void a_value_of_the_wrong_type_is_named(void **state)
{
    (void)state;
    refused("{\"text\": 1}", "text is not a string");
    refused("{\"text\": \"\"}", "text is empty");
    refused("{\"text\": \"AAAA\", \"text_start\": \"0x1000\"}", "text_start is not a whole number");
    refused("{\"text\": \"AAAA\", \"text_start\": 4096.5}", "text_start is not a whole number");
    refused("{\"text\": \"AAAA\", \"text_start\": 4096, \"data\": null}", "data is not a string");
    refused("{\"text\": \"AAAA\", \"text_start\": 4096, \"bss_start\": []}",
            "bss_start is not a whole number");
}

static void text_that_is_not_base64_is_refused_where_it_stops_being_that(void **state)
{
    (void)state;
    refused("{\"text\": \"AA-A\"}", "text is not base64 at character 3");
    refused("{\"text\": \"AAAA\\n\"}", "text is not base64 at character 5");
    refused("{\"text\": \"A===\"}", "text is not base64 at character 2");
    refused("{\"text\": \"AA==AAAA\"}", "text is not base64 at character 3");
    refused("{\"text\": \"AAAAA\"}", "text is cut off, its base64 does not end properly");
    refused("{\"text\": \"AAB=\"}", "text is cut off, its base64 does not end properly");
    refused("{\"text\": \"AAAA\", \"text_start\": 4096, \"data\": \"AB==\"}",
            "data is cut off, its base64 does not end properly");
}

static void text_larger_than_any_chips_memory_is_refused(void **state)
{
    (void)state;
    static char json[400100];

    memset(json, 'A', sizeof json);
    memcpy(json, "{\"text\": \"", 10);
    memcpy(json + 10 + 400000, "\"}", 3);
    refused(json, "text has 400000 characters, more than the 349524 that fit a chip");
}

static void an_address_that_cannot_be_is_refused(void **state)
{
    (void)state;
    refused("{\"text\": \"AAAA\", \"text_start\": 0}", "text_start is 0, not an address");
    refused("{\"text\": \"AAAA\", \"text_start\": 4294967296}", "text_start is 4294967296, not an address");
    refused("{\"text\": \"AAAA\", \"text_start\": -4}", "text_start is -4, not an address");
    refused("{\"text\": \"AAAA\", \"text_start\": 4098}", "text_start 0x00001002 is not a multiple of 4");
    refused("{\"text\": \"AAAAAAAA\", \"text_start\": 4294967292}",
            "8 bytes of text at 0xfffffffc end beyond the address space");
    refused("{\"text\": \"AAAA\", \"text_start\": 4096, \"data\": \"AAAA\", \"data_start\": 4097}",
            "data_start 0x00001001 is not a multiple of 4");
}

static void data_over_text_is_refused(void **state)
{
    (void)state;
    refused("{\"text\": \"AAAAAAAA\", \"text_start\": 4096, \"data\": \"AAAA\", \"data_start\": 4100}",
            "data at 0x00001004 overlaps text, 0x00001000 up to 0x00001008");
}

static void an_entry_outside_text_is_refused(void **state)
{
    (void)state;
    refused("{\"text\": \"AAAA\", \"text_start\": 4096, \"entry\": 4095}",
            "entry 0x00000fff is outside text, 0x00001000 up to 0x00001004");
    refused("{\"text\": \"AAAA\", \"text_start\": 4096, \"entry\": 4100}",
            "entry 0x00001004 is outside text, 0x00001000 up to 0x00001004");
}

static void destroying_nothing_is_allowed(void **state)
{
    (void)state;
    eg_stub_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stub_file_is_read_whole),
        cmocka_unit_test(text_and_data_are_padded_to_words),
        cmocka_unit_test(data_and_bss_may_be_absent_and_unknown_keys_are_left_alone),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
        cmocka_unit_test(a_file_that_is_not_json_is_refused_with_its_line),
        cmocka_unit_test(a_missing_key_is_named),
        cmocka_unit_test(a_value_of_the_wrong_type_is_named),
        cmocka_unit_test(text_that_is_not_base64_is_refused_where_it_stops_being_that),
        cmocka_unit_test(text_larger_than_any_chips_memory_is_refused),
        cmocka_unit_test(an_address_that_cannot_be_is_refused),
        cmocka_unit_test(data_over_text_is_refused),
        cmocka_unit_test(an_entry_outside_text_is_refused),
        cmocka_unit_test(destroying_nothing_is_allowed),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
