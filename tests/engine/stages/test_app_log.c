/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/app_log.h"

#include "tests/fakes/check.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

static int make(void **state)
{
    return (*state = calloc(1, sizeof(struct eg_app_log))) == NULL;
}

static int destroy(void **state)
{
    eg_app_log_finish(*state);
    free(*state);
    return 0;
}

/* Feed the text in pieces of `step` bytes; return the complete lines, joined by '|'. */
static void feed(struct eg_app_log *log, const char *data, size_t size, size_t step, char lines[256])
{
    lines[0] = '\0';
    for (size_t at = 0; at < size;) {
        const size_t piece = size - at < step ? size - at : step;
        at += eg_app_log_feed(log, (const uint8_t *)data + at, piece);
        if (log->complete)
            strcat(strcat(lines, log->line), "|");
    }
}

static void assert_lines(struct eg_app_log *log, const char *data, size_t size, const char *expected)
{
    char lines[256];

    for (size_t step = 1; step <= size; step++) {
        feed(log, data, size, step, lines);
        assert_string_equal(lines, expected);
        log->complete = true; /* forget a partial one */
        log->state = EG_APP_TEXT;
    }
}

#define LINES(log, text, expected) assert_lines(log, text, sizeof(text) - 1, expected)

static void lines_end_with_cr_lf_or_both_however_they_are_cut(void **state)
{
    LINES(*state, "one\r\ntwo\nthree\rfour\n\r\n\rfive", "one|two|three|four|");
    assert_string_equal(((struct eg_app_log *)*state)->line, "five");
}

static void colours_are_taken_out(void **state)
{
    LINES(*state, "\033[0;32mI (24) boot\033[0m\n\033[1;31;40mE\033[K (1)\033[0m x\n\033Mup\n",
          "I (24) boot|E (1) x|up|");
}

static void a_broken_escape_does_not_eat_the_next_line(void **state)
{
    LINES(*state, "a\033\nb\033[12\nc\n", "a|b|c|");
}

static void zeros_and_bytes_that_are_no_text_are_survived(void **state)
{
    LINES(*state, "a\0b\xff\x80\n\0\nc\n", "ab\xff\x80|c|");
}

static void a_long_line_is_whole_and_a_longer_one_is_told(void **state)
{
    struct eg_app_log *const log = *state;
    static uint8_t data[EG_APP_LINE_MAX + 1];

    memset(data, 'x', sizeof data);
    assert_int_equal(eg_app_log_feed(log, data, EG_APP_LINE_MAX), EG_APP_LINE_MAX);
    assert_int_equal(eg_app_log_feed(log, (const uint8_t *)"\n", 1), 1);
    assert_true(log->complete);
    assert_false(log->too_long);
    assert_int_equal(strlen(log->line), EG_APP_LINE_MAX);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(eg_app_log_feed(log, data, sizeof data), sizeof data);
    assert_false(log->complete);
    assert_true(log->too_long);
    assert_int_equal(eg_app_log_feed(log, (const uint8_t *)"\nab", 3), 1);
    assert_true(log->complete);
    assert_int_equal(strlen(log->line), EG_APP_LINE_MAX);
    assert_int_equal(eg_app_log_feed(log, (const uint8_t *)"ab\n", 3), 3);
    assert_string_equal(log->line, "ab");
    assert_false(log->too_long);
}

static void the_log_is_kept_as_it_came_and_compressed(void **state)
{
    struct eg_app_log *const log = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer zstd = {0};
    static const char text[] = "\033[0;32mI (24)\033[0m\r\n\0\xff";
    struct eg_error err;
    char back[100];

    assert_ok(eg_app_log_compress(log, &zstd, &err), err);
    assert_int_equal(zstd.size, 0);
    assert_ok(eg_app_log_keep(log, (const uint8_t *)text, 5, &err), err);
    assert_ok(eg_app_log_keep(log, (const uint8_t *)text + 5, sizeof text - 5, &err), err);
    assert_ok(eg_app_log_compress(log, &zstd, &err), err);
    assert_int_equal(ZSTD_getFrameContentSize(zstd.data, zstd.size), sizeof text);
    assert_int_equal(ZSTD_decompress(back, sizeof back, zstd.data, zstd.size), sizeof text);
    assert_memory_equal(back, text, sizeof text);
}

