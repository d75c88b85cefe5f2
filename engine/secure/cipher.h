/* SPDX-License-Identifier: Apache-2.0 */

/* AES and HMAC by libcrypto, in the modes that the chips have. */

#ifndef ENGINE_SECURE_CIPHER_H
#define ENGINE_SECURE_CIPHER_H

#include "engine/base/digest.h"

#include <stdbool.h>

#define EG_CIPHER_IV_SIZE 16

enum eg_cipher_mode {
    EG_CIPHER_ECB_192, /* 24 bytes of key */
    EG_CIPHER_ECB_256, /* 32 */
    EG_CIPHER_XTS_128, /* 32: data, then tweak */
    EG_CIPHER_XTS_256, /* 64 */
    EG_CIPHER_CBC_256, /* 32 */
};

/** An expanded key. Zero-initialise it; EG_CLEANUP(eg_cipher_finish) wipes it. One thread at a
 * time. */
struct eg_cipher {
    void *context;
};

/**
 * @param key  as many bytes as the mode needs
 *
 * @return EG_OK; EG_BAD_ARGUMENT both halves of an XTS key are the same; EG_INTERNAL
 */
enum eg_code eg_cipher_init(struct eg_cipher *cipher, enum eg_cipher_mode mode, bool encrypt,
                            const uint8_t *key, struct eg_error *err) EG_CHECKED;
void eg_cipher_finish(struct eg_cipher *cipher);

/** Encrypt or decrypt `size` bytes in place, a multiple of 16. `iv`: the tweak or the vector; NULL with ECB.
 */
enum eg_code eg_cipher_run(struct eg_cipher *cipher, const uint8_t *iv, uint8_t *data, size_t size,
                           struct eg_error *err) EG_CHECKED;

/** HMAC-SHA256. */
enum eg_code eg_hmac_sha256(uint8_t mac[EG_SHA256_SIZE], const uint8_t *key, size_t key_size,
                            const uint8_t *message, size_t size, struct eg_error *err) EG_CHECKED;

#endif
