/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/escrow.h"

#include "engine/base/digest.h"
#include "engine/base/libcrypto.h"
#include "engine/secure/published.h"
#include "engine/secure/signature.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <string.h>

enum { BITS_LEAST = 3072, FILE_MAX = EG_SIGN_KEY_FILE_MAX, SEALED_MAX = 2048, ID_SIZE = 8 };

void eg_escrow_finish(struct eg_escrow *escrow)
{
    EVP_PKEY_free(escrow->key);
    *escrow = (struct eg_escrow){.key = NULL};
}

/* ---- Keys ---- */

static const struct curve {
    const char *group; /* name in libcrypto */
    size_t coordinate;
} curves[] = {{"prime256v1", 32}, {"secp384r1", 48}, {"secp521r1", 66}};

/* Bytes of a point: 04, x, y; 0 = the key is on none of the curves. */
static size_t point_size(EVP_PKEY *key)
{
    char group[40] = "";

    if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1)
        for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
            if (strcmp(curves[i].group, group) == 0)
                return 1 + 2 * curves[i].coordinate;
    return 0;
}

/* Write points and the curve in one form, whatever the file has: the key's name is made of them. */
static bool set_form(EVP_PKEY *key)
{
    return EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed") ==
               1 &&
           EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_GROUP) == 1;
}

static enum eg_code check_kind(EVP_PKEY *key, const char *name, struct eg_error *err)
{
    if (EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= BITS_LEAST)
        return EG_OK;
    if (point_size(key) != 0 && set_form(key))
        return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT,
                        "%s is neither an RSA key of %d bits or more nor an EC key of P-256, P-384 or P-521, "
                        "to which keys are encrypted",
                        name, BITS_LEAST);
}

/* Name the key by its public part. */
static enum eg_code name_key(struct eg_escrow *escrow, struct eg_error *err)
{
    EG_CLEANUP(eg_der_free) unsigned char *der = NULL;
    uint8_t digest[EG_SHA256_SIZE];
    const int size = i2d_PUBKEY(escrow->key, &der);

    if (size <= 0)
        return eg_error_set(err, EG_NO_MEMORY, "a public key in DER");
    EG_TRY(eg_sha256(digest, der, (size_t)size, err));
    eg_hex(escrow->id, digest, ID_SIZE);
    return EG_OK;
}

/* The private key of a published one is known to everybody. */
static enum eg_code refuse_published(const char *name, const uint8_t *pem, size_t size, struct eg_error *err)
{
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    uint8_t digest[EG_SHA256_SIZE];
    struct eg_error ignored;

    if (eg_sign_key_parse_public(&key, name, pem, size, &ignored) != EG_OK)
        return EG_OK; /* RSA of another size: none is published */
    EG_TRY(eg_sign_key_digest(digest, &key, err));
    if (eg_secret_refuse_published(digest, sizeof digest, err) != EG_OK)
        return eg_error_prefix(err, "%s ", name);
    return EG_OK;
}

enum eg_code eg_escrow_parse(struct eg_escrow *escrow, const char *name, const uint8_t *pem, size_t size,
                             struct eg_error *err)
{
    EG_CLEANUP(eg_bio_free) BIO *bio = size <= FILE_MAX ? BIO_new_mem_buf(pem, (int)size) : NULL;

