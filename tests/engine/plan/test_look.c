/* SPDX-License-Identifier: Apache-2.0 */

/* What a job says of its reports. */

#include "engine/plan/look.h"
#include "tests/fakes/check.h"

#include <string.h>

static struct eg_buffer of(const char *bytes, size_t size)
{
    return (struct eg_buffer){(uint8_t *)(uintptr_t)bytes, size, 0};
}

static void kinds_are_told_by_their_first_bytes(void **state)
{
    static const struct {
        const char *bytes, *kind;
    } rows[] = {
        {"\x89PNG\r\n\x1a\n....", "png"},
        {"\xff\xd8\xff\xe0....", "jpeg"},
        {"<svg xmlns='http://www.w3.org/2000/svg'/>", "svg+xml"},
        {"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- on the line = drawn -->\n<svg font-family='x' "
         "onion-='no'/>",
         "svg+xml"},
    };
    struct eg_error err;
    const char *kind;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct eg_buffer logo = of(rows[i].bytes, strlen(rows[i].bytes));
        assert_ok(eg_look_logo(&kind, &logo, &err), err);
        assert_string_equal(kind, rows[i].kind);
    }
}

static void what_is_no_picture_or_more_than_one_is_refused(void **state)
{
    static const struct {
        const char *bytes, *sentence;
    } rows[] = {
        {"", "is no PNG, JPEG or SVG file"},
        {"GIF89a", "is no PNG, JPEG or SVG file"},
        {"<html></html>", "is no PNG, JPEG or SVG file"},
        {"<svg><SCRIPT>x</SCRIPT></svg>", "is an SVG file with a script; export it as a plain one"},
        {"<svg><s:script>x</s:script></svg>", "is an SVG file with a script; export it as a plain one"},
        {"<svg><a href='JavaScript:x'/></svg>", "is an SVG file with a script; export it as a plain one"},
        {"<svg><foreignObject/></svg>", "is an SVG file with a foreign object; export it as a plain one"},
        {"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>",
         "is an SVG file with an entity of its own; export it as a plain one"},
        {"<svg onload='x'/>", "is an SVG file with a handler of events (on...=); export it as a plain one"},
        {"<svg><g id='a'onclick\n=\"x\"/></svg>",
         "is an SVG file with a handler of events (on...=); export it as a plain one"},
    };
    struct eg_error err;
    const char *kind;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct eg_buffer logo = of(rows[i].bytes, strlen(rows[i].bytes));
        assert_error(eg_look_logo(&kind, &logo, &err), err, EG_BAD_ARGUMENT, rows[i].sentence);
    }
}

static void a_large_logo_is_refused_with_its_size(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer logo = {0};
    struct eg_error err;
    const char *kind;

    assert_ok(eg_buffer_append(&logo, "\x89PNG\r\n\x1a\n", 8, &err), err);
    assert_ok(eg_buffer_resize(&logo, EG_LOOK_LOGO_MAX, 0, &err), err);
    assert_ok(eg_look_logo(&kind, &logo, &err), err);
    assert_ok(eg_buffer_resize(&logo, EG_LOOK_LOGO_MAX + 1, 0, &err), err);
    assert_error(eg_look_logo(&kind, &logo, &err), err, EG_BAD_ARGUMENT,
                 "has 257 KiB; a logo has up to 256 KiB");
}

static void a_target_is_a_yield_in_percent(void **state)
{
    static const struct {
        const char *text;
        double percent; /* 0 = refused */
    } rows[] = {{"98.5", 98.5}, {"100", 100}, {"0.1", 0.1}, {"", 0},    {"0", 0},  {"100.1", 0},
                {"-5", 0},      {"inf", 0},   {"98%", 0},   {"1e1", 0}, {" 9", 0}, {"9.9.9", 0}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double percent = -1;
        assert_int_equal(eg_look_target(&percent, rows[i].text), rows[i].percent > 0);
        assert_true(rows[i].percent <= 0 || percent == rows[i].percent);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_is_a_yield_in_percent),
        cmocka_unit_test(kinds_are_told_by_their_first_bytes),
        cmocka_unit_test(what_is_no_picture_or_more_than_one_is_refused),
        cmocka_unit_test(a_large_logo_is_refused_with_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
