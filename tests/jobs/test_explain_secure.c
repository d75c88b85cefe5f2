/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/job_folder.h"

#include "jobs/explain_secure.h"

static void assert_explained(const char *job, const char *expected)
{
    char text[4000] = "";
    struct eg_error err;

    put("job.yaml", job);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    FILE *const out = fmemopen(text, sizeof text, "w");
    assert_non_null(out);
    assert_ok(eg__explain_secure(plan, out, &err), err);
    fclose(out);
    assert_string_equal(text, expected);
}

static void each_bit_is_printed_in_its_order_with_its_reason(void **state)
{
    (void)state;
    assert_explained(
        JOB(FIRMWARE
            "secure: {mode: development, jtag: off, download: off, efuses: {CONSOLE_DEBUG_DISABLE: 1}}"),
        "  development: burnt for good into each board\n"
        "  burn 1, BLOCK0, stage lock\n"
        "    CONSOLE_DEBUG_DISABLE        0x1       secure.efuses\n"
        "    JTAG_DISABLE                 0x1       secure.jtag is off\n"
        "  burn 2, BLOCK0, stage close\n"
        "    UART_DOWNLOAD_DIS            0x1       secure.download is off: nobody can write to the board "
        "any more\n"
        "\n");
}

static void a_job_without_the_section_prints_nothing(void **state)
{
    (void)state;
    assert_explained(JOB(FIRMWARE), "");
}

static void the_mode_check_says_that_nothing_is_burnt(void **state)
{
    (void)state;
    assert_explained(JOB(FIRMWARE "secure: {mode: check, efuses: {CONSOLE_DEBUG_DISABLE: 1}}"),
                     "  nothing is burnt; the job's mode is check, and would burn\n"
                     "  burn 1, BLOCK0, stage lock\n"
                     "    CONSOLE_DEBUG_DISABLE        0x1       secure.efuses\n"
                     "\n");
    assert_explained(JOB(FIRMWARE "secure: {mode: check}"),
                     "  nothing is burnt; the job's mode is check, and would burn\n"
                     "    nothing\n"
                     "\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_bit_is_printed_in_its_order_with_its_reason),
        TEST(a_job_without_the_section_prints_nothing),
        TEST(the_mode_check_says_that_nothing_is_burnt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
