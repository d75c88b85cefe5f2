/* SPDX-License-Identifier: Apache-2.0 */

/* zlib streams for the loaders: compressed once at the highest level, shared by all boards. */

#ifndef ENGINE_IMAGE_COMPRESS_H
#define ENGINE_IMAGE_COMPRESS_H

#include "engine/base/bytes.h"

/** Compress the data into a zlib stream at libdeflate's highest level, replacing the content of the buffer.
 */
enum eg_code eg_compress(struct eg_buffer *out, const uint8_t *data, size_t size,
                         struct eg_error *err) EG_CHECKED;

/** Return whether a zlib stream inflates to exactly these bytes. */
bool eg_inflates_to(const uint8_t *zlib, size_t zlib_size, const uint8_t *data, size_t size);

#endif
