/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Flash encryption as the chips do it, on the host. Ciphertext decrypts only at the address for which it was
 * made.
 */

#ifndef ENGINE_SECURE_FLASH_CRYPT_H
#define ENGINE_SECURE_FLASH_CRYPT_H

#include "engine/secure/secret.h"

enum eg_flash_scheme {
    EG_FLASH_ESP32, /* AES-256 with a key tweaked by the address; keys of 32 bytes, or 24 */
    EG_FLASH_XTS, /* XTS-AES, every other chip; keys of 32 bytes (AES-128), 64 (AES-256), or 16 (ESP32-C2) */
};

/** Data begin and end on multiples of this. */
#define EG_FLASH_CRYPT_ALIGN 16

/** EG_FLASH_ESP32: the usual value of FLASH_CRYPT_CONFIG in products: every key bit is tweaked. */
#define EG_FLASH_CRYPT_CONFIG 0xf

struct eg_flash_crypt {
    enum eg_flash_scheme scheme;
    uint8_t config; /* FLASH_CRYPT_CONFIG, EG_FLASH_ESP32 only */
    bool decrypt;
};

/** Check that the scheme has keys of this size and that the key cannot be guessed. EG_BAD_ARGUMENT if not. */
enum eg_code eg_flash_key_check(enum eg_flash_scheme scheme, const struct eg_secret *key,
                                struct eg_error *err) EG_CHECKED;

/**
 * Encrypt or decrypt `size` bytes of flash at `flash_addr`, in place.
 *
 * @param key  in the order of the host's file; the eFuses have it reversed
 *
 * @return EG_OK; EG_BAD_ARGUMENT address or size is not a multiple of EG_FLASH_CRYPT_ALIGN, size 0,
 * the key is not of the scheme, EG_FLASH_ESP32 beyond 16 MiB. Any thread.
 */
enum eg_code eg_flash_crypt(uint8_t *data, size_t size, uint32_t flash_addr, const struct eg_flash_crypt *how,
                            const struct eg_secret *key, struct eg_error *err) EG_CHECKED;

#define EG__ESP32_KEY_SIZE 32

/** Expand a key as the ESP32's hardware does: one of 24 bytes is completed by repeating a part of it. */
void eg__esp32_key(uint8_t whole[EG__ESP32_KEY_SIZE], const struct eg_secret *key);

#endif
