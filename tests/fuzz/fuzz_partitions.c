/* SPDX-License-Identifier: Apache-2.0 */

/* Binary partition tables: a table is the same after it is written and read again, as CSV, too. */

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/same_partitions.h"

/* Return whether CSV gives all addresses: it gives none for bootloader and table. */
static bool has_its_own_places(const struct eg_partitions *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].type == EG_PARTITION_BOOTLOADER || table->rows[i].type == EG_PARTITION_TABLE)
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct eg_partitions_place place = {.bootloader_addr = 0x1000, .flash_size = 0x400000};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer binary = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer csv = {0};
    struct eg_partitions table, again;
    struct eg_error err;

    if (eg_partitions_parse(&table, data, size, &err) != EG_OK)
        return 0;
    if (eg_partitions_check(&table, &place, &err) == EG_OK)
        HOLDS(eg_partitions_find(&table, table.rows[table.count - 1].name) == &table.rows[table.count - 1]);
    if (eg_partitions_write(&binary, &table, true, &err) == EG_OK) {
        HOLDS(binary.size == EG_PARTITIONS_SIZE);
        HOLDS(eg_partitions_parse(&again, binary.data, binary.size, &err) == EG_OK);
        HOLDS(again.has_md5);
        HOLDS(same_partitions(&table, &again));
    }
    if (eg_partitions_write_csv(&csv, &table, &err) == EG_OK && has_its_own_places(&table)) {
        HOLDS(eg_partitions_parse_csv(&again, (const char *)csv.data, csv.size, &place, &err) == EG_OK);
        HOLDS(same_partitions(&table, &again));
    }
    return 0;
}
