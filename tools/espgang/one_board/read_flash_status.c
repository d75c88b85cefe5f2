/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/document.h"
#include "tools/espgang/one_board/status.h"

const char *const cli_status_bytes[] = {"1", "2", "3", NULL};

unsigned cli_status_byte_count(const struct cli_call *call)
{
    const char *text = cli_text(call, "bytes");

    return text != NULL ? (unsigned)(text[0] - '0') : 2;
}

static enum eg_code read_flash_status(struct cli_call *call, struct eg_error *err)
{
    const unsigned bytes = cli_status_byte_count(call);
    uint32_t status;

    EG_TRY(eg_board_read_flash_status(call->board, bytes, &status, err));
    if (cli_flag(call, "json"))
        return cli_print_document(
            call, json_pack("{s:i, s:I}", "bytes", (int)bytes, "status", (json_int_t)status), err);
    cli_say(call, "Status value:       0x%0*x", (int)(2 * bytes), (unsigned)status);
    return EG_OK;
}

static const struct cli_option options[] = {
    CLI_OPTION_STATUS_BYTES, CLI_OPTION_SPI_CONNECTION, CLI_OPTION_JSON, {.name = NULL}};

const struct cli_command cli_command_read_flash_status = {
    .name = "read-flash-status",
    .group = CLI_ONE_BOARD,
    .summary = "Show the status registers of the flash",
    .arguments = "",
    .options = options,
    .flags = CLI_BOARD | CLI_FLASH,
    .run = read_flash_status,
};
