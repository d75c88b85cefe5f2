/* SPDX-License-Identifier: Apache-2.0 */

/* The parameters of the digital signature peripheral, as a struct esp_ds_data of ESP-IDF. */

#include "engine/secure/ds.h"
#include "targets/efuse.h"
#include "tools/espgang/secure/secure.h"

#include <stdio.h>
#include <string.h>

enum { PEM_SIZE_MAX = 16384 };

static enum eg_code bits_of_chip(const struct cli_call *call, unsigned *bits, struct eg_error *err)
{
    const char *const name = cli_text(call, "chip");
    const struct eg_target *const target = name != NULL ? eg_target_by_name(name) : NULL;
    const struct eg_efuse *const chip = target != NULL ? eg_efuse_of(target) : NULL;
    char names[200] = "";

    *bits = chip != NULL ? chip->ds_bits : 0;
    if (*bits != 0)
        return EG_OK;
    if (target != NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s has no digital signature peripheral", target->label);
    for (size_t i = 0; eg_efuses[i] != NULL; i++)
        if (eg_efuses[i]->ds_bits != 0)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s",
                     names[0] != '\0' ? ", " : "", eg_efuses[i]->name);
    return eg_error_set(err, EG_BAD_ARGUMENT, "%s needs --chip, one of %s", call->command->name, names);
}

static enum eg_code read_key(const struct cli_call *call, const char *option, size_t size_max,
                             struct eg_secret *key, struct eg_error *err)
{
    const char *const path = cli_text(call, option);

    if (path == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s needs --%s", call->command->name, option);
    return secure_named(eg_secret_read(key, path, size_max, NULL, err), err);
}

static enum eg_code check_iv(const struct cli_call *call, uint8_t iv[EG_DS_IV_SIZE], struct eg_error *err)
{
    const char *const text = cli_text(call, "iv");

    if (text == NULL || eg_hex_parse(iv, EG_DS_IV_SIZE, text))
        return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT, "--iv: \"%.40s\" is not %d bytes in hex", text, EG_DS_IV_SIZE);
}

static enum eg_code generate_ds_parameters(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_ds_parameters_finish) struct eg_ds_parameters made = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret pem = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret hmac_key = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    const char *const path = call->argument[0], *const private_key = cli_text(call, "private-key");
    const char *const keys[] = {private_key, cli_text(call, "hmac-key"), NULL};
    const struct secure_given given = {.key_files = (const char **)keys};
    uint8_t iv[EG_DS_IV_SIZE], length[4];
    unsigned bits;

    EG_TRY(bits_of_chip(call, &bits, err));
    EG_TRY(check_iv(call, iv, err));
    EG_TRY(read_key(call, "private-key", PEM_SIZE_MAX, &pem, err));
    EG_TRY(read_key(call, "hmac-key", EG_DS_HMAC_KEY_SIZE, &hmac_key, err));
    if (eg_ds_make(&made, &pem, &hmac_key, bits, cli_text(call, "iv") != NULL ? iv : NULL, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", private_key);
    eg_put32(length, made.length);
    EG_TRY(eg_buffer_append(&file, length, sizeof length, err));
    EG_TRY(eg_buffer_append(&file, made.iv, sizeof made.iv, err));
    EG_TRY(eg_buffer_append(&file, made.ciphertext.data, made.ciphertext.size, err));
    EG_TRY(secure_write(&given, path, file.data, file.size, 0666, err));
    printf("%s: parameters of an RSA key of %lu bits\n", path, (made.length + 1ul) * 32);
    return EG_OK;
}

static const struct cli_option options[] = {
    {.name = "chip", .letter = 'c', .value = "CHIP", .help = "Chip that signs", .env = "ESPTOOL_CHIP"},
    {.name = "private-key",
     .value = "FILE",
     .help = "RSA key in PEM, which only the chip will be able to use"},
    {.name = "hmac-key",
     .value = "FILE",
     .help = "Key of 32 bytes that the chip has with the purpose HMAC_DOWN_DIGITAL_SIGNATURE"},
    {.name = "iv", .value = "HEX", .help = "Initialisation vector of 16 bytes (default: random)"},
    {.name = NULL}};

const struct cli_command cli_command_generate_ds_parameters = {
    .name = "secure generate-ds-parameters",
    .group = CLI_SECURITY,
    .summary = "Encrypt an RSA key for the digital signature peripheral of a chip",
    .arguments = "PARAMETER-FILE",
    .details =
        "The file is an esp_ds_data_t of ESP-IDF: length of the key in words minus 1 (4 bytes, "
        "little-endian), "
        "initialisation vector (16), ciphertext (1200, or 1584 for chips with keys of 4096 bits). It is no "
        "secret: only the chip with the HMAC key can use it. The HMAC key is burnt with espgang efuse "
        "burn-key.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = generate_ds_parameters,
};
