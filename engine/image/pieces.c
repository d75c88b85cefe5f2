/* SPDX-License-Identifier: Apache-2.0 */

/* A list that grows while a file is read, and is sorted at the end. */

#include "engine/image/pieces.h"

#include <stdlib.h>

static uint64_t end_of(const struct eg_piece *piece)
{
    return piece->addr + (uint64_t)piece->data.size;
}

void eg_pieces_finish(struct eg_pieces *pieces)
{
    for (size_t i = 0; i < pieces->count; i++)
        eg_buffer_finish(&pieces->list[i].data);
    free(pieces->list);
    *pieces = (struct eg_pieces){0};
}

enum eg_code eg__pieces_add(struct eg_pieces *pieces, uint32_t addr, const void *data, size_t size,
                            const char *what, size_t origin, struct eg_error *err)
{
    if (size == 0)
        return EG_OK;
    if (size > (UINT64_C(1) << 32) - addr)
        return eg_error_set(err, EG_BAD_IMAGE, "%s %zu: %zu bytes at 0x%08lx run out of the address space",
                            what, origin, size, (unsigned long)addr);
    if (pieces->count == 0 || end_of(&pieces->list[pieces->count - 1]) != addr) {
        EG_TRY(eg_grow(&pieces->list, pieces->count, sizeof *pieces->list, err));
        pieces->list[pieces->count++] = (struct eg_piece){.addr = addr, .origin = origin};
    }
    return eg_buffer_append(&pieces->list[pieces->count - 1].data, data, size, err);
}

static int by_addr(const void *a, const void *b)
{
    const struct eg_piece *const left = a, *const right = b;

    if (left->addr != right->addr)
        return left->addr < right->addr ? -1 : 1;
    return left->origin < right->origin ? -1 : left->origin > right->origin;
}

enum eg_code eg__pieces_settle(struct eg_pieces *pieces, const char *what, struct eg_error *err)
{
    size_t kept = 0;

    if (pieces->count == 0)
        return EG_OK;
    qsort(pieces->list, pieces->count, sizeof *pieces->list, by_addr);
    for (size_t i = 1; i < pieces->count; i++) {
        struct eg_piece *const last = &pieces->list[kept], *const next = &pieces->list[i];
        if (next->addr < end_of(last))
            return eg_error_set(err, EG_BAD_IMAGE,
                                "the data from %s %zu on overlap those from %s %zu on at 0x%08lx", what,
                                next->origin, what, last->origin, (unsigned long)next->addr);
        if (next->addr > end_of(last)) {
            const struct eg_piece moved = *next;
            *next = (struct eg_piece){0};
            pieces->list[++kept] = moved;
            continue;
        }
        EG_TRY(eg_buffer_append(&last->data, next->data.data, next->data.size, err));
        eg_buffer_finish(&next->data);
        *next = (struct eg_piece){0};
    }
    pieces->count = kept + 1;
    return EG_OK;
}
