/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/ecdsa.h"

#include "engine/base/libcrypto.h"

#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <string.h>

enum { DER_MAX = 200 };

static EC_GROUP *group_of(enum eg_sign_scheme scheme)
{
    const int numbers[EG_SIGN_SCHEMES] = {[EG_SIGN_ECDSA192] = NID_X9_62_prime192v1,
                                          [EG_SIGN_ECDSA256] = NID_X9_62_prime256v1,
                                          [EG_SIGN_ECDSA384] = NID_secp384r1};

    return EC_GROUP_new_by_curve_name(numbers[scheme]);
}

/* Return whether a value is one from 1 to the order of the curve less 1. */
static bool is_on(const EC_GROUP *group, const BIGNUM *value)
{
    return !BN_is_zero(value) && BN_cmp(value, EC_GROUP_get0_order(group)) < 0;
}

enum eg_code eg_ecdsa_make(struct eg_secret *key, enum eg_sign_scheme scheme, struct eg_error *err)
{
    const size_t size = eg_sign_scheme_coordinate(scheme);
    EG_CLEANUP(eg_group_free) EC_GROUP *group = group_of(scheme);

    if (group == NULL)
        return eg_error_set(err, EG_INTERNAL, "libcrypto does not have the curve of %s",
                            eg_sign_scheme_name(scheme));
    for (;;) {
        EG_CLEANUP(eg_secret_finish) struct eg_secret random = {0};
        EG_CLEANUP(eg_bignum_free) BIGNUM *value = NULL;

        EG_TRY(eg_secret_make(&random, size, err));
        value = BN_bin2bn(random.data, (int)size, BN_secure_new());
        if (value == NULL)
            return eg_error_set(err, EG_NO_MEMORY, "a private key");
        if (!is_on(group, value))
            continue;
        EG_TRY(eg_secret_init(key, EG_ECDSA_KEY_SIZE, err));
        memcpy(key->data + EG_ECDSA_KEY_SIZE - size, random.data, size);
        return EG_OK;
    }
}

enum eg_code eg_ecdsa_make_half(struct eg_secret *half, bool high, struct eg_error *err)
{
    EG_TRY(eg_secret_make(half, EG_ECDSA_KEY_SIZE, err));
    if (high)
        memset(half->data, 0, EG_ECDSA_KEY_SIZE / 2);
    return EG_OK;
}

/* Join the private value: without the zero bytes in front. */
static enum eg_code join(struct eg_secret *value, enum eg_sign_scheme scheme, const struct eg_secret *key,
                         const struct eg_secret *low, struct eg_error *err)
{
    const size_t size = eg_sign_scheme_coordinate(scheme), of_low = low != NULL ? low->size : 0;

    EG_TRY(eg_secret_init(value, size, err));
    memcpy(value->data, key->data + key->size - (size - of_low), size - of_low);
    if (low != NULL)
        memcpy(value->data + size - of_low, low->data, of_low);
    return EG_OK;
}

static enum eg_code append_der(struct eg_buffer *text, const EC_GROUP *group, const EC_POINT *point,
                               struct eg_error *err)
{
    unsigned char encoded[2 * 48 + 1], der[DER_MAX], base64[DER_MAX * 4 / 3 + 4], *at = der;
    const size_t size =
        EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, encoded, sizeof encoded, NULL);
    EG_CLEANUP(eg_pkey_context_free) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EG_CLEANUP(eg_pkey_free) EVP_PKEY *key = NULL;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                         (char *)OBJ_nid2sn(EC_GROUP_get_curve_name(group)), 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded, size),
        OSSL_PARAM_construct_end()};
    int length = -1;

    if (context != NULL && size != 0 && EVP_PKEY_fromdata_init(context) == 1 &&
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) == 1 &&
        i2d_PUBKEY(key, NULL) <= DER_MAX)
        length = i2d_PUBKEY(key, &at);
    if (length <= 0)
        return eg_error_set(err, EG_INTERNAL, "libcrypto cannot write a public key");
    length = EVP_EncodeBlock(base64, der, length);
    return eg_buffer_append(text, base64, (size_t)length + 1, err);
}

enum eg_code eg_ecdsa_public(struct eg_buffer *text, enum eg_sign_scheme scheme, const struct eg_secret *key,
                             const struct eg_secret *low, struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret joined = {0};
    EG_CLEANUP(eg_group_free) EC_GROUP *group = group_of(scheme);
    EG_CLEANUP(eg_point_free) EC_POINT *point = group != NULL ? EC_POINT_new(group) : NULL;
    EG_CLEANUP(eg_bignum_free) BIGNUM *value = NULL;

    EG_TRY(join(&joined, scheme, key, low, err));
    value = BN_bin2bn(joined.data, (int)joined.size, BN_secure_new());
    if (value == NULL || point == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "a public key");
    BN_set_flags(value, BN_FLG_CONSTTIME);
    if (!is_on(group, value))
        return eg_error_set(err, EG_BAD_ARGUMENT, "the private value is none of the curve of %s",
                            eg_sign_scheme_name(scheme));
    if (EC_POINT_mul(group, point, value, NULL, NULL, NULL) != 1)
        return eg_error_set(err, EG_INTERNAL, "libcrypto cannot compute a public key");
    return append_der(text, group, point, err);
}
