/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/pattern.h"

#include "engine/stages/app_log.h"
#include "tests/fakes/check.h"

#include <stdio.h>
#include <string.h>

static bool matches(const char *text, bool literal, const char *line)
{
    EG_CLEANUP(eg_pattern_finish) struct eg_pattern pattern = {0};
    struct eg_error err;
    bool found;

    assert_ok(eg_pattern_init(&pattern, text, literal, &err), err);
    assert_ok(eg_pattern_match(&pattern, line, &found, &err), err);
    return found;
}

static void assert_refused(const char *text, const char *sentence)
{
    EG_CLEANUP(eg_pattern_finish) struct eg_pattern pattern = {0};
    struct eg_error err;

    assert_error(eg_pattern_init(&pattern, text, false, &err), err, EG_BAD_JOB, sentence);
}

static void an_expression_is_found_anywhere_in_a_line(void **state)
{
    (void)state;
    assert_true(matches("self-test: (OK|passed)$", false, "I (30) self-test: passed"));
    assert_false(matches("self-test: (OK|passed)$", false, "I (30) self-test: passed not"));
    assert_true(matches("E [(][0-9]+[)]", false, "E (1234) wifi: no antenna"));
    assert_true(matches("^v[[:digit:]]{2,3}[]x]$", false, "v125]"));
}

static void any_byte_is_one_character(void **state)
{
    (void)state;
    assert_true(matches("FAIL.end$", false, "FAIL\377end"));
    assert_true(matches("^..$", false, "\xc3\xa9"));
    assert_true(matches("Stra\303\237+e", false, "Stra\303\237\237e"));
}

static void a_literal_text_is_no_expression(void **state)
{
    (void)state;
    assert_true(matches("[ok] 100%", true, "all [ok] 100%"));
    assert_false(matches("[ok] 100%", true, "all o 100%"));
}

static void assert_group(const struct eg_pattern *pattern, const char *line, const char *expected)
{
    struct eg_error err;
    const char *group;
    size_t size;

    assert_ok(eg_pattern_group(pattern, line, &group, &size, &err), err);
    if (expected == NULL) {
        assert_null(group);
        return;
    }
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(group, expected, size);
}

static void the_first_group_is_what_is_taken(void **state)
{
    (void)state;
    EG_CLEANUP(eg_pattern_finish) struct eg_pattern pattern = {0};
    struct eg_error err;

    assert_ok(eg_pattern_init(&pattern, "(3v3)?=([0-9]+)", false, &err), err);
    assert_int_equal(eg_pattern_groups(&pattern), 2);
    assert_group(&pattern, "ab 3v3=33", "3v3");
    assert_group(&pattern, "ab =33", NULL);
    assert_group(&pattern, "ab 3v3", NULL);
}

static void an_invalid_pattern_is_refused_with_the_cause(void **state)
{
    (void)state;
    char long_text[EG_PATTERN_MAX + 2] = "";

    assert_refused("a(b", "is \"a(b\", no regular expression: missing closing parenthesis, at byte 3");
    assert_refused("[[.a.]]", "is \"[[.a.]]\", no regular expression: POSIX collating elements are not "
                              "supported, at byte 1");
    assert_refused("", "is empty, which every line matches");
    memset(long_text, 'a', EG_PATTERN_MAX + 1);
    assert_refused(long_text, "has 501 bytes, more than 500");
}

static void what_dialects_read_differently_is_refused(void **state)
{
    static const char *const braces[] = {"a{2", "a{,3}", "{\"t\": 1}", "[a]{b}", "a{2}{x}"};
    static const char *const fine[] = {"a{2}",  "a{2,}x{0,3}",  "\\{\"t\"", "[{]",
                                       "[^]{]", "[[:alpha:]{]", "\\x{41}"};

    (void)state;
    for (size_t i = 0; i < sizeof braces / sizeof braces[0]; i++) {
        char sentence[200];

        snprintf(
            sentence, sizeof sentence,
            "is \"%s\", where { begins no repeat such as {2}, {2,} or {0,5}: write \\{ for the character",
            braces[i]);
        assert_refused(braces[i], sentence);
    }
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        matches(fine[i], false, "");
    assert_refused("\\<OK\\>",
                   "is \"\\<OK\\>\", where \\< \\> \\` \\' mean an edge in some dialects and a "
                   "character in others: write \\b, ^ or $ for an edge, and the character without \\");
}

