/* SPDX-License-Identifier: Apache-2.0 */

/* Private keys of the ECDSA peripheral: made for one board, as the chip takes them. */

#ifndef ENGINE_SECURE_ECDSA_H
#define ENGINE_SECURE_ECDSA_H

#include "engine/secure/secret.h"
#include "engine/secure/sign_key.h"

/** Bytes of a key of P-192 or P-256: the private value, big-endian, with zero bytes in front. */
#define EG_ECDSA_KEY_SIZE 32

/** Make a key on the curve of a scheme, ECDSA192 or ECDSA256. EG_NO_MEMORY, EG_INTERNAL. */
enum eg_code eg_ecdsa_make(struct eg_secret *key, enum eg_sign_scheme scheme,
                           struct eg_error *err) EG_CHECKED;

/**
 * Make one half of a key of P-384, which is two key blocks: 16 zero bytes and the first 16 bytes of the
 * private value, or its last 32. Each half is random, so any two of them are a key.
 */
enum eg_code eg_ecdsa_make_half(struct eg_secret *half, bool high, struct eg_error *err) EG_CHECKED;

/**
 * Append the public key that belongs to a private one: Base64 of its DER (SubjectPublicKeyInfo), and a zero
 * byte.
 *
 * @param low  of P-384 the lower half; NULL else
 *
 * @return EG_OK; EG_BAD_ARGUMENT the value is none of the curve; EG_NO_MEMORY
 */
enum eg_code eg_ecdsa_public(struct eg_buffer *text, enum eg_sign_scheme scheme, const struct eg_secret *key,
                             const struct eg_secret *low, struct eg_error *err) EG_CHECKED;

#endif
