/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/signature.h"

#include "engine/base/libcrypto.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <string.h>

enum {
    RSA_SIZE = 384,
    RSA_N_AT = 36,
    RSA_E_AT = 420,
    RSA_R_AT = 424,
    RSA_M_AT = 808,
    RSA_SIGNATURE_AT = 812,
    RSA_SALT_SIZE = 32,
    DIGEST_MAX = 48,
};

/* Offsets in an ECDSA block. */
struct layout {
    uint8_t curve;
    size_t digest_size, curve_at, point_at, signature_at, key_end;
};

static struct layout layout_of(enum eg_sign_scheme scheme)
{
    static const struct layout small = {0, 32, 36, 37, 101, 101}, large = {3, 48, 52, 53, 149, 149};
    struct layout layout = scheme == EG_SIGN_ECDSA384 ? large : small;

    if (scheme != EG_SIGN_ECDSA384)
        layout.curve = scheme == EG_SIGN_ECDSA192 ? 1 : 2;
    return layout;
}

static enum eg_code refused(struct eg_error *err)
{
    ERR_clear_error();
    return eg_error_set(err, EG_INTERNAL, "libcrypto does not do its part with a signature");
}

static const EVP_MD *hash_of(enum eg_sign_scheme scheme)
{
    return scheme == EG_SIGN_ECDSA384 ? EVP_sha384() : EVP_sha256();
}

static size_t digest_size_of(enum eg_sign_scheme scheme)
{
    return scheme == EG_SIGN_ECDSA384 ? 48 : 32;
}

static enum eg_code digest_content(uint8_t digest[DIGEST_MAX], enum eg_sign_scheme scheme,
                                   const uint8_t *content, size_t size, struct eg_error *err)
{
    return EVP_Digest(content, size, digest, NULL, hash_of(scheme), NULL) == 1 ? EG_OK : refused(err);
}

/* ---- The public key in a block ---- */

static enum eg_code put_rsa_key(uint8_t *block, const struct eg_sign_key *key, struct eg_error *err)
{
    EG_CLEANUP(eg_bignum_free) BIGNUM *n = NULL;
    EG_CLEANUP(eg_bignum_free) BIGNUM *e = NULL;
    EG_CLEANUP(eg_bignum_free) BIGNUM *r = BN_new();
    EG_CLEANUP(eg_bignum_free) BIGNUM *two32 = BN_new();
    EG_CLEANUP(eg_bignum_free) BIGNUM *inverse = BN_new();
    EG_CLEANUP(eg_bignum_context_free) BN_CTX *context = BN_CTX_new();

    if (r == NULL || two32 == NULL || inverse == NULL || context == NULL ||
        EVP_PKEY_get_bn_param(key->pair, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
        EVP_PKEY_get_bn_param(key->pair, OSSL_PKEY_PARAM_RSA_E, &e) != 1 || BN_num_bits(e) > 32 ||
        BN_set_bit(r, 2 * 8 * RSA_SIZE) != 1 || BN_mod(r, r, n, context) != 1 || BN_set_bit(two32, 32) != 1 ||
        BN_mod_inverse(inverse, n, two32, context) == NULL || BN_sub(inverse, two32, inverse) != 1 ||
        BN_bn2lebinpad(n, block + RSA_N_AT, RSA_SIZE) != RSA_SIZE ||
        BN_bn2lebinpad(e, block + RSA_E_AT, 4) != 4 ||
        BN_bn2lebinpad(r, block + RSA_R_AT, RSA_SIZE) != RSA_SIZE ||
        BN_bn2lebinpad(inverse, block + RSA_M_AT, 4) != 4)
        return refused(err);
    return EG_OK;
}

static void put_reversed(uint8_t *to, const uint8_t *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = from[size - 1 - i];
}

static enum eg_code put_point(uint8_t *block, const struct eg_sign_key *key, struct eg_error *err)
{
    const struct layout layout = layout_of(key->scheme);
    const size_t size = eg_sign_scheme_coordinate(key->scheme);
    uint8_t x[DIGEST_MAX], y[DIGEST_MAX];

