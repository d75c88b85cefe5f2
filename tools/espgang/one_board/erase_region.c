/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/one_board/address.h"

#include "targets/target.h"

static enum eg_code check_region(struct cli_call *call, struct eg_error *err)
{
    EG_TRY(cli_region_check(call, 0, 1, err));
    for (int i = 0; i < 2; i++) {
        uint64_t number;
        if (cli_number(call->argument[i], UINT32_MAX, &number) && number % EG_FLASH_SECTOR != 0)
            return eg_error_set(err, EG_BAD_ARGUMENT, "\"%.40s\" is no multiple of the %u bytes of a sector",
                                call->argument[i], EG_FLASH_SECTOR);
    }
    return EG_OK;
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
