/* SPDX-License-Identifier: Apache-2.0 */

/* Read everything that is in an image. */

#ifndef ENGINE_IMAGE_INSPECT_H
#define ENGINE_IMAGE_INSPECT_H

#include "engine/image/descriptor.h"
#include "engine/image/image.h"
#include "engine/image/memory.h"

/**
 * Read an image; wrong checksums and hashes are reported, not refused.
 *
 * @param target  NULL = detect it by chip id and checksum; an image that fits no other chip is an ESP8266's
 *
 * @return EG_OK; EG_BAD_IMAGE with the error and its offset, or with what the data are instead. Callable from
 * any thread.
 */
enum eg_code eg_image_inspect(struct eg_image_details *details, const struct eg_target *target,
                              const uint8_t *data, size_t size, struct eg_error *err) EG_CHECKED;

#endif
