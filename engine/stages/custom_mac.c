/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/custom_mac.h"

#include "engine/stages/unit_data.h"

#include <string.h>

/* Neither as a MAC of the factory nor as a custom one. */
static enum eg_code claim(struct eg_run *run, const char *text, struct eg_error *err)
{
    const struct eg_claim claim = {.kind = EG_CLAIM_VALUE, .name = "custom MAC", .value = text};
    struct eg_unit holder = {.mac = ""};
    struct eg_seen seen;

    memcpy(holder.mac, text, EG_MAC_TEXT);
    EG_TRY(run->recorder->ops->seen(run->recorder, &holder, &seen, err));
    if (seen.mac_known)
        return eg_error_set(err, EG_NOT_UNIQUE,
                            "secure.mac: %s is the factory's MAC of a board in the ledger", text);
    return run->recorder->ops->claim(run->recorder, run->number, &run->unit, &claim, 1, err);
}

enum eg_code eg_run_find_mac(struct eg_run *run, const struct eg_provision *wishes,
                             const struct eg_efuses *fuses, struct eg_error *err)
{
    const struct eg_setting *const template = eg_plan_setting(run->plan, "secure.mac");
    EG_CLEANUP(eg_free_cleanup) char *given = NULL;
    uint8_t mac[EG_MAC_SIZE];
    char text[EG_MAC_TEXT];
    bool secret = false;

    if (!template->given || run->has_custom_mac)
        return EG_OK;
    EG_TRY(eg_unit_expand(&given, &secret, template, run, err));
    if (secret)
        return eg_error_set(err, EG_BAD_UNIT_DATA,
                            "secure.mac is made of a secret, but a MAC goes on record");
    if (!eg_mac_parse(mac, given))
        return eg_error_set(err, EG_BAD_UNIT_DATA, "secure.mac is \"%.40s\", which is no MAC address", given);
    if (eg_efuse_check_custom_mac(fuses, mac, err) != EG_OK) {
        err->code = EG_BAD_UNIT_DATA;
        return eg_error_prefix(err, "secure.mac: ");
    }
    eg_mac_text(text, mac);
    if (wishes->mode != EG_PROVISION_CHECK)
        EG_TRY(claim(run, text, err));
    memcpy(run->custom_mac, mac, sizeof mac);
    run->has_custom_mac = true;
    return EG_OK;
}
