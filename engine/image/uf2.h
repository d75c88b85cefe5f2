/* SPDX-License-Identifier: Apache-2.0 */

/* UF2, the format that is copied onto a USB drive. */

#ifndef ENGINE_IMAGE_UF2_H
#define ENGINE_IMAGE_UF2_H

#include "engine/image/pieces.h"
#include "targets/target.h"

#include <stdbool.h>

#define EG_UF2_BLOCK_SIZE 512
#define EG_UF2_DATA_MAX   476 /* of a block */
#define EG_UF2_MD5_SIZE   24  /* address, length and MD5 of the data, after the data */

/** Return whether the bytes begin like a UF2 file. */
bool eg_uf2_is(const uint8_t *data, size_t size);

/**
 * Read a UF2 file: whole blocks, numbered without a gap, of one family, each with the right MD5 if it has
 * one. Numbers may start again, as in concatenated files. Blocks that are not for the flash are ignored.
 *
 * @param family_id  the chips that the file is for; 0 = not in the file
 *
 * @return EG_OK; EG_BAD_IMAGE, the sentence names the offset of the block; EG_NO_MEMORY. Any thread.
 */
enum eg_code eg_uf2_read(struct eg_pieces *pieces, uint32_t *family_id, const uint8_t *data, size_t size,
                         struct eg_error *err) EG_CHECKED;

/**
 * Return whether the addresses of a UF2 file count from an application partition, as in files for TinyUF2:
 * there is an application at 0, where no chip starts one. If `target` is NULL, only an image with an
 * application descriptor is recognised.
 */
bool eg_uf2_is_relative(const struct eg_pieces *pieces, const struct eg_target *target);

/**
 * Append the blocks of one file, numbered from 0.
 *
 * @param chunk_size  data bytes per block, a multiple of 4, at most EG_UF2_DATA_MAX minus the MD5; 0 = the
 *                    most
 *
 * @return EG_OK; EG_BAD_JOB the chunk size cannot be used; EG_BAD_IMAGE the data run out of the address space
 */
enum eg_code eg_uf2_write(struct eg_buffer *out, uint32_t family_id, uint32_t addr, const uint8_t *data,
                          size_t size, uint32_t chunk_size, bool md5, struct eg_error *err) EG_CHECKED;

#endif
