/* SPDX-License-Identifier: Apache-2.0 */

/* Bootloader and applications: whether they are what they should be, and lie where they are looked for. */

#include "engine/guard/guard_internal.h"

#include <string.h>

/* Types from here on belong to the project, which knows what they are for. */
#define PROJECT_TYPE 0x40

EG__GUARD_PIECE_CHECK(eg__guard_empty_file)
{
    if (view->request->action != EG_GUARD_WRITE || piece->size != 0)
        return EG_OK;
    return eg_error_set(err, EG_BAD_IMAGE, "%s is empty: there is nothing to write", piece->name);
}

EG__GUARD_PIECE_CHECK(eg__guard_placeholder)
{
    const struct eg_partition *const partition = eg__guard_partition_at(view, piece->flash_addr);
    const bool data_partition =
        piece->partition != NULL || (partition != NULL && partition->type != EG_PARTITION_APP);

    if (piece->data == NULL || piece->raw || piece->of_unit)
        return EG_OK;
    if (eg__guard_is_lfs_pointer(piece->data, piece->size))
        return eg_error_set(err, EG_BAD_IMAGE,
                            "%s is a Git LFS pointer, not the file itself; 'git lfs pull' fetches that",
                            piece->name);
    if (!data_partition && eg__guard_is_web_page(piece->data, piece->size))
        return eg_error_set(err, EG_BAD_IMAGE, "%s is a web page, not firmware; the download went wrong",
                            piece->name);
    return EG_OK;
}

/* Write "app.bin is a web page, not an image, and ...", or why it is not an image. */
static enum eg_code refuse_kind(const struct eg__guard_view *view, size_t piece, const uint8_t *data,
                                size_t size, struct eg_error *err)
{
    const char *const kind = eg_guard_kind(data, size);
    struct eg_image_info info;
    struct eg_error why;

    if (kind != NULL)
        eg_error_prefix(err, "is %s, not an image", kind);
    else if (eg_image_parse(&info, view->request->target, data, size, &why) != EG_OK)
        eg_error_prefix(err, "is not an image (%s)", why.text);
    return eg_error_prefix(err, "%s ", view->request->pieces[piece].name);
}

/* An image of the chip, or for an ESP8266 also one of version 2, whose first part has another beginning. */
static bool is_image(const struct eg__guard_view *view, uint64_t flash_addr, const uint8_t *data)
{
    return eg__guard_image_at(view, flash_addr) != NULL ||
           (view->request->target->image_chip_id < 0 && data[0] == EG_IMAGE_MAGIC_V2);
}

EG__GUARD_WHOLE_CHECK(eg__guard_bootloader_image)
{
    const struct eg_target *const target = view->request->target;
    size_t size = 0;
    const uint8_t *const data = eg__guard_bytes_at(view, target->bootloader_addr, &size, piece);

    if (data == NULL || is_image(view, target->bootloader_addr, data) || eg__guard_is_blank(data, size))
        return EG_OK;
    eg_error_set(err, EG_BAD_IMAGE, ", and goes to 0x%08lx, where the %s starts its bootloader",
                 (unsigned long)target->bootloader_addr, target->label);
    return refuse_kind(view, *piece, data, size, err);
}

EG__GUARD_PIECE_CHECK(eg__guard_bootloader_place)
{
    const struct eg_target *const target = view->request->target;
    const struct eg__guard_image *const image = eg__guard_image_at(view, piece->flash_addr);
    const struct eg_partition *const partition = eg__guard_partition_at(view, piece->flash_addr);
    const bool called =
        view->request->job && piece->partition == NULL && strcmp(piece->name, "bootloader") == 0;
    const bool in_ram = image != NULL && image->info.extended && !image->application && view->table.found &&
                        partition == NULL;

    if (piece->flash_addr == target->bootloader_addr ||
        (partition != NULL && partition->type == EG_PARTITION_BOOTLOADER) ||
        !(called || in_ram || (image != NULL && image->bootloader)))
        return EG_OK;
    return eg_error_set(err, EG_BAD_JOB,
                        "%s at 0x%08llx is a bootloader, but the %s starts its bootloader at 0x%08lx",
                        piece->name, (unsigned long long)piece->flash_addr, target->label,
                        (unsigned long)target->bootloader_addr);
}

