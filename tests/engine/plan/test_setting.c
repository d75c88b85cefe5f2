/* SPDX-License-Identifier: Apache-2.0 */

/* Values of options: which texts are accepted, and the messages for others. */

#include "engine/plan/setting.h"

#include "tests/fakes/check.h"

#include <stdlib.h>
#include <string.h>

static void numbers_are_read_as_people_write_them(void **state)
{
    (void)state;
    const struct {
        const char *text;
        uint64_t number;
    } good[] = {
        {"0", 0},         {"4096", 4096},
        {"0x1000", 4096}, {"0XabCD", 0xabcd},
        {"010", 10},      {"64k", 65536},
        {"64K", 65536},   {"64KB", 65536},
        {"1KiB", 1024},   {"4MB", 4u << 20},
        {"4M", 4u << 20}, {"4mib", 4u << 20},
        {"0x10k", 16384}, {"18446744073709551615", UINT64_MAX},
    };
    const char *const bad[] = {"",
                               "0x",
                               "k",
                               "-1",
                               "+1",
                               " 1",
                               "1 ",
                               "1.5",
                               "1_000",
                               "4GB",
                               "0xg",
                               "ten",
                               "18446744073709551616",
                               "0x10000000000000000",
                               "18446744073709551615k"};
    uint64_t number;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        number = 77;
        print_message("%s\n", good[i].text);
        assert_true(eg_number_parse(good[i].text, &number));
        assert_int_equal(number, good[i].number);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        print_message("\"%s\"\n", bad[i]);
        assert_false(eg_number_parse(bad[i], &number));
    }
}

static void times_have_a_unit(void **state)
{
    (void)state;
    const struct {
        const char *text;
        uint64_t ms;
    } good[] = {{"0ms", 0}, {"500ms", 500}, {"10s", 10000}, {"2min", 120000}, {"1h", 3600000}};
    const char *const bad[] = {"", "10", "s", "1.5s", "10 s", "-1s", "1d", "10S", "18446744073709551615s"};
    uint64_t ms;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ms = 77;
        assert_true(eg_duration_parse(good[i].text, &ms));
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        print_message("\"%s\"\n", bad[i]);
        assert_false(eg_duration_parse(bad[i], &ms));
    }
}

static void a_list_takes_one_number_or_many(void **state)
{
    (void)state;
    const struct eg_option option = {
        .key = "retry.baud", .type = EG_OPTION_NUMBER_LIST, .least = 9600, .most = 4000000};
    struct eg_setting setting = {.option = &option};
    struct eg_error err;

    assert_ok(eg_setting_set(&setting, "115200", &err), err);
    assert_int_equal(setting.count, 1);
    assert_ok(eg_setting_set(&setting, "921600 0x1c200", &err), err);
    assert_int_equal(setting.count, 2);
    assert_int_equal(setting.number[0], 921600);
    assert_int_equal(setting.number[1], 115200);
    assert_error(eg_setting_set(&setting, "", &err), err, EG_BAD_JOB,
                 "retry.baud is \"\", not a number from 9600 to 4000000");
    assert_error(eg_setting_set(&setting, "9600 9599", &err), err, EG_BAD_JOB,
                 "retry.baud is \"9599\", not a number from 9600 to 4000000");
    assert_error(eg_setting_set(&setting,
                                "9600 9600 9600 9600 9600 9600 9600 9600 9600 9600 9600 9600 9600 "
                                "9600 9600 9600 9600",
                                &err),
                 err, EG_BAD_JOB, "retry.baud has more than 16 numbers");
    assert_int_equal(setting.count, 2);
    assert_string_equal(setting.text, "921600 0x1c200");
    free(setting.text);
}

static void a_forbidden_value_is_answered_with_the_allowed_ones(void **state)
{
    (void)state;
    const char *const choices[] = {"auto", "on", "off", NULL};
    const struct eg_option number = {.key = "link.baud", .type = EG_OPTION_NUMBER, .least = 1, .most = 10};
    const struct eg_option choice = {.key = "link.stub", .type = EG_OPTION_CHOICE, .choices = choices};
    struct eg_setting setting = {.option = &number};
    struct eg_error err;

    assert_error(eg_setting_set(&setting, "fast", &err), err, EG_BAD_JOB,
                 "link.baud is \"fast\", not a number from 1 to 10");
    assert_error(eg_setting_set(&setting, "0", &err), err, EG_BAD_JOB,
                 "link.baud is \"0\", not a number from 1 to 10");
    assert_error(eg_setting_set(&setting, "11", &err), err, EG_BAD_JOB,
                 "link.baud is \"11\", not a number from 1 to 10");
    assert_error(eg_setting_set(&setting, "1 2", &err), err, EG_BAD_JOB, "link.baud has more than 1 number");
    setting.option = &choice;
    assert_error(eg_setting_set(&setting, "Off", &err), err, EG_BAD_JOB,
                 "link.stub is \"Off\", not one of auto, on, off");
    assert_false(setting.given);
    assert_null(setting.text);
}