static void of_a_log_without_end_its_beginning_and_its_end_are_kept(void **state)
{
    struct eg_app_log *const log = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer zstd = {0};
    static const char seam[] = "\r\n[espgang: 7340034 bytes are not kept]\r\n";
    const size_t half = EG_APP_LOG_MAX / 2, seam_size = sizeof seam - 1;
    static char back[EG_APP_LOG_MAX + sizeof seam], data[EG_APP_LOG_MAX];
    struct eg_error err;

    for (unsigned i = 0; i < 8; i++) {
        memset(data, 'a' + (int)i, sizeof data);
        assert_ok(eg_app_log_keep(log, (const uint8_t *)data, sizeof data, &err), err);
    }
    assert_ok(eg_app_log_keep(log, (const uint8_t *)"\r\n", 2, &err), err);
    assert_int_equal(log->kept.size, EG_APP_LOG_MAX);
    assert_int_equal(eg_app_log_dropped(log), 7340034);
    assert_ok(eg_app_log_compress(log, &zstd, &err), err);
    assert_int_equal(ZSTD_decompress(back, sizeof back, zstd.data, zstd.size), EG_APP_LOG_MAX + seam_size);
    assert_memory_equal(back + half, seam, seam_size);
    for (size_t i = 0; i < half; i++)
        assert_int_equal(back[i], 'a');
    for (size_t i = half + seam_size; i < EG_APP_LOG_MAX + seam_size - 2; i++)
        assert_int_equal(back[i], 'h');
    assert_memory_equal(back + EG_APP_LOG_MAX + seam_size - 2, "\r\n", 2);
}

static void a_wrong_rate_is_told_from_text(void **state)
{
    struct eg_app_log *const log = *state;
    struct eg_error err;

    assert_false(eg_app_log_is_noise(log));
    assert_ok(
        eg_app_log_keep(log, (const uint8_t *)"Temp \xc2\xb0 \xe6\xb8\xa9\xe5\xba\xa6\r\n\xff", 16, &err),
        err);
    assert_false(eg_app_log_is_noise(log));
    for (unsigned i = 0; i < 10; i++)
        assert_ok(eg_app_log_keep(log, (const uint8_t *)"\xf8\x80\0", 3, &err), err);
    assert_true(eg_app_log_is_noise(log));
}

static void a_quote_can_be_printed_and_is_short(void **state)
{
    char quote[EG_APP_QUOTE_MAX], long_line[300];

    (void)state;
    eg_app_quote(quote, "a\tb\xff\xc2\x9b 23 \xc2\xb0", 12);
    assert_string_equal(quote, "a?b?? 23 \xc2\xb0");
    memset(long_line, 'x', sizeof long_line);
    eg_app_quote(quote, long_line, sizeof long_line);
    assert_int_equal(strlen(quote), EG_APP_QUOTE_MAX - 1);
    assert_string_equal(quote + EG_APP_QUOTE_MAX - 5, "x...");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_end_with_cr_lf_or_both_however_they_are_cut),
        TEST(colours_are_taken_out),
        TEST(a_broken_escape_does_not_eat_the_next_line),
        TEST(zeros_and_bytes_that_are_no_text_are_survived),
        TEST(a_long_line_is_whole_and_a_longer_one_is_told),
        TEST(the_log_is_kept_as_it_came_and_compressed),
        TEST(of_a_log_without_end_its_beginning_and_its_end_are_kept),
        TEST(a_wrong_rate_is_told_from_text),
        TEST(a_quote_can_be_printed_and_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
