/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/job_folder.h"

#include "jobs/explain_json.h"

static void decref(json_t **json)
{
    json_decref(*json);
}

/* The value of a setting as JSON text. */
static void assert_setting(const json_t *facts, const char *key, const char *expected)
{
    const json_t *const setting = json_object_get(json_object_get(facts, "settings"), key);
    EG_CLEANUP(eg_free_cleanup)
    char *text = json_dumps(json_object_get(setting, "value"), JSON_ENCODE_ANY | JSON_COMPACT);

    assert_non_null(text);
    assert_string_equal(text, expected);
}

static void a_plan_has_the_facts_of_its_explanation(void **state)
{
    (void)state;
    put("job.yaml",
        JOB("version: 2\nflash: {size: 4MB}\nfirmware: [{at: 0x20000, file: data.bin}]\n"
            "accept: {mac: [7c:df:a1, 24:0a:c4]}\nretry: {codes: {no-sync: 5}, baud: [921600, 115200]}\n"
            "test: [{expect: ready}, {expect: OK}]"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    EG_CLEANUP(decref) json_t *facts = NULL;
    struct eg_error err;
    const char *name, *md5, *version;
    json_int_t address, size, flash_size;

    assert_ok(eg_job_facts(&facts, plan, &err), err);
    assert_int_equal(json_unpack(facts, "{s:s, s:I, s:[{s:s, s:I, s:I, s:s}]}", "version", &version,
                                 "flash_size", &flash_size, "regions", "name", &name, "address", &address,
                                 "size", &size, "md5", &md5),
                     0);
    assert_string_equal(version, "2");
    assert_int_equal(flash_size, 4 << 20);
    assert_string_equal(name, "data.bin");
    assert_int_equal(address, 0x20000);
    assert_int_equal(size, 8);
    assert_string_equal(md5, "c8895859c840901b2c2cad8bc9017df7");
    assert_setting(facts, "accept.mac", "[\"7c:df:a1\",\"24:0a:c4\"]");
    assert_setting(facts, "retry.codes", "{\"no-sync\":\"5\"}");
    assert_setting(facts, "link.return", "\"7s\"");
    assert_setting(facts, "hooks.after_board", "null");
    const json_t *const tests =
        json_object_get(json_object_get(json_object_get(facts, "settings"), "test"), "value");
    assert_string_equal(json_string_value(json_object_get(json_array_get(tests, 1), "expect")), "OK");
    assert_true(json_is_true(
        json_object_get(json_object_get(json_object_get(facts, "settings"), "retry.baud"), "given")));
    assert_true(json_is_null(json_object_get(facts, "secure_mode")));
    assert_int_equal(json_array_size(json_object_get(facts, "burns")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plan_has_the_facts_of_its_explanation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
