/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/command.h"

#define WHOLE_WORD 0xffffffffu

struct write {
    uint32_t addr, word, mask;
};

static enum eg_code write_of(const struct cli_call *call, struct write *write, struct eg_error *err)
{
    write->mask = WHOLE_WORD;
    EG_TRY(cli_argument_number(call, 0, "address", &write->addr, err));
    EG_TRY(cli_argument_number(call, 1, "value", &write->word, err));
    return call->count > 2 ? cli_argument_number(call, 2, "mask", &write->mask, err) : EG_OK;
}

static enum eg_code check_write(struct cli_call *call, struct eg_error *err)
{
    struct write write;

    return write_of(call, &write, err);
}

static enum eg_code write_mem(struct cli_call *call, struct eg_error *err)
{
    struct write write;

    EG_TRY(write_of(call, &write, err));
    EG_TRY(eg_board_write_mem(call->board, write.addr, write.word, write.mask, err));
    cli_say(call, "wrote 0x%08x, mask 0x%08x, to 0x%08x", (unsigned)write.word, (unsigned)write.mask,
            (unsigned)write.addr);
    return EG_OK;
}

const struct cli_command cli_command_write_mem = {
    .name = "write-mem",
    .group = CLI_ONE_BOARD,
    .summary = "Write a word of memory or a register, or only the bits that are set in MASK",
    .arguments = "ADDRESS VALUE [MASK]",
    .least = 2,
    .most = 3,
    .flags = CLI_BOARD,
    .check = check_write,
    .run = write_mem,
};
