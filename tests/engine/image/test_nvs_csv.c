/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/nvs.h"

#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "tests/fakes/check.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER "key,type,encoding,value\n"

static struct eg_nvs_schema *parse(const char *text)
{
    struct eg_nvs_schema *schema = NULL;
    struct eg_error err;

    assert_ok(eg_nvs_schema_parse(&schema, "nvs.csv", text, strlen(text), NULL, &err), err);
    return schema;
}

/* Compare all items, formatted as "namespace/key=hex;". */
static void assert_items(const struct eg_nvs_schema *schema, const struct eg_nvs_value *values, size_t count,
                         const char *wanted)
{
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    struct eg_error err;
    char text[1000] = "";

    assert_ok(eg_nvs_schema_items(&items, schema, values, count, 2, &err), err);
    for (size_t i = 0; i < items.count; i++) {
        char hex[200];
        eg_hex(hex, items.list[i].data, items.list[i].size);
        sprintf(text + strlen(text), "%s/%s=%s;", items.list[i].space, items.list[i].key, hex);
    }
    assert_string_equal(text, wanted);
}

static bool file_is_image(const struct eg_buffer *image, const char *sha256)
{
    uint8_t digest[EG_SHA256_SIZE];
    char text[EG_SHA256_TEXT];
    struct eg_error err;

    assert_ok(eg_sha256(digest, image->data, image->size, &err), err);
    eg_hex(text, digest, sizeof digest);
    return strcmp(text, sha256) == 0;
}

/*
 * Inputs that the reference refuses, with our sentences; the string of 4000 bytes, on which it fails, can be
 * built here.
 */
static const struct {
    const char *csv, *sentence;
} refusals[] = {
    {"long-string.csv", NULL},
    {"key-too-long.csv", "key-too-long.csv:3: key \"kkkkkkkkkkkkkkkk\" has 16 bytes, more than 15"},
    {"too-small.csv", "too-small.csv: an NVS partition of 0x3000 bytes is too small: its items need 0x4000"},
    {"value-out-of-range.csv",
     "value-out-of-range.csv:3: key \"v\": value 256 is out of the range of a u8, 0 to 255"},
};

static void assert_golden(const char *folder, const json_t *row)
{
    EG_CLEANUP(eg_nvs_schema_cleanup) struct eg_nvs_schema *schema = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    const char *const csv = json_string_value(json_object_get(row, "csv"));
    const size_t size = strtoul(json_string_value(json_object_get(row, "size")), NULL, 0);
    const unsigned version = (unsigned)json_integer_value(json_object_get(row, "version"));
    const bool made = json_boolean_value(json_object_get(row, "ok"));
    const char *sentence = NULL;
    struct eg_error err;
    char path[4200];

    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (strcmp(refusals[i].csv, csv) == 0)
            sentence = refusals[i].sentence;
    snprintf(path, sizeof path, "%s/%s", folder, csv);
    print_message("%s\n", path);
    assert_ok(eg_file_read(&file, path, 1 << 20, &err), err);
    enum eg_code code = eg_nvs_schema_parse(&schema, csv, (const char *)file.data, file.size, folder, &err);
    if (code == EG_OK)
        code = eg_nvs_schema_build(&image, schema, NULL, 0, size, version, &err);
    if (sentence != NULL) {
        assert_false(made);
        assert_error(code, err, EG_BAD_IMAGE, sentence);
        return;
    }
    assert_ok(code, err);
    assert_int_equal(image.size, size);
    assert_true(!made || file_is_image(&image, json_string_value(json_object_get(row, "sha256"))));
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    assert_ok(eg_nvs_read(&items, NULL, image.data, image.size, &err), err);
}

static void images_are_byte_for_byte_those_of_the_reference(void **state)
{
    (void)state;
    char path[4096], folder[4096];
    json_t *const goldens = json_load_file(fixture_path(path, "nvs/nvs-goldens.json"), 0, NULL);
    json_t *const cases = json_object_get(goldens, "cases");
    const json_t *row;
    size_t i;

    assert_true(json_array_size(cases) >= 12);
    fixture_path(folder, "nvs");
    json_array_foreach(cases, i, row) assert_golden(folder, row);
    json_decref(goldens);
}

