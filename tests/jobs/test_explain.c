/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/job_folder.h"

#include "engine/base/file.h"

static void a_plan_is_explained(void **state)
{
    (void)state;
    put("job.yaml", JOB("version: 2\nflash: {size: 4MB}\nfirmware: [{at: 0x20000, file: data.bin}]\n"
                        "link: {baud: 115200}\naccept: {mac: [7c:df:a1, 24:0a:c4], secure_boot: off}\n"
                        "test: [{expect: ready}, {expect: OK}]"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    char path[256], expected[2000], sha256[EG_SHA256_TEXT];
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct eg_error err;

    path_of(path, "plan.txt");
    FILE *const out = fopen(path, "w");
    assert_non_null(out);
    assert_ok(eg_job_explain(plan, out, &err), err);
    fclose(out);
    assert_ok(eg_file_read(&text, path, 100000, &err), err);
    eg_hex(sha256, plan->job_sha256, EG_SHA256_SIZE);
    snprintf(expected, sizeof expected,
             "job    x 2\n"
             "file   %s/job.yaml, SHA-256 %s\n"
             "chip   ESP32\n"
             "flash  4 MB\n"
             "\n"
             "  address          bytes              sent  MD5                               region\n"
             "  0x00020000           8          8 (100%%)  c8895859c840901b2c2cad8bc9017df7  data.bin "
             "(%s/data.bin)\n"
             "  all                  8          8 (100%%)\n"
             "\n",
             job_folder, sha256, job_folder);
    assert_non_null(strstr((char *)text.data,
                           "\n  link.baud                115200                rate to work at, in "
                           "bits per second\n"));
    assert_non_null(
        strstr((char *)text.data, "\n  accept.mac               7c:df:a1, 24:0a:c4    MACs or their"));
    assert_non_null(strstr((char *)text.data, "\n  accept.secure_boot       off                   whether"));
    assert_non_null(strstr((char *)text.data,
                           "\n  accept.mac_file          any                   the same from a "
                           "file, one a line, each once; `#` begins a comment (default)\n"));
    assert_non_null(
        strstr((char *)text.data, "\n  test                     2 given               what the "));
    text.data[strlen(expected) < text.size ? strlen(expected) : text.size] = '\0';
    assert_string_equal((char *)text.data, expected);
}

static void what_is_erased_besides_is_explained(void **state)
{
    (void)state;
    put("job.yaml", JOB("flash: {size: 4MB}\nfirmware: [{at: 0x20000, file: data.bin}]\nerase: all\n"
                        "allow: [erased-start]"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct eg_error err;
    char path[256];

    path_of(path, "plan.txt");
    FILE *const out = fopen(path, "w");
    assert_non_null(out);
    assert_ok(eg_job_explain(plan, out, &err), err);
    fclose(out);
    assert_ok(eg_file_read(&text, path, 100000, &err), err);
    assert_non_null(strstr((char *)text.data, "\n  erased before writing: the whole flash\n\n"));
}

static void a_plan_that_cannot_be_printed_is_an_error(void **state)
{
    (void)state;
    put("job.yaml", JOB(FIRMWARE));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    FILE *const full = fopen("/dev/full", "w");
    char expected[300];
    struct eg_error err;

    if (full == NULL)
        skip();
    const enum eg_code code = eg_job_explain(plan, full, &err);
    fclose(full);
    snprintf(expected, sizeof expected, "writing the plan of %s/job.yaml: No space left on device",
             job_folder);
    assert_int_equal(code, EG_NO_ROOM);
    assert_string_equal(err.text, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plan_is_explained),
        TEST(what_is_erased_besides_is_explained),
        TEST(a_plan_that_cannot_be_printed_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
