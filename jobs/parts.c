/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Read files into bytes with addresses.
 *
 * Memory is limited to the size of the largest flash. The address of a file without addresses is never
 * guessed in a way that could make a board that does not start: a merged file must have the bootloader where
 * the chip looks for it, and an ELF file must have the descriptor of an application.
 */

#include "jobs/parts.h"

#include "engine/guard/guard.h"
#include "engine/image/build.h"
#include "engine/image/hex.h"
#include "engine/image/inspect.h"
#include "engine/image/kind.h"
#include "engine/image/uf2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SIZE_MAX ((size_t)64 << 20)
#define ALL_SIZE_MAX  ((uint64_t)128 << 20)

/* Address of the application in ESP-IDF's partition tables. */
#define APP_ADDR 0x10000

enum eg_code eg__prefix_file(const struct eg__entry *entry, struct eg_error *err)
{
    if (err->code == EG_IO || err->code == EG_BAD_ARGUMENT)
        err->code = EG_BAD_IMAGE;
    return eg__prefix_place(&entry->file_place, err);
}

void eg__parts_finish(struct eg__parts *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        free(parts->list[i].name);
        eg_buffer_finish(&parts->list[i].data);
    }
    free(parts->list);
}

/* Add a part and take over its bytes. `alone` = the file has no other part. */
static enum eg_code add(struct eg__parts *parts, const struct eg__entry *entry, uint64_t flash_addr,
                        bool alone, struct eg_buffer *data, struct eg_error *err)
{
    struct eg__part *const more = realloc(parts->list, (parts->count + 1) * sizeof *more);
    char name[300];

    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%zu parts of firmware", parts->count + 1);
    parts->list = more;
    snprintf(name, sizeof name, alone ? "%.250s" : "%.250s 0x%08lx", entry->name, (unsigned long)flash_addr);
    more[parts->count] = (struct eg__part){.entry = entry, .flash_addr = flash_addr};
    EG_TRY(eg_strdup(&more[parts->count].name, name, err));
    more[parts->count].data = *data;
    parts->size += data->size;
    parts->count++;
    *data = (struct eg_buffer){0};
    if (parts->size > ALL_SIZE_MAX)
        return eg__refuse(&entry->file_place, err,
                          "the files have more than %llu bytes together, which no flash has room for",
                          (unsigned long long)ALL_SIZE_MAX);
    return EG_OK;
}

static enum eg_code refuse_at(const struct eg__entry *entry, const char *kind, struct eg_error *err)
{
    return eg__refuse(&entry->addr_place, err, "%.80s is %s, which says itself where it goes; leave out at",
                      entry->name, kind);
}

static enum eg_code add_pieces(struct eg__parts *parts, const struct eg__entry *entry,
                               struct eg_pieces *pieces, enum eg_file_kind file_kind, uint32_t uf2_family_id,
                               bool relative, struct eg_error *err)
{
    const char *const kind = eg_file_kind_text(file_kind);

    if (relative && entry->at != EG__AT_NAME)
        return eg__refuse(
            &entry->addr_place, err,
            "%.80s is %s whose addresses count from an application partition; name the partition, "
            "as in at: ota_0",
            entry->name, kind);
    if (!relative && entry->at != EG__AT_FILE)
        return refuse_at(entry, kind, err);
    for (size_t i = 0; i < pieces->count; i++) {
        EG_TRY(add(parts, entry, pieces->list[i].addr, pieces->count == 1, &pieces->list[i].data, err));
        parts->list[parts->count - 1].uf2_family_id = uf2_family_id;
    }
    return EG_OK;
}

static enum eg_code add_hex(struct eg__parts *parts, const struct eg__entry *entry,
                            const struct eg_buffer *file, struct eg_error *err)
{
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};

    if (eg_hex_read(&pieces, file->data, file->size, err) != EG_OK) {
        eg_error_prefix(err, "%s: ", entry->path);
        return eg__prefix_file(entry, err);
    }
    return add_pieces(parts, entry, &pieces, EG_FILE_HEX, 0, false, err);
}

static enum eg_code add_uf2(struct eg__parts *parts, const struct eg__entry *entry,
                            const struct eg_buffer *file, const struct eg_target *target,
                            struct eg_error *err)
{
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
    uint32_t family_id;

    if (eg_uf2_read(&pieces, &family_id, file->data, file->size, err) != EG_OK) {
        eg_error_prefix(err, "%s: ", entry->path);
        return eg__prefix_file(entry, err);
    }
    return add_pieces(parts, entry, &pieces, EG_FILE_UF2, family_id, eg_uf2_is_relative(&pieces, target),
                      err);
}

static enum eg_code place_built(uint64_t *flash_addr, const struct eg__entry *entry,
                                const struct eg_image_file *built, const struct eg_target *target,
                                struct eg_error *err)
{
    struct eg_image_details details;
    struct eg_error ignored;

    if (built->has_addr && entry->at != EG__AT_FILE)
        return refuse_at(entry, "an ELF file", err);
    *flash_addr = built->has_addr ? built->flash_addr : entry->flash_addr;
    if (built->has_addr || entry->at != EG__AT_FILE)
        return EG_OK;
    if (eg_image_inspect(&details, target, built->data.data, built->data.size, &ignored) != EG_OK ||
        !details.has_app)
        return eg__refuse(&entry->file_place, err,
                          "%.80s needs the key at: nothing in the ELF file says that it is an application",
                          entry->name);
    *flash_addr = APP_ADDR;
    return EG_OK;
}

