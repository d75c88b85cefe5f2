/* SPDX-License-Identifier: Apache-2.0 */

/* The segments of an image before they are laid out. */

#ifndef ENGINE_IMAGE_SEGMENTS_H
#define ENGINE_IMAGE_SEGMENTS_H

#include "engine/base/bytes.h"
#include "engine/image/elf.h"
#include "targets/target.h"

struct eg__segment {
    char name[EG_ELF_NAME_SIZE]; /* name of the first section in it */
    uint32_t addr;
    struct eg_buffer data; /* a multiple of 4 bytes, at least 4 */
};

/** Zero-initialise it; EG_CLEANUP(eg__segments_finish) frees it. */
struct eg__segments {
    struct eg__segment *list;
    size_t count;
};

/**
 * Take the parts of an ELF file, padded with zeros to words, and join neighbours of the same memory.
 *
 * @param map     its memory map decides whether two parts are in the same memory
 * @param sorted  sort by address first; for images with the extended header, also fill gaps that alignment
 * leaves between neighbours with zeros
 * @param merged  how many parts were joined to the one before
 *
 * @return EG_OK; EG_BAD_IMAGE: nothing to load, more than an image can hold, a segment outside every memory
 * of the target, or two segments that overlap; EG_NO_MEMORY
 */
enum eg_code eg__segments_collect(struct eg__segments *segments, const struct eg_target *target,
                                  const struct eg_target *map, const struct eg_elf_part *parts,
                                  size_t part_count, bool sorted, unsigned *merged,
                                  struct eg_error *err) EG_CHECKED;

/** Return the name for a sentence, or "segment" without a name. */
const char *eg__segment_name(const struct eg__segment *segment);

void eg__segments_finish(struct eg__segments *segments);

/** Refuse two flash segments, in their final order, that begin in the same MMU page: EG_BAD_IMAGE. */
enum eg_code eg__check_pages(struct eg__segment *const *segments, size_t count, uint32_t page_size,
                             struct eg_error *err) EG_CHECKED;

/** Split the segments into flash and RAM, each sorted by address. Both arrays have room for all segments. */
void eg__split(struct eg__segment **flash, size_t *flash_count, struct eg__segment **ram, size_t *ram_count,
               const struct eg__segments *segments, const struct eg_target *target);

#endif
