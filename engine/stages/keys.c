/* SPDX-License-Identifier: Apache-2.0 */

/* keys: burn the digests of the public keys of secure boot, once the flash holds what they are for. */

#include "engine/stages/secure.h"

static bool applies(const struct eg_plan *plan)
{
    return eg_provision_burns(plan, EG_PROVISION_KEYS);
}

static enum eg_code burn_keys(struct eg_run *run, struct eg_error *err)
{
    return eg_run_burn(run, EG_PROVISION_KEYS, err);
}

const struct eg_stage eg_stage_keys = {
    .name = "keys",
    .summary = "burn the digests of the keys of secure boot",
    .order = 62,
    .needs = EG_FACT_CONNECTED | EG_FACT_VERIFIED,
    .weight = 1,
    .applies = applies,
    .run = burn_keys,
};
