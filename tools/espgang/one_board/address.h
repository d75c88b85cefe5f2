/* SPDX-License-Identifier: Apache-2.0 */

/* Addresses of flash on the command line: numbers, or names of partitions, which the board's own partition
 * table knows. */

#ifndef TOOLS_ESPGANG_ONE_BOARD_ADDRESS_H
#define TOOLS_ESPGANG_ONE_BOARD_ADDRESS_H

#include "tools/espgang/flash_options.h"

/** For commands that take addresses: options that say where the partition table is. */
#define CLI_OPTION_PARTITIONS                                                                                \
    {.name = "partition-table",                                                                              \
     .value = "ADDRESS|FILE",                                                                                \
     .help = "Partition table for names of partitions: its address in the flash, or a file, binary or CSV "  \
             "(default: 0x8000)",                                                                            \
     .more = "Names in a CSV are cut at 16 bytes, as ESP-IDF cuts them."},                                   \
    {                                                                                                        \
        .name = "partition-table-offset", .value = "ADDRESS",                                                \
        .help = "Address in the flash of the table of a CSV that leaves offsets out, since they are "        \
                "counted from there (default: where the flash has it, else 0x8000)",                         \
        .more = "The table in the flash must have the same partitions. A flash without a table is treated "  \
                "as if its table were at 0x8000, with a warning."                                            \
    }

/** Check what can be checked of an address without a board: it is a number or may be a name, and a name is in
 * the file of --partition-table. `what` is for the sentence. */
enum eg_code cli_address_check(const struct cli_call *call, const char *word, const char *what,
                               struct eg_error *err) EG_CHECKED;

/**
 * Find the address that a word means.
 *
 * @param size  of the partition; 0 when the word is a number; may be NULL
 *
 * @return EG_OK; EG_BAD_ARGUMENT there is no such partition, or no table; EG_BAD_IMAGE the table is damaged
 */
enum eg_code cli_address(const struct cli_call *call, const char *word, uint32_t *addr, uint32_t *size,
                         struct eg_error *err) EG_CHECKED;

/** Check that the file of --partition-table, when it is one, can be read. */
enum eg_code cli_partition_table_check(const struct cli_call *call, struct eg_error *err) EG_CHECKED;
/** Do the same for a file; EG_BAD_ARGUMENT also if it is larger than the named partition. */
enum eg_code cli_file_address(const struct cli_call *call, const char *word, const char *path, uint32_t *addr,
                              struct eg_error *err) EG_CHECKED;

/** Arguments ADDRESS and SIZE, where SIZE may be "all": of the partition, or up to the end of the flash. */
enum eg_code cli_region_check(const struct cli_call *call, int addr_at, int size_at,
                              struct eg_error *err) EG_CHECKED;
enum eg_code cli_region(const struct cli_call *call, int addr_at, int size_at, uint32_t *addr, uint32_t *size,
                        struct eg_error *err) EG_CHECKED;

#endif
