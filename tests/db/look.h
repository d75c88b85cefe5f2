/* SPDX-License-Identifier: Apache-2.0 */

/* Samples whose job says something of its reports. */

#ifndef TESTS_DB_LOOK_H
#define TESTS_DB_LOOK_H

#include "engine/plan/pipeline.h"
#include "tests/db/sample.h"

#define LOOK_SVG "<svg xmlns='http://www.w3.org/2000/svg'/>"

/* NULL = the job does not give it. The plan keeps its settings until look_forget(). */
static inline void look_set(struct sample *sample, const char *customer, const char *target, const char *logo)
{
    static const struct eg_stage *const none[] = {NULL};
    const char *const values[][2] = {
        {"report.customer", customer}, {"report.target", target}, {"report.logo", logo}};
    struct eg_plan *const plan = &sample->plan;
    struct eg_error err;

    assert_ok(eg_plan_init_settings(plan, none, &err), err);
    for (unsigned i = 0; i < 3; i++) {
        struct eg_setting *const setting = eg_plan_setting(plan, values[i][0]);
        if (values[i][1] == NULL)
            continue;
        assert_ok(eg_setting_set(setting, values[i][1], &err), err);
        if (setting->option->type == EG_OPTION_FILE)
            assert_ok(eg_buffer_append(&setting->content, values[i][1], strlen(values[i][1]), &err), err);
    }
}

static inline void look_forget(struct sample *sample)
{
    eg_settings_destroy(sample->plan.settings, sample->plan.setting_count);
    sample->plan.settings = NULL;
    sample->plan.setting_count = 0;
}

/* Record a session in which nothing runs, with a job that says so of its reports. */
static inline void look_record(struct sample *sample, const char *customer, const char *target,
                               const char *logo)
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;

    look_set(sample, customer, target, logo);
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    look_forget(sample);
}

#endif
