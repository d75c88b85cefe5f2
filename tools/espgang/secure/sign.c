/* SPDX-License-Identifier: Apache-2.0 */

/* Secure boot: keys, digests of them, signatures. */

#include "tools/espgang/document.h"
#include "tools/espgang/secure/hsm.h"

#include "engine/secure/signature.h"
#include "engine/secure/signature_v1.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BOOT_KEY_MAX = 64 };

struct keys {
    struct eg_sign_key list[EG_SIGNATURES_MAX];
    size_t count;
};

static void keys_finish(struct keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        eg_sign_key_finish(&keys->list[i]);
}

static enum eg_code read_keys(struct keys *keys, const char *const *paths, struct eg_error *err)
{
    const size_t count = secure_count(paths);

    if (count == 0 || count > EG_SIGNATURES_MAX)
        return eg_error_set(err, EG_BAD_ARGUMENT, "1 to %d keys sign an image, not %zu", EG_SIGNATURES_MAX,
                            count);
    for (; keys->count < count; keys->count++)
        EG_TRY(secure_named(eg_sign_key_read(&keys->list[keys->count], paths[keys->count], err), err));
    return EG_OK;
}

static enum eg_code read_key(struct eg_sign_key *key, const struct secure_given *given, struct eg_error *err)
{
    const char *path;

    EG_TRY(secure_key_file(&path, given, err));
    return secure_named(eg_sign_key_read(key, path, err), err);
}

/* Version 1 has public keys as both coordinates, too, as secure_extract_public_key() writes them. */
static enum eg_code read_key_v1(struct eg_sign_key *key, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer raw = {0};
    struct stat info;

    if (stat(path, &info) != 0 || info.st_size != EG_SIGN_KEY_RAW_SIZE)
        return secure_named(eg_sign_key_read(key, path, err), err);
    EG_TRY(secure_read(&raw, path, err));
    if (raw.size != EG_SIGN_KEY_RAW_SIZE)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: changed while it was read", path);
    return eg_sign_key_parse_raw(key, path, raw.data, err);
}

/* `fallback` 0 = it must be said. */
static enum eg_code version_of(int *version, const struct secure_given *given, int fallback,
                               struct eg_error *err)
{
    *version = given->version != 0 ? given->version : fallback;
    if (*version == 1 || *version == 2)
        return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT, "%s needs --version 1 or 2", given->verb);
}

/* ---- Keys ---- */

enum eg_code secure_generate_signing_key(const struct secure_given *given, struct eg_error *err)
{
    enum eg_sign_scheme scheme = EG_SIGN_RSA3072;
    int version, found = -1;

    EG_TRY(version_of(&version, given, 1, err));
    for (int i = 0; i < EG_SIGN_SCHEMES && given->scheme != NULL; i++)
        if (strcmp(eg_sign_scheme_name((enum eg_sign_scheme)i), given->scheme) == 0)
            found = i;
    if (given->scheme != NULL && found < 0)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "--scheme: \"%.40s\" is none of rsa3072, ecdsa192, ecdsa256, ecdsa384",
                            given->scheme);
    if (found >= 0)
        scheme = (enum eg_sign_scheme)found;
    else if (version == 1)
        scheme = EG_SIGN_ECDSA256;
    if (version == 1 && scheme != EG_SIGN_ECDSA256)
        return eg_error_set(err, EG_BAD_ARGUMENT, "keys of version 1 are ecdsa256, not %s", given->scheme);
    EG_TRY(eg_sign_key_make(given->file, scheme, err));
    printf("%s: a private key, %s\n", given->file, eg_sign_scheme_name(scheme));
    return EG_OK;
}

enum eg_code secure_extract_public_key(const struct secure_given *given, struct eg_error *err)
{
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer out = {0};
    int version;

