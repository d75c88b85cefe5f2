/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/plan/template.h"

#include "tests/fakes/check.h"

#include <stdlib.h>
#include <string.h>

static struct eg_name board[] = {
    {.name = "serial", .value = "Acme-17"},
    {.name = "mac", .value = "24:0a:c4:00:10:ff"},
    {.name = "number", .value = "4096"},
    {.name = "largest", .value = "18446744073709551615"},
    {.name = "too_large", .value = "18446744073709551616"},
    {.name = "empty", .value = ""},
    {.name = "key", .value = "hunter2", .secret = true},
    {.name = "", .value = "17"},
};
static const struct eg_names names = {board, sizeof board / sizeof board[0]};

static void assert_comes_to(const char *template, const char *expected)
{
    EG_CLEANUP(eg_free_cleanup) char *text = NULL;
    struct eg_error err;

    assert_ok(eg_template_check(template, &err), err);
    assert_ok(eg_template_text(&text, NULL, template, &names, &err), err);
    assert_string_equal(text, expected);
}

static void names_are_replaced_by_values(void **state)
{
    (void)state;
    assert_comes_to("", "");
    assert_comes_to("no name", "no name");
    assert_comes_to("{serial}", "Acme-17");
    assert_comes_to("a{serial}b{empty}{mac}", "aAcme-17b24:0a:c4:00:10:ff");
    assert_comes_to("ACME-{:06d}", "ACME-000017");
    assert_comes_to("{}", "17");
}

static void formats_change_how_a_value_is_written(void **state)
{
    (void)state;
    assert_comes_to("{number:d} {number:6d} {number:06d} {number:3d}", "4096   4096 004096 4096");
    assert_comes_to("{number:x} {number:06x} {:02X}", "1000 001000 11");
    assert_comes_to("{largest:x} {largest:X} {largest:d}",
                    "ffffffffffffffff FFFFFFFFFFFFFFFF 18446744073709551615");
    assert_comes_to("{serial:upper} {serial:lower}", "ACME-17 acme-17");
    assert_comes_to("{mac:plain} {mac:upper}", "240ac40010ff 24:0A:C4:00:10:FF");
    assert_comes_to("{number:064d}", "0000000000000000000000000000000000000000000000000000000000004096");
}

static void two_braces_are_one(void **state)
{
    (void)state;
    assert_comes_to("{{{serial}}}", "{Acme-17}");
    assert_comes_to("{{serial}}", "{serial}");
    assert_comes_to("}}{{", "}{");
}

static void assert_malformed(const char *template, const char *sentence)
{
    struct eg_error err;

    assert_error(eg_template_check(template, &err), err, EG_BAD_JOB, sentence);
}

static void a_template_that_is_none_is_refused(void **state)
{
    (void)state;
    assert_malformed("{serial", "has a \"{\" without a \"}\"; the character itself is \"{{\"");
    assert_malformed("a {b {serial}", "has a \"{\" without a \"}\"; the character itself is \"{{\"");
    assert_malformed("serial}", "has a \"}\" without a \"{\"; the character itself is \"}}\"");
    assert_malformed("{serial:o}",
                     "has {serial:o}, whose format is none of d, 06d, 04x, 04X, upper, lower, plain");
    assert_malformed("{serial:}",
                     "has {serial:}, whose format is none of d, 06d, 04x, 04X, upper, lower, plain");
    assert_malformed("{serial:4upper}",
                     "has {serial:4upper}, whose format is none of d, 06d, 04x, 04X, upper, lower, plain");
    assert_malformed("{serial:065d}",
                     "has {serial:065d}, whose format is none of d, 06d, 04x, 04X, upper, lower, plain");
    assert_malformed("{serial:99999999999999999999d}", "has {serial:99999999999999999999d}, whose format is "
                                                       "none of d, 06d, 04x, 04X, upper, lower, plain");
}

