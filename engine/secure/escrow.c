/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/escrow.h"

#include "engine/base/digest.h"
#include "engine/secure/published.h"
#include "engine/secure/signature.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
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

static void context_cleanup(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

static void bio_cleanup(BIO **bio)
{
    BIO_free(*bio);
}

static void der_cleanup(unsigned char **der)
{
    OPENSSL_free(*der);
}

/* Name the key by its public part. */
static enum eg_code name_key(struct eg_escrow *escrow, struct eg_error *err)
{
    EG_CLEANUP(der_cleanup) unsigned char *der = NULL;
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
    EG_CLEANUP(bio_cleanup) BIO *bio = size <= FILE_MAX ? BIO_new_mem_buf(pem, (int)size) : NULL;

    eg_escrow_finish(escrow);
    if (eg_sign_key_has_private(pem, size))
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s is a private key, which must not be on a line: give the public one", name);
    escrow->key = bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    if (escrow->key == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s is no public key in PEM", name);
    if (!EVP_PKEY_is_a(escrow->key, "RSA") || EVP_PKEY_get_bits(escrow->key) < BITS_LEAST)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s is no RSA key of %d bits or more, to which keys are encrypted", name,
                            BITS_LEAST);
    EG_TRY(refuse_published(name, pem, size, err));
    return name_key(escrow, err);
}

static bool set_padding(EVP_PKEY_CTX *context)
{
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
}

enum eg_code eg_escrow_seal(const struct eg_escrow *escrow, const struct eg_secret *key,
                            struct eg_buffer *text, struct eg_error *err)
{
    EG_CLEANUP(context_cleanup) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(escrow->key, NULL);
    unsigned char sealed[SEALED_MAX], base64[SEALED_MAX * 4 / 3 + 4];
    size_t size = sizeof sealed;

    if (context == NULL || EVP_PKEY_encrypt_init(context) != 1 || !set_padding(context) ||
        EVP_PKEY_encrypt(context, sealed, &size, key->data, key->size) != 1)
        return eg_error_set(err, EG_INTERNAL, "a key of %zu bytes cannot be encrypted for escrow", key->size);
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
    EG_CLEANUP(bio_cleanup) BIO *bio = NULL;

    EG_TRY(eg_secret_read(&pem, path, FILE_MAX, NULL, err));
    bio = BIO_new_mem_buf(pem.data, (int)pem.size);
    escrow->key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    if (escrow->key == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s is no private key in PEM without a passphrase", path);
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

enum eg_code eg_escrow_recover(struct eg_secret *key, const char *path, const char *text,
                               struct eg_error *err)
{
    EG_CLEANUP(eg_escrow_finish) struct eg_escrow escrow = {0};
    EG_CLEANUP(context_cleanup) EVP_PKEY_CTX *context = NULL;
    const size_t id = strcspn(text, " ");
    uint8_t sealed[SEALED_MAX];
    size_t sealed_size = 0, size = 0;

    EG_TRY(read_private(&escrow, path, err));
    if (strlen(escrow.id) != id || strncmp(escrow.id, text, id) != 0 || text[id] == '\0')
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "the key in escrow was encrypted to the public key %.*s, and %s is %s",
                            (int)(id < EG_ESCROW_ID_TEXT ? id : EG_ESCROW_ID_TEXT), text, path, escrow.id);
    EG_TRY(decode(sealed, &sealed_size, text + id + 1, err));
    context = EVP_PKEY_CTX_new(escrow.key, NULL);
    if (context == NULL || EVP_PKEY_decrypt_init(context) != 1 || !set_padding(context) ||
        EVP_PKEY_decrypt(context, NULL, &size, sealed, sealed_size) != 1 || size == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s cannot decrypt what is in escrow", path);
    EG_TRY(eg_secret_init(key, size, err));
    if (EVP_PKEY_decrypt(context, key->data, &size, sealed, sealed_size) != 1 || size > key->size) {
        eg_secret_finish(key);
        return eg_error_set(err, EG_BAD_ARGUMENT, "what is in escrow is damaged: %s does not decrypt it",
                            path);
    }
    key->size = size;
    return EG_OK;
}
