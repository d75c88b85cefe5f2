/* SPDX-License-Identifier: Apache-2.0 */

/* Measured values of a trend. */

#include "tests/reports/gathered.h"

#include <math.h>

/* Each run of the sample measures 2.9 V, out of 3.0 to 3.6 V. */
static struct sample_end end_of(unsigned number, const char **slot)
{
    (void)slot;
    return (struct sample_end){
        .outcome = EG_FAIL, .code = EG_TEST_FAILED, .text = "low", .measured = number < 4};
}

static void a_unit_counts_by_the_value_of_its_first_test(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(gathered_finish) struct gathered all = {.query = NULL};
    const struct eg_selection selection = {.batches = NULL};
    struct eg_error err;

    page_fill(sample, 6, end_of);
    page_fill(sample, 2, end_of); /* the first two again */
    free(sample_sql(sample->path, "DROP TRIGGER run_value_keeps"));
    free(sample_sql(sample->path, "UPDATE run_value SET number = 3.0 + run_id / 10.0"
                                  " WHERE kind = 'measured'"));
    gather(&all, sample, &selection);
    assert_ok(eg__trend_make_periods(&all.trend, all.gathered.first_ms, all.gathered.last_ms, &err), err);
    assert_ok(eg__trend_values(&all.gathered, all.query, &err), err);
    assert_int_equal(all.trend.measure_count, 1);
    assert_string_equal(all.trend.measures[0].name, "supply");
    const struct eg__moments *const moments = &all.trend.total.measures[0];
    assert_int_equal(moments->count, 4); /* 3.1, 3.2, 3.3, 3.4 */
    assert_int_equal(moments->outside, 4);
    assert_true(fabs(moments->mean - 3.25) < 1e-9);
    assert_true(fabs(eg__moments_sd(moments) - sqrt(0.05 / 3)) < 1e-9);
    assert_true(fabs(moments->least - 3.1) < 1e-9 && fabs(moments->most - 3.4) < 1e-9);
    assert_true(
        fabs(eg__moments_capability(moments, &all.trend.measures[0]).cpk - 0.25 / 3 / sqrt(0.05 / 3)) < 1e-9);
    assert_int_equal(all.gathered.units[all.gathered.runs[0].unit].outside,
                     0); /* its last run did not pass it */
    assert_int_equal(all.gathered.units[all.gathered.runs[5].unit].outside, EG__NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(a_unit_counts_by_the_value_of_its_first_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
