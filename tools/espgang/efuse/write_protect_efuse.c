/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/efuse/session.h"

static enum eg_code step(struct cli_call *call, void *context, struct eg_error *err)
{
    struct efuse_session *session = context;

    for (int i = 0; i < call->count; i++) {
        const struct eg_efuse_field *field;
        char shared[400];

        EG_TRY(eg_efuse_get_field(&session->fuses, call->argument[i], &field, err));
        if (field->wr == 0)
            return eg_error_set(err, EG_BAD_ARGUMENT, "%s cannot be write-protected", field->name);
        efuse_shared(session, field, true, shared);
        if (shared[0] != '\0')
            cli_say(call, "%s: also write-protects %s", field->name, shared);
        EG_TRY(eg_efuse_want_write_protection(&session->plan, field->wr, field->name, err));
    }
    return EG_OK;
}

static const struct cli_option options[] = {EFUSE_OPTIONS, {.name = NULL}};

const struct cli_command cli_command_write_protect_efuse = {
    .name = "efuse write-protect-efuse",
    .group = CLI_SECURITY,
    .summary = "Write-protect fields of the eFuses",
    .arguments = "NAME...",
    .details =
        "One bit protects a group of fields, whose names are shown: what is still 0 in any of them stays 0.",
    .options = options,
    .least = 1,
    .most = -1,
    .flags = EFUSE_FLAGS | CLI_BURNS,
    .run = efuse_run,
    .step = step,
};
