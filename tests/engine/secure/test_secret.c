/* SPDX-License-Identifier: Apache-2.0 */

#define _GNU_SOURCE /* mkdtemp() */

#include "engine/secure/secret.h"

#include "tests/fakes/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/secret-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    char path[64];

    snprintf(path, sizeof path, "%s/key", folder);
    unlink(path);
    return rmdir(folder);
}

/* Find the row of /proc/self/smaps with a page's flags, such as "VmFlags: rd wr ... dd". */
static void flags_of(const void *page, char flags[200])
{
    FILE *const maps = fopen("/proc/self/smaps", "r");
    char line[400];
    bool here = false;

    flags[0] = '\0';
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long begin, end;
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
            here = begin <= (unsigned long)(uintptr_t)page && (unsigned long)(uintptr_t)page < end;
        if (here && strncmp(line, "VmFlags:", 8) == 0)
            snprintf(flags, 200, "%.190s", line);
    }
    fclose(maps);
}

static void a_secret_is_locked_and_kept_out_of_dumps_and_children(void **state)
{
    (void)state;
    EG_CLEANUP(eg_secret_finish) struct eg_secret secret = {0};
    struct eg_error err;
    char flags[200];

    assert_ok(eg_secret_make(&secret, 32, &err), err);
    flags_of(secret.data, flags);
    print_message("%s", flags);
#ifndef __SANITIZE_ADDRESS__ /* AddressSanitizer makes mlock() do nothing */
    assert_non_null(strstr(flags, " lo"));
#endif
    assert_non_null(strstr(flags, " dd"));
    assert_non_null(strstr(flags, " dc"));
}

static void generated_keys_are_random(void **state)
{
    (void)state;
    EG_CLEANUP(eg_secret_finish) struct eg_secret first = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret second = {0};
    struct eg_error err;

    assert_ok(eg_secret_make(&first, 32, &err), err);
    assert_ok(eg_secret_make(&second, 32, &err), err);
    assert_memory_not_equal(first.data, second.data, 32);
    assert_false(eg_secret_is_uniform(first.data, 32));
}

static void a_file_of_a_key_is_its_owners_and_never_replaced(void **state)
{
    (void)state;
    EG_CLEANUP(eg_secret_finish) struct eg_secret secret = {0};
    char path[64], sentence[200];
    struct eg_error err;
    struct stat status;
    bool open_to_others = true;

    snprintf(path, sizeof path, "%s/key", folder);
    assert_ok(eg_secret_write(path, (const uint8_t *)"0123456789", 10, &err), err);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(eg_secret_write(path, (const uint8_t *)"x", 1, &err), EG_BAD_ARGUMENT);
    assert_ok(eg_secret_read(&secret, path, 10, &open_to_others, &err), err);
    assert_int_equal(secret.size, 10);
    assert_memory_equal(secret.data, "0123456789", 10);
    assert_false(open_to_others);
    assert_int_equal(chmod(path, 0644), 0);
    assert_ok(eg_secret_read(&secret, path, 10, &open_to_others, &err), err);
    assert_true(open_to_others);
    snprintf(sentence, sizeof sentence, "%s: has 10 bytes, more than 9", path);
    assert_error(eg_secret_read(&secret, path, 9, NULL, &err), err, EG_BAD_ARGUMENT, sentence);
    assert_int_equal(truncate(path, 0), 0);
    snprintf(sentence, sizeof sentence, "%s: is empty", path);
    assert_error(eg_secret_read(&secret, path, 9, NULL, &err), err, EG_BAD_ARGUMENT, sentence);
    snprintf(sentence, sizeof sentence, "%s: is not a regular file", folder);
    assert_error(eg_secret_read(&secret, folder, 9, NULL, &err), err, EG_IO, sentence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_locked_and_kept_out_of_dumps_and_children),
        cmocka_unit_test(generated_keys_are_random),
        cmocka_unit_test(a_file_of_a_key_is_its_owners_and_never_replaced),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
