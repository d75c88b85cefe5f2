/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/secure/secure.h"

static enum eg_code digest_sbv2_public_key(struct cli_call *call, struct eg_error *err)
{
    return secure_run(call, secure_digest_public_key, err);
}

static const struct cli_option options[] = {
    SECURE_KEYFILE("Public or private key in PEM"), SECURE_OUTPUT("File of the digest"), {.name = NULL}};

const struct cli_command cli_command_digest_sbv2_public_key = {
    .name = "secure digest-sbv2-public-key",
    .group = CLI_SECURITY,
    .summary = "Write the digest of a public key, 32 bytes, for secure boot v2",
    .arguments = "",
    .options = options,
    .least = 0,
    .most = 0,
    .run = digest_sbv2_public_key,
};
