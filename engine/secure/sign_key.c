/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/sign_key.h"

#include "engine/base/libcrypto.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

enum { RSA_BITS = 3072 };

static const struct {
    const char *name;
    const char *group; /* name of the curve in libcrypto; NULL = RSA */
    size_t coordinate;
} schemes[EG_SIGN_SCHEMES] = {
    [EG_SIGN_RSA3072] = {"rsa3072", NULL, 0},
    [EG_SIGN_ECDSA192] = {"ecdsa192", "prime192v1", 24},
    [EG_SIGN_ECDSA256] = {"ecdsa256", "prime256v1", 32},
    [EG_SIGN_ECDSA384] = {"ecdsa384", "secp384r1", 48},
};

const char *eg_sign_scheme_name(enum eg_sign_scheme scheme)
{
    return schemes[scheme].name;
}

size_t eg_sign_scheme_coordinate(enum eg_sign_scheme scheme)
{
    return schemes[scheme].coordinate;
}

void eg_sign_key_finish(struct eg_sign_key *key)
{
    EVP_PKEY_free(key->pair);
    key->pair = NULL;
}

static enum eg_code find_scheme(struct eg_sign_key *key, const char *path, struct eg_error *err)
{
    char group[40] = "";

    if (EVP_PKEY_is_a(key->pair, "RSA") && EVP_PKEY_get_bits(key->pair) == RSA_BITS) {
        key->scheme = EG_SIGN_RSA3072;
        return EG_OK;
    }
    if (EVP_PKEY_is_a(key->pair, "RSA"))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is an RSA key of %d bits, secure boot takes %d", path,
                            EVP_PKEY_get_bits(key->pair), RSA_BITS);
    if (EVP_PKEY_is_a(key->pair, "EC") && EVP_PKEY_get_group_name(key->pair, group, sizeof group, NULL) == 1)
        for (int i = 0; i < EG_SIGN_SCHEMES; i++)
            if (schemes[i].group != NULL && strcmp(schemes[i].group, group) == 0) {
                key->scheme = (enum eg_sign_scheme)i;
                return EG_OK;
            }
    return eg_error_set(err, EG_BAD_ARGUMENT,
                        "%s: is a key of none of RSA-3072, NIST P-192, P-256, P-384, which secure boot takes",
                        path);
}

