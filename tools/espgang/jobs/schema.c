/* SPDX-License-Identifier: Apache-2.0 */

/* espgang schema: what a job file may say, for editors and for people. */

#include "jobs/schema.h"
#include "engine/stages/stages.h"
#include "tools/espgang/cli.h"

enum cli_status cli_schema(int argc, const char **argv)
{
    int markdown = 0;
    /* clang-format off */
    const struct poptOption options[] = {
        {"markdown", 0, POPT_ARG_NONE, &markdown, 0, "tables for people instead of JSON Schema", NULL},
        POPT_AUTOHELP POPT_TABLEEND};
    /* clang-format on */
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;
    struct eg_error err;

    if (!cli_options(&context, argc, argv, options, ""))
        return CLI_USAGE;
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "schema takes no arguments, not '%s'", poptPeekArg(context));
    if ((markdown ? eg_job_keys(stdout, eg_stages, &err) : eg_job_schema(stdout, eg_stages, &err)) != EG_OK)
        return cli_fail(&err);
    return CLI_OK;
}
