/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/secure/secure.h"

static enum eg_code digest_rsa_public_key(struct cli_call *call, struct eg_error *err)
{
    return secure_run(call, secure_digest_public_key, err);
}

static const struct cli_option options[] = {
    SECURE_KEYFILE("Public or private key in PEM"), SECURE_OUTPUT("File of the digest"), {.name = NULL}};

const struct cli_command cli_command_digest_rsa_public_key = {
    .name = "secure digest-rsa-public-key",
    .group = CLI_SECURITY,
    .summary = "Do what digest-sbv2-public-key does: this is its old name",
    .arguments = "",
    .options = options,
    .least = 0,
    .most = 0,
    .run = digest_rsa_public_key,
};
