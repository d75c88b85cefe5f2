/* SPDX-License-Identifier: Apache-2.0 */

/* The CRC-32 at the end of ESP8266 images of version 2. */

#ifndef ENGINE_IMAGE_CRC_H
#define ENGINE_IMAGE_CRC_H

#include <stddef.h>
#include <stdint.h>

/** Compute it like the bootloader: the usual CRC-32, complemented if its top bit is set, otherwise plus one.
 */
uint32_t eg__image_crc(const uint8_t *data, size_t size);

#endif
