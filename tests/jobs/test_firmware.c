/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/job_folder.h"

static void firmware_has_regions_or_a_build_folder(void **state)
{
    (void)state;
    assert_refused(JOB("firmware: []"), EG_BAD_JOB, "@/job.yaml:4:11: firmware has no regions");
    assert_refused(JOB("firmware: {}"), EG_BAD_JOB,
                   "@/job.yaml:4:11: firmware takes one of the keys from and regions");
    assert_refused(JOB("firmware: {from: a.json, regions: []}"), EG_BAD_JOB,
                   "@/job.yaml:4:11: firmware takes one of the keys from and regions");
    assert_refused(JOB("firmware: {form: a.json}"), EG_BAD_JOB,
                   "@/job.yaml:4:12: firmware has no key form; it has from, at, regions");
    assert_refused(JOB("firmware: [{adr: 0, file: a}]"), EG_BAD_JOB,
                   "@/job.yaml:4:13: a region has no key adr; it has name, at, file, raw, encrypted");
    assert_refused(JOB("firmware: {from: merged.bin}"), EG_BAD_IMAGE,
                   "@/job.yaml:4:18: @/merged.bin: No such file or directory");
    put("a.json", "{\"flash_files\": {\"0\": \"data.bin\"}}");
    assert_refused(JOB("firmware: {from: a.json, at: 0}"), EG_BAD_JOB,
                   "@/job.yaml:4:30: a.json says itself where its files go; leave out at");
    assert_refused(JOB("firmware: {at: 0, regions: [{at: 0, file: data.bin}]}"), EG_BAD_JOB,
                   "@/job.yaml:4:16: at goes with from; each of the regions has its own");
    assert_refused(
        JOB("firmware: [{at: 0, file: data.bin, encrypted: yes}]"), EG_BAD_JOB,
        "@/job.yaml:4:47: data.bin: encrypted writing is not supported by this version of espgang");
    assert_refused(JOB("firmware: [{encrypted: on, name: nvs, at: 0, file: data.bin}]"), EG_BAD_JOB,
                   "@/job.yaml:4:24: nvs: encrypted writing is not supported by this version of espgang");
    assert_refused(JOB("firmware: [{at: 0, file: data.bin, encrypted: 1}]"), EG_BAD_JOB,
                   "@/job.yaml:4:47: encrypted is \"1\", not true or false");
}

static void a_region_of_a_job_may_say_that_it_is_not_encrypted(void **state)
{
    (void)state;
    put("job.yaml", JOB("firmware: [{at: 0x10000, file: app.bin, encrypted: no}]"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_int_equal(plan->region_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(firmware_has_regions_or_a_build_folder),
        TEST(a_region_of_a_job_may_say_that_it_is_not_encrypted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
