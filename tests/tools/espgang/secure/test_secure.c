/* SPDX-License-Identifier: Apache-2.0 */

#define _GNU_SOURCE /* mkdtemp() */

#include "tools/espgang/secure/secure.h"

#include "tests/fakes/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/eg-secure-XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    FILE *file;

    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 1;
    file = fopen("key", "w");
    return file == NULL || fclose(file) != 0;
}

static int leave_folder(void **state)
{
    (void)state;
    unlink("key");
    unlink("out");
    return chdir("/") != 0 || rmdir(folder) != 0;
}

static void a_key_is_never_replaced_by_what_is_made_with_it(void **state)
{
    (void)state;
    const char *keys[] = {"key", NULL};
    const struct secure_given given = {.verb = "sign-data", .file = "in", .key_files = keys};
    struct eg_error err;

    assert_error(secure_write(&given, "./key", (const uint8_t *)"x", 1, 0666, &err), err, EG_BAD_ARGUMENT,
                 "./key: is the file of a key, and would be replaced");
    assert_ok(secure_write(&given, "out", (const uint8_t *)"x", 1, 0666, &err), err);
}

static void where_one_key_is_wanted_there_is_one(void **state)
{
    (void)state;
    const char *two[] = {"a", "b", NULL};
    const struct secure_given none = {.verb = "digest-private-key"};
    const struct secure_given many = {.verb = "digest-private-key", .key_files = two};
    struct eg_error err;
    const char *path;

    assert_error(secure_key_file(&path, &none, &err), err, EG_BAD_ARGUMENT,
                 "digest-private-key takes one --keyfile");
    assert_error(secure_key_file(&path, &many, &err), err, EG_BAD_ARGUMENT,
                 "digest-private-key takes one --keyfile");
    assert_int_equal(secure_count(two), 2);
    assert_int_equal(secure_count(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_never_replaced_by_what_is_made_with_it),
        cmocka_unit_test(where_one_key_is_wanted_there_is_one),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
