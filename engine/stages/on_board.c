/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/on_board.h"

#include "engine/image/image.h"

/* Where a bootloader may have been built to look for its table. */
#define TABLE_ADDR_LAST 0x20000u

/* The bytes that the run writes at an address; NULL = none. */
static const uint8_t *bytes_at(const struct eg_run *run, uint32_t flash_addr)
{
    for (unsigned i = 0; i < eg_run_region_count(run); i++) {
        const struct eg_region *const region = eg_run_region(run, i);
        if (flash_addr >= region->flash_addr && flash_addr - region->flash_addr < region->data.size)
            return region->data.data + (flash_addr - region->flash_addr);
    }
    return NULL;
}

/* Whether the job has a table; a damaged one that it allows counts. */
static enum eg_code brings_table(const struct eg_run *run, bool *table, struct eg_error *err)
{
    struct eg_guard_table found;
    const enum eg_code code = eg_plan_find_table(run->plan, &found, err);

    *table = code == EG_BAD_IMAGE || (code == EG_OK && found.found);
    return code == EG_BAD_IMAGE ? EG_OK : code;
}

/* Read the table at its usual address, or at the first where there is one. */
static enum eg_code read_table(struct eg_run *run, struct eg_guard_board *board,
                               uint8_t bytes[EG_PARTITIONS_SIZE], struct eg_error *err)
{
    enum { ROW = 32 };

    board->table = bytes;
    for (uint32_t at = EG_PARTITIONS_ADDR; at <= TABLE_ADDR_LAST; at += EG_FLASH_SECTOR) {
        EG_TRY(eg_loader_read_flash(&run->loader, at, bytes, ROW, NULL, NULL, err));
        if (!eg_partitions_is(bytes, ROW))
            continue;
        board->table_addr = at;
        return eg_loader_read_flash(&run->loader, at, bytes, EG_PARTITIONS_SIZE, NULL, NULL, err);
    }
    return EG_OK;
}

static enum eg_code look(struct eg_run *run, struct eg_guard_board *board, uint8_t bytes[EG_PARTITIONS_SIZE],
                         struct eg_error *err)
{
    const uint32_t bootloader_addr = run->plan->target->bootloader_addr;
    const uint8_t *const bootloader = bytes_at(run, bootloader_addr);
    uint8_t magic = EG_IMAGE_MAGIC;
    bool table;

    EG_TRY(brings_table(run, &table, err));
    if (!table && bytes_at(run, EG_PARTITIONS_ADDR) == NULL)
        EG_TRY(read_table(run, board, bytes, err));
    if (bootloader == NULL)
        EG_TRY(eg_loader_read_flash(&run->loader, bootloader_addr, &magic, 1, NULL, NULL, err));
    board->no_bootloader = magic != EG_IMAGE_MAGIC;
    return EG_OK;
}

enum eg_code eg__ask_on_board(struct eg_run *run, struct eg_error *err)
{
    uint8_t bytes[EG_PARTITIONS_SIZE] = {0};
    struct eg_guard_board board = {.table_addr = EG_PARTITIONS_ADDR};

    if (run->chip.flash_encryption)
        return EG_OK;
    const enum eg_code code = look(run, &board, bytes, err);
    if (code == EG_UNSUPPORTED)
        return EG_OK;
    if (code != EG_OK)
        return code;
    return eg_run_ask_guard(run, &board, err);
}
