/* SPDX-License-Identifier: Apache-2.0 */

/* A job that erases, and a board whose flash is full of an older product. */

#ifndef TESTS_ENGINE_STAGES_ERASING_H
#define TESTS_ENGINE_STAGES_ERASING_H

#include "engine/image/partitions.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <string.h>

enum { NVS = 0x9000, NVS_SIZE = 0x6000, STORAGE = 0x110000, STORAGE_SIZE = 0x20000, FLASH_SIZE = 4 << 20 };

/* Give the plan of the line a partition table. */
static inline void add_table(struct fake_line *line)
{
    const struct eg_partitions table = {
        .count = 3,
        .rows = {{"nvs", EG_PARTITION_DATA, 2, NVS, NVS_SIZE, 0},
                 {"factory", EG_PARTITION_APP, 0, 0x10000, 0x100000, 0},
                 {"storage", EG_PARTITION_DATA, 6, STORAGE, STORAGE_SIZE, 0}}};
    struct eg_region *const region = fake_plan_add(line->plan, "table", EG_PARTITIONS_ADDR, 0xc00);
    struct eg_error err;

    eg_buffer_finish(&region->data);
    eg_buffer_finish(&region->zlib);
    assert_ok(eg_partitions_write(&region->data, &table, true, &err), err);
    assert_ok(eg_region_finish(region, &err), err);
}

static inline uint8_t *plug_used(struct fake_line *line, const char *const *faults)
{
    size_t size;

    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, faults);
    uint8_t *const flash = (uint8_t *)(uintptr_t)vb_board_flash(vb_gang_board(line->gang, 1), &size);
    assert_int_equal(size, FLASH_SIZE);
    memset(flash, 0x5a, size);
    return flash;
}

static inline void erase_by(struct fake_line *line, const char *one, const char *two)
{
    add_table(line);
    fake_plan_add_item(line->plan, "erase", NULL, one);
    if (two != NULL)
        fake_plan_add_item(line->plan, "erase", NULL, two);
}

static inline void assert_all(const uint8_t *flash, uint32_t from, uint32_t size, uint8_t byte)
{
    for (uint32_t i = 0; i < size; i++)
        if (flash[from + i] != byte)
            fail_msg("0x%08x holds %02x, not %02x", (unsigned)(from + i), flash[from + i], byte);
}

#endif
