/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The signature sector of secure boot v2: up to three blocks of 1216 bytes. A block begins with E7, its
 * version (2 = RSA, 3 = ECDSA) and which SHA-2 it uses, then the digest of everything before the sector; a
 * CRC-32 of its first 1196 bytes follows those.
 */

#include "engine/image/signed.h"

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

#include <libdeflate.h>
#include <string.h>

static size_t sector_at(const struct eg_image_info *info)
{
    return (info->end + EG_FLASH_SECTOR - 1) / EG_FLASH_SECTOR * EG_FLASH_SECTOR;
}

bool eg_signature_begins(const uint8_t *block)
{
    return block[0] == EG_SIGNATURE_MAGIC && (block[1] == EG_SIGNATURE_RSA || block[1] == EG_SIGNATURE_ECDSA);
}

uint32_t eg_signature_crc(const uint8_t *block)
{
    return libdeflate_crc32(0, block, EG_SIGNATURE_CRC_AT);
}

bool eg_image_is_signed(const struct eg_image_info *info, const uint8_t *data, size_t size)
{
    const size_t at = sector_at(info);

    return at < size && size - at >= EG_SIGNATURE_BLOCK_SIZE && eg_signature_begins(data + at);
}

enum eg_code eg_image_check_signed(const struct eg_image_info *info, const uint8_t *data, size_t size,
                                   struct eg_error *err)
{
    const size_t at = sector_at(info);
    const uint8_t *const block = data + at;
    uint8_t digest[EG_SHA256_SIZE];

    if (!eg_image_is_signed(info, data, size))
        return EG_OK;
    const uint32_t crc = eg_signature_crc(block);
    if (crc != eg_get32(block + EG_SIGNATURE_CRC_AT))
        return eg_error_set(err, EG_BAD_IMAGE,
                            "has a damaged signature block: CRC-32 at offset 0x%zx is 0x%08lx, the block has "
                            "0x%08lx",
                            at + EG_SIGNATURE_CRC_AT, (unsigned long)eg_get32(block + EG_SIGNATURE_CRC_AT),
                            (unsigned long)crc);
    if (block[EG_SIGNATURE_HASH_AT] != 0)
        return EG_OK;
    EG_TRY(eg_sha256(digest, data, at, err));
    if (memcmp(digest, block + EG_SIGNATURE_DIGEST_AT, sizeof digest) != 0)
        return eg_error_set(
            err, EG_BAD_IMAGE,
            "was changed after it was signed: its SHA-256 is not that of the signature block at "
            "offset 0x%zx",
            at);
    return EG_OK;
}
