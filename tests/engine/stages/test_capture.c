/* SPDX-License-Identifier: Apache-2.0 */

/* Values from the log of a test. */

#include "tests/engine/stages/testing.h"

#include <math.h>

static void assert_value(const struct fake_line *line, unsigned index, const char *name, const char *value,
                         const char *limits, bool passed)
{
    const struct fake_run *const recorded = fake_recorder_run(&line->recorder, "1");

    assert_true(index < recorded->value_count);
    assert_int_equal(recorded->values[index].kind, EG_VALUE_MEASURED);
    assert_string_equal(recorded->values[index].name, name);
    assert_string_equal(recorded->values[index].value, value);
    assert_string_equal(recorded->values[index].limits, limits);
    assert_int_equal(recorded->values[index].passed, passed);
}

/* Check value and limits, each in its own column; "" = none, NAN = the value is not a number. */
static void assert_number(const struct fake_line *line, unsigned index, double number, const char *unit,
                          const char *lower, const char *upper)
{
    const struct fake_value *const value = &fake_recorder_run(&line->recorder, "1")->values[index];

    assert_true(isnan(number) ? isnan(value->number) : value->number == number);
    assert_string_equal(value->unit, unit);
    assert_string_equal(value->lower, lower);
    assert_string_equal(value->upper, upper);
}

static void a_prompt_is_found_when_the_time_of_its_step_is_over(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "^ready> $", "timeout", "300ms", NULL);
    add(line, "capture", "name", "v", "pattern", "v([0-9]+)", NULL);
    run(line, "v12\nready> ");
    assert_passes(line);
    assert_value(line, 0, "v", "12", "", true);
}

static void values_within_their_limits_are_recorded(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "end", NULL);
    add(line, "capture", "name", "firmware", "pattern", "version ([^ ]+)", NULL);
    add(line, "capture", "name", "3v3", "pattern", "3v3=([-0-9.]+)", "unit", "V", "least", "3.0", "most",
        "3.6", NULL);
    add(line, "capture", "name", "rssi", "pattern", "rssi (-?[0-9]+)", "unit", "dBm", "least", "-70", NULL);
    add(line, "capture", "name", "errors", "pattern", "([0-9]+) errors", "most", "0", NULL);
    add(line, "capture", "name", "lux", "pattern", "lux=([0-9]+)", "required", "no", NULL);
    run(line, "version 1.4.0-rc1 built\n3v3=3.60 rssi -70\n3v3=9.99\n0 errors\nend\n");
    assert_passes(line);
    assert_int_equal(fake_recorder_run(&line->recorder, "1")->value_count, 4);
    assert_value(line, 0, "firmware", "1.4.0-rc1", "", true);
    assert_number(line, 0, NAN, "", "", "");
    assert_value(line, 1, "3v3", "3.60", "3.0 to 3.6 V", true);
    assert_number(line, 1, 3.6, "V", "3.0", "3.6");
    assert_value(line, 2, "rssi", "-70", "at least -70 dBm", true);
    assert_number(line, 2, -70, "dBm", "-70", "");
    assert_value(line, 3, "errors", "0", "at most 0", true);
    assert_number(line, 3, 0, "", "", "0");
}

static void values_out_of_their_limits_fail_and_are_recorded(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "end", NULL);
    add(line, "capture", "name", "3v3", "pattern", "3v3=([^ ]+)", "unit", "V", "least", "3.0", "most", "3.6",
        NULL);
    add(line, "capture", "name", "rssi", "pattern", "rssi=([^ ]+)", "unit", "dBm", "most", "-1", NULL);
    add(line, "capture", "name", "temp", "pattern", "temp=([^ ]+)", "least", "-5", NULL);
    run(line, "3v3=2.91 rssi=-0.5 temp=n/a\nend\n");
    assert_fails(line, "test: 3v3 is 2.91 V, not 3.0 to 3.6 V; rssi is -0.5 dBm, not at most -1 dBm; "
                       "temp is \"n/a\", no number and so not at least -5");
    assert_value(line, 0, "3v3", "2.91", "3.0 to 3.6 V", false);
    assert_value(line, 1, "rssi", "-0.5", "at most -1 dBm", false);
    assert_value(line, 2, "temp", "n/a", "at least -5", false);
}

