/* SPDX-License-Identifier: Apache-2.0 */

/* Merge several files, each with its address, into one. */

#ifndef ENGINE_IMAGE_MERGE_H
#define ENGINE_IMAGE_MERGE_H

#include "engine/base/bytes.h"
#include "targets/target.h"

#include <stdbool.h>

struct eg_merge_input {
    uint32_t addr;
    const uint8_t *data;
    size_t size;
    const char *name; /* for sentences */
};

/**
 * Merge inputs in any order. Gaps in a raw file are filled with FF; the other formats leave them out.
 *
 * Inputs must not overlap; the caller has asked the guard (engine/guard/). As in esptool the blocks of a UF2
 * file are numbered per input.
 *
 * @param out      appended to
 * @param applied  set to whether an image of the target is at the bootloader's address, so that the flash
 *                 settings had a header to change; may be NULL
 *
 * @return EG_OK; EG_BAD_JOB an option or address cannot be used; EG_BAD_IMAGE; EG_NO_MEMORY. Any thread.
 */
enum eg_code eg_merge(struct eg_buffer *out, const struct eg_target *target,
                      const struct eg_merge_input *inputs, size_t count,
                      const struct eg_merge_options *options, bool *applied, struct eg_error *err) EG_CHECKED;

#endif
