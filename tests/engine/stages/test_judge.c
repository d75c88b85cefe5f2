/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/judge.h"

#include "tests/fakes/check.h"

#include <string.h>

#define STEPS_MAX 4

/* Steps, and the log that they are given. */
struct bench {
    struct eg_step list[STEPS_MAX + 1];
    struct eg_pattern forbid[STEPS_MAX];
    struct eg_steps steps;
    struct eg_capture value; /* of a(...) */
    struct eg_app_log log;
    struct eg_judge judge;
    struct eg_error err;
};

static void add_step(struct bench *bench, const char *expect, const char *forbid, const char *send)
{
    struct eg_step *const step = &bench->list[bench->steps.count];

    *step = (struct eg_step){.send = send, .forbid = &bench->forbid[bench->steps.count]};
    if (expect != NULL)
        assert_ok(eg_pattern_init(&step->expect, expect, false, &bench->err), bench->err);
    if (forbid != NULL)
        assert_ok(eg_pattern_init(&step->forbid[step->forbid_count++], forbid, false, &bench->err),
                  bench->err);
    bench->steps.count++;
}

static int set_up(void **state)
{
    static struct bench bench;

    bench = (struct bench){.steps = {.list = bench.list}, .value = {.name = "a"}};
    bench.judge = (struct eg_judge){
        .steps = &bench.steps, .captures = &bench.value, .capture_count = 1, .log = &bench.log};
    assert_ok(eg_pattern_init(&bench.value.pattern, "a=([0-9]+)", false, &bench.err), bench.err);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *const bench = *state;

    for (unsigned i = 0; i < bench->steps.count; i++) {
        eg_pattern_finish(&bench->list[i].expect);
        eg_pattern_finish(&bench->forbid[i]);
    }
    eg_capture_finish(&bench->value);
    return 0;
}

static enum eg_code feed(struct bench *bench, const char *text)
{
    const size_t size = strlen(text);

    for (size_t at = 0; at < size;) {
        at += eg_app_log_feed(&bench->log, (const uint8_t *)text + at, size - at);
        if (bench->log.complete)
            EG_TRY(eg_judge_line(&bench->judge, &bench->err));
    }
    return EG_OK;
}

static void feed_well(struct bench *bench, const char *text, unsigned at)
{
    assert_ok(feed(bench, text), bench->err);
    assert_int_equal(bench->judge.at, at);
}

static void feed_ill(struct bench *bench, const char *text, const char *sentence)
{
    assert_error(feed(bench, text), bench->err, EG_TEST_FAILED, sentence);
}

/* End the time of the step. */
static void end(struct bench *bench, unsigned at)
{
    assert_ok(eg_judge_unfinished(&bench->judge, &bench->err), bench->err);
    assert_int_equal(bench->judge.at, at);
}

static void half_a_line_is_neither_a_match_nor_a_value(void **state)
{
    struct bench *const bench = *state;

    add_step(bench, "a=1$", "a=12$", NULL);
    feed_well(bench, "a=1", 0);
    feed_well(bench, "25\na=1\n", 1);
    assert_string_equal(bench->value.value, "125");
}

static void an_unfinished_line_counts_when_the_time_is_over_and_gives_no_value(void **state)
{
    struct bench *const bench = *state;

    add_step(bench, "a=[0-9]> $", NULL, NULL);
    feed_well(bench, "a=1> ", 0);
    end(bench, 1);
    assert_false(bench->value.found);
}

static void the_rest_of_a_line_is_for_the_next_step(void **state)
{
    struct bench *const bench = *state;

    add_step(bench, "^ready> $", NULL, NULL);
    add_step(bench, "^test OK$", "ready", NULL);
    feed_well(bench, "ready> ", 0);
    end(bench, 1);
    feed_well(bench, "test OK\n", 2);
}

static void a_line_that_began_in_a_step_is_checked_by_its_forbidden_texts(void **state)
{
    struct bench *const bench = *state;

    add_step(bench, "^ready", "ERROR", NULL);
    add_step(bench, "OK", NULL, NULL);
    feed_well(bench, "ready ERR", 0);
    end(bench, 1);
    feed_ill(bench, "OR OK\n", "step 2: \"ERROR\" is forbidden, and a line was \"ready ERROR OK\"");
}

