/* SPDX-License-Identifier: Apache-2.0 */

/* Options of every type, written into a bundle and read back. */

#include "tests/jobs/job_folder.h"

#include "engine/base/program.h"
#include "jobs/freeze.h"
#include "jobs/keys.h"

static const struct eg_option group_options[] = {
    {.key = "expect", .type = EG_OPTION_TEXT, .required = true},
    {.key = "template", .type = EG_OPTION_FILE},
    {.key = NULL},
};

static const struct eg_option options[] = {
    {.key = "unit.text", .type = EG_OPTION_TEXT},
    {.key = "unit.schema", .type = EG_OPTION_FILE},
    {.key = "keys", .type = EG_OPTION_FILE_LIST},
    {.key = "cipher.key", .type = EG_OPTION_CHOICE, .choices = (const char *const[]){"per-board", NULL}},
    {.key = "cipher.key.file", .type = EG_OPTION_SECRET_FILE},
    {.key = "unit.values", .type = EG_OPTION_MAP},
    {.key = "unit.program", .type = EG_OPTION_PROGRAM},
    {.key = "flash.extra", .type = EG_OPTION_TEXT_LIST},
    {.key = "timeout", .type = EG_OPTION_DURATION, .most = 100000},
    {.key = "test", .type = EG_OPTION_GROUPS, .group = group_options},
    {.key = NULL},
};

/* A job with only those options, read without firmware. */
struct reading {
    struct eg__document document;
    struct eg_plan *plan;
};

static void reading_finish(struct reading *reading)
{
    eg__document_finish(&reading->document);
    eg_plan_destroy(reading->plan);
}

static void read_job(struct reading *reading, const char *name, const struct eg__bundle *bundle)
{
    const struct eg__node *own[EG__KEYS] = {NULL};
    struct eg_plan *plan;
    struct eg_error err;
    char path[256];

    reading->document.bundle = bundle;
    if (bundle == NULL) {
        path_of(path, name);
        assert_ok(eg__document_read(&reading->document, path, &err), err);
    } else {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
        const struct eg_buffer *const job = &bundle->members[0].data;
        assert_ok(eg_buffer_append(&text, job->data, job->size, &err), err);
        snprintf(path, sizeof path, "%s/job.yaml", bundle->path);
        assert_ok(eg__document_parse(&reading->document, path, &text, &err), err);
    }
    assert_ok(eg_alloc(&plan, 1, sizeof *plan, &err), err);
    reading->plan = plan;
    plan->target = eg_target_by_name("esp32");
    plan->header = (struct eg_flash_settings){-1, -1, -1};
    assert_ok(eg_strdup(&plan->job_name, "x", &err), err);
    assert_ok(eg_strdup(&plan->job_version, "", &err), err);
    assert_ok(eg_settings_add(&plan->settings, &plan->setting_count, options, &err), err);
    assert_ok(eg__keys_read(own, plan, reading->document.root, &err), err);
}

static const char *text_of(const struct eg__bundle *bundle, unsigned member)
{
    return (const char *)bundle->members[member].data.data;
}

