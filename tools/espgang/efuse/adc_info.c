/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/efuse/session.h"

static enum eg_code step(struct cli_call *call, void *context, struct eg_error *err)
{
    const struct efuse_session *session = context;
    unsigned shown = 0;

    (void)err;
    if (eg_efuse_find(&session->fuses, "BLK_VERSION_MAJOR") != NULL)
        cli_say(call, "Block version: %u.%u", (unsigned)eg_efuse_number(&session->fuses, "BLK_VERSION_MAJOR"),
                (unsigned)eg_efuse_number(&session->fuses, "BLK_VERSION_MINOR"));
    for (const struct eg_efuse_field *field = session->fuses.fields; field->name != NULL; field++) {
        struct eg_efuse_value value;

        if (field->category != EG_CAT_CALIBRATION || !eg_efuse_has(&session->fuses, field))
            continue;
        cli_say(call, "%-32s %s", field->name, efuse_text(session, field, &value));
        shown++;
    }
    if (shown == 0)
        cli_say(call, "%s has no calibration values in its eFuses", session->fuses.label);
    return EG_OK;
}

static const struct cli_option options[] = {EFUSE_OPTIONS, {.name = NULL}};

const struct cli_command cli_command_adc_info = {
    .name = "efuse adc-info",
    .group = CLI_SECURITY,
    .summary = "Show what the factory burnt for calibration",
    .arguments = "",
    .options = options,
    .least = 0,
    .most = 0,
    .flags = EFUSE_FLAGS,
    .run = efuse_run,
    .step = step,
};
