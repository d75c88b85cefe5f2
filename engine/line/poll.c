/* SPDX-License-Identifier: Apache-2.0 */

/* The trigger that asks the loader. It keeps nothing: who was programmed is in the result. */

#include "engine/base/mac.h"
#include "engine/line/trigger.h"
#include "engine/stages/slot.h"

#include <string.h>

#define EMPTY_PAUSE_MS 500
#define DONE_PAUSE_MS  2000
#define MISSES         2 /* one may be a disturbance */

/* Ask once who is there; false = nobody answers. `mac` is "" for a chip that does not tell it. */
static bool ask(const struct eg_station *station, const struct eg_slot *slot, const struct eg_cancel *cancel,
                char mac[EG_MAC_TEXT])
{
    const enum eg_before before = (enum eg_before)eg_plan_choice(station->plan, "link.before");
    EG_CLEANUP(eg_port_close_cleanup) struct eg_port *port = NULL;
    struct eg_loader loader;
    struct eg_chip_info chip;
    struct eg_error ignored;

    mac[0] = '\0';
    if (eg_port_open(&port, eg_slot_address(slot), station->schemes, cancel, &ignored) != EG_OK)
        return false;
    eg_loader_init(&loader, port);
    if (eg_loader_connect(&loader, before, EG_PORT_OPEN_BAUD, 1, &ignored) != EG_OK)
        return false;
    if (eg_loader_detect(&loader, station->plan->target, &ignored) == EG_OK &&
        eg_loader_identify(&loader, &chip, &ignored) == EG_OK && chip.has_mac)
        eg_mac_text(mac, chip.mac);
    (void)!eg_loader_leave(&loader, (enum eg_after)eg_plan_choice(station->plan, "link.after"), &ignored);
    return true;
}

static enum eg_code wait_for_answer(void *context, const struct eg_slot *slot, char label[EG_LABEL_TEXT],
                                    const struct eg_cancel *cancel, struct eg_error *err)
{
    char mac[EG_MAC_TEXT];

    label[0] = '\0';
    while (!ask(context, slot, cancel, mac))
        EG_TRY(eg_sleep_ms(cancel, EMPTY_PAUSE_MS, err));
    return EG_OK;
}

static enum eg_code wait_for_silence(void *context, const struct eg_slot *slot,
                                     const struct eg_result *result, const struct eg_cancel *cancel,
                                     struct eg_error *err)
{
    char mac[EG_MAC_TEXT];

    for (unsigned misses = 0; misses < MISSES;) {
        EG_TRY(eg_sleep_ms(cancel, misses == 0 ? DONE_PAUSE_MS : EMPTY_PAUSE_MS, err));
        if (!ask(context, slot, cancel, mac))
            misses++;
        else if (strcmp(mac, result->mac) != 0)
            return EG_OK;
        else
            misses = 0;
    }
    return EG_OK;
}

struct eg_trigger eg_trigger_poll(const struct eg_station *station)
{
    return (struct eg_trigger){wait_for_answer, wait_for_silence, (void *)station};
}
