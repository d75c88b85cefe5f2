/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/guard/rows.h"

static void each_rule_says_its_code_and_sentence(void **state)
{
    (void)state;
    assert_rows(extent_rows, COUNT(extent_rows));
}

static void a_warning_for_one_board_is_a_refusal_in_a_job_that_does_not_allow_it(void **state)
{
    (void)state;
    assert_rows_of_jobs(extent_rows, COUNT(extent_rows));
}

static void data_of_a_board_may_take_sectors_that_are_all_ff(void **state)
{
    (void)state;
    EG_CLEANUP(scene_cleanup) struct scene *scene = right();
    struct eg_error err;

    memset(scene->bytes[OTHER], 0xff, 0x5000);
    scene->bytes[OTHER][0] = scene->bytes[OTHER][0x4000] = 1;
    scene->pieces[OTHER].size = 0x5000;
    scene->pieces[OTHER + 1] =
        (struct eg_guard_piece){.name = "unit", .flash_addr = 0x201000, .size = 0x3000, .of_unit = true};
    scene->request.count = 5;
    assert_ok(eg_guard_ask(&scene->request, NULL, &err), err);
    scene->pieces[OTHER + 1].size = 0x3001;
    assert_error(eg_guard_ask(&scene->request, NULL, &err), err, EG_BAD_ARGUMENT,
                 "unit at 0x00201000 shares a sector with other.bin, which takes 0x00200000 to 0x00205000");
    scene->pieces[OTHER + 1].size = 0x3000;
    scene->pieces[OTHER + 1].of_unit = false;
    assert_int_equal(eg_guard_ask(&scene->request, NULL, &err), EG_BAD_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_says_its_code_and_sentence),
        cmocka_unit_test(a_warning_for_one_board_is_a_refusal_in_a_job_that_does_not_allow_it),
        cmocka_unit_test(data_of_a_board_may_take_sectors_that_are_all_ff),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
