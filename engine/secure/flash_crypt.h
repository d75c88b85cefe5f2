/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Flash encryption as the chips do it, on the host: what is written as ciphertext at an address is read back
 * as plaintext there, and nowhere else.
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

/** EG_FLASH_ESP32: the value of FLASH_CRYPT_CONFIG that products have: every key bit is tweaked. */
#define EG_FLASH_CRYPT_CONFIG 0xf

struct eg_flash_crypt {
    enum eg_flash_scheme scheme;
    uint8_t config; /* FLASH_CRYPT_CONFIG, EG_FLASH_ESP32 only */
    bool decrypt;
};

/** Whether the scheme has keys of this size, and this is none that anybody could guess. EG_BAD_ARGUMENT. */
enum eg_code eg_flash_key_check(enum eg_flash_scheme scheme, const struct eg_secret *key,
                                struct eg_error *err) EG_CHECKED;

/**
 * Encrypt or decrypt `size` bytes of flash at `flash_addr`, in place.
 *
 * @param key  in the order of the host's file; the eFuses have it reversed
 *
 * @return EG_OK; EG_BAD_ARGUMENT address or size is not a multiple of EG_FLASH_CRYPT_ALIGN, there are no
 * data, the key is none of the scheme, EG_FLASH_ESP32 beyond 16 MiB. Any thread.
 */
enum eg_code eg_flash_crypt(uint8_t *data, size_t size, uint32_t flash_addr, const struct eg_flash_crypt *how,
                            const struct eg_secret *key, struct eg_error *err) EG_CHECKED;

#define EG__ESP32_KEY_SIZE 32

/** A key as ESP32's hardware has it: of one of 24 bytes a part comes twice. */
void eg__esp32_key(uint8_t whole[EG__ESP32_KEY_SIZE], const struct eg_secret *key);

#endif
