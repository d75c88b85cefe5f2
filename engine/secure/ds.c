/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/ds.h"

#include "engine/base/libcrypto.h"
#include "engine/secure/cipher.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <string.h>

enum { PADDING = 8, TAIL_SIZE = EG_SHA256_SIZE + 4 + 4 + PADDING };

void eg_ds_parameters_finish(struct eg_ds_parameters *parameters)
{
    eg_buffer_finish(&parameters->ciphertext);
}

static enum eg_code refused(struct eg_error *err)
{
    ERR_clear_error();
    return eg_error_set(err, EG_INTERNAL, "libcrypto does not do its part with an RSA key");
}

/* Exponent, modulus and the constants for Montgomery multiplication, as numbers of `size` bytes. */
static enum eg_code put_numbers(uint8_t *plain, size_t size, uint8_t m_prime[4], EVP_PKEY *pair,
                                unsigned bits, struct eg_error *err)
{
    EG_CLEANUP(eg_bignum_free) BIGNUM *d = NULL;
    EG_CLEANUP(eg_bignum_free) BIGNUM *n = NULL;
    EG_CLEANUP(eg_bignum_free) BIGNUM *r = BN_new();
    EG_CLEANUP(eg_bignum_free) BIGNUM *two32 = BN_new();
    EG_CLEANUP(eg_bignum_free) BIGNUM *inverse = BN_new();
    EG_CLEANUP(eg_bignum_context_free) BN_CTX *context = BN_CTX_new();

    if (r == NULL || two32 == NULL || inverse == NULL || context == NULL ||
        EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_RSA_D, &d) != 1 ||
        EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_RSA_N, &n) != 1 || BN_set_bit(r, (int)(2 * bits)) != 1 ||
        BN_mod(r, r, n, context) != 1 || BN_set_bit(two32, 32) != 1 ||
        BN_mod_inverse(inverse, n, two32, context) == NULL || BN_sub(inverse, two32, inverse) != 1 ||
        BN_bn2lebinpad(d, plain, (int)size) != (int)size ||
        BN_bn2lebinpad(n, plain + size, (int)size) != (int)size ||
        BN_bn2lebinpad(r, plain + 2 * size, (int)size) != (int)size ||
        BN_bn2lebinpad(inverse, m_prime, 4) != 4)
        return refused(err);
    return EG_OK;
}

/* The plaintext: the numbers, their digest, and the lengths. */
static enum eg_code put_plain(struct eg_secret *plain, const struct eg_ds_parameters *parameters,
                              EVP_PKEY *pair, unsigned bits, unsigned bits_max, struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret digested = {0};
    const size_t size = bits_max / 8;
    uint8_t tail[8];

    EG_TRY(eg_secret_init(plain, 3 * size + TAIL_SIZE, err));
    EG_TRY(put_numbers(plain->data, size, tail, pair, bits, err));
    eg_put32(tail + 4, parameters->length);
    EG_TRY(eg_secret_init(&digested, 3 * size + sizeof tail + EG_DS_IV_SIZE, err));
    memcpy(digested.data, plain->data, 3 * size);
    memcpy(digested.data + 3 * size, tail, sizeof tail);
    memcpy(digested.data + 3 * size + sizeof tail, parameters->iv, EG_DS_IV_SIZE);
    EG_TRY(eg_sha256(plain->data + 3 * size, digested.data, digested.size, err));
    memcpy(plain->data + 3 * size + EG_SHA256_SIZE, tail, sizeof tail);
    memset(plain->data + plain->size - PADDING, PADDING, PADDING);
    return EG_OK;
}

static enum eg_code encrypt(struct eg_secret *plain, const struct eg_secret *hmac_key, const uint8_t *iv,
                            struct eg_error *err)
{
    EG_CLEANUP(eg_cipher_finish) struct eg_cipher cipher = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    uint8_t message[EG_DS_HMAC_KEY_SIZE];

    memset(message, 0xff, sizeof message);
    EG_TRY(eg_secret_init(&key, EG_SHA256_SIZE, err));
    EG_TRY(eg_hmac_sha256(key.data, hmac_key->data, hmac_key->size, message, sizeof message, err));
    EG_TRY(eg_cipher_init(&cipher, EG_CIPHER_CBC_256, true, key.data, err));
    return eg_cipher_run(&cipher, iv, plain->data, plain->size, err);
}

static enum eg_code check(unsigned *bits, EVP_PKEY *pair, const struct eg_secret *hmac_key, unsigned bits_max,
                          struct eg_error *err)
{
    if (pair == NULL || !EVP_PKEY_is_a(pair, "RSA"))
        return eg_error_set(err, EG_BAD_ARGUMENT, "it is no private RSA key in PEM without a passphrase");
    *bits = (unsigned)EVP_PKEY_get_bits(pair);
    if (*bits > bits_max || *bits % 32 != 0 || *bits < 1024)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "an RSA key of %u bits is none of 1024 to %u in steps of 32", *bits, bits_max);
    if (hmac_key->size != EG_DS_HMAC_KEY_SIZE || eg_secret_is_uniform(hmac_key->data, hmac_key->size))
        return eg_error_set(err, EG_BAD_ARGUMENT, "an HMAC key has %d bytes that are not all the same",
                            EG_DS_HMAC_KEY_SIZE);
    return EG_OK;
}

enum eg_code eg_ds_make(struct eg_ds_parameters *parameters, const struct eg_secret *pem,
                        const struct eg_secret *hmac_key, unsigned bits_max, const uint8_t *iv,
                        struct eg_error *err)
{
    EG_CLEANUP(eg_bio_free) BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->size);
    EG_CLEANUP(eg_pkey_free)
    EVP_PKEY *pair = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, NULL, "") : NULL;
    EG_CLEANUP(eg_secret_finish) struct eg_secret plain = {0};
    unsigned bits = 0;

    EG_TRY(check(&bits, pair, hmac_key, bits_max, err));
    if (iv != NULL)
        memcpy(parameters->iv, iv, EG_DS_IV_SIZE);
    else if (RAND_bytes(parameters->iv, EG_DS_IV_SIZE) != 1)
        return eg_error_set(err, EG_INTERNAL, "the system's random source gives nothing");
    parameters->length = bits / 32 - 1;
    EG_TRY(put_plain(&plain, parameters, pair, bits, bits_max, err));
    EG_TRY(encrypt(&plain, hmac_key, parameters->iv, err));
    return eg_buffer_append(&parameters->ciphertext, plain.data, plain.size, err);
}
