/* SPDX-License-Identifier: Apache-2.0 */

/*
 * espgang secure: espsecure's commands, by their names and options.
 *
 * All options are in one table; each command takes those that have its bit.
 */

#include "tools/espgang/secure/secure.h"

#include "engine/base/file.h"
#include "tools/espgang/command.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_SIZE_MAX ((size_t)64 << 20)

static const struct verb {
    const char *name;
    const char *argument; /* NULL = it has none */
    enum eg_code (*run)(const struct secure_given *given, struct eg_error *err);
} verbs[] = {
    {"generate-signing-key", "KEYFILE", secure_generate_signing_key},
    {"sign-data", "DATAFILE", secure_sign_data},
    {"verify-signature", "DATAFILE", secure_verify_signature},
    {"signature-info-v2", "DATAFILE", secure_signature_info},
    {"extract-public-key", "PUBLIC-KEYFILE", secure_extract_public_key},
    {"digest-sbv2-public-key", NULL, secure_digest_public_key},
    {"digest-private-key", "DIGEST-FILE", secure_digest_private_key},
    {"digest-secure-bootloader", "IMAGE", secure_digest_bootloader},
    {"generate-flash-encryption-key", "KEY-FILE", secure_generate_flash_key},
    {"encrypt-flash-data", "PLAINTEXT-FILE", secure_crypt_flash_data},
    {"decrypt-flash-data", "ENCRYPTED-FILE", secure_crypt_flash_data},
};

enum { VERBS = sizeof verbs / sizeof *verbs };

static void given_finish(struct secure_given *given)
{
    free(given->key_files);
    free(given->public_keys);
    free(given->signatures);
}

size_t secure_count(const char *const *texts)
{
    size_t count = 0;

    while (texts != NULL && texts[count] != NULL)
        count++;
    return count;
}

enum eg_code secure_key_file(const char **path, const struct secure_given *given, struct eg_error *err)
{
    if (secure_count(given->key_files) != 1)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s takes one --keyfile", given->verb);
    *path = given->key_files[0];
    return EG_OK;
}

enum eg_code secure_read(struct eg_buffer *data, const char *path, struct eg_error *err)
{
    EG_TRY(cli_file_check(path, err));
    if (eg_file_read(data, path, FILE_SIZE_MAX, err) == EG_OK)
        return EG_OK;
    if (err->code == EG_IO)
        err->code = EG_BAD_ARGUMENT;
    return err->code;
}

static bool is_same_file(const char *one, const char *other)
{
    struct stat first, second;

    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

enum eg_code secure_write(const struct secure_given *given, const char *path, const uint8_t *data,
                          size_t size, unsigned mode, struct eg_error *err)
{
    const struct eg_file_options options = {.mode = mode, .replace = true};

    for (size_t i = 0; i < secure_count(given->key_files); i++)
        if (is_same_file(path, given->key_files[i]))
            return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is the file of a key, and would be replaced",
                                path);
    if (given->output != NULL && given->file != NULL && is_same_file(path, given->file))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is the input, and would be replaced", path);
    return eg_file_write(path, data, size, &options, err);
}

static const struct verb *find_verb(const char *name)
{
    char text[40];

    if (strlen(name) >= sizeof text)
        return NULL;
    strcpy(text, name);
    for (char *at = text; *at != '\0'; at++)
        if (*at == '_') /* as older versions of espsecure had it */
            *at = '-';
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(verbs[i].name, text) == 0)
            return &verbs[i];
    return NULL;
}

static enum eg_code read_given(struct secure_given *given, const struct cli_call *call, struct eg_error *err)
{
    uint64_t version, key_bits;
    int count;

    *given = (struct secure_given){
        .scheme = cli_text(call, "scheme"),
        .output = cli_text(call, "output"),
        .address = cli_text(call, "address"),
        .crypt_config = cli_text(call, "flash-crypt-conf"),
        .iv = cli_text(call, "iv"),
        .append = cli_flag(call, "append-signatures"),
        .skip_padding = cli_flag(call, "skip-padding"),
        .xts = cli_flag(call, "aes-xts"),
    };
    EG_TRY(cli_option_number(call, "version", INT_MAX, 0, &version, err));
    EG_TRY(cli_option_number(call, "keylen", INT_MAX, 0, &key_bits, err));
    given->version = (int)version;
    given->key_bits = (int)key_bits;
    EG_TRY(cli_list(call, "keyfile", &given->key_files, &count, err));
    EG_TRY(cli_list(call, "pub-key", &given->public_keys, &count, err));
    return cli_list(call, "signature", &given->signatures, &count, err);
}

static enum eg_code secure(struct cli_call *call, struct eg_error *err)
{
    const struct verb *const verb = find_verb(call->argument[0]);
    EG_CLEANUP(given_finish) struct secure_given given = {0};

    if (verb == NULL)
        return cli_usage(call, err, "'%s' is no command", call->argument[0]);
    if (verb->argument != NULL && call->count < 2)
        return cli_usage(call, err, "missing argument: %s", verb->argument);
    if (verb->argument == NULL && call->count > 1)
        return cli_usage(call, err, "unexpected argument '%s'", call->argument[1]);
    EG_TRY(read_given(&given, call, err));
    given.verb = verb->name;
    given.file = call->argument[1];
    const enum eg_code code = verb->run(&given, err);
    if (code != EG_BAD_IMAGE)
        return code;
    fprintf(stderr, "espgang: %s\n", err->text); /* a signature is wrong, and not the command line */
    call->status = CLI_NOT_PASSED;
    return EG_OK;
}

