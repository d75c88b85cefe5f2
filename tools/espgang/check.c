/* SPDX-License-Identifier: Apache-2.0 */

/* espgang check: validate a job file and show the plan. */

#include "jobs/job.h"
#include "tools/espgang/cli.h"

enum cli_status cli_check(int argc, const char **argv)
{
    const struct poptOption options[] = {POPT_AUTOHELP POPT_TABLEEND};
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = NULL;
    struct eg_error err;

    if (!cli_options(&context, argc, argv, options, "JOB"))
        return CLI_USAGE;
    const char *job = poptGetArg(context);
    if (job == NULL)
        return cli_usage(context, "check what? name a job file");
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "one job file at a time, not '%s' too", poptPeekArg(context));
    if (eg_job_load(&plan, job, &err) != EG_OK) {
        cli_fail(&err);
        return CLI_USAGE;
    }
    if (eg_job_explain(plan, stdout, &err) != EG_OK)
        return cli_fail(&err);
    return CLI_OK;
}
