/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/command.h"

/* The frame leaves the loader after every command; this one does nothing before that. */
static enum eg_code reset(struct cli_call *call, struct eg_error *err)
{
    const char *after = cli_text(call, "after");

    (void)err;
    cli_say(call, "leaving the loader by %s", after != NULL ? after : "hard-reset");
    return EG_OK;
}

const struct cli_command cli_command_reset = {
    .name = "reset",
    .group = CLI_ONE_BOARD,
    .summary = "Connect, then leave the loader as --after says",
    .arguments = "",
    .flags = CLI_BOARD | CLI_SECURE,
    .run = reset,
};
