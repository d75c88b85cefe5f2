/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/changes.h"

#include <stdlib.h>
#include <string.h>

enum {
    BLOCK = 0x10000,
    SECTOR = EG_FLASH_SECTOR,
    ALWAYS_REFINED = 4 * BLOCK,
};

struct comparison {
    struct eg_loader *loader;
    const struct eg_region *region;
    struct eg_changes *changes;
    bool end_is_used; /* the rest of the last sector is to be erased, which only writing the sector does */
};

static uint32_t region_size(const struct comparison *comparison)
{
    return (uint32_t)comparison->region->data.size;
}

/* Bytes of the piece of at most `most` that begins at `at`. */
static uint32_t piece_size(const struct comparison *comparison, uint32_t at, uint32_t most)
{
    const uint32_t left = region_size(comparison) - at;

    return left < most ? left : most;
}

static enum eg_code is_equal(const struct comparison *comparison, uint32_t at, uint32_t size, bool *equal,
                             struct eg_error *err)
{
    const struct eg_region *const region = comparison->region;
    uint8_t is[EG_MD5_SIZE], wanted[EG_MD5_SIZE];

    EG_TRY(eg_md5(wanted, region->data.data + at, size, err));
    EG_TRY(eg_loader_md5(comparison->loader, region->flash_addr + at, size, is, err));
    *equal = memcmp(is, wanted, sizeof is) == 0;
    return EG_OK;
}

static enum eg_code add(const struct comparison *comparison, uint32_t at, uint32_t size, struct eg_error *err)
{
    struct eg_changes *const changes = comparison->changes;
    struct eg_stretch *const last = changes->count > 0 ? &changes->stretches[changes->count - 1] : NULL;

    changes->size += size;
    if (last != NULL && last->at + last->size == at) {
        last->size += size;
        return EG_OK;
    }
    struct eg_stretch *const more = realloc(changes->stretches, (changes->count + 1) * sizeof *more);
    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "stretches of %s", comparison->region->name);
    changes->stretches = more;
    changes->stretches[changes->count++] = (struct eg_stretch){at, size};
    return EG_OK;
}

/* Return whether the job erases the flash after the region, and it was not blank. Regions begin at sectors.
 */
static bool is_used_after(const struct eg_run *run, const struct eg_region *region)
{
    const uint32_t end = region->flash_addr + (uint32_t)region->data.size;

    for (unsigned i = 0; i < run->erased_count && end % SECTOR != 0; i++)
        if (run->erased[i].flash_addr == end && !run->erased[i].was_blank)
            return true;
    return false;
}

/* Add the pieces of at most `most` bytes that must be written, from `from` to `end`. */
static enum eg_code add_pieces(const struct comparison *comparison, uint32_t from, uint32_t end,
                               uint32_t most, struct eg_error *err)
{
    for (uint32_t at = from; at < end; at += most) {
        const uint32_t size = piece_size(comparison, at, most);
        bool equal;

        EG_TRY(is_equal(comparison, at, size, &equal, err));
        if (!equal || (comparison->end_is_used && at + size == region_size(comparison)))
            EG_TRY(add(comparison, at, size, err));
    }
    return EG_OK;
}

/* Look into the stretches of blocks. Where most of the region differs, the digests would cost more time than
 * they save. */
static enum eg_code refine(const struct comparison *comparison, struct eg_error *err)
{
    struct eg_changes *const changes = comparison->changes;
    EG_CLEANUP(eg_changes_finish) struct eg_changes blocks = *changes;

    if (changes->size > ALWAYS_REFINED && changes->size > region_size(comparison) / 2) {
        blocks = (struct eg_changes){0};
        return EG_OK;
    }
    *changes = (struct eg_changes){0};
    for (unsigned i = 0; i < blocks.count; i++)
        EG_TRY(add_pieces(comparison, blocks.stretches[i].at,
                          blocks.stretches[i].at + blocks.stretches[i].size, SECTOR, err));
    return EG_OK;
}

static enum eg_code compare(struct eg_run *run, const struct comparison *comparison, struct eg_error *err)
{
    const struct eg_region *const region = comparison->region;
    bool probably = false;

    EG_TRY(run->recorder->ops->holds(run->recorder, &run->unit, region, &probably, err));
    if (probably && !comparison->end_is_used) {
        EG_TRY(is_equal(comparison, 0, region_size(comparison), &comparison->changes->whole, err));
        if (comparison->changes->whole)
            return EG_OK;
    }
    EG_TRY(add_pieces(comparison, 0, region_size(comparison), BLOCK, err));
    return refine(comparison, err);
}

enum eg_code eg_changes_find(struct eg_run *run, const struct eg_region *region, struct eg_changes *changes,
                             struct eg_error *err)
{
    const struct comparison comparison = {&run->loader, region, changes, is_used_after(run, region)};

    *changes = (struct eg_changes){0};
    const enum eg_code code = compare(run, &comparison, err);
    if (code != EG_CANNOT_VERIFY)
        return code;
    eg_changes_finish(changes);
    return add(&comparison, 0, region_size(&comparison), err);
}

void eg_changes_finish(struct eg_changes *changes)
{
    free(changes->stretches);
    *changes = (struct eg_changes){0};
}
