/* SPDX-License-Identifier: Apache-2.0 */

#include "jobs/version.h"

#include "tests/fakes/check.h"

/* Each version is older than those after it. */
static const char *const in_order[] = {"",
                                       "0.9",
                                       "1.0.0-alpha",
                                       "1.0.0-alpha.1",
                                       "1.0.0-alpha.beta",
                                       "1.0.0-beta",
                                       "1.0.0-beta.2",
                                       "1.0.0-beta.11",
                                       "1.0.0-rc.1",
                                       "1.0.0",
                                       "1.4",
                                       "1.4.1",
                                       "1.9.9",
                                       "1.10",
                                       "1.99999999999999999999",
                                       "1.100000000000000000000",
                                       "2-1",
                                       "2",
                                       "10",
                                       "10.a",
                                       "10.b",
                                       "nightly"};

static void versions_are_in_the_order_of_semantic_versioning(void **state)
{
    (void)state;
    const size_t count = sizeof in_order / sizeof in_order[0];

    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            const int order = eg_job_version_compare(in_order[i], in_order[j]);
            if ((order > 0) - (order < 0) != (i > j) - (i < j))
                fail_msg("'%s' and '%s' compare as %d", in_order[i], in_order[j], order);
        }
    }
}

static void some_versions_are_the_same(void **state)
{
    (void)state;
    static const char *const same[][2] = {{"1.4", "1.4.0"},       {"v1.4", "1.4"},          {"1.04", "1.4"},
                                          {"1.4+abc", "1.4+def"}, {"1.4-rc+abc", "1.4-rc"}, {"1.4-", "1.4"}};

    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (eg_job_version_compare(same[i][0], same[i][1]) != 0)
            fail_msg("'%s' is not '%s'", same[i][0], same[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_in_the_order_of_semantic_versioning),
        cmocka_unit_test(some_versions_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