static void a_schema_has_its_values_or_gets_them(void **state)
{
    (void)state;
    EG_CLEANUP(eg_nvs_schema_cleanup)
    struct eg_nvs_schema *schema = parse(HEADER "# comment\n\nnet,namespace,,\nssid,data,string,here\n"
                                                "chan,data,u8,\n");
    const struct eg_nvs_value values[] = {{"chan", "11"}, {"other", "x"}};
    const struct eg_nvs_value more[] = {{"net/chan", "12"}, {"chan", "11"}, {"ssid", "there"}};

    assert_items(schema, values, 2, "net/=;net/ssid=68657265;net/chan=0b;");
    assert_items(schema, more, 3, "net/=;net/ssid=7468657265;net/chan=0c;");
    assert_int_equal(eg_nvs_schema_count(schema), 3);
    assert_string_equal(eg_nvs_schema_row(schema, 1)->text, "here");
    assert_int_equal(eg_nvs_schema_row(schema, 2)->line, 6);
    assert_string_equal(eg_nvs_schema_name(schema), "nvs.csv");
}

static void a_schema_without_header_is_the_mass_manufacturing_tools(void **state)
{
    (void)state;
    EG_CLEANUP(eg_nvs_schema_cleanup)
    struct eg_nvs_schema *schema = parse("\xef\xbb\xbf"
                                         "app,namespace,\r\nserial,data,string,REPEAT\r\nno,data,i32\r\n");
    const struct eg_nvs_value values[] = {{"serial", "A1"}, {"no", "101"}};
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    struct eg_error err;

    assert_items(schema, values, 2, "app/=;app/serial=4131;app/no=65000000;");
    assert_true(eg_nvs_schema_row(schema, 1)->repeat);
    assert_null(eg_nvs_schema_row(schema, 2)->text);
    assert_error(eg_nvs_schema_items(&items, schema, values, 1, 2, &err), err, EG_BAD_IMAGE,
                 "nvs.csv:3: key \"no\": there is no value for it");
}

static void columns_are_found_by_their_names(void **state)
{
    (void)state;
    EG_CLEANUP(eg_nvs_schema_cleanup)
    struct eg_nvs_schema *schema =
        parse("comment, Encoding ,value,key,type\n,,,a,namespace\nwhy,u8,7,k,data\n");
    EG_CLEANUP(eg_nvs_schema_cleanup)
    struct eg_nvs_schema *without = parse("key,type,encoding\na,namespace\nk,data,u8,REPEAT\n");

    assert_items(schema, NULL, 0, "a/=;a/k=07;");
    assert_true(eg_nvs_schema_row(without, 1)->repeat);
    assert_null(eg_nvs_schema_row(without, 1)->text);
}

static void a_namespace_that_is_opened_again_gets_its_keys(void **state)
{
    (void)state;
    EG_CLEANUP(eg_nvs_schema_cleanup)
    struct eg_nvs_schema *schema = parse(HEADER "a,namespace,,\nk,data,u8,1\nb,namespace,,\nk,data,u8,2\n"
                                                "a,namespace,,\nl,data,u8,3\n");
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    struct eg_error err;

    assert_ok(eg_nvs_schema_build(&image, schema, NULL, 0, 0x3000, 2, &err), err);
    assert_ok(eg_nvs_read(&items, NULL, image.data, image.size, &err), err);
    assert_int_equal(items.count, 3);
    assert_string_equal(items.list[2].space, "a");
    assert_string_equal(items.list[2].key, "l");
}

static void a_key_of_two_namespaces_is_told_apart_by_name_or_order(void **state)
{
    (void)state;
    EG_CLEANUP(eg_nvs_schema_cleanup)
    struct eg_nvs_schema *schema = parse("a,namespace,\nk,data,u8\nb,namespace,\nk,data,u8\n");
    const struct eg_nvs_value named[] = {{"b/k", "2"}, {"a/k", "1"}};
    const struct eg_nvs_value ordered[] = {{"k", "1"}, {"k", "2"}};
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    struct eg_error err;

    assert_items(schema, named, 2, "a/=;a/k=01;b/=;b/k=02;");
    assert_items(schema, ordered, 2, "a/=;a/k=01;b/=;b/k=02;");
    assert_error(eg_nvs_schema_items(&items, schema, ordered, 1, 2, &err), err, EG_BAD_IMAGE,
                 "nvs.csv:4: key \"k\": there is no value for it");
    assert_ptr_equal(eg_nvs_schema_find(schema, "b/k", 0), eg_nvs_schema_row(schema, 3));
    assert_ptr_equal(eg_nvs_schema_find(schema, "k", 1), eg_nvs_schema_row(schema, 3));
    assert_null(eg_nvs_schema_find(schema, "c", 0));
    assert_null(eg_nvs_schema_find(schema, "", 0));
}

