/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/pattern.h"

#include "tests/fakes/check.h"

#include <string.h>

static bool matches(const char *text, bool literal, const char *line)
{
    EG_CLEANUP(eg_pattern_finish) struct eg_pattern pattern = {0};
    struct eg_error err;

    assert_ok(eg_pattern_init(&pattern, text, literal, &err), err);
    return eg_pattern_matches(&pattern, line);
}

static void an_expression_is_found_anywhere_in_a_line(void **state)
{
    (void)state;
    assert_true(matches("self-test: (OK|passed)$", false, "I (30) self-test: passed"));
    assert_false(matches("self-test: (OK|passed)$", false, "I (30) self-test: passed not"));
    assert_true(matches("E [(][0-9]+[)]", false, "E (1234) wifi: no antenna"));
}

static void a_literal_text_is_no_expression(void **state)
{
    (void)state;
    assert_true(matches("[ok] 100%", true, "all [ok] 100%"));
    assert_false(matches("[ok] 100%", true, "all o 100%"));
}

static void the_first_group_is_what_is_taken(void **state)
{
    (void)state;
    EG_CLEANUP(eg_pattern_finish) struct eg_pattern pattern = {0};
    struct eg_error err;
    size_t size;

    assert_ok(eg_pattern_init(&pattern, "(3v3)?=([0-9]+)", false, &err), err);
    assert_int_equal(eg_pattern_groups(&pattern), 2);
    const char *const group = eg_pattern_group(&pattern, "ab 3v3=33", &size);
    assert_int_equal(size, 3);
    assert_memory_equal(group, "3v3", 3);
    assert_null(eg_pattern_group(&pattern, "ab =33", &size));
    assert_null(eg_pattern_group(&pattern, "ab 3v3", &size));
}

static void what_is_no_pattern_is_refused_with_its_cause(void **state)
{
    (void)state;
    EG_CLEANUP(eg_pattern_finish) struct eg_pattern pattern = {0};
    struct eg_error err;
    char long_text[EG_PATTERN_MAX + 2] = "";

    assert_error(eg_pattern_init(&pattern, "a(b", false, &err), err, EG_BAD_JOB,
                 "is \"a(b\", no POSIX extended regular expression: Unmatched ( or \\(");
    assert_error(eg_pattern_init(&pattern, "", true, &err), err, EG_BAD_JOB,
                 "is empty, which every line matches");
    memset(long_text, 'a', EG_PATTERN_MAX + 1);
    assert_error(eg_pattern_init(&pattern, long_text, false, &err), err, EG_BAD_JOB,
                 "has 501 bytes, more than 500");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_expression_is_found_anywhere_in_a_line),
        cmocka_unit_test(a_literal_text_is_no_expression),
        cmocka_unit_test(the_first_group_is_what_is_taken),
        cmocka_unit_test(what_is_no_pattern_is_refused_with_its_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
