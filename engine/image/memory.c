/* SPDX-License-Identifier: Apache-2.0 */

/* Lookups in the memory map of a target. */

#include "engine/image/memory.h"

unsigned eg_memory_names(const char *names[EG_MEMORY_NAMES_MAX], const struct eg_target *target,
                         uint32_t addr)
{
    unsigned count = 0;

    for (const struct eg_memory_range *range = target->memory; range->name != NULL; range++)
        if (addr >= range->start && addr < range->end && count < EG_MEMORY_NAMES_MAX)
            names[count++] = range->name;
    return count;
}

bool eg_memory_is_flash(const struct eg_target *target, uint32_t addr)
{
    return (addr >= target->irom.start && addr < target->irom.end) ||
           (addr >= target->drom.start && addr < target->drom.end);
}

bool eg_memory_touches(const struct eg_target *target, uint32_t addr, uint64_t size)
{
    const uint64_t end = addr + size;

    /* The range at 0 is padding, not memory. */
    for (const struct eg_memory_range *range = target->memory; range->name != NULL; range++)
        if (range->start != 0 && addr < range->end && end > range->start)
            return true;
    return (addr < target->irom.end && end > target->irom.start) ||
           (addr < target->drom.end && end > target->drom.start) ||
           (addr < target->tcm.end && end > target->tcm.start);
}
