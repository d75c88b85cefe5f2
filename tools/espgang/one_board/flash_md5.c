/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/one_board/address.h"

#include "engine/base/bytes.h"
#include "tools/espgang/document.h"

static enum eg_code check_md5(struct cli_call *call, struct eg_error *err)
{
    return cli_region_check(call, 0, 1, err);
}

static enum eg_code flash_md5(struct cli_call *call, struct eg_error *err)
{
    uint8_t md5[EG_MD5_SIZE];
    char text[2 * EG_MD5_SIZE + 1];
    uint32_t addr, size;

    EG_TRY(cli_region(call, 0, 1, &addr, &size, err));
    EG_TRY(eg_board_flash_md5(call->board, addr, size, md5, err));
    eg_hex(text, md5, sizeof md5);
    if (cli_flag(call, "json"))
        return cli_print_document(
            call,
            json_pack("{s:I, s:I, s:s}", "address", (json_int_t)addr, "size", (json_int_t)size, "md5", text),
            err);
    cli_say(call, "MD5:                %s", text);
    return EG_OK;
}

static const struct cli_option options[] = {
    CLI_OPTION_PARTITIONS, CLI_OPTION_SPI_CONNECTION, CLI_OPTION_JSON, {.name = NULL}};

const struct cli_command cli_command_flash_md5 = {
    .name = "flash-md5",
    .group = CLI_ONE_BOARD,
    .summary = "Show the MD5 of flash contents, computed by the chip",
    .arguments = "ADDRESS|PARTITION SIZE|all",
    .options = options,
    .least = 2,
    .most = 2,
    .flags = CLI_BOARD | CLI_FLASH,
    .check = check_md5,
    .run = flash_md5,
};
