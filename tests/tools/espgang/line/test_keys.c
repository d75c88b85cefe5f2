/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/keys.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_view.h"

#include <string.h>

static struct fake_view fake;
static struct cli_keys keys;

static int begin(void **state)
{
    (void)state;
    fake_view_begin(&fake, 64, 24, 80);
    keys = (struct cli_keys){.page = CLI_PAGE_GRID};
    return 0;
}

static int end(void **state)
{
    (void)state;
    fake_view_end(&fake);
    return 0;
}

static enum cli_wish press(const char *bytes)
{
    enum cli_wish wish = CLI_WISH_NOTHING;

    for (; bytes[0] != '\0'; bytes++)
        wish = cli_keys_take(&keys, &fake.view, bytes[0]);
    return wish;
}

static void a_name_or_a_number_opens_its_slot_and_escape_goes_back(void **state)
{
    (void)state;
    press("C");
    assert_string_equal(keys.typed, "C");
    assert_int_equal(keys.page, CLI_PAGE_GRID);
    press("3");
    assert_int_equal(keys.page, CLI_PAGE_SLOT);
    assert_int_equal(keys.selected, 18);
    assert_string_equal(keys.typed, "");
    press("\033[C\033[C\033[D");
    assert_int_equal(keys.selected, 19);
    press("12\n");
    assert_int_equal(keys.selected, 11);
    press("\033");
    cli_keys_idle(&keys);
    assert_int_equal(keys.page, CLI_PAGE_GRID);
    press("Z9\n");
    assert_int_equal(keys.page, CLI_PAGE_GRID);
    press("99999999999999999999\n");
    assert_int_equal(keys.page, CLI_PAGE_GRID);
}

static void what_is_typed_can_be_taken_back(void **state)
{
    (void)state;
    press("B\177");
    assert_string_equal(keys.typed, "");
    press("B\033");
    cli_keys_idle(&keys);
    assert_string_equal(keys.typed, "");
    for (unsigned i = 0; i < 100; i++)
        press("9");
    assert_int_equal(strlen(keys.typed), CLI_VIEW_NAME - 1);
}

static void l_opens_the_log_of_the_first_that_did_not_pass(void **state)
{
    (void)state;
    fake_view_run(&fake, 0, EG_PASS, EG_OK, "");
    fake_view_run(&fake, 7, EG_FAIL, EG_STUCK_BITS, "a bit");
    press("l");
    assert_int_equal(keys.page, CLI_PAGE_LOG);
    assert_int_equal(keys.selected, 7);
    press("l");
    assert_int_equal(keys.page, CLI_PAGE_SLOT);
    press("A1l");
    assert_int_equal(keys.page, CLI_PAGE_LOG);
    assert_int_equal(keys.selected, 0);
    press("?");
    assert_int_equal(keys.page, CLI_PAGE_HELP);
    press("?");
    assert_int_equal(keys.page, CLI_PAGE_GRID);
}

static void d_finishes_and_q_asks_before_it_aborts_boards(void **state)
{
    (void)state;
    assert_int_equal(press("d"), CLI_WISH_FINISH);
    assert_int_equal(press("q"), CLI_WISH_QUIT);
    fake_view_work(&fake, 0, "write");
    assert_int_equal(press("q"), CLI_WISH_NOTHING);
    assert_string_equal(keys.question, "Abort 1 board at work? q aborts, any other key goes on");
    assert_int_equal(press("d"), CLI_WISH_NOTHING);
    assert_string_equal(keys.question, "");
    assert_int_equal(press("qq"), CLI_WISH_QUIT);
}

static void lines_do_what_keys_do(void **state)
{
    (void)state;
    assert_int_equal(cli_keys_line(&keys, &fake.view, "B2"), CLI_WISH_NOTHING);
    assert_int_equal(keys.page, CLI_PAGE_SLOT);
    assert_int_equal(keys.selected, 9);
    assert_int_equal(cli_keys_line(&keys, &fake.view, ""), CLI_WISH_NOTHING);
    assert_int_equal(keys.page, CLI_PAGE_GRID);
    assert_int_equal(cli_keys_line(&keys, &fake.view, "d"), CLI_WISH_FINISH);
    fake_view_work(&fake, 0, "write");
    assert_int_equal(cli_keys_line(&keys, &fake.view, "q"), CLI_WISH_NOTHING);
    assert_int_equal(cli_keys_line(&keys, &fake.view, "q"), CLI_WISH_QUIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_name_or_a_number_opens_its_slot_and_escape_goes_back, begin, end),
        cmocka_unit_test_setup_teardown(what_is_typed_can_be_taken_back, begin, end),
        cmocka_unit_test_setup_teardown(l_opens_the_log_of_the_first_that_did_not_pass, begin, end),
        cmocka_unit_test_setup_teardown(d_finishes_and_q_asks_before_it_aborts_boards, begin, end),
        cmocka_unit_test_setup_teardown(lines_do_what_keys_do, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
