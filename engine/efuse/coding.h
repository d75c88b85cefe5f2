/* SPDX-License-Identifier: Apache-2.0 */

/* Check bytes of eFuse blocks and of the ESP32's MAC. */

#ifndef ENGINE_EFUSE_CODING_H
#define ENGINE_EFUSE_CODING_H

#include <stddef.h>
#include <stdint.h>

#define EG_EFUSE_CHECK_SIZE 12 /* bytes */

/** Compute the check bytes of 32 bytes of a block: Reed-Solomon (44, 32) over GF(2^8), polynomial 0x11d,
 * roots 2^0 to 2^11; the first byte has the highest power. */
void eg_efuse_reed_solomon(uint8_t check[EG_EFUSE_CHECK_SIZE], const uint8_t data[32]);

/** Code 24 bytes as the ESP32 stores them under 3/4 coding: after each six bytes their XOR, and the sum of
 * position (1 to 6) times number of set bits. */
void eg_efuse_three_quarters(uint8_t coded[32], const uint8_t data[24]);

/** Compute the check byte of a MAC as it is printed: CRC-8, polynomial 0x31 reflected, from 0. */
uint8_t eg_efuse_mac_crc(const uint8_t mac[6]);

#endif
