/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Find the content of the pieces: images, at their beginning and inside merged files, and the partition
 * table.
 *
 * In a merged file, images are searched at the chip's bootloader address and at the start of each application
 * partition.
 */

#include "engine/guard/guard_internal.h"

#include "engine/base/bytes.h"
#include "engine/image/descriptor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A table lies among the first sectors; further on, bytes that look like one are something else. */
#define TABLE_ADDR_MAX UINT64_C(0x100000)

enum { SEGMENT_HEADER_SIZE = 8, WORD_SIZE = 4 };

uint64_t eg__guard_end(const struct eg__guard_view *view, const struct eg_guard_piece *piece)
{
    const uint64_t align = view->request->action == EG_GUARD_READ || view->request->action == EG_GUARD_ERASE
                               ? 1
                           : piece->encrypted && view->request->target->encrypted_align != 0
                               ? view->request->target->encrypted_align
                               : WORD_SIZE;

    return (piece->flash_addr + piece->size + align - 1) / align * align;
}

bool eg__guard_is_blank(const uint8_t *data, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++)
        if (data[i] != 0xff)
            return false;
    return true;
}

const char *eg__guard_size(char text[EG__GUARD_SIZE_TEXT], uint64_t size)
{
    const bool mega = size % (1u << 20) == 0, kilo = size % (1u << 10) == 0;

    snprintf(text, EG__GUARD_SIZE_TEXT, "%llu %s",
             (unsigned long long)(mega   ? size >> 20
                                  : kilo ? size >> 10
                                         : size),
             mega   ? "MB"
             : kilo ? "KB"
                    : "bytes");
    return text;
}

const uint8_t *eg__guard_bytes_at(const struct eg__guard_view *view, uint64_t flash_addr, size_t *size,
                                  size_t *piece)
{
    for (size_t i = 0; i < view->request->count; i++) {
        const struct eg_guard_piece *const one = &view->request->pieces[i];
        if (one->data == NULL || flash_addr < one->flash_addr || flash_addr - one->flash_addr >= one->size)
            continue;
        *size = (size_t)(one->size - (flash_addr - one->flash_addr));
        *piece = i;
        return one->data + (flash_addr - one->flash_addr);
    }
    return NULL;
}

/* ---- The table ---- */

/* A piece that is a table and nothing else. */
static bool is_table(const struct eg_guard_piece *piece)
{
    return piece->data != NULL && piece->partition == NULL && !piece->of_unit &&
           piece->size <= EG_FLASH_SECTOR && eg_partitions_is(piece->data, piece->size);
}

static enum eg_code parse(struct eg_guard_table *table, const struct eg_guard_piece *pieces, size_t piece,
                          uint64_t offset, struct eg_error *err)
{
    table->found = true;
    table->piece = piece;
    table->flash_addr = pieces[piece].flash_addr + offset;
    return eg_partitions_parse(&table->partitions, pieces[piece].data + offset, pieces[piece].size - offset,
                               err);
}

/* The bytes of a table at its usual address. */
static bool usual_table(const struct eg_guard_piece *piece, uint64_t *offset)
{
    *offset = EG_PARTITIONS_ADDR - piece->flash_addr;
    return piece->data != NULL && piece->partition == NULL && !piece->of_unit &&
           piece->flash_addr <= EG_PARTITIONS_ADDR && *offset < piece->size &&
           eg_partitions_is(piece->data + *offset, piece->size - *offset);
}

/* A table elsewhere in a merged file: only one that is whole is told from other bytes. */
static bool table_inside(struct eg_guard_table *table, const struct eg_guard_piece *pieces, size_t piece)
{
    const struct eg_guard_piece *const merged = &pieces[piece];
    const uint64_t first = EG_FLASH_SECTOR - merged->flash_addr % EG_FLASH_SECTOR;
    struct eg_error ignored;

    if (merged->data == NULL || merged->partition != NULL || merged->of_unit)
        return false;
    for (uint64_t at = first; at < merged->size && merged->flash_addr + at < TABLE_ADDR_MAX;
         at += EG_FLASH_SECTOR)
        if (eg_partitions_is(merged->data + at, merged->size - at) &&
            parse(table, pieces, piece, at, &ignored) == EG_OK)
            return true;
    return false;
}

enum eg_code eg_guard_find_table(struct eg_guard_table *table, const struct eg_target *target,
                                 const struct eg_guard_piece *pieces, size_t count, struct eg_error *err)
{
    size_t lowest = count;
    uint64_t offset;

    *table = (struct eg_guard_table){.piece = count};
    for (size_t i = 0; i < count; i++) {
        if (usual_table(&pieces[i], &offset))
            return parse(table, pieces, i, offset, err);
        if (is_table(&pieces[i]) && (lowest == count || pieces[i].flash_addr < pieces[lowest].flash_addr))
            lowest = i;
    }
    if (lowest < count)
        return parse(table, pieces, lowest, 0, err);
    for (size_t i = 0; i < count; i++)
        if (pieces[i].flash_addr <= target->bootloader_addr && table_inside(table, pieces, i))
            return EG_OK;
    *table = (struct eg_guard_table){.piece = count};
    return EG_OK;
}

