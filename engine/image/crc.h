/* SPDX-License-Identifier: Apache-2.0 */

/* The CRC-32 behind ESP8266 images of version 2. */

#ifndef ENGINE_IMAGE_CRC_H
#define ENGINE_IMAGE_CRC_H

#include <stddef.h>
#include <stdint.h>

/** As the bootloader reckons it: the usual one, complemented when its top bit is set, else plus one. */
uint32_t eg__image_crc(const uint8_t *data, size_t size);

#endif