static void a_value_out_of_its_limits_is_told_of_a_test_that_fails_anyway(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "OK", "forbid", "FAILED", NULL);
    add(line, "capture", "name", "3v3", "pattern", "3v3=([^ ]+)", "least", "3.0", NULL);
    add(line, "capture", "name", "5v", "pattern", "5v=([^ ]+)", NULL);
    run(line, "3v3=2.91\nFAILED\n");
    assert_fails(line,
                 "test: 3v3 is 2.91, not at least 3.0; \"FAILED\" is forbidden, and a line was \"FAILED\"");
}

static void a_value_that_never_comes_fails(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "end", NULL);
    add(line, "capture", "name", "3v3", "pattern", "3v3=([^ ]+)", NULL);
    run(line, "end\n");
    assert_fails(line, "test: 3v3 is not in the log: no line matched \"3v3=([^ ]+)\"");
    assert_int_equal(fake_recorder_run(&line->recorder, "1")->value_count, 0);
}

static void values_of_an_attempt_that_failed_are_forgotten(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "retry.attempts", "2");
    add(line, "test", "expect", "end", NULL);
    add(line, "capture", "name", "v", "pattern", "v=([^ ]+)", NULL);
    plug(line, (struct vb_config){.seed = 1}, "v=1\nv=2\nv=3\nend\n", FAULTS("app-panicx1"));
    fake_line_run(line);
    assert_int_equal(fake_recorder_run(&line->recorder, "1")->value_count, 1);
    assert_value(line, 0, "v", "1", "", true);
}

static void a_value_that_comes_in_two_parts_is_whole(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "temp=", NULL);
    add(line, "capture", "name", "temp", "pattern", "temp=([0-9]+)", "most", "85", NULL);
    run(line, "@part temp=1\n@400ms 25\n");
    assert_fails(line, "test: temp is 125, not at most 85");
    assert_value(line, 0, "temp", "125", "at most 85", false);
}

static void values_without_a_test_are_refused(void **state)
{
    struct fake_line *line = *state;

    add(line, "capture", "name", "v", "pattern", "(v)", NULL);
    assert_refused(line, NULL, "capture takes values from the log of a test, and there is no test");
}

static void a_pattern_without_a_group_is_refused(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "v", NULL);
    add(line, "capture", "name", "v", "pattern", "v=[0-9]+", NULL);
    assert_refused(line, "job.yaml:capture.pattern",
                   "pattern is \"v=[0-9]+\", without a group in parentheses that would be the value");
}

static void limits_in_the_wrong_order_are_refused(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "v", NULL);
    add(line, "capture", "name", "v", "pattern", "(v)", "least", "-1", "most", "-1.1", NULL);
    assert_refused(line, "job.yaml:capture.most", "most is -1.1, less than least, which is -1");
}

static void two_values_of_one_name_are_refused(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "v", NULL);
    add(line, "capture", "name", "v", "pattern", "(v)", NULL);
    add(line, "capture", "name", "v", "pattern", "(w)", NULL);
    assert_refused(line, "job.yaml:capture.name", "two values have the name v");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_prompt_is_found_when_the_time_of_its_step_is_over),
        TEST(values_within_their_limits_are_recorded),
        TEST(values_out_of_their_limits_fail_and_are_recorded),
        TEST(a_value_out_of_its_limits_is_told_of_a_test_that_fails_anyway),
        TEST(a_value_that_never_comes_fails),
        TEST(values_of_an_attempt_that_failed_are_forgotten),
        TEST(a_value_that_comes_in_two_parts_is_whole),
        TEST(values_without_a_test_are_refused),
        TEST(a_pattern_without_a_group_is_refused),
        TEST(limits_in_the_wrong_order_are_refused),
        TEST(two_values_of_one_name_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
