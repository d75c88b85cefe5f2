/* SPDX-License-Identifier: Apache-2.0 */

#include "db/lock.h"
#include "tests/db/sample.h"

#include <errno.h>

static void many_record_together_and_exclusive_access_is_refused_naming_a_process(void **state)
{
    const struct sample *sample = *state;
    int first, second, alone;
    struct eg_error err;
    char expected[100];

    assert_ok(eg__lock(&first, sample->path, EG__BESIDE, &err), err);
    assert_ok(eg__lock(&second, sample->path, EG__BESIDE, &err), err);
    snprintf(expected, sizeof expected, "process %ld (test_db.lock) records into it", (long)getpid());
    assert_error(eg__lock(&alone, sample->path, EG__ALONE, &err), err, EG_LEDGER_LOCKED, expected);
    close(alone);
    close(first);
    close(second);
    assert_ok(eg__lock(&alone, sample->path, EG__ALONE, &err), err);
    close(alone);
}

static void exclusive_access_keeps_everybody_out(void **state)
{
    const struct sample *sample = *state;
    int alone, other;
    struct eg_error err;
    char expected[100];

    assert_ok(eg__lock(&alone, sample->path, EG__ALONE, &err), err);
    snprintf(expected, sizeof expected, "process %ld (test_db.lock) has it to itself", (long)getpid());
    assert_error(eg__lock(&other, sample->path, EG__ALONE, &err), err, EG_LEDGER_LOCKED, expected);
    close(other);
    assert_error(eg__lock(&other, sample->path, EG__BESIDE, &err), err, EG_LEDGER_LOCKED, expected);
    close(other);
    close(alone);
}

static void a_lock_file_that_is_a_symbolic_link_is_not_followed(void **state)
{
    const struct sample *sample = *state;
    char lock[120], expected[200];
    struct eg_error err;
    int fd;

    snprintf(lock, sizeof lock, "%s.lock", sample->path);
    assert_int_equal(symlink("elsewhere", lock), 0);
    snprintf(expected, sizeof expected, "opening %s: %s", lock, strerror(ELOOP));
    assert_error(eg__lock(&fd, sample->path, EG__BESIDE, &err), err, EG_LEDGER, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(many_record_together_and_exclusive_access_is_refused_naming_a_process),
        with_sample(exclusive_access_keeps_everybody_out),
        with_sample(a_lock_file_that_is_a_symbolic_link_is_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
