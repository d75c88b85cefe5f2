/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Reading a job file by tables of options, here a table with an option of each kind that has no other test.
 */

#include "jobs/keys.h"

#include "tests/jobs/job_folder.h"

static const struct eg_option step_options[] = {
    {.key = "expect", .type = EG_OPTION_TEXT, .required = true},
    {.key = "forbid", .type = EG_OPTION_TEXT_LIST},
    {.key = "timeout", .type = EG_OPTION_DURATION, .fallback = "10s", .least = 1, .most = 60000},
    {.key = NULL},
};

static const struct eg_option options[] = {
    {.key = "unit.schema", .type = EG_OPTION_FILE},
    {.key = "unit.values", .type = EG_OPTION_MAP},
    {.key = "keys", .type = EG_OPTION_FILE_LIST},
    {.key = "cipher.key", .type = EG_OPTION_CHOICE, .choices = (const char *const[]){"per-board", NULL}},
    {.key = "cipher.key.file", .type = EG_OPTION_SECRET_FILE},
    {.key = "hook", .type = EG_OPTION_PROGRAM},
    {.key = "step", .type = EG_OPTION_GROUPS, .group = step_options},
    {.key = NULL},
};

/* Read a job's settings; they are freed with the plan. */
static enum eg_code read_job(struct eg_plan *plan, const char *text, struct eg_error *err)
{
    EG_CLEANUP(eg__document_finish) struct eg__document document = {0};
    const struct eg__node *own[EG__KEYS] = {NULL};
    char path[256];

    put("job.yaml", text);
    path_of(path, "job.yaml");
    assert_ok(eg__document_read(&document, path, err), *err);
    assert_ok(eg_settings_add(&plan->settings, &plan->setting_count, options, err), *err);
    return eg__keys_read(own, plan, document.root, err);
}

static struct eg_plan *plan_of(const char *text)
{
    struct eg_plan *plan = calloc(1, sizeof *plan);
    struct eg_error err;

    assert_non_null(plan);
    assert_ok(read_job(plan, text, &err), err);
    return plan;
}

static void assert_key_refused(const char *text, enum eg_code code, const char *sentence)
{
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = calloc(1, sizeof *plan);
    struct eg_error err = {0};
    char expected[1024] = "";

    assert_non_null(plan);
    assert_int_equal(read_job(plan, text, &err), code);
    with_folder(expected, sentence);
    assert_string_equal(err.text, expected);
}

static void a_file_is_read_from_the_folder_of_the_job(void **state)
{
    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = NULL;

    plan = plan_of("unit:\n  schema: data.bin\n");
    const struct eg_setting *const setting = eg_plan_setting(plan, "unit.schema");
    assert_int_equal(setting->content.size, 5);
    assert_memory_equal(setting->content.data, "12345", 5);
    assert_non_null(strstr(setting->place, "/job.yaml:2:11"));
    assert_key_refused("unit: {schema: no.csv}\n", EG_BAD_ARGUMENT,
                       "@/job.yaml:1:16: unit.schema: @/no.csv: No such file or directory");
}

