/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/signature_v1.h"

#include "engine/base/libcrypto.h"
#include "engine/image/image.h"
#include "engine/secure/cipher.h"
#include "engine/secure/flash_crypt.h"

#include <openssl/crypto.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>
#include <string.h>

enum {
    VALUE_SIZE = 32, /* bytes of a P-256 number */
    VERSION_SIZE = 4,
    BLOCK_SIZE = 16,
    BOOTLOADER_ADDR = 0x1000,
    UNIT_SIZE = 128, /* the digest covers whole units */
    SHA512_SIZE = 64,
    HASH_FLAG_AT = 23, /* in the image header: a SHA-256 follows */
};

static enum eg_code refused(struct eg_error *err)
{
    ERR_clear_error();
    return eg_error_set(err, EG_INTERNAL, "libcrypto does not do its part with a signature");
}

static enum eg_code check_key(const struct eg_sign_key *key, struct eg_error *err)
{
    if (key->scheme == EG_SIGN_ECDSA256)
        return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT, "secure boot v1 takes ECDSA keys of P-256, not %s",
                        eg_sign_scheme_name(key->scheme));
}

/* ---- RFC 6979 ---- */

/* State of the generator: key, then value. */
enum { STATE_SIZE = 2 * VALUE_SIZE, MESSAGE_MAX = 3 * VALUE_SIZE + 1 };

/* Derive the next key from the value, a byte and a message, then the next value. */
static enum eg_code stir(uint8_t state[STATE_SIZE], uint8_t byte, const uint8_t *message, size_t size,
                         struct eg_error *err)
{
    uint8_t text[MESSAGE_MAX];

    memcpy(text, state + VALUE_SIZE, VALUE_SIZE);
    text[VALUE_SIZE] = byte;
    if (size > 0)
        memcpy(text + VALUE_SIZE + 1, message, size);
    const enum eg_code code = eg_hmac_sha256(state, state, VALUE_SIZE, text, VALUE_SIZE + 1 + size, err);
    eg_wipe(text, sizeof text);
    EG_TRY(code);
    return eg_hmac_sha256(state + VALUE_SIZE, state, VALUE_SIZE, state + VALUE_SIZE, VALUE_SIZE, err);
}

/* Make a nonce from 1 to the order minus 1. */
static enum eg_code make_nonce(BIGNUM *nonce, const struct eg_secret *value, const uint8_t digest[VALUE_SIZE],
                               const BIGNUM *order, struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret state = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret seed = {0};
    EG_CLEANUP(eg_bignum_free) BIGNUM *reduced = BN_bin2bn(digest, VALUE_SIZE, NULL);
    EG_CLEANUP(eg_bignum_context_free) BN_CTX *context = BN_CTX_new();

    EG_TRY(eg_secret_init(&state, STATE_SIZE, err));
    EG_TRY(eg_secret_init(&seed, 2 * VALUE_SIZE, err));
    memset(state.data + VALUE_SIZE, 1, VALUE_SIZE);
    memcpy(seed.data, value->data, VALUE_SIZE);
    if (reduced == NULL || context == NULL || BN_nnmod(reduced, reduced, order, context) != 1 ||
        BN_bn2binpad(reduced, seed.data + VALUE_SIZE, VALUE_SIZE) != VALUE_SIZE)
        return refused(err);
    EG_TRY(stir(state.data, 0, seed.data, seed.size, err));
    EG_TRY(stir(state.data, 1, seed.data, seed.size, err));
    for (;;) {
        EG_TRY(eg_hmac_sha256(state.data + VALUE_SIZE, state.data, VALUE_SIZE, state.data + VALUE_SIZE,
                              VALUE_SIZE, err));
        if (BN_bin2bn(state.data + VALUE_SIZE, VALUE_SIZE, nonce) == NULL)
            return refused(err);
        if (!BN_is_zero(nonce) && BN_cmp(nonce, order) < 0)
            return EG_OK;
        EG_TRY(stir(state.data, 0, NULL, 0, err));
    }
}

