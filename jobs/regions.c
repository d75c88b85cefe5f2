/* SPDX-License-Identifier: Apache-2.0 */

/*
 * From files and addresses to regions of flash, with every refusal that needs no board. Addresses are looked
 * at before files.
 */

#include "jobs/regions.h"

#include "jobs/parts.h"

#include <string.h>

/* What three address bytes reach; beyond it the chip's stub must be able to use four. */
#define NEAR_FLASH_SIZE ((uint64_t)16 << 20)

/* The last byte of the flash a region touches: flash is erased by sectors. */
static uint64_t last_touched(uint64_t flash_addr, size_t size)
{
    return flash_addr + (size + EG_FLASH_SECTOR - 1) / EG_FLASH_SECTOR * EG_FLASH_SECTOR - 1;
}

static enum eg_code check_addr(const struct eg_target *target, const struct eg__entry *entry,
                               const char *name, unsigned long long addr, struct eg_error *err)
{
    if (addr % EG_FLASH_SECTOR != 0)
        return eg__refuse(&entry->addr_place, err,
                          "region %.80s is at 0x%08llx, which is not a multiple of 4096 (0x1000)", name,
                          addr);
    if (strcmp(name, "bootloader") == 0 && addr != target->bootloader_addr)
        return eg__refuse(&entry->addr_place, err,
                          "region bootloader is at 0x%08llx, but the %s starts its bootloader at 0x%08lx",
                          addr, target->label, (unsigned long)target->bootloader_addr);
    return EG_OK;
}

static enum eg_code check_end(const struct eg_plan *plan, const struct eg__part *part, struct eg_error *err)
{
    const struct eg_target *const target = plan->target;
    const bool far = target->quirks & EG_QUIRK_BIG_FLASH_BY_STUB;
    const uint64_t declared = plan->declared_flash_size;
    const uint64_t room = declared == 0 || (declared > NEAR_FLASH_SIZE && !far) ? NEAR_FLASH_SIZE : declared;

    if (part->flash_addr < room && part->data.size <= room - part->flash_addr)
        return EG_OK;
    const char *const reason = room == declared ? "flash.size"
                               : far            ? "the most without flash.size"
                                                : "the most that can be written on this chip";
    return eg__refuse(
        &part->entry->addr_place, err, "region %.80s at 0x%08llx with %zu bytes goes beyond 0x%08llx (%s)",
        part->name, (unsigned long long)part->flash_addr, part->data.size, (unsigned long long)room, reason);
}

static enum eg_code check_overlap(const struct eg__part *before, const struct eg__part *part,
                                  struct eg_error *err)
{
    const uint64_t last = last_touched(before->flash_addr, before->data.size);

    if (last < part->flash_addr)
        return EG_OK;
    return eg__refuse(&part->entry->addr_place, err,
                      "region %.80s at 0x%08llx overlaps region %.80s, which takes 0x%08llx to 0x%08llx",
                      part->name, (unsigned long long)part->flash_addr, before->name,
                      (unsigned long long)before->flash_addr, (unsigned long long)last);
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
    return eg_region_finish(region, err);
}

/* Takes the bytes of the part. */
static enum eg_code make_region(struct eg_region *region, struct eg__part *part,
                                const struct eg_target *target, const struct eg_flash_settings *settings,
                                struct eg_error *err)
{
    EG_TRY(eg_strdup(&region->name, part->name, err));
    EG_TRY(eg_strdup(&region->path, part->entry->path, err));
    region->data = part->data;
    part->data = (struct eg_buffer){0};
    region->file_size = (uint32_t)region->data.size;
    region->flash_addr = (uint32_t)part->flash_addr;
    if (check_image(region, target, err) != EG_OK) {
        eg_error_prefix(err, "%s: ", region->path);
        return eg__prefix_file(part->entry, err);
    }
    return finish_region(region, target, settings, err);
}

enum eg_code eg__regions_make(struct eg_plan *plan, const struct eg__firmware *firmware,
                              const struct eg_flash_settings *settings, struct eg_error *err)
{
    EG_CLEANUP(eg__parts_finish) struct eg__parts parts = {0};

    for (unsigned i = 0; i < firmware->count; i++)
        if (firmware->entries[i].at == EG__AT_ADDR)
            EG_TRY(check_addr(plan->target, &firmware->entries[i], firmware->entries[i].name,
                              firmware->entries[i].flash_addr, err));
    EG_TRY(eg__parts_read(&parts, firmware, plan->target, err));
    for (size_t i = 0; i < parts.count; i++) {
        const struct eg__part *const part = &parts.list[i];
        EG_TRY(check_addr(plan->target, part->entry, part->name, part->flash_addr, err));
        EG_TRY(check_end(plan, part, err));
        if (i > 0)
            EG_TRY(check_overlap(part - 1, part, err));
    }
    EG_TRY(eg_alloc(&plan->regions, parts.count, sizeof *plan->regions, err));
    plan->region_count = (unsigned)parts.count;
    for (unsigned i = 0; i < plan->region_count; i++) {
        struct eg_region *const region = &plan->regions[i];
        EG_TRY(make_region(region, &parts.list[i], plan->target, settings, err));
        plan->data_size += region->data.size;
        plan->wire_size += region->zlib.size != 0 ? region->zlib.size : region->data.size;
    }
    return EG_OK;
}
