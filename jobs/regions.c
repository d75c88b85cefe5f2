/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Turn files and addresses into regions of flash. The guard is asked about all of them first.
 *
 * Unit data may go where a merged file has only FF. The file is split there, so that every byte of flash
 * belongs to one region.
 */

#include "jobs/regions.h"
#include "engine/plan/unit.h"
#include "jobs/parts.h"
#include "jobs/stream_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Facts about regions that are not finished. */
struct making {
    struct eg_plan *plan;
    const struct eg__firmware *firmware;
    struct eg__parts parts; /* their data were moved to the regions with the same index */
    struct eg_unit_places places;
};

static void making_finish(struct making *making)
{
    eg__parts_finish(&making->parts);
    eg_unit_places_finish(&making->places);
}

/* Add a region and take over the bytes of the part. */
static enum eg_code begin_region(struct eg_region *region, struct eg__part *part,
                                 const struct eg_target *target, struct eg_error *err)
{
    struct eg_image_info info;
    struct eg_error ignored;

    EG_TRY(eg_strdup(&region->name, part->name, err));
    EG_TRY(eg_strdup(&region->path, part->entry->path, err));
    region->data = part->data;
    part->data = (struct eg_buffer){0};
    region->file_size = (uint32_t)region->data.size;
    region->flash_addr = (uint32_t)part->flash_addr;
    region->is_image = eg_image_parse(&info, target, region->data.data, region->data.size, &ignored) == EG_OK;
    return EG_OK;
}

/* ---- The guard ---- */

static enum eg_code refuse(const struct making *making, const struct eg_guard_finding *found,
                           struct eg_error *err)
{
    const struct eg__parts *const parts = &making->parts;
    const struct eg__place *place = &making->firmware->entries[0].addr_place;

    if (found->piece >= parts->count && found->piece < parts->count + making->places.count)
        return eg_error_prefix(err, "%s: ", making->places.list[found->piece - parts->count].where);
    if (found->piece < parts->count)
        place = found->rule->about_file ? &parts->list[found->piece].entry->file_place
                                        : &parts->list[found->piece].entry->addr_place;
    if (place->line == 0) /* only the command line names it */
        return eg_error_prefix(err, "%s: ", place->file);
    return eg_error_prefix(err, "%s:%d:%d: ", place->file, place->line, place->column);
}

static enum eg_code ask(struct making *making, struct eg_guard_request *request, struct eg_error *err)
{
    struct eg_plan *const plan = making->plan;
    const struct eg__parts *const parts = &making->parts;
    EG_CLEANUP(eg_free_cleanup) struct eg_guard_piece *pieces = NULL;
    struct eg_guard_finding found = {.rule = NULL};

    EG_TRY(eg_plan_pieces(plan, making->places.count, &pieces, err));
    for (size_t i = 0; i < parts->count; i++) {
        const struct eg__part *const part = &parts->list[i];
        pieces[i].flash_addr = part->flash_addr;
        pieces[i].partition = part->entry->at == EG__AT_NAME ? part->entry->partition : NULL;
        pieces[i].room = part->room;
        pieces[i].raw = part->entry->raw;
        pieces[i].uf2_family_id = part->uf2_family_id;
    }
    for (unsigned i = 0; i < making->places.count; i++)
        eg_unit_place_piece(&pieces[parts->count + i], &making->places.list[i], making->places.list[i].size);
    request->action = EG_GUARD_WRITE;
    request->job = true;
    request->pieces = pieces;
    request->count = parts->count + making->places.count;
    const enum eg_code code = eg_guard_ask(request, &found, err);
    request->pieces = NULL;
    return code != EG_OK && found.rule != NULL ? refuse(making, &found, err) : code;
}

/* Ask about addresses first: places of unit data depend on them. Then ask about the whole job. */
static enum eg_code ask_guard(struct making *making, struct eg_error *err)
{
    struct eg_plan *const plan = making->plan;
    struct eg_guard_request places = {.target = NULL};
    struct eg_guard_request all = {.target = plan->target,
                                   .declared_size = plan->declared_flash_size,
                                   .settings = plan->header,
                                   .allowed = eg_plan_allowed(plan),
                                   .say = eg_plan_notice,
                                   .context = plan};
    const char *place = NULL;

    EG_TRY(ask(making, &places, err));
    if (plan->setting_count > 0 && eg_unit_places_find(&making->places, plan, &place, err) != EG_OK)
        return place != NULL ? eg_error_prefix(err, "%s: ", place) : err->code;
    return ask(making, &all, err);
}

/* ---- Unit data inside a merged file ---- */

/* Return the size that a place reserves: its own size, or as many sectors as the region has FF there. */
static uint32_t reserved(const struct eg_unit_place *place, const struct eg_region *region)
{
    const uint32_t offset = place->flash_addr - region->flash_addr;
    uint32_t size = 0;

    if (place->size != 0)
        return eg_div_up(place->size, EG_FLASH_SECTOR) * EG_FLASH_SECTOR;
    while (size < place->room && offset + size < region->data.size &&
           (region->data.data[offset + size] == 0xff))
        size++;
    return offset + size == region->data.size ? eg_div_up(size, EG_FLASH_SECTOR) * EG_FLASH_SECTOR
                                              : size / EG_FLASH_SECTOR * EG_FLASH_SECTOR;
}

/* Name a part of a region after its file and its address. */
static enum eg_code name_part(struct eg_region *part, const struct eg_region *region, struct eg_error *err)
{
    char suffix[16], text[300];
    size_t length = strlen(region->name);

