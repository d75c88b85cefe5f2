/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How many boards are at work at once, and how soon one begins after another: a supply or a hub may not take
 * all. Only for this folder.
 *
 * Threads: any; a thread that waits looks at its cancel flag every 50 ms.
 */

#ifndef ENGINE_LINE_GATE_H
#define ENGINE_LINE_GATE_H

#include "engine/line/line.h"

#include <pthread.h>

#define EG__GATE_GROUPS 64 /* further ones have no limit of their own */

struct eg__gate {
    pthread_mutex_t lock; /* guards what is below */
    const struct eg_turns *turns;
    unsigned at_work;
    uint64_t next_ms; /* no board begins before it */
    struct {
        const char *name; /* of the station's slots */
        unsigned at_work;
    } groups[EG__GATE_GROUPS];
    unsigned group_count;
};

void eg__gate_init(struct eg__gate *gate, const struct eg_turns *turns);
void eg__gate_finish(struct eg__gate *gate);

/** Enter if it is the board's turn. The caller leaves the gate when the board is done. */
bool eg__gate_try(struct eg__gate *gate, const char *group);

/** Wait until it is the board's turn; false = cancelled, and it did not enter. `group` may be NULL. */
bool eg__gate_enter(struct eg__gate *gate, const char *group, const struct eg_cancel *cancel);
void eg__gate_leave(struct eg__gate *gate, const char *group);

#endif
