/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Ed25519 by libcrypto. Memory that held a private key is wiped, and no sentence contains a private key.
 */

#include "engine/base/key.h"

#include "engine/base/libcrypto.h"
#include "engine/base/digest.h"
#include "engine/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void wipe_cleanup(struct eg_buffer *buffer)
{
    if (buffer->data != NULL)
        OPENSSL_cleanse(buffer->data, buffer->room);
    eg_buffer_finish(buffer);
}

static enum eg_code refused_by_library(struct eg_error *err)
{
    return eg_error_set(err, EG_INTERNAL, "libcrypto does not do its part with Ed25519");
}

enum eg_code eg_key_fingerprint(char text[EG_KEY_TEXT], const struct eg_key *key, struct eg_error *err)
{
    uint8_t sha256[EG_SHA256_SIZE];

    EG_TRY(eg_sha256(sha256, key->raw, sizeof key->raw, err));
    eg_hex(text, sha256, (EG_KEY_TEXT - 1) / 2);
    return EG_OK;
}

static enum eg_code public_of(struct eg_key *key, const EVP_PKEY *pair, struct eg_error *err)
{
    size_t size = sizeof key->raw;

    if (EVP_PKEY_get_raw_public_key(pair, key->raw, &size) != 1 || size != sizeof key->raw)
        return refused_by_library(err);
    return EG_OK;
}

/* Libcrypto keeps the text, and wipes it on freeing if `bio` is of secure memory. */
static enum eg_code write_pem(const char *path, BIO *bio, unsigned mode, struct eg_error *err)
{
    const struct eg_file_options options = {.mode = mode};
    char *text;
    const long size = BIO_get_mem_data(bio, &text);

    return eg_file_write(path, text, (size_t)size, &options, err);
}

enum eg_code eg_key_create(const char *path, struct eg_key *key, struct eg_error *err)
{
    EG_CLEANUP(eg_pkey_free) EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    EG_CLEANUP(eg_bio_free) BIO *secret = BIO_new(BIO_s_secmem());
    EG_CLEANUP(eg_bio_free) BIO *open = BIO_new(BIO_s_mem());
    EG_CLEANUP(eg_free_cleanup) char *open_path = NULL;
    const size_t open_size = strlen(path) + sizeof ".pub";

    if (pair == NULL || secret == NULL || open == NULL ||
        PEM_write_bio_PKCS8PrivateKey(secret, pair, NULL, NULL, 0, NULL, NULL) != 1 ||
        PEM_write_bio_PUBKEY(open, pair) != 1)
        return refused_by_library(err);
    EG_TRY(public_of(key, pair, err));
    EG_TRY(eg_alloc(&open_path, 1, open_size, err));
    snprintf(open_path, open_size, "%s.pub", path);
    EG_TRY(write_pem(path, secret, 0600, err));
    const enum eg_code code = write_pem(open_path, open, 0644, err);
    if (code != EG_OK)
        unlink(path);
    return code;
}

enum eg_code eg_key_parse(struct eg_key *key, const char *path, const struct eg_buffer *text,
                          struct eg_error *err)
{
    EG_CLEANUP(eg_bio_free) BIO *bio = BIO_new_mem_buf(text->data, (int)text->size);
    EG_CLEANUP(eg_bio_free) BIO *again = BIO_new(BIO_s_mem());
    char *same;

    if (bio == NULL || again == NULL)
        return refused_by_library(err);
    EG_CLEANUP(eg_pkey_free) EVP_PKEY *found = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    /* Writing the key again must give the same text: nothing in the file, such as a second key, was skipped.
     */
    if (found == NULL || !EVP_PKEY_is_a(found, "ED25519") || PEM_write_bio_PUBKEY(again, found) != 1 ||
        BIO_get_mem_data(again, &same) != (long)text->size || memcmp(same, text->data, text->size) != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s: is no public Ed25519 key in PEM, with nothing else in the file", path);
    return public_of(key, found, err);
}

/* Refuse a key that other users may read. */
static enum eg_code read_secret(struct eg_buffer *text, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_fd_close_cleanup) const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;

    if (fd < 0 || fstat(fd, &info) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s", path);
    if (S_ISREG(info.st_mode) && (info.st_mode & 077) != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s: others may use this private key (mode %03o); chmod 600 it", path,
                            (unsigned)info.st_mode & 0777u);
    return eg_file_read_open(text, fd, path, EG_KEY_FILE_MAX, err);
}

/* Without this, libcrypto asks for a passphrase at the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

enum eg_code eg_key_sign(uint8_t signature[EG_SIGNATURE_SIZE], struct eg_key *key, const char *path,
                         const void *message, size_t size, struct eg_error *err)
{
    EG_CLEANUP(wipe_cleanup) struct eg_buffer text = {0};
    size_t made = EG_SIGNATURE_SIZE;

    EG_TRY(read_secret(&text, path, err));
    EG_CLEANUP(eg_bio_free) BIO *bio = BIO_new_mem_buf(text.data, (int)text.size);
    EG_CLEANUP(eg_digest_context_free) EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (bio == NULL || context == NULL)
        return refused_by_library(err);
    EG_CLEANUP(eg_pkey_free) EVP_PKEY *pair = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    if (pair == NULL || !EVP_PKEY_is_a(pair, "ED25519"))
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s: is no private Ed25519 key in PEM, without a passphrase", path);
    EG_TRY(public_of(key, pair, err));
    if (EVP_DigestSignInit(context, NULL, NULL, NULL, pair) != 1 ||
        EVP_DigestSign(context, signature, &made, message, size) != 1 || made != EG_SIGNATURE_SIZE)
        return refused_by_library(err);
    return EG_OK;
}

bool eg_key_verify(const struct eg_key *key, const uint8_t signature[EG_SIGNATURE_SIZE], const void *message,
                   size_t size)
{
    EG_CLEANUP(eg_pkey_free)
    EVP_PKEY *signer = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->raw, sizeof key->raw);
    EG_CLEANUP(eg_digest_context_free) EVP_MD_CTX *context = EVP_MD_CTX_new();

    return signer != NULL && context != NULL &&
           EVP_DigestVerifyInit(context, NULL, NULL, NULL, signer) == 1 &&
           EVP_DigestVerify(context, signature, EG_SIGNATURE_SIZE, message, size) == 1;
}
