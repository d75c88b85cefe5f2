/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/command.h"

/* Leaves the loader itself, to say how that went. */
static enum eg_code reset(struct cli_call *call, struct eg_error *err)
{
    EG_TRY(eg_board_reset_chip(call->board, cli_after(call), err));
    cli_say(call, "left the loader: %s", eg_board_left_by(call->board));
    return EG_OK;
}

const struct cli_command cli_command_reset = {
    .name = "reset",
    .group = CLI_ONE_BOARD,
    .summary = "Connect, leave the loader as --after says, and show what was done",
    .arguments = "",
    .flags = CLI_BOARD | CLI_SECURE | CLI_LEAVES,
    .run = reset,
};
