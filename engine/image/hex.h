/* SPDX-License-Identifier: Apache-2.0 */

/* Intel HEX. */

#ifndef ENGINE_IMAGE_HEX_H
#define ENGINE_IMAGE_HEX_H

#include "engine/image/pieces.h"

#include <stdbool.h>

/** Return whether the bytes begin like a HEX file: a colon and ten hex digits. Other firmware files
 * practically never do, so a file that begins like this and is damaged is refused instead of being used as
 * raw data. */
bool eg_hex_is(const uint8_t *data, size_t size);

/**
 * Read a HEX file: data, end, and all four kinds of address records; start addresses are ignored.
 *
 * @return EG_OK; EG_BAD_IMAGE, the sentence names the line; EG_NO_MEMORY. Any thread.
 */
enum eg_code eg_hex_read(struct eg_pieces *pieces, const uint8_t *data, size_t size,
                         struct eg_error *err) EG_CHECKED;

/** Write the data sorted by address: records of 16 bytes, extended linear addresses where needed. Appends to
 * `out`. */
enum eg_code eg_hex_write(struct eg_buffer *out, const struct eg_pieces *pieces,
                          struct eg_error *err) EG_CHECKED;

#endif
