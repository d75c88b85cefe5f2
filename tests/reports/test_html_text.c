/* SPDX-License-Identifier: Apache-2.0 */

/* Numbers and times as people read them. */

#include "tests/reports/page.h"

#include "reports/html.h"

#include <math.h>
#include <time.h>

static void numbers_are_written_for_people(void **state)
{
    (void)state;
    assert_string_equal(eg__count(1234567).text, "1\u202f234\u202f567");
    assert_string_equal(eg__count(1234).text, "1234");
    assert_string_equal(eg__counted(1, "unit").text, "1 unit");
    assert_string_equal(eg__counted(12345, "unit").text, "12\u202f345 units");
    assert_string_equal(eg__real(-74.04, 1).text, "\u221274.0");
    assert_string_equal(eg__real(-0.001, 2).text, "0.00");
    assert_string_equal(eg__real(NAN, 2).text, "\u2013");
    assert_string_equal(eg__percent(0.9449).text, "94.5\u202f%");
    assert_string_equal(eg__percent(1).text, "100\u202f%");
    assert_string_equal(eg__chance(0.0004).text, "p\u00a0&lt;\u00a00.001");
    assert_string_equal(eg__chance(0.71).text, "p\u00a0=\u00a00.71");
    assert_string_equal(eg__step(1800000).text, "30\u202fmin");
    assert_string_equal(eg__step(5000).text, "5\u202fs");
}

static void times_are_local_with_the_zone_said(void **state)
{
    (void)state;
    assert_int_equal(setenv("TZ", "XYZ-5:30", 1), 0);
    tzset();
    assert_string_equal(eg__zone(1795422240000).text, "UTC+5:30");
    assert_string_equal(eg__day(1795422240000).text, "23 Nov 2026, 13:54");
    assert_int_equal(setenv("TZ", "UTC0", 1), 0);
    tzset();
    assert_string_equal(eg__zone(1795422240000).text, "UTC");
}

static void a_short_batch_has_seconds_on_its_axes(void **state)
{
    struct eg__numbers numbers = {
        .batch = {.first_utc = "2026-11-23T08:24:00.000Z", .last_utc = "2026-11-23T08:43:59.000Z"}};

    (void)state;
    assert_int_equal(setenv("TZ", "UTC0", 1), 0);
    tzset();
    assert_string_equal(eg__clock(&numbers, 1795422240000).text, "08:24:00");
    numbers.batch.last_utc = "2026-11-23T08:44:00.000Z";
    assert_string_equal(eg__clock(&numbers, 1795422240000).text, "08:24");
    numbers.batch.last_utc = "2026-11-24T08:00:00.000Z";
    assert_string_equal(eg__clock(&numbers, 1795422240000).text, "23\u202fNov 08:24");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_for_people),
        cmocka_unit_test(times_are_local_with_the_zone_said),
        cmocka_unit_test(a_short_batch_has_seconds_on_its_axes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