static void a_line_of_the_next_step_alone_is_not(void **state)
{
    struct bench *const bench = *state;

    add_step(bench, "^ready", "ERROR", NULL);
    add_step(bench, "OK", NULL, NULL);
    feed_well(bench, "ready\nERROR\nOK\n", 2);
}

static void until_a_step_has_sent_its_text_the_step_before_forbids(void **state)
{
    struct bench *const bench = *state;

    add_step(bench, "ready", "FAIL", NULL);
    add_step(bench, "OK", "late", "go");
    feed_well(bench, "ready\nlate OK\n", 1);
    feed_ill(bench, "FAIL\n", "step 2: \"FAIL\" is forbidden, and a line was \"FAIL\"");
}

static void output_before_a_text_was_sent_is_not_its_answer(void **state)
{
    struct bench *const bench = *state;

    add_step(bench, "ready", NULL, NULL);
    add_step(bench, "OK", NULL, "go");
    feed_well(bench, "ready\nOK", 1);
    eg_judge_begin(&bench->judge);
    feed_well(bench, "\n", 1);
    feed_well(bench, "OK\n", 2);
}

static void after_the_last_step_what_any_step_forbids_is_forbidden(void **state)
{
    struct bench *const bench = *state;

    add_step(bench, "one", "first", NULL);
    add_step(bench, "two", "second", NULL);
    feed_well(bench, "one\ntwo\n", 2);
    assert_true(eg_judge_settles(&bench->judge));
    feed_ill(bench, "first\n", "after the last step: \"first\" is forbidden, and a line was \"first\"");
    feed_ill(bench, "second\n", "after the last step: \"second\" is forbidden, and a line was \"second\"");
    feed_ill(bench, "abort() was called at PC 0x40\n",
             "after the last step: the application crashed: \"abort() was called at PC 0x40\"");
}

static void a_line_without_an_end_at_the_last_is_looked_at(void **state)
{
    struct bench *const bench = *state;

    add_step(bench, "one", "FAIL", NULL);
    feed_well(bench, "one\nFAIL", 1);
    assert_error(eg_judge_unfinished(&bench->judge, &bench->err), bench->err, EG_TEST_FAILED,
                 "after the last step: \"FAIL\" is forbidden, and a line was \"FAIL\"");
}

static void a_crash_together_with_the_expected_text_is_a_crash(void **state)
{
    struct bench *const bench = *state;

    add_step(bench, "OK", NULL, NULL);
    feed_ill(bench, "OKGuru Meditation Error: Core  0\n",
             "the application crashed: \"OKGuru Meditation Error: Core  0\"");
    feed_ill(bench, "Guru Meditation Error OK\n", "the application crashed: \"Guru Meditation Error OK\"");
}

static void a_crash_that_cuts_a_colour_is_a_crash(void **state)
{
    struct bench *const bench = *state;

    add_step(bench, "OK", NULL, NULL);
    feed_ill(bench, "\033[0;3Guru Meditation Error: Core  0\n",
             "the application crashed: \"uru Meditation Error: Core  0\"");
}

static void a_crash_astride_two_steps_is_a_crash(void **state)
{
    struct bench *const bench = *state;

    add_step(bench, "Guru", NULL, NULL);
    add_step(bench, "OK", NULL, NULL);
    feed_well(bench, "Guru Medi", 0);
    end(bench, 1);
    feed_ill(bench, "tation Error\n", "step 2: the application crashed: \"Guru Meditation Error\"");
}

static void an_expected_crash_may_say_more_until_the_board_restarts(void **state)
{
    struct bench *const bench = *state;

    add_step(bench, "assert failed: on_purpose", NULL, NULL);
    add_step(bench, "boot OK", NULL, NULL);
    feed_well(bench, "assert failed: on_purpose\nabort() was called at PC 0x4\nrst:0xc\n", 1);
    feed_well(bench, "boot OK\n", 2);
    feed_ill(bench, "abort() was called at PC 0x4\n",
             "after the last step: the application crashed: \"abort() was called at PC 0x4\"");
}

