/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Compressing in a thread of its own. It goes through the regions in their order, which is that of writing,
 * and says after each how far it is. Until then a region's stream is the thread's; afterwards it is read-only
 * like the rest of the plan.
 */

#include "engine/image/compress.h"
#include "engine/base/thread.h"
#include "engine/plan/plan.h"

#include <stdlib.h>

struct eg_packing {
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    unsigned done; /* regions */
    bool stop;
    struct eg_error failure; /* EG_OK = none */
    /* of the thread */
    struct eg_plan *plan;
    eg_pack *pack;
};

static uint64_t sent_size(const struct eg_region *region)
{
    return region->zlib.size != 0 ? region->zlib.size : region->data.size;
}

/* Return whether there is more to do. */
static bool tell(struct eg_packing *packing, const struct eg_region *region, enum eg_code code,
                 const struct eg_error *err)
{
    pthread_mutex_lock(&packing->lock);
    if (code == EG_OK)
        packing->plan->wire_size += sent_size(region);
    else
        packing->failure = *err;
    packing->done += code == EG_OK;
    const bool more = !packing->stop && code == EG_OK && packing->done < packing->plan->region_count;
    pthread_cond_broadcast(&packing->changed);
    pthread_mutex_unlock(&packing->lock);
    return more;
}

/* How far the stream goes in each block is found here, once for all boards. */
static enum eg_code pack_region(const struct eg_packing *packing, struct eg_region *region,
                                struct eg_error *err)
{
    if (region->zlib.size == 0)
        EG_TRY(packing->pack(region, err));
    return region->zlib.size == 0
               ? EG_OK
               : eg_inflate_marks(&region->marks, region->zlib.data, region->zlib.size, err);
}

static void *pack_regions(void *context)
{
    struct eg_packing *const packing = context;
    struct eg_region *region = packing->plan->regions;
    enum eg_code code;
    struct eg_error err = {0};

    do
        code = pack_region(packing, region, &err);
    while (tell(packing, region++, code, &err));
    return NULL;
}

enum eg_code eg_plan_pack_begin(struct eg_plan *plan, eg_pack *pack, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_packing *packing = NULL;

    if (plan->region_count == 0)
        return EG_OK;
    EG_TRY(eg_alloc(&packing, 1, sizeof *packing, err));
    *packing = (struct eg_packing){.plan = plan, .pack = pack};
    pthread_mutex_init(&packing->lock, NULL);
    eg_cond_init(&packing->changed);
    if (eg_thread_start(&packing->thread, 0, pack_regions, packing) != 0) {
        pthread_cond_destroy(&packing->changed);
        pthread_mutex_destroy(&packing->lock);
        return eg_error_set(err, EG_NO_MEMORY, "a thread that compresses");
    }
    plan->packing = packing;
    packing = NULL;
    return EG_OK;
}

enum eg_code eg_plan_packed(const struct eg_plan *plan, const struct eg_region *region,
                            const struct eg_cancel *cancel, struct eg_error *err)
{
    struct eg_packing *const packing = plan->packing;
    unsigned index = 0;

    while (index < plan->region_count && region != &plan->regions[index])
        index++;
    if (packing == NULL || index == plan->region_count)
        return EG_OK;
    pthread_mutex_lock(&packing->lock);
    while (packing->done <= index && packing->failure.code == EG_OK && !eg_cancel_requested(cancel))
        eg_cond_wait_ms(&packing->changed, &packing->lock, EG_CANCEL_POLL_MS);
    const bool done = packing->done > index;
    *err = packing->failure;
    pthread_mutex_unlock(&packing->lock);
    if (done)
        return EG_OK;
    return err->code != EG_OK ? eg_error_prefix(err, "compressing: ")
                              : eg_error_set(err, EG_CANCELLED, "cancelled");
}

enum eg_code eg_plan_pack_end(const struct eg_plan *plan, struct eg_error *err)
{
    return plan->region_count == 0 ? EG_OK
                                   : eg_plan_packed(plan, &plan->regions[plan->region_count - 1], NULL, err);
}

void eg__plan_pack_stop(struct eg_packing *packing)
{
    if (packing == NULL)
        return;
    pthread_mutex_lock(&packing->lock);
    packing->stop = true;
    pthread_mutex_unlock(&packing->lock);
    pthread_join(packing->thread, NULL);
    pthread_cond_destroy(&packing->changed);
    pthread_mutex_destroy(&packing->lock);
    free(packing);
}
