/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/one_board/status.h"

static enum eg_code check_status(struct cli_call *call, struct eg_error *err)
{
    const unsigned bytes = cli_status_byte_count(call);
    uint32_t value;

    EG_TRY(cli_argument_number(call, 0, "status", &value, err));
    if (value >> 8 * bytes != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "status 0x%x does not fit into %u byte%s: see --bytes",
                            (unsigned)value, bytes, bytes == 1 ? "" : "s");
    return EG_OK;
}

static enum eg_code write_flash_status(struct cli_call *call, struct eg_error *err)
{
    const unsigned bytes = cli_status_byte_count(call);
    const int digits = (int)(2 * bytes);
    uint32_t value, before, after;

    EG_TRY(cli_argument_number(call, 0, "status", &value, err));
    EG_TRY(eg_board_read_flash_status(call->board, bytes, &before, err));
    cli_say(call, "Initial flash status: 0x%0*x", digits, (unsigned)before);
    cli_say(call, "Setting flash status: 0x%0*x", digits, (unsigned)value);
    EG_TRY(eg_board_write_flash_status(call->board, value, bytes, cli_flag(call, "non-volatile"), err));
    EG_TRY(eg_board_read_flash_status(call->board, bytes, &after, err));
    cli_say(call, "After flash status:   0x%0*x", digits, (unsigned)after);
    if (after != value)
        eg_log_warning(call->logger, NULL, "the flash did not take all of it");
    return EG_OK;
}

static const struct cli_option options[] = {
    CLI_OPTION_STATUS_BYTES,
    {.name = "non-volatile", .help = "Write permanently, not only until the next power-on"},
    CLI_OPTION_SPI_CONNECTION,
    {.name = NULL}};

const struct cli_command cli_command_write_flash_status = {
    .name = "write-flash-status",
    .group = CLI_ONE_BOARD,
    .summary = "Write the status registers of the flash, and show them before and after",
    .arguments = "VALUE",
    .options = options,
    .least = 1,
    .most = 1,
    .flags = CLI_BOARD | CLI_FLASH,
    .check = check_status,
    .run = write_flash_status,
};
