/* SPDX-License-Identifier: Apache-2.0 */

/* One board in every slot, all at once. The thread that calls eg_station_run() is the station's and waits. */

#include "engine/line/station.h"
#include "engine/line/worker.h"
#include "engine/stages/stages.h"
#include "engine/stages/slot.h"
#include "engine/stages/claims.h"

static void cancel_all(struct eg__worker *workers, unsigned count, const struct eg_cancel *cancel)
{
    for (unsigned i = 0; i < count; i++)
        eg_cancel_pass_on(&workers[i].cancel, cancel);
}

/* A board that was green before another one showed its MAC. */
static void withdraw(struct eg__worker *worker, struct eg__crew *crew)
{
    if (!eg__worker_disputed(worker))
        return;
    eg__worker_withdraw(worker, crew);
    eg__thread_join(&worker->thread);
}

static void claims_cleanup(struct eg_claims **claims)
{
    eg_claims_destroy(*claims);
}

enum eg_code eg_station_run(const struct eg_station *station, const struct eg_cancel *cancel,
                            struct eg_result *results, struct eg_error *err)
{
    const struct eg_stage *stages[EG_STAGES_MAX];
    EG_CLEANUP(claims_cleanup) struct eg_claims *claims = NULL;
    EG_CLEANUP(eg_free_cleanup) struct eg__worker *workers = NULL;
    EG_CLEANUP(eg__crew_finish) struct eg__crew crew;

    eg__crew_init(&crew, station);
    EG_TRY(eg_stages_order(eg_stages, stages, err));
    EG_TRY(eg_alloc(&workers, station->slot_count, sizeof *workers, err));
    claims = eg_claims_create();
    if (claims == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory for the station");

    for (unsigned i = 0; i < station->slot_count; i++) {
        const struct eg_slot *const slot = &station->slots[i];
        eg__worker_start(&workers[i], &crew, station, slot, false, slot->label == NULL, claims, stages,
                         cancel);
    }
    while (eg__crew_wait(&crew) != 0) {
        if (eg_cancel_requested(cancel))
            cancel_all(workers, station->slot_count, cancel);
    }
    for (unsigned i = 0; i < station->slot_count; i++)
        eg__thread_join(&workers[i].thread);
    for (unsigned i = 0; i < station->slot_count; i++)
        withdraw(&workers[i], &crew);
    for (unsigned i = 0; i < station->slot_count; i++)
        results[i] = workers[i].result;
    return EG_OK;
}
