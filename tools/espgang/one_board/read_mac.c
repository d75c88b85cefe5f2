/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/one_board/mac.h"

#include "engine/base/mac.h"

enum eg_code cli_show_mac(struct cli_call *call, struct eg_error *err)
{
    char base[EG_MAC_TEXT];
    struct eg_mac mac;

    EG_TRY(eg_board_read_mac(call->board, &mac, err));
    eg_mac_text(base, mac.base);
    if (!mac.has_extension) {
        cli_say(call, "MAC:                %s", base);
        return EG_OK;
    }
    cli_say(call, "MAC:                %02x:%02x:%02x:%02x:%02x:%02x:%02x:%02x", mac.eui64[0], mac.eui64[1],
            mac.eui64[2], mac.eui64[3], mac.eui64[4], mac.eui64[5], mac.eui64[6], mac.eui64[7]);
    cli_say(call, "BASE MAC:           %s", base);
    cli_say(call, "MAC_EXT:            %02x:%02x", mac.extension[0], mac.extension[1]);
    return EG_OK;
}

const struct cli_command cli_command_read_mac = {
    .name = "read-mac",
    .group = CLI_ONE_BOARD,
    .summary = "Show the chip's MAC",
    .arguments = "",
    .flags = CLI_BOARD,
    .run = cli_show_mac,
};
