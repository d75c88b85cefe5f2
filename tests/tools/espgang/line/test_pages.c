/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_view.h"

static void help_lists_keys_or_the_lines_to_type(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 8, 24, 80);
    fake.look.page = CLI_PAGE_HELP;
    fake_view_draw(&fake);
    fake_view_expect(&fake, 0, "Keys");
    (void)fake_view_find(&fake, " d           finish the boards at work and begin no more");
    (void)fake_view_find(&fake, "  ✗ FAIL     the board is not good");
    fake.look.lines = true;
    fake_view_draw(&fake);
    (void)fake_view_find(&fake, " /d          finish the boards at work and begin no more");
    fake_view_end(&fake);
}

static void a_slot_has_its_sentence_whole_its_facts_and_its_log(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 8, 24, 50);
    fake_view_work(&fake, 2, "write");
    fake_view_run(&fake, 2, EG_FAIL, EG_STUCK_BITS,
                  "verify: app at 0x00010000: bit 5 of 0x000f09b0 stays 1 in every attempt");
    fake.look.page = CLI_PAGE_SLOT;
    fake.look.selected = 2;
    fake_view_draw(&fake);
    fake_view_expect(&fake, 0, "Slot A3   ✗ FAIL   red box");
    fake_view_expect(&fake, 1, "verify: app at 0x00010000: bit 5 of 0x000f09b0   ");
    fake_view_expect(&fake, 2, "stays 1 in every attempt");
    (void)fake_view_find(&fake, "board      02:7a:1c:41:0a:03");
    (void)fake_view_find(&fake, "code       flash-stuck-bits");
    (void)fake_view_find(&fake, "boards     1, 0 passed");
    (void)fake_view_find(&fake, " fail: verify: app at 0x00010000");
    fake.look.selected = 8;
    fake_view_draw(&fake);
    fake_view_expect(&fake, 0, "There is no such slot");
    fake_view_end(&fake);
}

static void a_log_shows_its_last_lines(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 8, 6, 50);
    for (unsigned i = 0; i < 20; i++)
        fake_view_work(&fake, 0, i < 19 ? "write" : "verify");
    fake.look.page = CLI_PAGE_LOG;
    fake_view_draw(&fake);
    fake_view_expect(&fake, 0, "Log of slot A1");
    assert_int_equal(fake_view_find(&fake, "verify"), 4);
    fake_view_expect(&fake, 5, "Esc back to all slots");
    fake_view_end(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_lists_keys_or_the_lines_to_type),
        cmocka_unit_test(a_slot_has_its_sentence_whole_its_facts_and_its_log),
        cmocka_unit_test(a_log_shows_its_last_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
