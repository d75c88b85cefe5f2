/* SPDX-License-Identifier: Apache-2.0 */

/*
 * From files and addresses to regions of flash, with every refusal that needs no board.
 *
 * Addresses are looked at before files, and each file against its neighbours before the next one is read, so
 * that no more is held in memory than fits a flash.
 */

#include "jobs/regions.h"

#include "engine/base/file.h"
#include "engine/image/compress.h"

#include <stdlib.h>
#include <string.h>

enum { SECTOR_SIZE = 4096, WORD_SIZE = 4 };

#define FILE_SIZE_MAX ((size_t)64 << 20)

/* What three address bytes reach; beyond it the chip's stub must be able to use four. */
#define NEAR_FLASH_SIZE ((uint64_t)16 << 20)

/* In front of a complaint about a file: where it is named. */
static enum eg_code prefix_place(const struct eg__entry *entry, struct eg_error *err)
{
    const struct eg__place *const place = &entry->file_place;

    if (err->code == EG_IO) /* the job names a file that cannot be read; nothing is wrong with the station */
        err->code = EG_BAD_IMAGE;
    return eg_error_prefix(err, "%s:%d:%d: ", place->file, place->line, place->column);
}

static int by_addr(const void *left, const void *right)
{
    const struct eg__entry *const a = left, *const b = right;

    return (a->flash_addr > b->flash_addr) - (a->flash_addr < b->flash_addr);
}

/* The last byte of the flash a region touches: flash is erased by sectors. */
static uint64_t last_touched(uint64_t flash_addr, size_t size)
{
    return flash_addr + (size + SECTOR_SIZE - 1) / SECTOR_SIZE * SECTOR_SIZE - 1;
}

static enum eg_code check_addr(const struct eg_plan *plan, const struct eg__entry *entry,
                               struct eg_error *err)
{
    const struct eg_target *const target = plan->target;
    const unsigned long long addr = entry->flash_addr;

    if (addr % SECTOR_SIZE != 0)
        return eg__refuse(&entry->addr_place, err,
                          "region %.80s is at 0x%08llx, which is not a multiple of 4096 (0x1000)",
                          entry->name, addr);
    if (strcmp(entry->name, "bootloader") == 0 && addr != target->bootloader_addr)
        return eg__refuse(&entry->addr_place, err,
                          "region bootloader is at 0x%08llx, but the %s starts its bootloader at 0x%08lx",
                          addr, target->label, (unsigned long)target->bootloader_addr);
    return EG_OK;
}

static enum eg_code check_end(const struct eg_plan *plan, const struct eg__entry *entry, size_t size,
                              struct eg_error *err)
{
    const struct eg_target *const target = plan->target;
    const bool far = target->quirks & EG_QUIRK_BIG_FLASH_BY_STUB;
    const uint64_t declared = plan->declared_flash_size;
    const uint64_t room = declared == 0 || (declared > NEAR_FLASH_SIZE && !far) ? NEAR_FLASH_SIZE : declared;

    if (entry->flash_addr < room && size <= room - entry->flash_addr)
        return EG_OK;
    const char *const reason = room == declared ? "flash.size"
                               : far            ? "the most without flash.size"
                                                : "the most that can be written on this chip";
    return eg__refuse(&entry->addr_place, err,
                      "region %.80s at 0x%08llx with %zu bytes goes beyond 0x%08llx (%s)", entry->name,
                      (unsigned long long)entry->flash_addr, size, (unsigned long long)room, reason);
}

static enum eg_code check_overlap(const struct eg__entry *before, size_t before_size,
                                  const struct eg__entry *entry, struct eg_error *err)
{
    const uint64_t last = last_touched(before->flash_addr, before_size);

    if (last < entry->flash_addr)
        return EG_OK;
    return eg__refuse(&entry->addr_place, err,
                      "region %.80s at 0x%08llx overlaps region %.80s, which takes 0x%08llx to 0x%08llx",
                      entry->name, (unsigned long long)entry->flash_addr, before->name,
                      (unsigned long long)before->flash_addr, (unsigned long long)last);
}

static enum eg_code read_file(struct eg_region *region, const struct eg__entry *entry, struct eg_error *err)
{
    if (eg_file_read(&region->data, entry->path, FILE_SIZE_MAX, err) != EG_OK)
        return prefix_place(entry, err);
    if (region->data.size == 0) {
        eg_error_set(err, EG_BAD_IMAGE, "%s: is empty", entry->path);
        return prefix_place(entry, err);
    }
    region->file_size = (uint32_t)region->data.size;
    return EG_OK;
}

static enum eg_code check_image(struct eg_region *region, const struct eg_target *target,
                                struct eg_error *err)
{
    const uint8_t *const data = region->data.data;
    const size_t size = region->data.size;
    struct eg_image_info info;

    EG_TRY(eg_image_check_chip(target, data, size, err));
    region->is_image = eg_image_parse(&info, target, data, size, err) == EG_OK;
    if (!region->is_image)
        return eg_image_looks_damaged(target, data, size) ? err->code : EG_OK;
    eg_image_revisions(&info, target, &region->min_rev, &region->max_rev);
    return eg_image_check(&info, data, size, err);
}

static enum eg_code finish_region(struct eg_region *region, const struct eg_target *target,
                                  const struct eg_flash_settings *settings, struct eg_error *err)
{
    struct eg_buffer *const data = &region->data;
    bool changed;

    EG_TRY(eg_image_patch(target, region->flash_addr, settings, data->data, data->size, &changed, err));
    EG_TRY(eg_buffer_resize(data, (data->size + WORD_SIZE - 1) / WORD_SIZE * WORD_SIZE, 0xff, err));
    EG_TRY(eg_md5(region->md5, data->data, data->size, err));
    EG_TRY(eg_sha256(region->sha256, data->data, data->size, err));
    EG_TRY(eg_compress(&region->zlib, data->data, data->size, err));
    if (region->zlib.size >= data->size)
        eg_buffer_finish(&region->zlib);
    return EG_OK;
}

enum eg_code eg__regions_make(struct eg_plan *plan, struct eg__firmware *firmware,
                              const struct eg_flash_settings *settings, struct eg_error *err)
{
    struct eg__entry *const entries = firmware->entries;

    for (unsigned i = 0; i < firmware->count; i++)
        EG_TRY(check_addr(plan, &entries[i], err));
    qsort(entries, firmware->count, sizeof *entries, by_addr);
    EG_TRY(eg_alloc(&plan->regions, firmware->count, sizeof *plan->regions, err));
    plan->region_count = firmware->count;
    for (unsigned i = 0; i < firmware->count; i++) {
        struct eg_region *const region = &plan->regions[i];
        EG_TRY(eg_strdup(&region->name, entries[i].name, err));
        EG_TRY(eg_strdup(&region->path, entries[i].path, err));
        if (i > 0)
            EG_TRY(check_overlap(&entries[i - 1], plan->regions[i - 1].data.size, &entries[i], err));
        EG_TRY(read_file(region, &entries[i], err));
        EG_TRY(check_end(plan, &entries[i], region->data.size, err));
        region->flash_addr = (uint32_t)entries[i].flash_addr;
        if (check_image(region, plan->target, err) != EG_OK) {
            eg_error_prefix(err, "%s: ", entries[i].path);
            return prefix_place(&entries[i], err);
        }
        EG_TRY(finish_region(region, plan->target, settings, err));
        plan->data_size += region->data.size;
        plan->wire_size += region->zlib.size != 0 ? region->zlib.size : region->data.size;
    }
    return EG_OK;
}
