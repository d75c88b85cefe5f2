/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/document.h"

static enum eg_code check_address(struct cli_call *call, struct eg_error *err)
{
    uint32_t number;

    return cli_argument_number(call, 0, "address", &number, err);
}

static enum eg_code read_mem(struct cli_call *call, struct eg_error *err)
{
    uint32_t addr, word;

    EG_TRY(cli_argument_number(call, 0, "address", &addr, err));
    EG_TRY(eg_board_read_mem(call->board, addr, &word, err));
    if (cli_flag(call, "json"))
        return cli_print_document(
            call, json_pack("{s:I, s:I}", "address", (json_int_t)addr, "value", (json_int_t)word), err);
    cli_say(call, "0x%08x = 0x%08x", (unsigned)addr, (unsigned)word);
    return EG_OK;
}

static const struct cli_option options[] = {CLI_OPTION_JSON, {.name = NULL}};

const struct cli_command cli_command_read_mem = {
    .name = "read-mem",
    .group = CLI_ONE_BOARD,
    .summary = "Read a word of memory or a register",
    .arguments = "ADDRESS",
    .options = options,
    .least = 1,
    .most = 1,
    .flags = CLI_BOARD,
    .check = check_address,
    .run = read_mem,
};
