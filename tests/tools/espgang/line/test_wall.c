/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_view.h"

#include <stdlib.h>
#include <string.h>

static void a_field_is_all_in_the_colour_of_its_result(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 8, 24, 80);
    fake.look.wall = true;
    fake_view_run(&fake, 0, EG_PASS, EG_OK, "");
    fake_view_run(&fake, 2, EG_FAIL, EG_STUCK_BITS, "a bit");
    fake_view_work(&fake, 3, "write");
    fake_view_set_counts(&fake, 327, 21, 500);
    fake_view_draw(&fake);
    fake_view_expect(&fake, 0, " ✗ REMOVE BOARD IN A3: red box");
    fake_view_expect(&fake, 1, " A1                  A2                  A3                  A4  write app");
    fake_view_expect(&fake, 4, "      ✓  PASS             insert              ✗  FAIL              46 %");
    assert_non_null(strstr(fake_view_row(&fake, 6), "red box"));
    for (unsigned row = 1; row < 8; row++) {
        assert_int_equal(fake.cells.at[row * 80].style, CLI_ON_PASS);
        assert_int_equal(fake.cells.at[row * 80 + 18].style, CLI_ON_PASS);
        assert_int_equal(fake.cells.at[row * 80 + 19].style, CLI_PLAIN);
        assert_int_equal(fake.cells.at[row * 80 + 40].style, CLI_ON_FAIL);
    }
    fake_view_expect(&fake, 17, "███ ███ ███               ███  █ ");
    fake_view_expect(&fake, 22, "good of 500               not good                  yield");
    fake_view_end(&fake);
}

static void large_fields_have_large_letters(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 16, 60, 200);
    fake.look.wall = true;
    fake_view_run(&fake, 0, EG_PASS, EG_OK, "");
    fake_view_draw(&fake);
    (void)fake_view_find(&fake, "████    ███    ████   ████");
    (void)fake_view_find(&fake, "█   █  █   █  █      █");
    fake_view_end(&fake);
}

static void sixty_four_fields_fit_a_small_window(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 64, 20, 60);
    fake.look.wall = true;
    for (unsigned i = 0; i < 64; i++)
        fake_view_run(&fake, i, i == 63 ? EG_FAIL : EG_PASS, i == 63 ? EG_STUCK_BITS : EG_OK, "");
    fake_view_draw(&fake);
    fake_view_expect(&fake, 1, "A1  ✓  A2  ✓");
    (void)fake_view_find(&fake, "H8  ✗");
    fake_view_end(&fake);
}

static void a_question_is_shown_on_the_wall_too(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 4, 24, 80);
    fake.look.wall = true;
    fake.look.question = "Abort?";
    fake_view_draw(&fake);
    fake_view_expect(&fake, 23, "Abort?");
    fake_view_end(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_is_all_in_the_colour_of_its_result),
        cmocka_unit_test(large_fields_have_large_letters),
        cmocka_unit_test(sixty_four_fields_fit_a_small_window),
        cmocka_unit_test(a_question_is_shown_on_the_wall_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