static void mistakes_in_a_row_are_named_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } rows[] = {
        {"", "nvs.csv:1: there are no rows"},
        {"k,data,u8\n", "nvs.csv:1: key \"k\" stands in front of the first namespace"},
        {HEADER "a,namespace,,\nk,data,u8,256\n",
         "nvs.csv:3: key \"k\": value 256 is out of the range of a u8, 0 to 255"},
        {HEADER "a,namespace,,\n,data,u8,1\n", "nvs.csv:3: the row has no key"},
        {HEADER "\n,namespace,,\n", "nvs.csv:3: the row has no key"},
        {HEADER "sixteen_letters_,namespace,,\n",
         "nvs.csv:2: namespace \"sixteen_letters_\" has 16 bytes, more than 15"},
        {HEADER "a,namespace,,\n\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc,data,u8,1\n",
         "nvs.csv:3: key \"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\" has 16 bytes, "
         "more "
         "than 15"},
        {HEADER "a,namespace,,\n\"k\nl\",data,u8,1\n", "nvs.csv:3: key has byte 0x0a, which is no text"},
        {HEADER "a,namespace,,\nk,blob,u8,1\n",
         "nvs.csv:3: key \"k\": type \"blob\" is none of namespace, data, file"},
        {HEADER "a,namespace,,\nk,data,hex2bin,0g\n",
         "nvs.csv:3: key \"k\": character 2 of the value is no hex digit"},
        {HEADER "a,namespace,,\nk,data,string,a,b\n",
         "nvs.csv:3: the row has 5 fields, more than 4: a value with a comma wants quotes"},
        {HEADER "a,namespace,,\nk,data,string,\"a\n", "nvs.csv:3: there is a quote without an end"},
        {HEADER
         "a,namespace,,\nk,data,u8,1\nb,namespace,,\nk,data,u8,1\na,namespace,,\n# again\nk,data,i8,2\n",
         "nvs.csv:8: key \"k\" of namespace \"a\" is on line 3, too"},
        {"a,namespace,\nk,data,u8,repeated\n",
         "nvs.csv:2: key \"k\": the encoding is followed by something other than REPEAT"},
        {"key,type\n", "nvs.csv:1: the header has no column \"encoding\""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct eg_nvs_schema *schema = NULL;
        struct eg_error err;
        print_message("%s\n", rows[i].sentence);
        assert_error(eg_nvs_schema_parse(&schema, "nvs.csv", rows[i].text, strlen(rows[i].text), NULL, &err),
                     err, EG_BAD_IMAGE, rows[i].sentence);
        assert_null(schema);
    }
}

static void an_unknown_encoding_is_refused(void **state)
{
    (void)state;
    static const char text[] = "a,namespace,\nk,data,u128\n";
    struct eg_nvs_schema *schema = NULL;
    struct eg_error err;

    assert_int_equal(eg_nvs_schema_parse(&schema, "nvs.csv", text, sizeof text - 1, NULL, &err),
                     EG_BAD_IMAGE);
    assert_memory_equal(err.text, "nvs.csv:2: key \"k\": encoding \"u128\" is none of u8, i8, ", 50);
}

static void what_a_unit_is_given_is_checked_with_the_line_of_its_key(void **state)
{
    (void)state;
    EG_CLEANUP(eg_nvs_schema_cleanup)
    struct eg_nvs_schema *schema = parse("a,namespace,\nn,data,u8\ns,data,string\n");
    char longest[4001];
    struct eg_nvs_value values[] = {{"n", "256"}, {"s", longest}};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    struct eg_error err;

    memset(longest, 'x', 4000);
    longest[4000] = '\0';
    assert_error(eg_nvs_schema_build(&image, schema, values, 2, 0x4000, 2, &err), err, EG_BAD_IMAGE,
                 "nvs.csv:2: key \"n\": value 256 is out of the range of a u8, 0 to 255");
    values[0].text = "";
    assert_error(eg_nvs_schema_build(&image, schema, values, 2, 0x4000, 2, &err), err, EG_BAD_IMAGE,
                 "nvs.csv:2: key \"n\": the value is empty, a u8 is a number");
    values[0].text = "1";
    assert_error(eg_nvs_schema_build(&image, schema, values, 2, 0x4000, 2, &err), err, EG_BAD_IMAGE,
                 "nvs.csv:3: key \"s\" is a string of 4001 bytes with its NUL, the longest has 4000");
    longest[3999] = '\0';
    assert_error(
        eg_nvs_schema_build(&image, schema, values, 2, 0x4000, 1, &err), err, EG_BAD_IMAGE,
        "nvs.csv:3: key \"s\" is a string of 4000 bytes with its NUL, the longest in version 1 has 1984");
    assert_error(eg_nvs_schema_build(&image, schema, values, 2, 0x2800, 2, &err), err, EG_BAD_ARGUMENT,
                 "size 0x2800 of an NVS partition is not a multiple of 0x1000");
    assert_int_equal(image.size, 0);
    assert_ok(eg_nvs_schema_build(&image, schema, values, 2, 0x4000, 2, &err), err);
}

