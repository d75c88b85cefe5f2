/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/guard/rows.h"

static void each_rule_says_its_code_and_sentence(void **state)
{
    (void)state;
    assert_rows(signed_rows, COUNT(signed_rows));
}

static void a_warning_for_one_board_is_a_refusal_in_a_job_that_does_not_allow_it(void **state)
{
    (void)state;
    assert_rows_of_jobs(signed_rows, COUNT(signed_rows));
}

static void a_header_is_patched_unless_it_is_signed_or_the_board_goes_by_signatures(void **state)
{
    (void)state;
    EG_CLEANUP(scene_cleanup) struct scene *scene = right();
    const struct eg_target *const target = scene->request.target;
    const struct eg_guard_piece *const boot = &scene->pieces[BOOT];

    assert_true(eg_guard_may_patch(target, NULL, boot->data, boot->size));
    assert_true(eg_guard_may_patch(target, &scene->chip, boot->data, boot->size));
    scene->chip.info.secure_boot = true;
    assert_false(eg_guard_may_patch(target, &scene->chip, boot->data, boot->size));
    scene->chip.info = (struct eg_chip_info){.secure_download = true};
    assert_false(eg_guard_may_patch(target, &scene->chip, boot->data, boot->size));
    sign(scene, BOOT);
    assert_false(eg_guard_may_patch(target, NULL, boot->data, boot->size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_says_its_code_and_sentence),
        cmocka_unit_test(a_warning_for_one_board_is_a_refusal_in_a_job_that_does_not_allow_it),
        cmocka_unit_test(a_header_is_patched_unless_it_is_signed_or_the_board_goes_by_signatures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
