/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

/* A board in its loader answers without a reset, a board that runs its application does not. */
static enum eg_code run_again_without_reset(struct fake_line *line)
{
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_plan_set(line->plan, "link.before", "no-reset");
    fake_line_run(line);
    return line->results[0].code;
}

static void run_by_rom(struct fake_line *line, const char *after)
{
    fake_plan_set(line->plan, "link.after", after);
    fake_plan_set(line->plan, "link.stub", "off");
    fake_plan_set(line->plan, "link.baud", "115200");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
}

static void a_hard_reset_starts_the_application(void **state)
{
    struct fake_line *line = *state;

    run_by_rom(line, "hard-reset");
    assert_int_equal(run_again_without_reset(line), EG_BOOT_MODE);
}

static void a_board_whose_reset_is_slow_gets_a_long_one_at_both_ends(void **state)
{
    struct fake_line *line = *state;

    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS("slow-reset"));
    fake_line_run(line);
    assert_int_equal(run_again_without_reset(line), EG_BOOT_MODE);
}

static void no_reset_leaves_the_board_in_its_loader(void **state)
{
    struct fake_line *line = *state;

    run_by_rom(line, "no-reset");
    assert_int_equal(run_again_without_reset(line), EG_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_hard_reset_starts_the_application),
        TEST(a_board_whose_reset_is_slow_gets_a_long_one_at_both_ends),
        TEST(no_reset_leaves_the_board_in_its_loader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
