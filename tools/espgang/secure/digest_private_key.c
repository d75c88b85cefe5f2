/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/secure/secure.h"

static enum eg_code digest_private_key(struct cli_call *call, struct eg_error *err)
{
    return secure_run(call, secure_digest_private_key, err);
}

static const struct cli_option options[] = {SECURE_KEYFILE("Private key in PEM"),
                                            SECURE_KEYLEN("Bits of the key: 192 or 256 (default: 256)"),
                                            {.name = NULL}};

const struct cli_command cli_command_digest_private_key = {
    .name = "secure digest-private-key",
    .group = CLI_SECURITY,
    .summary = "Write the key of secure boot v1 that follows from a private key",
    .arguments = "DIGEST-FILE",
    .details = "The file is readable by its owner alone and is never replaced.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = digest_private_key,
};
