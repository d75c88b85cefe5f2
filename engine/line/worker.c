/* SPDX-License-Identifier: Apache-2.0 */

/* Worker threads. They have every signal blocked but those of their own faults, so that handlers run in the
 * program's own threads. */

#include "engine/line/worker.h"

#include "engine/base/thread.h"
#include "engine/line/choose.h"
#include "engine/stages/slot.h"

/* Frames of the loader are the largest thing on a worker's stack, some 50 KiB; the rest is for the libraries.
 */
#define STACK_SIZE (512 * 1024)

void eg__crew_init(struct eg__crew *crew, const struct eg_station *station)
{
    eg_cond_init(&crew->one_ended);
    pthread_mutex_init(&crew->lock, NULL);
    crew->running = 0;
    eg__gate_init(&crew->gate, &station->turns);
    crew->pace = eg_pace_create();
}

void eg__crew_finish(struct eg__crew *crew)
{
    eg_pace_destroy(crew->pace);
    eg__gate_finish(&crew->gate);
    pthread_cond_destroy(&crew->one_ended);
    pthread_mutex_destroy(&crew->lock);
}

unsigned eg__crew_wait(struct eg__crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    if (crew->running != 0)
        eg_cond_wait_ms(&crew->one_ended, &crew->lock, EG__CREW_WAIT_MS);
    const unsigned running = crew->running;
    pthread_mutex_unlock(&crew->lock);
    return running;
}

static void *work(void *context)
{
    struct eg__thread *const thread = context;

    thread->work(thread->context);
    pthread_mutex_lock(&thread->crew->lock);
    thread->crew->running--;
    thread->ended = true;
    pthread_cond_signal(&thread->crew->one_ended);
    pthread_mutex_unlock(&thread->crew->lock);
    return NULL;
}

static void count_in(struct eg__crew *crew, int change)
{
    pthread_mutex_lock(&crew->lock);
    crew->running += (unsigned)change;
    pthread_mutex_unlock(&crew->lock);
}

enum eg_code eg__thread_start(struct eg__thread *thread, struct eg__crew *crew, const char *slot,
                              void (*action)(void *context), void *context, struct eg_error *err)
{
    *thread = (struct eg__thread){.crew = crew, .work = action, .context = context};
    count_in(crew, 1);
    const int failed = eg_thread_start(&thread->thread, STACK_SIZE, work, thread);
    if (failed != 0) {
        count_in(crew, -1);
        return eg_error_errno(err, EG_IO, failed, "starting a thread for slot %s", slot);
    }
    return EG_OK;
}

bool eg__thread_ended(struct eg__thread *thread)
{
    pthread_mutex_lock(&thread->crew->lock);
    const bool ended = thread->ended;
    pthread_mutex_unlock(&thread->crew->lock);
    return ended;
}

void eg__thread_join(struct eg__thread *thread)
{
    if (!thread->absent)
        pthread_join(thread->thread, NULL);
}

/* For who looks at the slot: its board is there, and waits for others. */
static void tell_waiting(struct eg_logger *logger, const char *slot, const char *url)
{
    eg_log_record(logger, &(struct eg_log_record){
                              .kind = EG_LOG_STAGE_BEGIN,
                              .level = EG_NORMAL,
                              .origin = {slot, url, ""},
                              .text = "",
                              .stage = EG__STAGE_TURN,
                              .outcome = "",
                          });
}

bool eg__crew_enter(struct eg__crew *crew, const struct eg_slot *slot, struct eg_logger *logger, bool *queued)
{
    const bool entered = eg__gate_try(&crew->gate, slot->group);

    if (!entered && !*queued)
        tell_waiting(logger, slot->name, slot->url);
    *queued = !entered;
    return entered;
}

static void run_board(void *context)
{
    struct eg__worker *const worker = context;
    struct eg__gate *const gate = &worker->thread.crew->gate;
    struct eg_error err;
    bool entered = !worker->entered && eg__gate_try(gate, worker->group);

    if (!entered && !worker->entered) {
        tell_waiting(worker->run.logger, worker->run.slot, worker->run.url);
        entered = eg__gate_enter(gate, worker->group, &worker->cancel);
    }
    if (eg__choose_job(&worker->run, worker->station, &err) == EG_OK)
        eg__pipeline_run(&worker->run, worker->stages, &worker->result);
    else
        eg__pipeline_refuse(&worker->run, &err, &worker->result);
    if (entered)
        eg__gate_leave(gate, worker->group);
}

void eg__worker_start(struct eg__worker *worker, struct eg__crew *crew, const struct eg_station *station,
                      const struct eg_slot *slot, bool entered, bool replaceable, struct eg_claims *claims,
                      const struct eg_stage *const *stages, const struct eg_cancel *cancel)
{
    struct eg_error err;

    *worker = (struct eg__worker){
        .run =
            {
                .plan = station->plan,
                .recorder = station->recorder,
                .logger = station->logger,
                .cancel = &worker->cancel,
                .schemes = station->schemes,
                .stub_dir = station->stub_dir,
                .private_key = station->private_key,
                .claims = claims,
                .pace = crew->pace,
                .slot = slot->name,
                .address = eg_slot_address(slot),
                .url = slot->url,
                .label = slot->label,
                .presence = slot->presence,
                .bridge = slot->bridge,
                .baud_most = slot->baud,
                .power = station->power,
                .replaceable = replaceable,
                .batch = station->batch,
            },
        .station = station,
        .group = slot->group,
        .entered = entered,
        .stages = stages,
    };
    if (eg_cancel_requested(cancel))
        eg_cancel_pass_on(&worker->cancel, cancel);
    if (eg__thread_start(&worker->thread, crew, slot->name, run_board, worker, &err) == EG_OK)
        return;
    worker->thread.ended = worker->thread.absent = true;
    eg__pipeline_refuse(&worker->run, &err, &worker->result);
}

void eg__worker_leave(struct eg__worker *worker)
{
    if (worker->entered)
        eg__gate_leave(&worker->thread.crew->gate, worker->group);
    worker->entered = false;
}

static void withdraw_board(void *context)
{
    struct eg__worker *const worker = context;

    eg__pipeline_withdraw(&worker->run, worker->rival, &worker->result);
}

bool eg__worker_disputed(struct eg__worker *worker)
{
    return eg_outcome_passed(worker->result.outcome) &&
           eg_claims_disputed(worker->run.claims, worker->run.slot, worker->rival);
}

void eg__worker_withdraw(struct eg__worker *worker, struct eg__crew *crew)
{
    struct eg_error err;

    if (eg__thread_start(&worker->thread, crew, worker->run.slot, withdraw_board, worker, &err) == EG_OK)
        return;
    worker->thread.ended = worker->thread.absent = true;
    withdraw_board(worker);
}
