/* SPDX-License-Identifier: Apache-2.0 */

/* Signature sectors of secure boot v2, as far as they can be judged without keys. */

#ifndef ENGINE_IMAGE_SIGNATURE_SECTOR_H
#define ENGINE_IMAGE_SIGNATURE_SECTOR_H

#include "engine/image/image.h"

/**
 * Whether a signature sector follows an image, in the next multiple of 4096: a block that begins with E7 and
 * version 2 or 3.
 *
 * @param info  of the image that the data begin with
 */
bool eg_signature_sector_is(const struct eg_image_info *info, const uint8_t *data, size_t size);

/**
 * Check a signature sector that is there: the CRC-32 of its first block, and that its SHA-256 is that of all
 * bytes before the sector. The signature itself is not verified.
 *
 * @return EG_OK; EG_BAD_IMAGE "was changed after it was signed: ..."
 */
enum eg_code eg_signature_sector_check(const struct eg_image_info *info, const uint8_t *data, size_t size,
                                       struct eg_error *err) EG_CHECKED;

#endif
