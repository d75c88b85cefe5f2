/* SPDX-License-Identifier: Apache-2.0 */

/* Threads beside the one that started the program, which alone handles signals; waiting for them. */

#ifndef ENGINE_BASE_THREAD_H
#define ENGINE_BASE_THREAD_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Block all signals in this thread but those of its own faults, for threads that it starts; `former` is for
 * pthread_sigmask(SIG_SETMASK). */
void eg_signals_block(sigset_t *former);

/**
 * Start a thread with signals blocked like that.
 *
 * @param stack_size  0 = the system's
 *
 * @return 0, or an errno
 */
int eg_thread_start(pthread_t *thread, size_t stack_size, void *(*work)(void *context), void *context);

/** Make a condition for eg_cond_wait_ms(). */
void eg_cond_init(pthread_cond_t *condition);

/** Wait for a condition, or for some time of the monotonic clock. With the lock held. */
void eg_cond_wait_ms(pthread_cond_t *condition, pthread_mutex_t *lock, uint32_t duration_ms);

#endif
