/* SPDX-License-Identifier: Apache-2.0 */

/*
 * espgang secure: espsecure's commands, by their names and options.
 *
 * All options are in one table; each command takes those that have its bit.
 */

#include "tools/espgang/secure/secure.h"

#include "engine/base/file.h"
#include "tools/espgang/cli.h"
#include "tools/espgang/verb.h"

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

/* Bits of the rows above. */
enum {
    GENERATE_SIGNING = 1 << 0,
    SIGN = 1 << 1,
    VERIFY = 1 << 2,
    EXTRACT = 1 << 4,
    DIGEST_PUBLIC = 1 << 5,
    DIGEST_PRIVATE = 1 << 6,
    DIGEST_BOOTLOADER = 1 << 7,
    GENERATE_FLASH = 1 << 8,
    CRYPT = 1 << 9 | 1 << 10,
    ALL = ~0,
};

enum { VERBS = sizeof verbs / sizeof *verbs, OPTIONS_MAX = 20 };

static void given_finish(struct secure_given *given)
{
    char *const texts[] = {given->scheme, given->output, given->address, given->crypt_config, given->iv};
    const char **const lists[] = {given->key_files, given->public_keys, given->signatures};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (size_t k = 0; k < secure_count(lists[i]); k++)
            free((void *)(uintptr_t)lists[i][k]);
        free(lists[i]);
    }
}

size_t secure_count(const char *const *texts)
{
    size_t count = 0;

    while (texts != NULL && texts[count] != NULL)
        count++;
    return count;
}

enum eg_code secure_named(enum eg_code code, struct eg_error *err)
{
    if (code == EG_OK)
        return EG_OK;
    if (code == EG_IO)
        err->code = EG_BAD_ARGUMENT;
    return err->code;
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
    return secure_named(eg_file_read(data, path, FILE_SIZE_MAX, err), err);
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

/* The commands, for help. */
static void describe(char text[600])
{
    size_t used = 0;

    for (size_t i = 0; i < VERBS; i++)
        used += (size_t)snprintf(text + used, 600 - used, "%s%s%s%s", i > 0 ? " |\n        " : "",
                                 verbs[i].name, verbs[i].argument != NULL ? " " : "",
                                 verbs[i].argument != NULL ? verbs[i].argument : "");
}

static enum cli_status run(poptContext context, const struct verb *verb, struct secure_given *given)
{
    struct eg_error err;

    if (poptPeekArg(context) == NULL || verb == NULL)
        return cli_usage(context, "which command?");
    given->verb = verb->name;
    poptGetArg(context);
    if (verb->argument != NULL && poptPeekArg(context) == NULL)
        return cli_usage(context, "missing argument: %s", verb->argument);
    given->file = verb->argument != NULL ? poptGetArg(context) : NULL;
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "unexpected argument '%s'", poptPeekArg(context));
    if (verb->run(given, &err) == EG_OK)
        return CLI_OK;
    const enum cli_status status = cli_fail(&err);
    return err.code == EG_BAD_IMAGE ? CLI_NOT_PASSED : status;
}

enum cli_status cli_secure(int argc, const char **argv)
{
    EG_CLEANUP(given_finish) struct secure_given given = {0};
    const struct {
        unsigned verbs;
        struct poptOption option;
    } rows[] = {
        {GENERATE_SIGNING | SIGN | VERIFY | EXTRACT,
         {"version", 'v', POPT_ARG_INT, &given.version, 0, "secure boot version, 1 or 2", "N"}},
        {GENERATE_SIGNING,
         {"scheme", 's', POPT_ARG_STRING, &given.scheme, 0,
          "rsa3072, ecdsa192, ecdsa256 or ecdsa384 (default: rsa3072; of version 1 ecdsa256)", "SCHEME"}},
        {SIGN | VERIFY | EXTRACT | DIGEST_PUBLIC | DIGEST_PRIVATE | DIGEST_BOOTLOADER | CRYPT,
         {"keyfile", 'k', POPT_ARG_ARGV, &given.key_files, 0, "file of the key; sign-data takes up to three",
          "FILE"}},
        {SIGN | DIGEST_PUBLIC | DIGEST_BOOTLOADER | CRYPT,
         {"output", 'o', POPT_ARG_STRING, &given.output, 0, "where to", "FILE"}},
        {SIGN,
         {"append-signatures", 'a', POPT_ARG_NONE, &given.append, 0, "keep the signatures that are there",
          NULL}},
        {SIGN,
         {"pub-key", 0, POPT_ARG_ARGV, &given.public_keys, 0, "public key of a signature made elsewhere",
          "FILE"}},
        {SIGN,
         {"signature", 0, POPT_ARG_ARGV, &given.signatures, 0,
          "signature made elsewhere, by the key of --pub-key", "FILE"}},
        {SIGN | VERIFY,
         {"skip-padding", 0, POPT_ARG_NONE, &given.skip_padding, 0,
          "do not fill up to a sector of 4096 bytes", NULL}},
        {DIGEST_PRIVATE | GENERATE_FLASH,
         {"keylen", 'l', POPT_ARG_INT, &given.key_bits, 0, "bits of the key (default: 256)", "BITS"}},
        {DIGEST_BOOTLOADER,
         {"iv", 0, POPT_ARG_STRING, &given.iv, 0, "128 bytes to begin with, for tests (default: random)",
          "FILE"}},
        {CRYPT,
         {"address", 'a', POPT_ARG_STRING, &given.address, 0, "where in the flash the data are", "ADDRESS"}},
        {CRYPT, {"aes-xts", 'x', POPT_ARG_NONE, &given.xts, 0, "XTS-AES, of every chip but the ESP32", NULL}},
        {CRYPT,
         {"flash-crypt-conf", 0, POPT_ARG_STRING, &given.crypt_config, 0,
          "FLASH_CRYPT_CONFIG of the ESP32 (default: 0xF)", "CONFIG"}},
    };
    const struct verb *const verb = argc > 1 && argv[1][0] != '-' ? find_verb(argv[1]) : NULL;
    const unsigned mask = verb != NULL ? 1u << (verb - verbs) : (unsigned)ALL;
    const struct poptOption last[] = {POPT_AUTOHELP POPT_TABLEEND};
    struct poptOption options[OPTIONS_MAX];
    size_t count = 0;
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;
    char commands[600], usage[80];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].verbs & mask)
            options[count++] = rows[i].option;
    memcpy(options + count, last, sizeof last);
    describe(commands);
    snprintf(usage, sizeof usage, "%s%s%s", verb != NULL ? verb->name : "",
             verb != NULL && verb->argument != NULL ? " " : "",
             verb != NULL && verb->argument != NULL ? verb->argument : "");
    if (!cli_options(&context, argc, argv, options, verb != NULL ? usage : commands))
        return CLI_USAGE;
    if (argc > 1 && argv[1][0] != '-' && verb == NULL)
        return cli_usage(context, "'%s' is no command", argv[1]);
    return run(context, verb, &given);
}
