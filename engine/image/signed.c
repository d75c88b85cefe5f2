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

enum {
    BLOCK_MAGIC = 0xe7,
    VERSION_RSA = 2,
    VERSION_ECDSA = 3,
    SHA_256 = 0,
    DIGEST_AT = 4,
    CRC_AT = 1196,
    BLOCK_SIZE = 1216,
};

static size_t sector_at(const struct eg_image_info *info)
{
    return (info->end + EG_FLASH_SECTOR - 1) / EG_FLASH_SECTOR * EG_FLASH_SECTOR;
}

bool eg_image_is_signed(const struct eg_image_info *info, const uint8_t *data, size_t size)
{
    const size_t at = sector_at(info);

    return at < size && size - at >= BLOCK_SIZE && data[at] == BLOCK_MAGIC &&
           (data[at + 1] == VERSION_RSA || data[at + 1] == VERSION_ECDSA);
}

enum eg_code eg_image_check_signed(const struct eg_image_info *info, const uint8_t *data, size_t size,
                                   struct eg_error *err)
{
    const size_t at = sector_at(info);
    const uint8_t *const block = data + at;
    uint8_t digest[EG_SHA256_SIZE];

    if (!eg_image_is_signed(info, data, size))
        return EG_OK;
    const uint32_t crc = libdeflate_crc32(0, block, CRC_AT);
    if (crc != eg_get32(block + CRC_AT))
        return eg_error_set(err, EG_BAD_IMAGE,
                            "has a damaged signature block: CRC-32 at offset 0x%zx is 0x%08lx, the block has "
                            "0x%08lx",
                            at + CRC_AT, (unsigned long)eg_get32(block + CRC_AT), (unsigned long)crc);
    if (block[2] != SHA_256)
        return EG_OK;
    EG_TRY(eg_sha256(digest, data, at, err));
    if (memcmp(digest, block + DIGEST_AT, sizeof digest) != 0)
        return eg_error_set(
            err, EG_BAD_IMAGE,
            "was changed after it was signed: its SHA-256 is not that of the signature block at "
            "offset 0x%zx",
            at);
    return EG_OK;
}