    EG_TRY(eg_sign_key_point(x, y, key, err));
    block[layout.curve_at] = layout.curve;
    put_reversed(block + layout.point_at, x, size);
    put_reversed(block + layout.point_at + size, y, size);
    return EG_OK;
}

/* Fill a block, except digest, signature and CRC. */
static enum eg_code begin_block(uint8_t block[EG_SIGNATURE_BLOCK_SIZE], const struct eg_sign_key *key,
                                struct eg_error *err)
{
    const bool rsa = key->scheme == EG_SIGN_RSA3072;

    memset(block, 0, EG_SIGNATURE_BLOCK_SIZE);
    block[0] = EG_SIGNATURE_MAGIC;
    block[1] = rsa ? EG_SIGNATURE_RSA : EG_SIGNATURE_ECDSA;
    block[EG_SIGNATURE_HASH_AT] = key->scheme == EG_SIGN_ECDSA384;
    return rsa ? put_rsa_key(block, key, err) : put_point(block, key, err);
}

static enum eg_code digest_of_block(uint8_t digest[EG_SHA256_SIZE], enum eg_sign_scheme scheme,
                                    const uint8_t *block, struct eg_error *err)
{
    const struct layout layout = layout_of(scheme);

    if (scheme == EG_SIGN_RSA3072)
        return eg_sha256(digest, block + RSA_N_AT, RSA_SIGNATURE_AT - RSA_N_AT, err);
    return eg_sha256(digest, block + layout.curve_at, layout.key_end - layout.curve_at, err);
}

enum eg_code eg_sign_key_digest(uint8_t digest[EG_SHA256_SIZE], const struct eg_sign_key *key,
                                struct eg_error *err)
{
    uint8_t block[EG_SIGNATURE_BLOCK_SIZE];

    EG_TRY(begin_block(block, key, err));
    return digest_of_block(digest, key->scheme, block, err);
}

/* ---- Signing and verifying a digest ---- */

static bool set_padding(EVP_PKEY_CTX *context, enum eg_sign_scheme scheme)
{
    if (scheme != EG_SIGN_RSA3072)
        return true;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_SALT_SIZE) == 1;
}

static enum eg_code sign_digest(uint8_t signature[EG_DER_SIGNATURE_MAX], size_t *size,
                                const struct eg_sign_key *key, const uint8_t *digest, struct eg_error *err)
{
    EG_CLEANUP(eg_pkey_context_free) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key->pair, NULL);

    *size = EG_DER_SIGNATURE_MAX;
    if (context == NULL || EVP_PKEY_sign_init(context) != 1 || !set_padding(context, key->scheme) ||
        EVP_PKEY_sign(context, signature, size, digest, digest_size_of(key->scheme)) != 1)
        return refused(err);
    return EG_OK;
}

static bool verify_digest(EVP_PKEY *pair, enum eg_sign_scheme scheme, const uint8_t *signature, size_t size,
                          const uint8_t *digest)
{
    EG_CLEANUP(eg_pkey_context_free) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pair, NULL);

    return context != NULL && EVP_PKEY_verify_init(context) == 1 && set_padding(context, scheme) &&
           EVP_PKEY_verify(context, signature, size, digest, digest_size_of(scheme)) == 1;
}

/* Convert a signature to its form in a block. */
static enum eg_code put_signature(uint8_t *block, enum eg_sign_scheme scheme, const uint8_t *signature,
                                  size_t size, struct eg_error *err)
{
    const size_t part = eg_sign_scheme_coordinate(scheme);
    const size_t at = layout_of(scheme).signature_at;

    if (scheme == EG_SIGN_RSA3072) {
        put_reversed(block + RSA_SIGNATURE_AT, signature, RSA_SIZE);
        return EG_OK;
    }
    EG_CLEANUP(eg_ecdsa_free) ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &signature, (long)size);
    if (pair == NULL || BN_bn2lebinpad(ECDSA_SIG_get0_r(pair), block + at, (int)part) != (int)part ||
        BN_bn2lebinpad(ECDSA_SIG_get0_s(pair), block + at + part, (int)part) != (int)part)
        return refused(err);
    return EG_OK;
}

