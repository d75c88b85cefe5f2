/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Escrow: keys encrypted to a public key, so that only who has the private one recovers them.
 *
 * RSA: OAEP with SHA-256, as other tools do it: `openssl pkeyutl -decrypt -pkeyopt rsa_padding_mode:oaep
 * -pkeyopt rsa_oaep_md:sha256`.
 *
 * EC: a pair of the same curve is made for each key; ECDH gives the x coordinate Z. The key of AES-256-GCM
 * (32 bytes) and its IV (12) are HKDF-SHA256(Z, salt = point, info = ID). What is sealed is the point of the
 * pair (04, x, y), the ciphertext and the tag (16).
 */

#ifndef ENGINE_SECURE_ESCROW_H
#define ENGINE_SECURE_ESCROW_H

#include "engine/secure/secret.h"

#define EG_ESCROW_ID_TEXT 17 /* 16 digits of hex */

/** A public key. Zero-initialise it; EG_CLEANUP(eg_escrow_finish) frees it. */
struct eg_escrow {
    struct evp_pkey_st *key;
    char id[EG_ESCROW_ID_TEXT]; /* the first eight bytes of the SHA-256 of the public key in DER */
};

void eg_escrow_finish(struct eg_escrow *escrow);

/**
 * Read the public key in PEM.
 *
 * @param name  of the file, for sentences
 *
 * @return EG_OK; EG_BAD_ARGUMENT it is a private key, no key, or neither RSA of 3072 bits or more nor EC of
 * P-256, P-384, P-521; EG_SECURED its private key is published
 */
enum eg_code eg_escrow_parse(struct eg_escrow *escrow, const char *name, const uint8_t *pem, size_t size,
                             struct eg_error *err) EG_CHECKED;

/** Append "ID BASE64" and a zero byte: the key, encrypted. */
enum eg_code eg_escrow_seal(const struct eg_escrow *escrow, const struct eg_secret *key,
                            struct eg_buffer *text, struct eg_error *err) EG_CHECKED;

/** Find out whether what eg_escrow_seal() has made was encrypted for a private key, as below. EG_BAD_ARGUMENT
 * it is none, or other users can read it; EG_IO. */
enum eg_code eg_escrow_is_for(bool *is_for, const char *path, const char *text,
                              struct eg_error *err) EG_CHECKED;

/**
 * Decrypt what eg_escrow_seal() has made.
 *
 * @param path  of the private key in PEM, without a passphrase
 *
 * @return EG_OK; EG_BAD_ARGUMENT it was encrypted to another key, or is damaged, or other users can read the
 * private key; EG_IO
 */
enum eg_code eg_escrow_recover(struct eg_secret *key, const char *path, const char *text,
                               struct eg_error *err) EG_CHECKED;

#endif
