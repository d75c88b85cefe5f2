/* SPDX-License-Identifier: Apache-2.0 */

/* Days, weeks and months of a trend. */

#include "reports/trend_internal.h"
#include "tests/fakes/check.h"

#include <stdlib.h>
#include <time.h>

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)
#define NOON_MS INT64_C(1774087200000) /* 2026-03-21, a Saturday, 10:00 UTC */

static int in_europe(void **state)
{
    (void)state;
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1); /* no table of zones is needed */
    tzset();
    return 0;
}

static void make(struct eg__trend *trend, enum eg_trend_by by, int64_t days)
{
    struct eg_error err;

    *trend = (struct eg__trend){.by = by};
    assert_ok(eg__trend_make_periods(trend, NOON_MS, NOON_MS + days * DAY_MS, &err), err);
}

static void a_day_begins_at_local_midnight_also_when_the_clock_changes(void **state)
{
    (void)state;
    EG_CLEANUP(eg__trend_finish) struct eg__trend trend = {.by = EG_TREND_DAY};

    make(&trend, EG_TREND_DAY, 9);
    assert_int_equal(trend.period_count, 10);
    assert_int_equal(trend.periods[0].begin_ms, NOON_MS - 11 * HOUR_MS);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(trend.periods[i].end_ms - trend.periods[i].begin_ms,
                         i == 8 ? 23 * HOUR_MS : DAY_MS); /* 29 March */
    assert_int_equal(eg__trend_period_of(&trend, trend.periods[3].begin_ms), 3);
    assert_int_equal(eg__trend_period_of(&trend, trend.periods[3].begin_ms - 1), 2);
}

static void a_week_begins_on_monday_and_a_month_on_its_first_day(void **state)
{
    (void)state;
    EG_CLEANUP(eg__trend_finish)
    struct eg__trend weeks = {.by = EG_TREND_WEEK}, months = {.by = EG_TREND_MONTH};

    make(&weeks, EG_TREND_WEEK, 3);
    assert_int_equal(weeks.period_count, 2);
    assert_int_equal(weeks.periods[1].begin_ms, NOON_MS + 2 * DAY_MS - 11 * HOUR_MS);
    make(&months, EG_TREND_MONTH, 20);
    assert_int_equal(months.period_count, 2);
    assert_int_equal(months.periods[0].begin_ms, NOON_MS - 20 * DAY_MS - 11 * HOUR_MS);
    assert_int_equal(months.periods[1].begin_ms, NOON_MS + 11 * DAY_MS - 12 * HOUR_MS);
}

static void the_step_grows_with_the_time_that_is_shown(void **state)
{
    static const struct {
        int64_t days;
        enum eg_trend_by by;
    } rows[] = {{0, EG_TREND_DAY},
                {35, EG_TREND_DAY},
                {36, EG_TREND_WEEK},
                {371, EG_TREND_WEEK},
                {372, EG_TREND_MONTH}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        EG_CLEANUP(eg__trend_finish) struct eg__trend trend = {.by = EG_TREND_BEST};
        make(&trend, EG_TREND_BEST, rows[i].days);
        assert_int_equal(trend.by, rows[i].by);
    }
}

static void no_run_gives_no_period_and_too_many_are_refused(void **state)
{
    (void)state;
    EG_CLEANUP(eg__trend_finish) struct eg__trend none = {.by = EG_TREND_BEST}, many = {.by = EG_TREND_DAY};
    struct eg_error err;

    assert_ok(eg__trend_make_periods(&none, 0, -1, &err), err);
    assert_int_equal(none.by, EG_TREND_DAY);
    assert_int_equal(none.period_count, 0);
    assert_error(eg__trend_make_periods(&many, 0, NOON_MS, &err), err, EG_BAD_ARGUMENT,
                 "the selection has more than 20000 days; choose a longer --by");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_begins_at_local_midnight_also_when_the_clock_changes),
        cmocka_unit_test(a_week_begins_on_monday_and_a_month_on_its_first_day),
        cmocka_unit_test(the_step_grows_with_the_time_that_is_shown),
        cmocka_unit_test(no_run_gives_no_period_and_too_many_are_refused),
    };
    return cmocka_run_group_tests(tests, in_europe, NULL);
}