static void finish_block(uint8_t *block)
{
    eg_put32(block + EG_SIGNATURE_CRC_AT, eg_signature_crc(block));
}

enum eg_code eg_signature_take(uint8_t block[EG_SIGNATURE_BLOCK_SIZE], const struct eg_sign_key *key,
                               const uint8_t *signature, size_t signature_size, const uint8_t *content,
                               size_t size, struct eg_error *err)
{
    uint8_t digest[DIGEST_MAX];

    EG_TRY(digest_content(digest, key->scheme, content, size, err));
    if ((key->scheme == EG_SIGN_RSA3072 && signature_size != RSA_SIZE) ||
        !verify_digest(key->pair, key->scheme, signature, signature_size, digest))
        return eg_error_set(err, EG_BAD_ARGUMENT, "it is no signature of this content by this key");
    EG_TRY(begin_block(block, key, err));
    memcpy(block + EG_SIGNATURE_DIGEST_AT, digest, digest_size_of(key->scheme));
    EG_TRY(put_signature(block, key->scheme, signature, signature_size, err));
    finish_block(block);
    return EG_OK;
}

enum eg_code eg_signature_make(uint8_t block[EG_SIGNATURE_BLOCK_SIZE], const struct eg_sign_key *key,
                               const uint8_t *content, size_t size, struct eg_error *err)
{
    uint8_t digest[DIGEST_MAX], signature[EG_DER_SIGNATURE_MAX];
    size_t signature_size;

    if (!key->is_private && key->signer == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "a public key signs nothing");
    EG_TRY(digest_content(digest, key->scheme, content, size, err));
    if (key->signer != NULL)
        EG_TRY(key->signer->sign(key->signer->context, key->scheme, digest, digest_size_of(key->scheme),
                                 signature, &signature_size, err));
    else
        EG_TRY(sign_digest(signature, &signature_size, key, digest, err));
    return eg_signature_take(block, key, signature, signature_size, content, size, err);
}

/* ---- Checking ---- */

static bool has_marks(const uint8_t *block)
{
    return eg_signature_begins(block) && eg_get32(block + EG_SIGNATURE_CRC_AT) == eg_signature_crc(block);
}

static enum eg_code scheme_of(enum eg_sign_scheme *scheme, const uint8_t *block, struct eg_error *err)
{
    static const enum eg_sign_scheme curves[] = {EG_SIGN_ECDSA192, EG_SIGN_ECDSA256, EG_SIGN_ECDSA384};

    *scheme = EG_SIGN_RSA3072;
    if (block[1] == EG_SIGNATURE_RSA)
        return EG_OK;
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        const struct layout layout = layout_of(curves[i]);
        if (block[EG_SIGNATURE_HASH_AT] == (curves[i] == EG_SIGN_ECDSA384) &&
            block[layout.curve_at] == layout.curve) {
            *scheme = curves[i];
            return EG_OK;
        }
    }
    return eg_error_set(err, EG_BAD_IMAGE, "the signature block is for no known curve");
}

static bool push_number(OSSL_PARAM_BLD *builder, const char *name, const uint8_t *little, size_t size,
                        BIGNUM **number)
{
    *number = BN_lebin2bn(little, (int)size, NULL);
    return *number != NULL && OSSL_PARAM_BLD_push_BN(builder, name, *number) == 1;
}

