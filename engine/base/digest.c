/* SPDX-License-Identifier: Apache-2.0 */

/* Digests by libcrypto. */

#include "engine/base/digest.h"

#include <openssl/evp.h>

enum eg_code eg_md5(uint8_t digest[EG_MD5_SIZE], const void *data, size_t size, struct eg_error *err)
{
    if (EVP_Digest(data, size, digest, NULL, EVP_md5(), NULL) != 1)
        return eg_error_set(err, EG_INTERNAL, "libcrypto cannot compute MD5");
    return EG_OK;
}

enum eg_code eg_sha256(uint8_t digest[EG_SHA256_SIZE], const void *data, size_t size, struct eg_error *err)
{
    if (EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL) != 1)
        return eg_error_set(err, EG_INTERNAL, "libcrypto cannot compute SHA-256");
    return EG_OK;
}
