/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tools/espgang/events/secret_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];
static struct eg_error err;

static int begin(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/eg-secret-XXXXXX");
    const int fd = mkstemp(path);
    return fd < 0 || close(fd) != 0 ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_file(const void *data, size_t size)
{
    FILE *const file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    fclose(file);
}

static void a_secret_is_its_file_without_the_line_break_at_its_end(void **state)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret secret = {0};
    (void)state;

    write_file("hush hush\r\n", 11);
    assert_ok(cli_secret_file_read(&secret, path, 100, &err), err);
    assert_int_equal(secret.size, 9);
    assert_string_equal((const char *)secret.data, "hush hush");
}

static void files_that_others_may_read_are_refused(void **state)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret secret = {0};
    char expected[300];
    (void)state;

    write_file("hush", 4);
    assert_int_equal(chmod(path, 0640), 0);
    snprintf(expected, sizeof expected, "%s: other users may read or change it; run: chmod 600 %s", path,
             path);
    assert_error(cli_secret_file_read(&secret, path, 100, &err), err, EG_BAD_ARGUMENT, expected);
    assert_error(cli_secret_file_check(path, &err), err, EG_BAD_ARGUMENT, expected);
}

static void files_without_a_secret_are_refused(void **state)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret secret = {0};
    char expected[300];
    (void)state;

    snprintf(expected, sizeof expected, "%s: it is empty or has a NUL byte in it", path);
    write_file("\n", 1);
    assert_error(cli_secret_file_read(&secret, path, 100, &err), err, EG_BAD_ARGUMENT, expected);
    write_file("a\0b", 3);
    assert_error(cli_secret_file_read(&secret, path, 100, &err), err, EG_BAD_ARGUMENT, expected);
    write_file("abcdef", 6);
    snprintf(expected, sizeof expected, "%s: has 6 bytes, more than 5", path);
    assert_error(cli_secret_file_read(&secret, path, 5, &err), err, EG_BAD_ARGUMENT, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_secret_is_its_file_without_the_line_break_at_its_end, begin, end),
        cmocka_unit_test_setup_teardown(files_that_others_may_read_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(files_without_a_secret_are_refused, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
