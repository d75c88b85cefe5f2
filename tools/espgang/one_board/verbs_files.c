/* SPDX-License-Identifier: Apache-2.0 */

/* Files and the flash: writing, comparing, reading. */

#include "engine/base/bytes.h"
#include "tools/espgang/one_board/address.h"
#include "tools/espgang/arguments.h"
#include "tools/espgang/verbs.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OPTION_MODE                                                                                          \
    {                                                                                                        \
        .name = "flash-mode", .value = "MODE",                                                               \
        .help = "put into a bootloader's header (-fm; default: keep)", .choices = cli_flash_modes,           \
        .env = "ESPTOOL_FM"                                                                                  \
    }
#define OPTION_FREQ                                                                                          \
    {                                                                                                        \
        .name = "flash-freq", .value = "FREQ", .help = "likewise (-ff; default: keep)",                      \
        .choices = cli_flash_freqs, .env = "ESPTOOL_FF"                                                      \
    }
#define OPTION_SIZE                                                                                          \
    {                                                                                                        \
        .name = "flash-size", .value = "SIZE", .help = "likewise, or detect (-fs; default: keep)",           \
        .choices = cli_flash_sizes, .env = "ESPTOOL_FS"                                                      \
    }

#define OPTION_RAW                                                                                           \
    {                                                                                                        \
        .name = "raw", .help = "take Intel HEX and UF2 files as they are, at the address given"              \
    }

static enum eg_code check_pairs(const struct cli_call *call, const char *const *words, int count,
                                struct eg_error *err)
{
    if (count % 2 != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "\"%.60s\" is not followed by a file", words[count - 1]);
    for (int i = 0; i < count; i += 2) {
        EG_TRY(cli_address_check(call, words[i], "address", err));
        EG_TRY(cli_file_check(words[i + 1], err));
    }
    return EG_OK;
}

/* Words of an option that is given over and over, as a list for free(). */
static enum eg_code words_of(const struct cli_call *call, const char *option, const char ***words, int *count,
                             struct eg_error *err)
{
    *count = 0;
    while (cli_texts(call, option, *count) != NULL)
        (*count)++;
    EG_TRY(eg_alloc(words, (size_t)*count + 1, sizeof **words, err));
    for (int i = 0; i < *count; i++)
        (*words)[i] = cli_texts(call, option, i);
    return EG_OK;
}

/* Addresses and files, those to be encrypted last. Without a connected board files that go to a partition are
 * left out. */
static enum eg_code files_of(const struct cli_call *call, bool connected, struct eg_flash_file **files,
                             size_t *count, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) const char **encrypted = NULL;
    int encrypted_count;
    uint64_t number;

    EG_TRY(words_of(call, "encrypt-files", &encrypted, &encrypted_count, err));
    *count = 0;
    EG_TRY(eg_alloc(files, (size_t)(call->count + encrypted_count) / 2 + 1, sizeof **files, err));
    for (int at = 0; at < call->count + encrypted_count; at += 2) {
        const bool encrypt = at >= call->count;
        const char *const *words = encrypt ? encrypted + (at - call->count) : call->argument + at;
        struct eg_flash_file *file = &(*files)[*count];

        if (!connected && !cli_number(words[0], UINT32_MAX, &number))
            continue;
        (*count)++;
        EG_TRY(cli_file_address(call, words[0], words[1], &file->addr, err));
        file->input.path = words[1];
        file->in_partition = !cli_number(words[0], UINT32_MAX, &number);
        file->raw = cli_flag(call, "raw");
        file->encrypt = encrypt;
        const char *before = encrypt ? NULL : cli_texts(call, "diff-with", at / 2);
        if (before != NULL && strcasecmp(before, "skip") != 0)
            file->diff_with.path = before;
    }
    return EG_OK;
}

/* What numbers already tell; names of partitions wait for the board. */
static enum eg_code check_apart(const struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_flash_file *files = NULL;
    size_t count;

    EG_TRY(files_of(call, false, &files, &count, err));
    return eg_flash_files_check(files, count, err);
}

static enum eg_code check_files(struct cli_call *call, struct eg_error *err)
{
    EG_TRY(check_pairs(call, call->argument, call->count, err));
    return check_apart(call, err);
}

static enum eg_code check_write(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) const char **encrypted = NULL;
    EG_CLEANUP(eg_free_cleanup) const char **before = NULL;
    int encrypted_count, before_count;

    EG_TRY(words_of(call, "encrypt-files", &encrypted, &encrypted_count, err));
    EG_TRY(words_of(call, "diff-with", &before, &before_count, err));
    EG_TRY(check_pairs(call, call->argument, call->count, err));
    EG_TRY(check_pairs(call, encrypted, encrypted_count, err));
    if (call->count + encrypted_count == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "wants %s", call->verb->arguments);
    if (cli_flag(call, "encrypt") && encrypted_count > 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "--encrypt goes not with --encrypt-files");
    if (cli_flag(call, "compress") && cli_flag(call, "no-compress"))
        return eg_error_set(err, EG_BAD_ARGUMENT, "--compress goes not with --no-compress");
    if (cli_flag(call, "skip-flashed") && (before_count > 0 || cli_flag(call, "trust-flash-content")))
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "--skip-flashed goes with neither --diff-with nor "
                            "--trust-flash-content");
    if (cli_flag(call, "trust-flash-content") && before_count == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "--trust-flash-content goes with --diff-with only");
    if (2 * before_count > call->count)
        return eg_error_set(err, EG_BAD_ARGUMENT, "--diff-with has %d files, %d are to be written",
                            before_count, call->count / 2);
    for (int i = 0; i < before_count; i++)
        if (strcasecmp(before[i], "skip") != 0)
            EG_TRY(cli_file_check(before[i], err));
    return check_apart(call, err);
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

    EG_TRY(files_of(call, true, &files, &count, err));
    return eg_board_write_flash(call->board, files, count, &options, NULL, err);
}

