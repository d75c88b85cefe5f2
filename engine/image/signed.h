/* SPDX-License-Identifier: Apache-2.0 */

/* Recognise and check images that are signed for secure boot v2, without keys (engine/secure/ has those). */

#ifndef ENGINE_IMAGE_SIGNED_H
#define ENGINE_IMAGE_SIGNED_H

#include "engine/image/image.h"

/** A signature block of secure boot v2, for engine/secure/ too. */
enum {
    EG_SIGNATURE_MAGIC = 0xe7, /* its first byte */
    EG_SIGNATURE_RSA = 2,      /* version, its second byte */
    EG_SIGNATURE_ECDSA = 3,
    EG_SIGNATURE_HASH_AT = 2, /* digest: 0 = SHA-256, 1 = SHA-384 */
    EG_SIGNATURE_DIGEST_AT = 4,
    EG_SIGNATURE_CRC_AT = 1196,
    EG_SIGNATURE_BLOCK_SIZE = 1216,
};

/** Return whether a block has the magic byte and a known version. */
bool eg_signature_begins(const uint8_t *block);

/** Compute the CRC-32 of a block, which belongs at EG_SIGNATURE_CRC_AT. */
uint32_t eg_signature_crc(const uint8_t *block);

/**
 * Return whether a signature sector follows an image, in the next multiple of 4096: it begins with a block.
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
