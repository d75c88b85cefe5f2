/* SPDX-License-Identifier: Apache-2.0 */

/* Which parts of a region the flash does not hold yet, by the chip's own digests. */

#ifndef ENGINE_STAGES_CHANGES_H
#define ENGINE_STAGES_CHANGES_H

#include "engine/stages/run.h"

/** Bytes of a region from `at` on: whole sectors, except for the region's end. */
struct eg_stretch {
    uint32_t at, size;
};

struct eg_changes {
    struct eg_stretch *stretches; /* ascending, none touches the next */
    unsigned count;
    uint32_t size; /* sum of the stretches */
    bool whole;    /* nothing differs, by one digest over the whole region */
};

/**
 * Compare a region with the flash: as a whole where the ledger's last run of the board left the same bytes,
 * else in blocks of 64 KiB, and blocks that differ by sectors. All of the region differs where the loader
 * computes no digest.
 */
enum eg_code eg_changes_find(struct eg_run *run, const struct eg_region *region, struct eg_changes *changes,
                             struct eg_error *err) EG_CHECKED;

void eg_changes_finish(struct eg_changes *changes);

#endif
