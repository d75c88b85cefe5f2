/* SPDX-License-Identifier: Apache-2.0 */

/* Intel HEX. */

#ifndef ENGINE_IMAGE_HEX_H
#define ENGINE_IMAGE_HEX_H

#include "engine/image/pieces.h"

#include <stdbool.h>

/** Whether the bytes begin as a HEX file does: a colon and ten hex digits. A firmware file practically never
 * does, so what does and is damaged is refused rather than taken for one. */
bool eg_hex_is(const uint8_t *data, size_t size);

/**
 * Read a HEX file: data, end, and all four kinds of address records; start addresses are passed over.
 *
 * @return EG_OK; EG_BAD_IMAGE, the sentence names the line; EG_NO_MEMORY. Any thread.
 */
enum eg_code eg_hex_read(struct eg_pieces *pieces, const uint8_t *data, size_t size,
                         struct eg_error *err) EG_CHECKED;

/** Write data by address: records of 16 bytes, extended linear addresses where needed. Appends to `out`. */
enum eg_code eg_hex_write(struct eg_buffer *out, const struct eg_pieces *pieces,
                          struct eg_error *err) EG_CHECKED;

#endif
