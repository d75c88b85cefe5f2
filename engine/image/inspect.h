/* SPDX-License-Identifier: Apache-2.0 */

/* All that can be read out of an image. */

#ifndef ENGINE_IMAGE_INSPECT_H
#define ENGINE_IMAGE_INSPECT_H

#include "engine/image/descriptor.h"
#include "engine/image/image.h"
#include "engine/image/memory.h"

/**
 * Read an image; wrong checksums and hashes are reported, not refused.
 *
 * @param target  NULL = found out: by chip id and checksum, an image that fits no other is an ESP8266's
 *
 * @return EG_OK; EG_BAD_IMAGE with what is wrong and at which offset, or what else the data are. Any thread.
 */
enum eg_code eg_image_inspect(struct eg_image_details *details, const struct eg_target *target,
                              const uint8_t *data, size_t size, struct eg_error *err) EG_CHECKED;

#endif
