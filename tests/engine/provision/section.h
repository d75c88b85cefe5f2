/* SPDX-License-Identifier: Apache-2.0 */

/* What the tests of a job's section `secure` share: a job for an ESP32-C6 that is accepted, made anew for
 * each test. */

#ifndef TESTS_ENGINE_PROVISION_SECTION_H
#define TESTS_ENGINE_PROVISION_SECTION_H

#include "engine/provision/provision.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_secure.h"

static struct eg_plan *plan;

static inline int section_set_up(void **state)
{
    (void)state;
    plan = fake_secure_plan();
    return 0;
}

static inline int section_tear_down(void **state)
{
    (void)state;
    eg_plan_destroy(plan);
    return 0;
}

#define SECTION_TEST(name) cmocka_unit_test_setup_teardown(name, section_set_up, section_tear_down)

static inline void section_refused(const char *sentence)
{
    struct eg_error err = {0};
    const char *place = NULL;

    assert_error(eg_provision_check(plan, &place, &err), err, EG_BAD_JOB, sentence);
}

static inline void section_accepted(void)
{
    struct eg_error err = {0};
    const char *place = NULL;

    assert_ok(eg_provision_check(plan, &place, &err), err);
    assert_null(place);
}

#endif
