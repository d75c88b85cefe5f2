/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What EG_CLEANUP frees of libcrypto, for files that use it. Secrets are wiped. Its queue of errors is
 * emptied: sentences are ours, and nothing of one key is left for the next.
 */

#ifndef ENGINE_BASE_LIBCRYPTO_H
#define ENGINE_BASE_LIBCRYPTO_H

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#define EG__FREES(name, type, free)                                                                          \
    static inline void name(type **object)                                                                   \
    {                                                                                                        \
        free(*object);                                                                                       \
        ERR_clear_error();                                                                                   \
    }

EG__FREES(eg_bio_free, BIO, BIO_free_all)
EG__FREES(eg_bignum_free, BIGNUM, BN_clear_free)
EG__FREES(eg_bignum_context_free, BN_CTX, BN_CTX_free)
EG__FREES(eg_group_free, EC_GROUP, EC_GROUP_free)
EG__FREES(eg_point_free, EC_POINT, EC_POINT_clear_free)
EG__FREES(eg_ecdsa_free, ECDSA_SIG, ECDSA_SIG_free)
EG__FREES(eg_pkey_free, EVP_PKEY, EVP_PKEY_free)
EG__FREES(eg_pkey_context_free, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
EG__FREES(eg_cipher_context_free, EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)
EG__FREES(eg_digest_context_free, EVP_MD_CTX, EVP_MD_CTX_free)
EG__FREES(eg_kdf_context_free, EVP_KDF_CTX, EVP_KDF_CTX_free)
EG__FREES(eg_der_free, unsigned char, OPENSSL_free)
EG__FREES(eg_param_builder_free, OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
EG__FREES(eg_params_free, OSSL_PARAM, OSSL_PARAM_free)

#endif
