/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/command.h"

static enum eg_code run_application(struct cli_call *call, struct eg_error *err)
{
    EG_TRY(eg_board_run(call->board, err));
    cli_say(call, "the application runs");
    return EG_OK;
}

const struct cli_command cli_command_run_application = {
    .name = "run",
    .group = CLI_ONE_BOARD,
    .summary = "Without a job file: start the application in the board's flash",
    .arguments = "",
    .flags = CLI_BOARD | CLI_FLASH | CLI_STAYS,
    .run = run_application,
};