    snprintf(suffix, sizeof suffix, " 0x%08lx", (unsigned long)region->flash_addr);
    if (length > strlen(suffix) && strcmp(region->name + length - strlen(suffix), suffix) == 0)
        length -= strlen(suffix);
    snprintf(text, sizeof text, "%.*s 0x%08lx", length < 250 ? (int)length : 250, region->name,
             (unsigned long)part->flash_addr);
    return eg_strdup(&part->name, text, err);
}

/* Cut `size` bytes at `offset` out of a region; `*rest` gets the bytes after them, and may be empty. */
static enum eg_code cut(struct eg_region *region, struct eg_region *rest, uint32_t offset, uint32_t size,
                        struct eg_error *err)
{
    const uint32_t after = offset + size;

    *rest = (struct eg_region){.flash_addr = region->flash_addr + after};
    if (after < region->data.size)
        EG_TRY(eg_buffer_append(&rest->data, region->data.data + after, region->data.size - after, err));
    EG_TRY(eg_strdup(&rest->path, region->path, err));
    EG_TRY(name_part(rest, region, err));
    rest->file_size = (uint32_t)rest->data.size;
    EG_TRY(eg_buffer_resize(&region->data, offset, 0xff, err));
    region->file_size = offset;
    return EG_OK;
}

static enum eg_code add_region(struct eg_plan *plan, unsigned index, const struct eg_region *region,
                               struct eg_error *err)
{
    struct eg_region *const more = realloc(plan->regions, (plan->region_count + 1) * sizeof *more);

    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%u regions", plan->region_count + 1);
    plan->regions = more;
    memmove(more + index + 1, more + index, (plan->region_count - index) * sizeof *more);
    more[index] = *region;
    plan->region_count++;
    return EG_OK;
}

static void drop_region(struct eg_plan *plan, unsigned index)
{
    eg_region_destroy(&plan->regions[index]);
    plan->region_count--;
    memmove(plan->regions + index, plan->regions + index + 1,
            (plan->region_count - index) * sizeof *plan->regions);
}

static enum eg_code take_out(struct eg_plan *plan, const struct eg_unit_place *place, struct eg_error *err)
{
    for (unsigned i = 0; i < plan->region_count; i++) {
        struct eg_region *const region = &plan->regions[i];
        const uint32_t offset = place->flash_addr - region->flash_addr;
        struct eg_region rest;
        if (place->flash_addr < region->flash_addr || offset >= region->data.size)
            continue;
        enum eg_code code = cut(region, &rest, offset, reserved(place, region), err);
        if (code == EG_OK && rest.data.size > 0)
            code = add_region(plan, i + 1, &rest, err);
        if (code != EG_OK || rest.data.size == 0)
            eg_region_destroy(&rest);
        if (code == EG_OK && offset == 0)
            drop_region(plan, i);
        return code;
    }
    return EG_OK;
}

/* ---- Finishing ---- */

/* Put the flash settings into a bootloader's header. If that changes it, keep the built form too: which of
 * the two is written is decided for each board. */
static enum eg_code patch(struct eg_region *region, const struct eg_plan *plan,
                          const struct eg__bundle *bundle, struct eg_error *err)
{
    struct eg_buffer *const data = &region->data;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer original = {0};
    bool changed;

    if (region->flash_addr != plan->target->bootloader_addr || !region->is_image ||
        !eg_guard_may_patch(plan->target, NULL, data->data, data->size))
        return EG_OK;
    EG_TRY(eg_buffer_append(&original, data->data, data->size, err));
    EG_TRY(eg_image_patch(plan->target, region->flash_addr, &plan->header, data->data, data->size, &changed,
                          err));
    if (!changed)
        return EG_OK;
    EG_TRY(eg_alloc(&region->as_built, 1, sizeof *region->as_built, err));
    struct eg_region *const built = region->as_built;
    *built = (struct eg_region){
        .flash_addr = region->flash_addr, .file_size = region->file_size, .is_image = true, .data = original};
    original = (struct eg_buffer){0};
    EG_TRY(eg_strdup(&built->name, region->name, err));
    EG_TRY(eg_strdup(&built->path, region->path, err));
    EG_TRY(eg_region_hash(built, err));
    eg__region_take(built, bundle);
    return built->zlib.size != 0 ? EG_OK : eg_region_compress(built, err);
}

enum eg_code eg__regions_make(struct eg_plan *plan, const struct eg__firmware *firmware, struct eg_error *err)
{
    EG_CLEANUP(making_finish) struct making making = {.plan = plan, .firmware = firmware};
    const struct eg__bundle *const bundle = firmware->entries[0].file_place.bundle;

    EG_TRY(eg__parts_read(&making.parts, firmware, plan->target, err));
    EG_TRY(eg_alloc(&plan->regions, making.parts.count, sizeof *plan->regions, err));
    for (size_t i = 0; i < making.parts.count; i++) {
        plan->region_count++;
        EG_TRY(begin_region(&plan->regions[i], &making.parts.list[i], plan->target, err));
    }
    EG_TRY(ask_guard(&making, err));
    for (unsigned i = 0; i < making.places.count; i++)
        EG_TRY(take_out(plan, &making.places.list[i], err));
    for (unsigned i = 0; i < plan->region_count; i++) {
        struct eg_region *const region = &plan->regions[i];
        EG_TRY(patch(region, plan, bundle, err));
        EG_TRY(eg_region_hash(region, err));
        eg__region_take(region, bundle);
        plan->data_size += region->data.size;
    }
    return EG_OK;
}
