/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/flash_crypt.h"

#include "engine/secure/cipher.h"

#include <string.h>

enum {
    BLOCK_SIZE = 16, /* of AES */
    TWEAK_SIZE = 32, /* EG_FLASH_ESP32: bytes with one key */
    UNIT_SIZE = 128, /* EG_FLASH_XTS: bytes with one tweak */
    ESP32_KEY_SIZE = EG__ESP32_KEY_SIZE,
    ESP32_KEY_BITS = 256,
};

#define ESP32_FLASH_MAX (UINT64_C(16) << 20)

enum eg_code eg_flash_key_check(enum eg_flash_scheme scheme, const struct eg_secret *key,
                                struct eg_error *err)
{
    const size_t size = key->size;
    const bool fits =
        scheme == EG_FLASH_ESP32 ? size == 24 || size == 32 : size == 16 || size == 32 || size == 64;

    if (!fits)
        return eg_error_set(err, EG_BAD_ARGUMENT, "a key of %zu bytes is none of %s", size,
                            scheme == EG_FLASH_ESP32
                                ? "ESP32's flash encryption, which has 32 (or 24 with 3/4 coding)"
                                : "XTS-AES flash encryption, which has 32 or 64 (16 on ESP32-C2)");
    if (eg_secret_is_uniform(key->data, size))
        return eg_error_set(err, EG_BAD_ARGUMENT, "all bytes of the key are the same");
    return EG_OK;
}

static void reverse(uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size / 2; i++) {
        const uint8_t byte = data[i];
        data[i] = data[size - 1 - i];
        data[size - 1 - i] = byte;
    }
}

/* ---- ESP32 ---- */

void eg__esp32_key(uint8_t whole[EG__ESP32_KEY_SIZE], const struct eg_secret *key)
{
    memcpy(whole, key->data, key->size);
    if (key->size == 24)
        memcpy(whole + 24, key->data + 8, 8);
}

/* The address bit that flips each bit of the key: from bit 23 down to bit 5, three times, and then again down
 * from a lower bit, with which the next group begins. */
static void make_tweaks(uint8_t bit_of[ESP32_KEY_BITS])
{
    static const uint8_t tops[] = {14, 12, 10, 8};
    size_t n = 0;

    for (size_t group = 0; group < sizeof tops; group++) {
        for (unsigned row = 0; row < 3; row++)
            for (uint8_t bit = 23; bit >= 5; bit--)
                bit_of[n++] = bit;
        for (uint8_t bit = tops[group]; bit >= 5; bit--)
            bit_of[n++] = bit;
    }
}

/* Return whether key bit n is tweaked: each bit of FLASH_CRYPT_CONFIG switches one range of key bits. */
static bool is_tweaked(uint8_t config, size_t n)
{
    const unsigned range = n < 67 ? 0 : n < 132 ? 1 : n < 195 ? 2 : 3;

    return config >> range & 1;
}

static void tweak(uint8_t tweaked[ESP32_KEY_SIZE], const uint8_t key[ESP32_KEY_SIZE],
                  const uint8_t bit_of[ESP32_KEY_BITS], uint32_t flash_addr, uint8_t config)
{
    memcpy(tweaked, key, ESP32_KEY_SIZE);
    for (size_t n = 0; n < ESP32_KEY_BITS; n++)
        if (is_tweaked(config, n) && flash_addr >> bit_of[n] & 1)
            tweaked[n / 8] ^= (uint8_t)(0x80 >> n % 8);
}

static enum eg_code crypt_esp32_block(uint8_t *data, size_t size, const uint8_t key[ESP32_KEY_SIZE],
                                      bool decrypt, struct eg_error *err)
{
    EG_CLEANUP(eg_cipher_finish) struct eg_cipher cipher = {0};

    /* The chip decrypts a read with AES encryption, so a write uses AES decryption. */
    EG_TRY(eg_cipher_init(&cipher, EG_CIPHER_ECB_256, decrypt, key, err));
    for (size_t at = 0; at < size; at += BLOCK_SIZE) {
        reverse(data + at, BLOCK_SIZE);
        EG_TRY(eg_cipher_run(&cipher, NULL, data + at, BLOCK_SIZE, err));
        reverse(data + at, BLOCK_SIZE);
    }
    return EG_OK;
}