static EVP_PKEY *from_params(OSSL_PARAM_BLD *builder, const char *type)
{
    EG_CLEANUP(eg_pkey_context_free) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EG_CLEANUP(eg_params_free) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY *pair = NULL;

    if (context == NULL || params == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &pair, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return NULL;
    return pair;
}

/* NULL = the numbers in the block are not a key. */
static EVP_PKEY *key_of_block(enum eg_sign_scheme scheme, const uint8_t *block)
{
    EG_CLEANUP(eg_param_builder_free) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EG_CLEANUP(eg_bignum_free) BIGNUM *n = NULL;
    EG_CLEANUP(eg_bignum_free) BIGNUM *e = NULL;
    static const char *const groups[] = {[EG_SIGN_ECDSA192] = "prime192v1",
                                         [EG_SIGN_ECDSA256] = "prime256v1",
                                         [EG_SIGN_ECDSA384] = "secp384r1"};
    const size_t size = eg_sign_scheme_coordinate(scheme), at = layout_of(scheme).point_at;
    uint8_t point[1 + 2 * DIGEST_MAX] = {4}; /* both coordinates follow */

    if (builder == NULL)
        return NULL;
    if (scheme == EG_SIGN_RSA3072)
        return push_number(builder, OSSL_PKEY_PARAM_RSA_N, block + RSA_N_AT, RSA_SIZE, &n) &&
                       push_number(builder, OSSL_PKEY_PARAM_RSA_E, block + RSA_E_AT, 4, &e)
                   ? from_params(builder, "RSA")
                   : NULL;
    put_reversed(point + 1, block + at, size);
    put_reversed(point + 1 + size, block + at + size, size);
    if (OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, groups[scheme], 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * size) != 1)
        return NULL;
    return from_params(builder, "EC");
}

