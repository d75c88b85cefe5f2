/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/station_slots.h"

#include "db/ledger.h"

#include <string.h>

const struct eg_found_port *cli_station_port(const struct eg_station_slot *slot,
                                             const struct eg_found_port *found, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *const address = slot->by == EG_SLOT_BY_USB      ? found[i].slot
                                    : slot->by == EG_SLOT_BY_SERIAL ? found[i].serial
                                                                    : "";
        if (strcmp(address, slot->address) == 0)
            return &found[i];
    }
    return NULL;
}

enum eg_code cli_station_slots(struct cli_slots *slots, const struct eg_station_file *file,
                               struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_found_port *found = NULL;
    size_t count = 0;

    EG_TRY(eg_discover_ports(&found, &count, err));
    for (unsigned i = 0; i < file->slot_count; i++) {
        const struct eg_station_slot *const slot = &file->slots[i];
        const struct eg_found_port *const port = cli_station_port(slot, found, count);
        struct eg_slot made = {.name = slot->name,
                               .address = slot->address,
                               .url = slot->address,
                               .group = slot->group,
                               .baud = slot->baud};
        if (slot->disabled || (slot->by != EG_SLOT_BY_URL && port == NULL))
            continue;
        if (slot->by != EG_SLOT_BY_URL) {
            made.address = port->slot;
            made.url = port->path;
            made.presence = port->presence;
            made.bridge = (struct eg_bridge){.vid = port->vid, .pid = port->pid};
            memcpy(made.bridge.serial, port->serial, sizeof made.bridge.serial);
        }
        EG_TRY(cli_slots_add_slot(slots, &made, err));
    }
    return EG_OK;
}

enum eg_code cli_station_check_ledger(const struct eg_station_file *file, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;
    bool exists;

    EG_TRY(eg_ledger_locate(&path, &exists, file->ledger, err));
    return exists ? EG_OK
                  : eg_error_set(err, EG_LEDGER,
                                 "%s: its ledger %s does not exist; a first run with --ledger %s makes it",
                                 file->path, file->ledger, file->ledger);
}
