/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/vboard/carrier/lines.h"
#include "tests/fakes/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int call(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void callers_are_served_one_after_the_other(void **state)
{
    (void)state;
    struct vb__lines lines = {.listener = -1, .caller = -1};
    char folder[] = "/tmp/vb-lines-XXXXXX";
    char path[64];
    unsigned char request, answer;
    struct eg_error err;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/lines", folder);
    assert_int_equal(vb__lines_fd(&lines), -1);
    assert_ok(vb__lines_open(&lines, path, &err), err);
    const int first = call(path);
    const int second = call(path);
    assert_int_equal(write(second, "b", 1), 1);
    assert_int_equal(write(first, "ac", 2), 2);

    assert_false(vb__lines_take(&lines, &request)); /* the first has called */
    for (const char *said = "ac"; *said != '\0'; said++) {
        assert_true(vb__lines_take(&lines, &request));
        assert_int_equal(request, *said);
        vb__lines_answer(&lines, '0');
        assert_int_equal(read(first, &answer, 1), 1);
        assert_int_equal(answer, '0');
    }
    assert_false(vb__lines_take(&lines, &request)); /* no request for now */
    close(first);
    assert_false(vb__lines_take(&lines, &request)); /* it has gone */
    assert_false(vb__lines_take(&lines, &request)); /* the second has called */
    assert_true(vb__lines_take(&lines, &request));
    assert_int_equal(request, 'b');
    close(second);
    vb__lines_answer(&lines, '0'); /* no client receives it */
    vb__lines_close(&lines);
    assert_int_equal(vb__lines_fd(&lines), -1);
    assert_int_equal(rmdir(folder), 0);
}

static void a_socket_left_by_a_program_that_was_killed_is_replaced(void **state)
{
    (void)state;
    struct vb__lines old = {.listener = -1, .caller = -1}, lines = {.listener = -1, .caller = -1};
    char folder[] = "/tmp/vb-lines-XXXXXX";
    char path[64];
    unsigned char request;
    struct eg_error err;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/lines", folder);
    assert_ok(vb__lines_open(&old, path, &err), err);
    assert_ok(vb__lines_open(&lines, path, &err), err);
    const int fd = call(path);
    assert_false(vb__lines_take(&lines, &request));
    assert_true(lines.caller >= 0);
    close(fd);
    vb__lines_close(&lines);
    vb__lines_close(&old);
    assert_int_equal(rmdir(folder), 0);
}

static void a_path_that_is_no_address_is_refused(void **state)
{
    (void)state;
    struct vb__lines lines = {.listener = -1, .caller = -1};
    char path[200];
    struct eg_error err;

    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    memcpy(path, "/tmp/", 5);
    assert_error(vb__lines_open(&lines, path, &err), err, EG_NO_PORT,
                 "/tmp/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...: longer than 107 "
                 "characters, so it "
                 "cannot be a socket");
    vb__lines_close(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(callers_are_served_one_after_the_other),
        cmocka_unit_test(a_socket_left_by_a_program_that_was_killed_is_replaced),
        cmocka_unit_test(a_path_that_is_no_address_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
