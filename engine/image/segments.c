/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Makes the segments of an image from the parts of an ELF file.
 *
 * Parts are joined in the order of the file, because the linker puts first what must come first. For a
 * RAM-only header they are sorted by address.
 */

#include "engine/image/segments.h"

#include "engine/image/image.h"
#include "engine/image/memory.h"

#include <stdlib.h>
#include <string.h>

enum { WORD = 4 };

const char *eg__segment_name(const struct eg__segment *segment)
{
    return segment->name[0] != '\0' ? segment->name : "segment";
}

void eg__segments_finish(struct eg__segments *segments)
{
    for (size_t i = 0; i < segments->count; i++)
        eg_buffer_finish(&segments->list[i].data);
    free(segments->list);
    *segments = (struct eg__segments){0};
}

static bool same_memory(const struct eg_target *map, uint32_t a, uint32_t b)
{
    const char *of_a[EG_MEMORY_NAMES_MAX], *of_b[EG_MEMORY_NAMES_MAX];
    const unsigned count = eg_memory_names(of_a, map, a);

    if (eg_memory_names(of_b, map, b) != count)
        return false;
    for (unsigned i = 0; i < count; i++)
        if (strcmp(of_a[i], of_b[i]) != 0)
            return false;
    return true;
}

static uint64_t end_of(const struct eg__segment *segment)
{
    return segment->addr + (uint64_t)segment->data.size;
}

/* Append zeros to `segment` up to `part`, if the gap is caused only by the alignment of `part`. */
static enum eg_code fill_gap(struct eg__segment *segment, const struct eg_elf_part *part,
                             struct eg_error *err)
{
    const uint64_t align = part->align > 1 ? part->align : 1;
    const uint64_t end = end_of(segment);
    const uint64_t aligned = (end + align - 1) / align * align;

    if (aligned == end || aligned != part->addr)
        return EG_OK;
    if (aligned - segment->addr >= EG_IMAGE_SEGMENT_SIZE_MAX)
        return eg_error_set(err, EG_BAD_IMAGE,
                            "%s at 0x%08lx is aligned to 0x%llx, which leaves more than a segment can hold "
                            "after %s",
                            part->name[0] != '\0' ? part->name : "segment", (unsigned long)part->addr,
                            (unsigned long long)align, eg__segment_name(segment));
    return eg_buffer_resize(&segment->data, aligned - segment->addr, 0, err);
}

static enum eg_code append(struct eg_buffer *data, const struct eg_elf_part *part, struct eg_error *err)
{
    EG_TRY(eg_buffer_append(data, part->data, part->size, err));
    return eg_buffer_resize(data, (data->size + WORD - 1) / WORD * WORD, 0, err);
}

static enum eg_code join(struct eg__segments *segments, const struct eg_target *map,
                         const struct eg_elf_part *parts, size_t part_count, bool fill, struct eg_error *err)
{
    EG_TRY(eg_alloc(&segments->list, part_count, sizeof *segments->list, err));
    for (size_t i = 0; i < part_count; i++) {
        const struct eg_elf_part *const part = &parts[i];
        struct eg__segment *last = segments->count > 0 ? &segments->list[segments->count - 1] : NULL;
        if (last != NULL && fill)
            EG_TRY(fill_gap(last, part, err));
        if (last == NULL || end_of(last) != part->addr || !same_memory(map, parts[i - 1].addr, part->addr)) {
            last = &segments->list[segments->count++];
            memcpy(last->name, part->name, sizeof last->name);
            last->addr = part->addr;
        }
        EG_TRY(append(&last->data, part, err));
    }
    return EG_OK;
}

