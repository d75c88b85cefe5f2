/* SPDX-License-Identifier: Apache-2.0 */

/* libdeflate's CRC-32, changed as the bootloader does it. */

#include "engine/image/crc.h"

#include <libdeflate.h>

uint32_t eg__image_crc(const uint8_t *data, size_t size)
{
    const uint32_t crc = libdeflate_crc32(0, data, size);

    return crc & UINT32_C(0x80000000) ? ~crc : crc + 1;
}
