/* SPDX-License-Identifier: Apache-2.0 */

/* identify: chip revision, MAC, package, security state; flash id and size. Reads only. */

#include "engine/base/mac.h"
#include "engine/stages/run.h"
#include "engine/stages/slot.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void describe(struct eg_unit *unit, const struct eg_run *run)
{
    const struct eg_chip_info *chip = &run->chip;
    const struct eg_unit former = run->unit; /* of an attempt that came further than this one may */

    *unit = (struct eg_unit){
        .chip = run->loader.target->name,
        .revision = chip->revision,
        .package = chip->package,
        .flash_jedec = run->flash.jedec,
        .flash_size = run->flash.size,
        .secure_boot = chip->secure_boot,
        .flash_encryption = chip->flash_encryption,
        .secure_download = chip->secure_download,
        .psram = former.psram,
    };
    memcpy(unit->flash_unique_id, former.flash_unique_id, sizeof unit->flash_unique_id);
    if (chip->has_mac)
        eg_mac_text(unit->mac, chip->mac);
}

static void tell(const struct eg_run *run)
{
    const struct eg_log_origin origin = eg_run_origin(run);
    const struct eg_unit *unit = &run->unit;
    char jedec[EG_JEDEC_TEXT];

    eg_jedec_text(jedec, unit->flash_jedec);
    eg_log_verbose(run->logger, &origin, "%s, revision %u.%u, MAC %s, flash id %s of %" PRIu32 " KB",
                   unit->package, unit->revision / 100, unit->revision % 100, unit->mac, jedec,
                   unit->flash_size / 1024);
}

static enum eg_code identify(struct eg_run *run, struct eg_error *err)
{
    struct eg_unit unit;

    EG_TRY(eg_loader_identify(&run->loader, &run->chip, err));
    /* The chip is on record even when its flash turns out to be absent. */
    describe(&unit, run);
    /* In secure download mode only a chip with USB of its own still tells its MAC; `prove` asks again. */
    if (run->chip.secure_download && !(run->native_usb && eg_mac_normalise(unit.mac, run->bridge.serial)))
        memcpy(unit.mac, run->unit.mac, sizeof unit.mac);
    if (run->has_unit && strcmp(unit.mac, run->unit.mac) != 0)
        return eg_error_set(err, EG_BOARD_EXCHANGED, "the board in the slot is now %s, the run began with %s",
                            unit.mac, run->unit.mac);
    run->unit = unit;
    run->has_unit = true;
    eg_run_confirm(run);

    if (run->chip.secure_download)
        return EG_OK;
    EG_TRY(eg_loader_attach_flash(&run->loader, &run->flash, err));
    describe(&run->unit, run);
    tell(run);
    return EG_OK;
}

const struct eg_stage eg_stage_identify = {
    .name = "identify",
    .summary = "read chip revision, MAC, package, security state, flash id and size",
    .order = 20,
    .needs = EG_FACT_CONNECTED,
    .gives = EG_FACT_IDENTIFIED,
    .weight = 1,
    .boards = EG_BOARDS_ALL,
    .run = identify,
};
