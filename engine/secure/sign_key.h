/* SPDX-License-Identifier: Apache-2.0 */

/* Secure boot keys, RSA-3072 and ECDSA: private keys sign, public keys verify. */

#ifndef ENGINE_SECURE_SIGN_KEY_H
#define ENGINE_SECURE_SIGN_KEY_H

#include "engine/base/digest.h"
#include "engine/secure/secret.h"

enum eg_sign_scheme { EG_SIGN_RSA3072, EG_SIGN_ECDSA192, EG_SIGN_ECDSA256, EG_SIGN_ECDSA384 };

#define EG_SIGN_SCHEMES 4

/** Longest key file. */
#define EG_SIGN_KEY_FILE_MAX 16384

#define EG_DER_SIGNATURE_MAX 512 /* bytes of a signature: RSA 384, ECDSA in DER less */

/** What signs with a private key that is kept elsewhere, such as in an HSM. */
struct eg_signer {
    /** Sign a digest: RSA-PSS octets, with SHA-256 and a salt of 32 bytes, or ECDSA in DER. */
    enum eg_code (*sign)(void *context, enum eg_sign_scheme scheme, const uint8_t *digest, size_t digest_size,
                         uint8_t signature[EG_DER_SIGNATURE_MAX], size_t *size, struct eg_error *err);
    void *context;
};

/** Zero-initialise it; EG_CLEANUP(eg_sign_key_finish) frees it, and wipes a private one. */
struct eg_sign_key {
    void *pair; /* of libcrypto */
    enum eg_sign_scheme scheme;
    bool is_private;
    const struct eg_signer *signer; /* has the private key of this public one; not owned; NULL = nobody */
};

void eg_sign_key_finish(struct eg_sign_key *key);

/** "rsa3072", "ecdsa256". */
const char *eg_sign_scheme_name(enum eg_sign_scheme scheme);

/** Bytes of a coordinate of the curve; 0 = RSA. */
size_t eg_sign_scheme_coordinate(enum eg_sign_scheme scheme);

/**
 * Read a PEM file with a private or a public key.
 *
 * @return EG_OK; EG_BAD_ARGUMENT it has no such key, or no chip supports it (RSA of another size, another
 * curve); EG_IO, EG_NO_MEMORY. The sentence names the file.
 */
enum eg_code eg_sign_key_read(struct eg_sign_key *key, const char *path, struct eg_error *err) EG_CHECKED;

/**
 * Read a public key in PEM.
 *
 * @param name  of its file, for sentences
 *
 * @return EG_OK; EG_BAD_ARGUMENT as above, or it is a private key
 */
enum eg_code eg_sign_key_parse_public(struct eg_sign_key *key, const char *name, const uint8_t *pem,
                                      size_t size, struct eg_error *err) EG_CHECKED;

/** Read a public key in DER, as SubjectPublicKeyInfo. EG_BAD_ARGUMENT as above. */
enum eg_code eg_sign_key_parse_der(struct eg_sign_key *key, const char *name, const uint8_t *der, size_t size,
                                   struct eg_error *err) EG_CHECKED;

/** Bytes of both coordinates of a point of P-256, as Espressif's tools write public keys of secure boot v1.
 */
#define EG_SIGN_KEY_RAW_SIZE 64

/** Read a public key of P-256 from both coordinates. EG_BAD_ARGUMENT: it is no point of the curve. */
enum eg_code eg_sign_key_parse_raw(struct eg_sign_key *key, const char *name,
                                   const uint8_t raw[EG_SIGN_KEY_RAW_SIZE], struct eg_error *err) EG_CHECKED;

/** Make a key pair and write the private one to a PEM file, mode 0600. EG_BAD_ARGUMENT the file exists. */
enum eg_code eg_sign_key_make(const char *path, enum eg_sign_scheme scheme, struct eg_error *err) EG_CHECKED;

/** Append the public key in PEM. */
enum eg_code eg_sign_key_public(struct eg_buffer *pem, const struct eg_sign_key *key,
                                struct eg_error *err) EG_CHECKED;

/** Return the private value of an ECDSA key, big-endian, as many bytes as a coordinate. EG_BAD_ARGUMENT: the
 * key is public or RSA. */
enum eg_code eg_sign_key_private_value(struct eg_secret *value, const struct eg_sign_key *key,
                                       struct eg_error *err) EG_CHECKED;

/** Return both coordinates of a public ECDSA key, big-endian. EG_BAD_ARGUMENT: it is RSA. */
enum eg_code eg_sign_key_point(uint8_t *x, uint8_t *y, const struct eg_sign_key *key,
                               struct eg_error *err) EG_CHECKED;

/** Return whether PEM text has a private key, which must not be on a line. */
bool eg_sign_key_has_private(const uint8_t *pem, size_t size);

#endif
