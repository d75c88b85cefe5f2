/* SPDX-License-Identifier: Apache-2.0 */

#include "jobs/schema.h"

#include "engine/stages/stages.h"
#include "tools/espgang/command.h"

static enum eg_code schema(struct cli_call *call, struct eg_error *err)
{
    return cli_flag(call, "markdown") ? eg_job_keys(stdout, eg_stages, err)
                                      : eg_job_schema(stdout, eg_stages, err);
}

static const struct cli_option options[] = {
    {.name = "markdown", .help = "Print tables of all keys for people instead"}, {.name = NULL}};

const struct cli_command cli_command_schema = {
    .name = "schema",
    .group = CLI_JOBS,
    .summary = "Print the JSON Schema of job files, for editors, or tables of their keys",
    .arguments = "",
    .details = "Editors complete and check a YAML file whose first line names the schema:\n"
               "\n"
               "  # yaml-language-server: $schema=espgang.schema.json",
    .options = options,
    .run = schema,
};
