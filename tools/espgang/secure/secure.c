/* SPDX-License-Identifier: Apache-2.0 */

/* Shared by the commands of espsecure: their options and their files. */

#include "tools/espgang/secure/secure.h"

#include "engine/base/file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_SIZE_MAX ((size_t)64 << 20)

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

static enum eg_code number_of(int *number, const struct cli_call *call, const char *option,
                              struct eg_error *err)
{
    uint64_t value = 0;

    if (cli_has_option(call, option))
        EG_TRY(cli_option_number(call, option, INT_MAX, 0, &value, err));
    *number = (int)value;
    return EG_OK;
}

static const char *text_of(const struct cli_call *call, const char *option)
{
    return cli_has_option(call, option) ? cli_text(call, option) : NULL;
}

static enum eg_code list_of(const char ***list, const struct cli_call *call, const char *option,
                            struct eg_error *err)
{
    int count = 0;

    *list = NULL;
    if (cli_has_option(call, option))
        EG_TRY(cli_list(call, option, list, &count, err));
    if (count == 0) {
        free(*list);
        *list = NULL;
    }
    return EG_OK;
}

enum eg_code secure_run(struct cli_call *call,
                        enum eg_code (*run)(const struct secure_given *given, struct eg_error *err),
                        struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) const char **key_files = NULL;
    EG_CLEANUP(eg_free_cleanup) const char **public_keys = NULL;
    EG_CLEANUP(eg_free_cleanup) const char **signatures = NULL;
    struct secure_given given = {
        .call = call,
        .verb = strchr(call->command->name, ' ') + 1,
        .file = call->count > 0 ? call->argument[0] : NULL,
        .scheme = text_of(call, "scheme"),
        .output = text_of(call, "output"),
        .address = text_of(call, "address"),
        .crypt_config = text_of(call, "flash-crypt-conf"),
        .iv = text_of(call, "iv"),
        .hsm_config = text_of(call, "hsm-config"),
        .hsm = cli_has_option(call, "hsm") && cli_flag(call, "hsm"),
        .append = cli_has_option(call, "append-signatures") && cli_flag(call, "append-signatures"),
        .skip_padding = cli_has_option(call, "skip-padding") && cli_flag(call, "skip-padding"),
        .xts = cli_has_option(call, "aes-xts") && cli_flag(call, "aes-xts"),
    };

    EG_TRY(number_of(&given.version, call, "version", err));
    EG_TRY(number_of(&given.key_bits, call, "keylen", err));
    EG_TRY(list_of(&key_files, call, "keyfile", err));
    EG_TRY(list_of(&public_keys, call, "pub-key", err));
    EG_TRY(list_of(&signatures, call, "signature", err));
    given.key_files = key_files;
    given.public_keys = public_keys;
    given.signatures = signatures;
    const enum eg_code code = run(&given, err);
    if (code != EG_BAD_IMAGE)
        return code;
    fflush(stdout);
    fprintf(stderr, "espgang: %s\n", err->text);
    call->status = CLI_NOT_PASSED;
    return EG_OK;
}
