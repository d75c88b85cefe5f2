/* SPDX-License-Identifier: Apache-2.0 */

/* Partition tables as CSV: a table is the same after it is written in binary and read again. */

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/same_partitions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct eg_partitions_place place = {.bootloader_addr = 0x1000, .flash_size = 0x400000};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer binary = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer csv = {0};
    struct eg_partitions table, again;
    struct eg_error err;

    if (eg_partitions_parse_csv(&table, (const char *)data, size, &place, &err) != EG_OK)
        return 0;
    const bool checked = eg_partitions_check(&table, &place, &err) == EG_OK;
    if (eg_partitions_write(&binary, &table, true, &err) == EG_OK) {
        HOLDS(eg_partitions_parse(&again, binary.data, binary.size, &err) == EG_OK);
        HOLDS(same_partitions(&table, &again));
        HOLDS(checked == (eg_partitions_check(&again, &place, &err) == EG_OK));
    }
    if (eg_partitions_write_csv(&csv, &table, &err) == EG_OK) {
        HOLDS(eg_partitions_parse_csv(&again, (const char *)csv.data, csv.size, &place, &err) == EG_OK);
        HOLDS(again.count == table.count);
    }
    return 0;
}
