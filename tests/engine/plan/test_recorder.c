/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/plan/recorder.h"
#include "tests/fakes/check.h"

static void outcomes_have_stable_names(void **state)
{
    (void)state;
    assert_string_equal(eg_outcome_name(EG_PASS), "pass");
    assert_string_equal(eg_outcome_name(EG_PASS_MARGINAL), "pass-marginal");
    assert_string_equal(eg_outcome_name(EG_FAIL), "fail");
    assert_string_equal(eg_outcome_name(EG_ERROR), "error");
    assert_string_equal(eg_outcome_name(EG_ABORTED), "aborted");
}

static void the_board_fails_and_everything_else_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(eg_outcome_of(EG_STUCK_BITS), EG_FAIL);
    assert_int_equal(eg_outcome_of(EG_WRONG_CHIP), EG_FAIL);
    assert_int_equal(eg_outcome_of(EG_TIMEOUT), EG_ERROR);
    assert_int_equal(eg_outcome_of(EG_LEDGER), EG_ERROR);
    assert_int_equal(eg_outcome_of(EG_CANNOT_VERIFY), EG_ERROR);
    assert_int_equal(eg_outcome_of(EG_CANCELLED), EG_ABORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcomes_have_stable_names),
        cmocka_unit_test(the_board_fails_and_everything_else_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