    EG_TRY(version_of(&version, given, 1, err));
    EG_TRY(read_key(&key, given, err));
    if (version == 1) { /* both coordinates, as they are */
        EG_TRY(eg_buffer_resize(&out, EG_SIGN_KEY_RAW_SIZE, 0, err));
        if (key.scheme != EG_SIGN_ECDSA256)
            return eg_error_set(err, EG_BAD_ARGUMENT, "keys of version 1 are ecdsa256, not %s",
                                eg_sign_scheme_name(key.scheme));
        EG_TRY(eg_sign_key_point(out.data, out.data + EG_SIGN_KEY_RAW_SIZE / 2, &key, err));
    } else {
        EG_TRY(eg_sign_key_public(&out, &key, err));
    }
    EG_TRY(secure_write(given, given->file, out.data, out.size, 0666, err));
    printf("%s: the public key, %zu bytes\n", given->file, out.size);
    return EG_OK;
}

static void print_digest(const char *what, const uint8_t digest[EG_SHA256_SIZE])
{
    char text[EG_SHA256_TEXT];

    eg_hex(text, digest, EG_SHA256_SIZE);
    printf("%s%s\n", what, text);
}

enum eg_code secure_digest_public_key(const struct secure_given *given, struct eg_error *err)
{
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    uint8_t digest[EG_SHA256_SIZE];

    if (given->output == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s needs --keyfile and --output", given->verb);
    EG_TRY(read_key(&key, given, err));
    EG_TRY(eg_sign_key_digest(digest, &key, err));
    EG_TRY(secure_write(given, given->output, digest, sizeof digest, 0666, err));
    print_digest("digest of the public key: ", digest);
    return EG_OK;
}

enum eg_code secure_digest_private_key(const struct secure_given *given, struct eg_error *err)
{
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret digest = {0};
    const int bits = given->key_bits != 0 ? given->key_bits : 256;

    if (bits != 192 && bits != 256)
        return eg_error_set(err, EG_BAD_ARGUMENT, "--keylen: there are keys of 192 and 256 bits, not of %d",
                            bits);
    EG_TRY(read_key(&key, given, err));
    EG_TRY(eg_boot_digest_key(&digest, &key, (size_t)bits / 8, err));
    EG_TRY(eg_secret_write(given->file, digest.data, digest.size, err));
    printf("%s: a key of %d bits\n", given->file, bits);
    return EG_OK;
}

enum eg_code secure_digest_bootloader(const struct secure_given *given, struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer iv = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer out = {0};
    const char *key_path, *output = given->output;
    char name[4096];

    EG_TRY(secure_key_file(&key_path, given, err));
    EG_TRY(secure_named(eg_secret_read(&key, key_path, BOOT_KEY_MAX, NULL, err), err));
    EG_TRY(secure_read(&image, given->file, err));
    if (given->iv != NULL)
        EG_TRY(secure_read(&iv, given->iv, err));
    if (given->iv != NULL && iv.size != EG_BOOT_DIGEST_IV_SIZE)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: has %zu bytes, not %d", given->iv, iv.size,
                            EG_BOOT_DIGEST_IV_SIZE);
    const char *const dot = strrchr(given->file, '.');
    const size_t stem =
        dot != NULL && strchr(dot, '/') == NULL ? (size_t)(dot - given->file) : strlen(given->file);
    if (snprintf(name, sizeof name, "%.*s-digest-0x0000.bin", (int)stem, given->file) >= (int)sizeof name)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%.100s...: the path is too long", given->file);
    if (output == NULL)
        output = name;
    if (eg_boot_digest_make(&out, &key, given->iv != NULL ? iv.data : NULL, image.data, image.size, err) !=
        EG_OK)
        return eg_error_prefix(err, "%s: ", given->file);
    EG_TRY(secure_write(given, output, out.data, out.size, 0666, err));
    printf("%s: %zu bytes for address 0x00000000\n", output, out.size);
    return EG_OK;
}

/* ---- Signing ---- */