/* Refuse a key with a passphrase: nobody can answer a prompt on a line. */
static int no_passphrase(char *text, int size, int writing, void *context)
{
    (void)text;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

enum eg_code eg_sign_key_read(struct eg_sign_key *key, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret text = {0};
    EG_CLEANUP(eg_bio_free) BIO *bio = NULL;

    EG_TRY(eg_secret_read(&text, path, EG_SIGN_KEY_FILE_MAX, NULL, err));
    bio = BIO_new_mem_buf(text.data, (int)text.size);
    if (bio == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%s: a key", path);
    eg_sign_key_finish(key);
    key->pair = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    key->is_private = key->pair != NULL;
    if (key->pair == NULL && BIO_reset(bio) == 1)
        key->pair = PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
    if (key->pair == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s: is no private or public key in PEM without a passphrase", path);
    return find_scheme(key, path, err);
}

bool eg_sign_key_has_private(const uint8_t *pem, size_t size)
{
    static const char mark[] = "PRIVATE KEY-----";

    for (size_t at = 0; at + sizeof mark - 1 <= size; at++)
        if (memcmp(pem + at, mark, sizeof mark - 1) == 0)
            return true;
    return false;
}

enum eg_code eg_sign_key_parse_public(struct eg_sign_key *key, const char *name, const uint8_t *pem,
                                      size_t size, struct eg_error *err)
{
    EG_CLEANUP(eg_bio_free) BIO *bio = size <= EG_SIGN_KEY_FILE_MAX ? BIO_new_mem_buf(pem, (int)size) : NULL;

    if (bio == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: %zu bytes are no key", name, size);
    eg_sign_key_finish(key);
    key->pair = PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
    key->is_private = false;
    if (key->pair == NULL && eg_sign_key_has_private(pem, size))
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s: is a private key, which must not be on a line; 'espgang secure "
                            "extract-public-key' makes the public one",
                            name);
    if (key->pair == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is no public key in PEM", name);
    return find_scheme(key, name, err);
}

enum eg_code eg_sign_key_parse_der(struct eg_sign_key *key, const char *name, const uint8_t *der, size_t size,
                                   struct eg_error *err)
{
    eg_sign_key_finish(key);
    key->pair = d2i_PUBKEY(NULL, &der, (long)size);
    key->is_private = false;
    ERR_clear_error();
    if (key->pair == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is no public key", name);
    return find_scheme(key, name, err);
}

enum eg_code eg_sign_key_parse_raw(struct eg_sign_key *key, const char *name,
                                   const uint8_t raw[EG_SIGN_KEY_RAW_SIZE], struct eg_error *err)
{
    /* RFC 5480: id-ecPublicKey, prime256v1, and a bit string that begins with 4: uncompressed. */
    static const uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
    uint8_t der[sizeof head + EG_SIGN_KEY_RAW_SIZE];

    memcpy(der, head, sizeof head);
    memcpy(der + sizeof head, raw, EG_SIGN_KEY_RAW_SIZE);
    return eg_sign_key_parse_der(key, name, der, sizeof der, err);
}

enum eg_code eg_sign_key_make(const char *path, enum eg_sign_scheme scheme, struct eg_error *err)
{
    EG_CLEANUP(eg_bio_free) BIO *bio = BIO_new(BIO_s_secmem());
    EG_CLEANUP(eg_sign_key_finish)
    struct eg_sign_key key = {.pair = schemes[scheme].group != NULL
                                          ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", schemes[scheme].group)
                                          : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS)};
    char *text;

    if (bio == NULL || key.pair == NULL ||
        PEM_write_bio_PrivateKey_traditional(bio, key.pair, NULL, NULL, 0, NULL, NULL) != 1)
        return eg_error_set(err, EG_INTERNAL, "libcrypto cannot make a key of %s", schemes[scheme].name);
    const long size = BIO_get_mem_data(bio, &text);
    return eg_secret_write(path, (const uint8_t *)text, (size_t)size, err);
}

enum eg_code eg_sign_key_public(struct eg_buffer *pem, const struct eg_sign_key *key, struct eg_error *err)
{
    EG_CLEANUP(eg_bio_free) BIO *bio = BIO_new(BIO_s_mem());
    char *text;

    if (bio == NULL || PEM_write_bio_PUBKEY(bio, key->pair) != 1)
        return eg_error_set(err, EG_INTERNAL, "libcrypto cannot write a public key");
    const long size = BIO_get_mem_data(bio, &text);
    return eg_buffer_append(pem, text, (size_t)size, err);
}

static enum eg_code number_of(const struct eg_sign_key *key, const char *what, uint8_t *bytes, size_t size,
                              struct eg_error *err)
{
    EG_CLEANUP(eg_bignum_free) BIGNUM *number = NULL;

    if (EVP_PKEY_get_bn_param(key->pair, what, &number) != 1 ||
        BN_bn2binpad(number, bytes, (int)size) != (int)size)
        return eg_error_set(err, EG_INTERNAL, "libcrypto does not tell what a key is made of");
    return EG_OK;
}

enum eg_code eg_sign_key_private_value(struct eg_secret *value, const struct eg_sign_key *key,
                                       struct eg_error *err)
{
    const size_t size = schemes[key->scheme].coordinate;

    if (size == 0 || !key->is_private)
        return eg_error_set(err, EG_BAD_ARGUMENT, "it is no private ECDSA key");
    EG_TRY(eg_secret_init(value, size, err));
    return number_of(key, OSSL_PKEY_PARAM_PRIV_KEY, value->data, size, err);
}

enum eg_code eg_sign_key_point(uint8_t *x, uint8_t *y, const struct eg_sign_key *key, struct eg_error *err)
{
    const size_t size = schemes[key->scheme].coordinate;

    if (size == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "it is no ECDSA key");
    EG_TRY(number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, x, size, err));
    return number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, y, size, err);
}
