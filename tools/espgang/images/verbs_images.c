/* SPDX-License-Identifier: Apache-2.0 */

/* Firmware files, without a board: building and merging them. What is in one is shown by image_info.c. */

#include "engine/base/bytes.h"
#include "targets/target.h"
#include "tools/espgang/arguments.h"
#include "tools/espgang/verbs.h"

#include <stdio.h>
#include <string.h>

#define REVISION_MAX 65535
#define LEGACY_MAX   255

static const char *const modes[] = {"qio", "qout", "dio", "dout", NULL};
static const char *const freqs[] = {"80m", "60m", "48m", "40m", "30m", "26m",
                                    "24m", "20m", "16m", "15m", "12m", NULL};
static const char *const sizes[] = {"256KB", "512KB", "1MB",  "2MB",  "2MB-c1", "4MB", "4MB-c1",
                                    "8MB",   "16MB",  "32MB", "64MB", "128MB",  NULL};
static const char *const pages[] = {"8KB", "16KB", "32KB", "64KB", "128KB", "256KB", NULL};
static const char *const versions[] = {"1", "2", "3", NULL};

/* It must be told: nothing in the command line says it otherwise. */
static enum eg_code chip_of(const struct cli_call *call, const char **chip, struct eg_error *err)
{
    char names[256];

    *chip = cli_text(call, "chip");
    if (*chip != NULL && strcmp(*chip, "auto") != 0 && eg_target_by_name(*chip) != NULL)
        return EG_OK;
    eg_target_names(names, sizeof names);
    return eg_error_set(err, EG_BAD_ARGUMENT, "%s wants --chip, one of %s", call->verb->name, names);
}

static enum eg_code number_of(const struct cli_call *call, const char *option, uint64_t most,
                              unsigned *number, struct eg_error *err)
{
    uint64_t value;

    EG_TRY(cli_option_number(call, option, most, 0, &value, err));
    *number = (unsigned)value;
    return EG_OK;
}

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
        return eg_error_set(err, EG_BAD_ARGUMENT, "--secure-pad goes not with --secure-pad-v2");
    EG_TRY(number_of(call, "min-rev", LEGACY_MAX, &options->min_rev, err));
    EG_TRY(number_of(call, "min-rev-full", REVISION_MAX, &options->min_rev_full, err));
    EG_TRY(number_of(call, "max-rev-full", REVISION_MAX, &options->max_rev_full, err));
    EG_TRY(number_of(call, "elf-sha256-offset", UINT32_MAX, &offset, err));
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

    EG_TRY(chip_of(call, &chip, err));
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

#define OPTION_CHIP                                                                                          \
    {                                                                                                        \
        .name = "chip", .letter = 'c', .value = "CHIP", .help = "which chip it is for",                      \
        .env = "ESPTOOL_CHIP"                                                                                \
    }

static const struct cli_option elf_options[] = {
    OPTION_CHIP,
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .help = "where to, or how the names begin (default: the ELF's)"},
    {.name = "version",
     .letter = 'e',
     .value = "N",
     .help = "kind of image for an ESP8266 (default: 1)",
     .choices = versions},
    {.name = "min-rev", .letter = 'r', .value = "N", .help = "least chip revision, legacy"},
    {.name = "min-rev-full", .value = "N", .help = "least chip revision, major * 100 + minor"},
    {.name = "max-rev-full", .value = "N", .help = "last chip revision, likewise (default: no limit)"},
    {.name = "secure-pad", .help = "so that it ends on 64 KB once signed, for secure boot v1"},
    {.name = "secure-pad-v2", .help = "likewise, for secure boot v2"},
    {.name = "elf-sha256-offset", .value = "OFFSET", .help = "where the SHA-256 of the ELF goes"},
    {.name = "dont-append-digest", .help = "no SHA-256 at its end"},
    {.name = "use-segments", .help = "take the ELF's segments, not its sections"},
    {.name = "flash-mmu-page-size", .value = "SIZE", .help = "page of the flash's mapping", .choices = pages},
    {.name = "pad-to-size", .value = "SIZE", .help = "FF up to a multiple of this size"},
    {.name = "ram-only-header", .help = "the ROM sees the segments for RAM only"},
    {.name = "flash-mode",
     .value = "MODE",
     .help = "put into the header (-fm; default: qio)",
     .choices = modes,
     .env = "ESPTOOL_FM"},
    {.name = "flash-freq", .value = "FREQ", .help = "likewise (-ff)", .choices = freqs, .env = "ESPTOOL_FF"},
    {.name = "flash-size",
     .value = "SIZE",
     .help = "likewise (-fs; default: 1MB)",
     .choices = sizes,
     .env = "ESPTOOL_FS"},
    {.name = NULL}};

const struct cli_verb cli_elf2image = {
    .name = "elf2image",
    .summary = "make of an ELF file the image that a chip loads",
    .arguments = "ELF",
    .options = elf_options,
    .least = 1,
    .most = 1,
    .flags = CLI_VERB_OFFLINE,
    .check = cli_first_file_check,
    .run = elf2image,
};

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
    EG_TRY(number_of(call, "target-offset", UINT32_MAX, &offset, err));
    EG_TRY(number_of(call, "chunk-size", UINT32_MAX, &chunk, err));
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

    EG_TRY(chip_of(call, &chip, err));
    EG_TRY(merge_options(call, &options, err));
    if (output.path == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "where to? name a file with --output");
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

static const struct cli_option merge_table[] = {
    OPTION_CHIP,
    {.name = "output", .letter = 'o', .value = "FILE", .help = "where to"},
    {.name = "format",
     .letter = 'f',
     .value = "FORMAT",
     .help = "raw, uf2 or hex (default: raw)",
     .choices = formats},
    {.name = "target-offset",
     .letter = 't',
     .value = "ADDRESS",
     .help = "raw: where its first byte will be flashed"},
    {.name = "pad-to-size", .value = "SIZE", .help = "raw: FF up to this flash size", .choices = sizes},
    {.name = "chunk-size", .value = "N", .help = "uf2: bytes per block"},
    {.name = "md5-disable", .help = "uf2: no MD5 in the blocks"},
    {.name = "flash-mode",
     .value = "MODE",
     .help = "put into a bootloader's header (-fm; default: keep)",
     .choices = cli_flash_modes,
     .env = "ESPTOOL_FM"},
    {.name = "flash-freq",
     .value = "FREQ",
     .help = "likewise (-ff; default: keep)",
     .choices = cli_flash_freqs,
     .env = "ESPTOOL_FF"},
    {.name = "flash-size",
     .value = "SIZE",
     .help = "likewise (-fs; default: keep)",
     .choices = cli_flash_sizes + 1,
     .env = "ESPTOOL_FS"},
    {.name = NULL}};

const struct cli_verb cli_merge_bin = {
    .name = "merge-bin",
    .summary = "merge files at their addresses into one",
    .arguments = "ADDRESS FILE...",
    .options = merge_table,
    .least = 2,
    .most = -1,
    .flags = CLI_VERB_OFFLINE,
    .run = merge_bin,
};
