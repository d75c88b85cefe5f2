/* SPDX-License-Identifier: Apache-2.0 */

/* Where data of each board goes: addresses, partitions of the table among the job's regions, and nothing over
 * anything else. */

#include "engine/image/nvs.h"
#include "engine/image/partitions.h"
#include "engine/plan/unit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What three address bytes reach; beyond it the chip's stub must be able to use four. */
#define NEAR_FLASH_SIZE (UINT64_C(16) << 20)

/* Find the partition table: a region of its own, or inside a region that begins at address 0. */
static enum eg_code find_table(struct eg_partitions *table, bool *found, const struct eg_plan *plan,
                               struct eg_error *err)
{
    *found = false;
    for (unsigned i = 0; i < plan->region_count && !*found; i++) {
        const struct eg_region *const region = &plan->regions[i];
        const size_t in_merged =
            region->flash_addr < EG_PARTITIONS_ADDR ? EG_PARTITIONS_ADDR - region->flash_addr : 0;
        if (in_merged >= region->data.size ||
            !eg_partitions_is(region->data.data + in_merged, region->data.size - in_merged))
            continue;
        if (eg_partitions_parse(table, region->data.data + in_merged, region->data.size - in_merged, err) !=
            EG_OK)
            return eg_error_prefix(err, "%s: ", region->path);
        *found = true;
    }
    return EG_OK;
}

/* The end of what can be written. */
static uint64_t flash_end(const struct eg_plan *plan)
{
    const uint64_t declared = plan->declared_flash_size;
    const bool far = plan->target->quirks & EG_QUIRK_BIG_FLASH_BY_STUB;

    return declared == 0 || (declared > NEAR_FLASH_SIZE && !far) ? NEAR_FLASH_SIZE : declared;
}

static enum eg_code place_by_address(struct eg_unit_place *place, const struct eg_plan *plan,
                                     const char *text, const char *key, struct eg_error *err)
{
    const uint64_t end = flash_end(plan);
    uint64_t addr;

    if (!eg_number_parse(text, &addr))
        return eg_error_set(err, EG_BAD_JOB,
                            "%s is \"%.80s\", neither an address such as 0x10000 or 64k nor the name of a "
                            "partition",
                            key, text);
    if (addr % EG_FLASH_SECTOR != 0)
        return eg_error_set(err, EG_BAD_JOB, "%s is %.80s, which is not a multiple of 4096 (0x1000)", key,
                            text);
    if (addr >= end)
        return eg_error_set(err, EG_BAD_JOB, "%s is %.80s, which is beyond the flash, 0x%08llx", key, text,
                            (unsigned long long)end);
    place->flash_addr = (uint32_t)addr;
    place->room = (uint32_t)(end - addr);
    return EG_OK;
}

static enum eg_code check_nvs_partition(const struct eg_partition *partition, const char *key,
                                        struct eg_error *err)
{
    if (partition->type == EG_PARTITION_DATA &&
        partition->subtype == eg_partition_subtype_code(EG_PARTITION_DATA, "nvs")) {
        if (!eg_nvs_needs_readonly(partition->size) || partition->flags & EG_PARTITION_READONLY)
            return EG_OK;
        return eg_error_set(
            err, EG_BAD_JOB,
            "%s is \"%s\" of 0x%lx bytes; with less than 0x%x the partition table must flag it "
            "readonly",
            key, partition->name, (unsigned long)partition->size, EG_NVS_PAGES_MIN * EG_NVS_PAGE_SIZE);
    }
    const char *const type = eg_partition_type_name(partition->type);
    const char *const subtype = eg_partition_subtype_name(partition->type, partition->subtype);
    return eg_error_set(err, EG_BAD_JOB, "%s is \"%s\", whose type is %s, %s and not data, nvs", key,
                        partition->name, type != NULL ? type : "the project's own",
                        subtype != NULL ? subtype : "the project's own");
}

static enum eg_code place_by_name(struct eg_unit_place *place, const struct eg_plan *plan, const char *text,
                                  const char *key, struct eg_error *err)
{
    struct eg_partitions table;
    bool found;

    EG_TRY(find_table(&table, &found, plan, err));
    if (!found)
        return eg_error_set(err, EG_BAD_JOB,
                            "%s is \"%.80s\", but there is no partition table among the files", key, text);
    const struct eg_partition *const partition = eg_partitions_find(&table, text);
    if (partition == NULL)
        return eg_error_set(err, EG_BAD_JOB, "%s is \"%.80s\", which is no partition of the partition table",
                            key, text);
    if (place->kind == EG_UNIT_NVS)
        EG_TRY(check_nvs_partition(partition, key, err));
    if (partition->flash_addr % EG_FLASH_SECTOR != 0 || partition->flash_addr >= flash_end(plan) ||
        partition->size > flash_end(plan) - partition->flash_addr)
        return eg_error_set(err, EG_BAD_JOB,
                            "%s is \"%s\", a partition that does not lie in the flash by sectors", key,
                            partition->name);
    place->flash_addr = partition->flash_addr;
    place->room = partition->size;
    return EG_OK;
}