    eg_escrow_finish(escrow);
    if (eg_sign_key_has_private(pem, size))
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s is a private key, which must not be on a line: give the public one", name);
    escrow->key = bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    if (escrow->key == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s is no public key in PEM", name);
    EG_TRY(check_kind(escrow->key, name, err));
    EG_TRY(refuse_published(name, pem, size, err));
    return name_key(escrow, err);
}

static enum eg_code damaged(const char *path, struct eg_error *err)
{
    return eg_error_set(err, EG_BAD_ARGUMENT, "what is in escrow is damaged: %s does not decrypt it", path);
}

/* ---- RSA ---- */

static bool set_padding(EVP_PKEY_CTX *context)
{
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
}

static enum eg_code seal_rsa(const struct eg_escrow *escrow, const struct eg_secret *key,
                             uint8_t sealed[SEALED_MAX], size_t *size, struct eg_error *err)
{
    EG_CLEANUP(eg_pkey_context_free) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(escrow->key, NULL);

    *size = SEALED_MAX;
    if (context == NULL || EVP_PKEY_encrypt_init(context) != 1 || !set_padding(context) ||
        EVP_PKEY_encrypt(context, sealed, size, key->data, key->size) != 1)
        return eg_error_set(err, EG_INTERNAL, "a key of %zu bytes cannot be encrypted for escrow", key->size);
    return EG_OK;
}

static enum eg_code open_rsa(struct eg_secret *key, const struct eg_escrow *escrow, const char *path,
                             const uint8_t *sealed, size_t sealed_size, struct eg_error *err)
{
    EG_CLEANUP(eg_pkey_context_free) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(escrow->key, NULL);
    size_t size = 0;

    if (context == NULL || EVP_PKEY_decrypt_init(context) != 1 || !set_padding(context) ||
        EVP_PKEY_decrypt(context, NULL, &size, sealed, sealed_size) != 1 || size == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s cannot decrypt what is in escrow", path);
    EG_TRY(eg_secret_init(key, size, err));
    if (EVP_PKEY_decrypt(context, key->data, &size, sealed, sealed_size) != 1 || size > key->size)
        return damaged(path, err);
    key->size = size;
    return EG_OK;
}

/* ---- EC ---- */

enum { AES_SIZE = 32, IV_SIZE = 12, TAG_SIZE = 16 };

/* Derive the key and the IV of AES-256-GCM. Nobody uses the pair of `own` again, so no two are equal. */
static enum eg_code derive(struct eg_secret *derived, EVP_PKEY *own, EVP_PKEY *other, const uint8_t *point,
                           size_t size, const char *id, struct eg_error *err)
{
    static const char digest[] = "SHA256";
    EG_CLEANUP(eg_secret_finish) struct eg_secret shared = {0};
    EG_CLEANUP(eg_pkey_context_free) EVP_PKEY_CTX *exchange = EVP_PKEY_CTX_new(own, NULL);
    EVP_KDF *const kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EG_CLEANUP(eg_kdf_context_free) EVP_KDF_CTX *context = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
    const size_t coordinate = (size - 1) / 2;
    size_t shared_size = coordinate;

    EVP_KDF_free(kdf);
    EG_TRY(eg_secret_init(&shared, coordinate, err));
    EG_TRY(eg_secret_init(derived, AES_SIZE + IV_SIZE, err));
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, shared.data, coordinate),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (uint8_t *)point, size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (char *)id, strlen(id)),
        OSSL_PARAM_construct_end()};
    if (exchange == NULL || EVP_PKEY_derive_init(exchange) != 1 ||
        EVP_PKEY_derive_set_peer(exchange, other) != 1 ||
        EVP_PKEY_derive(exchange, shared.data, &shared_size) != 1 || shared_size != coordinate ||
        context == NULL || EVP_KDF_derive(context, derived->data, derived->size, params) != 1)
        return eg_error_set(err, EG_INTERNAL, "libcrypto cannot agree on a key for escrow");
    return EG_OK;
}

static EVP_PKEY *make_pair(EVP_PKEY *curve)
{
    EG_CLEANUP(eg_pkey_context_free) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(curve, NULL);
    EVP_PKEY *pair = NULL;

    if (context == NULL || EVP_PKEY_keygen_init(context) != 1 || EVP_PKEY_keygen(context, &pair) != 1)
        return NULL;
    return pair;
}

/* Point, ciphertext, tag. */
static enum eg_code seal_ec(const struct eg_escrow *escrow, const struct eg_secret *key,
                            uint8_t sealed[SEALED_MAX], size_t *size, struct eg_error *err)
{
    const size_t at = point_size(escrow->key);
    EG_CLEANUP(eg_pkey_free) EVP_PKEY *pair = make_pair(escrow->key);
    EG_CLEANUP(eg_der_free) unsigned char *point = NULL;
    EG_CLEANUP(eg_secret_finish) struct eg_secret derived = {0};
    EG_CLEANUP(eg_cipher_context_free) EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    int part = 0, last = 0;

    if (cipher == NULL || pair == NULL || !set_form(pair) ||
        EVP_PKEY_get1_encoded_public_key(pair, &point) != at || at + key->size + TAG_SIZE > SEALED_MAX)
        return eg_error_set(err, EG_INTERNAL, "a key of %zu bytes cannot be encrypted for escrow", key->size);
    EG_TRY(derive(&derived, pair, escrow->key, point, at, escrow->id, err));
    memcpy(sealed, point, at);
    if (EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, derived.data, derived.data + AES_SIZE) != 1 ||
        EVP_EncryptUpdate(cipher, sealed + at, &part, key->data, (int)key->size) != 1 ||
        EVP_EncryptFinal_ex(cipher, sealed + at + part, &last) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, sealed + at + key->size) != 1)
        return eg_error_set(err, EG_INTERNAL, "a key of %zu bytes cannot be encrypted for escrow", key->size);
    *size = at + key->size + TAG_SIZE;
    return EG_OK;
}

static EVP_PKEY *read_point(EVP_PKEY *curve, const uint8_t *point, size_t size)
{
    EVP_PKEY *other = EVP_PKEY_new();

    if (other != NULL && EVP_PKEY_copy_parameters(other, curve) == 1 &&
        EVP_PKEY_set1_encoded_public_key(other, point, size) == 1)
        return other;
    EVP_PKEY_free(other);
    return NULL;
}