static enum eg_code check(const struct eg__segments *segments, const struct eg_target *target,
                          struct eg_error *err)
{
    if (segments->count > EG_IMAGE_SEGMENTS_MAX)
        return eg_error_set(err, EG_BAD_IMAGE, "has %zu segments, more than the %d of an image",
                            segments->count, EG_IMAGE_SEGMENTS_MAX);
    for (size_t i = 0; i < segments->count; i++) {
        const struct eg__segment *const a = &segments->list[i];
        if (!eg_memory_touches(target, a->addr, a->data.size))
            return eg_error_set(err, EG_BAD_IMAGE,
                                "%s of %zu bytes at 0x%08lx lies outside every memory of %s",
                                eg__segment_name(a), a->data.size, (unsigned long)a->addr, target->label);
        for (size_t j = 0; j < i; j++) {
            const struct eg__segment *const b = &segments->list[j];
            if (a->addr < end_of(b) && b->addr < end_of(a))
                return eg_error_set(err, EG_BAD_IMAGE,
                                    "%s of %zu bytes at 0x%08lx overlaps %s of %zu at 0x%08lx",
                                    eg__segment_name(a), a->data.size, (unsigned long)a->addr,
                                    eg__segment_name(b), b->data.size, (unsigned long)b->addr);
        }
    }
    return EG_OK;
}

/* The sort is stable: positions in the array break ties. */
static int by_addr(const void *a, const void *b)
{
    const struct eg_elf_part *const *const left = a, *const *const right = b;

    if ((*left)->addr != (*right)->addr)
        return (*left)->addr < (*right)->addr ? -1 : 1;
    return *left < *right ? -1 : *left > *right;
}

static enum eg_code sort(struct eg_elf_part **sorted, const struct eg_elf_part *parts, size_t part_count,
                         struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) const struct eg_elf_part **order = NULL;

    EG_TRY(eg_alloc(&order, part_count, sizeof *order, err));
    EG_TRY(eg_alloc(sorted, part_count, sizeof **sorted, err));
    for (size_t i = 0; i < part_count; i++)
        order[i] = &parts[i];
    qsort(order, part_count, sizeof *order, by_addr);
    for (size_t i = 0; i < part_count; i++)
        (*sorted)[i] = *order[i];
    return EG_OK;
}

enum eg_code eg__segments_collect(struct eg__segments *segments, const struct eg_target *target,
                                  const struct eg_target *map, const struct eg_elf_part *parts,
                                  size_t part_count, bool sorted, unsigned *merged, struct eg_error *err)
{
    EG_CLEANUP(eg__segments_finish) struct eg__segments found = {0};
    EG_CLEANUP(eg_free_cleanup) struct eg_elf_part *by_address = NULL;

    if (part_count == 0)
        return eg_error_set(err, EG_BAD_IMAGE, "has nothing to load: no part with both an address and data");
    if (sorted)
        EG_TRY(sort(&by_address, parts, part_count, err));
    EG_TRY(join(&found, map, sorted ? by_address : parts, part_count, sorted && target->image_chip_id >= 0,
                err));
    EG_TRY(check(&found, target, err));
    *merged = (unsigned)(part_count - found.count);
    *segments = found;
    found = (struct eg__segments){0};
    return EG_OK;
}

static int segment_by_addr(const void *a, const void *b)
{
    const struct eg__segment *const *const left = a, *const *const right = b;

    if ((*left)->addr != (*right)->addr)
        return (*left)->addr < (*right)->addr ? -1 : 1;
    return 0;
}

void eg__split(struct eg__segment **flash, size_t *flash_count, struct eg__segment **ram, size_t *ram_count,
               const struct eg__segments *segments, const struct eg_target *target)
{
    *flash_count = *ram_count = 0;
    for (size_t i = 0; i < segments->count; i++) {
        struct eg__segment *const segment = &segments->list[i];
        if (eg_memory_is_flash(target, segment->addr))
            flash[(*flash_count)++] = segment;
        else
            ram[(*ram_count)++] = segment;
    }
    qsort(flash, *flash_count, sizeof *flash, segment_by_addr);
    qsort(ram, *ram_count, sizeof *ram, segment_by_addr);
}

enum eg_code eg__check_pages(struct eg__segment *const *segments, size_t count, uint32_t page_size,
                             struct eg_error *err)
{
    for (size_t i = 1; i < count; i++)
        if (segments[i]->addr / page_size == segments[i - 1]->addr / page_size)
            return eg_error_set(err, EG_BAD_IMAGE,
                                "%s at 0x%08lx begins in the same MMU page of %luKB as %s at "
                                "0x%08lx",
                                eg__segment_name(segments[i]), (unsigned long)segments[i]->addr,
                                (unsigned long)page_size / 1024, eg__segment_name(segments[i - 1]),
                                (unsigned long)segments[i - 1]->addr);
    return EG_OK;
}