/* A signature of version 1 that was made elsewhere: its 64 bytes follow the version. */
static enum eg_code take_signature_v1(struct eg_buffer *image, const struct secure_given *given,
                                      struct eg_error *err)
{
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer signature = {0};
    const size_t size = image->size;

    if (given->key_files != NULL || secure_count(given->signatures) != 1 ||
        secure_count(given->public_keys) != 1)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "version 1 takes --keyfile, or one --signature with its --pub-key");
    EG_TRY(read_key_v1(&key, given->public_keys[0], err));
    EG_TRY(secure_read(&signature, given->signatures[0], err));
    EG_TRY(eg_buffer_resize(image, size + EG_SIGNATURE_V1_SIZE, 0, err));
    if (signature.size == EG_SIGN_KEY_RAW_SIZE) {
        memcpy(image->data + size + EG_SIGNATURE_V1_SIZE - signature.size, signature.data, signature.size);
        const enum eg_code code = eg_signature_v1_check(&key, image->data, image->size, err);
        if (code != EG_BAD_IMAGE)
            return code;
    }
    return eg_error_set(err, EG_BAD_ARGUMENT, "%s: it is no signature of this content by this key",
                        given->signatures[0]);
}

static enum eg_code sign_v1(struct eg_buffer *image, const struct secure_given *given, struct eg_error *err)
{
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    uint8_t signature[EG_SIGNATURE_V1_SIZE];

    if (given->append || given->skip_padding || given->hsm)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "version 1 takes neither --append-signatures nor --skip-padding nor --hsm");
    if (given->public_keys != NULL || given->signatures != NULL)
        return take_signature_v1(image, given, err);
    EG_TRY(read_key(&key, given, err));
    EG_TRY(eg_signature_v1_make(signature, &key, image->data, image->size, err));
    return eg_buffer_append(image, signature, sizeof signature, err);
}

/* Blocks of signatures that were made elsewhere, for content that is whole sectors already. */
static enum eg_code take_signatures(struct eg_buffer *image, const struct secure_given *given,
                                    struct eg_error *err)
{
    EG_CLEANUP(keys_finish) struct keys keys = {.count = 0};
    uint8_t block[EG_SIGNATURE_BLOCK_SIZE];
    const size_t size = image->size;

    if (given->key_files != NULL || given->append)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "--signature goes with neither --keyfile nor --append-signatures");
    if (secure_count(given->signatures) != secure_count(given->public_keys))
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "each --signature needs its --pub-key: there are %zu and %zu",
                            secure_count(given->signatures), secure_count(given->public_keys));
    if (!given->skip_padding && size % EG_SIGNATURE_SECTOR_SIZE != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s: has %zu bytes: what was signed elsewhere is whole sectors of %d",
                            given->file, size, EG_SIGNATURE_SECTOR_SIZE);
    EG_TRY(read_keys(&keys, given->public_keys, err));
    for (size_t i = 0; i < keys.count; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer signature = {0};
        EG_TRY(secure_read(&signature, given->signatures[i], err));
        if (eg_signature_take(block, &keys.list[i], signature.data, signature.size, image->data, size, err) !=
            EG_OK)
            return eg_error_prefix(err, "%s: ", given->signatures[i]);
        EG_TRY(eg_buffer_append(image, block, sizeof block, err));
    }
    return eg_buffer_resize(image, size + EG_SIGNATURE_SECTOR_SIZE, 0xff, err);
}

/* The public key is that of the module, unless --pub-key names a file. */
static enum eg_code sign_by_hsm(struct eg_buffer *image, const struct secure_given *given,
                                struct eg_error *err)
{
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    EG_CLEANUP(eg_hsm_config_finish) struct eg_hsm_config config = {0};
    EG_CLEANUP(eg_hsm_close_cleanup) struct eg_hsm *hsm = NULL;

