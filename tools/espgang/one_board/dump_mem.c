/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/command.h"

static enum eg_code check_dump(struct cli_call *call, struct eg_error *err)
{
    uint32_t number;

    EG_TRY(cli_argument_number(call, 0, "address", &number, err));
    EG_TRY(cli_argument_number(call, 1, "size", &number, err));
    return cli_output_check(call->argument[2], err);
}

static enum eg_code dump_mem(struct cli_call *call, struct eg_error *err)
{
    const struct eg_output output = {.path = call->argument[2]};
    uint32_t addr, size;

    EG_TRY(cli_argument_number(call, 0, "address", &addr, err));
    EG_TRY(cli_argument_number(call, 1, "size", &size, err));
    EG_TRY(eg_board_dump_mem(call->board, addr, size, &output, err));
    cli_say(call, "%s: %u bytes from 0x%08x", output.path, (unsigned)size, (unsigned)addr);
    return EG_OK;
}

const struct cli_command cli_command_dump_mem = {
    .name = "dump-mem",
    .group = CLI_ONE_BOARD,
    .summary = "Read memory into a file, word by word",
    .arguments = "ADDRESS SIZE OUTPUT",
    .least = 3,
    .most = 3,
    .flags = CLI_BOARD,
    .check = check_dump,
    .run = dump_mem,
};
