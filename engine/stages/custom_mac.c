/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/custom_mac.h"

#include "engine/stages/board_names.h"
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

/* Parse what `secure.mac` has come to for the board. */
static enum eg_code parse(uint8_t mac[EG_MAC_SIZE], const char *text, bool secret, struct eg_error *err)
{
    if (secret)
        return eg_error_set(err, EG_BAD_UNIT_DATA,
                            "secure.mac is made of a secret, but a MAC goes on record");
    if (!eg_mac_parse(mac, text))
        return eg_error_set(err, EG_BAD_UNIT_DATA, "secure.mac is \"%.40s\", which is no MAC address", text);
    return EG_OK;
}

/* Refuse a board that has another custom MAC. An interrupted burn leaves a part of the one that is wanted. */
static enum eg_code check_burnt(const struct eg_efuses *fuses, const uint8_t mac[EG_MAC_SIZE],
                                struct eg_error *err)
{
    const struct eg_efuse_field *const field = eg_efuse_find(fuses, EG_PROVISION_CUSTOM_MAC);
    uint8_t bits[EG_EFUSE_BYTES_MAX] = {0}, others = 0;
    char burnt[EG_MAC_TEXT], wanted[EG_MAC_TEXT];

    if (field == NULL || eg_run_is_damaged(fuses, field->block))
        return EG_OK;
    eg_efuse_bits(fuses, field, bits);
    for (size_t i = 0; i < EG_MAC_SIZE; i++)
        others |= bits[i] & (uint8_t)~mac[i];
    if (others == 0)
        return EG_OK;
    eg_mac_text(burnt, bits);
    eg_mac_text(wanted, mac);
    return eg_error_set(err, EG_SECURED, "the board has the custom MAC %s, and the job gives it %s", burnt,
                        wanted);
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
    EG_TRY(parse(mac, given, secret, err));
    if (eg_efuse_check_custom_mac(fuses, mac, err) != EG_OK) {
        err->code = EG_BAD_UNIT_DATA;
        return eg_error_prefix(err, "secure.mac: ");
    }
    EG_TRY(check_burnt(fuses, mac, err));
    eg_mac_text(text, mac);
    if (wishes->mode != EG_PROVISION_CHECK)
        EG_TRY(claim(run, text, err));
    memcpy(run->custom_mac, mac, sizeof mac);
    run->has_custom_mac = true;
    return EG_OK;
}

/* Make the MAC of the board by the job. A pool gives it the row that it has. */
static enum eg_code make_again(struct eg_run *run, uint8_t mac[EG_MAC_SIZE], struct eg_error *err)
{
    const struct eg_setting *const template = eg_plan_setting(run->plan, "secure.mac");
    EG_CLEANUP(eg_names_finish) struct eg_names names = {0};
    EG_CLEANUP(eg_free_cleanup) char *given = NULL;
    bool secret = false;

    EG_TRY(eg_board_names_make(&names, run, EG_BOARD_ROW_HELD, err));
    if (eg_template_text(&given, &secret, template->text, &names, err) != EG_OK)
        return eg_error_prefix(err, "%s ", template->option->key);
    return parse(mac, given, secret, err);
}

enum eg_code eg_run_recall_mac(struct eg_run *run, struct eg_error *err)
{
    char recorded[EG_SECURITY_VALUE], text[EG_MAC_TEXT];
    uint8_t mac[EG_MAC_SIZE];

    if (!eg_plan_setting(run->plan, "secure.mac")->given || run->has_custom_mac)
        return EG_OK;
    EG_TRY(run->recorder->ops->secured(run->recorder, &run->unit, EG_SECURITY_WANTED, EG_PROVISION_CUSTOM_MAC,
                                       recorded, sizeof recorded, err));
    if (recorded[0] == '\0')
        return eg_error_set(
            err, EG_SECURED,
            "the ledger has no custom MAC of this board on record: the board was not finished "
            "by this ledger");
    EG_TRY(make_again(run, mac, err));
    eg_mac_text(text, mac);
    if (strcmp(text, recorded) != 0)
        return eg_error_set(err, EG_SECURED,
                            "the board was finished with the custom MAC %s, and the job gives it %s",
                            recorded, text);
    memcpy(run->custom_mac, mac, sizeof mac);
    run->has_custom_mac = true;
    return EG_OK;
}
