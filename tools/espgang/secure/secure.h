/* SPDX-License-Identifier: Apache-2.0 */

/* Shared by the commands of espsecure. */

#ifndef TOOLS_ESPGANG_SECURE_SECURE_H
#define TOOLS_ESPGANG_SECURE_SECURE_H

#include "engine/base/bytes.h"
#include "engine/secure/sign_key.h"
#include "tools/espgang/command.h"

/** The options of the command line, read but not checked yet. Numbers are 0 and texts NULL when they are not
 * given. */
struct secure_given {
    const struct cli_call *call;
    const char *verb, *file; /* the command, and its argument */
    int version, key_bits;
    const char *scheme, *output, *address, *crypt_config, *iv, *hsm_config;
    const char **key_files, **public_keys, **signatures; /* each ends with a NULL; NULL = there is none */
    bool append, skip_padding, xts, hsm;
};

/** Read the options of a command and do it. A wrong signature, EG_BAD_IMAGE, is printed and ends the program
 * with CLI_NOT_PASSED. */
enum eg_code secure_run(struct cli_call *call,
                        enum eg_code (*run)(const struct secure_given *given, struct eg_error *err),
                        struct eg_error *err) EG_CHECKED;

/** Return their number. */
size_t secure_count(const char *const *texts);

/** Return the only file of --keyfile. EG_BAD_ARGUMENT: none was given, or several. */
enum eg_code secure_key_file(const char **path, const struct secure_given *given,
                             struct eg_error *err) EG_CHECKED;

/** Pass on what reading a file that is named on the command line came to: a file that cannot be read is a
 * wrong argument. */
enum eg_code secure_named(enum eg_code code, struct eg_error *err) EG_CHECKED;

/** Read a file that is named on the command line. */
enum eg_code secure_read(struct eg_buffer *data, const char *path, struct eg_error *err) EG_CHECKED;

/** Write a file, which may be there; one that is an input other than `source` is refused. `mode` as for a new
 * file. */
enum eg_code secure_write(const struct secure_given *given, const char *path, const uint8_t *data,
                          size_t size, unsigned mode, struct eg_error *err) EG_CHECKED;

/* Options that several commands have. */
#define SECURE_VERSION                                                                                       \
    {                                                                                                        \
        .name = "version", .letter = 'v', .value = "N", .help = "Version of secure boot: 1 or 2"             \
    }
#define SECURE_KEYFILE(text)                                                                                 \
    {                                                                                                        \
        .name = "keyfile", .letter = 'k', .value = "FILE", .help = text                                      \
    }
#define SECURE_OUTPUT(text)                                                                                  \
    {                                                                                                        \
        .name = "output", .letter = 'o', .value = "FILE", .help = text                                       \
    }
#define SECURE_SKIP_PADDING                                                                                  \
    {                                                                                                        \
        .name = "skip-padding", .help = "Do not fill up to a sector of 4096 bytes"                           \
    }
#define SECURE_KEYLEN(text)                                                                                  \
    {                                                                                                        \
        .name = "keylen", .letter = 'l', .value = "BITS", .help = text                                       \
    }

#define SECURE_CIPHER                                                                                        \
    {.name = "address",                                                                                      \
     .letter = 'a',                                                                                          \
     .value = "ADDRESS",                                                                                     \
     .help = "Where in the flash the data are",                                                              \
     .more = "The same data at another address are another ciphertext."},                                    \
        {.name = "aes-xts", .letter = 'x', .help = "Use XTS-AES, the cipher of every chip but the ESP32"},   \
    {                                                                                                        \
        .name = "flash-crypt-conf", .value = "CONFIG",                                                       \
        .help = "FLASH_CRYPT_CONFIG of the ESP32 (default: 0xF)"                                             \
    }

/* The commands. EG_OK, or why it could not be done; EG_BAD_IMAGE = a signature is wrong. */
enum eg_code secure_generate_signing_key(const struct secure_given *given, struct eg_error *err);
enum eg_code secure_sign_data(const struct secure_given *given, struct eg_error *err);
enum eg_code secure_verify_signature(const struct secure_given *given, struct eg_error *err);
enum eg_code secure_signature_info(const struct secure_given *given, struct eg_error *err);
enum eg_code secure_extract_public_key(const struct secure_given *given, struct eg_error *err);
enum eg_code secure_digest_public_key(const struct secure_given *given, struct eg_error *err);
enum eg_code secure_digest_private_key(const struct secure_given *given, struct eg_error *err);
enum eg_code secure_digest_bootloader(const struct secure_given *given, struct eg_error *err);
enum eg_code secure_generate_flash_key(const struct secure_given *given, struct eg_error *err);
enum eg_code secure_crypt_flash_data(const struct secure_given *given, struct eg_error *err);

#endif
