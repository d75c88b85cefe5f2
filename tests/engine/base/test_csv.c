/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/csv.h"

#include "tests/fakes/check.h"

#include <stdlib.h>

static void assert_written(const char *text, const char *expected)
{
    char *written = NULL;
    size_t size;
    FILE *const out = open_memstream(&written, &size);

    assert_non_null(out);
    eg_csv_put(out, text);
    fclose(out);
    assert_string_equal(written, expected);
    free(written);
}

static void a_field_is_quoted_where_it_must_be(void **state)
{
    (void)state;
    assert_written("", "");
    assert_written("a b", "a b");
    assert_written("a,b", "\"a,b\"");
    assert_written("say \"no\"", "\"say \"\"no\"\"\"");
    assert_written("a\nb", "\"a\nb\"");
}

static void a_formula_gets_an_apostrophe(void **state)
{
    static const char *const texts[] = {"=1",    "@SUM(A1)", "+1+2", "-1-2",  "-",
                                        "+",     "-.",       "\tx",  "-A1",   "+cmd|' /C calc'!A0",
                                        "-1 A1", "+1e+",     "=",    "-1 (2)"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char expected[80];
        snprintf(expected, sizeof expected, "'%s", texts[i]);
        assert_written(texts[i], expected);
    }
    assert_written("\r=x", "\"'\r=x\"");
    assert_written("=a,b", "\"'=a,b\"");
}

static void a_number_is_no_formula(void **state)
{
    static const char *const texts[] = {"-1",    "+3.30",     "-61 dBm", "-61dBm", "+1.5e3",
                                        "-1E-3", "-2.5e+3 V", "-5%",     "7",      "a=b"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_written(texts[i], texts[i]);
}

static void control_sequences_that_move_the_cursor_are_not_written(void **state)
{
    (void)state;
    assert_written("\x1b[2J\x01\x7f", "\xef\xbf\xbd[2J\xef\xbf\xbd\xef\xbf\xbd");
    assert_written("\xc2\x9b"
                   "2J",
                   "\xef\xbf\xbd"
                   "2J"); /* C1 */
    assert_written("\xffü", "\xef\xbf\xbdü");
    assert_written("a\tb", "a\tb");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_is_quoted_where_it_must_be),
        cmocka_unit_test(a_formula_gets_an_apostrophe),
        cmocka_unit_test(a_number_is_no_formula),
        cmocka_unit_test(control_sequences_that_move_the_cursor_are_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
