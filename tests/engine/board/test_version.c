/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/espgang.h"
#include "tests/fakes/check.h"

#include <stdio.h>
#include <string.h>

static void the_version_is_three_numbers(void **state)
{
    (void)state;
    unsigned major, minor, patch;
    char rest;

    assert_int_equal(sscanf(eg_version(), "%u.%u.%u%c", &major, &minor, &patch, &rest), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_version_is_three_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
