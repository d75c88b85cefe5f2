/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/efuse/coding.h"
#include "tools/espgang/efuse/session.h"

enum eg_code efuse_check_mac(const struct efuse_session *session, const char *text, uint8_t *mac,
                             struct eg_error *err)
{
    EG_TRY(efuse_mac(text, mac, err));
    return eg_efuse_check_custom_mac(&session->fuses, mac, err);
}

/* The field that marks a custom MAC as valid depends on the chip. */
static enum eg_code step(struct cli_call *call, void *context, struct eg_error *err)
{
    struct efuse_session *session = context;
    struct eg_efuse_plan *plan = &session->plan;
    const struct eg_efuse_field *mac = eg_efuse_find(&session->fuses, "CUSTOM_MAC");
    const struct eg_efuse_field *crc = eg_efuse_find(&session->fuses, "CUSTOM_MAC_CRC");
    const struct eg_efuse_field *version = eg_efuse_find(&session->fuses, "MAC_VERSION");
    const struct eg_efuse_field *used = eg_efuse_find(&session->fuses, "CUSTOM_MAC_USED");
    uint8_t bits[EG_EFUSE_BYTES_MAX] = {0};

    session->plan.force = session->plan.force || cli_flag(call, "force-write-always");
    EG_TRY(efuse_check_mac(session, call->argument[0], bits, err));
    EG_TRY(eg_efuse_want(plan, mac, bits, err));
    if (crc != NULL)
        EG_TRY(eg_efuse_want_number(plan, crc, eg_efuse_mac_crc(bits), err));
    if (version != NULL)
        EG_TRY(eg_efuse_want_number(plan, version, 1, err));
    return used != NULL ? eg_efuse_want_number(plan, used, 1, err) : EG_OK;
}

static const struct cli_option options[] = {EFUSE_FORCE, EFUSE_OPTIONS, {.name = NULL}};

const struct cli_command cli_command_burn_custom_mac = {
    .name = "efuse burn-custom-mac",
    .group = CLI_SECURITY,
    .summary = "Burn a MAC address of your own",
    .arguments = "MAC",
    .details =
        "The address must be unicast and not of the range of the chip's factory. It lies in a block that is "
        "burnt once, together with user data, on most chips.",
    .options = options,
    .least = 1,
    .most = 1,
    .flags = EFUSE_FLAGS | CLI_BURNS,
    .run = efuse_run,
    .step = step,
};