static void a_time_out_of_range_is_answered_with_the_range(void **state)
{
    (void)state;
    const struct eg_option option = {
        .key = "test.timeout", .type = EG_OPTION_DURATION, .least = 100, .most = 60000};
    struct eg_setting setting = {.option = &option};
    struct eg_error err;

    assert_error(eg_setting_set(&setting, "10", &err), err, EG_BAD_JOB,
                 "test.timeout is \"10\", not a time such as 500ms or 10s from 100 ms to 60 s");
    assert_error(eg_setting_set(&setting, "2min", &err), err, EG_BAD_JOB,
                 "test.timeout is \"2min\", not a time such as 500ms or 10s from 100 ms to 60 s");
    assert_ok(eg_setting_set(&setting, "1min", &err), err);
    assert_int_equal(setting.number[0], 60000);
    free(setting.text);
}

static enum eg_code is_short(const char *text, struct eg_error *err)
{
    return strlen(text) < 4 ? EG_OK : eg_error_set(err, EG_BAD_JOB, "is \"%s\", too long", text);
}

static void a_check_of_the_option_answers_for_texts_lists_and_maps(void **state)
{
    (void)state;
    const struct eg_option options[] = {
        {.key = "word", .type = EG_OPTION_TEXT, .check = is_short},
        {.key = "words", .type = EG_OPTION_TEXT_LIST, .check = is_short},
        {.key = "names", .type = EG_OPTION_MAP, .check = is_short},
        {.key = NULL},
    };
    struct eg_setting *settings = NULL;
    unsigned count = 0;
    struct eg_error err;

    assert_ok(eg_settings_add(&settings, &count, options, &err), err);
    assert_int_equal(count, 3);
    assert_ok(eg_setting_set(&settings[0], "abc", &err), err);
    assert_error(eg_setting_set(&settings[0], "abcd", &err), err, EG_BAD_JOB, "word is \"abcd\", too long");
    assert_ok(eg_setting_add_item(&settings[1], NULL, "a", "job:1:2", &err), err);
    assert_error(eg_setting_add_item(&settings[1], NULL, "abcd", "job:1:2", &err), err, EG_BAD_JOB,
                 "words is \"abcd\", too long");
    assert_ok(eg_setting_add_item(&settings[2], "first", "a", "job:1:2", &err), err);
    assert_error(eg_setting_add_item(&settings[2], "second", "abcd", "job:1:2", &err), err, EG_BAD_JOB,
                 "names.second is \"abcd\", too long");
    assert_int_equal(settings[1].item_count, 1);
    assert_int_equal(settings[2].item_count, 1);
    assert_string_equal(settings[2].items[0].name, "first");
    assert_string_equal(settings[2].items[0].place, "job:1:2");
    eg_settings_destroy(settings, count);
}

static void a_group_has_the_fallbacks_of_its_options(void **state)
{
    (void)state;
    const struct eg_option inner[] = {
        {.key = "expect", .type = EG_OPTION_TEXT, .required = true},
        {.key = "timeout", .type = EG_OPTION_DURATION, .fallback = "10s", .most = 60000},
        {.key = NULL},
    };
    const struct eg_option option = {.key = "test", .type = EG_OPTION_GROUPS, .group = inner};
    struct eg_setting *const setting = calloc(1, sizeof *setting);
    struct eg_setting_group *group;
    struct eg_error err;

    assert_non_null(setting);
    setting->option = &option;
    for (unsigned i = 0; i < 2; i++)
        assert_ok(eg_setting_add_group(setting, "job:3:1", &group, &err), err);
    assert_int_equal(setting->group_count, 2);
    assert_null(eg_group_setting(group, "expect")->text);
    assert_int_equal(eg_group_setting(group, "timeout")->number[0], 10000);
    assert_false(eg_group_setting(group, "timeout")->given);
    assert_true(setting->given);
    eg_settings_destroy(setting, 1);
}

static void a_key_that_two_tables_have_is_a_defect(void **state)
{
    (void)state;
    const struct eg_option options[] = {{.key = "a", .type = EG_OPTION_TEXT}, {.key = NULL}};
    struct eg_setting *settings = NULL;
    unsigned count = 0;
    struct eg_error err;

    assert_ok(eg_settings_add(&settings, &count, options, &err), err);
    assert_error(eg_settings_add(&settings, &count, options, &err), err, EG_INTERNAL,
                 "two options have the key a");
    eg_settings_destroy(settings, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_as_people_write_them),
        cmocka_unit_test(times_have_a_unit),
        cmocka_unit_test(a_list_takes_one_number_or_many),
        cmocka_unit_test(a_forbidden_value_is_answered_with_the_allowed_ones),
        cmocka_unit_test(a_time_out_of_range_is_answered_with_the_range),
        cmocka_unit_test(a_check_of_the_option_answers_for_texts_lists_and_maps),
        cmocka_unit_test(a_group_has_the_fallbacks_of_its_options),
        cmocka_unit_test(a_key_that_two_tables_have_is_a_defect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
