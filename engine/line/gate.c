/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/line/gate.h"

#include "engine/base/clock.h"

#include <string.h>

#define LOOK_MS 50

void eg__gate_init(struct eg__gate *gate, const struct eg_turns *turns)
{
    *gate = (struct eg__gate){.turns = turns};
    pthread_mutex_init(&gate->lock, NULL);
}

void eg__gate_finish(struct eg__gate *gate)
{
    pthread_mutex_destroy(&gate->lock);
}

/* The count of a group; NULL = it has no limit. */
static unsigned *count_of(struct eg__gate *gate, const char *group)
{
    if (group == NULL || group[0] == '\0' || gate->turns->at_once_of_group == 0)
        return NULL;
    for (unsigned i = 0; i < gate->group_count; i++)
        if (strcmp(gate->groups[i].name, group) == 0)
            return &gate->groups[i].at_work;
    if (gate->group_count == EG__GATE_GROUPS)
        return NULL;
    gate->groups[gate->group_count].name = group;
    return &gate->groups[gate->group_count++].at_work;
}

bool eg__gate_try(struct eg__gate *gate, const char *group)
{
    const struct eg_turns *const turns = gate->turns;

    pthread_mutex_lock(&gate->lock);
    unsigned *const of_group = count_of(gate, group);
    const uint64_t now_ms = eg_clock_ms();
    const bool may = (turns->at_once == 0 || gate->at_work < turns->at_once) &&
                     (of_group == NULL || *of_group < turns->at_once_of_group) && now_ms >= gate->next_ms;
    if (may) {
        gate->at_work++;
        if (of_group != NULL)
            ++*of_group;
        gate->next_ms = now_ms + turns->stagger_ms;
    }
    pthread_mutex_unlock(&gate->lock);
    return may;
}

bool eg__gate_enter(struct eg__gate *gate, const char *group, const struct eg_cancel *cancel)
{
    struct eg_error ignored;

    while (!eg__gate_try(gate, group))
        if (eg_sleep_ms(cancel, LOOK_MS, &ignored) != EG_OK)
            return false;
    return true;
}

void eg__gate_leave(struct eg__gate *gate, const char *group)
{
    pthread_mutex_lock(&gate->lock);
    unsigned *const of_group = count_of(gate, group);
    gate->at_work--;
    if (of_group != NULL)
        --*of_group;
    pthread_mutex_unlock(&gate->lock);
}