static enum eg_code find_place(struct eg_unit_place *place, const struct eg_plan *plan,
                               const struct eg_setting *at, const char *key, struct eg_error *err)
{
    const char first = at->text[0];

    place->at = at->text;
    place->where = at->place;
    return isdigit((unsigned char)first) || strchr("+-.", first) != NULL
               ? place_by_address(place, plan, at->text, key, err)
               : place_by_name(place, plan, at->text, key, err);
}

static enum eg_code set_size(struct eg_unit_place *place, uint64_t size, const char *key,
                             struct eg_error *err)
{
    if (size > place->room)
        return eg_error_set(err, EG_BAD_JOB, "%s is %llu, at %s there is room for %lu", key,
                            (unsigned long long)size, place->at, (unsigned long)place->room);
    place->size = (uint32_t)size;
    return EG_OK;
}

static struct eg_unit_place *add(struct eg_unit_places *places, enum eg_unit_kind kind)
{
    struct eg_unit_place *const place = &places->list[places->count++];

    place->kind = kind;
    return place;
}

static bool by_partition(const struct eg_unit_place *place)
{
    return !isdigit((unsigned char)place->at[0]);
}

static enum eg_code add_nvs(struct eg_unit_places *places, const struct eg_plan *plan, const char **where,
                            struct eg_error *err)
{
    const struct eg_setting *const at = eg_plan_setting(plan, "unit.nvs.at");
    const struct eg_setting *const schema = eg_plan_setting(plan, "unit.nvs.schema");
    const struct eg_setting *const values = eg_plan_setting(plan, "unit.nvs.values");
    const struct eg_setting *const size = eg_plan_setting(plan, "unit.nvs.size");
    const struct eg_setting *const any = at->given       ? at
                                         : schema->given ? schema
                                         : values->given ? values
                                         : size->given   ? size
                                                         : NULL;

    if (any == NULL)
        return EG_OK;
    *where = any->place;
    if (!at->given || !schema->given)
        return eg_error_set(err, EG_BAD_JOB, "%s wants %s besides", any->option->key,
                            at->given ? "unit.nvs.schema" : "unit.nvs.at");
    struct eg_unit_place *const place = add(places, EG_UNIT_NVS);
    place->name = "nvs";
    place->path = schema->text;
    place->key = "unit.nvs.values";
    place->template = values;
    EG_TRY(find_place(place, plan, at, "unit.nvs.at", err));
    if (by_partition(place))
        place->name = place->at;
    else if (!size->given)
        return eg_error_set(err, EG_BAD_JOB, "unit.nvs.at is %s, an address, which wants unit.nvs.size",
                            place->at);
    *where = size->given ? size->place : at->place;
    const uint64_t bytes = size->given ? size->number[0] : place->room;
    EG_TRY(set_size(place, bytes, "unit.nvs.size", err));
    if (by_partition(place) && bytes != place->room)
        return eg_error_set(err, EG_BAD_JOB, "unit.nvs.size is %llu, partition %s has %lu",
                            (unsigned long long)bytes, place->at, (unsigned long)place->room);
    if (eg_nvs_size_check(place->size, err) != EG_OK) {
        err->code = EG_BAD_JOB;
        return eg_error_prefix(err, "unit.nvs: ");
    }
    if (!by_partition(place) && eg_nvs_needs_readonly(place->size))
        return eg_error_set(
            err, EG_BAD_JOB,
            "unit.nvs.size is less than 0x%x: name a partition instead of an address, which the "
            "partition table flags readonly",
            EG_NVS_PAGES_MIN * EG_NVS_PAGE_SIZE);
    return EG_OK;
}

