/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/cipher.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static const EVP_CIPHER *cipher_of(enum eg_cipher_mode mode)
{
    switch (mode) {
    case EG_CIPHER_ECB_192:
        return EVP_aes_192_ecb();
    case EG_CIPHER_ECB_256:
        return EVP_aes_256_ecb();
    case EG_CIPHER_XTS_128:
        return EVP_aes_128_xts();
    case EG_CIPHER_XTS_256:
        return EVP_aes_256_xts();
    case EG_CIPHER_CBC_256:
        return EVP_aes_256_cbc();
    }
    return NULL;
}

/* Bytes of each of the two keys of XTS; 0 = the mode has one key. */
static size_t half_of(enum eg_cipher_mode mode)
{
    return mode == EG_CIPHER_XTS_128 ? 16 : mode == EG_CIPHER_XTS_256 ? 32 : 0;
}

enum eg_code eg_cipher_init(struct eg_cipher *cipher, enum eg_cipher_mode mode, bool encrypt,
                            const uint8_t *key, struct eg_error *err)
{
    const size_t half = half_of(mode);

    if (half != 0 && CRYPTO_memcmp(key, key + half, half) == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "both halves of the key are the same, which XTS does not take");
    eg_cipher_finish(cipher);
    cipher->context = EVP_CIPHER_CTX_new();
    if (cipher->context == NULL ||
        EVP_CipherInit_ex(cipher->context, cipher_of(mode), NULL, key, NULL, encrypt) != 1 ||
        EVP_CIPHER_CTX_set_padding(cipher->context, 0) != 1) {
        ERR_clear_error();
        return eg_error_set(err, EG_INTERNAL, "libcrypto does not do its part with AES");
    }
    return EG_OK;
}

void eg_cipher_finish(struct eg_cipher *cipher)
{
    EVP_CIPHER_CTX_free(cipher->context);
    cipher->context = NULL;
}

enum eg_code eg_cipher_run(struct eg_cipher *cipher, const uint8_t *iv, uint8_t *data, size_t size,
                           struct eg_error *err)
{
    int done;

    if ((iv != NULL && EVP_CipherInit_ex(cipher->context, NULL, NULL, NULL, iv, -1) != 1) ||
        EVP_CipherUpdate(cipher->context, data, &done, data, (int)size) != 1 || done != (int)size) {
        ERR_clear_error();
        return eg_error_set(err, EG_INTERNAL, "libcrypto does not do its part with AES");
    }
    return EG_OK;
}

enum eg_code eg_hmac_sha256(uint8_t mac[EG_SHA256_SIZE], const uint8_t *key, size_t key_size,
                            const uint8_t *message, size_t size, struct eg_error *err)
{
    unsigned done = 0;

    if (HMAC(EVP_sha256(), key, (int)key_size, message, size, mac, &done) == NULL || done != EG_SHA256_SIZE)
        return eg_error_set(err, EG_INTERNAL, "libcrypto cannot compute HMAC-SHA256");
    return EG_OK;
}