static enum eg_code open_ec(struct eg_secret *key, const struct eg_escrow *escrow, const char *path,
                            const uint8_t *sealed, size_t sealed_size, struct eg_error *err)
{
    const size_t at = point_size(escrow->key);
    EG_CLEANUP(eg_pkey_free)
    EVP_PKEY *other = sealed_size > at + TAG_SIZE ? read_point(escrow->key, sealed, at) : NULL;
    EG_CLEANUP(eg_secret_finish) struct eg_secret derived = {0};
    EG_CLEANUP(eg_cipher_context_free) EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    int part = 0, last = 0;

    if (cipher == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "a cipher");
    if (other == NULL)
        return damaged(path, err);
    const size_t size = sealed_size - at - TAG_SIZE;
    EG_TRY(derive(&derived, escrow->key, other, sealed, at, escrow->id, err));
    EG_TRY(eg_secret_init(key, size, err));
    if (EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, derived.data, derived.data + AES_SIZE) != 1 ||
        EVP_DecryptUpdate(cipher, key->data, &part, sealed + at, (int)size) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, (uint8_t *)sealed + at + size) != 1 ||
        EVP_DecryptFinal_ex(cipher, key->data + part, &last) != 1)
        return damaged(path, err);
    return EG_OK;
}

/* ---- Both ---- */

enum eg_code eg_escrow_seal(const struct eg_escrow *escrow, const struct eg_secret *key,
                            struct eg_buffer *text, struct eg_error *err)
{
    unsigned char sealed[SEALED_MAX], base64[SEALED_MAX * 4 / 3 + 4];
    size_t size;

    EG_TRY((EVP_PKEY_is_a(escrow->key, "RSA") ? seal_rsa : seal_ec)(escrow, key, sealed, &size, err));
    const int length = EVP_EncodeBlock(base64, sealed, (int)size);
    EG_TRY(eg_buffer_append(text, escrow->id, strlen(escrow->id), err));
    EG_TRY(eg_buffer_append(text, " ", 1, err));
    return eg_buffer_append(text, base64, (size_t)length + 1, err);
}

/* A prompt for a passphrase would show nothing of what it is for. */
static int no_passphrase(char *text, int size, int writing, void *context)
{
    (void)text;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static enum eg_code read_private(struct eg_escrow *escrow, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret pem = {0};
    EG_CLEANUP(eg_bio_free) BIO *bio = NULL;

    bool open_to_others = false;

    EG_TRY(eg_secret_read(&pem, path, FILE_MAX, &open_to_others, err));
    if (open_to_others)
        return eg_error_set(err, EG_BAD_ARGUMENT, "other users can read %s: chmod 600", path);
    bio = BIO_new_mem_buf(pem.data, (int)pem.size);
    escrow->key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    if (escrow->key == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s is no private key in PEM without a passphrase", path);
    EG_TRY(check_kind(escrow->key, path, err));
    return name_key(escrow, err);
}

static enum eg_code decode(uint8_t sealed[SEALED_MAX], size_t *size, const char *base64, struct eg_error *err)
{
    const size_t length = strlen(base64);
    int bytes = -1;

    if (length > 0 && length % 4 == 0 && length / 4 * 3 <= SEALED_MAX)
        bytes = EVP_DecodeBlock(sealed, (const unsigned char *)base64, (int)length);
    if (bytes < 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "what is in escrow is damaged: it is not Base64");
    *size = (size_t)bytes - (base64[length - 1] == '=') - (length > 1 && base64[length - 2] == '=');
    return EG_OK;
}

/* Return whether the text names the key, and goes on. */
static bool names(const char *text, const struct eg_escrow *escrow)
{
    const size_t id = strlen(escrow->id);

    return strncmp(text, escrow->id, id) == 0 && text[id] == ' ';
}

enum eg_code eg_escrow_is_for(bool *is_for, const char *path, const char *text, struct eg_error *err)
{
    EG_CLEANUP(eg_escrow_finish) struct eg_escrow escrow = {0};

    EG_TRY(read_private(&escrow, path, err));
    *is_for = names(text, &escrow);
    return EG_OK;
}

enum eg_code eg_escrow_recover(struct eg_secret *key, const char *path, const char *text,
                               struct eg_error *err)
{
    EG_CLEANUP(eg_escrow_finish) struct eg_escrow escrow = {0};
    const size_t id = strcspn(text, " ");
    uint8_t sealed[SEALED_MAX];
    size_t size = 0;

    EG_TRY(read_private(&escrow, path, err));
    if (!names(text, &escrow))
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "the key in escrow was encrypted to the public key %.*s, and %s is %s",
                            (int)(id < EG_ESCROW_ID_TEXT ? id : EG_ESCROW_ID_TEXT), text, path, escrow.id);
    EG_TRY(decode(sealed, &size, text + id + 1, err));
    const enum eg_code code = EVP_PKEY_is_a(escrow.key, "RSA")
                                  ? open_rsa(key, &escrow, path, sealed, size, err)
                                  : open_ec(key, &escrow, path, sealed, size, err);
    if (code != EG_OK)
        eg_secret_finish(key);
    return code;
}
