/* SPDX-License-Identifier: Apache-2.0 */

/* zlib streams for the loaders: compressed once at the highest level, shared by all boards. */

#ifndef ENGINE_IMAGE_COMPRESS_H
#define ENGINE_IMAGE_COMPRESS_H

#include "engine/base/bytes.h"

/** Compress the data into a zlib stream at libdeflate's highest level, replacing the content of the buffer.
 */
enum eg_code eg_compress(struct eg_buffer *out, const uint8_t *data, size_t size,
                         struct eg_error *err) EG_CHECKED;

/** The distance of the marks of a stream: a divisor of every block size of the loaders. */
#define EG_INFLATE_STEP 1024

/**
 * Find how much a stream inflates to, step by step: marks[i] is the size of what its first (i + 1) *
 * EG_INFLATE_STEP bytes give, the last of all of it. The caller frees it.
 *
 * @return EG_OK; EG_BAD_IMAGE the stream is damaged; EG_NO_MEMORY
 */
enum eg_code eg_inflate_marks(uint32_t **marks, const uint8_t *zlib, size_t size,
                              struct eg_error *err) EG_CHECKED;

/** Return whether a zlib stream inflates to exactly these bytes. */
bool eg_inflates_to(const uint8_t *zlib, size_t zlib_size, const uint8_t *data, size_t size);

#endif