static enum eg_code add_raw(struct eg_unit_places *places, const struct eg_plan *plan,
                            const struct eg_setting_group *group, const char **where, struct eg_error *err)
{
    const struct eg_setting *const value = eg_group_setting(group, "value");
    const struct eg_setting *const hex = eg_group_setting(group, "hex");
    const struct eg_setting *const size = eg_group_setting(group, "size");

    *where = group->place;
    if (value->given == hex->given)
        return eg_error_set(err, EG_BAD_JOB, "unit.raw wants one of the keys value and hex");
    struct eg_unit_place *const place = add(places, hex->given ? EG_UNIT_HEX : EG_UNIT_TEXT);
    place->path = "";
    place->key = hex->given ? "unit.raw.hex" : "unit.raw.value";
    place->template = hex->given ? hex : value;
    *where = eg_group_setting(group, "at")->place;
    EG_TRY(find_place(place, plan, eg_group_setting(group, "at"), "unit.raw.at", err));
    place->name = by_partition(place) ? place->at : "raw";
    if (!size->given)
        return EG_OK;
    *where = size->place;
    return set_size(place, size->number[0], "unit.raw.size", err);
}

static enum eg_code add_file(struct eg_unit_places *places, const struct eg_plan *plan,
                             const struct eg_setting_group *group, const char **where, struct eg_error *err)
{
    struct eg_unit_place *const place = add(places, EG_UNIT_FILE);

    place->template = eg_group_setting(group, "template");
    place->path = place->template->text;
    place->key = "unit.file.template";
    *where = eg_group_setting(group, "at")->place;
    EG_TRY(find_place(place, plan, eg_group_setting(group, "at"), "unit.file.at", err));
    place->name = by_partition(place) ? place->at : "file";
    return EG_OK;
}

/* The last byte of the flash that is touched: flash is erased by sectors. */
static uint64_t last_touched(uint64_t flash_addr, uint64_t size)
{
    return flash_addr + (size + EG_FLASH_SECTOR - 1) / EG_FLASH_SECTOR * EG_FLASH_SECTOR - 1;
}

static bool overlap(uint64_t addr, uint64_t size, uint64_t other_addr, uint64_t other_size)
{
    return addr <= last_touched(other_addr, other_size) && other_addr <= last_touched(addr, size);
}

static enum eg_code refuse_overlap(const struct eg_unit_place *place, const char *other, uint64_t addr,
                                   uint64_t size, struct eg_error *err)
{
    return eg_error_set(err, EG_BAD_JOB,
                        "unit data %s at 0x%08lx overlaps %s, which takes 0x%08llx to 0x%08llx", place->name,
                        (unsigned long)place->flash_addr, other, (unsigned long long)addr,
                        (unsigned long long)last_touched(addr, size));
}

enum eg_code eg_unit_place_check(const struct eg_unit_places *places, unsigned index, uint64_t size,
                                 const struct eg_plan *plan, struct eg_error *err)
{
    const struct eg_unit_place *const place = &places->list[index];

    if (size > place->room)
        return eg_error_set(err, EG_BAD_JOB, "unit data %s at 0x%08lx has %llu bytes, there is room for %lu",
                            place->name, (unsigned long)place->flash_addr, (unsigned long long)size,
                            (unsigned long)place->room);
    for (unsigned i = 0; i < plan->region_count; i++) {
        const struct eg_region *const region = &plan->regions[i];
        if (overlap(place->flash_addr, size, region->flash_addr, region->data.size))
            return refuse_overlap(place, region->name, region->flash_addr, region->data.size, err);
    }
    for (unsigned i = 0; i < places->count; i++) {
        const struct eg_unit_place *const other = &places->list[i];
        const uint64_t least = other->size != 0 ? other->size : 1;
        if (i != index && overlap(place->flash_addr, size, other->flash_addr, least))
            return refuse_overlap(place, other->name, other->flash_addr, least, err);
    }
    return EG_OK;
}

enum eg_code eg_unit_places_find(struct eg_unit_places *places, const struct eg_plan *plan,
                                 const char **place, struct eg_error *err)
{
    const struct eg_setting *const raw = eg_plan_setting(plan, "unit.raw");
    const struct eg_setting *const file = eg_plan_setting(plan, "unit.file");

    EG_TRY(eg_alloc(&places->list, 1 + raw->group_count + file->group_count, sizeof *places->list, err));
    EG_TRY(add_nvs(places, plan, place, err));
    for (unsigned i = 0; i < raw->group_count; i++)
        EG_TRY(add_raw(places, plan, &raw->groups[i], place, err));
    for (unsigned i = 0; i < file->group_count; i++)
        EG_TRY(add_file(places, plan, &file->groups[i], place, err));
    for (unsigned i = 0; i < places->count; i++) {
        *place = places->list[i].where;
        EG_TRY(
            eg_unit_place_check(places, i, places->list[i].size != 0 ? places->list[i].size : 1, plan, err));
    }
    *place = NULL;
    return EG_OK;
}

void eg_unit_places_finish(struct eg_unit_places *places)
{
    free(places->list);
    *places = (struct eg_unit_places){0};
}
