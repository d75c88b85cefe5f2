/* SPDX-License-Identifier: Apache-2.0 */

/* The flash part: its identity, its status, the digest of what it holds, erasing it. */

#include "engine/base/bytes.h"
#include "targets/target.h"
#include "tools/espgang/one_board/address.h"
#include "tools/espgang/arguments.h"
#include "tools/espgang/verbs.h"

#include <stdlib.h>
#include <string.h>

static const struct cli_option pins_only[] = {CLI_OPTION_SPI_CONNECTION, {.name = NULL}};

static enum eg_code flash_id(struct cli_call *call, struct eg_error *err)
{
    struct eg_flash_id id;

    EG_TRY(eg_board_flash_id(call->board, &id, err));
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

const struct cli_verb cli_flash_id = {
    .name = "flash-id",
    .summary = "show maker, device and size of the flash",
    .arguments = "",
    .options = pins_only,
    .flags = CLI_VERB_FLASH,
    .run = flash_id,
};

static const char *const status_bytes[] = {"1", "2", "3", NULL};

#define OPTION_BYTES                                                                                         \
    {                                                                                                        \
        .name = "bytes", .value = "N", .help = "how many status registers, 1 to 3 (default: 2)",             \
        .choices = status_bytes                                                                              \
    }

static unsigned bytes_of(const struct cli_call *call)
{
    const char *text = cli_text(call, "bytes");

    return text != NULL ? (unsigned)(text[0] - '0') : 2;
}

static enum eg_code read_flash_status(struct cli_call *call, struct eg_error *err)
{
    const unsigned bytes = bytes_of(call);
    uint32_t status;

    EG_TRY(eg_board_read_flash_status(call->board, bytes, &status, err));
    cli_say(call, "Status value:       0x%0*x", (int)(2 * bytes), (unsigned)status);
    return EG_OK;
}

static const struct cli_option read_status_options[] = {
    OPTION_BYTES, CLI_OPTION_SPI_CONNECTION, {.name = NULL}};

const struct cli_verb cli_read_flash_status = {
    .name = "read-flash-status",
    .summary = "show the status registers of the flash",
    .arguments = "",
    .options = read_status_options,
    .flags = CLI_VERB_FLASH,
    .run = read_flash_status,
};

static enum eg_code check_status(struct cli_call *call, struct eg_error *err)
{
    uint32_t value;

    EG_TRY(cli_argument_number(call, 0, "status", &value, err));
    if (bytes_of(call) < 4 && value >> 8 * bytes_of(call) != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "status 0x%x does not fit into %u byte%s: see --bytes",
                            (unsigned)value, bytes_of(call), bytes_of(call) == 1 ? "" : "s");
    return EG_OK;
}

static enum eg_code write_flash_status(struct cli_call *call, struct eg_error *err)
{
    const unsigned bytes = bytes_of(call);
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

static const struct cli_option write_status_options[] = {
    OPTION_BYTES,
    {.name = "non-volatile", .help = "for good, not until the next power-on"},
    CLI_OPTION_SPI_CONNECTION,
    {.name = NULL}};

const struct cli_verb cli_write_flash_status = {
    .name = "write-flash-status",
    .summary = "write the status registers of the flash",
    .arguments = "VALUE",
    .options = write_status_options,
    .least = 1,
    .most = 1,
    .flags = CLI_VERB_FLASH,
    .check = check_status,
    .run = write_flash_status,
};

static enum eg_code check_sfdp(struct cli_call *call, struct eg_error *err)
{
    uint32_t addr, bytes;

    EG_TRY(cli_argument_number(call, 0, "address", &addr, err));
    EG_TRY(cli_argument_number(call, 1, "number of bytes", &bytes, err));
    if (bytes < 1 || bytes > 4)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%u bytes of SFDP: 1 to 4 at a time", (unsigned)bytes);
    return EG_OK;
}

static enum eg_code read_flash_sfdp(struct cli_call *call, struct eg_error *err)
{
    uint32_t addr, bytes, word;

