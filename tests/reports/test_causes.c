/* SPDX-License-Identifier: Apache-2.0 */

/* Why units are not good, and where. */

#include "tests/reports/page.h"

#include "reports/causes.h"

static struct sample_end end_of(unsigned number, const char **slot)
{
    static const struct sample_end pass = {.outcome = EG_PASS};
    static const struct sample_end stuck = {.outcome = EG_FAIL, .code = EG_STUCK_BITS, .text = "stuck"};
    static const struct sample_end differs = {
        .outcome = EG_FAIL, .code = EG_VERIFY_MISMATCH, .text = "differs"};

    *slot = number % 4 == 2 ? "B2" : "A1";
    return number % 4 != 2 || number >= 40 ? pass : number % 8 == 2 ? stuck : differs;
}

/* 10 of 15 in B2, none of 45 in A1. */
static void related_codes_are_one_cause_that_clusters_in_its_slot(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(eg__numbers_finish) struct eg__numbers numbers = {0};
    EG_CLEANUP(eg__causes_finish) struct eg__causes causes = {0};
    struct eg_error err;

    page_fill(sample, 60, end_of);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg__numbers_collect(&numbers, query, NULL, &err), err);
    assert_ok(eg__causes_collect(&causes, query, &numbers, &err), err);
    assert_int_equal(causes.unit_count, 60);
    assert_int_equal(causes.bad, 10);
    assert_int_equal(causes.count, 1);
    const struct eg__cause *const cause = &causes.items[0];
    assert_string_equal(cause->name, "Flash faults");
    assert_string_equal(cause->codes, "flash-stuck-bits 5, verify-mismatch 5");
    assert_string_equal(cause->cluster.name, "B2");
    assert_true(cause->cluster.slot);
    assert_int_equal(cause->cluster.here, 10);
    assert_int_equal(cause->cluster.units, 15);
    assert_true(cause->cluster.p == eg_stats_fisher(10, 15, 0, 45));
    assert_string_equal(eg__unit_name(cause->units[0]), "A-17"); /* its label */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(related_codes_are_one_cause_that_clusters_in_its_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
