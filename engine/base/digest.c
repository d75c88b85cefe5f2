/* SPDX-License-Identifier: Apache-2.0 */

/* Digests, and keys derived by them, by libcrypto. */

#include "engine/base/digest.h"

#include <openssl/evp.h>

#include <string.h>

enum eg_code eg_md5(uint8_t digest[EG_MD5_SIZE], const void *data, size_t size, struct eg_error *err)
{
    if (EVP_Digest(data, size, digest, NULL, EVP_md5(), NULL) != 1)
        return eg_error_set(err, EG_INTERNAL, "libcrypto cannot compute MD5");
    return EG_OK;
}

static void free_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

enum eg_code eg_md5_blank(uint8_t digest[EG_MD5_SIZE], size_t size, struct eg_error *err)
{
    EG_CLEANUP(free_context) EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t blank[4096];
    bool done = context != NULL && EVP_DigestInit_ex(context, EVP_md5(), NULL) == 1;

    memset(blank, 0xff, sizeof blank);
    for (size_t part; done && size > 0; size -= part) {
        part = size < sizeof blank ? size : sizeof blank;
        done = EVP_DigestUpdate(context, blank, part) == 1;
    }
    if (!done || EVP_DigestFinal_ex(context, digest, NULL) != 1)
        return eg_error_set(err, EG_INTERNAL, "libcrypto cannot compute MD5");
    return EG_OK;
}

enum eg_code eg_sha256(uint8_t digest[EG_SHA256_SIZE], const void *data, size_t size, struct eg_error *err)
{
    if (EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL) != 1)
        return eg_error_set(err, EG_INTERNAL, "libcrypto cannot compute SHA-256");
    return EG_OK;
}

enum eg_code eg_pbkdf2_sha1(uint8_t *key, size_t size, const void *password, size_t password_size,
                            const void *salt, size_t salt_size, unsigned rounds, struct eg_error *err)
{
    if (PKCS5_PBKDF2_HMAC(password, (int)password_size, salt, (int)salt_size, (int)rounds, EVP_sha1(),
                          (int)size, key) != 1)
        return eg_error_set(err, EG_INTERNAL, "libcrypto cannot compute PBKDF2");
    return EG_OK;
}
