/* SPDX-License-Identifier: Apache-2.0 */

/*
 * prove: is a board in secure download mode, whose application has just started, what the job makes of a
 * board?
 *
 * Nothing of it can be read but its security info. An eFuse never goes back, so what a run of this ledger
 * read back from this MAC is still so; what the chip tells must agree. The flash was verified by that run,
 * before it burnt the first eFuse, and must have been given what the job has. Everything else is refused.
 */

#include "engine/base/mac.h"
#include "engine/plan/unit.h"
#include "engine/stages/accept.h"
#include "engine/stages/admit.h"
#include "engine/stages/custom_mac.h"
#include "engine/stages/secure.h"
#include "engine/stages/slot.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAC_VALUE "mac" /* the capture that the board is known by */

static bool find_mac(const struct eg_run *run, char mac[EG_MAC_TEXT])
{
    if (run->native_usb && eg_mac_normalise(mac, run->bridge.serial))
        return true;
    for (unsigned i = 0; i < run->value_count; i++)
        if (strcmp(run->values[i].name, MAC_VALUE) == 0)
            return eg_mac_normalise(mac, run->values[i].value);
    return false;
}

static enum eg_code identify(struct eg_run *run, struct eg_error *err)
{
    char mac[EG_MAC_TEXT];

    if (!find_mac(run, mac))
        return eg_error_set(
            err, EG_NOT_ACCEPTED,
            "in secure download mode the chip tells no MAC, and the log gave no value " MAC_VALUE
            " that is one: nobody knows which board it is");
    if (run->unit.mac[0] != '\0' && strcmp(mac, run->unit.mac) != 0)
        return eg_error_set(err, EG_BOARD_EXCHANGED, "the board in the slot is now %s, the run began with %s",
                            mac, run->unit.mac);
    memcpy(run->unit.mac, mac, sizeof mac);
    run->chip.has_mac = eg_mac_parse(run->chip.mac, mac);
    return EG_OK;
}

static enum eg_code recall(struct eg_run *run, enum eg_security_event event, const char *item,
                           char value[EG_SECURITY_VALUE], struct eg_error *err)
{
    return run->recorder->ops->secured(run->recorder, &run->unit, event, item, value, EG_SECURITY_VALUE, err);
}

/* ---- eFuses ---- */

/* Return whether an earlier run has put the item on record with the value that the job wants, and has read it
 * back. A hidden key cannot be read: it has its fingerprint on record, and the application that starts proves
 * it. */
static bool was_burnt(const struct eg_provision_item *item, const char *wanted, const char *observed)
{
    char text[EG_PROVISION_TEXT];

    if (item->kind == EG_PROVISION_SECRET)
        return wanted[0] != '\0' && (strcmp(observed, "yes") == 0 || strcmp(observed, "unknown") == 0);
    eg_provision_wanted(text, item);
    return strcmp(wanted, text) == 0 && strcmp(observed, "yes") == 0;
}

static enum eg_code prove_item(struct eg_run *run, const struct eg_provision_item *item, struct eg_error *err)
{
    const enum eg_provision_state told =
        eg_provision_told(item, eg_efuse_of(run->loader.target), &run->loader.security);
    char wanted[EG_SECURITY_VALUE], observed[EG_SECURITY_VALUE], text[EG_PROVISION_TEXT];

    EG_TRY(recall(run, EG_SECURITY_WANTED, item->name, wanted, err));
    EG_TRY(recall(run, EG_SECURITY_OBSERVED, item->name, observed, err));
    if (told == EG_PROVISION_NO)
        return eg_error_set(err, EG_SECURED, "by its security info, %s of the chip is not what the job wants",
                            item->name);
    if (told == EG_PROVISION_UNKNOWN && !was_burnt(item, wanted, observed))
        return eg_error_set(err, EG_SECURED,
                            "the ledger has no run that burnt %s of this board to what the job wants, and a "
                            "chip in secure download mode does not show it",
                            item->name);
    eg_provision_wanted(text, item);
    const struct eg_security_record records[] = {
        {EG_SECURITY_WANTED, item->name, item->kind == EG_PROVISION_SECRET ? wanted : text},
        {EG_SECURITY_OBSERVED, item->name, told == EG_PROVISION_YES ? "yes" : observed},
    };
    return run->recorder->ops->secure(run->recorder, run->number, records, 2, err);
}

