/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/plan.h"

#include "engine/stages/stage.h"
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

static void assert_fallback(const struct eg_plan *plan, const struct eg_option *option)
{
    const char *const text = eg_plan_setting(plan, option->key)->text;

    if (option->fallback == NULL)
        assert_null(text);
    else
        assert_string_equal(text, option->fallback);
}

static void a_fresh_plan_has_every_option_at_its_fallback(void **state)
{
    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = calloc(1, sizeof *plan);
    struct eg_error err;
    unsigned options = 0;

    assert_non_null(plan);
    assert_ok(eg_plan_init_settings(plan, &err), err);
    for (const struct eg_stage *const *stage = eg_stages; *stage != NULL; stage++)
        for (const struct eg_option *o = (*stage)->options; o != NULL && o->key != NULL; o++, options++)
            assert_fallback(plan, o);
    for (const struct eg_option *o = eg_pipeline_options; o->key != NULL; o++, options++)
        assert_fallback(plan, o);
    assert_int_equal(plan->setting_count, options);
    for (unsigned i = 0; i < plan->setting_count; i++)
        assert_false(plan->settings[i].given);
    assert_null(eg_plan_setting(plan, "link.buad"));
}

static void getters_return_what_was_set(void **state)
{
    (void)state;
    const char *const choices[] = {"auto", "off", NULL};
    const struct eg_option options[] = {
        {.key = "a.number", .type = EG_OPTION_NUMBER, .fallback = "5", .least = 1, .most = 4096},
        {.key = "a.choice", .type = EG_OPTION_CHOICE, .fallback = "auto", .choices = choices},
    };
    struct eg_setting settings[] = {{.option = &options[0]}, {.option = &options[1]}};
    const struct eg_plan plan = {.settings = settings, .setting_count = 2};
    struct eg_error err;

    assert_ok(eg_setting_set(eg_plan_setting(&plan, "a.number"), "4k", &err), err);
    assert_ok(eg_setting_set(eg_plan_setting(&plan, "a.choice"), "off", &err), err);
    assert_int_equal(eg_plan_number(&plan, "a.number"), 4096);
    assert_int_equal(eg_plan_choice(&plan, "a.choice"), 1);
    assert_true(settings[0].given);
    assert_string_equal(settings[0].text, "4k");
    free(settings[0].text);
    free(settings[1].text);
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

static void a_value_that_is_not_allowed_is_answered_with_those_that_are(void **state)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_as_people_write_them),
        cmocka_unit_test(a_fresh_plan_has_every_option_at_its_fallback),
        cmocka_unit_test(getters_return_what_was_set),
        cmocka_unit_test(a_list_takes_one_number_or_many),
        cmocka_unit_test(a_value_that_is_not_allowed_is_answered_with_those_that_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
