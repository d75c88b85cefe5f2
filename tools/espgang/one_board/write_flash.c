/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/one_board/flash_files.h"

#include "engine/base/bytes.h"
#include "tools/espgang/one_board/address.h"

#include <strings.h>

static enum eg_code check_write(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) const char **encrypted = NULL;
    EG_CLEANUP(eg_free_cleanup) const char **before = NULL;
    int encrypted_count, before_count;

    EG_TRY(cli_list(call, "encrypt-files", &encrypted, &encrypted_count, err));
    EG_TRY(cli_list(call, "diff-with", &before, &before_count, err));
    EG_TRY(cli_flash_files_check_words(call, call->argument, call->count, err));
    EG_TRY(cli_flash_files_check_words(call, encrypted, encrypted_count, err));
    if (call->count + encrypted_count == 0)
        return cli_usage(call, err, "missing arguments: %s", call->command->arguments);
    if (cli_flag(call, "encrypt") && encrypted_count > 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "--encrypt excludes --encrypt-files");
    if (cli_flag(call, "compress") && cli_flag(call, "no-compress"))
        return eg_error_set(err, EG_BAD_ARGUMENT, "--compress excludes --no-compress");
    if (cli_flag(call, "skip-flashed") && (before_count > 0 || cli_flag(call, "trust-flash-content")))
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "--skip-flashed excludes --diff-with and --trust-flash-content");
    if (cli_flag(call, "trust-flash-content") && before_count == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "--trust-flash-content needs --diff-with");
    if (2 * before_count > call->count)
        return eg_error_set(err, EG_BAD_ARGUMENT, "--diff-with has %d files, %d are to be written",
                            before_count, call->count / 2);
    for (int i = 0; i < before_count; i++)
        if (strcasecmp(before[i], "skip") != 0)
            EG_TRY(cli_file_check(before[i], err));
    return cli_flash_files_check(call, err);
}

static enum eg_code write_flash(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_flash_file *files = NULL;
    const struct eg_write_flash_options options = {
        .flash_mode = cli_text(call, "flash-mode"),
        .flash_freq = cli_text(call, "flash-freq"),
        .flash_size = cli_text(call, "flash-size"),
        .erase_all = cli_flag(call, "erase-all"),
        .encrypt = cli_flag(call, "encrypt"),
        .ignore_flash_enc_efuse = cli_flag(call, "ignore-flash-enc-efuse"),
        .compress = cli_flag(call, "compress")      ? EG_COMPRESS_ON
                    : cli_flag(call, "no-compress") ? EG_COMPRESS_OFF
                                                    : EG_COMPRESS_AUTO,
        .skip_flashed = cli_flag(call, "skip-flashed"),
        .trust_flash_content = cli_flag(call, "trust-flash-content"),
        .no_progress = cli_flag(call, "no-progress"),
        .force = cli_flag(call, "force"),
    };
    size_t count;

    EG_TRY(cli_flash_files(call, &files, &count, err));
    return eg_board_write_flash(call->board, files, count, &options, NULL, err);
}

static const struct cli_option options[] = {
    {.name = "erase-all", .letter = 'e', .help = "Erase the whole flash first"},
    {.name = "no-progress", .letter = 'p', .help = "Show no progress"},
    {.name = "encrypt", .help = "Let the chip encrypt every file"},
    {.name = "encrypt-files",
     .value = "ADDRESS FILE...",
     .help = "Let the chip encrypt these files; the others stay plain",
     .eat_all = true},
    {.name = "ignore-flash-enc-efuse", .help = "Do not check that the chip can encrypt"},
    {.name = "diff-with",
     .value = "FILE...",
     .help =
         "Files that were written there before, in the same order, or skip: write only sectors that differ",
     .eat_all = true},
    {.name = "trust-flash-content", .help = "With --diff-with: do not check files that are the same"},
    {.name = "skip-flashed", .letter = 's', .help = "Leave out files that are in the flash already"},
    {.name = "force", .help = "Do not check chip, revision, security and size"},
    {.name = "compress", .letter = 'z', .help = "Compress the data (default with a stub)"},
    {.name = "no-compress", .letter = 'u', .help = "Send the data uncompressed (default with the ROM)"},
    CLI_OPTION_RAW,
    CLI_OPTION_FLASH_MODE("keep", cli_flash_modes),
    CLI_OPTION_FLASH_FREQ("keep", cli_flash_freqs),
    CLI_OPTION_FLASH_SIZE("keep", cli_flash_sizes),
    CLI_OPTION_PARTITIONS,
    CLI_OPTION_SPI_CONNECTION,
    {.name = NULL}};

const struct cli_command cli_command_write_flash = {
    .name = "write-flash",
    .group = CLI_ONE_BOARD,
    .summary = "Write files to the flash and verify them by the chip's own digest",
    .arguments = "ADDRESS|PARTITION FILE...",
    .details = "Everything that makes it impossible is found before anything is erased.",
    .options = options,
    .least = 0,
    .most = -1,
    .flags = CLI_BOARD | CLI_FLASH | CLI_SECURE,
    .check = check_write,
    .run = write_flash,
};
