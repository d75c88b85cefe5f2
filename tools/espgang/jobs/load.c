/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/jobs/load.h"

#include "engine/stages/accept.h"
#include "engine/stages/stages.h"
#include "jobs/job.h"
#include "jobs/trust.h"
#include "tools/espgang/station.h"

#include <stdio.h>
#include <stdlib.h>

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

static enum eg_code load(struct eg_plan **plan, const char *path, const struct eg_trust *trust,
                         struct eg_error *err)
{
    if (eg_job_load_trusted(plan, path, trust, eg_stages, err) != EG_OK)
        return cli_blame_job(err);
    cli_tell_notices(*plan);
    return EG_OK;
}

/* A station whose file sets the folder is closed even when there is no key in it. */
static enum eg_code read_trust(struct eg_trust *trust, const struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(cli_station_finish) struct cli_station station = {.file = NULL};
    const char *folder;

    EG_TRY(cli_station_trust(&station, call, &folder, err));
    EG_TRY(eg_trust_read(trust, folder, err));
    trust->closed = station.trust != NULL && station.trust->keys != NULL;
    return EG_OK;
}

enum eg_code cli_load_job(struct eg_plan **plan, const struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_trust_finish) struct eg_trust trust = {.count = 0};

    EG_TRY(read_trust(&trust, call, err));
    return load(plan, call->argument[0], &trust, err);
}

static enum eg_code refuse_overlap(const struct cli_jobs *jobs, struct eg_error *err)
{
    for (unsigned i = 0; i < jobs->count; i++)
        for (unsigned k = 0; k < i; k++)
            if (eg_accept_both(jobs->plans[k], jobs->plans[i]))
                return eg_error_set(err, EG_BAD_JOB,
                                    "%s and %s: both may fit the same %s; give them rules that exclude each "
                                    "other, such as accept.revision, accept.flash_size or accept.mac",
                                    jobs->plans[k]->job_path, jobs->plans[i]->job_path,
                                    jobs->plans[i]->target->label);
    return EG_OK;
}

enum eg_code cli_load_jobs(struct cli_jobs *jobs, const struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_trust_finish) struct eg_trust trust = {.count = 0};

    EG_TRY(read_trust(&trust, call, err));
    EG_TRY(eg_alloc(&jobs->plans, (size_t)call->count, sizeof *jobs->plans, err));
    while (jobs->count < (unsigned)call->count) {
        EG_TRY(load(&jobs->plans[jobs->count], call->argument[jobs->count], &trust, err));
        jobs->count++;
    }
    return refuse_overlap(jobs, err);
}

void cli_jobs_finish(struct cli_jobs *jobs)
{
    for (unsigned i = 0; i < jobs->count; i++)
        eg_plan_destroy(jobs->plans[i]);
    free(jobs->plans);
}