/* The table that is on the board, when the pieces have none. */
static void look_at_board(struct eg__guard_view *view)
{
    const struct eg_guard_board *const board = view->request->board;
    struct eg_guard_table *const table = &view->table;

    if (board == NULL || board->table == NULL || !eg_partitions_is(board->table, EG_PARTITIONS_SIZE))
        return;
    table->found = true;
    table->flash_addr = board->table_addr;
    view->table_code =
        eg_partitions_parse(&table->partitions, board->table, EG_PARTITIONS_SIZE, &view->table_error);
}

const char *eg__guard_table_name(const struct eg__guard_view *view)
{
    return view->table.piece < view->request->count ? view->request->pieces[view->table.piece].name
                                                    : "the board's partition table";
}

const struct eg_partition *eg__guard_partition_at(const struct eg__guard_view *view, uint64_t flash_addr)
{
    return view->table.found ? eg_partitions_at(&view->table.partitions, flash_addr) : NULL;
}

/* ---- Images ---- */

static bool in_range(const struct eg_range *range, uint32_t addr)
{
    return addr >= range->start && addr < range->end;
}

static void look_at_segments(struct eg__guard_image *image, const struct eg_target *target)
{
    struct eg_app_descriptor app;
    struct eg_bootloader_descriptor bootloader;
    size_t at = eg_image_header_size(&image->info);

    for (unsigned i = 0; i < image->info.segment_count; i++) {
        const uint32_t addr = eg_get32(image->data + at), size = eg_get32(image->data + at + 4);
        const uint8_t *const content = image->data + at + SEGMENT_HEADER_SIZE;
        if (in_range(&target->irom, addr) || in_range(&target->drom, addr) ||
            (i == 0 && eg_app_descriptor_read(&app, content, size)))
            image->application = true;
        else if (i == 0 && eg_bootloader_descriptor_read(&bootloader, content, size))
            image->bootloader = true;
        at += SEGMENT_HEADER_SIZE + size;
    }
}

static enum eg_code add_image(struct eg__guard_view *view, uint64_t flash_addr, struct eg_error *err)
{
    const struct eg_target *const target = view->request->target;
    struct eg__guard_image image = {.flash_addr = flash_addr};
    struct eg_error ignored;

    image.data = eg__guard_bytes_at(view, flash_addr, &image.size, &image.piece);
    if (image.data == NULL || eg__guard_image_at(view, flash_addr) != NULL ||
        eg_image_parse(&image.info, target, image.data, image.size, &ignored) != EG_OK)
        return EG_OK;
    const struct eg_guard_piece *const piece = &view->request->pieces[image.piece];
    if (piece->flash_addr == flash_addr)
        snprintf(image.name, sizeof image.name, "%.160s", piece->name);
    else
        snprintf(image.name, sizeof image.name, "%.160s at 0x%08llx", piece->name,
                 (unsigned long long)flash_addr);
    if (image.info.extended && image.info.chip_id == target->image_chip_id)
        look_at_segments(&image, target);
    struct eg__guard_image *const more = realloc(view->images, (view->image_count + 1) * sizeof *more);
    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%zu images", view->image_count + 1);
    view->images = more;
    view->images[view->image_count++] = image;
    return EG_OK;
}

const struct eg__guard_image *eg__guard_image_at(const struct eg__guard_view *view, uint64_t flash_addr)
{
    for (size_t i = 0; i < view->image_count; i++)
        if (view->images[i].flash_addr == flash_addr)
            return &view->images[i];
    return NULL;
}

bool eg__guard_has_application(const struct eg__guard_view *view)
{
    for (size_t i = 0; i < view->image_count; i++)
        if (view->images[i].application)
            return true;
    return false;
}

enum eg_code eg__guard_view_make(struct eg__guard_view *view, const struct eg_guard_request *request,
                                 struct eg_error *err)
{
    *view = (struct eg__guard_view){.request = request};
    view->table_code = eg_guard_find_table(&view->table, request->target, request->pieces, request->count,
                                           &view->table_error);
    if (!view->table.found)
        look_at_board(view);
    for (size_t i = 0; i < request->count; i++)
        EG_TRY(add_image(view, request->pieces[i].flash_addr, err));
    EG_TRY(add_image(view, request->target->bootloader_addr, err));
    for (size_t i = 0; i < view->table.partitions.count; i++)
        if (view->table.partitions.rows[i].type == EG_PARTITION_APP)
            EG_TRY(add_image(view, view->table.partitions.rows[i].flash_addr, err));
    return EG_OK;
}

void eg__guard_view_finish(struct eg__guard_view *view)
{
    free(view->images);
}

uint32_t eg__guard_header_size(const struct eg__guard_view *view, const struct eg__guard_image *bootloader)
{
    const struct eg_guard_request *const request = view->request;
    const bool patched =
        request->settings.size >= 0 &&
        request->pieces[bootloader->piece].flash_addr == bootloader->flash_addr &&
        eg_guard_may_patch(request->target, request->chip, bootloader->data, bootloader->size);
    const int code = patched ? request->settings.size : bootloader->info.flash_size_freq & 0xf0;
    const char *const name = eg_header_name(request->target->flash_sizes, code);
    struct eg_error ignored;
    uint32_t size;

    return name != NULL && eg_size_parse(&size, name, &ignored) == EG_OK ? size : 0;
}
