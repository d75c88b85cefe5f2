/* SPDX-License-Identifier: Apache-2.0 */

/* Resolve the places of unit data: addresses, or partitions of the table among the job's regions, without
 * overlaps. */

#include "engine/image/nvs.h"
#include "engine/image/partitions.h"
#include "engine/plan/unit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static enum eg_code place_by_address(struct eg_unit_place *place, const char *text, const char *key,
                                     struct eg_error *err)
{
    uint64_t addr;

    if (!eg_number_parse(text, &addr))
        return eg_error_set(err, EG_BAD_JOB,
                            "%s is \"%.80s\", neither an address such as 0x10000 or 64k nor the name of a "
                            "partition",
                            key, text);
    if (addr > UINT32_MAX)
        return eg_error_set(err, EG_BAD_JOB, "%s is %.80s, an address of more than 32 bits", key, text);
    place->flash_addr = (uint32_t)addr;
    place->room = UINT32_MAX - place->flash_addr; /* the guard knows where the flash ends */
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
    struct eg_guard_table table;

    EG_TRY(eg_plan_find_table(plan, &table, err));
    if (!table.found)
        return eg_error_set(err, EG_BAD_JOB,
                            "%s is \"%.80s\", but there is no partition table among the files", key, text);
    const struct eg_partition *const partition = eg_partitions_find(&table.partitions, text);
    if (partition == NULL)
        return eg_error_set(err, EG_BAD_JOB, "%s is \"%.80s\", which is no partition of the partition table",
                            key, text);
    if (place->kind == EG_UNIT_NVS)
        EG_TRY(check_nvs_partition(partition, key, err));
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
               ? place_by_address(place, at->text, key, err)
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

void eg_unit_place_piece(struct eg_guard_piece *piece, const struct eg_unit_place *place, uint64_t size)
{
    *piece = (struct eg_guard_piece){.name = place->name,
                                     .flash_addr = place->flash_addr,
                                     .size = size != 0 ? size : 1,
                                     .of_unit = true,
                                     .partition = by_partition(place) ? place->at : NULL,
                                     .room = place->room};
}

enum eg_code eg_unit_place_check(const struct eg_unit_places *places, unsigned index, uint64_t size,
                                 const struct eg_plan *plan, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_guard_piece *pieces = NULL;

    EG_TRY(eg_plan_pieces(plan, places->count, &pieces, err));
    for (unsigned i = 0; i < places->count; i++)
        eg_unit_place_piece(&pieces[plan->region_count + i], &places->list[i],
                            i == index ? size : places->list[i].size);
    const struct eg_guard_request request = {.action = EG_GUARD_WRITE,
                                             .job = true,
                                             .pieces = pieces,
                                             .count = (size_t)plan->region_count + places->count};
    return eg_guard_ask(&request, NULL, err);
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
