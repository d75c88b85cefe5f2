/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/command.h"

static enum eg_code load_ram(struct cli_call *call, struct eg_error *err)
{
    const struct eg_input image = {.path = call->argument[0]};

    EG_TRY(eg_board_load_ram(call->board, &image, err));
    cli_say(call, "%s runs", image.path);
    return EG_OK;
}

const struct cli_command cli_command_load_ram = {
    .name = "load-ram",
    .group = CLI_ONE_BOARD,
    .summary = "Load an image into RAM and run it",
    .arguments = "IMAGE",
    .least = 1,
    .most = 1,
    .flags = CLI_BOARD | CLI_STAYS,
    .check = cli_first_file_check,
    .run = load_ram,
};