/* r = x of nonce * G, s = (z + r * d) / nonce, both modulo the order. */
static bool compute(BIGNUM *r, BIGNUM *s, const EC_GROUP *group, const BIGNUM *nonce, const BIGNUM *d,
                    const uint8_t digest[VALUE_SIZE])
{
    EG_CLEANUP(eg_bignum_context_free) BN_CTX *context = BN_CTX_secure_new();
    EG_CLEANUP(eg_point_free) EC_POINT *point = EC_POINT_new(group);
    EG_CLEANUP(eg_bignum_free) BIGNUM *z = BN_bin2bn(digest, VALUE_SIZE, NULL);
    EG_CLEANUP(eg_bignum_free) BIGNUM *inverse = BN_secure_new();
    const BIGNUM *const order = EC_GROUP_get0_order(group);

    return context != NULL && point != NULL && z != NULL && inverse != NULL &&
           EC_POINT_mul(group, point, nonce, NULL, NULL, context) == 1 &&
           EC_POINT_get_affine_coordinates(group, point, r, NULL, context) == 1 &&
           BN_nnmod(r, r, order, context) == 1 && BN_mod_inverse(inverse, nonce, order, context) != NULL &&
           BN_mod_mul(s, r, d, order, context) == 1 && BN_mod_add(s, s, z, order, context) == 1 &&
           BN_mod_mul(s, s, inverse, order, context) == 1 && !BN_is_zero(r) && !BN_is_zero(s);
}

enum eg_code eg_signature_v1_make(uint8_t signature[EG_SIGNATURE_V1_SIZE], const struct eg_sign_key *key,
                                  const uint8_t *content, size_t size, struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret value = {0};
    EG_CLEANUP(eg_group_free) EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EG_CLEANUP(eg_bignum_free) BIGNUM *nonce = BN_secure_new();
    EG_CLEANUP(eg_bignum_free) BIGNUM *d = BN_secure_new();
    EG_CLEANUP(eg_bignum_free) BIGNUM *r = BN_new();
    EG_CLEANUP(eg_bignum_free) BIGNUM *s = BN_new();
    uint8_t digest[EG_SHA256_SIZE];

    EG_TRY(check_key(key, err));
    if (size == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "there is nothing to sign");
    EG_TRY(eg_sign_key_private_value(&value, key, err));
    EG_TRY(eg_sha256(digest, content, size, err));
    if (group == NULL || nonce == NULL || d == NULL || r == NULL || s == NULL ||
        BN_bin2bn(value.data, VALUE_SIZE, d) == NULL)
        return refused(err);
    BN_set_flags(nonce, BN_FLG_CONSTTIME);
    BN_set_flags(d, BN_FLG_CONSTTIME);
    EG_TRY(make_nonce(nonce, &value, digest, EC_GROUP_get0_order(group), err));
    memset(signature, 0, VERSION_SIZE);
    if (!compute(r, s, group, nonce, d, digest) ||
        BN_bn2binpad(r, signature + VERSION_SIZE, VALUE_SIZE) != VALUE_SIZE ||
        BN_bn2binpad(s, signature + VERSION_SIZE + VALUE_SIZE, VALUE_SIZE) != VALUE_SIZE)
        return refused(err);
    return EG_OK;
}

static bool verify(EVP_PKEY *pair, const uint8_t *signature, const uint8_t digest[EG_SHA256_SIZE])
{
    EG_CLEANUP(eg_ecdsa_free) ECDSA_SIG *numbers = ECDSA_SIG_new();
    BIGNUM *const r = BN_bin2bn(signature, VALUE_SIZE, NULL);
    BIGNUM *const s = BN_bin2bn(signature + VALUE_SIZE, VALUE_SIZE, NULL);
    uint8_t der[128], *end = der;

    if (numbers == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(numbers, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return false;
    }
    const int size = i2d_ECDSA_SIG(numbers, &end); /* at most 72 bytes */
    EVP_PKEY_CTX *const context = EVP_PKEY_CTX_new(pair, NULL);
    const bool good = size > 0 && context != NULL && EVP_PKEY_verify_init(context) == 1 &&
                      EVP_PKEY_verify(context, der, (size_t)size, digest, EG_SHA256_SIZE) == 1;
    EVP_PKEY_CTX_free(context);
    return good;
}

enum eg_code eg_signature_v1_check(const struct eg_sign_key *key, const uint8_t *image, size_t size,
                                   struct eg_error *err)
{
    uint8_t digest[EG_SHA256_SIZE];

    EG_TRY(check_key(key, err));
    if (size <= EG_SIGNATURE_V1_SIZE)
        return eg_error_set(err, EG_BAD_IMAGE, "%zu bytes are too few for a signed image", size);
    const uint8_t *const signature = image + size - EG_SIGNATURE_V1_SIZE;
    if (eg_get32(signature) != 0)
        return eg_error_set(err, EG_BAD_IMAGE, "there is no signature of secure boot v1 at the end");
    EG_TRY(eg_sha256(digest, image, size - EG_SIGNATURE_V1_SIZE, err));
    if (!verify(key->pair, signature + VERSION_SIZE, digest))
        return eg_error_set(err, EG_BAD_IMAGE, "the signature is wrong, or by another key");
    return EG_OK;
}

/* ---- The digest of the bootloader ---- */

static void reverse(uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size / 2; i++) {
        const uint8_t byte = data[i];
        data[i] = data[size - 1 - i];
        data[size - 1 - i] = byte;
    }
}

