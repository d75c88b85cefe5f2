/* SPDX-License-Identifier: Apache-2.0 */

/* Ed25519 key files in the form that OpenSSL writes, and signatures. */

#ifndef ENGINE_BASE_KEY_H
#define ENGINE_BASE_KEY_H

#include "engine/base/bytes.h"

#define EG_KEY_SIZE       32
#define EG_SIGNATURE_SIZE 64

/** A public key. */
struct eg_key {
    uint8_t raw[EG_KEY_SIZE];
};

#define EG_KEY_TEXT 33

/** Write the fingerprint that people compare: the first half of the SHA-256 of the public key, in
 * hexadecimal. */
enum eg_code eg_key_fingerprint(char text[EG_KEY_TEXT], const struct eg_key *key,
                                struct eg_error *err) EG_CHECKED;

/**
 * Make a key pair: the private key (PKCS#8 in PEM, mode 0600) in the file `path`, the public key in
 * "PATH.pub".
 *
 * @return EG_OK; EG_BAD_ARGUMENT one of the files exists; EG_IO, EG_NO_ROOM. After a failure neither file is
 * left
 */
enum eg_code eg_key_create(const char *path, struct eg_key *key, struct eg_error *err) EG_CHECKED;

/** Read a public key from `text`: one PEM block and nothing else. EG_BAD_ARGUMENT: it is not a public key.
 * `path` is for the sentence. */
enum eg_code eg_key_parse(struct eg_key *key, const char *path, const struct eg_buffer *text,
                          struct eg_error *err) EG_CHECKED;

/**
 * Sign with the private key in the file `path` and return the public key.
 *
 * @return EG_OK; EG_BAD_ARGUMENT it is not a private key, or other users may read the file; EG_IO
 */
enum eg_code eg_key_sign(uint8_t signature[EG_SIGNATURE_SIZE], struct eg_key *key, const char *path,
                         const void *message, size_t size, struct eg_error *err) EG_CHECKED;

/** Return whether the signature belongs to the message. */
bool eg_key_verify(const struct eg_key *key, const uint8_t signature[EG_SIGNATURE_SIZE], const void *message,
                   size_t size);

/** Longest key file. */
#define EG_KEY_FILE_MAX 4096

#endif
