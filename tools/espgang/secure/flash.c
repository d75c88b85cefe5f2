/* SPDX-License-Identifier: Apache-2.0 */

/* Flash encryption: keys, and data for an address. */

#include "tools/espgang/secure/secure.h"

#include "engine/secure/flash_crypt.h"
#include "tools/espgang/arguments.h"

#include <stdio.h>
#include <string.h>

enum { KEY_SIZE_MAX = 64 };

enum eg_code secure_generate_flash_key(const struct secure_given *given, struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    const int bits = given->key_bits != 0 ? given->key_bits : 256;

    if (bits != 128 && bits != 192 && bits != 256 && bits != 512)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "--keylen: there are keys of 128, 192, 256 and 512 bits, not of %d", bits);
    EG_TRY(eg_secret_make(&key, (size_t)bits / 8, err));
    EG_TRY(eg_secret_write(given->file, key.data, key.size, err));
    printf("%s: a key of %d bits\n", given->file, bits);
    return EG_OK;
}

static enum eg_code number(const char *text, const char *option, uint64_t most, uint64_t *value,
                           struct eg_error *err)
{
    if (cli_number(text, most, value))
        return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT, "%s: \"%.40s\" is no number up to 0x%llx", option, text,
                        (unsigned long long)most);
}

enum eg_code secure_crypt_flash_data(const struct secure_given *given, struct eg_error *err)
{
    struct eg_flash_crypt how = {.scheme = given->xts ? EG_FLASH_XTS : EG_FLASH_ESP32,
                                 .config = EG_FLASH_CRYPT_CONFIG,
                                 .decrypt = strncmp(given->verb, "decrypt", 7) == 0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer data = {0};
    uint64_t addr, config = EG_FLASH_CRYPT_CONFIG;
    const char *key_path;

    if (given->address == NULL || given->output == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s needs --keyfile, --output and --address", given->verb);
    EG_TRY(secure_key_file(&key_path, given, err));
    EG_TRY(number(given->address, "--address", UINT32_MAX, &addr, err));
    if (given->crypt_config != NULL)
        EG_TRY(number(given->crypt_config, "--flash-crypt-conf", EG_FLASH_CRYPT_CONFIG, &config, err));
    how.config = (uint8_t)config;
    EG_TRY(secure_named(eg_secret_read(&key, key_path, KEY_SIZE_MAX, NULL, err), err));
    EG_TRY(secure_read(&data, given->file, err));
    if (eg_flash_crypt(data.data, data.size, (uint32_t)addr, &how, &key, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", given->file);
    EG_TRY(secure_write(given, given->output, data.data, data.size, how.decrypt ? 0600 : 0666, err));
    printf("%s: %zu bytes for address 0x%08llx\n", given->output, data.size, (unsigned long long)addr);
    return EG_OK;
}
