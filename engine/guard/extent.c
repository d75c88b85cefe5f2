/* SPDX-License-Identifier: Apache-2.0 */

/* Sectors, partitions that were named, what the loader reaches, and the end of the flash. */

#include "engine/guard/guard_internal.h"

#include <stdlib.h>

/* Three address bytes reach this far; beyond it a stub must be able to send four. */
#define NEAR_FLASH_SIZE UINT64_C(0x1000000)

/* A ROM takes the flash for one of 2 MB until it is told its size. */
#define ROM_FLASH_SIZE UINT64_C(0x200000)

enum { RANGE_TEXT = EG__GUARD_NAME + 60 };

/* "app.bin: 0x00010000 to 0x00020000" */
static const char *range(char text[RANGE_TEXT], const struct eg__guard_view *view,
                         const struct eg_guard_piece *piece)
{
    snprintf(text, RANGE_TEXT, "%.180s%s0x%08llx to 0x%08llx", piece->name != NULL ? piece->name : "",
             piece->name != NULL ? ": " : "", (unsigned long long)piece->flash_addr,
             (unsigned long long)eg__guard_end(view, piece));
    return text;
}

EG__GUARD_PIECE_CHECK(eg__guard_sector_begin)
{
    const uint64_t before = piece->flash_addr % EG_FLASH_SECTOR;

    (void)view;
    if (before == 0 || piece->size == 0)
        return EG_OK;
    return eg_error_set(
        err, EG_BAD_ARGUMENT,
        "%s at 0x%08llx begins inside a sector, not at a multiple of 4096 (0x1000): 0x%x bytes "
        "before it are erased",
        piece->name, (unsigned long long)piece->flash_addr, (unsigned)before);
}

static uint64_t first_sector(const struct eg_guard_piece *piece)
{
    return piece->flash_addr / EG_FLASH_SECTOR;
}

/* The one after the last. */
static uint64_t end_sector(const struct eg_guard_piece *piece)
{
    return (piece->flash_addr + piece->size + EG_FLASH_SECTOR - 1) / EG_FLASH_SECTOR;
}

/* Return whether a piece has only FF in the sectors of another piece. */
static bool leaves_free(const struct eg_guard_piece *piece, const struct eg_guard_piece *other)
{
    const uint64_t from = first_sector(other) * EG_FLASH_SECTOR, to = end_sector(other) * EG_FLASH_SECTOR;
    const uint64_t begin = from > piece->flash_addr ? from - piece->flash_addr : 0;
    const uint64_t end = to - piece->flash_addr < piece->size ? to - piece->flash_addr : piece->size;

    return piece->data != NULL && from >= piece->flash_addr &&
           eg__guard_is_blank(piece->data + begin, end - begin);
}

static bool share(const struct eg_guard_piece *a, const struct eg_guard_piece *b)
{
    if (a->size == 0 || b->size == 0 || first_sector(a) >= end_sector(b) || first_sector(b) >= end_sector(a))
        return false;
    if (a->of_unit != b->of_unit)
        return a->of_unit ? !leaves_free(b, a) : !leaves_free(a, b);
    return true;
}

static int by_address(const void *a, const void *b)
{
    const struct eg_guard_piece *const *first = a, *const *second = b;

    return ((*first)->flash_addr > (*second)->flash_addr) - ((*first)->flash_addr < (*second)->flash_addr);
}

EG__GUARD_WHOLE_CHECK(eg__guard_shared_sector)
{
    const struct eg_guard_request *const request = view->request;
    EG_CLEANUP(eg_free_cleanup) const struct eg_guard_piece **sorted = NULL;

    EG_TRY(eg_alloc(&sorted, request->count + 1, sizeof *sorted, err));
    for (size_t i = 0; i < request->count; i++)
        sorted[i] = &request->pieces[i];
    qsort(sorted, request->count, sizeof *sorted, by_address);
    for (size_t i = 0; i < request->count; i++) {
        for (size_t j = i + 1; j < request->count && first_sector(sorted[j]) < end_sector(sorted[i]); j++) {
            if (!share(sorted[i], sorted[j]))
                continue;
            *piece = (size_t)(sorted[j] - request->pieces);
            return eg_error_set(err, EG_BAD_ARGUMENT,
                                "%s at 0x%08llx shares a sector with %s, which takes 0x%08llx to 0x%08llx",
                                sorted[j]->name, (unsigned long long)sorted[j]->flash_addr, sorted[i]->name,
                                (unsigned long long)sorted[i]->flash_addr,
                                (unsigned long long)(sorted[i]->flash_addr + sorted[i]->size));
        }
    }
    return EG_OK;
}

