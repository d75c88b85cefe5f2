/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/plan/plan.h"

#include "engine/plan/pipeline.h"
#include "engine/stages/stages.h"
#include "tests/fakes/check.h"

#include <stdlib.h>
#include <string.h>

static void assert_fallback(const struct eg_setting *setting)
{
    if (setting->option->fallback == NULL)
        assert_null(setting->text);
    else
        assert_string_equal(setting->text, setting->option->fallback);
}

static void a_fresh_plan_has_every_option_at_its_fallback(void **state)
{
    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = calloc(1, sizeof *plan);
    struct eg_error err;
    unsigned options = 0;

    assert_non_null(plan);
    assert_ok(eg_plan_init_settings(plan, eg_stages, &err), err);
    for (const struct eg_stage *const *stage = eg_stages; *stage != NULL; stage++)
        for (const struct eg_option *o = (*stage)->options; o != NULL && o->key != NULL; o++, options++)
            assert_fallback(eg_plan_setting(plan, o->key));
    for (const struct eg_option *o = eg_pipeline_options; o->key != NULL; o++, options++)
        assert_fallback(eg_plan_setting(plan, o->key));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fresh_plan_has_every_option_at_its_fallback),
        cmocka_unit_test(getters_return_what_was_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
