/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/file.h"
#include "tests/fakes/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

static void a_file_is_read_whole_and_followed_by_a_nul(void **state)
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
    assert_int_equal(refused, EG_BAD_ARGUMENT);
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

    assert_int_equal(eg_file_read(&buffer, folder, 100, &err), EG_BAD_ARGUMENT);
    snprintf(expected, sizeof expected, "%s: is a directory", folder);
    assert_string_equal(err.text, expected);

    snprintf(path, sizeof path, "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    const enum eg_code code = eg_file_read(&buffer, path, 100, &err);
    unlink(path);
    assert_int_equal(code, EG_BAD_ARGUMENT);
    snprintf(expected, sizeof expected, "%s: is not a regular file", path);
    assert_string_equal(err.text, expected);

    assert_int_equal(eg_file_read(&buffer, path, 100, &err), EG_BAD_ARGUMENT);
    snprintf(expected, sizeof expected, "%s: No such file or directory", path);
    assert_string_equal(err.text, expected);
}

static void write_text(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

static void assert_content(const char *path, const char *text)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer buffer = {0};
    struct eg_error err;

    assert_ok(eg_file_read(&buffer, path, 1000, &err), err);
    assert_string_equal((const char *)buffer.data, text);
}

static void a_file_is_written_whole_and_replaced_only_when_asked_to(void **state)
{
    (void)state;
    struct eg_file_options options = {.mode = 0600};
    char path[100], expected[200];
    struct eg_error err;
    struct stat info;

    snprintf(path, sizeof path, "%s/out", folder);
    assert_ok(eg_file_write(path, "first", 5, &options, &err), err);
    assert_content(path, "first");
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(info.st_nlink, 1);
    snprintf(expected, sizeof expected, "%s: is there already", path);
    assert_error(eg_file_write(path, "second", 6, &options, &err), err, EG_BAD_ARGUMENT, expected);
    assert_content(path, "first");
    options.replace = true;
    assert_ok(eg_file_write(path, "second", 6, &options, &err), err);
    assert_content(path, "second");
    unlink(path);
}

static void a_link_is_not_followed(void **state)
{
    (void)state;
    const struct eg_file_options options = {.mode = 0600, .replace = true};
    char path[100], link_path[100], expected[200];
    struct eg_error err;

    snprintf(path, sizeof path, "%s/out", folder);
    snprintf(link_path, sizeof link_path, "%s/link", folder);
    snprintf(expected, sizeof expected, "%s: is a symbolic link; name the file itself", link_path);
    assert_int_equal(symlink(path, link_path), 0);
    assert_error(eg_file_write(link_path, "x", 1, &options, &err), err, EG_BAD_ARGUMENT, expected);
    write_text(path, "old");
    assert_error(eg_file_write(link_path, "x", 1, &options, &err), err, EG_BAD_ARGUMENT, expected);
    assert_content(path, "old");
    unlink(link_path);
    unlink(path);
}

/* Removing the folder fails unless it is empty: no file may be left over. */
static void an_incomplete_write_leaves_the_old_file(void **state)
{
    (void)state;
    static const char large[10000];
    struct eg_file_options options = {.mode = 0600, .replace = true};
    struct eg_cancel cancel = {0};
    char path[100], expected[200];
    struct rlimit limit, small;
    struct eg_error err;

    snprintf(path, sizeof path, "%s/out", folder);
    write_text(path, "old");
    eg_cancel_request(&cancel);
    options.cancel = &cancel;
    snprintf(expected, sizeof expected, "%s: not written, as asked for", path);
    assert_error(eg_file_write(path, "x", 1, &options, &err), err, EG_CANCELLED, expected);
    options.cancel = NULL;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const enum eg_code code = eg_file_write(path, large, sizeof large, &options, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    snprintf(expected, sizeof expected, "%s: File too large", path);
    assert_error(code, err, EG_IO, expected);
    assert_content(path, "old");
    unlink(path);
}

static void a_device_is_written_to_in_place(void **state)
{
    (void)state;
    const struct eg_file_options options = {.mode = 0600};
    char expected[200];
    struct eg_error err;

    assert_ok(eg_file_write("/dev/null", "x", 1, &options, &err), err);
    assert_error(eg_file_write("/dev/full", "x", 1, &options, &err), err, EG_NO_ROOM,
                 "/dev/full: No space left on device");
    snprintf(expected, sizeof expected, "%s: Is a directory", folder);
    assert_error(eg_file_write(folder, "x", 1, &options, &err), err, EG_BAD_ARGUMENT, expected);
    assert_error(eg_file_write("/dev/null/x", "x", 1, &options, &err), err, EG_BAD_ARGUMENT,
                 "/dev/null/x: Not a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_whole_and_followed_by_a_nul),
        cmocka_unit_test(what_is_not_a_file_is_refused_without_blocking),
        cmocka_unit_test(a_file_is_written_whole_and_replaced_only_when_asked_to),
        cmocka_unit_test(a_link_is_not_followed),
        cmocka_unit_test(an_incomplete_write_leaves_the_old_file),
        cmocka_unit_test(a_device_is_written_to_in_place),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