static void files_are_read_from_the_folder_that_is_named(void **state)
{
    (void)state;
    static const char text[] = HEADER "a,namespace,,\nk,file,hex2bin,value.hex\n";
    char folder[] = "/tmp/eg-nvs-XXXXXX", path[64], sentence[200];
    EG_CLEANUP(eg_nvs_schema_cleanup) struct eg_nvs_schema *schema = NULL;
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    const struct eg_nvs_value none = {"k", ""}, a_folder = {"k", "/"};
    struct eg_error err;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/value.hex", folder);
    assert_ok(eg_nvs_schema_parse(&schema, "nvs.csv", text, sizeof text - 1, folder, &err), err);
    snprintf(sentence, sizeof sentence, "nvs.csv:3: key \"k\": %s: No such file or directory", path);
    assert_error(eg_nvs_schema_items(&items, schema, NULL, 0, 2, &err), err, EG_BAD_IMAGE, sentence);
    assert_error(eg_nvs_schema_items(&items, schema, &a_folder, 1, 2, &err), err, EG_BAD_IMAGE,
                 "nvs.csv:3: key \"k\": /: is a directory");
    assert_error(eg_nvs_schema_items(&items, schema, &none, 1, 2, &err), err, EG_BAD_IMAGE,
                 "nvs.csv:3: key \"k\": no file is named");
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    fputs("c0ffee\n", file);
    fclose(file);
    assert_items(schema, NULL, 0, "a/=;a/k=c0ffee;");
    unlink(path);
    rmdir(folder);
}

/* ---- Many workers, one schema ---- */

struct worker {
    const struct eg_nvs_schema *schema;
    char serial[16];
    bool good;
};

static void *work(void *context)
{
    struct worker *const worker = context;
    const struct eg_nvs_value value = {"serial", worker->serial};
    struct eg_error err;

    worker->good = true;
    for (unsigned i = 0; i < 20; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
        EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
        worker->good = worker->good &&
                       eg_nvs_schema_build(&image, worker->schema, &value, 1, 0x3000, 2, &err) == EG_OK &&
                       eg_nvs_read(&items, NULL, image.data, image.size, &err) == EG_OK && items.count == 1 &&
                       memcmp(items.list[0].data, worker->serial, items.list[0].size) == 0;
    }
    return NULL;
}

static void workers_share_a_schema(void **state)
{
    (void)state;
    EG_CLEANUP(eg_nvs_schema_cleanup)
    struct eg_nvs_schema *schema = parse("a,namespace,\nserial,data,string\n");
    struct worker workers[4];
    pthread_t threads[4];

    for (unsigned i = 0; i < 4; i++) {
        workers[i] = (struct worker){.schema = schema};
        snprintf(workers[i].serial, sizeof workers[i].serial, "unit-%u", i);
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_true(workers[i].good);
    }
}

/* Check "key size, key size" of the blobs and strings made from the rows. */
static void assert_made_of(const char *rows, const char *expected)
{
    EG_CLEANUP(eg_nvs_schema_cleanup) struct eg_nvs_schema *schema = parse(rows);
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    char text[400] = "";
    struct eg_error err;

    assert_ok(eg_nvs_schema_items(&items, schema, NULL, 0, 2, &err), err);
    for (size_t i = 0; i < items.count; i++)
        if (items.list[i].key[0] != '\0')
            sprintf(text + strlen(text), "%s%s %zu", text[0] != '\0' ? ", " : "", items.list[i].key,
                    items.list[i].size);
    assert_string_equal(text, expected);
}

#define HEAD "key,type,encoding,value\nn,namespace,,\n"
#define SSID "ap.ssid,data,blob_sz_fill(32;0x00),net\n"
#define PASS "ap.passwd,data,blob_fill(64;0x00),secret\n"

