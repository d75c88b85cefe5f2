/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/bytes.h"
#include "tools/espgang/document.h"
#include "tools/espgang/flash_options.h"

static enum eg_code print_json(const struct cli_call *call, const struct eg_flash_id *id,
                               struct eg_error *err)
{
    char jedec[EG_JEDEC_TEXT];

    eg_jedec_text(jedec, id->maker | (id->device & 0xff00u) | (id->device & 0xffu) << 16);
    return cli_print_document(call,
                              json_pack("{s:s, s:o, s:o, s:o}", "flash_jedec", jedec, "flash_size",
                                        id->size != 0 ? json_integer(id->size) : json_null(), "flash_type",
                                        cli_json_text(id->type), "flash_voltage", cli_json_text(id->voltage)),
                              err);
}

static enum eg_code flash_id(struct cli_call *call, struct eg_error *err)
{
    struct eg_flash_id id;

    EG_TRY(eg_board_flash_id(call->board, &id, err));
    if (cli_flag(call, "json"))
        return print_json(call, &id, err);
    cli_say(call, "Manufacturer:       %02x", id.maker);
    cli_say(call, "Device:             %04x", id.device);
    if (id.size == 0)
        cli_say(call, "Flash size:         not told by the id");
    else if (id.size < 1 << 20)
        cli_say(call, "Flash size:         %uKB", (unsigned)(id.size >> 10));
    else
        cli_say(call, "Flash size:         %uMB", (unsigned)(id.size >> 20));
    if (id.type != NULL)
        cli_say(call, "Flash type:         %s", id.type);
    if (id.voltage != NULL)
        cli_say(call, "Flash voltage:      %s", id.voltage);
    return EG_OK;
}

static const struct cli_option options[] = {CLI_OPTION_SPI_CONNECTION, CLI_OPTION_JSON, {.name = NULL}};

const struct cli_command cli_command_flash_id = {
    .name = "flash-id",
    .group = CLI_ONE_BOARD,
    .summary = "Show manufacturer, device and size of the flash",
    .arguments = "",
    .options = options,
    .flags = CLI_BOARD | CLI_FLASH,
    .run = flash_id,
};
