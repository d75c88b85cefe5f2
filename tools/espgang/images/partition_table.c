/* SPDX-License-Identifier: Apache-2.0 */

/* partition-table: check a partition table, and turn its CSV into the binary form or back. */

#include "engine/base/file.h"
#include "engine/image/partitions.h"
#include "engine/image/settings.h"
#include "tools/espgang/images/target.h"

#include <stdio.h>
#include <string.h>

#define TABLE_SIZE_MAX ((size_t)1 << 20)

static enum eg_code read_place(const struct cli_call *call, struct eg_partitions_place *place,
                               struct eg_error *err)
{
    const char *const size = cli_text(call, "flash-size");
    const char *chip = NULL;
    uint64_t table_addr;

    EG_TRY(cli_option_number(call, "offset", UINT32_MAX, EG_PARTITIONS_ADDR, &table_addr, err));
    *place = (struct eg_partitions_place){.table_addr = (uint32_t)table_addr};
    if (cli_text(call, "chip") != NULL) {
        EG_TRY(cli_image_chip(call, &chip, err));
        place->bootloader_addr = eg_target_by_name(chip)->bootloader_addr;
    }
    return size == NULL ? EG_OK : eg_size_parse(&place->flash_size, size, err);
}

static enum eg_code read_table(const char *path, const struct eg_partitions_place *place,
                               struct eg_partitions *table, bool *binary, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};

    EG_TRY(eg_file_read(&file, path, TABLE_SIZE_MAX, err));
    *binary = eg_partitions_is(file.data, file.size);
    if ((*binary ? eg_partitions_parse(table, file.data, file.size, err)
                 : eg_partitions_parse_csv(table, (const char *)file.data, file.size, place, err)) != EG_OK ||
        eg_partitions_check(table, place, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", path);
    return EG_OK;
}

/* Where a bootloader is follows from the chip. */
static enum eg_code check_chip(const struct cli_call *call, const struct eg_partitions *table,
                               struct eg_error *err)
{
    for (size_t i = 0; cli_text(call, "chip") == NULL && i < table->count; i++)
        if (table->rows[i].type == EG_PARTITION_BOOTLOADER)
            return eg_error_set(err, EG_BAD_ARGUMENT,
                                "partition-table needs --chip, because partition %s is for a bootloader",
                                table->rows[i].name);
    return EG_OK;
}

static enum eg_code partition_table(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer out = {0};
    const struct eg_file_options file = {.mode = 0666, .replace = true};
    const char *const path = call->argument[0], *const output = call->argument[1];
    struct eg_partitions_place place;
    struct eg_partitions table;
    bool binary;

    EG_TRY(read_place(call, &place, err));
    EG_TRY(read_table(path, &place, &table, &binary, err));
    EG_TRY(check_chip(call, &table, err));
    if (output == NULL || binary)
        EG_TRY(eg_partitions_write_csv(&out, &table, err));
    else
        EG_TRY(eg_partitions_write(&out, &table, !cli_flag(call, "disable-md5sum"), err));
    if (output == NULL) {
        fwrite(out.data, 1, out.size, stdout);
        return EG_OK;
    }
    EG_TRY(eg_file_write(output, out.data, out.size, &file, err));
    cli_say(call, "%s: %zu partitions", output, table.count);
    return EG_OK;
}

static const struct cli_option options[] = {
    CLI_OPTION_IMAGE_CHIP(", for tables with a partition for its bootloader"),
    {.name = "offset", .letter = 'o', .value = "ADDRESS", .help = "Address of the table (default: 0x8000)"},
    {.name = "flash-size", .value = "SIZE", .help = "Size that all partitions must fit, such as 4MB"},
    {.name = "disable-md5sum", .help = "Leave out the row with the table's MD5"},
    {.name = NULL},
};

const struct cli_command cli_command_partition_table = {
    .name = "partition-table",
    .group = CLI_IMAGES,
    .summary = "Check a partition table, and turn CSV into the binary form or back",
    .arguments = "FILE [OUTPUT]",
    .details = "CSV becomes the binary table that the flash holds, and a binary table becomes CSV. Without "
               "`OUTPUT` the "
               "table is printed as CSV, every address and size worked out.\n\n"
               "  espgang partition-table --chip esp32c3 partitions.csv partitions.bin",
    .options = options,
    .least = 1,
    .most = 2,
    .flags = CLI_OFFLINE,
    .check = cli_first_file_check,
    .run = partition_table,
};
