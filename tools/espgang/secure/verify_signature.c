/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/document.h"
#include "tools/espgang/secure/hsm.h"

static enum eg_code verify_signature(struct cli_call *call, struct eg_error *err)
{
    return secure_run(call, secure_verify_signature, err);
}

static const struct cli_option options[] = {
    SECURE_VERSION,
    SECURE_KEYFILE("Public or private key in PEM; for version 1 also both coordinates of a public one"),
    SECURE_HSM,
    SECURE_SKIP_PADDING,
    CLI_OPTION_JSON,
    {.name = NULL}};

const struct cli_command cli_command_verify_signature = {
    .name = "secure verify-signature",
    .group = CLI_SECURITY,
    .summary = "Check the signatures of an image",
    .arguments = "DATAFILE",
    .details = "One valid signature by the key is enough. Without one, the exit status is 1.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = verify_signature,
};