/* ---- Flash ---- */

static bool is_digest(const char *text, const struct eg_region *region)
{
    uint8_t digest[EG_SHA256_SIZE];

    return eg_hex_parse(digest, sizeof digest, text) && memcmp(digest, region->sha256, sizeof digest) == 0;
}

/* A header that the job changes is changed unless the image is signed. */
static enum eg_code prove_region(struct eg_run *run, const struct eg_region *region, struct eg_error *err)
{
    char name[EG_SECURITY_VALUE], value[EG_SECURITY_VALUE];

    eg_run_content_name(name, EG_PLAINTEXT, region->flash_addr);
    EG_TRY(recall(run, EG_SECURITY_LEFT, name, value, err));
    if (is_digest(value, region) || (region->as_built != NULL && is_digest(value, region->as_built)))
        return EG_OK;
    return eg_error_set(err, EG_SECURED,
                        "%s at 0x%08" PRIx32 ": %s, and nothing can be written or read any more",
                        region->name, region->flash_addr,
                        value[0] != '\0' ? "the board was finished with another content than the job's"
                                         : "no run of this ledger has verified this place of the board");
}

/* What the board alone was given is not made again; it was verified at these places. */
static enum eg_code prove_unit(struct eg_run *run, struct eg_error *err)
{
    EG_CLEANUP(eg_unit_places_finish) struct eg_unit_places places = {0};
    char name[EG_SECURITY_VALUE], value[EG_SECURITY_VALUE];
    const char *ignored;

    EG_TRY(eg_unit_places_find(&places, run->plan, &ignored, err));
    for (unsigned i = 0; i < places.count; i++) {
        const struct eg_unit_place *const place = &places.list[i];
        eg_run_content_name(name, EG_PLAINTEXT, place->flash_addr);
        EG_TRY(recall(run, EG_SECURITY_LEFT, name, value, err));
        if (value[0] == '\0')
            return eg_error_set(err, EG_SECURED,
                                "%s at 0x%08" PRIx32 ": no run of this ledger has verified this place of the "
                                "board, and nothing can be written or read any more",
                                place->name, place->flash_addr);
    }
    return EG_OK;
}

static enum eg_code prove(struct eg_run *run, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_provision *wishes = NULL;

    EG_TRY(identify(run, err));
    EG_TRY(eg__admit_known(run, err));
    EG_TRY(eg_run_recall_mac(run, err));
    EG_TRY(eg_alloc(&wishes, 1, sizeof *wishes, err));
    EG_TRY(eg_run_wishes(run, wishes, err));
    for (unsigned i = 0; i < wishes->count; i++)
        EG_TRY(prove_item(run, &wishes->items[i], err));
    for (unsigned i = 0; i < run->plan->region_count; i++)
        EG_TRY(prove_region(run, &run->plan->regions[i], err));
    EG_TRY(prove_unit(run, err));
    const struct eg_security_record reached = {EG_SECURITY_REACHED, eg_provision_mode_name(wishes->mode),
                                               eg_provision_step_name(EG_PROVISION_CLOSE)};
    return run->recorder->ops->secure(run->recorder, run->number, &reached, 1, err);
}

const struct eg_stage eg_stage_prove = {
    .name = "prove",
    .summary = "hold a board in secure download mode against what the ledger knows of it",
    .order = 84,
    .needs = EG_FACT_CONNECTED | EG_FACT_IDENTIFIED | EG_FACT_VERIFIED,
    .weight = 1,
    .boards = EG_BOARDS_CLOSED,
    .applies = eg__accept_closed,
    .run = prove,
};