static enum eg_code crypt_esp32(uint8_t *data, size_t size, uint32_t flash_addr,
                                const struct eg_flash_crypt *how, const struct eg_secret *key,
                                struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret keys = {0}; /* the whole key, and the tweaked one */
    uint8_t bit_of[ESP32_KEY_BITS];

    if ((uint64_t)flash_addr + size > ESP32_FLASH_MAX)
        return eg_error_set(err, EG_BAD_ARGUMENT, "ESP32's flash encryption ends at 0x%llx, before 0x%llx",
                            (unsigned long long)ESP32_FLASH_MAX, (unsigned long long)flash_addr + size);
    EG_TRY(eg_secret_init(&keys, 2 * ESP32_KEY_SIZE, err));
    eg__esp32_key(keys.data, key);
    make_tweaks(bit_of);
    for (size_t done = 0, step; done < size; done += step) {
        const uint32_t addr = flash_addr + (uint32_t)done;
        const size_t left = size - done, rest = TWEAK_SIZE - addr % TWEAK_SIZE;
        step = left < rest ? left : rest;
        tweak(keys.data + ESP32_KEY_SIZE, keys.data, bit_of, addr - addr % TWEAK_SIZE, how->config);
        EG_TRY(crypt_esp32_block(data + done, step, keys.data + ESP32_KEY_SIZE, how->decrypt, err));
    }
    return EG_OK;
}

/* ---- XTS ---- */

/* A key of 16 bytes is replaced by its SHA-256. */
static enum eg_code init_xts(struct eg_cipher *cipher, const struct eg_secret *key, bool decrypt,
                             struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret whole = {0};

    if (key->size == 64)
        return eg_cipher_init(cipher, EG_CIPHER_XTS_256, !decrypt, key->data, err);
    if (key->size == 32)
        return eg_cipher_init(cipher, EG_CIPHER_XTS_128, !decrypt, key->data, err);
    EG_TRY(eg_secret_init(&whole, EG_SHA256_SIZE, err));
    EG_TRY(eg_sha256(whole.data, key->data, key->size, err));
    return eg_cipher_init(cipher, EG_CIPHER_XTS_128, !decrypt, whole.data, err);
}

static enum eg_code crypt_xts(uint8_t *data, size_t size, uint32_t flash_addr,
                              const struct eg_flash_crypt *how, const struct eg_secret *key,
                              struct eg_error *err)
{
    EG_CLEANUP(eg_cipher_finish) struct eg_cipher cipher = {0};
    uint8_t unit[UNIT_SIZE];

    EG_TRY(init_xts(&cipher, key, how->decrypt, err));
    for (size_t done = 0, step; done < size; done += step) {
        const uint32_t addr = flash_addr + (uint32_t)done;
        const size_t offset = addr % UNIT_SIZE, left = size - done;
        uint8_t iv[EG_CIPHER_IV_SIZE] = {0};
        step = left < UNIT_SIZE - offset ? left : UNIT_SIZE - offset;
        memset(unit, 0, sizeof unit);
        memcpy(unit + offset, data + done, step);
        reverse(unit, sizeof unit);
        eg_put32(iv, addr - (uint32_t)offset);
        EG_TRY(eg_cipher_run(&cipher, iv, unit, sizeof unit, err));
        reverse(unit, sizeof unit);
        memcpy(data + done, unit + offset, step);
    }
    return EG_OK;
}

enum eg_code eg_flash_crypt(uint8_t *data, size_t size, uint32_t flash_addr, const struct eg_flash_crypt *how,
                            const struct eg_secret *key, struct eg_error *err)
{
    if (flash_addr % EG_FLASH_CRYPT_ALIGN != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "address 0x%lx is not a multiple of %d",
                            (unsigned long)flash_addr, EG_FLASH_CRYPT_ALIGN);
    if (size == 0 || size % EG_FLASH_CRYPT_ALIGN != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%zu bytes are no multiple of %d", size,
                            EG_FLASH_CRYPT_ALIGN);
    if ((uint64_t)flash_addr + size > UINT64_C(1) << 32)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%zu bytes at 0x%08lx run out of the address space", size,
                            (unsigned long)flash_addr);
    EG_TRY(eg_flash_key_check(how->scheme, key, err));
    switch (how->scheme) {
    case EG_FLASH_ESP32:
        return crypt_esp32(data, size, flash_addr, how, key, err);
    case EG_FLASH_XTS:
        return crypt_xts(data, size, flash_addr, how, key, err);
    }
    return eg_error_set(err, EG_INTERNAL, "flash encryption of no kind");
}
