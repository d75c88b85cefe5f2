/* SPDX-License-Identifier: Apache-2.0 */

/* Secure boot v1, for existing products; only the ESP32 has it. */

#ifndef ENGINE_SECURE_SIGNATURE_V1_H
#define ENGINE_SECURE_SIGNATURE_V1_H

#include "engine/secure/sign_key.h"

#define EG_SIGNATURE_V1_SIZE 68 /* version and signature, after the signed bytes */

/**
 * Sign an application or partition table: ECDSA P-256 over all of it, with the nonce of RFC 6979, so that the
 * same content and key make the same signature.
 *
 * @return EG_OK; EG_BAD_ARGUMENT the key is not a private P-256 key, or there is nothing to sign
 */
enum eg_code eg_signature_v1_make(uint8_t signature[EG_SIGNATURE_V1_SIZE], const struct eg_sign_key *key,
                                  const uint8_t *content, size_t size, struct eg_error *err) EG_CHECKED;

/** Check the signature at the end of a signed file. EG_BAD_IMAGE: it is wrong; EG_BAD_ARGUMENT: the key is
 * not a P-256 key. */
enum eg_code eg_signature_v1_check(const struct eg_sign_key *key, const uint8_t *image, size_t size,
                                   struct eg_error *err) EG_CHECKED;

#define EG_BOOT_DIGEST_IV_SIZE 128

/**
 * Append the content for flash address 0 of an ESP32: the vector, the digest of the bootloader made with the
 * key in the eFuses, FF up to 0x1000, the bootloader.
 *
 * @param key  32 bytes, or 24 with 3/4 coding
 * @param iv   random; NULL = make it here
 *
 * @return EG_OK; EG_BAD_ARGUMENT the key has another size, or there is no image
 */
enum eg_code eg_boot_digest_make(struct eg_buffer *out, const struct eg_secret *key,
                                 const uint8_t iv[EG_BOOT_DIGEST_IV_SIZE], const uint8_t *image, size_t size,
                                 struct eg_error *err) EG_CHECKED;

/** Derive the key for it from a private P-256 key: the SHA-256 of its private value; the first 24 bytes with
 * 3/4 coding. */
enum eg_code eg_boot_digest_key(struct eg_secret *key, const struct eg_sign_key *from, size_t size,
                                struct eg_error *err) EG_CHECKED;

#endif
