/* SPDX-License-Identifier: Apache-2.0 */

/* Threads that cannot be started. */

#define _GNU_SOURCE /* RTLD_NEXT */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

static unsigned before_failing; /* number of threads that start before one fails; 0 = none fails */

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *context)
{
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    if (before_failing > 0 && --before_failing == 0)
        return EAGAIN;
    *(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
    return next(thread, attr, start, context);
}

static void a_board_without_a_thread_is_an_error_of_the_host_and_the_others_pass(void **state)
{
    static const struct vb_config fast = {.fast = true};
    struct fake_line *line = *state;

    fake_line_plug(line, &fast, 3, NO_FAULTS);
    before_failing = 2;
    fake_line_run(line);
    assert_int_equal(before_failing, 0);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_result(line, 2, EG_ERROR, EG_IO,
                            "starting a thread for slot 2: Resource temporarily unavailable");
    fake_line_assert_result(line, 3, EG_PASS, EG_OK, "");
    assert_int_equal(line->recorder.run_count, 3);
    assert_int_equal(fake_recorder_run(&line->recorder, line->names[1])->record.code, EG_IO);
    assert_false(fake_recorder_run(&line->recorder, line->names[1])->has_unit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_board_without_a_thread_is_an_error_of_the_host_and_the_others_pass,
                                        fake_line_setup, fake_line_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
