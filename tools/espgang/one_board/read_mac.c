/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/one_board/mac.h"

#include "engine/base/mac.h"

#include <stdio.h>

#define BYTES_MAX 8 /* of an EUI-64 */

/* "02:65:67:ff:fe:00:00:01" */
static const char *with_colons(char text[3 * BYTES_MAX], const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        snprintf(text + 3 * i, 3 * (BYTES_MAX - i), i + 1 < size ? "%02x:" : "%02x", bytes[i]);
    return text;
}

json_t *cli_mac_members(const struct eg_mac *mac)
{
    char base[EG_MAC_TEXT], eui64[3 * BYTES_MAX] = "", extension[3 * BYTES_MAX] = "";

    eg_mac_text(base, mac->base);
    if (mac->has_extension) {
        with_colons(eui64, mac->eui64, sizeof mac->eui64);
        with_colons(extension, mac->extension, sizeof mac->extension);
    }
    return json_pack("{s:s, s:o, s:o}", "mac", base, "eui64", cli_json_text(eui64), "mac_extension",
                     cli_json_text(extension));
}

enum eg_code cli_show_mac(struct cli_call *call, struct eg_error *err)
{
    char base[EG_MAC_TEXT], text[3 * BYTES_MAX];
    struct eg_mac mac;

    EG_TRY(eg_board_read_mac(call->board, &mac, err));
    if (cli_flag(call, "json"))
        return cli_print_document(call, cli_mac_members(&mac), err);
    eg_mac_text(base, mac.base);
    if (!mac.has_extension) {
        cli_say(call, "MAC:                %s", base);
        return EG_OK;
    }
    cli_say(call, "MAC:                %s", with_colons(text, mac.eui64, sizeof mac.eui64));
    cli_say(call, "BASE MAC:           %s", base);
    cli_say(call, "MAC_EXT:            %s", with_colons(text, mac.extension, sizeof mac.extension));
    return EG_OK;
}

static const struct cli_option options[] = {CLI_OPTION_JSON, {.name = NULL}};

const struct cli_command cli_command_read_mac = {
    .name = "read-mac",
    .group = CLI_ONE_BOARD,
    .summary = "Show the chip's MAC",
    .arguments = "",
    .options = options,
    .flags = CLI_BOARD,
    .run = cli_show_mac,
};
