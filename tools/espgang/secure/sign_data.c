/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/secure/hsm.h"

static enum eg_code sign_data(struct cli_call *call, struct eg_error *err)
{
    return secure_run(call, secure_sign_data, err);
}

static const struct cli_option options[] = {
    SECURE_VERSION,
    {.name = "keyfile",
     .letter = 'k',
     .value = "FILE...",
     .help = "Private keys in PEM without a passphrase, up to three",
     .eat_all = true},
    SECURE_OUTPUT("Write the signed image to this file (default: replace the input)"),
    {.name = "append-signatures", .letter = 'a', .help = "Keep the signatures that are there"},
    {.name = "pub-key",
     .value = "FILE...",
     .help = "Public keys of the signatures made elsewhere, in their order",
     .eat_all = true},
    {.name = "signature",
     .value = "FILE...",
     .help = "Signatures made elsewhere, by the keys of --pub-key; up to three",
     .eat_all = true},
    SECURE_HSM,
    SECURE_SKIP_PADDING,
    {.name = NULL}};

const struct cli_command cli_command_sign_data = {
    .name = "secure sign-data",
    .group = CLI_SECURITY,
    .summary = "Sign a firmware image",
    .arguments = "DATAFILE",
    .details = "Version 2 appends a sector with the signatures of up to three keys of one kind; version 1 "
               "appends one signature. Without `--output` the file is replaced. A signature made elsewhere, "
               "such as in an HSM, is RSA-PSS, or ECDSA in DER, over data that are whole sectors already. "
               "With `--hsm` "
               "a module signs here and now; its PIN is asked for when `credentials` are missing.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = sign_data,
};
