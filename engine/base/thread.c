/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/thread.h"

#include <time.h>

void eg_signals_block(sigset_t *former)
{
    static const int own[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
    sigset_t blocked;

    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        sigdelset(&blocked, own[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, former);
}

int eg_thread_start(pthread_t *thread, size_t stack_size, void *(*work)(void *context), void *context)
{
    pthread_attr_t attributes;
    sigset_t former;

    pthread_attr_init(&attributes);
    if (stack_size != 0)
        pthread_attr_setstacksize(&attributes, stack_size);
    eg_signals_block(&former);
    const int failed = pthread_create(thread, &attributes, work, context);
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    pthread_attr_destroy(&attributes);
    return failed;
}

void eg_cond_init(pthread_cond_t *condition)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void eg_cond_wait_ms(pthread_cond_t *condition, pthread_mutex_t *lock, uint32_t duration_ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += duration_ms / 1000;
    until.tv_nsec += (long)(duration_ms % 1000) * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(condition, lock, &until);
}
