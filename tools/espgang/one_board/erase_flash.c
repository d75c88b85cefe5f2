/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/one_board/address.h"

static enum eg_code erase_flash(struct cli_call *call, struct eg_error *err)
{
    cli_say(call, "erasing the flash, which may take a while...");
    EG_TRY(eg_board_erase_flash(call->board, cli_flag(call, "force"), err));
    cli_say(call, "the flash is erased");
    return EG_OK;
}

static const struct cli_option options[] = {
    {.name = "force", .help = "Erase also when secure boot or flash encryption is on"},
    CLI_OPTION_PARTITIONS,
    CLI_OPTION_SPI_CONNECTION,
    {.name = NULL}};

const struct cli_command cli_command_erase_flash = {
    .name = "erase-flash",
    .group = CLI_ONE_BOARD,
    .summary = "Erase the whole flash",
    .arguments = "",
    .options = options,
    .flags = CLI_BOARD | CLI_FLASH,
    .run = erase_flash,
};