EG__GUARD_PIECE_CHECK(eg__guard_named_partition)
{
    (void)view;
    if (piece->partition == NULL || piece->size <= piece->room)
        return EG_OK;
    if (piece->name == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%llu bytes (0x%llx) are more than the %llu that partition %s has",
                            (unsigned long long)piece->size, (unsigned long long)piece->size,
                            (unsigned long long)piece->room, piece->partition);
    return eg_error_set(err, EG_BAD_ARGUMENT, "%s has %llu bytes, partition %s has room for %llu",
                        piece->name, (unsigned long long)piece->size, piece->partition,
                        (unsigned long long)piece->room);
}

EG__GUARD_PIECE_CHECK(eg__guard_erase_align)
{
    (void)view;
    if (piece->flash_addr % EG_FLASH_SECTOR == 0 && piece->size % EG_FLASH_SECTOR == 0)
        return EG_OK;
    return eg_error_set(
        err, EG_BAD_ARGUMENT, "erasing 0x%llx bytes at 0x%08llx: both must be multiples of 0x%x",
        (unsigned long long)piece->size, (unsigned long long)piece->flash_addr, EG_FLASH_SECTOR);
}

EG__GUARD_PIECE_CHECK(eg__guard_loader_reach)
{
    const struct eg_target *const target = view->request->target;
    const bool rom = view->request->chip != NULL && view->request->chip->rom;
    const bool far = !rom && (target->quirks & EG_QUIRK_BIG_FLASH_BY_STUB) != 0;
    char text[RANGE_TEXT];

    if (eg__guard_end(view, piece) <= (far ? UINT64_C(1) << 32 : NEAR_FLASH_SIZE))
        return EG_OK;
    return eg_error_set(err, EG_FLASH_TOO_SMALL, "%s goes beyond the %s that the %s of %s reaches",
                        range(text, view, piece), far ? "4 GB" : "16 MB", rom ? "ROM" : "stub",
                        target->label);
}

EG__GUARD_PIECE_CHECK(eg__guard_declared_end)
{
    const struct eg_guard_request *const request = view->request;
    const uint64_t end = eg__guard_end(view, piece);
    char text[RANGE_TEXT], size[EG__GUARD_SIZE_TEXT];

    if (request->declared_size != 0 && end > request->declared_size)
        return eg_error_set(err, EG_FLASH_TOO_SMALL, "%s goes beyond the given flash size of %s, 0x%08lx",
                            range(text, view, piece), eg__guard_size(size, request->declared_size),
                            (unsigned long)request->declared_size);
    if (request->declared_size != 0)
        return EG_OK;
    if (request->job && request->flash == NULL && end > NEAR_FLASH_SIZE)
        return eg_error_set(
            err, EG_FLASH_TOO_SMALL,
            "%s goes beyond the 16 MB, 0x01000000, that a flash is taken for without a given size",
            range(text, view, piece));
    if (request->chip != NULL && request->chip->info.secure_download && request->flash == NULL &&
        end > ROM_FLASH_SIZE)
        return eg_error_set(
            err, EG_FLASH_TOO_SMALL,
            "%s goes beyond the 2 MB, 0x00200000, that a flash is taken for in secure download "
            "mode unless its size is given",
            range(text, view, piece));
    return EG_OK;
}

EG__GUARD_PIECE_CHECK(eg__guard_flash_end)
{
    const uint32_t size = view->request->flash->size;
    char text[RANGE_TEXT];

    if (size == 0 || eg__guard_end(view, piece) <= size)
        return EG_OK;
    return eg_error_set(err, EG_FLASH_TOO_SMALL, "%s goes beyond the end of the flash at 0x%08lx",
                        range(text, view, piece), (unsigned long)size);
}

EG__GUARD_WHOLE_CHECK(eg__guard_declared_flash)
{
    const uint32_t declared = view->request->declared_size, size = view->request->flash->size;
    char has[EG__GUARD_SIZE_TEXT], given[EG__GUARD_SIZE_TEXT];

    (void)piece;
    if (size == 0 || declared <= size)
        return EG_OK;
    return eg_error_set(err, EG_FLASH_TOO_SMALL, "the flash has %s, the given flash size is %s",
                        eg__guard_size(has, size), eg__guard_size(given, declared));
}

EG__GUARD_WHOLE_CHECK(eg__guard_flash_size)
{
    char jedec[EG_JEDEC_TEXT];

    (void)piece;
    if (view->request->flash->size != 0 || view->request->declared_size != 0)
        return EG_OK;
    eg_jedec_text(jedec, view->request->flash->jedec);
    return eg_error_set(err, EG_FLASH_TOO_SMALL, "flash id %s does not tell a size and none is given", jedec);
}