EG__GUARD_WHOLE_CHECK(eg__guard_bootloader_missing)
{
    const struct eg_target *const target = view->request->target;
    size_t size = 0, ignored;
    const uint8_t *const data = eg__guard_bytes_at(view, target->bootloader_addr, &size, &ignored);

    (void)piece;
    if (data != NULL && !eg__guard_is_blank(data, size))
        return EG_OK;
    return eg_error_set(err, EG_BAD_JOB,
                        "nothing goes to 0x%08lx, where the %s starts its bootloader: a blank board will not "
                        "start",
                        (unsigned long)target->bootloader_addr, target->label);
}

EG__GUARD_WHOLE_CHECK(eg__guard_board_bootloader)
{
    const struct eg_target *const target = view->request->target;

    *piece = view->request->count;
    if (view->request->board->no_bootloader && eg__guard_has_application(view))
        return eg_error_set(
            err, EG_NOT_ACCEPTED,
            "neither the job nor the board has a bootloader at 0x%08lx: the %s would not start",
            (unsigned long)target->bootloader_addr, target->label);
    return EG_OK;
}

/* Return whether an address is erased; `*piece` is the stretch that it lies in. */
static bool is_erased(const struct eg__guard_view *view, uint64_t flash_addr, size_t *piece)
{
    const struct eg_guard_request *const request = view->request;

    for (*piece = 0; *piece < request->count; ++*piece)
        if (flash_addr >= request->pieces[*piece].flash_addr &&
            flash_addr - request->pieces[*piece].flash_addr < request->pieces[*piece].size)
            return true;
    return false;
}

/* `written` is what the job writes after erasing. */
static enum eg_code check_erased(const struct eg__guard_view *view, const struct eg__guard_view *written,
                                 size_t *piece, struct eg_error *err)
{
    const struct eg_target *const target = view->request->target;
    size_t size = 0, ignored;
    const uint8_t *const bootloader = eg__guard_bytes_at(written, target->bootloader_addr, &size, &ignored);

    if ((bootloader == NULL || eg__guard_is_blank(bootloader, size)) &&
        is_erased(view, target->bootloader_addr, piece))
        return eg_error_set(
            err, EG_BAD_JOB,
            "erasing %s takes away the bootloader at 0x%08lx, and the job brings none: the %s "
            "would not start",
            view->request->pieces[*piece].name, (unsigned long)target->bootloader_addr, target->label);
    if (target->image_chip_id <
        0) /* its applications need no table, and are told from other data by nothing */
        return EG_OK;
    if (!written->table.found && is_erased(view, EG_PARTITIONS_ADDR, piece))
        return eg_error_set(
            err, EG_BAD_JOB,
            "erasing %s takes away the partition table at 0x%08lx, and the job brings none: the "
            "bootloader would find no application",
            view->request->pieces[*piece].name, (unsigned long)EG_PARTITIONS_ADDR);
    for (size_t i = 0; !eg__guard_has_application(written) && i < written->table.partitions.count; i++) {
        const struct eg_partition *const row = &written->table.partitions.rows[i];
        if (row->type == EG_PARTITION_APP && is_erased(view, row->flash_addr, piece))
            return eg_error_set(
                err, EG_BAD_JOB,
                "erasing %s takes away the application in partition %s, and the job brings none",
                view->request->pieces[*piece].name, row->name);
    }
    return EG_OK;
}

EG__GUARD_WHOLE_CHECK(eg__guard_erased_start)
{
    const struct eg_guard_request *const request = view->request;
    const struct eg_guard_request job = {.target = request->target,
                                         .action = EG_GUARD_WRITE,
                                         .pieces = request->written,
                                         .count = request->written_count};
    EG_CLEANUP(eg__guard_view_finish) struct eg__guard_view written = {.request = &job};

    EG_TRY(eg__guard_view_make(&written, &job, err));
    return check_erased(view, &written, piece, err);
}

EG__GUARD_IMAGE_CHECK(eg__guard_header_flash)
{
    const uint32_t declared = view->request->declared_size;
    const uint32_t size = view->request->flash != NULL ? view->request->flash->size : 0;
    char tells[EG__GUARD_SIZE_TEXT], has[EG__GUARD_SIZE_TEXT];

    if (image->flash_addr != view->request->target->bootloader_addr)
        return EG_OK;
    const uint32_t header = eg__guard_header_size(view, image);
    if (declared != 0 && header > declared)
        return eg_error_set(err, EG_FLASH_TOO_SMALL,
                            "the header of %s tells of a flash of %s, the given flash size is %s",
                            image->name, eg__guard_size(tells, header), eg__guard_size(has, declared));
    if (size != 0 && header > size && header != declared)
        return eg_error_set(
            err, EG_FLASH_TOO_SMALL,
            "the header of %s tells of a flash of %s, the flash has %s: the application would not "
            "start",
            image->name, eg__guard_size(tells, header), eg__guard_size(has, size));
    return EG_OK;
}

