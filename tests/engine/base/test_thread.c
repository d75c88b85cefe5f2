/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/thread.h"
#include "tests/fakes/check.h"

static void *read_mask(void *context)
{
    pthread_sigmask(SIG_SETMASK, NULL, context);
    return NULL;
}

static void signals_are_for_the_starter_but_faults_for_the_thread_that_has_them(void **state)
{
    sigset_t before, inside, after;
    pthread_t thread;

    (void)state;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_int_equal(eg_thread_start(&thread, 1 << 20, read_mask, &inside), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_int_equal(sigismember(&inside, SIGINT), 1);
    assert_int_equal(sigismember(&inside, SIGTERM), 1);
    assert_int_equal(sigismember(&inside, SIGUSR1), 1);
    assert_int_equal(sigismember(&inside, SIGSEGV), 0);
    assert_int_equal(sigismember(&inside, SIGABRT), 0);
    for (int number = 1; number < 32; number++)
        assert_int_equal(sigismember(&before, number), sigismember(&after, number));
}

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t condition;
    bool told;
};

static void *tell(void *context)
{
    struct waiter *const waiter = context;

    pthread_mutex_lock(&waiter->lock);
    waiter->told = true;
    pthread_cond_signal(&waiter->condition);
    pthread_mutex_unlock(&waiter->lock);
    return NULL;
}

/* A wait that missed either would last for hours. */
static void waiting_ends_with_the_condition_or_with_its_time(void **state)
{
    struct waiter waiter = {.lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t thread;

    (void)state;
    eg_cond_init(&waiter.condition);
    pthread_mutex_lock(&waiter.lock);
    eg_cond_wait_ms(&waiter.condition, &waiter.lock, 1);
    assert_false(waiter.told);
    assert_int_equal(eg_thread_start(&thread, 0, tell, &waiter), 0);
    while (!waiter.told)
        eg_cond_wait_ms(&waiter.condition, &waiter.lock, 36000000);
    pthread_mutex_unlock(&waiter.lock);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_cond_destroy(&waiter.condition);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_are_for_the_starter_but_faults_for_the_thread_that_has_them),
        cmocka_unit_test(waiting_ends_with_the_condition_or_with_its_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
