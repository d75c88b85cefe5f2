/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tools/espgang/line/cells.h"

#include <locale.h>

static struct cli_cell room[2 * 10];
static struct cli_cells cells = {.rows = 2, .columns = 10, .utf8 = true, .at = room};

static int begin(void **state)
{
    (void)state;
    cells.utf8 = true;
    cli_cells_clear(&cells);
    return setlocale(LC_CTYPE, "C.UTF-8") == NULL;
}

static void expect(const char *text)
{
    char got[sizeof room / sizeof room[0] + 1] = "";

    for (unsigned i = 0; i < cells.columns; i++)
        got[i] = room[i].character == 0 ? '>' : room[i].character < 0x80 ? (char)room[i].character : 'U';
    assert_string_equal(got, text);
}

static void a_text_that_does_not_fit_shows_that_it_is_cut(void **state)
{
    (void)state;
    assert_int_equal(cli_put(&cells, (struct cli_span){0, 1, 6}, CLI_BOLD, "exact"), 6);
    expect(" exact    ");
    assert_int_equal(cli_put(&cells, (struct cli_span){0, 1, 6}, CLI_BOLD, "longer"), 6);
    expect(" longU    ");
    assert_int_equal(room[5].character, 0x2026);
    cells.utf8 = false;
    cli_put(&cells, (struct cli_span){0, 1, 6}, CLI_BOLD, "longer");
    expect(" long~    ");
    assert_int_equal(room[1].style, CLI_BOLD);
    assert_int_equal(room[0].style, CLI_PLAIN);
}

static void wide_characters_take_two_columns_and_are_never_halved(void **state)
{
    (void)state;
    assert_int_equal(cli_width(&cells, "\344\272\247a"), 3);
    cli_put(&cells, cli_row(&cells, 0), CLI_PLAIN, "\344\272\247a");
    expect("U>a       ");
    cli_cells_clear(&cells);
    cli_put(&cells, (struct cli_span){0, 0, 4}, CLI_PLAIN, "\344\272\247\344\272\247\344\272\247");
    expect("U>U       ");
    assert_int_equal(room[2].character, 0x2026);
}

static void combining_characters_take_none_and_control_characters_become_question_marks(void **state)
{
    (void)state;
    assert_int_equal(cli_width(&cells, "e\314\201"), 1);
    cli_put(&cells, cli_row(&cells, 0), CLI_PLAIN, "e\314\201\033\177\302\233\377x");
    expect("e????x    ");
}

static void without_unicode_only_ascii_is_shown(void **state)
{
    (void)state;
    cells.utf8 = false;
    cli_put(&cells, cli_row(&cells, 0), CLI_PLAIN, "\303\244\344\272\247");
    expect("??        ");
    cli_put_bar(&cells, cli_row(&cells, 0), 1, 4);
    expect("##........");
}

static void what_is_outside_of_the_window_is_left_out(void **state)
{
    (void)state;
    cli_put(&cells, (struct cli_span){7, 0, 10}, CLI_PLAIN, "row");
    cli_put(&cells, (struct cli_span){0, 12, 40}, CLI_PLAIN, "column");
    cli_put_right(&cells, (struct cli_span){0, 0, 3}, CLI_PLAIN, "too long");
    cli_put_middle(&cells, (struct cli_span){0, 8, 3}, CLI_PLAIN, "turned");
    cli_put_bar(&cells, (struct cli_span){0, 8, 3}, 1, 2);
    expect("          ");
    cli_put_right(&cells, (struct cli_span){0, 0, 10}, CLI_PLAIN, "end");
    cli_put_middle(&cells, (struct cli_span){0, 0, 6}, CLI_PLAIN, "in");
    expect("  in   end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_text_that_does_not_fit_shows_that_it_is_cut, begin),
        cmocka_unit_test_setup(wide_characters_take_two_columns_and_are_never_halved, begin),
        cmocka_unit_test_setup(combining_characters_take_none_and_control_characters_become_question_marks,
                               begin),
        cmocka_unit_test_setup(without_unicode_only_ascii_is_shown, begin),
        cmocka_unit_test_setup(what_is_outside_of_the_window_is_left_out, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
