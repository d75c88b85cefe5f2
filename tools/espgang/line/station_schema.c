/* SPDX-License-Identifier: Apache-2.0 */

#include "jobs/station_file.h"

#include "tools/espgang/command.h"

static enum eg_code schema(struct cli_call *call, struct eg_error *err)
{
    return cli_flag(call, "markdown") ? eg_station_file_keys(stdout, err)
                                      : eg_station_file_schema(stdout, err);
}

static const struct cli_option options[] = {
    {.name = "markdown", .help = "Print tables of all keys for people instead"}, {.name = NULL}};

const struct cli_command cli_command_station_schema = {
    .name = "station schema",
    .group = CLI_LINE,
    .summary = "Print the JSON Schema of station files, for editors, or tables of their keys",
    .arguments = "",
    .options = options,
    .run = schema,
};
