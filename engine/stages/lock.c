/* SPDX-License-Identifier: Apache-2.0 */

/* lock: burn switches and protection. What the chip does with them shows at its next reset, which the test of
 * the job watches. */

#include "engine/stages/secure.h"

static bool applies(const struct eg_plan *plan)
{
    return eg_provision_burns(plan, EG_PROVISION_LOCK);
}

static enum eg_code burn_locks(struct eg_run *run, struct eg_error *err)
{
    return eg_run_burn(run, EG_PROVISION_LOCK, err);
}

const struct eg_stage eg_stage_lock = {
    .name = "lock",
    .summary = "burn secure boot's switch, JTAG's, the job's own eFuses, and their protection",
    .order = 65,
    .needs = EG_FACT_CONNECTED | EG_FACT_VERIFIED,
    .weight = 1,
    .applies = applies,
    .run = burn_locks,
};
