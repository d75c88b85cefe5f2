/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/one_board/flash_files.h"

#include "engine/base/bytes.h"
#include "tools/espgang/one_board/address.h"

static enum eg_code check_files(struct cli_call *call, struct eg_error *err)
{
    EG_TRY(cli_flash_files_check_words(call, call->argument, call->count, err));
    return cli_flash_files_check(call, err);
}

static enum eg_code verify_flash(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_flash_file *files = NULL;
    const struct eg_verify_flash_options options = {.flash_mode = cli_text(call, "flash-mode"),
                                                    .flash_freq = cli_text(call, "flash-freq"),
                                                    .flash_size = cli_text(call, "flash-size"),
                                                    .diff = cli_flag(call, "diff")};
    size_t count;

    EG_TRY(cli_flash_files(call, &files, &count, err));
    return eg_board_verify_flash(call->board, files, count, &options, err);
}

static const struct cli_option options[] = {
    {.name = "diff", .letter = 'd', .help = "Show the bytes that differ"},
    CLI_OPTION_RAW,
    CLI_OPTION_FLASH_MODE("keep", cli_flash_modes),
    CLI_OPTION_FLASH_FREQ("keep", cli_flash_freqs),
    CLI_OPTION_FLASH_SIZE("keep", cli_flash_sizes),
    CLI_OPTION_PARTITIONS,
    CLI_OPTION_SPI_CONNECTION,
    {.name = NULL}};

const struct cli_command cli_command_verify_flash = {
    .name = "verify-flash",
    .group = CLI_ONE_BOARD,
    .summary = "Compare files with the flash",
    .arguments = "ADDRESS|PARTITION FILE...",
    .details = "Give `--flash-mode`, `--flash-freq` and `--flash-size` as they were given for writing.",
    .options = options,
    .least = 2,
    .most = -1,
    .flags = CLI_BOARD | CLI_FLASH,
    .check = check_files,
    .run = verify_flash,
};
