/* SPDX-License-Identifier: Apache-2.0 */

/* The steps of a job's test, ready for use: patterns compiled, what is sent checked. */

#ifndef ENGINE_STAGES_STEPS_H
#define ENGINE_STAGES_STEPS_H

#include "engine/plan/plan.h"
#include "engine/stages/pattern.h"

#include <stdint.h>

#define EG_STEP_SEND_MAX 500 /* bytes */

/** Keys of one step in the job file. */
extern const struct eg_option eg_step_options[];

struct eg_step {
    struct eg_pattern expect; /* its text NULL = none: the step lasts its whole time */
    struct eg_pattern *forbid;
    unsigned forbid_count;
    uint32_t timeout_ms, baud;
    const char *send; /* NULL = nothing */
};

/** Zero-initialise it; eg_steps_finish() frees what is in it. Its texts are those of the plan. */
struct eg_steps {
    struct eg_step *list;
    unsigned count; /* of the job; list[count] is the settling after them, which expects nothing */
};

/** Take the steps from a plan. EG_BAD_JOB: `*place` is that of the setting at fault. EG_NO_MEMORY. */
enum eg_code eg_steps_init(struct eg_steps *steps, const struct eg_plan *plan, const char **place,
                           struct eg_error *err) EG_CHECKED;
void eg_steps_finish(struct eg_steps *steps);

/** Return how many bytes a step sends; `bytes` gets them. */
size_t eg_step_bytes(const struct eg_step *step, uint8_t bytes[EG_STEP_SEND_MAX]);

#endif
