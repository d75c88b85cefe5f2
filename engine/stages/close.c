/* SPDX-License-Identifier: Apache-2.0 */

/* close: reduce the loader, or switch it off, once the application has shown that it starts: nobody can help
 * the board afterwards. */

#include "engine/stages/secure.h"

static bool applies(const struct eg_plan *plan)
{
    return eg_provision_burns(plan, EG_PROVISION_CLOSE);
}

static enum eg_code close_loader(struct eg_run *run, struct eg_error *err)
{
    if ((run->facts & EG_FACT_LEFT) != 0)
        EG_TRY(eg_run_enter_loader(run, err));
    return eg_run_burn(run, EG_PROVISION_CLOSE, err);
}

const struct eg_stage eg_stage_close = {
    .name = "close",
    .summary = "reduce the loader to secure download mode, or switch it off",
    .order = 85,
    .needs = EG_FACT_CONNECTED | EG_FACT_VERIFIED,
    .weight = 1,
    .applies = applies,
    .run = close_loader,
};