static void assert_fails(const char *template, const char *sentence)
{
    const struct eg_template of = eg_template_of(template);
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer out = {0};
    struct eg_error err;

    assert_error(eg_template_expand(&out, NULL, &of, &names, &err), err, EG_BAD_UNIT_DATA, sentence);
}

static void a_missing_name_is_answered_with_the_existing_ones(void **state)
{
    (void)state;
    const struct eg_template template = eg_template_of("{serail}");
    struct eg_error err;

    assert_fails("{serail}",
                 "has {serail}, which is none of serial, mac, number, largest, too_large, empty, key");
    assert_error(eg_template_check_names(&template, &names, &err), err, EG_BAD_UNIT_DATA,
                 "has {serail}, which is none of serial, mac, number, largest, too_large, empty, key");
}

static void a_number_that_is_none_is_not_shown(void **state)
{
    (void)state;
    assert_fails("{serial:06d}", "has {serial:06d}, but serial is no whole number");
    assert_fails("{key:x}", "has {key:x}, but key is no whole number");
    assert_fails("{empty:d}", "has {empty:d}, but empty is no whole number");
    assert_fails("{too_large:d}", "has {too_large:d}, but too_large is no whole number");
}

static void values_made_from_a_secret_are_secret(void **state)
{
    (void)state;
    EG_CLEANUP(eg_free_cleanup) char *plain = NULL;
    EG_CLEANUP(eg_free_cleanup) char *text = NULL;
    struct eg_error err;
    bool secret = false;

    assert_ok(eg_template_text(&plain, &secret, "{serial}", &names, &err), err);
    assert_false(secret);
    assert_ok(eg_template_text(&text, &secret, "{serial}{key}", &names, &err), err);
    assert_true(secret);
    assert_string_equal(text, "Acme-17hunter2");
}

static void in_a_file_only_words_in_braces_are_names(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":{\"b\":\"{serial}\"}} {} { serial } {{mac}} {\n{number:06x}";
    const struct eg_template template = {EG_TEMPLATE_FILE, text, sizeof text}; /* with a NUL */
    static const char wrong[] = "{serail}";
    const struct eg_template unknown = {EG_TEMPLATE_FILE, wrong, sizeof wrong - 1};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer out = {0};
    struct eg_error err;

    assert_ok(eg_template_expand(&out, NULL, &template, &names, &err), err);
    assert_string_equal((char *)out.data,
                        "{\"a\":{\"b\":\"Acme-17\"}} {} { serial } {24:0a:c4:00:10:ff} {\n001000");
    assert_int_equal(out.size, strlen((char *)out.data) + 1);
    assert_error(eg_template_check_names(&unknown, &names, &err), err, EG_BAD_UNIT_DATA,
                 "has {serail}, which is none of serial, mac, number, largest, too_large, empty, key");
}

static void a_value_is_utf8_without_control_characters(void **state)
{
    (void)state;
    struct eg_error err;

    assert_ok(eg_given_text_check("gr\xc3\xbcn, \"{\", \\", &err), err);
    assert_error(eg_given_text_check("a\nb", &err), err, EG_BAD_UNIT_DATA, "has the control character 0x0a");
    assert_error(eg_given_text_check("a\x7f", &err), err, EG_BAD_UNIT_DATA, "has the control character 0x7f");
    assert_error(eg_given_text_check("a\xff", &err), err, EG_BAD_UNIT_DATA, "is not UTF-8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_replaced_by_values),
        cmocka_unit_test(formats_change_how_a_value_is_written),
        cmocka_unit_test(two_braces_are_one),
        cmocka_unit_test(a_template_that_is_none_is_refused),
        cmocka_unit_test(a_missing_name_is_answered_with_the_existing_ones),
        cmocka_unit_test(a_number_that_is_none_is_not_shown),
        cmocka_unit_test(values_made_from_a_secret_are_secret),
        cmocka_unit_test(in_a_file_only_words_in_braces_are_names),
        cmocka_unit_test(a_value_is_utf8_without_control_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
