/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/steps.h"

#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <string.h>

static void escapes_are_the_bytes_that_are_sent(void **state)
{
    const struct eg_step step = {.send = "a\\x00\\n\\r\\t\\\\"}, silent = {0};
    uint8_t bytes[EG_STEP_SEND_MAX];

    (void)state;
    assert_int_equal(eg_step_bytes(&step, bytes), 6);
    assert_memory_equal(bytes, "a\0\n\r\t\\", 6);
    assert_int_equal(eg_step_bytes(&silent, bytes), 0);
}

static void add_step(struct eg_plan *plan, const char *expect, const char *baud)
{
    struct eg_setting_group *group;
    struct eg_error err;

    assert_ok(eg_setting_add_group(eg_plan_setting(plan, "test"), "job.yaml:1", &group, &err), err);
    assert_ok(eg_setting_set(eg_settings_find(group->settings, group->setting_count, "expect"), expect, &err),
              err);
    assert_ok(eg_setting_set(eg_settings_find(group->settings, group->setting_count, "baud"), baud, &err),
              err);
}

static void after_the_last_step_the_log_settles_at_its_rate(void **state)
{
    EG_CLEANUP(eg_steps_finish) struct eg_steps steps = {0};
    struct fake_line *line = *state;
    const char *place = NULL;
    struct eg_error err;

    add_step(line->plan, "one", "9600");
    add_step(line->plan, "two", "74880");
    fake_plan_set(line->plan, "settle", "2s");
    assert_ok(eg_steps_init(&steps, line->plan, &place, &err), err);
    assert_int_equal(steps.count, 2);
    assert_string_equal(steps.list[1].expect.text, "two");
    assert_null(steps.list[2].expect.text);
    assert_int_equal(steps.list[2].timeout_ms, 2000);
    assert_int_equal(steps.list[2].baud, 74880);
    assert_null(place);
}

static void a_bad_pattern_is_refused_with_its_place(void **state)
{
    EG_CLEANUP(eg_steps_finish) struct eg_steps steps = {0};
    struct fake_line *line = *state;
    const char *place = NULL;
    struct eg_error err;

    add_step(line->plan, "(a+)+b", "9600");
    assert_error(
        eg_steps_init(&steps, line->plan, &place, &err), err, EG_BAD_JOB,
        "expect is \"(a+)+b\", which takes more than 1000000 steps on some lines: put no repeat inside "
        "another, as in (a+)+, and fewer .* in a row");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_the_bytes_that_are_sent),
        TEST(after_the_last_step_the_log_settles_at_its_rate),
        TEST(a_bad_pattern_is_refused_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
