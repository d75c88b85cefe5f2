/* SPDX-License-Identifier: Apache-2.0 */

/* One stage, or one hook, at work: its record and what is logged of it. The worker's thread. */

#ifndef ENGINE_LINE_STEP_H
#define ENGINE_LINE_STEP_H

#include "engine/stages/run.h"

/** What an attempt has had over its link so far. */
struct eg__traffic {
    uint64_t sent, received, wire_ns;
    unsigned resends, requests, redos;
};

struct eg__traffic eg__traffic_of(const struct eg_run *run);

struct eg__step {
    struct eg_stage_record *record;
    struct eg__traffic before;
    uint64_t start_us;
};

/** Begin a stage: it is the run's from now on, and told. `record` is the caller's, and is filled in. */
struct eg__step eg__step_begin(struct eg_run *run, const struct eg_stage *stage,
                               struct eg_stage_record *record);

/**
 * End it: its record gets times, bytes and what limited it, and it is told.
 *
 * @param level  from which verbosity on
 * @param err    read if `code` is not EG_OK
 */
void eg__step_end(struct eg_run *run, const struct eg__step *step, enum eg_code code, enum eg_verbosity level,
                  const struct eg_error *err);

#endif
