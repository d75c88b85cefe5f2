/* SPDX-License-Identifier: Apache-2.0 */

#define _GNU_SOURCE /* mkdtemp() */

#include "tools/espgang/cli.h"

#include "tests/fakes/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/eg-import-XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int leave_folder(void **state)
{
    (void)state;
    unlink("job.yaml");
    return chdir("/") != 0 || rmdir(folder) != 0;
}

static enum cli_status import(const char *source, const char *output)
{
    const char *argv[] = {"espgang", "import", source, "-o", output, NULL};

    return cli_main(5, argv);
}

static void an_output_that_would_be_wrong_is_refused_before_anything_is_read(void **state)
{
    (void)state;
    FILE *const out = fopen("job.yaml", "w");

    assert_non_null(out);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(import("none", "job.yaml"), CLI_USAGE);
    assert_int_equal(import("none", "job.json"), CLI_USAGE);
    assert_int_equal(access("job.json", F_OK), -1);
}

static void a_source_that_is_not_there_leaves_nothing(void **state)
{
    (void)state;
    assert_int_equal(import("none", "new.yaml"), CLI_USAGE);
    assert_int_equal(access("new.yaml", F_OK), -1);
    assert_int_equal(access("new.yaml.part", F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_output_that_would_be_wrong_is_refused_before_anything_is_read),
        cmocka_unit_test(a_source_that_is_not_there_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