static enum eg_code add_elf(struct eg__parts *parts, const struct eg__entry *entry,
                            const struct eg_buffer *file, const struct eg_target *target,
                            struct eg_error *err)
{
    EG_CLEANUP(eg_image_files_finish) struct eg_image_files built = {.count = 0};
    const struct eg_image_options options = {.version = 0};

    if (eg_image_build(&built, target, file->data, file->size, &options, err) != EG_OK) {
        eg_error_prefix(err, "%s: ", entry->path);
        return eg__prefix_file(entry, err);
    }
    for (unsigned i = 0; i < built.count; i++) {
        uint64_t flash_addr = 0;
        EG_TRY(place_built(&flash_addr, entry, &built.file[i], target, err));
        EG_TRY(add(parts, entry, flash_addr, built.count == 1, &built.file[i].data, err));
    }
    return EG_OK;
}

/* Check that a file without an address is a merged file, which has a bootloader for the chip. */
static enum eg_code check_merged(const struct eg__entry *entry, const struct eg_buffer *file,
                                 const struct eg_target *target, struct eg_error *err)
{
    const uint32_t at = target->bootloader_addr;
    struct eg_image_info info;
    struct eg_error ignored;

    if (file->size <= at ||
        eg_image_parse(&info, target, file->data + at, file->size - at, &ignored) != EG_OK)
        return eg__refuse(
            &entry->file_place, err,
            "%.80s needs the key at: it is no merged file, which has a bootloader for %s at 0x%08lx",
            entry->name, target->label, (unsigned long)at);
    /* On an ESP8266 the application is in the place of the bootloader. */
    if (info.extended && info.end == file->size - at)
        return eg__refuse(&entry->file_place, err,
                          "%.80s needs the key at: it is one image and no merged file", entry->name);
    return EG_OK;
}

static enum eg_code read_entry(struct eg__parts *parts, const struct eg__entry *entry,
                               const struct eg_target *target, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    enum eg_file_kind kind;

    if (eg__file_read(&file, &entry->file_place, entry->path, FILE_SIZE_MAX, err) != EG_OK)
        return eg__prefix_file(entry, err);
    kind = eg_file_kind(file.data, file.size);
    if (kind != EG_FILE_EMPTY && (entry->raw || entry->file_place.bundle != NULL))
        kind = EG_FILE_OTHER; /* stored as it is, whatever its format */
    switch (kind) {
    case EG_FILE_HEX:
        return add_hex(parts, entry, &file, err);
    case EG_FILE_UF2:
        return add_uf2(parts, entry, &file, target, err);
    case EG_FILE_ELF:
        return add_elf(parts, entry, &file, target, err);
    default:
        if (entry->at == EG__AT_FILE && kind != EG_FILE_EMPTY)
            EG_TRY(check_merged(entry, &file, target, err));
        return add(parts, entry, entry->flash_addr, true, &file, err);
    }
}

static enum eg_code find_table(struct eg_guard_table *table, const struct eg__parts *parts,
                               const struct eg_target *target, const struct eg__entry *wanted_by,
                               struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_guard_piece *pieces = NULL;

    EG_TRY(eg_alloc(&pieces, parts->count + 1, sizeof *pieces, err));
    for (size_t i = 0; i < parts->count; i++) {
        const struct eg__part *const part = &parts->list[i];
        pieces[i] = (struct eg_guard_piece){.flash_addr = part->flash_addr,
                                            .data = part->data.data,
                                            .size = part->data.size,
                                            .partition = part->entry->at == EG__AT_NAME ? part->name : NULL};
    }
    if (eg_guard_find_table(table, target, pieces, parts->count, err) != EG_OK) {
        eg_error_prefix(err, "%s: ", parts->list[table->piece].entry->path);
        return eg__prefix_file(parts->list[table->piece].entry, err);
    }
    if (table->found)
        return EG_OK;
    return eg__refuse(&wanted_by->addr_place, err,
                      "at is \"%.80s\", but there is no partition table among the files",
                      wanted_by->partition);
}

static enum eg_code place_by_name(struct eg__part *part, const struct eg_partitions *table,
                                  struct eg_error *err)
{
    const struct eg__entry *const entry = part->entry;
    const struct eg_partition *const partition = eg_partitions_find(table, entry->partition);

    if (partition == NULL)
        return eg__refuse(&entry->addr_place, err,
                          "at is \"%.80s\", which is no partition of the partition table", entry->partition);
    part->room = part->flash_addr < partition->size ? partition->size - part->flash_addr : 0;
    part->flash_addr += partition->flash_addr; /* until here it counted from the start of the partition */
    return EG_OK;
}

static enum eg_code place_named(struct eg__parts *parts, const struct eg_target *target, struct eg_error *err)
{
    struct eg_guard_table table = {.found = false};

    for (size_t i = 0; i < parts->count; i++) {
        struct eg__part *const part = &parts->list[i];
        if (part->entry->at != EG__AT_NAME)
            continue;
        if (!table.found)
            EG_TRY(find_table(&table, parts, target, part->entry, err));
        EG_TRY(place_by_name(part, &table.partitions, err));
    }
    return EG_OK;
}

static int by_addr(const void *left, const void *right)
{
    const struct eg__part *const a = left, *const b = right;

    return (a->flash_addr > b->flash_addr) - (a->flash_addr < b->flash_addr);
}

enum eg_code eg__parts_read(struct eg__parts *parts, const struct eg__firmware *firmware,
                            const struct eg_target *target, struct eg_error *err)
{
    for (unsigned i = 0; i < firmware->count; i++)
        EG_TRY(read_entry(parts, &firmware->entries[i], target, err));
    EG_TRY(place_named(parts, target, err));
    qsort(parts->list, parts->count, sizeof *parts->list, by_addr);
    return EG_OK;
}