    if (given->signatures != NULL || secure_count(given->public_keys) > 1)
        return eg_error_set(err, EG_BAD_ARGUMENT, "--hsm takes no --signature and at most one --pub-key");
    EG_TRY(secure_hsm_open(&hsm, &config, given, err));
    if (given->public_keys != NULL)
        EG_TRY(secure_named(eg_sign_key_read(&key, given->public_keys[0], err), err));
    else
        EG_TRY(eg_hsm_public_key(&key, hsm, err));
    key.signer = eg_hsm_signer(hsm);
    return eg_sign_image(image, &key, 1, given->append, given->skip_padding, err);
}

static enum eg_code sign_v2(struct eg_buffer *image, const struct secure_given *given, struct eg_error *err)
{
    EG_CLEANUP(keys_finish) struct keys keys = {.count = 0};

    if (given->hsm)
        return sign_by_hsm(image, given, err);
    if (given->signatures != NULL || given->public_keys != NULL)
        return take_signatures(image, given, err);
    EG_TRY(read_keys(&keys, given->key_files, err));
    return eg_sign_image(image, keys.list, keys.count, given->append, given->skip_padding, err);
}

enum eg_code secure_sign_data(const struct secure_given *given, struct eg_error *err)
{
    const char *const output = given->output != NULL ? given->output : given->file;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    int version;

    EG_TRY(version_of(&version, given, 0, err));
    EG_TRY(secure_read(&image, given->file, err));
    EG_TRY(version == 1 ? sign_v1(&image, given, err) : sign_v2(&image, given, err));
    EG_TRY(secure_write(given, output, image.data, image.size, 0666, err));
    printf("%s: signed, %zu bytes\n", output, image.size);
    return EG_OK;
}

/* ---- Verifying ---- */

static enum eg_code find_blocks(struct eg_signed_image *found, const struct eg_buffer *image,
                                const struct secure_given *given, struct eg_error *err)
{
    if ((given->skip_padding || image->size % EG_SIGNATURE_SECTOR_SIZE == 0) &&
        eg_signed_image_find(found, image->data, image->size))
        return EG_OK;
    return eg_error_set(err, EG_BAD_IMAGE, "%s: there is no signature of secure boot v2 at its end",
                        given->file);
}

static enum eg_code read_key_of_hsm(struct eg_sign_key *key, const struct secure_given *given,
                                    struct eg_error *err)
{
    EG_CLEANUP(eg_hsm_config_finish) struct eg_hsm_config config = {0};
    EG_CLEANUP(eg_hsm_close_cleanup) struct eg_hsm *hsm = NULL;

    EG_TRY(secure_hsm_open(&hsm, &config, given, err));
    return eg_hsm_public_key(key, hsm, err);
}

/* A signature that was looked at: a line of text, or a row of JSON. */
struct looked_at {
    unsigned number;
    const char *wrong;                    /* why it is not valid; NULL = it is */
    const struct eg_signature_info *info; /* of a valid one; NULL = nothing is known of it */
    bool by_another;                      /* key than the one that was given */
};

/* Rows of JSON; NULL = text is printed. */
static json_t *rows_of(const struct secure_given *given)
{
    return cli_flag(given->call, "json") ? json_array() : NULL;
}

static void add_row(json_t *rows, const struct looked_at *signature)
{
    char digest[EG_SHA256_TEXT] = "";

    if (signature->info != NULL)
        eg_hex(digest, signature->info->key_digest, EG_SHA256_SIZE);
    json_array_append_new(
        rows, json_pack("{s:i, s:b, s:o, s:o, s:o, s:b}", "number", (int)signature->number, "valid",
                        signature->wrong == NULL, "reason", cli_json_text(signature->wrong), "scheme",
                        signature->info != NULL ? json_string(eg_sign_scheme_name(signature->info->scheme))
                                                : json_null(),
                        "key_digest", cli_json_text(digest), "by_another_key", signature->by_another));
}

