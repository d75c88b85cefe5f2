/* SPDX-License-Identifier: Apache-2.0 */

/* Causes of a trend. */

#include "tests/reports/gathered.h"

static struct sample_end end_of(unsigned number, const char **slot)
{
    static const struct sample_end ends[] = {
        {.outcome = EG_FAIL, .code = EG_NOT_ACCEPTED, .text = "2 MB"},
        {.outcome = EG_FAIL, .code = EG_STUCK_BITS, .text = "stuck"},
        {.outcome = EG_FAIL, .code = EG_VERIFY_MISMATCH, .text = "differs"},
        {.outcome = EG_FAIL, .code = EG_TEST_FAILED, .text = "low", .measured = true},
        {.outcome = EG_PASS},
    };

    (void)slot;
    return ends[number % 5];
}

static void codes_of_a_group_and_values_out_of_limits_are_causes_most_frequent_first(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(eg__trend_finish) struct eg__trend trend = {.by = EG_TREND_DAY};
    const struct eg_selection all = {.batches = NULL};
    struct eg_error err;

    page_fill(sample, 14, end_of); /* 3 + 3 + 3 + 3 units that are not good */
    free(sample_sql(sample->path, "DROP TRIGGER run_value_keeps"));
    free(sample_sql(sample->path, "UPDATE run_value SET passed = 0 WHERE kind = 'measured'"));
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg__trend_collect(&trend, query, &all, EG_TREND_DAY, &err), err);
    assert_int_equal(trend.cause_count, 3);
    assert_string_equal(trend.causes[0], "Flash faults");
    assert_int_equal(trend.total.causes[0], 6);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(trend.total.causes[i], i == 0 ? 6 : 3);
        assert_int_equal(trend.batches[0].tally.causes[i], trend.total.causes[i]);
        assert_int_equal(trend.periods[0].causes[i], trend.total.causes[i]);
    }
    assert_true(strcmp(trend.causes[1], "supply out of limits") == 0 ||
                strcmp(trend.causes[2], "supply out of limits") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(codes_of_a_group_and_values_out_of_limits_are_causes_most_frequent_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
