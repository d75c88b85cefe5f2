/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/jobs/load.h"

#include "engine/stages/stages.h"
#include "jobs/job.h"
#include "jobs/trust.h"

#include <stdio.h>

enum eg_code cli_blame_job(struct eg_error *err)
{
    if (eg_code_blame(err->code) != EG_BLAME_JOB)
        err->code = EG_BAD_JOB;
    return err->code;
}

void cli_tell_notices(const struct eg_plan *plan)
{
    for (unsigned i = 0; i < plan->notice_count; i++) {
        const struct eg_notice *const notice = &plan->notices[i];
        if (notice->allowed)
            fprintf(stderr, "espgang: note: the job allows %s: %s\n", notice->rule->name, notice->text);
        else
            fprintf(stderr, "espgang: warning: %s\n", notice->text);
    }
}

enum eg_code cli_load_job(struct eg_plan **plan, const struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_trust_finish) struct eg_trust trust = {.count = 0};

    EG_TRY(eg_trust_read(&trust, cli_text(call, "trust-dir"), err));
    if (eg_job_load_trusted(plan, call->argument[0], &trust, eg_stages, err) != EG_OK)
        return cli_blame_job(err);
    cli_tell_notices(*plan);
    return EG_OK;
}