static void a_line_too_long_to_be_judged_fails(void **state)
{
    struct bench *const bench = *state;
    static char line[EG_APP_LINE_MAX + 3];

    memset(line, 'x', EG_APP_LINE_MAX + 1);
    memcpy(line + EG_APP_LINE_MAX - 5, "OK", 2);
    line[EG_APP_LINE_MAX + 1] = '\n';
    add_step(bench, "OK", NULL, NULL);
    feed_ill(
        bench, line,
        "a line of the log has more than 16384 bytes, so it cannot be judged: "
        "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxx"
        "xxxxxxxxxxxxxxxx...\"");
    memmove(line, line + 1, EG_APP_LINE_MAX + 2);
    feed_well(bench, line, 1);
}

static void a_line_too_long_without_an_end_fails_when_the_time_is_over(void **state)
{
    struct bench *const bench = *state;
    static char line[EG_APP_LINE_MAX + 2];

    memset(line, 'x', EG_APP_LINE_MAX + 1);
    add_step(bench, "x", NULL, NULL);
    feed_well(bench, line, 0);
    assert_int_equal(eg_judge_unfinished(&bench->judge, &bench->err), EG_TEST_FAILED);
    assert_non_null(
        strstr(bench->err.text, "a line of the log has more than 16384 bytes, so it cannot be judged"));
}

static void a_crash_astride_any_number_of_reads_is_found(void **state)
{
    struct bench *const bench = *state;
    static char line[4096 + 100];

    memset(line, 'x', sizeof line - 1);
    memcpy(line + 4090, "Guru Meditation Error\n", 22);
    add_step(bench, "OK", NULL, NULL);
    line[4112] = '\0';
    assert_int_equal(feed(bench, line), EG_TEST_FAILED);
    assert_non_null(strstr(bench->err.text, "the application crashed: \"xxx"));
}

static void a_pattern_that_is_given_up_fails_whatever_it_is_for(void **state)
{
    static const char slow[] = "(ab|a|b)*\\1c",
                      line[] = "ababababababababababababababababababababababababababab d\n";
    struct bench *const bench = *state;

    add_step(bench, "d$", slow, NULL);
    assert_int_equal(feed(bench, line), EG_PATTERN_LIMIT);
    assert_non_null(strstr(bench->err.text, "forbid \"(ab|a|b)*\\1c\" was given up after 1000000 steps"));
    bench->list[0].forbid_count = 0;
    feed_well(bench, line, 1);
    bench->list[0].forbid_count = 1;
    assert_int_equal(feed(bench, line), EG_PATTERN_LIMIT);
    assert_non_null(strstr(bench->err.text, "after the last step: forbid \"(ab"));
}

static void no_byte_of_a_log_hides_what_is_forbidden(void **state)
{
    struct bench *const bench = *state;

    add_step(bench, "OK", "FA.*IL", NULL);
    assert_ok(feed(bench, "\xff\xfb\x01\x9b"
                          "31m\xc3(\n"),
              bench->err);
    assert_int_equal(feed(bench, "\xff"
                                 "FA\xff\xc2\x9b"
                                 "IL OK\n"),
                     EG_TEST_FAILED);
    assert_string_equal(bench->err.text, "\"FA.*IL\" is forbidden, and a line was \"?FA??IL OK\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(half_a_line_is_neither_a_match_nor_a_value),
        TEST(an_unfinished_line_counts_when_the_time_is_over_and_gives_no_value),
        TEST(the_rest_of_a_line_is_for_the_next_step),
        TEST(a_line_that_began_in_a_step_is_checked_by_its_forbidden_texts),
        TEST(a_line_of_the_next_step_alone_is_not),
        TEST(until_a_step_has_sent_its_text_the_step_before_forbids),
        TEST(output_before_a_text_was_sent_is_not_its_answer),
        TEST(after_the_last_step_what_any_step_forbids_is_forbidden),
        TEST(a_line_without_an_end_at_the_last_is_looked_at),
        TEST(a_crash_together_with_the_expected_text_is_a_crash),
        TEST(a_crash_that_cuts_a_colour_is_a_crash),
        TEST(a_crash_astride_two_steps_is_a_crash),
        TEST(an_expected_crash_may_say_more_until_the_board_restarts),
        TEST(a_line_too_long_to_be_judged_fails),
        TEST(a_line_too_long_without_an_end_fails_when_the_time_is_over),
        TEST(a_crash_astride_any_number_of_reads_is_found),
        TEST(a_pattern_that_is_given_up_fails_whatever_it_is_for),
        TEST(no_byte_of_a_log_hides_what_is_forbidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