static void everything_an_option_says_is_taken_along(void **state)
{
    (void)state;
    EG_CLEANUP(eg__bundle_finish) struct eg__bundle bundle = {.count = 0};
    EG_CLEANUP(reading_finish) struct reading job = {.plan = NULL};
    EG_CLEANUP(reading_finish) struct reading frozen = {.plan = NULL};
    struct eg_error err;

    put("schema one.csv", "key,type\n");
    put("second", "two");
    put("tool", "#!/bin/sh\nexit 17\n");
    put("job.yaml", "espgang: 1\njob: x\nchip: esp32\nfirmware: []\n"
                    "unit:\n  text: \"a: {b}, \\\"c\\\" \\\\ # d\"\n  schema: schema one.csv\n"
                    "  values: &v {mac: \"{mac}\", empty: , 'a key': -1}\n"
                    "  program: [./tool, --one, a b]\n"
                    "flash: {size: keep, extra: [a, \"b c\"]}\ntimeout: 10s\nkeys: [second, tool]\n"
                    "test:\n  - {expect: 'self-test: OK'}\n  - {template: second, expect: no}\n");
    read_job(&job, "job.yaml", NULL);
    assert_ok(eg__freeze(&bundle, &job.document, job.plan, &err), err);

    assert_int_equal(bundle.count, 6);
    assert_string_equal(bundle.members[1].name, "files/00-schema_one.csv");
    assert_string_equal(bundle.members[2].name, "files/01-tool");
    assert_string_equal(bundle.members[3].name, "files/02-second");
    assert_string_equal(text_of(&bundle, 3), "two");
    assert_string_equal(text_of(&bundle, 1), "key,type\n");
    const char *const text = strstr(text_of(&bundle, 0), "espgang: 1\n");
    assert_string_equal(text,
                        "espgang: 1\njob: x\nchip: esp32\nfirmware:\n"
                        "flash:\n  size: keep\n  extra: [a, \"b c\"]\n"
                        "unit:\n  text: \"a: {b}, \\\"c\\\" \\\\ # d\"\n"
                        "  schema: files/00-schema_one.csv\n"
                        "  values: {mac: \"{mac}\", empty: \"\", \"a key\": \"-1\"}\n"
                        "  program: [files/01-tool, \"--one\", \"a b\"]\n"
                        "timeout: 10s\n"
                        "keys: [files/02-second, files/03-tool]\n"
                        "test: [{expect: \"self-test: OK\"}, {template: files/04-second, expect: no}]\n");

    /* Every setting read from the bundle has its old value. */
    assert_ok(eg_strdup(&bundle.path, "dir/x.egb", &err), err);
    read_job(&frozen, NULL, &bundle);
    const struct eg_setting *const schema = eg_plan_setting(frozen.plan, "unit.schema");
    assert_string_equal(schema->text, "dir/x.egb/files/00-schema_one.csv");
    assert_int_equal(schema->content.size, 9);
    assert_memory_equal(schema->content.data, "key,type\n", 10);
    assert_string_equal(eg_plan_setting(frozen.plan, "unit.text")->text, "a: {b}, \"c\" \\ # d");
    assert_memory_equal(eg_plan_setting(frozen.plan, "keys")->items[0].content.data, "two", 3);
    const struct eg_setting *const values = eg_plan_setting(frozen.plan, "unit.values");
    assert_int_equal(values->item_count, 3);
    assert_string_equal(values->items[1].text, "");
    assert_string_equal(values->items[2].name, "a key");
    assert_int_equal(eg_plan_number(frozen.plan, "timeout"), 10000);
    const struct eg_setting *const test = eg_plan_setting(frozen.plan, "test");
    assert_int_equal(test->group_count, 2);
    assert_memory_equal(eg_group_setting(&test->groups[1], "template")->content.data, "two", 4);
}

static void a_program_in_a_bundle_runs_without_a_file(void **state)
{
    (void)state;
    EG_CLEANUP(eg__bundle_finish) struct eg__bundle bundle = {.count = 0};
    EG_CLEANUP(reading_finish) struct reading job = {.plan = NULL};
    EG_CLEANUP(reading_finish) struct reading frozen = {.plan = NULL};
    struct eg_error err;

    put("tool", "#!/bin/sh\nexit 17\n");
    put("job.yaml", "unit: {program: ./tool}\n");
    read_job(&job, "job.yaml", NULL);
    assert_ok(eg__freeze(&bundle, &job.document, job.plan, &err), err);
    assert_ok(eg_strdup(&bundle.path, "x.egb", &err), err);
    read_job(&frozen, NULL, &bundle);
    const struct eg_setting *const program = eg_plan_setting(frozen.plan, "unit.program");
    assert_string_equal(program->items[0].name, "files/00-tool");
    const struct eg_program run = {
        .argv = (const char *const[]){program->items[0].text, NULL}, .name = "tool", .timeout_ms = 20000};
    assert_error(eg_program_run(&run, NULL, NULL, &err), err, EG_PROGRAM_FAILED,
                 "tool exited with status 17");
}

static void a_program_of_the_station_stays_one(void **state)
{
    (void)state;
    EG_CLEANUP(eg__bundle_finish) struct eg__bundle bundle = {.count = 0};
    EG_CLEANUP(reading_finish) struct reading job = {.plan = NULL};
    struct eg_error err;

    put("job.yaml", "unit: {program: [label-printer, ./x]}\n");
    read_job(&job, "job.yaml", NULL);
    assert_ok(eg__freeze(&bundle, &job.document, job.plan, &err), err);
    assert_int_equal(bundle.count, 1);
    assert_non_null(strstr(text_of(&bundle, 0), "  program: [label-printer, \"./x\"]\n"));
}