static void a_pattern_that_takes_too_long_on_hostile_lines_is_refused(void **state)
{
    static const char *const slow[] = {
        "(a+)+b",       "([0-9]+)*x",          "(x|xx)+$",  "(.*,){10}P", "^(([a-z])+.)+[A-Z]$",
        "(\\w+\\s?)+!", "((O|K)*(O|K)*)*\\1!", "a.*a.*a.*b"};
    static const char *const fine[] = {"a.*b", "^.*E \\(.*\\).*$", "([0-9]+)\\.([0-9]+)", "0.*0.*1",
                                       "(a*)b\\1"};

    (void)state;
    for (size_t i = 0; i < sizeof slow / sizeof slow[0]; i++) {
        char sentence[256];

        snprintf(
            sentence, sizeof sentence,
            "is \"%s\", which takes more than 1000000 steps on some lines: put no repeat inside another, as "
            "in (a+)+, and fewer .* in a row",
            slow[i]);
        assert_refused(slow[i], sentence);
    }
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        matches(fine[i], false, "");
}

static void an_expression_whose_meaning_wrapping_changes_is_refused(void **state)
{
    (void)state;
    assert_refused("a(*SKIP)(*F)|b",
                   "is \"a(*SKIP)(*F)|b\", where (* is an order to the matcher: write \\( for the character");
    assert_refused("a(?R)?b", "is \"a(?R)?b\", which contains itself");
    assert_true(matches("[(*]", false, "*"));
}

static void a_text_for_the_beginning_of_a_line_is_not_found_later(void **state)
{
    (void)state;
    assert_false(matches("^PASS", false, "x PASS"));
    assert_true(matches("^FAIL|OK$", false, "all OK"));
    assert_true(matches("(?i)pass", false, "x PASS"));
    assert_true(matches("(?<=x )PASS", false, "x PASS"));
}

static void a_pattern_too_large_is_refused(void **state)
{
    (void)state;
    assert_refused(
        "((a{1,255}){1,255}){1,255}",
        "is \"((a{1,255}){1,255}){1,255}\", no regular expression: regular expression is too large, at "
        "byte 26");
}

static void a_match_that_is_given_up_is_neither_a_match_nor_none(void **state)
{
    (void)state;
    EG_CLEANUP(eg_pattern_finish) struct eg_pattern pattern = {0};
    struct eg_error err;
    bool found;

    assert_ok(eg_pattern_init(&pattern, "(ab|a|b)*\\1c", false, &err), err);
    assert_error(
        eg_pattern_match(&pattern, "ababababababababababababababababababababababababababab d", &found, &err),
        err, EG_PATTERN_LIMIT,
        "\"(ab|a|b)*\\1c\" was given up after 1000000 steps at the line "
        "\"ababababababababababababababababababababababababababab d\": write a pattern with fewer "
        "repeats, or a literal text");
    assert_false(found);
    assert_string_equal(eg_code_name(err.code), "pattern-limit");
}

static void a_long_line_is_matched_whole(void **state)
{
    static char line[EG_APP_LINE_MAX + 1];

    (void)state;
    memset(line, 'a', EG_APP_LINE_MAX);
    memcpy(line + EG_APP_LINE_MAX - 4, "PASS", 4);
    assert_true(matches("^((a|b)(c|d)?)*PASS$", false, line));
    assert_false(matches("^PASS", false, line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_expression_is_found_anywhere_in_a_line),
        cmocka_unit_test(any_byte_is_one_character),
        cmocka_unit_test(a_literal_text_is_no_expression),
        cmocka_unit_test(the_first_group_is_what_is_taken),
        cmocka_unit_test(an_invalid_pattern_is_refused_with_the_cause),
        cmocka_unit_test(what_dialects_read_differently_is_refused),
        cmocka_unit_test(a_pattern_that_takes_too_long_on_hostile_lines_is_refused),
        cmocka_unit_test(an_expression_whose_meaning_wrapping_changes_is_refused),
        cmocka_unit_test(a_text_for_the_beginning_of_a_line_is_not_found_later),
        cmocka_unit_test(a_pattern_too_large_is_refused),
        cmocka_unit_test(a_match_that_is_given_up_is_neither_a_match_nor_none),
        cmocka_unit_test(a_long_line_is_matched_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
