/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/one_board/address.h"

#include "engine/guard/guard.h"

static enum eg_code check_region(struct cli_call *call, struct eg_error *err)
{
    struct eg_guard_piece piece = {.size = 0};
    const struct eg_guard_request request = {.action = EG_GUARD_ERASE, .pieces = &piece, .count = 1};

    EG_TRY(cli_region_check(call, 0, 1, err));
    if (!cli_number(call->argument[0], UINT32_MAX, &piece.flash_addr) ||
        !cli_number(call->argument[1], UINT32_MAX, &piece.size))
        return EG_OK; /* a partition, or the whole of it: the board is asked for its table first */
    return eg_guard_ask(&request, NULL, err);
}

static enum eg_code erase_region(struct cli_call *call, struct eg_error *err)
{
    uint32_t addr, size;

    EG_TRY(cli_region(call, 0, 1, &addr, &size, err));
    cli_say(call, "erasing %u bytes at 0x%08x...", (unsigned)size, (unsigned)addr);
    EG_TRY(eg_board_erase_region(call->board, addr, size, cli_flag(call, "force"), err));
    cli_say(call, "0x%08x to 0x%08x are erased", (unsigned)addr, (unsigned)(addr + size - 1));
    return EG_OK;
}

static const struct cli_option options[] = {
    {.name = "force", .help = "Erase also when secure boot or flash encryption is on"},
    CLI_OPTION_PARTITIONS,
    CLI_OPTION_SPI_CONNECTION,
    {.name = NULL}};

const struct cli_command cli_command_erase_region = {
    .name = "erase-region",
    .group = CLI_ONE_BOARD,
    .summary = "Erase sectors of the flash",
    .arguments = "ADDRESS|PARTITION SIZE|all",
    .details = "Address and size are multiples of 4096.",
    .options = options,
    .least = 2,
    .most = 2,
    .flags = CLI_BOARD | CLI_FLASH | CLI_SECURE,
    .check = check_region,
    .run = erase_region,
};
