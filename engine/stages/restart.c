/* SPDX-License-Identifier: Apache-2.0 */

/* restart: the application starts once more, now that the loader is closed. The test before proved the chip
 * as it was before its last burn; the last word is about the board that leaves the line. */

#include "engine/stages/restart.h"

#include "engine/provision/provision.h"

static bool applies(const struct eg_plan *plan)
{
    return eg_provision_burns(plan, EG_PROVISION_CLOSE) && eg_plan_setting(plan, "test")->group_count > 0;
}

const struct eg_stage eg_stage_restart = {
    .name = "restart",
    .summary = "start the application once more after the loader was closed",
    .order = 88,
    .needs = EG_FACT_CONNECTED | EG_FACT_VERIFIED,
    .weight = 2,
    .applies = applies,
    .run = eg_run_start_again,
};
