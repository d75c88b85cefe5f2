/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/line/gate.h"
#include "tests/fakes/check.h"

static void only_so_many_boards_are_at_work_at_once(void **state)
{
    const struct eg_turns turns = {.at_once = 2};
    struct eg__gate gate;
    (void)state;

    eg__gate_init(&gate, &turns);
    assert_true(eg__gate_try(&gate, NULL));
    assert_true(eg__gate_try(&gate, "left"));
    assert_false(eg__gate_try(&gate, "right"));
    eg__gate_leave(&gate, "left");
    assert_true(eg__gate_try(&gate, "right"));
    eg__gate_finish(&gate);
}

static void each_group_has_a_limit_of_its_own(void **state)
{
    const struct eg_turns turns = {.at_once_of_group = 1};
    struct eg__gate gate;
    (void)state;

    eg__gate_init(&gate, &turns);
    assert_true(eg__gate_try(&gate, "left"));
    assert_false(eg__gate_try(&gate, "left"));
    assert_true(eg__gate_try(&gate, "right"));
    for (unsigned i = 0; i < 3; i++)
        assert_true(eg__gate_try(&gate, i == 0 ? NULL : ""));
    eg__gate_leave(&gate, "left");
    assert_true(eg__gate_try(&gate, "left"));
    eg__gate_finish(&gate);
}

static void a_board_begins_only_so_long_after_the_one_before_it(void **state)
{
    const struct eg_turns turns = {.stagger_ms = 3600000}, no_turns = {.at_once = 0};
    struct eg_cancel cancel = {.requested = false};
    struct eg__gate gate;
    (void)state;

    eg__gate_init(&gate, &turns);
    assert_true(eg__gate_enter(&gate, NULL, &cancel));
    assert_false(eg__gate_try(&gate, NULL));
    eg_cancel_request(&cancel);
    assert_false(eg__gate_enter(&gate, NULL, &cancel));
    eg__gate_finish(&gate);

    eg__gate_init(&gate, &no_turns);
    for (unsigned i = 0; i < 100; i++)
        assert_true(eg__gate_try(&gate, "left"));
    eg__gate_finish(&gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_so_many_boards_are_at_work_at_once),
        cmocka_unit_test(each_group_has_a_limit_of_its_own),
        cmocka_unit_test(a_board_begins_only_so_long_after_the_one_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
