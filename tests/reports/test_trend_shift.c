/* SPDX-License-Identifier: Apache-2.0 */

/* Whether the last period of a trend differs from those before it. */

#include "reports/trend_internal.h"
#include "tests/fakes/check.h"

/* Periods of some units, of which some fail by one cause and others by a second one. */
struct made {
    int64_t units[3], first[3], second[3];
    int64_t causes[4][2];
    struct eg__tally periods[3];
    char *names[2];
    struct eg__trend trend;
};

static struct eg__trend *make(struct made *made)
{
    static char one[] = "one", other[] = "other";

    made->names[0] = one;
    made->names[1] = other;
    made->trend = (struct eg__trend){
        .periods = made->periods, .period_count = 3, .causes = made->names, .cause_count = 2};
    made->trend.total.causes = made->causes[3];
    for (size_t i = 0; i < 3; i++) {
        made->causes[i][0] = made->first[i];
        made->causes[i][1] = made->second[i];
        made->causes[3][0] += made->first[i];
        made->causes[3][1] += made->second[i];
        made->periods[i] = (struct eg__tally){.units = made->units[i], .causes = made->causes[i]};
        made->periods[i].of[EG_FAIL] = made->first[i] + made->second[i];
        made->periods[i].of[EG_PASS] = made->units[i] - made->periods[i].of[EG_FAIL];
        made->trend.total.units += made->units[i];
        made->trend.total.of[EG_FAIL] += made->periods[i].of[EG_FAIL];
        made->trend.total.of[EG_PASS] += made->periods[i].of[EG_PASS];
    }
    return &made->trend;
}

static void the_last_period_with_units_is_held_against_all_before_it(void **state)
{
    (void)state;
    struct made made = {.units = {100, 50, 0}, .first = {2, 1, 0}, .second = {1, 14, 0}};
    struct eg__trend *const trend = make(&made);

    eg__trend_find_shifts(trend);
    assert_true(trend->yield_shift.known);
    assert_int_equal(trend->yield_shift.here, 35);
    assert_int_equal(trend->yield_shift.units, 50);
    assert_int_equal(trend->yield_shift.before, 97);
    assert_int_equal(trend->yield_shift.units_before, 100);
    assert_true(trend->yield_shift.p == eg_stats_fisher(35, 50, 97, 100));
    assert_int_equal(trend->shifted_cause, 1);
    assert_int_equal(trend->cause_shift.here, 14);
    assert_true(trend->cause_shift.p == eg_stats_fisher(14, 50, 1, 100));
}

static void with_fewer_than_twenty_units_on_one_side_nothing_is_said(void **state)
{
    (void)state;
    struct made few_here = {.units = {0, 20, 19}, .first = {0, 0, 19}};
    struct made few_before = {.units = {0, 19, 20}, .first = {0, 0, 20}};
    struct made enough = {.units = {0, 20, 20}, .first = {0, 0, 20}};
    struct made none = {.units = {0}};

    eg__trend_find_shifts(make(&few_here));
    eg__trend_find_shifts(make(&few_before));
    eg__trend_find_shifts(make(&enough));
    eg__trend_find_shifts(make(&none));
    assert_false(few_here.trend.yield_shift.known);
    assert_false(few_before.trend.yield_shift.known);
    assert_true(enough.trend.yield_shift.known);
    assert_false(none.trend.yield_shift.known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_period_with_units_is_held_against_all_before_it),
        cmocka_unit_test(with_fewer_than_twenty_units_on_one_side_nothing_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
