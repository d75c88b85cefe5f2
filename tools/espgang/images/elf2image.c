/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/images/target.h"

#define REVISION_MAX 65535
#define LEGACY_MAX   255

static const char *const pages[] = {"8KB", "16KB", "32KB", "64KB", "128KB", "256KB", NULL};
static const char *const versions[] = {"1", "2", "3", NULL};

static enum eg_code image_options(const struct cli_call *call, struct eg_image_options *options,
                                  struct eg_error *err)
{
    const char *version = cli_text(call, "version");
    unsigned offset;

    *options = (struct eg_image_options){
        .flash_mode = cli_text(call, "flash-mode"),
        .flash_freq = cli_text(call, "flash-freq"),
        .flash_size = cli_text(call, "flash-size"),
        .version = version != NULL ? (unsigned)(version[0] - '0') : 0,
        .has_max_rev_full = cli_text(call, "max-rev-full") != NULL,
        .secure_pad = cli_flag(call, "secure-pad")      ? EG_SECURE_PAD_V1
                      : cli_flag(call, "secure-pad-v2") ? EG_SECURE_PAD_V2
                                                        : EG_SECURE_PAD_NONE,
        .no_digest = cli_flag(call, "dont-append-digest"),
        .use_segments = cli_flag(call, "use-segments"),
        .mmu_page_size = cli_text(call, "flash-mmu-page-size"),
        .pad_to_size = cli_text(call, "pad-to-size"),
        .ram_only_header = cli_flag(call, "ram-only-header"),
    };
    if (cli_flag(call, "secure-pad") && cli_flag(call, "secure-pad-v2"))
        return eg_error_set(err, EG_BAD_ARGUMENT, "--secure-pad excludes --secure-pad-v2");
    EG_TRY(cli_image_number(call, "min-rev", LEGACY_MAX, &options->min_rev, err));
    EG_TRY(cli_image_number(call, "min-rev-full", REVISION_MAX, &options->min_rev_full, err));
    EG_TRY(cli_image_number(call, "max-rev-full", REVISION_MAX, &options->max_rev_full, err));
    EG_TRY(cli_image_number(call, "elf-sha256-offset", UINT32_MAX, &offset, err));
    options->elf_sha256_offset = offset;
    return EG_OK;
}

static enum eg_code elf2image(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_elf_image_free) struct eg_elf_image image = {.count = 0};
    const char *output = cli_text(call, "output");
    const struct eg_input elf = {.path = call->argument[0]};
    struct eg_image_options options;
    const char *chip;

    EG_TRY(cli_image_chip(call, &chip, err));
    EG_TRY(image_options(call, &options, err));
    EG_TRY(eg_elf2image(&image, &elf, chip, &options, output != NULL ? output : "", call->logger, err));
    for (unsigned i = 0; i < image.count; i++) {
        if (image.file[i].has_addr)
            cli_say(call, "%s: %zu bytes, for 0x%05x of the flash", image.file[i].path, image.file[i].size,
                    (unsigned)image.file[i].flash_addr);
        else
            cli_say(call, "%s: %zu bytes", image.file[i].path, image.file[i].size);
    }
    return EG_OK;
}

static const struct cli_option options[] = {
    CLI_OPTION_IMAGE_CHIP(""),
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .help = "File to write, or prefix of its names (default: from the ELF's name)",
     .more = "It is a prefix for versions 1 and 2 of an ESP8266, which are two files."},
    {.name = "version",
     .letter = 'e',
     .value = "N",
     .help = "Version of an image for the ESP8266 (default: 1)",
     .choices = versions},
    {.name = "min-rev",
     .letter = 'r',
     .value = "N",
     .help = "Minimum chip revision, in the header's old field"},
    {.name = "min-rev-full", .value = "N", .help = "Minimum chip revision, major * 100 + minor"},
    {.name = "max-rev-full",
     .value = "N",
     .help = "Maximum chip revision, major * 100 + minor (default: no limit)"},
    {.name = "secure-pad", .help = "Pad so that the signed file ends on 64 KB, for secure boot v1"},
    {.name = "secure-pad-v2", .help = "Pad so that the signed file ends on 64 KB, for secure boot v2"},
    {.name = "elf-sha256-offset",
     .value = "OFFSET",
     .help = "Offset in the image for the SHA-256 of the ELF"},
    {.name = "dont-append-digest", .help = "Append no SHA-256"},
    {.name = "use-segments", .help = "Use the ELF's segments instead of its sections"},
    {.name = "flash-mmu-page-size",
     .value = "SIZE",
     .help = "Page size of the flash mapping",
     .choices = pages},
    {.name = "pad-to-size", .value = "SIZE", .help = "Pad with FF to a multiple of this size"},
    {.name = "ram-only-header", .help = "Show the ROM only the segments for RAM"},
    CLI_OPTION_FLASH_MODE("qio", cli_flash_modes + 1),
    CLI_OPTION_FLASH_FREQ("the chip's code 0", cli_flash_freqs + 1),
    CLI_OPTION_FLASH_SIZE("1MB", cli_flash_sizes + 2),
    {.name = NULL}};

const struct cli_command cli_command_elf2image = {
    .name = "elf2image",
    .group = CLI_IMAGES,
    .summary = "Convert an ELF file to the image that a chip loads",
    .arguments = "ELF",
    .options = options,
    .least = 1,
    .most = 1,
    .flags = CLI_OFFLINE,
    .check = cli_first_file_check,
    .run = elf2image,
};
