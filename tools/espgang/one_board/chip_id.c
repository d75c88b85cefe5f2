/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/one_board/mac.h"

/* `id` NULL = the chip has none. */
static enum eg_code print_json(const struct cli_call *call, const uint32_t *id, struct eg_error *err)
{
    struct eg_mac mac;

    EG_TRY(eg_board_read_mac(call->board, &mac, err));
    json_t *const members = cli_mac_members(&mac);
    json_object_set_new(members, "chip_id", id != NULL ? json_integer(*id) : json_null());
    return cli_print_document(call, members, err);
}

static enum eg_code chip_id(struct cli_call *call, struct eg_error *err)
{
    uint32_t id;

    const enum eg_code code = eg_board_chip_id(call->board, &id, err);
    if (code != EG_UNSUPPORTED)
        EG_TRY(code);
    else
        eg_log_warning(call->logger, NULL, "%s", err->text);
    if (cli_flag(call, "json"))
        return print_json(call, code == EG_OK ? &id : NULL, err);
    if (code != EG_OK)
        return cli_show_mac(call, err);
    cli_say(call, "Chip ID:            0x%08x", (unsigned)id);
    return EG_OK;
}

static const struct cli_option options[] = {CLI_OPTION_JSON, {.name = NULL}};

const struct cli_command cli_command_chip_id = {
    .name = "chip-id",
    .group = CLI_ONE_BOARD,
    .summary = "Show the chip id of an ESP8266, or the MAC of any other chip",
    .arguments = "",
    .options = options,
    .flags = CLI_BOARD,
    .run = chip_id,
};