/* Compute the digest with the byte orders in which the hardware feeds AES and SHA. */
static enum eg_code digest_boot(uint8_t digest[SHA512_SIZE], const struct eg_secret *key,
                                struct eg_buffer *data, struct eg_error *err)
{
    EG_CLEANUP(eg_cipher_finish) struct eg_cipher cipher = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret whole = {0};

    EG_TRY(eg_secret_init(&whole, EG__ESP32_KEY_SIZE, err));
    eg__esp32_key(whole.data, key);
    EG_TRY(eg_cipher_init(&cipher, EG_CIPHER_ECB_256, true, whole.data, err));
    for (size_t at = 0; at < data->size; at += BLOCK_SIZE) {
        reverse(data->data + at, BLOCK_SIZE);
        EG_TRY(eg_cipher_run(&cipher, NULL, data->data + at, BLOCK_SIZE, err));
        reverse(data->data + at, BLOCK_SIZE);
        for (size_t word = at; word < at + BLOCK_SIZE; word += 4)
            reverse(data->data + word, 4);
    }
    if (EVP_Digest(data->data, data->size, digest, NULL, EVP_sha512(), NULL) != 1)
        return refused(err);
    for (size_t word = 0; word < SHA512_SIZE; word += 4)
        reverse(digest + word, 4);
    return EG_OK;
}

/* Pad the image to whole units, but leave out a SHA-256 that would reach into one more unit. */
static enum eg_code append_units(struct eg_buffer *out, const uint8_t *image, size_t size,
                                 struct eg_error *err)
{
    const size_t rest = size % UNIT_SIZE, start = out->size;
    const bool has_sha = size > HASH_FLAG_AT && image[0] == EG_IMAGE_MAGIC && image[HASH_FLAG_AT] == 1;

    if (rest != 0 && rest <= EG_SHA256_SIZE && has_sha)
        size -= rest;
    EG_TRY(eg_buffer_append(out, image, size, err));
    return eg_buffer_resize(out, start + (size + UNIT_SIZE - 1) / UNIT_SIZE * UNIT_SIZE, 0xff, err);
}

enum eg_code eg_boot_digest_make(struct eg_buffer *out, const struct eg_secret *key,
                                 const uint8_t iv[EG_BOOT_DIGEST_IV_SIZE], const uint8_t *image, size_t size,
                                 struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer data = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer made = {0};
    uint8_t random[EG_BOOT_DIGEST_IV_SIZE], digest[SHA512_SIZE];

    if (key->size != 24 && key->size != 32)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "a key of secure boot v1 has 32 bytes (or 24 with 3/4 coding), not %zu",
                            key->size);
    if (eg_secret_is_uniform(key->data, key->size))
        return eg_error_set(err, EG_BAD_ARGUMENT, "all bytes of the key are the same");
    if (size == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "there is no bootloader");
    if (iv == NULL) {
        if (RAND_bytes(random, sizeof random) != 1)
            return eg_error_set(err, EG_INTERNAL, "the system's random source gives nothing");
        iv = random;
    }
    EG_TRY(eg_buffer_append(&data, iv, EG_BOOT_DIGEST_IV_SIZE, err));
    EG_TRY(append_units(&data, image, size, err));
    EG_TRY(eg_buffer_append(&made, iv, EG_BOOT_DIGEST_IV_SIZE, err));
    EG_TRY(digest_boot(digest, key, &data, err));
    EG_TRY(eg_buffer_append(&made, digest, sizeof digest, err));
    EG_TRY(eg_buffer_resize(&made, BOOTLOADER_ADDR, 0xff, err));
    EG_TRY(append_units(&made, image, size, err));
    return eg_buffer_append(out, made.data, made.size, err);
}

enum eg_code eg_boot_digest_key(struct eg_secret *key, const struct eg_sign_key *from, size_t size,
                                struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret value = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret digest = {0};

    EG_TRY(check_key(from, err));
    if (size != 24 && size != 32)
        return eg_error_set(err, EG_BAD_ARGUMENT, "a key of secure boot v1 has 32 or 24 bytes, not %zu",
                            size);
    EG_TRY(eg_sign_key_private_value(&value, from, err));
    EG_TRY(eg_secret_init(&digest, EG_SHA256_SIZE, err));
    EG_TRY(eg_sha256(digest.data, value.data, value.size, err));
    EG_TRY(eg_secret_init(key, size, err));
    memcpy(key->data, digest.data, size);
    return EG_OK;
}
