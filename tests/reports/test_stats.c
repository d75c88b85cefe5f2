/* SPDX-License-Identifier: Apache-2.0 */

#include "reports/stats.h"
#include "tests/fakes/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define assert_near(got, wanted) assert_true(fabs((got) - (wanted)) < 1e-9)

static void many_trials_have_limits_of_three_sigma(void **state)
{
    const struct eg__limits limits = eg__control_limits(0.1, 900);

    (void)state;
    assert_false(limits.exact);
    assert_near(limits.low, 0.07);
    assert_near(limits.high, 0.13);
}

/* Compute the probability that at most, or at least, so many of n are bad, as a sum of products. */
static double probability(int n, double p, int from, int to)
{
    double sum = 0;

    for (int k = from; k <= to; k++) {
        double one = 1;
        for (int i = 0; i < n; i++)
            one *= i < k ? p * (n - i) / (k - i) : 1 - p;
        sum += one;
    }
    return sum;
}

static void few_trials_have_exact_limits(void **state)
{
    static const struct {
        double p;
        int n;
    } cases[] = {{0.02, 40}, {0.5, 9}, {0.97, 50}, {0.3, 12}, {0.001, 1}, {0.999, 400}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const double p = cases[i].p;
        const int n = cases[i].n;
        const struct eg__limits limits = eg__control_limits(p, n);
        const int low = (int)lround(limits.low * n), high = (int)lround(limits.high * n);
        assert_true(limits.exact);
        assert_true(low <= high && probability(n, p, 0, low) >= EG__TAIL &&
                    probability(n, p, high, n) >= EG__TAIL);
        assert_true(low == 0 || probability(n, p, 0, low - 1) < EG__TAIL);
        assert_true(high == n || probability(n, p, high + 1, n) < EG__TAIL);
    }
}

static void where_all_are_alike_the_limits_are_what_they_are(void **state)
{
    (void)state;
    assert_near(eg__control_limits(0, 7).high, 0);
    assert_near(eg__control_limits(1, 7).low, 1);
}

static int ascending(const void *one, const void *other)
{
    const double a = *(const double *)one, b = *(const double *)other;

    return (a > b) - (a < b);
}

static void a_quantile_is_the_value_of_its_rank(void **state)
{
    static const double shares[] = {0, 0.01, 0.5, 0.95, 0.99, 1};
    double values[501], sorted[501];
    unsigned seed = 1;

    (void)state;
    for (size_t count = 1; count <= 501; count += count < 20 ? 1 : 160)
        for (size_t s = 0; s < sizeof shares / sizeof shares[0]; s++) {
            for (size_t i = 0; i < count; i++) {
                seed = seed * 1664525 + 1013904223;
                sorted[i] = values[i] = seed >> 24; /* many are equal */
            }
            qsort(sorted, count, sizeof *sorted, ascending);
            const double rank = ceil(shares[s] * (double)count);
            assert_near(eg__quantile(values, count, shares[s]), sorted[rank < 1 ? 0 : (size_t)rank - 1]);
        }
}

static void every_value_is_in_one_part_of_a_histogram(void **state)
{
    static const double values[] = {-1, 0, 0.49, 0.5, 0.99, 1, 7};
    int64_t parts[2];

    (void)state;
    eg__histogram(values, 7, 0, 1, parts, 2);
    assert_int_equal(parts[0], 3);
    assert_int_equal(parts[1], 4);
    eg__histogram(values, 1, 3, 3, parts, 2);
    assert_int_equal(parts[0], 1);
}

static void times_are_read_and_written(void **state)
{
    char text[EG__TIME_TEXT];

    (void)state;
    assert_int_equal(eg__utc_ms("1970-01-01T00:00:00.000Z"), 0);
    assert_int_equal(eg__utc_ms("2024-02-29T23:59:59.999Z"), 1709251199999);
    assert_int_equal(eg__utc_ms("2026-11-23T08:24:00.123Z"), 1795422240123);
    assert_int_equal(eg__utc_ms(""), -1);
    assert_int_equal(eg__utc_ms("2026-11-23 08:24:00"), -1);
    eg__utc_text(text, 1795422240123);
    assert_string_equal(text, "2026-11-23T08:24:00Z");
}

static void a_step_of_time_is_round_and_large_enough(void **state)
{
    (void)state;
    assert_int_equal(eg__time_step_ms(1, 24), 1000);
    assert_int_equal(eg__time_step_ms(24000, 24), 1000);
    assert_int_equal(eg__time_step_ms(24001, 24), 2000);
    assert_int_equal(eg__time_step_ms(8 * 3600000, 24), 1800000);
    assert_true(24 * eg__time_step_ms(INT64_C(10) * 365 * 86400000, 24) >= INT64_C(10) * 365 * 86400000);
}

static void steps_of_time_begin_at_local_midnight(void **state)
{
    const int64_t time_ms = 1795422240123, day_ms = 86400000; /* 2026-11-23T08:24:00.123Z */
    const struct {
        const char *zone;
        int minutes;
        int64_t midnight_ms;
    } zones[] = {{"UTC0", 0, 1795392000000},
                 {"XYZ-5:30", 330, 1795392000000 - 330 * 60000},
                 {"XYZ+9:30", -570, 1795392000000 + 570 * 60000 - day_ms}};

    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        assert_int_equal(setenv("TZ", zones[i].zone, 1), 0);
        tzset();
        assert_int_equal(eg__zone_minutes(time_ms), zones[i].minutes);
        assert_int_equal(eg__time_floor_ms(time_ms, day_ms), zones[i].midnight_ms);
    }
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
}

