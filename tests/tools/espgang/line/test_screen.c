/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/screen.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_view.h"

#include <stdlib.h>
#include <string.h>

static void eight_slots_have_a_row_each_and_the_last_failures_their_sentence(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 8, 24, 80);
    fake_view_run(&fake, 0, EG_PASS, EG_OK, "");
    strcpy(fake.view.slots[0].slowest, "write 6.61 s, wire 6.49 s, limited by rate");
    fake_view_run(&fake, 2, EG_FAIL, EG_VERIFY_MISMATCH,
                  "verify: app: the flash holds other data from 0x000bd40c");
    fake_view_work(&fake, 3, "write");
    fake_view_run(&fake, 5, EG_ERROR, EG_PORT_GONE, "write: app: the port is gone");
    fake_view_set_counts(&fake, 327, 21, 500);
    fake_view_draw(&fake);
    fake_view_expect(&fake, 0, "climate-node 1.4.0                                       batch 2026-48  ");
    fake_view_expect(&fake, 1, " ✗ REMOVE BOARD IN A3: red box. Then A6: clean the needles, insert again");
    fake_view_expect(&fake, 3, "A1  ✓ PASS   02:7a:1c:41:0a:01   10.2 s  write 6.61 s, wire 6.49 s, limited");
    fake_view_expect(&fake, 5, "A3  ✗ FAIL   02:7a:1c:41:0a:03   10.2 s  red box");
    fake_view_expect(&fake, 6, "A4    46 %   ███████████░░░░░░░░░░░░░ write app");
    fake_view_expect(&fake, 8, "A6  ! AGAIN  02:7a:1c:41:0a:06   10.2 s  clean the needles, insert again");
    fake_view_expect(&fake, 10, "A8  insert a board");
    fake_view_expect(&fake, 11, "────────");
    fake_view_expect(&fake, 12, "Last not passed");
    fake_view_expect(&fake, 13, "A6 ");
    assert_non_null(strstr(fake_view_row(&fake, 13), "write: app: the port is gone"));
    assert_non_null(strstr(fake_view_row(&fake, 14), "the flash holds other data from 0x000bd40c"));
    fake_view_expect(&fake, 21, "good ███████████████████████████████████████");
    fake_view_expect(&fake, 22, "good 327 of 500  not good 21  yield 94.0 %");
    fake_view_expect(&fake, 23, "? help  1-9 A-Z slot  l log  d drain: finish, begin no more  q quit");
    fake_view_end(&fake);
}

static void a_result_has_colour_and_sign_and_word(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 8, 24, 80);
    fake_view_run(&fake, 0, EG_PASS, EG_OK, "");
    fake_view_run(&fake, 1, EG_PASS_MARGINAL, EG_OK, "passed after a retry");
    fake_view_run(&fake, 2, EG_FAIL, EG_STUCK_BITS, "a bit");
    fake_view_run(&fake, 3, EG_ABORTED, EG_CANCELLED, "stopped");
    fake_view_draw(&fake);
    static const struct {
        enum cli_style style;
        const char *field;
    } expected[] = {{CLI_ON_PASS, "✓ PASS"},
                    {CLI_ON_CHECK, "? CHECK"},
                    {CLI_ON_FAIL, "✗ FAIL"},
                    {CLI_ON_AGAIN, "! AGAIN"}};
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(fake.cells.at[(3 + i) * 80 + 5].style, expected[i].style);
        assert_non_null(strstr(fake_view_row(&fake, 3 + i), expected[i].field));
    }
    fake.cells.utf8 = false;
    fake_view_draw(&fake);
    fake_view_expect(&fake, 3, "A1  + PASS   02:7a:1c:41:0a:01");
    fake_view_expect(&fake, 5, "A3  X FAIL   02:7a:1c:41:0a:03");
    fake_view_expect(&fake, 1, " X REMOVE BOARD IN A3: red box. Then A4: insert again");
    fake_view_end(&fake);
}

static void sixty_four_slots_are_cells_in_the_order_of_the_fixture(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 64, 24, 80);
    for (unsigned i = 0; i < 60; i++)
        fake_view_run(&fake, i, EG_PASS, EG_OK, "");
    fake_view_run(&fake, 2, EG_FAIL, EG_VERIFY_MISMATCH, "the flash holds other data");
    fake_view_run(&fake, 18, EG_FAIL, EG_STUCK_BITS, "bit 5 stays 1");
    fake_view_run(&fake, 5, EG_ERROR, EG_NO_SYNC, "the loader does not answer");
    fake_view_work(&fake, 60, "write");
    fake_view_draw(&fake);
    fake_view_expect(&fake, 1,
                     " ✗ REMOVE BOARDS IN A3 and C3: red box. Then A6: clean the needles, insert again");
    fake_view_expect(&fake, 3,
                     "A1 ✓ PASS A2 ✓ PASS A3 ✗ FAIL A4 ✓ PASS A5 ✓ PASS A6 !AGAIN A7 ✓ PASS A8 ✓ PASS");
    fake_view_expect(&fake, 10, "H1 ✓ PASS H2 ✓ PASS H3 ✓ PASS H4 ✓ PASS H5   46 % H6      . H7      .");
    fake_view_expect(&fake, 12, "Not passed in this round");
    fake_view_expect(&fake, 13, " FAIL   A3 the flash holds other data");
    fake_view_expect(&fake, 14, " FAIL   C3 bit 5 stays 1");
    fake_view_expect(&fake, 15,
                     " AGAIN  A6 the loader does not answer            clean the needles, insert again");
    fake_view_end(&fake);

    fake_view_begin(&fake, 64, 20, 60);
    fake_view_run(&fake, 2, EG_FAIL, EG_VERIFY_MISMATCH, "the flash holds other data");
    fake_view_draw(&fake);
    fake_view_expect(&fake, 3, "A1      . A2      . A3 ✗ FAIL A4      . A5      . A6      .");
    fake_view_end(&fake);

    fake_view_begin(&fake, 64, 14, 60);
    fake_view_run(&fake, 2, EG_FAIL, EG_VERIFY_MISMATCH, "the flash holds other data");
    fake_view_draw(&fake);
    fake_view_expect(&fake, 2, "A1   . A2   . A3   ✗ A4   . A5   . A6   . A7   . A8   .");
    fake_view_end(&fake);

    fake_view_begin(&fake, 64, 60, 200);
    fake_view_draw(&fake);
    fake_view_expect(&fake, 3, "A1  insert a board     ");
    assert_non_null(strstr(fake_view_row(&fake, 3), "     E1  insert a board"));
    fake_view_end(&fake);
}

