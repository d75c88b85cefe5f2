/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/secure/secure.h"

static enum eg_code generate_signing_key(struct cli_call *call, struct eg_error *err)
{
    return secure_run(call, secure_generate_signing_key, err);
}

static const struct cli_option options[] = {
    SECURE_VERSION,
    {.name = "scheme",
     .letter = 's',
     .value = "SCHEME",
     .help = "rsa3072, ecdsa192, ecdsa256 or ecdsa384 (default: rsa3072; version 1: ecdsa256)"},
    {.name = NULL}};

const struct cli_command cli_command_generate_signing_key = {
    .name = "secure generate-signing-key",
    .group = CLI_SECURITY,
    .summary = "Make a private key for secure boot",
    .arguments = "KEYFILE",
    .details = "The file is readable by its owner alone and is never replaced.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = generate_signing_key,
};
