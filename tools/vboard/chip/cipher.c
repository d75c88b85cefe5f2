/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The ciphers between chip and flash, in blocks of 16 bytes.
 *
 * XTS: units of 128 bytes with their address as tweak, each reversed before and after AES-XTS. The ESP32: the
 * inverse of AES-256, with a key that address bits change every 32 bytes.
 *
 * Not here: where the key comes from (security.c).
 */

#include "tools/vboard/chip/chip.h"

#include <openssl/evp.h>
#include <string.h>

#define UNIT     128u
#define KEY_SIZE 32u /* of the ESP32 */

static void cipher_cleanup(EVP_CIPHER_CTX **context)
{
    EVP_CIPHER_CTX_free(*context);
}

/* AES of one block, in place; a context that could not be made leaves zeros, which nothing takes for data. */
static void aes(EVP_CIPHER_CTX *context, uint8_t block[VB__CIPHER_BLOCK])
{
    int size = 0;

    if (context == NULL || EVP_CipherUpdate(context, block, &size, block, VB__CIPHER_BLOCK) != 1)
        memset(block, 0, VB__CIPHER_BLOCK);
}

static EVP_CIPHER_CTX *begin(const uint8_t *key, size_t key_size, bool encrypts)
{
    const EVP_CIPHER *kind = key_size == 16 ? EVP_aes_128_ecb() : EVP_aes_256_ecb();
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();

    if (context != NULL && EVP_CipherInit_ex(context, kind, NULL, key, NULL, encrypts) == 1 &&
        EVP_CIPHER_CTX_set_padding(context, 0) == 1)
        return context;
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

static void reverse(uint8_t block[VB__CIPHER_BLOCK])
{
    for (size_t i = 0; i < VB__CIPHER_BLOCK / 2; i++) {
        const uint8_t byte = block[i];

        block[i] = block[VB__CIPHER_BLOCK - 1 - i];
        block[VB__CIPHER_BLOCK - 1 - i] = byte;
    }
}

static void mix(uint8_t block[VB__CIPHER_BLOCK], const uint8_t tweak[VB__CIPHER_BLOCK])
{
    for (size_t i = 0; i < VB__CIPHER_BLOCK; i++)
        block[i] ^= tweak[i];
}

/* Multiply by x in GF(2^128). */
static void twice(uint8_t tweak[VB__CIPHER_BLOCK])
{
    uint8_t carry = 0;

    for (size_t i = 0; i < VB__CIPHER_BLOCK; i++) {
        const uint8_t next = tweak[i] >> 7;

        tweak[i] = (uint8_t)(tweak[i] << 1 | carry);
        carry = next;
    }
    tweak[0] ^= (uint8_t)(carry * 0x87);
}

/* Since a unit is reversed, its last block is the first of XTS. */
void vb__cipher_xts(const uint8_t *key, size_t key_size, bool encrypts, uint32_t addr, uint8_t *data,
                    uint32_t size)
{
    EG_CLEANUP(cipher_cleanup) EVP_CIPHER_CTX *first = begin(key, key_size / 2, encrypts);
    EG_CLEANUP(cipher_cleanup) EVP_CIPHER_CTX *second = begin(key + key_size / 2, key_size / 2, true);
    uint8_t tweak[VB__CIPHER_BLOCK];

    for (uint32_t unit = addr - addr % UNIT; unit < addr + size; unit += UNIT) {
        memset(tweak, 0, sizeof tweak);
        eg_put32(tweak, unit);
        aes(second, tweak);
        for (uint32_t left = UNIT; left > 0; left -= VB__CIPHER_BLOCK, twice(tweak)) {
            const uint32_t at = unit + left - VB__CIPHER_BLOCK;

            if (at < addr || at >= addr + size)
                continue;
            uint8_t *const block = data + (at - addr);
            reverse(block);
            mix(block, tweak);
            aes(first, block);
            mix(block, tweak);
            reverse(block);
        }
    }
}

/* Flip the bits of the key that address bits decide. Each bit of `config` enables a quarter of the key: three
 * runs of address bits from 23 down to 5, and a fourth that begins lower in each quarter. */
static void tweak_key(uint8_t tweaked[KEY_SIZE], const uint8_t key[KEY_SIZE], unsigned config, uint32_t addr)
{
    unsigned bit = 0;

    memcpy(tweaked, key, KEY_SIZE);
    for (unsigned quarter = 0; quarter < 4; quarter++)
        for (unsigned run = 0; run < 4; run++)
            for (unsigned line = run < 3 ? 23 : 14 - 2 * quarter; line >= 5; line--, bit++)
                if ((config >> quarter & 1) != 0 && (addr >> line & 1) != 0)
                    tweaked[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
}

void vb__cipher_esp32(const uint8_t key[32], unsigned config, bool encrypts, uint32_t addr, uint8_t *data,
                      uint32_t size)
{
    for (uint32_t at = addr; at < addr + size; at += VB__CIPHER_BLOCK) {
        uint8_t tweaked[KEY_SIZE];

        tweak_key(tweaked, key, config, at);
        EG_CLEANUP(cipher_cleanup) EVP_CIPHER_CTX *context = begin(tweaked, sizeof tweaked, !encrypts);

        reverse(data + (at - addr));
        aes(context, data + (at - addr));
        reverse(data + (at - addr));
    }
}
