/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/secure/secure.h"

static enum eg_code extract_public_key(struct cli_call *call, struct eg_error *err)
{
    return secure_run(call, secure_extract_public_key, err);
}

static const struct cli_option options[] = {
    SECURE_VERSION, SECURE_KEYFILE("Private key in PEM"), {.name = NULL}};

const struct cli_command cli_command_extract_public_key = {
    .name = "secure extract-public-key",
    .group = CLI_SECURITY,
    .summary = "Write the public key of a private key",
    .arguments = "PUBLIC-KEYFILE",
    .details = "Version 1 has it as 64 bytes, version 2 in PEM.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = extract_public_key,
};
