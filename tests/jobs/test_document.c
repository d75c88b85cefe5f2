/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/job_folder.h"

static void a_job_may_be_json(void **state)
{
    (void)state;
    put("job.json", "{\n\t\"espgang\": 1, \"job\": \"x\", \"chip\": \"esp32\",\n"
                    "\t\"firmware\": [{\"at\": \"0x10000\", \"file\": \"app.bin\"}, {\"at\": 8192, \"file\": "
                    "\"data.bin\"}],\n"
                    "\t\"retry\": {\"attempts\": 3}\n}\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.json");

    assert_int_equal(plan->region_count, 2);
    assert_int_equal(plan->regions[0].flash_addr, 8192);
    assert_int_equal(eg_plan_number(plan, "retry.attempts"), 3);
}

static void a_byte_order_mark_and_windows_line_ends_do_not_matter(void **state)
{
    (void)state;
    put("job.yaml", "\xef\xbb\xbf"
                    "espgang: 1\r\njob: K\xc3\xbchlung\r\nchip: esp32\r\nfirmware:\r\n"
                    "  - at: 0x10000\r\n    file: app.bin\r\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_string_equal(plan->job_name, "K\xc3\xbchlung");
    assert_int_equal(plan->region_count, 1);
}

static void anchors_and_merge_keys_are_followed(void **state)
{
    (void)state;
    put("job.yaml", "espgang: 1\njob: &name x\nversion: *name\nchip: esp32\n"
                    "firmware:\n"
                    "  - &first {name: one, at: 0x10000, file: data.bin}\n"
                    "  - {<<: *first, name: two, at: 0x20000}\n"
                    "  - {at: 0x30000, <<: [{name: three}, *first]}\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_string_equal(plan->job_version, "x");
    assert_string_equal(plan->regions[1].name, "two");
    assert_int_equal(plan->regions[1].file_size, 5);
    assert_string_equal(plan->regions[2].name, "three");
    assert_int_equal(plan->regions[2].flash_addr, 0x30000);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    char path[256];
    static char large[(1 << 20) + 2];

    assert_job_file_refused("absent.yaml", EG_BAD_ARGUMENT, "@/absent.yaml: No such file or directory");
    path_of(path, "folder.yaml");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_job_file_refused("folder.yaml", EG_BAD_ARGUMENT, "@/folder.yaml: is a directory");
    path_of(path, "fifo.yaml");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_job_file_refused("fifo.yaml", EG_BAD_ARGUMENT, "@/fifo.yaml: is not a regular file");
    memset(large, '#', sizeof large - 1);
    assert_refused(large, EG_BAD_ARGUMENT,
                   "@/job.yaml: 1048577 bytes, more than the 1048576 that are allowed");
}

static void what_is_not_one_document_of_text_is_refused(void **state)
{
    (void)state;
    static char deep[200];

    assert_refused("", EG_BAD_JOB, "@/job.yaml:1:1: the file is empty");
    assert_refused("# only words\n", EG_BAD_JOB, "@/job.yaml:1:1: the file is empty");
    assert_refused("\xef\xbb\xbf", EG_BAD_JOB, "@/job.yaml:1:1: the file is empty");
    assert_refused(JOB(FIRMWARE) "---\nespgang: 1\n", EG_BAD_JOB,
                   "@/job.yaml:6:1: a second document begins here; there may be only one");
    assert_refused("job: a\njob\xff: b\n", EG_BAD_JOB, "@/job.yaml:2:4: byte 0xff is not UTF-8 text");
    assert_refused("\xff\xfe"
                   "e",
                   EG_BAD_JOB, "@/job.yaml:1:1: the text is UTF-16; save it as UTF-8");
    assert_refused("\xc3\xa4\xc3", EG_BAD_JOB, "@/job.yaml:1:2: byte 0xc3 is not UTF-8 text");
    assert_refused("\xed\xa0\x80", EG_BAD_JOB, "@/job.yaml:1:1: byte 0xed is not UTF-8 text");
    assert_refused("\xe0\x80\x80", EG_BAD_JOB, "@/job.yaml:1:1: byte 0xe0 is not UTF-8 text");
    put_bytes("job.yaml", "a: \0", 4);
    assert_job_file_refused("job.yaml", EG_BAD_JOB, "@/job.yaml:1:4: the file has a control character, 0x00");
    assert_refused("a: \x1b[1m\n", EG_BAD_JOB, "@/job.yaml:1:4: the file has a control character, 0x1b");
    assert_refused("espgang: 1\njob: \"a\\0b\"\n", EG_BAD_JOB,
                   "@/job.yaml:2:6: the value has a control character, 0x00");
    assert_refused("espgang: 1\njob: \"a\\nb\"\n", EG_BAD_JOB,
                   "@/job.yaml:2:6: the value has a control character, 0x0a");
    assert_refused("[1, 2]\n", EG_BAD_JOB, "@/job.yaml:1:1: the job is a list, not a mapping");
    assert_refused("hello\n", EG_BAD_JOB, "@/job.yaml:1:1: the job is text, not a mapping");
    memset(deep, '[', sizeof deep - 1);
    assert_refused(deep, EG_BAD_JOB, "@/job.yaml:1:33: lists and mappings are nested more than 32 deep");
}

static void a_syntax_error_has_the_line_and_column_of_the_parser(void **state)
{
    (void)state;
    assert_refused("espgang: 1\njob: \"abc\n", EG_BAD_JOB,
                   "@/job.yaml:2:7: double-quoted scalar without closing quote");
    assert_refused("espgang: 1\n\tjob: x\n", EG_BAD_JOB, "@/job.yaml:1:10: invalid multiline plain key");
    assert_refused("espgang: [1, 2\n", EG_BAD_JOB, "@/job.yaml:2:1: flow sequence without a closing bracket");
    assert_refused("%YAML 9.9\n---\nespgang: 1\n", EG_BAD_JOB, "@/job.yaml:1:1: this is not a YAML file");
    put("job.json", "{\"espgang\": 1,}");
    assert_job_file_refused("job.json", EG_BAD_JOB,
                            "@/job.json:1:14: JSON disallows trailing comma before closing brace");
}

static void aliases_cannot_make_a_file_grow(void **state)
{
    (void)state;
    static char text[1 << 17];

    assert_refused("espgang: 1\njob: *nowhere\n", EG_BAD_JOB,
                   "@/job.yaml:2:6: there is no anchor &nowhere before this alias");
    assert_refused("espgang: 1\njob: &self [*self]\n", EG_BAD_JOB,
                   "@/job.yaml:2:13: there is no anchor &self before this alias");
    assert_refused("espgang: 1\njob: !!str x\n", EG_BAD_JOB, "@/job.yaml:2:12: tags have no meaning here");
    assert_refused("espgang: 1\njob: {<<: x}\n", EG_BAD_JOB,
                   "@/job.yaml:2:7: << takes a mapping or a list of them");
    assert_refused("espgang: 1\njob: {<<: {a: 1}, <<: {b: 1}}\n", EG_BAD_JOB,
                   "@/job.yaml:2:19: key << is given twice, first in line 2");
    strcpy(text, "a: [");
    for (size_t at = 4, i = 0; i < 20000; i++)
        at += (size_t)sprintf(text + at, " 0,\n");
    assert_refused(text, EG_BAD_JOB, "@/job.yaml:19998:2: the file has more than 20000 values");
    text[0] = '\0';
    for (size_t at = 0, i = 0; i <= 1000; i++)
        at += (size_t)sprintf(text + at, "k%zu: 1\n", i);
    assert_refused(text, EG_BAD_JOB, "@/job.yaml:1001:1: a mapping has more than 1000 keys");
}

static void a_key_given_twice_is_refused(void **state)
{
    (void)state;
    assert_refused(JOB("job: y"), EG_BAD_JOB, "@/job.yaml:4:1: key job is given twice, first in line 2");
    assert_refused(JOB("link:\n  baud: 9600\n  baud: 9601"), EG_BAD_JOB,
                   "@/job.yaml:6:3: key baud is given twice, first in line 5");
    assert_refused(JOB("? [a]\n: b"), EG_BAD_JOB, "@/job.yaml:4:3: a key is a list, not text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_may_be_json),
        TEST(a_byte_order_mark_and_windows_line_ends_do_not_matter),
        TEST(anchors_and_merge_keys_are_followed),
        TEST(a_file_that_cannot_be_read_is_named),
        TEST(what_is_not_one_document_of_text_is_refused),
        TEST(a_syntax_error_has_the_line_and_column_of_the_parser),
        TEST(aliases_cannot_make_a_file_grow),
        TEST(a_key_given_twice_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
