/* SPDX-License-Identifier: Apache-2.0 */

/* The partition table: that it is one, is whole, and fits the flash. */

#include "engine/guard/guard_internal.h"

/* A bootloader or application that uses a partition table. */
static bool needs_table(const struct eg__guard_view *view)
{
    for (size_t i = 0; i < view->image_count; i++)
        if (view->images[i].info.extended)
            return true;
    return false;
}

EG__GUARD_PIECE_CHECK(eg__guard_table_image)
{
    if (piece->data == NULL || piece->of_unit)
        return EG_OK;
    if (!piece->raw && eg__guard_is_csv_table(piece->data, piece->size))
        return eg_error_set(
            err, EG_BAD_IMAGE,
            "%s is a partition table as CSV text, the flash holds a binary one; 'espgang partition-table' "
            "makes it",
            piece->name);
    if (piece->flash_addr != EG_PARTITIONS_ADDR || piece->partition != NULL || view->table.found ||
        !needs_table(view) || eg__guard_is_blank(piece->data, piece->size))
        return EG_OK;
    const char *const kind = eg_guard_kind(piece->data, piece->size);
    return eg_error_set(err, EG_BAD_IMAGE, "%s is %s, not a partition table, which belongs at 0x%08lx",
                        piece->name, kind != NULL ? kind : "something else",
                        (unsigned long)EG_PARTITIONS_ADDR);
}

EG__GUARD_WHOLE_CHECK(eg__guard_table_damage)
{
    *piece = view->table.piece;
    if (view->table_code == EG_OK)
        return EG_OK;
    *err = view->table_error;
    return eg_error_prefix(err, "%s: ", eg__guard_table_name(view));
}

EG__GUARD_WHOLE_CHECK(eg__guard_table_place)
{
    const uint32_t bootloader_addr = view->request->target->bootloader_addr;

    *piece = view->table.piece;
    for (size_t i = 0; i < view->table.partitions.count; i++) {
        const struct eg_partition *const row = &view->table.partitions.rows[i];
        if (row->type == EG_PARTITION_TABLE && row->subtype == 0 && row->flash_addr != view->table.flash_addr)
            return eg_error_set(
                err, EG_BAD_JOB,
                "%s at 0x%08llx is a partition table that the bootloader looks for at 0x%08lx",
                eg__guard_table_name(view), (unsigned long long)view->table.flash_addr,
                (unsigned long)row->flash_addr);
        if (row->type == EG_PARTITION_BOOTLOADER && row->subtype == 0 && row->flash_addr != bootloader_addr)
            return eg_error_set(err, EG_BAD_JOB,
                                "%s has the bootloader at 0x%08lx, but the %s starts it at 0x%08lx",
                                eg__guard_table_name(view), (unsigned long)row->flash_addr,
                                view->request->target->label, (unsigned long)bootloader_addr);
    }
    return EG_OK;
}

EG__GUARD_WHOLE_CHECK(eg__guard_table_layout)
{
    const struct eg_partitions_place place = {.table_addr = (uint32_t)view->table.flash_addr,
                                              .bootloader_addr = view->request->target->bootloader_addr};

    *piece = view->table.piece;
    if (!view->table.found || eg_partitions_check(&view->table.partitions, &place, err) == EG_OK)
        return EG_OK;
    return eg_error_prefix(err, "%s: ", eg__guard_table_name(view));
}

/* Refuse the first partition that ends beyond `size`; 0 = not known. */
static enum eg_code check_rows(const struct eg__guard_view *view, const char *whose, uint32_t size,
                               struct eg_error *err)
{
    char text[EG__GUARD_SIZE_TEXT];

    for (size_t i = 0; size != 0 && i < view->table.partitions.count; i++) {
        const struct eg_partition *const row = &view->table.partitions.rows[i];
        const uint64_t end = row->flash_addr + (uint64_t)row->size;
        if (end > size)
            return eg_error_set(err, EG_FLASH_TOO_SMALL,
                                "%s: partition %s ends at 0x%08llx, beyond %s, %s (0x%08lx)",
                                eg__guard_table_name(view), row->name, (unsigned long long)end, whose,
                                eg__guard_size(text, size), (unsigned long)size);
    }
    return EG_OK;
}

EG__GUARD_WHOLE_CHECK(eg__guard_table_flash)
{
    const uint32_t declared = view->request->declared_size;
    const uint32_t real = view->request->flash != NULL ? view->request->flash->size : 0;

    *piece = view->table.piece;
    EG_TRY(check_rows(view, "the given flash size", declared, err));
    return check_rows(view, "the flash", real, err);
}

EG__GUARD_WHOLE_CHECK(eg__guard_table_header)
{
    const struct eg__guard_image *const bootloader =
        eg__guard_image_at(view, view->request->target->bootloader_addr);

    *piece = view->table.piece;
    if (bootloader == NULL)
        return EG_OK;
    return check_rows(view, "the flash size in the bootloader's header",
                      eg__guard_header_size(view, bootloader), err);
}

EG__GUARD_WHOLE_CHECK(eg__guard_table_missing)
{
    (void)piece;
    if (view->table.found || eg__guard_image_at(view, view->request->target->bootloader_addr) == NULL ||
        !needs_table(view))
        return EG_OK;
    return eg_error_set(
        err, EG_BAD_JOB,
        "there is no partition table among the files: on a blank board the bootloader finds no "
        "application");
}

EG__GUARD_WHOLE_CHECK(eg__guard_board_table)
{
    const struct eg_guard_board *const board = view->request->board;

    *piece = view->request->count;
    if (board->table == NULL || !eg__guard_has_application(view))
        return EG_OK;
    if (!view->table.found)
        return eg_error_set(
            err, EG_NOT_ACCEPTED,
            "neither the job nor the board has a partition table: the bootloader would find no "
            "application");
    if (view->table_code == EG_OK)
        return EG_OK;
    return eg_error_set(err, EG_NOT_ACCEPTED, "%s is damaged: %s", eg__guard_table_name(view),
                        view->table_error.text);
}
