/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/line/limit.h"

uint64_t eg__floor_us(const struct eg_run *run, uint64_t wire_us, uint64_t duration_us)
{
    return run->native_usb || wire_us > duration_us ? 0 : wire_us;
}

/* A stub erases within the times of the blocks: there, a used part is told by its earlier run. */
static bool erased(const struct eg_run *run, uint64_t over_us)
{
    uint64_t erase_us = 0;
    bool first = false;

    for (unsigned i = 0; i < eg_run_region_count(run); i++) {
        first = first || run->regions[i].times.erases_first;
        erase_us += run->regions[i].times.erases_first ? run->regions[i].times.erase_us : 0;
    }
    return first ? erase_us >= over_us / 2 : run->written_before;
}

/* A write of what changed asks for digests first, and may have little to write. */
static enum eg_limit limit_of_write(const struct eg_run *run, const struct eg_stage_record *record,
                                    uint64_t over_us)
{
    uint64_t writing_us = 0;
    bool partly = false;

    for (unsigned i = 0; i < eg_run_region_count(run); i++) {
        const struct eg_region_record *const region = &run->regions[i];
        writing_us += region->times.total_us;
        partly = partly || region->written < region->size;
    }
    if (writing_us < record->duration_us / 2)
        return partly ? EG_LIMIT_DIGEST : EG_LIMIT_NONE;
    return erased(run, over_us) ? EG_LIMIT_ERASE : EG_LIMIT_FLASH;
}

enum eg_limit eg__limit_of(const struct eg_run *run, const struct eg_stage_record *record, unsigned requests,
                           unsigned redos)
{
    const uint64_t over_us = record->duration_us - record->wire_us;
    const bool untimed = record->wire_us == 0 && !run->native_usb;

    if (requests == 0 || untimed)
        return EG_LIMIT_NONE;
    if (record->resends > 0 || redos > 0)
        return EG_LIMIT_RESENDS;
    if (over_us <= record->wire_us / 10)
        return EG_LIMIT_RATE;
    if ((uint64_t)requests * run->loader.round_trip_us >= over_us / 2)
        return EG_LIMIT_LATENCY;
    if ((run->stage->gives & EG_FACT_WRITTEN) != 0)
        return limit_of_write(run, record, over_us);
    return (run->stage->gives & EG_FACT_VERIFIED) != 0 ? EG_LIMIT_DIGEST : EG_LIMIT_NONE;
}