static void a_value_may_be_a_word_or_a_mapping(void **state)
{
    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *word = plan_of("cipher: {key: per-board}\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *mapping = plan_of("cipher: {key: {file: a.key}}\n");
    char expected[1024] = "";

    assert_true(eg_plan_setting(word, "cipher.key")->given);
    assert_false(eg_plan_setting(mapping, "cipher.key")->given);
    with_folder(expected, "@/a.key"); /* it is not read, so it need not be there */
    assert_string_equal(eg_plan_setting(mapping, "cipher.key.file")->text, expected);
    assert_int_equal(eg_plan_setting(mapping, "cipher.key.file")->content.size, 0);
    assert_key_refused("cipher: {key: {fiel: a.key}}\n", EG_BAD_JOB,
                       "@/job.yaml:1:16: there is no key cipher.key.fiel; did you mean cipher.key.file");
    assert_key_refused("cipher: {key: both}\n", EG_BAD_JOB,
                       "@/job.yaml:1:15: cipher.key is \"both\", not one of per-board");
}

static void a_list_of_files_may_be_one_file(void **state)
{
    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *one = plan_of("keys: data.bin\n");
    put("other", "two");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *two = plan_of("keys: [data.bin, other]\n");

    assert_int_equal(eg_plan_setting(one, "keys")->item_count, 1);
    const struct eg_setting *const list = eg_plan_setting(two, "keys");
    assert_int_equal(list->item_count, 2);
    assert_memory_equal(list->items[0].content.data, "12345", 5);
    assert_int_equal(list->items[1].content.size, 3);
    assert_non_null(strstr(list->items[1].place, "/job.yaml:1:18"));
    assert_key_refused("keys: [data.bin, no.pem]\n", EG_BAD_ARGUMENT,
                       "@/job.yaml:1:18: keys: @/no.pem: No such file or directory");
}

static void a_map_has_names_of_the_job(void **state)
{
    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = NULL;

    plan = plan_of("unit: {values: {mac: \"{mac}\", empty: \"\"}}\n");
    const struct eg_setting *const setting = eg_plan_setting(plan, "unit.values");
    assert_int_equal(setting->item_count, 2);
    assert_string_equal(setting->items[0].name, "mac");
    assert_string_equal(setting->items[0].text, "{mac}");
    assert_string_equal(setting->items[1].text, "");
    assert_key_refused("unit: {values: [1]}\n", EG_BAD_JOB,
                       "@/job.yaml:1:16: unit.values is a list, not a mapping");
    assert_key_refused("unit: {values: {a: [1]}}\n", EG_BAD_JOB,
                       "@/job.yaml:1:20: unit.values.a is a list, not text");
}

static void a_program_with_a_slash_is_found_from_the_folder_of_the_job(void **state)
{
    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *with = NULL;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *without = NULL;
    char expected[256];

    with = plan_of("hook: [./label.sh, ./arg]\n");
    without = plan_of("hook: lp\n");
    const struct eg_setting *const setting = eg_plan_setting(with, "hook");
    path_of(expected, "./label.sh");
    assert_string_equal(setting->items[0].text, expected);
    assert_string_equal(setting->items[1].text, "./arg");
    assert_string_equal(eg_plan_setting(without, "hook")->items[0].text, "lp");
    assert_key_refused("hook: []\n", EG_BAD_JOB, "@/job.yaml:1:7: hook is an empty list");
}

static void groups_are_one_mapping_or_a_list_of_them(void **state)
{
    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *one = NULL;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *two = NULL;

    one = plan_of("step: {expect: OK}\n");
    two = plan_of("step:\n  - {expect: OK, timeout: 500ms}\n  - {expect: done, forbid: [panic, abort]}\n");
    assert_int_equal(eg_plan_setting(one, "step")->group_count, 1);
    const struct eg_setting_group *const groups = eg_plan_setting(two, "step")->groups;
    assert_int_equal(eg_plan_setting(two, "step")->group_count, 2);
    assert_int_equal(eg_group_setting(&groups[0], "timeout")->number[0], 500);
    assert_int_equal(eg_group_setting(&groups[1], "timeout")->number[0], 10000);
    assert_int_equal(eg_group_setting(&groups[1], "forbid")->item_count, 2);
    assert_key_refused("step: {timeout: 1s}\n", EG_BAD_JOB, "@/job.yaml:1:7: step lacks the key expect");
    assert_key_refused("step: [OK]\n", EG_BAD_JOB, "@/job.yaml:1:8: step is text, not a mapping");
    assert_key_refused("step: {expct: OK}\n", EG_BAD_JOB,
                       "@/job.yaml:1:8: there is no key expct; did you mean expect");
    assert_key_refused("step: {wait: 1s}\n", EG_BAD_JOB,
                       "@/job.yaml:1:8: there is no key wait; known here are expect, forbid, timeout");
    assert_key_refused(
        "step: {expect: a, timeout: 5}\n", EG_BAD_JOB,
        "@/job.yaml:1:28: timeout is \"5\", not a time such as 500ms or 10s from 1 ms to 60 s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_read_from_the_folder_of_the_job),
        TEST(a_value_may_be_a_word_or_a_mapping),
        TEST(a_list_of_files_may_be_one_file),
        TEST(a_map_has_names_of_the_job),
        TEST(a_program_with_a_slash_is_found_from_the_folder_of_the_job),
        TEST(groups_are_one_mapping_or_a_list_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
