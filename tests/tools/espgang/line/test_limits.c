/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/limits.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_recorder.h"

#include <math.h>
#include <string.h>

static bool take(struct cli_limits *limits, struct fake_recorder *told, const char *slot,
                 enum eg_outcome outcome)
{
    const bool passed = eg_outcome_passed(outcome);

    return cli_limits_take(
        limits,
        &(struct eg_result){.slot = slot, .outcome = outcome, .code = passed ? EG_OK : EG_VERIFY_MISMATCH},
        &told->logger);
}

static bool may_begin(struct cli_limits *limits, const char *slot, unsigned running)
{
    return cli_limits_may_begin(limits, &(struct eg_slot){.name = slot}, running);
}

static void the_tail_of_a_binomial_distribution_is_the_sum_of_its_terms(void **state)
{
    (void)state;
    assert_true(fabs(cli_limits_tail(0.5, 3, 2) - 0.5) < 1e-12);
    assert_true(fabs(cli_limits_tail(0.1, 10, 0) - 1) < 1e-12);
    assert_true(fabs(cli_limits_tail(0.1, 10, 10) - 1e-10) < 1e-16);
    assert_true(fabs(cli_limits_tail(0.2, 5, 4) - (5 * 0.0016 * 0.8 + 0.00032)) < 1e-12);
}

static void a_slot_that_fails_more_often_than_chance_explains_is_disabled_and_told(void **state)
{
    struct cli_limits limits = {.options.disable_slots = true};
    struct fake_recorder told;

    (void)state;
    fake_recorder_init(&told);
    for (unsigned i = 0; i < 20; i++) {
        take(&limits, &told, "1", EG_PASS);
        take(&limits, &told, "2", i % 10 == 0 ? EG_FAIL : EG_PASS_MARGINAL);
    }
    take(&limits, &told, "3", EG_FAIL);
    take(&limits, &told, "3", EG_ERROR);
    take(&limits, &told, "3", EG_ABORTED);
    assert_true(may_begin(&limits, "3", 0));
    assert_string_equal(told.transcript, "");
    take(&limits, &told, "3", EG_FAIL);
    assert_false(may_begin(&limits, "3", 0));
    assert_true(may_begin(&limits, "1", 0));
    assert_true(may_begin(&limits, "2", 0));
    assert_string_equal(told.transcript,
                        "warning the slot is disabled: 3 of its 3 boards did not pass, the last with "
                        "verify-mismatch, and 2 of 40 in the others: look at its socket, then start the line "
                        "again\n");
    take(&limits, &told, "3", EG_FAIL);
    assert_null(strstr(strchr(told.transcript, '\n'), "disabled"));
    cli_limits_finish(&limits);
    fake_recorder_finish(&told);
}

static void a_slot_alone_and_boards_that_fail_everywhere_disable_nothing(void **state)
{
    struct cli_limits limits = {.options.disable_slots = true};
    struct fake_recorder told;

    (void)state;
    fake_recorder_init(&told);
    for (unsigned i = 0; i < 20; i++)
        take(&limits, &told, "1", EG_FAIL);
    for (unsigned i = 0; i < 20; i++)
        take(&limits, &told, "2", EG_FAIL);
    assert_true(may_begin(&limits, "1", 0));
    assert_true(may_begin(&limits, "2", 0));
    assert_string_equal(told.transcript, "");
    cli_limits_finish(&limits);
    fake_recorder_finish(&told);
}

static void failures_in_a_row_end_the_line_and_a_pass_breaks_the_row(void **state)
{
    struct cli_limits limits = {.options.stop_failures = 3};
    struct fake_recorder told;

    (void)state;
    fake_recorder_init(&told);
    assert_false(take(&limits, &told, "1", EG_FAIL));
    assert_false(take(&limits, &told, "2", EG_ERROR));
    assert_false(take(&limits, &told, "3", EG_PASS));
    assert_false(take(&limits, &told, "1", EG_FAIL));
    assert_false(take(&limits, &told, "2", EG_ABORTED));
    assert_false(take(&limits, &told, "3", EG_FAIL));
    assert_true(take(&limits, &told, "4", EG_FAIL));
    assert_string_equal(told.transcript,
                        "warning 3 boards in a row did not pass, the last in slot 4 with verify-mismatch: no "
                        "further board begins\n");
    cli_limits_finish(&limits);
    fake_recorder_finish(&told);
}

static void no_more_boards_are_in_progress_than_good_ones_are_missing(void **state)
{
    struct cli_limits limits = {.options.stop_after = 5, .good = 3};

    (void)state;
    assert_true(may_begin(&limits, "1", 0));
    assert_true(may_begin(&limits, "2", 1));
    assert_false(may_begin(&limits, "3", 2));
    cli_limits_finish(&limits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tail_of_a_binomial_distribution_is_the_sum_of_its_terms),
        cmocka_unit_test(a_slot_that_fails_more_often_than_chance_explains_is_disabled_and_told),
        cmocka_unit_test(a_slot_alone_and_boards_that_fail_everywhere_disable_nothing),
        cmocka_unit_test(failures_in_a_row_end_the_line_and_a_pass_breaks_the_row),
        cmocka_unit_test(no_more_boards_are_in_progress_than_good_ones_are_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
