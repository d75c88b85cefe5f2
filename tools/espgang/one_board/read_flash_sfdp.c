/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/document.h"
#include "tools/espgang/flash_options.h"

#include <stdio.h>

static enum eg_code check_sfdp(struct cli_call *call, struct eg_error *err)
{
    uint32_t addr, bytes;

    EG_TRY(cli_argument_number(call, 0, "address", &addr, err));
    EG_TRY(cli_argument_number(call, 1, "number of bytes", &bytes, err));
    if (bytes < 1 || bytes > 4)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%u bytes of SFDP: 1 to 4 at a time", (unsigned)bytes);
    return EG_OK;
}

static enum eg_code print_json(const struct cli_call *call, uint32_t addr, unsigned count, uint32_t word,
                               struct eg_error *err)
{
    json_t *const bytes = json_array();

    for (unsigned i = 0; i < count; i++)
        json_array_append_new(bytes, json_integer(word >> 8 * i & 0xff));
    return cli_print_document(call, json_pack("{s:I, s:o}", "address", (json_int_t)addr, "bytes", bytes),
                              err);
}

static enum eg_code read_flash_sfdp(struct cli_call *call, struct eg_error *err)
{
    uint32_t addr, bytes, word;

    EG_TRY(cli_argument_number(call, 0, "address", &addr, err));
    EG_TRY(cli_argument_number(call, 1, "number of bytes", &bytes, err));
    EG_TRY(eg_board_read_flash_sfdp(call->board, addr, bytes, &word, err));
    if (cli_flag(call, "json"))
        return print_json(call, addr, bytes, word, err);
    char text[4 * 3 + 1] = "";
    for (unsigned i = 0; i < bytes; i++)
        snprintf(text + 3 * i, 4, "%02x ", (unsigned)(word >> 8 * i & 0xff));
    cli_say(call, "SFDP[%u..%u]: %.*s", (unsigned)addr, (unsigned)(addr + bytes - 1), (int)(3 * bytes - 1),
            text);
    return EG_OK;
}

static const struct cli_option options[] = {CLI_OPTION_UNUSED("flash-mode", cli_flash_modes, ""),
                                            CLI_OPTION_UNUSED("flash-freq", cli_flash_freqs, ""),
                                            CLI_OPTION_UNUSED("flash-size", cli_flash_sizes, ""),
                                            CLI_OPTION_SPI_CONNECTION,
                                            CLI_OPTION_JSON,
                                            {.name = NULL}};

const struct cli_command cli_command_read_flash_sfdp = {
    .name = "read-flash-sfdp",
    .group = CLI_ONE_BOARD,
    .summary = "Show 1 to 4 bytes of the flash's own description (SFDP)",
    .arguments = "ADDRESS BYTES",
    .options = options,
    .least = 2,
    .most = 2,
    .flags = CLI_BOARD | CLI_FLASH,
    .check = check_sfdp,
    .run = read_flash_sfdp,
};
