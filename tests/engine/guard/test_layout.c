/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/guard/rows.h"

static void each_rule_says_its_code_and_sentence(void **state)
{
    (void)state;
    assert_rows(layout_rows, COUNT(layout_rows));
}

static void a_warning_for_one_board_is_a_refusal_in_a_job_that_does_not_allow_it(void **state)
{
    (void)state;
    assert_rows_of_jobs(layout_rows, COUNT(layout_rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_says_its_code_and_sentence),
        cmocka_unit_test(a_warning_for_one_board_is_a_refusal_in_a_job_that_does_not_allow_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