#define GENERATE_SIGNING "generate-signing-key"
#define SIGN             "sign-data"
#define VERIFY           "verify-signature"
#define EXTRACT          "extract-public-key"
#define DIGEST_PUBLIC    "digest-sbv2-public-key"
#define DIGEST_PRIVATE   "digest-private-key"
#define BOOTLOADER       "digest-secure-bootloader"
#define GENERATE_FLASH   "generate-flash-encryption-key"
#define ENCRYPT          "encrypt-flash-data"
#define DECRYPT          "decrypt-flash-data"

static const char *const actions[] = {GENERATE_SIGNING, SIGN,          VERIFY,         "signature-info-v2",
                                      EXTRACT,          DIGEST_PUBLIC, DIGEST_PRIVATE, BOOTLOADER,
                                      GENERATE_FLASH,   ENCRYPT,       DECRYPT,        NULL};
static const char *const of_version[] = {GENERATE_SIGNING, SIGN, VERIFY, EXTRACT, NULL};
static const char *const of_scheme[] = {GENERATE_SIGNING, NULL};
static const char *const of_keyfile[] = {SIGN,       VERIFY,  EXTRACT, DIGEST_PUBLIC, DIGEST_PRIVATE,
                                         BOOTLOADER, ENCRYPT, DECRYPT, NULL};
static const char *const of_output[] = {SIGN, DIGEST_PUBLIC, BOOTLOADER, ENCRYPT, DECRYPT, NULL};
static const char *const of_sign[] = {SIGN, NULL};
static const char *const of_padding[] = {SIGN, VERIFY, NULL};
static const char *const of_keylen[] = {DIGEST_PRIVATE, GENERATE_FLASH, NULL};
static const char *const of_bootloader[] = {BOOTLOADER, NULL};
static const char *const of_crypt[] = {ENCRYPT, DECRYPT, NULL};

static const struct cli_option options[] = {
    {.name = "version",
     .letter = 'v',
     .value = "N",
     .help = "Secure boot version, 1 or 2",
     .only = of_version},
    {.name = "scheme",
     .letter = 's',
     .value = "SCHEME",
     .help = "rsa3072, ecdsa192, ecdsa256 or ecdsa384 (default: rsa3072; for version 1 ecdsa256)",
     .only = of_scheme},
    {.name = "keyfile",
     .letter = 'k',
     .value = "FILE",
     .help = "Key, in PEM without a passphrase, or of flash encryption; sign-data takes up to three",
     .only = of_keyfile},
    {.name = "output", .letter = 'o', .value = "FILE", .help = "File to write", .only = of_output},
    {.name = "append-signatures", .letter = 'a', .help = "Keep the signatures that exist", .only = of_sign},
    {.name = "pub-key", .value = "FILE", .help = "Public key of a signature made elsewhere", .only = of_sign},
    {.name = "signature",
     .value = "FILE",
     .help = "Signature made elsewhere, such as in an HSM, by the key of --pub-key",
     .more = "RSA-PSS, or ECDSA in DER. The data must be whole sectors already.",
     .only = of_sign},
    {.name = "skip-padding", .help = "Do not fill up to a sector of 4096 bytes", .only = of_padding},
    {.name = "keylen",
     .letter = 'l',
     .value = "BITS",
     .help = "Bits of the key (default: 256)",
     .only = of_keylen},
    {.name = "iv",
     .value = "FILE",
     .help = "128 bytes to begin with, for tests (default: random)",
     .only = of_bootloader},
    {.name = "address",
     .letter = 'a',
     .value = "ADDRESS",
     .help = "Address of the data in the flash",
     .more = "The same data at another address are another ciphertext.",
     .only = of_crypt},
    {.name = "aes-xts", .letter = 'x', .help = "Use XTS-AES, as every chip but the ESP32", .only = of_crypt},
    {.name = "flash-crypt-conf",
     .value = "CONFIG",
     .help = "FLASH_CRYPT_CONFIG of the ESP32 (default: 0xF)",
     .only = of_crypt},
    {.name = NULL}};

const struct cli_command cli_command_secure = {
    .name = "secure",
    .group = CLI_IMAGES,
    .summary = "Sign, verify and encrypt firmware, as espsecure does",
    .arguments = "COMMAND [FILE]",
    .details =
        "The commands have the names of espsecure. Files of keys are made for their owner alone and never "
        "replaced.\n"
        "\n"
        "- generate-signing-key KEYFILE: make a private key for secure boot.\n"
        "- sign-data DATAFILE: sign it; version 2 with up to three keys of one kind, in a sector after the "
        "data, version 1 right after the data. Without `--output` the file is replaced.\n"
        "- verify-signature DATAFILE: check its signatures; one that is right and by the key is enough. The "
        "exit status is 1 if there is none.\n"
        "- signature-info-v2 DATAFILE: show its signatures with the digests of their public keys, as the "
        "eFuses "
        "have them.\n"
        "- extract-public-key FILE: write the public key; of version 1 as 64 bytes.\n"
        "- digest-sbv2-public-key: write the digest of a public key, 32 bytes.\n"
        "- digest-private-key FILE: write the key of secure boot v1 that follows from a private key.\n"
        "- digest-secure-bootloader IMAGE: write what goes to address 0 of an ESP32 with secure boot v1, "
        "digest "
        "and bootloader.\n"
        "- generate-flash-encryption-key KEY-FILE: make a key from the system's random source.\n"
        "- encrypt-flash-data FILE, decrypt-flash-data FILE: convert between plaintext and ciphertext for an "
        "address in the flash.",
    .options = options,
    .words = actions,
    .least = 1,
    .most = 2,
    .run = secure,
};
