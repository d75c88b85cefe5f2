/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One thread per board, and the crew of them that a station waits for. Only for this folder.
 *
 * Workers share nothing but what is read-only, the claims and the recorder, so none can hold up another. Each
 * has a cancel flag of its own; the station's thread passes its own flag on to them, because that one may be
 * set by a signal handler, which can wake nobody, and so is looked at every EG__CREW_WAIT_MS.
 */

#ifndef ENGINE_LINE_WORKER_H
#define ENGINE_LINE_WORKER_H

#include "engine/line/gate.h"
#include "engine/line/pipeline.h"
#include "engine/stages/claims.h"
#include "engine/stages/pace.h"
#include "engine/stages/slot.h"

#include <pthread.h>

#define EG__CREW_WAIT_MS 50

/** What a board is told to be at while it waits for its turn (struct eg_turns). */
#define EG__STAGE_TURN "wait-for-turn"

/** `lock` guards `running` and every thread's `ended`, and is never held across a call into another module.
 */
struct eg__crew {
    pthread_mutex_t lock;
    pthread_cond_t one_ended;
    unsigned running;
    struct eg__gate gate; /* has a lock of its own */
    struct eg_pace *pace; /* likewise; NULL = there was no memory */
};

/** One thread of the crew, which does one thing. */
struct eg__thread {
    pthread_t thread;
    struct eg__crew *crew;
    void (*work)(void *context);
    void *context;
    bool ended;
    bool absent; /* it could not be started, so there is nothing to join */
};

struct eg__worker {
    struct eg__thread thread;
    const struct eg_station *station;
    struct eg_cancel cancel;
    const char *group; /* of its slot; NULL = none */
    bool entered;      /* its board's turn had come before it was started */
    struct eg_run run;
    const struct eg_stage *const *stages;
    struct eg_result result;
    char rival[EG_CLAIM_SLOT]; /* for which a pass is taken back */
};

void eg__crew_init(struct eg__crew *crew, const struct eg_station *station);
void eg__crew_finish(struct eg__crew *crew);

/** Wait until a worker ends, EG__CREW_WAIT_MS at most, not at all when none runs; the number of those still
 * running. */
unsigned eg__crew_wait(struct eg__crew *crew);

/** Enter the gate if it is the turn of the board in a slot. Else log that it waits, once: `*queued` says
 * afterwards whether it does, and false before the first call for a board. */
bool eg__crew_enter(struct eg__crew *crew, const struct eg_slot *slot, struct eg_logger *logger,
                    bool *queued);

/** Start a thread; the struct must stay where it is until eg__thread_join(). `slot` is for the sentence.
 * EG_IO.
 */
enum eg_code eg__thread_start(struct eg__thread *thread, struct eg__crew *crew, const char *slot,
                              void (*work)(void *context), void *context, struct eg_error *err) EG_CHECKED;

/** Return whether the thread has ended; eg__thread_join() then does not wait. */
bool eg__thread_ended(struct eg__thread *thread);
void eg__thread_join(struct eg__thread *thread);

/**
 * Start a worker on the board in a slot. If no thread can be started, the run is recorded at once as an error
 * of the host, and the worker has ended: one board does not take the others with it.
 *
 * @param worker  room for it; must stay where it is until its thread is joined
 * @param slot    its strings must outlive the worker and its result
 * @param entered  eg__crew_enter() let the board in, and eg__worker_leave() follows; else the worker waits
 * for its turn
 * @param replaceable  see struct eg_run
 * @param cancel  the station's flag; when it is set already the run ends as aborted without touching the
 * board
 */
void eg__worker_start(struct eg__worker *worker, struct eg__crew *crew, const struct eg_station *station,
                      const struct eg_slot *slot, bool entered, bool replaceable, struct eg_claims *claims,
                      const struct eg_stage *const *stages, const struct eg_cancel *cancel);

/** Let the next board have its turn, if this one has entered before its start: once its result is known to
 * whoever may hold back boards. */
void eg__worker_leave(struct eg__worker *worker);

/** Return whether the worker, which has ended, has passed a board whose MAC another slot has shown by now. */
bool eg__worker_disputed(struct eg__worker *worker);

/** Start the same worker once more, to take back the pass of a board that is disputed
 * (eg__pipeline_withdraw()). If no thread can be started, this is done before the call returns. */
void eg__worker_withdraw(struct eg__worker *worker, struct eg__crew *crew);

#endif
