/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/one_board/mac.h"

static enum eg_code chip_id(struct cli_call *call, struct eg_error *err)
{
    uint32_t id;

    const enum eg_code code = eg_board_chip_id(call->board, &id, err);
    if (code == EG_UNSUPPORTED) {
        eg_log_warning(call->logger, NULL, "%s", err->text);
        return cli_show_mac(call, err);
    }
    EG_TRY(code);
    cli_say(call, "Chip ID:            0x%08x", (unsigned)id);
    return EG_OK;
}

const struct cli_command cli_command_chip_id = {
    .name = "chip-id",
    .group = CLI_ONE_BOARD,
    .summary = "Show the chip id of an ESP8266, or the MAC of any other chip",
    .arguments = "",
    .flags = CLI_BOARD,
    .run = chip_id,
};
