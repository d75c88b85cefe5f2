/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/secure/secure.h"

static enum eg_code encrypt_flash_data(struct cli_call *call, struct eg_error *err)
{
    return secure_run(call, secure_crypt_flash_data, err);
}

static const struct cli_option options[] = {SECURE_KEYFILE("Key of flash encryption"),
                                            SECURE_OUTPUT("File of the ciphertext"),
                                            SECURE_CIPHER,
                                            {.name = NULL}};

const struct cli_command cli_command_encrypt_flash_data = {
    .name = "secure encrypt-flash-data",
    .group = CLI_SECURITY,
    .summary = "Encrypt data for an address in the flash",
    .arguments = "PLAINTEXT-FILE",
    .options = options,
    .least = 1,
    .most = 1,
    .run = encrypt_flash_data,
};
