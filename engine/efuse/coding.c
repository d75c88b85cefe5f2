/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/efuse/coding.h"

#include <string.h>

static uint8_t multiply(uint8_t left, uint8_t right)
{
    uint8_t product = 0;

    for (; right != 0; right >>= 1) {
        if ((right & 1) != 0)
            product ^= left;
        left = (uint8_t)(left << 1 ^ ((left & 0x80) != 0 ? 0x1d : 0));
    }
    return product;
}

void eg_efuse_reed_solomon(uint8_t check[EG_EFUSE_CHECK_SIZE], const uint8_t data[32])
{
    /* The generator polynomial without its highest power, whose factor is 1. */
    static const uint8_t generator[EG_EFUSE_CHECK_SIZE] = {0x44, 0x77, 0x43, 0x76, 0xdc, 0x1f,
                                                           0x07, 0x54, 0x5c, 0x7f, 0xd5, 0x61};

    memset(check, 0, EG_EFUSE_CHECK_SIZE);
    for (size_t i = 0; i < 32; i++) {
        const uint8_t factor = data[i] ^ check[0];

        memmove(check, check + 1, EG_EFUSE_CHECK_SIZE - 1);
        check[EG_EFUSE_CHECK_SIZE - 1] = 0;
        for (size_t j = 0; j < EG_EFUSE_CHECK_SIZE; j++)
            check[j] ^= multiply(generator[j], factor);
    }
}

void eg_efuse_three_quarters(uint8_t coded[32], const uint8_t data[24])
{
    for (size_t group = 0; group < 4; group++) {
        uint8_t *to = coded + 8 * group;
        uint8_t both = 0, sum = 0;

        memcpy(to, data + 6 * group, 6);
        for (uint8_t i = 0; i < 6; i++) {
            both ^= to[i];
            sum = (uint8_t)(sum + (i + 1) * __builtin_popcount(to[i]));
        }
        to[6] = both;
        to[7] = sum;
    }
}

uint8_t eg_efuse_mac_crc(const uint8_t mac[6])
{
    uint8_t crc = 0;

    for (size_t i = 0; i < 6; i++) {
        crc ^= mac[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = (uint8_t)(crc >> 1 ^ ((crc & 1) != 0 ? 0x8c : 0));
    }
    return crc;
}
