/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Signatures of secure boot v2.
 *
 * A signed image ends with a sector of up to three blocks, one for each key. A block has the digest of all
 * bytes before the sector, the public key, and the signature of the digest. The chip compares the SHA-256 of
 * the public key, as it is in the block, with the digests in its eFuses.
 */

#ifndef ENGINE_SECURE_SIGNATURE_H
#define ENGINE_SECURE_SIGNATURE_H

#include "engine/image/signed.h"
#include "engine/secure/sign_key.h"

#define EG_SIGNATURE_SECTOR_SIZE 0x1000
#define EG_SIGNATURES_MAX        3

/** Compute the digest of a public key, as burnt into the eFuses (an ESP32-C2 has its first 16 bytes). */
enum eg_code eg_sign_key_digest(uint8_t digest[EG_SHA256_SIZE], const struct eg_sign_key *key,
                                struct eg_error *err) EG_CHECKED;

/** Sign content with a private key and make its block. ECDSA and RSA-PSS use random numbers: no two blocks
 * are the same. */
enum eg_code eg_signature_make(uint8_t block[EG_SIGNATURE_BLOCK_SIZE], const struct eg_sign_key *key,
                               const uint8_t *content, size_t size, struct eg_error *err) EG_CHECKED;

/**
 * Make the block for a signature that was made elsewhere, such as in an HSM.
 *
 * @param signature  RSA-PSS octets, or ECDSA in DER
 *
 * @return EG_OK; EG_BAD_ARGUMENT it is not a signature of this content by this key
 */
enum eg_code eg_signature_take(uint8_t block[EG_SIGNATURE_BLOCK_SIZE], const struct eg_sign_key *key,
                               const uint8_t *signature, size_t signature_size, const uint8_t *content,
                               size_t size, struct eg_error *err) EG_CHECKED;

/** The content of one block. */
struct eg_signature_info {
    enum eg_sign_scheme scheme;
    uint8_t key_digest[EG_SHA256_SIZE];
};

/**
 * Check a block: its marks, its CRC, the digest of the content, and the signature by the key in the block.
 * The caller decides whether that key is trusted: compare `info->key_digest`.
 *
 * @return EG_OK; EG_BAD_IMAGE the sentence names the fault
 */
enum eg_code eg_signature_check(struct eg_signature_info *info, const uint8_t block[EG_SIGNATURE_BLOCK_SIZE],
                                const uint8_t *content, size_t size, struct eg_error *err) EG_CHECKED;

/** Where the parts of a signed image are. */
struct eg_signed_image {
    size_t content_size;  /* bytes before the sector */
    unsigned block_count; /* 1 to EG_SIGNATURES_MAX */
    const uint8_t *block[EG_SIGNATURES_MAX];
};

/** Find the blocks at the end of an image whose marks and CRCs are right. false = the image is not signed. */
bool eg_signed_image_find(struct eg_signed_image *found, const uint8_t *image, size_t size);

/**
 * Sign an image: fill it with FF to a whole sector and append a sector with one block for each key. With
 * `append`, the valid blocks of a signed image are kept, and the new ones follow them.
 *
 * @param skip_padding  append the sector where the image ends
 *
 * @return EG_OK; EG_BAD_ARGUMENT there would be more than EG_SIGNATURES_MAX blocks, or keys of two schemes,
 * which no chip supports; one of the keys has signed already. The image is changed only on EG_OK.
 */
enum eg_code eg_sign_image(struct eg_buffer *image, const struct eg_sign_key *keys, size_t count, bool append,
                           bool skip_padding, struct eg_error *err) EG_CHECKED;

#endif