static void the_keys_of_wifi_get_the_companions_of_the_generator(void **state)
{
    (void)state;
    assert_made_of(HEAD "sta.pswd,data,string,p\nx,data,u8,1\nsta.ssid,data,string,s\n",
                   "sta.pswd 1, sta.apinfo 140, sta.pmk 32, sta.apsw 2, x 1, sta.ssid 1");
    assert_made_of(HEAD "sta.pmk,data,hex2bin,00ff\nsta.ssid,data,string,s\n",
                   "sta.pmk 2, sta.ssid 1, sta.apinfo 140, sta.apsw 2");
    assert_made_of(HEAD "ap.authmode,data,u8,3\n" PASS SSID,
                   "ap.authmode 1, ap.passwd 64, ap.ssid 36, ap.pmk_info 132");
    assert_made_of(HEAD SSID PASS "ap.authmode,data,u8,0\n", "ap.ssid 36, ap.passwd 64, ap.authmode 1");
    assert_made_of(HEAD SSID PASS, "ap.ssid 36, ap.passwd 64");
    assert_made_of(HEAD SSID "m,namespace,,\n" PASS "ap.authmode,data,u8,3\n",
                   "ap.ssid 36, ap.passwd 64, ap.authmode 1");
}

static void the_key_of_an_access_point_is_that_of_wpa(void **state)
{
    (void)state;
    static const uint8_t pmk[] = {0x25, 0x75, 0x48, 0x61, 0x59, 0x62, 0x7c, 0x10, 0x84, 0xf2, 0x89,
                                  0x83, 0xdc, 0x9a, 0xbb, 0xd7, 0x6a, 0x75, 0x18, 0x77, 0x6e, 0xba,
                                  0xf5, 0x61, 0x4a, 0xb4, 0x6f, 0xa6, 0x9f, 0xcc, 0xac, 0xd3};
    const char *const ssids[] = {SSID, "ap.ssid,data,string,net\n", "ap.ssid,data,blob_fill(32;0x00),net\n"};

    for (size_t i = 0; i < sizeof ssids / sizeof *ssids; i++) {
        char rows[400];
        snprintf(rows, sizeof rows, HEAD "%s" PASS "ap.authmode,data,u8,4\n", ssids[i]);
        EG_CLEANUP(eg_nvs_schema_cleanup) struct eg_nvs_schema *schema = parse(rows);
        EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
        struct eg_error err;
        assert_ok(eg_nvs_schema_items(&items, schema, NULL, 0, 2, &err), err);
        const struct eg_nvs_item *const info = &items.list[items.count - 2];
        assert_string_equal(info->key, "ap.pmk_info");
        assert_int_equal(info->data[99], 0);
        assert_memory_equal(info->data + 100, pmk, sizeof pmk);
    }
}

static void other_separators_are_named_and_a_semicolon_in_a_value_is_none(void **state)
{
    (void)state;
    const char *const texts[] = {"key;type;encoding;value\ncfg;namespace;;\n",
                                 "key,type,encoding,value\ncfg;namespace;;\n", "cfg;namespace;\n"};
    struct eg_nvs_schema *schema = NULL;
    struct eg_error err;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(eg_nvs_schema_parse(&schema, "s.csv", texts[i], strlen(texts[i]), NULL, &err),
                         EG_BAD_IMAGE);
        assert_non_null(strstr(err.text, ": the fields are separated by semicolons, not by commas; "));
    }
    assert_error(eg_nvs_schema_parse(&schema, "s.csv", "\xfe\xff\0k", 4, NULL, &err), err, EG_BAD_IMAGE,
                 "s.csv:1: the text is UTF-16; save it as UTF-8");
    assert_made_of(HEAD "x,data,string,a;b\n", "x 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_are_byte_for_byte_those_of_the_reference),
        cmocka_unit_test(a_schema_has_its_values_or_gets_them),
        cmocka_unit_test(a_schema_without_header_is_the_mass_manufacturing_tools),
        cmocka_unit_test(columns_are_found_by_their_names),
        cmocka_unit_test(a_namespace_that_is_opened_again_gets_its_keys),
        cmocka_unit_test(a_key_of_two_namespaces_is_told_apart_by_name_or_order),
        cmocka_unit_test(mistakes_in_a_row_are_named_with_their_line),
        cmocka_unit_test(an_unknown_encoding_is_refused),
        cmocka_unit_test(what_a_unit_is_given_is_checked_with_the_line_of_its_key),
        cmocka_unit_test(files_are_read_from_the_folder_that_is_named),
        cmocka_unit_test(the_keys_of_wifi_get_the_companions_of_the_generator),
        cmocka_unit_test(the_key_of_an_access_point_is_that_of_wpa),
        cmocka_unit_test(other_separators_are_named_and_a_semicolon_in_a_value_is_none),
        cmocka_unit_test(workers_share_a_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