EG__GUARD_WHOLE_CHECK(eg__guard_app_image)
{
    const struct eg_partitions *const partitions = &view->table.partitions;

    for (size_t i = 0; i < partitions->count; i++) {
        const struct eg_partition *const partition = &partitions->rows[i];
        size_t size = 0;
        const uint8_t *const data = eg__guard_bytes_at(view, partition->flash_addr, &size, piece);
        if (partition->type != EG_PARTITION_APP || data == NULL ||
            is_image(view, partition->flash_addr, data))
            continue;
        if (size > partition->size)
            size = partition->size;
        if (eg__guard_is_blank(data, size))
            continue;
        eg_error_set(err, EG_BAD_IMAGE, ", and goes to partition %s, which holds an application",
                     partition->name);
        return refuse_kind(view, *piece, data, size, err);
    }
    return EG_OK;
}

/* Bytes that an application takes in its partition: the whole piece, unless that is a merged file, which goes
 * on after the partition and fills the rest of it with FF. */
static uint64_t app_size(const struct eg__guard_view *view, const struct eg__guard_image *image,
                         uint64_t room)
{
    enum { REST = 16 };
    const struct eg_guard_piece *const piece = &view->request->pieces[image->piece];
    const bool alone = piece->flash_addr == image->flash_addr;
    const bool goes_on = piece->size > room && image->info.end + REST <= room &&
                         eg__guard_is_blank(image->data + room - REST, REST);

    return alone && !goes_on ? piece->size : image->info.end;
}

EG__GUARD_IMAGE_CHECK(eg__guard_app_partition)
{
    const struct eg_partition *const partition = eg__guard_partition_at(view, image->flash_addr);

    if (!image->application || !view->table.found || view->table.partitions.count == 0 ||
        image->flash_addr == view->request->target->bootloader_addr)
        return EG_OK;
    if (partition == NULL)
        return eg_error_set(
            err, EG_BAD_JOB, "%s is an application and goes to 0x%08llx, where %s has no partition",
            image->name, (unsigned long long)image->flash_addr,
            view->table.piece < view->request->count ? "the partition table" : eg__guard_table_name(view));
    if (partition->type >= PROJECT_TYPE)
        return EG_OK;
    if (partition->type != EG_PARTITION_APP)
        return eg_error_set(err, EG_BAD_JOB,
                            "%s is an application and goes to 0x%08llx, in partition %s, which holds none",
                            image->name, (unsigned long long)image->flash_addr, partition->name);
    const uint64_t room = partition->size - (image->flash_addr - partition->flash_addr);
    const uint64_t size = app_size(view, image, room);
    if (size > room)
        return eg_error_set(err, EG_BAD_JOB, "%s has %llu bytes, partition %s has room for %llu", image->name,
                            (unsigned long long)size, partition->name, (unsigned long long)room);
    return EG_OK;
}

EG__GUARD_PIECE_CHECK(eg__guard_partition_cut)
{
    const struct eg_partitions *const partitions = &view->table.partitions;
    const uint64_t begin = piece->flash_addr, end = begin + piece->size;

    if (piece->partition != NULL || piece->size == 0 || !view->table.found ||
        (begin <= view->table.flash_addr && view->table.flash_addr < end))
        return EG_OK;
    for (size_t i = 0; i < partitions->count; i++) {
        const struct eg_partition *const partition = &partitions->rows[i];
        const uint64_t first = partition->flash_addr, after = first + partition->size;
        if (begin > first && begin < after)
            return eg_error_set(err, EG_BAD_JOB,
                                "%s at 0x%08llx begins inside partition %s, which takes 0x%08llx to 0x%08llx",
                                piece->name, (unsigned long long)begin, partition->name,
                                (unsigned long long)first, (unsigned long long)after);
        if (begin >= first || end <= first || end >= after || eg__guard_image_at(view, first) != NULL ||
            (piece->data != NULL && eg__guard_is_blank(piece->data + (first - begin), end - first)))
            continue;
        return eg_error_set(
            err, EG_BAD_JOB,
            "%s at 0x%08llx has %llu bytes and ends inside partition %s, which takes 0x%08llx to "
            "0x%08llx",
            piece->name, (unsigned long long)begin, (unsigned long long)piece->size, partition->name,
            (unsigned long long)first, (unsigned long long)after);
    }
    return EG_OK;
}
