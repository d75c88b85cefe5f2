/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/secure/secure.h"

static enum eg_code generate_flash_encryption_key(struct cli_call *call, struct eg_error *err)
{
    return secure_run(call, secure_generate_flash_key, err);
}

static const struct cli_option options[] = {
    SECURE_KEYLEN("Bits of the key: 128, 192, 256 or 512 (default: 256)"), {.name = NULL}};

const struct cli_command cli_command_generate_flash_encryption_key = {
    .name = "secure generate-flash-encryption-key",
    .group = CLI_SECURITY,
    .summary = "Make a key for flash encryption from the random source of the system",
    .arguments = "KEY-FILE",
    .details = "The file is readable by its owner alone and is never replaced.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = generate_flash_encryption_key,
};
