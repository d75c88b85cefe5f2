/* SPDX-License-Identifier: Apache-2.0 */

/* Whether an image is signed for secure boot v2, as far as that can be told without keys (engine/secure/ has
 * those). */

#ifndef ENGINE_IMAGE_SIGNED_H
#define ENGINE_IMAGE_SIGNED_H

#include "engine/image/image.h"

/**
 * Whether a signature sector follows an image, in the next multiple of 4096: a block that begins with E7 and
 * version 2 or 3.
 *
 * @param info  of the image that the data begin with
 */
bool eg_image_is_signed(const struct eg_image_info *info, const uint8_t *data, size_t size);

/**
 * Check a signature sector that is there: the CRC-32 of its first block, and that its SHA-256 is that of all
 * bytes before the sector. The signature itself is not verified.
 *
 * @return EG_OK; EG_BAD_IMAGE "was changed after it was signed: ..."
 */
enum eg_code eg_image_check_signed(const struct eg_image_info *info, const uint8_t *data, size_t size,
                                   struct eg_error *err) EG_CHECKED;

#endif
