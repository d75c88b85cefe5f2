/* SPDX-License-Identifier: Apache-2.0 */

/* zlib streams for the loaders: densest once, shared by all boards. */

#ifndef ENGINE_IMAGE_COMPRESS_H
#define ENGINE_IMAGE_COMPRESS_H

#include "engine/base/bytes.h"

/** zlib stream of the data, by libdeflate at its densest; the buffer's content is replaced. */
enum eg_code eg_compress(struct eg_buffer *out, const uint8_t *data, size_t size,
                         struct eg_error *err) EG_CHECKED;

#endif
