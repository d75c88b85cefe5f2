/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/file.h"
#include "tests/fakes/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/eg-file-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void a_file_comes_whole_with_a_nul_behind_it(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer buffer = {0};
    struct eg_error err;
    char path[100];

    snprintf(path, sizeof path, "%s/odd name\n", folder);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    for (int i = 0; i < 70000; i++)
        fputc(i, out);
    fclose(out);
    const enum eg_code code = eg_file_read(&buffer, path, 70000, &err);
    const enum eg_code refused = eg_file_read(&buffer, path, 69999, &err);
    unlink(path);
    assert_int_equal(code, EG_OK);
    assert_int_equal(refused, EG_IO);
    assert_non_null(strstr(err.text, "70000 bytes, more than the 69999 that are allowed"));
    assert_int_equal(buffer.size, 70000);
    assert_int_equal(buffer.data[69999], (uint8_t)69999);
    assert_int_equal(buffer.data[70000], 0);
}

static void what_is_not_a_file_is_refused_without_blocking(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer buffer = {0};
    struct eg_error err;
    char path[100], expected[200];

    assert_int_equal(eg_file_read(&buffer, folder, 100, &err), EG_IO);
    snprintf(expected, sizeof expected, "%s: is a directory", folder);
    assert_string_equal(err.text, expected);

    snprintf(path, sizeof path, "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    const enum eg_code code = eg_file_read(&buffer, path, 100, &err);
    unlink(path);
    assert_int_equal(code, EG_IO);
    snprintf(expected, sizeof expected, "%s: is not a regular file", path);
    assert_string_equal(err.text, expected);

    assert_int_equal(eg_file_read(&buffer, path, 100, &err), EG_IO);
    snprintf(expected, sizeof expected, "%s: No such file or directory", path);
    assert_string_equal(err.text, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_comes_whole_with_a_nul_behind_it),
        cmocka_unit_test(what_is_not_a_file_is_refused_without_blocking),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
