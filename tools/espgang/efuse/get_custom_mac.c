/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/mac.h"
#include "tools/espgang/document.h"
#include "tools/espgang/efuse/session.h"

static enum eg_code step(struct cli_call *call, void *context, struct eg_error *err)
{
    const struct efuse_session *session = context;
    const struct eg_efuse_field *mac = eg_efuse_find(&session->fuses, "CUSTOM_MAC");
    struct eg_efuse_value value;
    uint8_t bytes[8], any = 0;
    char text[EG_MAC_TEXT];

    eg_efuse_mac_bytes(&session->fuses, mac, bytes);
    for (size_t i = 0; i < 6; i++)
        any |= bytes[i];
    eg_mac_text(text, bytes);
    if (cli_flag(call, "json"))
        return cli_print_document(
            call,
            json_pack("{s:o, s:o, s:o}", "custom_mac", any != 0 ? json_string(text) : json_null(), "shown",
                      any != 0 ? json_string(efuse_text(session, mac, &value)) : json_null(), "mac_version",
                      eg_efuse_find(&session->fuses, "MAC_VERSION") != NULL
                          ? json_integer(eg_efuse_number(&session->fuses, "MAC_VERSION"))
                          : json_null()),
            err);
    if (any == 0)
        cli_say(call, "Custom MAC: not set");
    else
        cli_say(call, "Custom MAC: %s", efuse_text(session, mac, &value));
    if (eg_efuse_find(&session->fuses, "MAC_VERSION") != NULL && any != 0)
        cli_say(call, "MAC_VERSION: %u%s", (unsigned)eg_efuse_number(&session->fuses, "MAC_VERSION"),
                eg_efuse_number(&session->fuses, "MAC_VERSION") == 1 ? "" : " (not valid: it must be 1)");
    return EG_OK;
}

static const struct cli_option options[] = {EFUSE_OPTIONS, CLI_OPTION_JSON, {.name = NULL}};

const struct cli_command cli_command_get_custom_mac = {
    .name = "efuse get-custom-mac",
    .group = CLI_SECURITY,
    .summary = "Show the custom MAC address",
    .arguments = "",
    .options = options,
    .least = 0,
    .most = 0,
    .flags = EFUSE_FLAGS,
    .run = efuse_run,
    .step = step,
};