static void a_program_that_is_not_there_is_named(void **state)
{
    (void)state;
    EG_CLEANUP(eg__bundle_finish) struct eg__bundle bundle = {.count = 0};
    EG_CLEANUP(reading_finish) struct reading job = {.plan = NULL};
    struct eg_error err;
    char expected[300];

    put("job.yaml", "unit: {program: ./none}\n");
    read_job(&job, "job.yaml", NULL);
    snprintf(expected, sizeof expected, "%s/job.yaml:1:17: %s/./none: No such file or directory", job_folder,
             job_folder);
    assert_error(eg__freeze(&bundle, &job.document, job.plan, &err), err, EG_BAD_ARGUMENT, expected);
}

static void a_key_is_not_taken_along(void **state)
{
    (void)state;
    EG_CLEANUP(eg__bundle_finish) struct eg__bundle bundle = {.count = 0};
    EG_CLEANUP(eg__bundle_finish) struct eg__bundle none = {.count = 0};
    EG_CLEANUP(reading_finish) struct reading job = {.plan = NULL};
    EG_CLEANUP(reading_finish) struct reading here = {.plan = NULL};
    struct eg_error err;
    char expected[300];

    put("job.yaml", "cipher: {key: {file: /etc/keys/a.key}}\n");
    read_job(&job, "job.yaml", NULL);
    assert_ok(eg__freeze(&bundle, &job.document, job.plan, &err), err);
    assert_int_equal(bundle.count, 1);
    assert_non_null(strstr(text_of(&bundle, 0), "cipher:\n  key:\n    file: \"/etc/keys/a.key\"\n"));

    put("job.yaml", "cipher: {key: {file: a.key}}\n");
    read_job(&here, "job.yaml", NULL);
    snprintf(
        expected, sizeof expected,
        "%s/job.yaml:1:22: cipher.key.file is a secret, which no bundle takes along: give the absolute path "
        "that it has on the stations",
        job_folder);
    assert_error(eg__freeze(&none, &here.document, here.plan, &err), err, EG_BAD_JOB, expected);
}

/* A short file may refer to a long text any number of times. */
static void a_job_that_unfolds_without_end_is_refused(void **state)
{
    (void)state;
    EG_CLEANUP(eg__bundle_finish) struct eg__bundle bundle = {.count = 0};
    EG_CLEANUP(reading_finish) struct reading job = {.plan = NULL};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct eg_error err;
    char expected[300];

    assert_ok(eg_buffer_append(&text, "test:\n  - &t {expect: ", 22, &err), err);
    assert_ok(eg_buffer_resize(&text, text.size + 20000, 'x', &err), err);
    assert_ok(eg_buffer_append(&text, "}\n", 2, &err), err);
    for (unsigned i = 0; i < 100; i++)
        assert_ok(eg_buffer_append(&text, "  - *t\n", 7, &err), err);
    put_bytes("job.yaml", text.data, text.size);
    read_job(&job, "job.yaml", NULL);
    snprintf(expected, sizeof expected, "%s/job.yaml:2:17: frozen, the job has more than 1048576 bytes",
             job_folder);
    assert_error(eg__freeze(&bundle, &job.document, job.plan, &err), err, EG_BAD_JOB, expected);
}

static void a_flash_size_of_more_than_one_layout_stays_what_it_was(void **state)
{
    (void)state;
    EG_CLEANUP(eg__bundle_finish) struct eg__bundle bundle = {.count = 0};
    EG_CLEANUP(reading_finish) struct reading job = {.plan = NULL};
    struct eg_error err;

    put("job.yaml", "espgang: 1\n");
    read_job(&job, "job.yaml", NULL);
    struct eg_plan *const plan = job.plan;
    plan->target = eg_target_by_name("esp8266");
    plan->header.size = 0x50;
    assert_ok(eg__freeze(&bundle, &job.document, plan, &err), err);
    assert_non_null(strstr(text_of(&bundle, 0), "flash:\n  size: 2MB-c1\n"));
    plan->header.size = 0x30;
    eg__bundle_finish(&bundle);
    assert_ok(eg__freeze(&bundle, &job.document, plan, &err), err);
    assert_non_null(strstr(text_of(&bundle, 0), "flash:\n  size: 2MB\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_an_option_says_is_taken_along),
        TEST(a_program_in_a_bundle_runs_without_a_file),
        TEST(a_program_of_the_station_stays_one),
        TEST(a_program_that_is_not_there_is_named),
        TEST(a_key_is_not_taken_along),
        TEST(a_job_that_unfolds_without_end_is_refused),
        TEST(a_flash_size_of_more_than_one_layout_stays_what_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
