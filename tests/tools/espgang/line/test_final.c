/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/final.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_view.h"

#include <stdlib.h>
#include <string.h>

static char *text;
static size_t size;

static void print(struct fake_view *fake, struct cli_shows shows, bool failures)
{
    FILE *const out = open_memstream(&text, &size);

    assert_non_null(out);
    (failures ? cli_final_failures : cli_final_slots)(out, &fake->view, shows);
    fclose(out);
}

static void what_did_not_pass_is_first_and_its_sentence_is_whole_in_any_window(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 4, 24, 80);
    fake_view_run(&fake, 0, EG_PASS, EG_OK, "");
    fake_view_run(&fake, 1, EG_ERROR, EG_PORT_GONE, "write: app: the port is gone");
    fake_view_run(&fake, 2, EG_FAIL, EG_VERIFY_MISMATCH,
                  "verify: app: the flash holds other data from 0x000bd40c on, in each of three attempts");
    print(&fake, (struct cli_shows){80, true, false}, false);
    assert_string_equal(text, "SLOT  RESULT   MAC                    TIME  CAUSE\n"
                              "A3    ✗ FAIL   02:7a:1c:41:0a:03    10.2 s  verify-mismatch\n"
                              "     verify: app: the flash holds other data from 0x000bd40c on, in each of\n"
                              "     three attempts\n"
                              "A2    ! AGAIN  02:7a:1c:41:0a:02    10.2 s  port-gone\n"
                              "     write: app: the port is gone\n"
                              "A1    ✓ PASS   02:7a:1c:41:0a:01    10.2 s\n");
    free(text);
    print(&fake, (struct cli_shows){40, false, false}, false);
    assert_string_equal(text, "SLOT  RESULT       TIME\n"
                              "A3    X FAIL     10.2 s  verify-mismatch\n"
                              "     verify: app: the flash holds other\n"
                              "     data from 0x000bd40c on, in each of\n"
                              "     three attempts\n"
                              "A2    ! AGAIN    10.2 s  port-gone\n"
                              "     write: app: the port is gone\n"
                              "1 passed: A1\n");
    free(text);
    fake_view_end(&fake);
}

static void a_sentence_is_wrapped_between_characters_where_a_word_is_too_long(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 1, 24, 80);
    fake_view_run(&fake, 0, EG_FAIL, EG_STUCK_BITS,
                  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 "
                  "a b");
    print(&fake, (struct cli_shows){10, true, false}, false);
    assert_non_null(
        strstr(text, "\n    \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\n    \xc3\xa9\xc3\xa9 a b\n"));
    free(text);
    fake_view_end(&fake);
}

static void colours_are_those_of_results_alone(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 1, 24, 80);
    fake_view_run(&fake, 0, EG_PASS, EG_OK, "");
    print(&fake, (struct cli_shows){80, true, true}, false);
    assert_non_null(strstr(text, "A1   \033[30;42m ✓ PASS  \033[0m 02:7a"));
    free(text);
    fake_view_end(&fake);
}

static void a_line_ends_with_its_last_failures(void **state)
{
    struct fake_view fake;
    (void)state;

    fake_view_begin(&fake, 2, 24, 80);
    print(&fake, (struct cli_shows){80, true, false}, true);
    assert_string_equal(text, "");
    free(text);
    for (unsigned i = 0; i < 12; i++)
        fake_view_run(&fake, 0, EG_FAIL, EG_STUCK_BITS, "\033[2Ja bit");
    print(&fake, (struct cli_shows){80, true, false}, true);
    assert_int_equal(strncmp(text, "Last not passed\nA1 ", 19), 0);
    assert_null(strchr(text, '\033'));
    unsigned lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    assert_int_equal(lines, 11);
    free(text);
    fake_view_end(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_did_not_pass_is_first_and_its_sentence_is_whole_in_any_window),
        cmocka_unit_test(a_sentence_is_wrapped_between_characters_where_a_word_is_too_long),
        cmocka_unit_test(colours_are_those_of_results_alone),
        cmocka_unit_test(a_line_ends_with_its_last_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
