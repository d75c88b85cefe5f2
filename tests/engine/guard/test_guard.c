/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/guard/rows.h"

static void a_correct_job_is_neither_refused_nor_warned_of(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        EG_CLEANUP(scene_cleanup) struct scene *scene = right();
        struct heard heard = {.rule = ""};
        struct eg_error err;

        scene->request.job = i % 2 != 0;
        if (i / 2 == 1)
            scene->request.chip = NULL;
        if (i / 2 == 2) {
            sign(scene, BOOT);
            sign(scene, APP);
            scene->chip.info.secure_boot = true;
        }
        scene->request.say = hear;
        scene->request.context = &heard;
        for (const struct eg_guard_rule *rule = eg_guard_rules; rule->name != NULL; rule++) {
            heard.rule = rule->name;
            assert_ok(eg_guard_ask(&scene->request, NULL, &err), err);
            if (heard.count > 0)
                fail_msg("%s: %s", rule->name, heard.text);
        }
    }
}

static void a_board_is_asked_about_only_what_depends_on_it(void **state)
{
    (void)state;
    EG_CLEANUP(scene_cleanup) struct scene *scene = right();
    struct eg_error err;

    damaged_table(scene); /* which was asked before */
    scene->request.job = scene->request.again = true;
    assert_ok(eg_guard_ask(&scene->request, NULL, &err), err);
    header_too_large(scene);
    assert_int_equal(eg_guard_ask(&scene->request, NULL, &err), EG_FLASH_TOO_SMALL);
}

static void force_leaves_out_what_can_be_forced(void **state)
{
    (void)state;
    EG_CLEANUP(scene_cleanup) struct scene *scene = right();
    struct eg_error err;

    other_chip(scene);
    assert_int_equal(eg_guard_ask(&scene->request, NULL, &err), EG_BAD_IMAGE);
    scene->request.force = true;
    assert_ok(eg_guard_ask(&scene->request, NULL, &err), err);
    shared(scene);
    assert_int_equal(eg_guard_ask(&scene->request, NULL, &err), EG_BAD_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_correct_job_is_neither_refused_nor_warned_of),
        cmocka_unit_test(a_board_is_asked_about_only_what_depends_on_it),
        cmocka_unit_test(force_leaves_out_what_can_be_forced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
