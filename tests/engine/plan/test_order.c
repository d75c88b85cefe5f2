/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/plan/stage.h"

#include "engine/stages/stages.h"
#include "tests/fakes/check.h"

#include <string.h>

static const struct eg_stage connect = {.name = "connect", .order = 1, .gives = EG_FACT_CONNECTED};
static const struct eg_stage identify = {
    .name = "identify", .order = 2, .needs = EG_FACT_CONNECTED, .gives = EG_FACT_IDENTIFIED};
static const struct eg_stage erase = {
    .name = "erase", .order = 3, .needs = EG_FACT_CONNECTED | EG_FACT_ADMITTED};

static void stages_run_by_their_number(void **state)
{
    (void)state;
    const struct eg_stage *const stages[] = {&identify, &connect, NULL};
    const struct eg_stage *ordered[EG_STAGES_MAX];
    struct eg_error err;

    assert_ok(eg_stages_order(stages, ordered, &err), err);
    assert_string_equal(ordered[0]->name, "connect");
    assert_string_equal(ordered[1]->name, "identify");
    assert_null(ordered[2]);
}

static void a_need_that_no_earlier_stage_meets_is_refused(void **state)
{
    (void)state;
    const struct eg_stage *const stages[] = {&erase, &identify, &connect, NULL};
    const struct eg_stage *ordered[EG_STAGES_MAX];
    struct eg_error err;

    assert_error(eg_stages_order(stages, ordered, &err), err, EG_INTERNAL,
                 "stage erase needs 'admitted', which no stage before it gives");
}

static void a_need_that_only_a_later_stage_meets_is_refused(void **state)
{
    (void)state;
    const struct eg_stage late = {.name = "late", .order = 4, .gives = EG_FACT_ADMITTED};
    const struct eg_stage *const stages[] = {&late, &erase, &connect, NULL};
    const struct eg_stage *ordered[EG_STAGES_MAX];
    struct eg_error err;

    assert_error(eg_stages_order(stages, ordered, &err), err, EG_INTERNAL,
                 "stage erase needs 'admitted', which no stage before it gives");
}

static void more_stages_than_there_is_room_for_are_refused(void **state)
{
    (void)state;
    const struct eg_stage *stages[EG_STAGES_MAX + 1] = {NULL};
    const struct eg_stage *ordered[EG_STAGES_MAX];
    struct eg_error err;

    for (int i = 0; i < EG_STAGES_MAX; i++)
        stages[i] = &connect;
    assert_error(eg_stages_order(stages, ordered, &err), err, EG_INTERNAL, "there are more than 31 stages");
}

static void the_stages_of_the_line_fit_together(void **state)
{
    (void)state;
    static const char *const names[] = {"connect", "identify", "admit", "unit",  "stub",
                                        "write",   "verify",   "test",  "finish"};
    const struct eg_stage *ordered[EG_STAGES_MAX];
    struct eg_error err;

    assert_ok(eg_stages_order(eg_stages, ordered, &err), err);
    unsigned found = 0; /* a new stage may stand between any two */
    for (unsigned i = 0; ordered[i] != NULL && found < sizeof names / sizeof names[0]; i++)
        found += strcmp(ordered[i]->name, names[found]) == 0;
    if (found < sizeof names / sizeof names[0])
        fail_msg("%s does not run at its place", names[found]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_run_by_their_number),
        cmocka_unit_test(a_need_that_no_earlier_stage_meets_is_refused),
        cmocka_unit_test(a_need_that_only_a_later_stage_meets_is_refused),
        cmocka_unit_test(more_stages_than_there_is_room_for_are_refused),
        cmocka_unit_test(the_stages_of_the_line_fit_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
