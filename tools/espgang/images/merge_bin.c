/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/images/target.h"

#include "engine/base/bytes.h"

static const char *const formats[] = {"raw", "uf2", "hex", NULL};

static enum eg_code merge_options(const struct cli_call *call, struct eg_merge_options *options,
                                  struct eg_error *err)
{
    const char *format = cli_text(call, "format");
    unsigned offset, chunk;

    *options = (struct eg_merge_options){
        .format = format == NULL || format[0] == 'r' ? EG_MERGE_RAW
                  : format[0] == 'u'                 ? EG_MERGE_UF2
                                                     : EG_MERGE_HEX,
        .flash_mode = cli_text(call, "flash-mode"),
        .flash_freq = cli_text(call, "flash-freq"),
        .flash_size = cli_text(call, "flash-size"),
        .pad_to_size = cli_text(call, "pad-to-size"),
        .no_md5 = cli_flag(call, "md5-disable"),
    };
    EG_TRY(cli_image_number(call, "target-offset", UINT32_MAX, &offset, err));
    EG_TRY(cli_image_number(call, "chunk-size", UINT32_MAX, &chunk, err));
    options->target_offset = offset;
    options->chunk_size = chunk;
    return EG_OK;
}

static enum eg_code merge_bin(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_flash_file *files = NULL;
    const struct eg_output output = {.path = cli_text(call, "output")};
    struct eg_merge_options options;
    const char *chip;

    EG_TRY(cli_image_chip(call, &chip, err));
    EG_TRY(merge_options(call, &options, err));
    if (output.path == NULL)
        return cli_usage(call, err, "missing option: --output FILE");
    if (call->count % 2 != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "\"%.60s\" is not followed by a file",
                            call->argument[call->count - 1]);
    EG_TRY(eg_alloc(&files, (size_t)call->count / 2, sizeof *files, err));
    for (int i = 0; i < call->count; i += 2) {
        EG_TRY(cli_argument_number(call, i, "address", &files[i / 2].addr, err));
        files[i / 2].input.path = call->argument[i + 1];
        EG_TRY(cli_file_check(files[i / 2].input.path, err));
    }
    EG_TRY(eg_merge_bin(files, (size_t)call->count / 2, chip, &options, &output, call->logger, err));
    cli_say(call, "%s: %d files merged", output.path, call->count / 2);
    return EG_OK;
}

static const struct cli_option options[] = {
    CLI_OPTION_IMAGE_CHIP(""),
    {.name = "output", .letter = 'o', .value = "FILE", .help = "File to write"},
    {.name = "format", .letter = 'f', .value = "FORMAT", .help = "Format (default: raw)", .choices = formats},
    {.name = "target-offset",
     .letter = 't',
     .value = "ADDRESS",
     .help = "raw: address in the flash of the file's first byte"},
    {.name = "pad-to-size",
     .value = "SIZE",
     .help = "raw: pad with FF to this flash size",
     .choices = cli_flash_sizes + 2},
    {.name = "chunk-size", .value = "N", .help = "uf2: bytes per block"},
    {.name = "md5-disable", .help = "uf2: put no MD5 into the blocks"},
    CLI_OPTION_FLASH_MODE("keep", cli_flash_modes),
    CLI_OPTION_FLASH_FREQ("keep", cli_flash_freqs),
    CLI_OPTION_FLASH_SIZE("keep", cli_flash_sizes + 1),
    {.name = NULL}};

const struct cli_command cli_command_merge_bin = {
    .name = "merge-bin",
    .group = CLI_IMAGES,
    .summary = "Merge files at their addresses into one file",
    .arguments = "ADDRESS FILE...",
    .options = options,
    .least = 2,
    .most = -1,
    .flags = CLI_OFFLINE,
    .run = merge_bin,
};
