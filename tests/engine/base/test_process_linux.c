/* SPDX-License-Identifier: Apache-2.0 */

#define _DEFAULT_SOURCE /* prctl() */

#include "engine/base/process.h"
#include "tests/fakes/check.h"

#include <sys/prctl.h>
#include <unistd.h>

static void a_process_is_named_and_found_by_its_name(void **state)
{
    char name[EG_PROCESS_NAME];

    (void)state;
    assert_int_equal(prctl(PR_SET_NAME, "eg\x1b[31m name", 0, 0, 0), 0);
    assert_true(eg_process_name(name, getpid()));
    assert_string_equal(name, "eg?[31m name");
    assert_true(eg_process_runs("eg?[31m name"));
    assert_false(eg_process_runs("eg?[31m"));
}

static void a_process_that_is_not_there_has_no_name(void **state)
{
    char name[EG_PROCESS_NAME];

    (void)state;
    assert_false(eg_process_name(name, 0));
    assert_string_equal(name, "a program");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_is_named_and_found_by_its_name),
        cmocka_unit_test(a_process_that_is_not_there_has_no_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
