/* SPDX-License-Identifier: Apache-2.0 */

/* MD5, because loaders compute it, and SHA-256, for everything that must be trusted. Uses libcrypto. */

#ifndef ENGINE_BASE_DIGEST_H
#define ENGINE_BASE_DIGEST_H

#include "engine/base/error.h"

#include <stddef.h>
#include <stdint.h>

#define EG_MD5_TEXT    (2 * EG_MD5_SIZE + 1)
#define EG_SHA256_TEXT (2 * EG_SHA256_SIZE + 1)

/** Compute the digest of `size` bytes. Callable from any thread. */
enum eg_code eg_md5(uint8_t digest[EG_MD5_SIZE], const void *data, size_t size,
                    struct eg_error *err) EG_CHECKED;
/** MD5 of `size` bytes of FF: of erased flash. */
enum eg_code eg_md5_blank(uint8_t digest[EG_MD5_SIZE], size_t size, struct eg_error *err) EG_CHECKED;
enum eg_code eg_sha256(uint8_t digest[EG_SHA256_SIZE], const void *data, size_t size,
                       struct eg_error *err) EG_CHECKED;

/** PBKDF2 with HMAC-SHA1, as WPA makes a key of a password. Any thread. */
enum eg_code eg_pbkdf2_sha1(uint8_t *key, size_t size, const void *password, size_t password_size,
                            const void *salt, size_t salt_size, unsigned rounds,
                            struct eg_error *err) EG_CHECKED;

#endif
