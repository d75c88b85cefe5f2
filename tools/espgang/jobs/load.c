/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/jobs/load.h"

#include "engine/stages/stages.h"
#include "jobs/job.h"
#include "jobs/trust.h"

enum eg_code cli_blame_job(struct eg_error *err)
{
    if (eg_code_blame(err->code) != EG_BLAME_JOB)
        err->code = EG_BAD_JOB;
    return err->code;
}

enum eg_code cli_load_job(struct eg_plan **plan, const struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_trust_finish) struct eg_trust trust = {.count = 0};

    EG_TRY(eg_trust_read(&trust, cli_text(call, "trust-dir"), err));
    if (eg_job_load_trusted(plan, call->argument[0], &trust, eg_stages, err) != EG_OK)
        return cli_blame_job(err);
    return EG_OK;
}