/* Held against Fisher's sum computed with whole numbers: C(n, k) C(m, bad - k) over all tables as unlikely as
 * the one seen. */
static double choose(int n, int k)
{
    double product = 1;

    for (int i = 1; i <= k; i++)
        product = product * (n - k + i) / i;
    return product;
}

static void fishers_test_is_the_sum_over_all_tables_as_unlikely(void **state)
{
    static const int tables[][4] = {
        {8, 10, 1, 10}, {3, 10, 2, 7}, {0, 5, 5, 5}, {10, 11, 12, 389}, {0, 3, 0, 4}};

    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        const int a = tables[i][0], n = tables[i][1], b = tables[i][2], m = tables[i][3], bad = a + b;
        const double seen = choose(n, a) * choose(m, b);
        double sum = 0, all = 0;
        for (int k = bad > m ? bad - m : 0; k <= bad && k <= n; k++) {
            const double here = choose(n, k) * choose(m, bad - k);
            all += here;
            sum += here <= seen * (1 + 1e-9) ? here : 0;
        }
        assert_near(eg_stats_fisher(a, n, b, m), sum / all);
    }
    assert_near(eg_stats_fisher(8, 10, 1, 10), 0.005477494641581329);
    assert_near(eg_stats_fisher(1, 5, 0, 0), 1);
}

static void an_interval_is_wilsons(void **state)
{
    (void)state;
    assert_near(eg__wilson(378, 400).low, 0.9181325521920267);
    assert_near(eg__wilson(378, 400).high, 0.9634015058504493);
    assert_near(eg__wilson(0, 10).low, 0);
    assert_near(eg__wilson(0, 10).high, 0.2775327998628892);
    assert_near(eg__wilson(10, 10).high, 1);
}

static void capability_is_of_the_nearer_limit(void **state)
{
    static const double values[] = {1, 2, 3, 4, 5}; /* mean 3, sd sqrt(2.5) */
    const double sd = sqrt(2.5);

    (void)state;
    const struct eg__capability both = eg__capability(values, 5, 0, 10);
    assert_near(both.mean, 3);
    assert_near(both.sd, sd);
    assert_near(both.cp, 10 / (6 * sd));
    assert_near(both.cpk, 3 / (3 * sd));
    const struct eg__capability upper = eg__capability(values, 5, NAN, 10);
    assert_true(isnan(upper.cp));
    assert_near(upper.cpk, 7 / (3 * sd));
    assert_true(isnan(eg__capability(values, 5, NAN, NAN).cpk));
    assert_true(isnan(eg__capability(values, 1, 0, 10).cpk));
    assert_string_equal(eg__capable(1.33), "capable");
    assert_string_equal(eg__capable(1.327), "capable"); /* it is shown as 1.33 */
    assert_string_equal(eg__capable(1.32), "barely capable");
    assert_string_equal(eg__capable(0.99), "not capable");
    assert_int_equal(eg__grade_of(0.996), EG__BARELY_CAPABLE);
}

/* Reference: ranks summed and the normal distribution by Python's statistics.NormalDist, in double precision.
 */
static void mann_whitney_equals_a_reference_with_and_without_ties(void **state)
{
    double a[] = {8.1, 8.3, 8.2, 8.8, 9.0, 8.5, 8.4, 8.6, 8.7, 8.9}, same[10];
    double b[] = {8.75, 9.1, 9.3, 9.2, 8.95, 9.4, 8.65, 9.5};
    double c[] = {3, 3, 3, 4, 4, 5, 5, 5, 5, 6}, d[] = {3, 4, 4, 4, 5, 5, 6, 6, 7, 7, 7};
    double equal[] = {1, 1, 1}, higher;

    (void)state;
    memcpy(same, a, sizeof same);
    assert_near(eg_stats_mann_whitney(a, 10, b, 8, &higher), 0.00512852019606);
    assert_near(higher, 0.9);
    assert_near(eg_stats_mann_whitney(b, 8, a, 10, &higher), 0.00512852019606);
    assert_near(higher, 0.1);
    assert_near(eg_stats_mann_whitney(c, 10, d, 11, &higher), 0.129741569614);
    assert_near(higher, 0.695454545455);
    assert_near(eg_stats_mann_whitney(a, 10, same, 10, &higher), 1);
    assert_near(higher, 0.5);
    assert_near(eg_stats_mann_whitney(equal, 3, (double[]){1, 1}, 2, &higher), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_trials_have_limits_of_three_sigma),
        cmocka_unit_test(few_trials_have_exact_limits),
        cmocka_unit_test(where_all_are_alike_the_limits_are_what_they_are),
        cmocka_unit_test(fishers_test_is_the_sum_over_all_tables_as_unlikely),
        cmocka_unit_test(an_interval_is_wilsons),
        cmocka_unit_test(capability_is_of_the_nearer_limit),
        cmocka_unit_test(a_quantile_is_the_value_of_its_rank),
        cmocka_unit_test(every_value_is_in_one_part_of_a_histogram),
        cmocka_unit_test(times_are_read_and_written),
        cmocka_unit_test(a_step_of_time_is_round_and_large_enough),
        cmocka_unit_test(steps_of_time_begin_at_local_midnight),
        cmocka_unit_test(mann_whitney_equals_a_reference_with_and_without_ties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