    EG_TRY(cli_argument_number(call, 0, "address", &addr, err));
    EG_TRY(cli_argument_number(call, 1, "number of bytes", &bytes, err));
    EG_TRY(eg_board_read_flash_sfdp(call->board, addr, bytes, &word, err));
    char text[4 * 3 + 1] = "";
    for (unsigned i = 0; i < bytes; i++)
        snprintf(text + 3 * i, 4, "%02x ", (unsigned)(word >> 8 * i & 0xff));
    cli_say(call, "SFDP[%u..%u]: %.*s", (unsigned)addr, (unsigned)(addr + bytes - 1), (int)(3 * bytes - 1),
            text);
    return EG_OK;
}

#define OPTION_UNUSED(option, list)                                                                          \
    {                                                                                                        \
        .name = option, .value = "WORD", .help = "accepted, of no use here", .choices = list                 \
    }

static const struct cli_option sfdp_options[] = {OPTION_UNUSED("flash-mode", cli_flash_modes),
                                                 OPTION_UNUSED("flash-freq", cli_flash_freqs),
                                                 OPTION_UNUSED("flash-size", cli_flash_sizes),
                                                 CLI_OPTION_SPI_CONNECTION,
                                                 {.name = NULL}};

const struct cli_verb cli_read_flash_sfdp = {
    .name = "read-flash-sfdp",
    .summary = "show bytes of the flash's own description",
    .arguments = "ADDRESS BYTES",
    .options = sfdp_options,
    .least = 2,
    .most = 2,
    .flags = CLI_VERB_FLASH,
    .check = check_sfdp,
    .run = read_flash_sfdp,
};

static const struct cli_option erase_options[] = {
    {.name = "force", .help = "even when secure boot or flash encryption is on"},
    CLI_OPTION_PARTITIONS,
    CLI_OPTION_SPI_CONNECTION,
    {.name = NULL}};

static enum eg_code erase_flash(struct cli_call *call, struct eg_error *err)
{
    cli_say(call, "erasing the flash, which may take a while...");
    EG_TRY(eg_board_erase_flash(call->board, cli_flag(call, "force"), err));
    cli_say(call, "the flash is erased");
    return EG_OK;
}

const struct cli_verb cli_erase_flash = {
    .name = "erase-flash",
    .summary = "erase the whole flash",
    .arguments = "",
    .options = erase_options,
    .flags = CLI_VERB_FLASH,
    .run = erase_flash,
};

static enum eg_code check_region(struct cli_call *call, struct eg_error *err)
{
    EG_TRY(cli_region_check(call, 0, 1, err));
    for (int i = 0; i < 2; i++) {
        uint64_t number;
        if (cli_number(call->argument[i], UINT32_MAX, &number) && number % EG_FLASH_SECTOR != 0)
            return eg_error_set(err, EG_BAD_ARGUMENT, "\"%.40s\" is no multiple of the %u bytes of a sector",
                                call->argument[i], EG_FLASH_SECTOR);
    }
    return EG_OK;
}

static enum eg_code erase_region(struct cli_call *call, struct eg_error *err)
{
    uint32_t addr, size;

    EG_TRY(cli_region(call, 0, 1, &addr, &size, err));
    cli_say(call, "erasing %u bytes at 0x%08x...", (unsigned)size, (unsigned)addr);
    EG_TRY(eg_board_erase_region(call->board, addr, size, cli_flag(call, "force"), err));
    cli_say(call, "0x%08x to 0x%08x are erased", (unsigned)addr, (unsigned)(addr + size - 1));
    return EG_OK;
}

const struct cli_verb cli_erase_region = {
    .name = "erase-region",
    .summary = "erase sectors of the flash",
    .arguments = "ADDRESS|PARTITION SIZE|all",
    .options = erase_options,
    .least = 2,
    .most = 2,
    .flags = CLI_VERB_FLASH | CLI_VERB_SECURE,
    .check = check_region,
    .run = erase_region,
};

static enum eg_code check_md5(struct cli_call *call, struct eg_error *err)
{
    return cli_region_check(call, 0, 1, err);
}

static enum eg_code flash_md5(struct cli_call *call, struct eg_error *err)
{
    uint8_t md5[EG_MD5_SIZE];
    char text[2 * EG_MD5_SIZE + 1];
    uint32_t addr, size;

    EG_TRY(cli_region(call, 0, 1, &addr, &size, err));
    EG_TRY(eg_board_flash_md5(call->board, addr, size, md5, err));
    eg_hex(text, md5, sizeof md5);
    cli_say(call, "MD5:                %s", text);
    return EG_OK;
}

static const struct cli_option md5_options[] = {
    CLI_OPTION_PARTITIONS, CLI_OPTION_SPI_CONNECTION, {.name = NULL}};

const struct cli_verb cli_flash_md5 = {
    .name = "flash-md5",
    .summary = "show the MD5 of flash contents, computed by the chip",
    .arguments = "ADDRESS|PARTITION SIZE|all",
    .options = md5_options,
    .least = 2,
    .most = 2,
    .flags = CLI_VERB_FLASH,
    .check = check_md5,
    .run = flash_md5,
};
