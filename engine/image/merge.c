/* SPDX-License-Identifier: Apache-2.0 */

/* Merges files into one: raw flash contents, UF2 or Intel HEX. */

#include "engine/image/merge.h"

#include "engine/image/hex.h"
#include "engine/image/image.h"
#include "engine/image/uf2.h"

#include <stdlib.h>

#define RAW_SIZE_MAX UINT64_C(0x8000000) /* of the largest flash an image header can name */

static int by_addr(const void *a, const void *b)
{
    const struct eg_merge_input *const *const left = a, *const *const right = b;

    if ((*left)->addr != (*right)->addr)
        return (*left)->addr < (*right)->addr ? -1 : 1;
    return 0;
}

static enum eg_code check_places(const struct eg_merge_input *const *inputs, size_t count,
                                 uint32_t target_offset, struct eg_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct eg_merge_input *const input = inputs[i];
        if (input->addr < target_offset)
            return eg_error_set(err, EG_BAD_JOB, "%s at 0x%08lx lies before the target offset 0x%08lx",
                                input->name, (unsigned long)input->addr, (unsigned long)target_offset);
        if (input->size > (UINT64_C(1) << 32) - input->addr)
            return eg_error_set(err, EG_BAD_JOB, "%s of %zu bytes at 0x%08lx runs out of the address space",
                                input->name, input->size, (unsigned long)input->addr);
    }
    return EG_OK;
}

/* Copy the inputs sorted by address, one piece each, and change the settings in the bootloader's header. */
static enum eg_code copy_inputs(struct eg_pieces *pieces, const struct eg_target *target,
                                const struct eg_merge_input *const *inputs, size_t count,
                                const struct eg_flash_settings *settings, bool *applied, struct eg_error *err)
{
    struct eg_image_info info;
    struct eg_error ignored;
    bool changed;

    EG_TRY(eg_alloc(&pieces->list, count, sizeof *pieces->list, err));
    for (size_t i = 0; i < count; i++) {
        struct eg_piece *const piece = &pieces->list[pieces->count++];
        piece->addr = inputs[i]->addr;
        piece->origin = i + 1;
        EG_TRY(eg_buffer_append(&piece->data, inputs[i]->data, inputs[i]->size, err));
        if (eg_image_patch(target, piece->addr, settings, piece->data.data, piece->data.size, &changed,
                           err) != EG_OK)
            return eg_error_prefix(err, "%s: ", inputs[i]->name);
        if (piece->addr == target->bootloader_addr &&
            eg_image_parse(&info, target, piece->data.data, piece->data.size, &ignored) == EG_OK)
            *applied = true;
    }
    return EG_OK;
}

static enum eg_code write_raw(struct eg_buffer *out, const struct eg_pieces *pieces,
                              const struct eg_merge_options *options, struct eg_error *err)
{
    const struct eg_piece *const last = &pieces->list[pieces->count - 1];
    const size_t start = out->size;
    uint64_t end = last->addr + (uint64_t)last->data.size;
    uint32_t padded = 0;

    if (options->pad_to_size != NULL) {
        EG_TRY(eg_size_parse(&padded, options->pad_to_size, err));
        if (end > padded)
            return eg_error_set(err, EG_BAD_JOB, "the data end at 0x%08llx, beyond the %s to pad to",
                                (unsigned long long)end, options->pad_to_size);
        end = padded;
    }
    if (end - options->target_offset > RAW_SIZE_MAX)
        return eg_error_set(err, EG_BAD_JOB, "the file would have %llu bytes, more than any flash",
                            (unsigned long long)(end - options->target_offset));
    for (size_t i = 0; i < pieces->count; i++) {
        const struct eg_piece *const piece = &pieces->list[i];
        EG_TRY(eg_buffer_resize(out, start + (piece->addr - options->target_offset), 0xff, err));
        EG_TRY(eg_buffer_append(out, piece->data.data, piece->data.size, err));
    }
    return eg_buffer_resize(out, start + (size_t)(end - options->target_offset), 0xff, err);
}

static enum eg_code write_uf2(struct eg_buffer *out, const struct eg_target *target,
                              const struct eg_pieces *pieces, const struct eg_merge_options *options,
                              struct eg_error *err)
{
    for (size_t i = 0; i < pieces->count; i++)
        EG_TRY(eg_uf2_write(out, target->uf2_family_id, pieces->list[i].addr, pieces->list[i].data.data,
                            pieces->list[i].data.size, options->chunk_size, !options->no_md5, err));
    return EG_OK;
}

static enum eg_code write(struct eg_buffer *out, const struct eg_target *target, struct eg_pieces *pieces,
                          const struct eg_merge_options *options, struct eg_error *err)
{
    switch (options->format) {
    case EG_MERGE_RAW:
        return write_raw(out, pieces, options, err);
    case EG_MERGE_UF2:
        return write_uf2(out, target, pieces, options, err);
    case EG_MERGE_HEX:
        EG_TRY(eg__pieces_settle(pieces, "input", err));
        return eg_hex_write(out, pieces, err);
    }
    return eg_error_set(err, EG_INTERNAL, "merge format %d", (int)options->format);
}

enum eg_code eg_merge(struct eg_buffer *out, const struct eg_target *target,
                      const struct eg_merge_input *inputs, size_t count,
                      const struct eg_merge_options *options, bool *applied, struct eg_error *err)
{
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
    EG_CLEANUP(eg_free_cleanup) const struct eg_merge_input **order = NULL;
    struct eg_flash_settings settings;
    bool found = false;

    if (count == 0)
        return eg_error_set(err, EG_BAD_JOB, "there is nothing to merge");
    EG_TRY(eg_flash_settings_parse(&settings, target, options->flash_mode, options->flash_freq,
                                   options->flash_size, err));
    EG_TRY(eg_alloc(&order, count, sizeof *order, err));
    for (size_t i = 0; i < count; i++)
        order[i] = &inputs[i];
    qsort(order, count, sizeof *order, by_addr);
    EG_TRY(check_places(order, count, options->target_offset, err));
    EG_TRY(copy_inputs(&pieces, target, order, count, &settings, &found, err));
    EG_TRY(write(out, target, &pieces, options, err));
    if (applied != NULL)
        *applied = found;
    return EG_OK;
}