static void what_the_station_says_has_a_row_of_its_own_for_a_while(void **state)
{
    const struct eg_log_record said = {.kind = EG_LOG_NOTE,
                                       .level = EG_NORMAL,
                                       .origin = {"", "", ""},
                                       .text = "the pool is empty",
                                       .stage = "",
                                       .outcome = ""};
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 8, 24, 80);
    cli_view_take(&fake.view, &said, fake.look.now);
    fake_view_draw(&fake);
    fake_view_expect(&fake, 22, "note: the pool is empty");
    fake_view_expect(&fake, 23, "? help");
    fake.look.now.ms += 11000;
    fake_view_draw(&fake);
    fake_view_expect(&fake, 22, "good 0");
    fake_view_end(&fake);
}

static void a_small_window_shows_what_did_not_pass_first_and_counts_the_others(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 64, 10, 40);
    for (unsigned i = 0; i < 62; i++)
        fake_view_run(&fake, i, EG_PASS, EG_OK, "");
    fake_view_run(&fake, 63, EG_FAIL, EG_STUCK_BITS, "a bit");
    fake_view_work(&fake, 62, "write");
    fake_view_set_counts(&fake, 62, 1, 0);
    fake_view_draw(&fake);
    fake_view_expect(&fake, 1, " ✗ REMOVE BOARD IN H8: red box");
    fake_view_expect(&fake, 3, "H8 ✗ FAIL H7   46 %");
    fake_view_expect(&fake, 4, "and 62 more: 62 passed, 1 not");
    fake_view_expect(&fake, 5, "────");
    fake_view_expect(&fake, 6, "Not passed in this round");
    fake_view_expect(&fake, 7, " FAIL   H8 a bit");
    fake_view_expect(&fake, 8, "good 62  not good 1  yield 98.4 %");
    fake_view_expect(&fake, 9, "? help  d drain  q quit");
    fake_view_end(&fake);
}

static void every_window_and_every_number_of_slots_can_be_drawn(void **state)
{
    static const unsigned counts[] = {0, 1, 8, 64, 512}, heights[] = {1, 2, 4, 7, 13, 28};
    static const unsigned widths[] = {1, 8, 22, 50, 113};
    (void)state;

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        for (size_t k = 0; k < sizeof heights / sizeof heights[0]; k++) {
            for (size_t m = 0; m < sizeof widths / sizeof widths[0]; m++) {
                struct fake_view fake;
                fake_view_begin(&fake, counts[i], heights[k], widths[m]);
                for (unsigned slot = 0; slot < counts[i]; slot += 3)
                    fake_view_run(&fake, slot, slot % 2 == 0 ? EG_FAIL : EG_PASS, EG_STUCK_BITS,
                                  "a sentence of it");
                for (unsigned page = CLI_PAGE_GRID; page <= CLI_PAGE_LOG; page++) {
                    fake.look.page = page;
                    fake.look.wall = false;
                    fake_view_draw(&fake);
                    fake.look.wall = true;
                    fake_view_draw(&fake);
                }
                fake_view_end(&fake);
            }
        }
    }
}

static void what_names_of_ports_and_boards_hold_cannot_move_the_cursor(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 2, 24, 80);
    fake_view_run(&fake, 0, EG_FAIL, EG_STUCK_BITS, "\033[2J\033]0;owned\007 \302\233 \377\376");
    snprintf(fake.view.slots[1].label, sizeof fake.view.slots[1].label,
             "\344\272\247\345\223\2017"); /* wide */
    fake_view_run(&fake, 1, EG_PASS, EG_OK, "");
    fake_view_draw(&fake);
    for (unsigned i = 0; i < 24 * 80; i++)
        assert_false(fake.cells.at[i].character != 0 && fake.cells.at[i].character < 0x20);
    assert_non_null(strstr(fake_view_row(&fake, 3), "?[2J?]0;owned? ? ??"));
    fake_view_end(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_slots_have_a_row_each_and_the_last_failures_their_sentence),
        cmocka_unit_test(a_result_has_colour_and_sign_and_word),
        cmocka_unit_test(sixty_four_slots_are_cells_in_the_order_of_the_fixture),
        cmocka_unit_test(what_the_station_says_has_a_row_of_its_own_for_a_while),
        cmocka_unit_test(a_small_window_shows_what_did_not_pass_first_and_counts_the_others),
        cmocka_unit_test(every_window_and_every_number_of_slots_can_be_drawn),
        cmocka_unit_test(what_names_of_ports_and_boards_hold_cannot_move_the_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
