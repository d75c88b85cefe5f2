/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_view.h"

#include <stdlib.h>
#include <string.h>

static void the_action_line_names_slots_by_urgency_and_as_many_as_fit(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 64, 24, 80);
    cli_put_action(&fake.cells, &fake.view, &fake.look, 0);
    fake_view_expect(&fake, 0, " Insert boards");
    for (unsigned i = 0; i < 40; i++)
        fake_view_run(&fake, i, EG_ERROR, EG_NO_SYNC, "no answer");
    cli_put_action(&fake.cells, &fake.view, &fake.look, 0);
    fake_view_expect(&fake, 0,
                     " ! A1, A2, A3, A4, A5, A6, A7, A8 and 32 more: clean the needles, insert again");
    fake_view_run(&fake, 9, EG_FAIL, EG_WRONG_CHIP, "it is an ESP32");
    fake_view_run(&fake, 11, EG_FAIL, EG_STUCK_BITS, "a bit");
    cli_put_action(&fake.cells, &fake.view, &fake.look, 0);
    fake_view_expect(&fake, 0, " ✗ REMOVE BOARD IN B2: wrong board. Then B4: red box. Then A1, A2, ");
    assert_int_equal(fake.cells.at[79].style, CLI_ON_FAIL);
    fake_view_end(&fake);
}

static void the_action_line_says_what_goes_on_when_all_is_well(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 8, 24, 80);
    fake_view_work(&fake, 0, "write");
    fake_view_run(&fake, 1, EG_PASS, EG_OK, "");
    cli_put_action(&fake.cells, &fake.view, &fake.look, 0);
    fake_view_expect(&fake, 0, " 1 board at work; 1 is good: take it out");
    fake.look.ending = true;
    cli_put_action(&fake.cells, &fake.view, &fake.look, 0);
    fake_view_expect(&fake, 0, " 1 board at work; no further one begins");
    fake.look.serves = fake.look.ending = false;
    fake_view_run(&fake, 0, EG_PASS, EG_OK, "");
    cli_put_action(&fake.cells, &fake.view, &fake.look, 0);
    fake_view_expect(&fake, 0, " 2 of 8 boards done");
    fake_view_end(&fake);
}

static void a_pause_goes_before_all_else_and_fits_any_window(void **state)
{
    static const struct {
        unsigned columns;
        const char *keys, *lines;
    } cases[] = {
        {80, " PAUSED: too many boards in a row failed. Mend the cause, then press c",
         " PAUSED: too many boards in a row failed. Mend the cause, then /c Enter"},
        {60, " PAUSED: mend the cause, then press c", " PAUSED: mend the cause, then /c Enter"},
        {20, " PAUSED: c goes on", " PAUSED"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fake_view fake;
        fake_view_begin(&fake, 8, 24, cases[i].columns);
        fake_view_run(&fake, 1, EG_FAIL, EG_STUCK_BITS, "a bit");
        fake.look.paused = true;
        cli_put_action(&fake.cells, &fake.view, &fake.look, 0);
        fake_view_expect(&fake, 0, cases[i].keys);
        assert_int_equal(fake.cells.at[0].style, CLI_ON_FAIL);
        fake.look.lines = true;
        cli_put_action(&fake.cells, &fake.view, &fake.look, 0);
        fake_view_expect(&fake, 0, cases[i].lines);
        fake_view_end(&fake);
    }
}

static void the_counts_have_target_yield_rate_and_time_left_in_one_line_or_two(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 8, 24, 80);
    fake.view.target_yield = 970;
    for (unsigned i = 0; i < 60; i++)
        fake_view_run(&fake, i % 8, EG_PASS, EG_OK, "");
    fake_view_set_counts(&fake, 327, 21, 500);
    fake.look.now.ms = fake.view.begun_ms + 30 * 60000;
    assert_int_equal(cli_counts_rows(&fake.cells, &fake.view, &fake.look), 1);
    cli_put_counts(&fake.cells, &fake.view, &fake.look, 0, 1);
    fake_view_expect(&fake, 0,
                     "good 327 of 500  not good 21  yield 94.0 % (target 97 %)  120/h  1 h 27 min left");
    assert_int_equal(fake.cells.at[0].style, CLI_GOOD);
    assert_int_equal(fake.cells.at[17].style, CLI_BAD);
    assert_int_equal(fake.cells.at[30].style, CLI_BAD);
    fake_view_end(&fake);

    fake_view_begin(&fake, 8, 24, 40);
    fake.view.target_yield = 970;
    fake_view_set_counts(&fake, 327, 21, 500);
    assert_int_equal(cli_counts_rows(&fake.cells, &fake.view, &fake.look), 2);
    cli_put_counts(&fake.cells, &fake.view, &fake.look, 0, 2);
    fake_view_expect(&fake, 0, "good 327 of 500  not good 21");
    fake_view_expect(&fake, 1, "yield 94.0 % (target 97 %)");
    fake_view_end(&fake);
}

static void the_last_row_has_what_is_asked_typed_or_said_before_the_keys(void **state)
{
    struct fake_view fake;
    const struct eg_log_record said = {.kind = EG_LOG_WARNING,
                                       .level = EG_NORMAL,
                                       .origin = {"", "", ""},
                                       .text = "there is no slot Z9",
                                       .stage = "",
                                       .outcome = ""};
    (void)state;

    fake_view_begin(&fake, 8, 24, 80);
    cli_put_keys(&fake.cells, &fake.look, cli_message(&fake.view, &fake.look), 0);
    fake_view_expect(&fake, 0, "? help  1-9 A-Z slot");
    fake.look.lines = true;
    cli_put_keys(&fake.cells, &fake.look, cli_message(&fake.view, &fake.look), 1);
    fake_view_expect(&fake, 1, "Enter begins every free slot; /? Enter: help");
    fake.look.keys = false;
    cli_put_keys(&fake.cells, &fake.look, cli_message(&fake.view, &fake.look), 2);
    fake_view_expect(&fake, 2, "Ctrl-C finishes and begins no more");
    cli_view_take(&fake.view, &said, fake.look.now);
    cli_put_keys(&fake.cells, &fake.look, cli_message(&fake.view, &fake.look), 3);
    fake_view_expect(&fake, 3, "warning: there is no slot Z9");
    fake.look.typed = "A";
    cli_put_keys(&fake.cells, &fake.look, cli_message(&fake.view, &fake.look), 4);
    fake_view_expect(&fake, 4, "slot A_");
    fake.look.question = "Abort 2 boards?";
    cli_put_keys(&fake.cells, &fake.look, cli_message(&fake.view, &fake.look), 5);
    fake_view_expect(&fake, 5, "Abort 2 boards?");
    fake_view_end(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_action_line_names_slots_by_urgency_and_as_many_as_fit),
        cmocka_unit_test(the_action_line_says_what_goes_on_when_all_is_well),
        cmocka_unit_test(a_pause_goes_before_all_else_and_fits_any_window),
        cmocka_unit_test(the_counts_have_target_yield_rate_and_time_left_in_one_line_or_two),
        cmocka_unit_test(the_last_row_has_what_is_asked_typed_or_said_before_the_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