/* Convert the signature to libcrypto's form and return its size; 0 = the block has no signature. */
static size_t signature_of_block(uint8_t signature[EG_DER_SIGNATURE_MAX], enum eg_sign_scheme scheme,
                                 const uint8_t *block)
{
    const size_t part = eg_sign_scheme_coordinate(scheme), at = layout_of(scheme).signature_at;
    uint8_t *end = signature;

    if (scheme == EG_SIGN_RSA3072) {
        put_reversed(signature, block + RSA_SIGNATURE_AT, RSA_SIZE);
        return RSA_SIZE;
    }
    EG_CLEANUP(eg_ecdsa_free) ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *const r = BN_lebin2bn(block + at, (int)part, NULL), *const s = BN_lebin2bn(block + at + part,
                                                                                       (int)part, NULL);
    if (pair == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(pair, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return 0;
    }
    const int size = i2d_ECDSA_SIG(pair, &end);
    return size > 0 ? (size_t)size : 0;
}

enum eg_code eg_signature_check(struct eg_signature_info *info, const uint8_t block[EG_SIGNATURE_BLOCK_SIZE],
                                const uint8_t *content, size_t size, struct eg_error *err)
{
    uint8_t digest[DIGEST_MAX], signature[EG_DER_SIGNATURE_MAX];

    if (!has_marks(block))
        return eg_error_set(err, EG_BAD_IMAGE, "there is no signature block: its marks or its CRC are wrong");
    EG_TRY(scheme_of(&info->scheme, block, err));
    EG_TRY(digest_of_block(info->key_digest, info->scheme, block, err));
    EG_TRY(digest_content(digest, info->scheme, content, size, err));
    if (memcmp(digest, block + EG_SIGNATURE_DIGEST_AT, digest_size_of(info->scheme)) != 0)
        return eg_error_set(err, EG_BAD_IMAGE,
                            "the signature is of other content: the digest in its block differs");
    EG_CLEANUP(eg_pkey_free) EVP_PKEY *pair = key_of_block(info->scheme, block);
    const size_t signature_size = signature_of_block(signature, info->scheme, block);
    if (pair == NULL || signature_size == 0 ||
        !verify_digest(pair, info->scheme, signature, signature_size, digest))
        return eg_error_set(err, EG_BAD_IMAGE, "the signature is wrong");
    return EG_OK;
}

/* ---- Images ---- */

bool eg_signed_image_find(struct eg_signed_image *found, const uint8_t *image, size_t size)
{
    *found = (struct eg_signed_image){0};
    if (size <= EG_SIGNATURE_SECTOR_SIZE)
        return false;
    found->content_size = size - EG_SIGNATURE_SECTOR_SIZE;
    for (unsigned i = 0; i < EG_SIGNATURES_MAX; i++) {
        const uint8_t *const block = image + found->content_size + (size_t)i * EG_SIGNATURE_BLOCK_SIZE;
        if (!has_marks(block))
            break;
        found->block[found->block_count++] = block;
    }
    return found->block_count > 0;
}

/* All blocks of an image have keys of one scheme, each key once. */
static enum eg_code check_blocks(const uint8_t *blocks, size_t count, struct eg_error *err)
{
    enum eg_sign_scheme first = EG_SIGN_RSA3072, scheme;
    uint8_t digests[EG_SIGNATURES_MAX][EG_SHA256_SIZE];

    for (size_t i = 0; i < count; i++) {
        const uint8_t *const block = blocks + i * EG_SIGNATURE_BLOCK_SIZE;
        EG_TRY(scheme_of(&scheme, block, err));
        if (i == 0)
            first = scheme;
        if (scheme != first)
            return eg_error_set(err, EG_BAD_ARGUMENT,
                                "a key of %s and one of %s sign one image, which no chip takes",
                                eg_sign_scheme_name(first), eg_sign_scheme_name(scheme));
        EG_TRY(digest_of_block(digests[i], scheme, block, err));
        for (size_t k = 0; k < i; k++)
            if (memcmp(digests[k], digests[i], EG_SHA256_SIZE) == 0)
                return eg_error_set(err, EG_BAD_ARGUMENT, "signatures %zu and %zu are by the same key", k + 1,
                                    i + 1);
    }
    return EG_OK;
}

enum eg_code eg_sign_image(struct eg_buffer *image, const struct eg_sign_key *keys, size_t count, bool append,
                           bool skip_padding, struct eg_error *err)
{
    uint8_t blocks[EG_SIGNATURES_MAX * EG_SIGNATURE_BLOCK_SIZE];
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer made = {0};
    struct eg_signed_image signed_image;
    size_t done = 0, size = image->size;

    if (image->size == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "there is nothing to sign");
    if (append && image->size % EG_SIGNATURE_SECTOR_SIZE == 0 &&
        eg_signed_image_find(&signed_image, image->data, image->size)) {
        done = signed_image.block_count;
        size = signed_image.content_size;
        memcpy(blocks, signed_image.block[0], done * EG_SIGNATURE_BLOCK_SIZE);
    }
    if (count == 0 || done + count > EG_SIGNATURES_MAX)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%zu signatures and %zu more are not 1 to %d", done, count,
                            EG_SIGNATURES_MAX);
    EG_TRY(eg_buffer_append(&made, image->data, size, err));
    if (!skip_padding)
        EG_TRY(eg_buffer_resize(&made,
                                (size + EG_SIGNATURE_SECTOR_SIZE - 1) / EG_SIGNATURE_SECTOR_SIZE *
                                    EG_SIGNATURE_SECTOR_SIZE,
                                0xff, err));
    for (size_t i = 0; i < count; i++)
        EG_TRY(eg_signature_make(blocks + (done + i) * EG_SIGNATURE_BLOCK_SIZE, &keys[i], made.data,
                                 made.size, err));
    EG_TRY(check_blocks(blocks, done + count, err));
    const size_t content_size = made.size;
    EG_TRY(eg_buffer_append(&made, blocks, (done + count) * EG_SIGNATURE_BLOCK_SIZE, err));
    EG_TRY(eg_buffer_resize(&made, content_size + EG_SIGNATURE_SECTOR_SIZE, 0xff, err));
    eg_buffer_finish(image);
    *image = made;
    made = (struct eg_buffer){0};
    return EG_OK;
}
