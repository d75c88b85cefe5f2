/* SPDX-License-Identifier: Apache-2.0 */

#include "db/session_lock.h"
#include "tests/db/sample.h"

#include <signal.h>
#include <sys/wait.h>

static int open_lock_file(const struct sample *sample)
{
    const int fd = open(sample->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    return fd;
}

static void expect(int fd, int64_t session, bool expected)
{
    struct eg_error err;
    bool goes_on = !expected;

    assert_ok(eg__session_goes_on(&goes_on, fd, session, &err), err);
    assert_int_equal(goes_on, expected);
}

static void a_session_goes_on_until_its_file_is_closed_and_others_do_not(void **state)
{
    const int mine = open_lock_file(*state), looks = open_lock_file(*state);
    struct eg_error err;

    expect(looks, 7, false);
    assert_ok(eg__session_lock(mine, 7, &err), err);
    expect(looks, 6, false);
    expect(looks, 7, true);
    expect(looks, 8, false);
    close(open_lock_file(*state)); /* closing would end a lock that belongs to the process */
    expect(looks, 7, true);
    close(mine);
    expect(looks, 7, false);
    close(looks);
}

static void a_session_ends_with_its_process_however_that_ends(void **state)
{
    const int looks = open_lock_file(*state);
    struct eg_error err;
    int channel[2];
    char byte;

    assert_int_equal(pipe(channel), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const int fd = open_lock_file(*state);
        if (eg__session_lock(fd, INT64_C(1) << 40, &err) != EG_OK || write(channel[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(channel[0], &byte, 1), 1);
    expect(looks, INT64_C(1) << 40, true);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    expect(looks, INT64_C(1) << 40, false);
    close(channel[0]);
    close(channel[1]);
    close(looks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_session_goes_on_until_its_file_is_closed_and_others_do_not,
                                        sample_setup, sample_teardown),
        cmocka_unit_test_setup_teardown(a_session_ends_with_its_process_however_that_ends, sample_setup,
                                        sample_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