static enum eg_code print_rows(const struct secure_given *given, json_t *rows, struct eg_error *err)
{
    return rows == NULL
               ? EG_OK
               : cli_print_document(
                     given->call,
                     json_pack("{s:o, s:o}", "file", cli_json_text(given->file), "signatures", rows), err);
}

/* Every block is looked at; one that is right and by the key is enough. */
static enum eg_code verify_v2(const struct eg_buffer *image, const struct secure_given *given,
                              struct eg_error *err)
{
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    struct eg_signed_image found;
    uint8_t digest[EG_SHA256_SIZE];
    bool good = false;

    EG_TRY(given->hsm ? read_key_of_hsm(&key, given, err) : read_key(&key, given, err));
    EG_TRY(eg_sign_key_digest(digest, &key, err));
    EG_TRY(find_blocks(&found, image, given, err));
    json_t *const rows = rows_of(given);
    for (unsigned i = 0; i < found.block_count; i++) {
        struct eg_signature_info info = {0};
        const enum eg_code code =
            eg_signature_check(&info, found.block[i], image->data, found.content_size, err);
        const bool ours = code == EG_OK && memcmp(info.key_digest, digest, sizeof digest) == 0;
        if (rows != NULL)
            add_row(rows, &(struct looked_at){.number = i + 1,
                                              .wrong = code != EG_OK ? err->text : NULL,
                                              .info = code == EG_OK ? &info : NULL,
                                              .by_another = code == EG_OK && !ours});
        else
            printf("signature %u: %s\n", i + 1,
                   code != EG_OK ? err->text
                   : ours        ? "valid"
                                 : "valid, but by another key");
        good = good || ours;
    }
    EG_TRY(print_rows(given, rows, err));
    if (good)
        return EG_OK;
    return eg_error_set(err, EG_BAD_IMAGE, "%s: no signature is by this key and right", given->file);
}

enum eg_code secure_verify_signature(const struct secure_given *given, struct eg_error *err)
{
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    const char *path;
    int version;

    EG_TRY(version_of(&version, given, 0, err));
    EG_TRY(secure_read(&image, given->file, err));
    if (version == 2)
        return verify_v2(&image, given, err);
    EG_TRY(secure_key_file(&path, given, err));
    EG_TRY(read_key_v1(&key, path, err));
    const bool good = eg_signature_v1_check(&key, image.data, image.size, err) == EG_OK;
    json_t *const rows = rows_of(given);
    if (rows != NULL) {
        struct eg_error out_err;
        add_row(rows, &(struct looked_at){.number = 1, .wrong = good ? NULL : err->text});
        if (print_rows(given, rows, &out_err) != EG_OK) {
            *err = out_err;
            return err->code;
        }
    } else if (good) {
        printf("signature: valid\n");
    }
    return good ? EG_OK : eg_error_prefix(err, "%s: ", given->file);
}

enum eg_code secure_signature_info(const struct secure_given *given, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    struct eg_signed_image found;
    bool good = true;

    EG_TRY(secure_read(&image, given->file, err));
    EG_TRY(find_blocks(&found, &image, given, err));
    json_t *const rows = rows_of(given);
    for (unsigned i = 0; i < found.block_count; i++) {
        struct eg_signature_info info = {0};
        const bool valid =
            eg_signature_check(&info, found.block[i], image.data, found.content_size, err) == EG_OK;
        good = good && valid;
        if (rows != NULL) {
            add_row(rows, &(struct looked_at){.number = i + 1,
                                              .wrong = valid ? NULL : err->text,
                                              .info = valid ? &info : NULL});
            continue;
        }
        if (!valid) {
            printf("signature %u: %s\n", i + 1, err->text);
            continue;
        }
        printf("signature %u: valid, %s\n", i + 1, eg_sign_scheme_name(info.scheme));
        print_digest("  digest of its public key: ", info.key_digest);
    }
    EG_TRY(print_rows(given, rows, err));
    return good ? EG_OK : eg_error_set(err, EG_BAD_IMAGE, "%s: not every signature is right", given->file);
}
