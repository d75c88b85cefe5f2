/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/secure/secure.h"

static enum eg_code decrypt_flash_data(struct cli_call *call, struct eg_error *err)
{
    return secure_run(call, secure_crypt_flash_data, err);
}

static const struct cli_option options[] = {SECURE_KEYFILE("Key of flash encryption"),
                                            SECURE_OUTPUT("File of the plaintext"),
                                            SECURE_CIPHER,
                                            {.name = NULL}};

const struct cli_command cli_command_decrypt_flash_data = {
    .name = "secure decrypt-flash-data",
    .group = CLI_SECURITY,
    .summary = "Decrypt data from an address in the flash",
    .arguments = "ENCRYPTED-FILE",
    .options = options,
    .least = 1,
    .most = 1,
    .run = decrypt_flash_data,
};
