/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/one_board/address.h"

#include "engine/base/clock.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

static enum eg_code check_read(struct cli_call *call, struct eg_error *err)
{
    EG_TRY(cli_region_check(call, 0, 1, err));
    return cli_output_check(call->argument[2], err);
}

/* Return whether an interrupted read left a part to continue. */
static bool is_part_kept(const char *output)
{
    char part[PATH_MAX];
    struct stat info;

    return snprintf(part, sizeof part, "%s.part", output) < (int)sizeof part && stat(part, &info) == 0 &&
           S_ISREG(info.st_mode) && info.st_size > 0;
}

static enum eg_code read_flash(struct cli_call *call, struct eg_error *err)
{
    const struct eg_output output = {.path = call->argument[2]};
    uint32_t addr, size;

    EG_TRY(cli_region(call, 0, 1, &addr, &size, err));
    const uint64_t began_ms = eg_clock_ms();
    const enum eg_code code =
        eg_board_read_flash(call->board, addr, size, &output, cli_flag(call, "resume"), err);
    if (code != EG_OK && !cli_flag(call, "resume") && is_part_kept(output.path))
        eg_log_note(call->logger, NULL, "--resume continues with what has been read so far");
    EG_TRY(code);
    cli_say(call, "%s: read %u bytes at 0x%08x in %.1f s", output.path, (unsigned)size, (unsigned)addr,
            (double)(eg_clock_ms() - began_ms) / 1000);
    return EG_OK;
}

static const struct cli_option options[] = {
    {.name = "resume", .help = "Continue an interrupted read, once its digest is confirmed"},
    {.name = "no-progress", .letter = 'p', .help = "Show no progress"},
    CLI_OPTION_UNUSED("flash-size", cli_flash_sizes, ": the size is always detected"),
    CLI_OPTION_PARTITIONS,
    CLI_OPTION_SPI_CONNECTION,
    {.name = NULL}};

const struct cli_command cli_command_read_flash = {
    .name = "read-flash",
    .group = CLI_ONE_BOARD,
    .summary = "Read flash into a file",
    .arguments = "ADDRESS|PARTITION SIZE|all OUTPUT",
    .options = options,
    .least = 3,
    .most = 3,
    .flags = CLI_BOARD | CLI_FLASH,
    .check = check_read,
    .run = read_flash,
};
