/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/pace.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define WORKS_MOST  128    /* then the one that was begun first makes room */
#define LEAST_US    250000 /* an excess that a busy computer may make */
#define SPREAD_PART 50     /* times are told apart by a fiftieth of the median, at best */

struct times {
    struct eg_pace_work work;
    uint64_t us[EG_PACE_KEPT];
    unsigned taken; /* the newest is at taken - 1, modulo */
};

struct eg_pace {
    pthread_mutex_t lock; /* guards what is below */
    struct times *works[WORKS_MOST];
    unsigned begun; /* the newest is at begun - 1, modulo */
};

struct eg_pace *eg_pace_create(void)
{
    struct eg_pace *const pace = calloc(1, sizeof *pace);

    if (pace != NULL)
        pthread_mutex_init(&pace->lock, NULL);
    return pace;
}

void eg_pace_destroy(struct eg_pace *pace)
{
    if (pace == NULL)
        return;
    for (unsigned i = 0; i < WORKS_MOST; i++)
        free(pace->works[i]);
    pthread_mutex_destroy(&pace->lock);
    free(pace);
}

static bool is_same(const struct eg_pace_work *one, const struct eg_pace_work *other)
{
    return one->plan == other->plan && one->region == other->region &&
           one->flash_jedec == other->flash_jedec && one->written == other->written &&
           one->baud == other->baud;
}

/* NULL = no memory. */
static struct times *find(struct eg_pace *pace, const struct eg_pace_work *work)
{
    for (unsigned i = 0; i < WORKS_MOST && pace->works[i] != NULL; i++)
        if (is_same(&pace->works[i]->work, work))
            return pace->works[i];
    struct times *const made = calloc(1, sizeof *made);
    if (made == NULL)
        return NULL;
    made->work = *work;
    free(pace->works[pace->begun % WORKS_MOST]);
    return pace->works[pace->begun++ % WORKS_MOST] = made;
}

static int by_size(const void *one, const void *other)
{
    const uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

    return a < b ? -1 : a > b;
}

static uint64_t median(uint64_t *values, unsigned count)
{
    qsort(values, count, sizeof *values, by_size);
    return values[count / 2];
}

static bool is_slow(const struct times *times, uint64_t us)
{
    const unsigned count = times->taken < EG_PACE_KEPT ? times->taken : EG_PACE_KEPT;
    uint64_t sorted[EG_PACE_KEPT];

    if (count < EG_PACE_FEW)
        return false;
    memcpy(sorted, times->us, sizeof sorted);
    const uint64_t middle = median(sorted, count);
    for (unsigned i = 0; i < count; i++)
        sorted[i] = sorted[i] < middle ? middle - sorted[i] : sorted[i] - middle;
    uint64_t spread = median(sorted, count);
    if (spread < middle / SPREAD_PART)
        spread = middle / SPREAD_PART;
    return us > middle + EG_PACE_SPREADS * spread && us - middle >= LEAST_US;
}

bool eg_pace_take(struct eg_pace *pace, const struct eg_pace_work *work, uint64_t wire_us, uint64_t total_us)
{
    bool slow = false;

    if (pace == NULL || wire_us == 0 || total_us < wire_us)
        return false;
    pthread_mutex_lock(&pace->lock);
    struct times *const times = find(pace, work);
    if (times != NULL) {
        slow = is_slow(times, total_us);
        times->us[times->taken++ % EG_PACE_KEPT] = total_us;
    }
    pthread_mutex_unlock(&pace->lock);
    return slow;
}