static const struct cli_option write_options[] = {
    {.name = "erase-all", .letter = 'e', .help = "erase the whole flash first"},
    {.name = "no-progress", .letter = 'p', .help = "show no progress"},
    {.name = "encrypt", .help = "the chip encrypts every file"},
    {.name = "encrypt-files",
     .value = "ADDRESS FILE...",
     .help = "files that the chip encrypts, the others stay plain",
     .eat_all = true},
    {.name = "ignore-flash-enc-efuse", .help = "do not ask whether the chip has what encryption needs"},
    {.name = "diff-with",
     .value = "FILE...",
     .help = "what was flashed there before, file by file, or skip: only sectors that differ are written",
     .eat_all = true},
    {.name = "trust-flash-content", .help = "with --diff-with: a file that is the same is not even checked"},
    {.name = "skip-flashed", .letter = 's', .help = "leave out files that the flash has already"},
    {.name = "force", .help = "no checks of chip, revision, security and size"},
    {.name = "compress", .letter = 'z', .help = "compress what is sent (default with a stub)"},
    {.name = "no-compress", .letter = 'u', .help = "send it as it is (default with the ROM)"},
    OPTION_RAW,
    OPTION_MODE,
    OPTION_FREQ,
    OPTION_SIZE,
    CLI_OPTION_PARTITIONS,
    CLI_OPTION_SPI_CONNECTION,
    {.name = NULL}};

const struct cli_verb cli_write_flash = {
    .name = "write-flash",
    .summary = "write files to the flash and verify them",
    .arguments = "ADDRESS|PARTITION FILE...",
    .options = write_options,
    .least = 0,
    .most = -1,
    .flags = CLI_VERB_FLASH | CLI_VERB_SECURE,
    .check = check_write,
    .run = write_flash,
};

static enum eg_code verify_flash(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_flash_file *files = NULL;
    const struct eg_verify_flash_options options = {.flash_mode = cli_text(call, "flash-mode"),
                                                    .flash_freq = cli_text(call, "flash-freq"),
                                                    .flash_size = cli_text(call, "flash-size"),
                                                    .diff = cli_flag(call, "diff")};
    size_t count;

    EG_TRY(files_of(call, true, &files, &count, err));
    return eg_board_verify_flash(call->board, files, count, &options, err);
}

static const struct cli_option verify_options[] = {
    {.name = "diff", .letter = 'd', .help = "show the bytes that differ"},
    OPTION_RAW,
    OPTION_MODE,
    OPTION_FREQ,
    OPTION_SIZE,
    CLI_OPTION_PARTITIONS,
    CLI_OPTION_SPI_CONNECTION,
    {.name = NULL}};

const struct cli_verb cli_verify_flash = {
    .name = "verify-flash",
    .summary = "compare files with the flash",
    .arguments = "ADDRESS|PARTITION FILE...",
    .options = verify_options,
    .least = 2,
    .most = -1,
    .flags = CLI_VERB_FLASH,
    .check = check_files,
    .run = verify_flash,
};

static enum eg_code check_read(struct cli_call *call, struct eg_error *err)
{
    return cli_region_check(call, 0, 1, err);
}

static enum eg_code read_flash(struct cli_call *call, struct eg_error *err)
{
    const struct eg_output output = {.path = call->argument[2]};
    uint32_t addr, size;

    EG_TRY(cli_region(call, 0, 1, &addr, &size, err));
    const uint64_t began_ms = eg_clock_ms();
    const enum eg_code code =
        eg_board_read_flash(call->board, addr, size, &output, cli_flag(call, "resume"), err);
    if (code != EG_OK && size > 0 && !cli_flag(call, "resume"))
        eg_log_note(call->logger, NULL, "--resume goes on with what has been read so far");
    EG_TRY(code);
    cli_say(call, "%s: read %u bytes at 0x%08x in %.1f s", output.path, (unsigned)size, (unsigned)addr,
            (double)(eg_clock_ms() - began_ms) / 1000);
    return EG_OK;
}

static const struct cli_option read_options[] = {
    {.name = "resume", .help = "go on with what an interrupted read has left, once its digest is confirmed"},
    {.name = "no-progress", .letter = 'p', .help = "show no progress"},
    {.name = "flash-size",
     .value = "SIZE",
     .help = "accepted: the size is always detected",
     .choices = cli_flash_sizes},
    CLI_OPTION_PARTITIONS,
    CLI_OPTION_SPI_CONNECTION,
    {.name = NULL}};

const struct cli_verb cli_read_flash = {
    .name = "read-flash",
    .summary = "read flash into a file",
    .arguments = "ADDRESS|PARTITION SIZE|all OUTPUT",
    .options = read_options,
    .least = 3,
    .most = 3,
    .flags = CLI_VERB_FLASH,
    .check = check_read,
    .run = read_flash,
};
