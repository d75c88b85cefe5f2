/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/document.h"
#include "tools/espgang/secure/secure.h"

static enum eg_code signature_info_v2(struct cli_call *call, struct eg_error *err)
{
    return secure_run(call, secure_signature_info, err);
}

static const struct cli_option options[] = {CLI_OPTION_JSON, {.name = NULL}};

const struct cli_command cli_command_signature_info_v2 = {
    .name = "secure signature-info-v2",
    .group = CLI_SECURITY,
    .summary = "Show the signatures of an image, with the digests of their public keys",
    .arguments = "DATAFILE",
    .details = "The digests are those that the eFuses hold.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = signature_info_v2,
};
