/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One worker thread per slot, and the station's own thread, which waits for them.
 *
 * Workers share nothing but what is read-only, the claims and the recorder, so none can hold up another. Each
 * has a cancel flag of its own; the station's thread passes its own flag on to them. That flag may be set by
 * a signal handler, which can wake nobody, so it is looked at every WATCH_MS.
 *
 * Threads: eg_station_run() may run in any thread. Workers have every signal blocked but those of their own
 * faults, so that handlers run in the program's own threads. `lock` guards `running` only and is never held
 * across a call into another module.
 */

#include "engine/line/pipeline.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define WATCH_MS 50

/* Frames of the loader are the largest thing on a worker's stack, some 50 KiB; the rest is for the libraries.
 */
#define STACK_SIZE (512 * 1024)

struct watch {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    unsigned running;
};

struct worker {
    pthread_t thread;
    struct eg_cancel cancel;
    struct eg_run run;
    const struct eg_stage *const *stages;
    struct eg_result *result;
    struct watch *watch;
};

enum eg_code eg_pipeline_order(const struct eg_stage **ordered, unsigned room, struct eg_error *err)
{
    return eg__pipeline_order(eg_stages, ordered, room, err);
}

static void *work(void *context)
{
    struct worker *worker = context;

    eg__pipeline_run(&worker->run, worker->stages, worker->result);
    pthread_mutex_lock(&worker->watch->lock);
    worker->watch->running--;
    pthread_cond_signal(&worker->watch->ended);
    pthread_mutex_unlock(&worker->watch->lock);
    return NULL;
}

static enum eg_code start(struct worker *worker, struct eg_error *err)
{
    static const int own[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV}; /* a thread's own faults */
    pthread_attr_t attr;
    sigset_t blocked, former;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        sigdelset(&blocked, own[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, &former);
    const int failed = pthread_create(&worker->thread, &attr, work, worker);
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    pthread_attr_destroy(&attr);
    if (failed != 0)
        return eg_error_errno(err, EG_IO, failed, "starting a thread for slot %s", worker->run.slot);
    return EG_OK;
}

static void cancel_all(struct worker *workers, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        eg_cancel_request(&workers[i].cancel);
}

static void wait_for_all(struct watch *watch, struct worker *workers, unsigned count,
                         const struct eg_cancel *cancel)
{
    pthread_mutex_lock(&watch->lock);
    while (watch->running != 0) {
        struct timespec until;

        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += WATCH_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&watch->ended, &watch->lock, &until);
        if (eg_cancel_requested(cancel))
            cancel_all(workers, count);
    }
    pthread_mutex_unlock(&watch->lock);
    for (unsigned i = 0; i < count; i++)
        pthread_join(workers[i].thread, NULL);
}

static void watch_init(struct watch *watch, unsigned running)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->ended, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&watch->lock, NULL);
    watch->running = running;
}

static void watch_finish(struct watch *watch)
{
    pthread_cond_destroy(&watch->ended);
    pthread_mutex_destroy(&watch->lock);
}

static void claims_cleanup(struct eg_claims **claims)
{
    eg_claims_destroy(*claims);
}

enum eg_code eg_station_run(const struct eg_station *station, const struct eg_cancel *cancel,
                            struct eg_result *results, struct eg_error *err)
{
    const struct eg_stage *stages[EG__STAGES_MAX];
    EG_CLEANUP(claims_cleanup) struct eg_claims *claims = NULL;
    EG_CLEANUP(eg_free_cleanup) struct worker *workers = NULL;
    EG_CLEANUP(watch_finish) struct watch watch;
    enum eg_code code = EG_OK;
    unsigned started = 0;

    watch_init(&watch, station->slot_count);
    EG_TRY(eg_pipeline_order(stages, EG__STAGES_MAX, err));
    EG_TRY(eg_alloc(&workers, station->slot_count, sizeof *workers, err));
    claims = eg_claims_create();
    if (claims == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory for the station");

    for (; started < station->slot_count; started++) {
        struct worker *worker = &workers[started];
        worker->run = (struct eg_run){
            .plan = station->plan,
            .recorder = station->recorder,
            .logger = station->logger,
            .cancel = &worker->cancel,
            .schemes = station->schemes,
            .stub_dir = station->stub_dir,
            .claims = claims,
            .slot = station->slots[started].name,
            .url = station->slots[started].url,
        };
        atomic_init(&worker->cancel.requested, eg_cancel_requested(cancel));
        worker->stages = stages;
        worker->result = &results[started];
        worker->watch = &watch;
        code = start(worker, err);
        if (code != EG_OK)
            break;
    }
    if (code != EG_OK) {
        cancel_all(workers, started);
        pthread_mutex_lock(&watch.lock);
        watch.running -= station->slot_count - started;
        pthread_mutex_unlock(&watch.lock);
    }
    wait_for_all(&watch, workers, started, cancel);
    return code;
}
