/* SPDX-License-Identifier: Apache-2.0 */

#include "jobs/job.h"

#include "tools/espgang/jobs/load.h"

static enum eg_code check(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = NULL;

    EG_TRY(cli_load_job(&plan, call, err));
    return eg_job_explain(plan, stdout, err);
}

static const struct cli_option options[] = {CLI_OPTION_TRUST_DIR, {.name = NULL}};

const struct cli_command cli_command_check = {
    .name = "check",
    .group = CLI_LINE,
    .summary = "Check a job file or bundle and show the plan; touch nothing",
    .arguments = "JOB",
    .details = "The job file and all files that it names are checked.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = check,
};
