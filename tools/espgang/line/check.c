/* SPDX-License-Identifier: Apache-2.0 */

/* espgang check: validate a job file or bundle and show the plan. */

#include "jobs/job.h"
#include "tools/espgang/cli.h"

enum cli_status cli_check(int argc, const char **argv)
{
    EG_CLEANUP(eg_free_cleanup) char *trust_dir = NULL;
    const struct poptOption options[] = {
        {"trust-dir", 0, POPT_ARG_STRING, &trust_dir, 0, CLI_TRUST_DIR_HELP, "DIR"},
        POPT_AUTOHELP POPT_TABLEEND};
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = NULL;
    struct eg_error err;

    if (!cli_options(&context, argc, argv, options, "JOB"))
        return CLI_USAGE;
    const char *job = poptGetArg(context);
    if (job == NULL)
        return cli_usage(context, "check what? name a job file or a bundle");
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "one job file at a time, not '%s' too", poptPeekArg(context));
    const enum cli_status status = cli_load_job(&plan, job, trust_dir);
    if (status != CLI_OK)
        return status;
    if (eg_job_explain(plan, stdout, &err) != EG_OK)
        return cli_fail(&err);
    return CLI_OK;
}
