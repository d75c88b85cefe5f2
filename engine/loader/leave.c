/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Leaving the loader in the ways that esptool's --after names.
 *
 * A hard reset needs modem lines. Over native USB the lines are only requests, which take longer and do not
 * always work; then a watchdog does it. An ESP32-S3 that a register bit sent into its loader goes back there
 * unless the bit is cleared first.
 */

#include "engine/link/reset.h"
#include "engine/loader/loader_internal.h"

enum {
    FAREWELL_TIMEOUT_MS = 200, /* a chip that leaves may not answer */
    WATCHDOG_WAIT_MS = 500,
};

/* Ignore failures of the board: it may have left already. */
static enum eg_code forgive(enum eg_code code)
{
    return eg__port_ended(code) ? code : EG_OK;
}

static enum eg_code watchdog_reset(struct eg_loader *loader, struct eg_error *err);

static enum eg_code leave_forced_download(struct eg_loader *loader, struct eg_error *err)
{
    const struct eg_target *target = loader->target;

    if (target == NULL || (target->quirks & EG_QUIRK_LEAVE_FORCED_DOWNLOAD) == 0 || loader->secure_download)
        return EG_OK;
    const struct eg_field_part *bit = &target->field[EG_FIELD_FORCE_DOWNLOAD].part[0];
    return forgive(eg_loader_write_reg(loader, bit->addr, 0, bit->mask << bit->shift, 0, err));
}

/* Over native USB a request by RTS resets only the core and does not sample the straps again: a board whose
 * strap was low would come back to the loader. */
static enum eg_code needs_watchdog(struct eg_loader *loader, bool *needs, struct eg_error *err)
{
    const struct eg_target *target = loader->target;
    uint32_t strap, forced;

    *needs = false;
    if (!eg_loader_usb_otg(loader) || loader->secure_download || target->watchdog_reset == NULL)
        return EG_OK;
    switch (target->otg_reset) {
    case EG_OTG_RESET_NONE:
        return EG_OK;
    case EG_OTG_RESET_BY_WATCHDOG:
        *needs = true;
        return EG_OK;
    case EG_OTG_RESET_BY_STRAP:
        EG_TRY(eg__read_field(loader, EG_FIELD_SPI_BOOT, &strap, err));
        EG_TRY(eg__read_field(loader, EG_FIELD_FORCE_DOWNLOAD, &forced, err));
        *needs = strap == 0 && forced == 0;
        return EG_OK;
    }
    return EG_OK;
}

static enum eg_code listen(struct eg_loader *loader, struct eg_error *err)
{
    if (loader->log_baud == 0 || loader->log_baud == loader->port->baud)
        return EG_OK;
    return eg_port_set_baud(loader->port, loader->log_baud, err);
}

static enum eg_code pulse(struct eg_loader *loader, struct eg_error *err)
{
    const bool otg = eg_loader_usb_otg(loader);
    const bool native_usb = otg || eg_loader_usb_jtag(loader);
    /* What has reset the board into its loader resets it out of there. */
    const struct eg_reset_times times = {.low_ms =
                                             loader->en_low_ms != 0 ? loader->en_low_ms : EG_RESET_LOW_MS};
    enum eg_code code;

    EG_TRY(listen(loader, err));
    if (loader->settings.custom_hard_reset_sequence[0] != '\0')
        code = eg_reset_run_custom(loader->port, loader->settings.custom_hard_reset_sequence, err);
    else
        code = eg_reset_run(loader->port, native_usb ? EG_RESET_HARD_USB : EG_RESET_HARD, &times, err);
    loader->left = eg_port_has_lines(loader->port) ? EG_LEFT_BY_RTS : EG_LEFT_WITHOUT_LINES;
    /* A chip with native USB takes the port with it when it is reset. */
    return code == EG_PORT_GONE && otg && loader->port->rts ? EG_OK : code;
}

static enum eg_code hard_reset(struct eg_loader *loader, struct eg_error *err)
{
    bool watchdog = false;

    EG_TRY(leave_forced_download(loader, err));
    EG_TRY(forgive(needs_watchdog(loader, &watchdog, err)));
    return watchdog ? watchdog_reset(loader, err) : pulse(loader, err);
}

/* FLASH_BEGIN of nothing and FLASH_END: the ROM runs the application for 1; a stub of the first generation
 * returns to the ROM for 0. */
static enum eg_code end_flash(struct eg_loader *loader, uint32_t value, struct eg_error *err)
{
    const struct eg__begin nothing = {.opcode = EG_OP_FLASH_BEGIN,
                                      .block_size = eg_loader_flash_block_size(loader)};

    EG_TRY(eg__flash_begin(loader, &nothing, 0, err));
    return forgive(eg__simple(loader, EG_OP_FLASH_END, &value, 1, FAREWELL_TIMEOUT_MS, err));
}

enum eg_code eg_loader_run(struct eg_loader *loader, struct eg_error *err)
{
    if (end_flash(loader, 1, err) != EG_OK)
        return eg_error_prefix(err, "starting the application: ");
    loader->left = EG_LEFT_BY_COMMAND;
    return EG_OK;
}

/* Only the ESP8266's first stub can; the second takes the command and stays, which SYNC shows. */
static enum eg_code run_from_stub(struct eg_loader *loader, struct eg_error *err)
{
    const struct eg__request request = {.opcode = EG_OP_RUN_USER_CODE};
    bool stub = false;

    EG_TRY(eg__send(loader, &request, err));
    const enum eg_code code = eg__sync(loader, FAREWELL_TIMEOUT_MS, &stub, err);
    if (code == EG_OK && stub)
        return hard_reset(loader, err);
    loader->left = EG_LEFT_BY_COMMAND;
    return forgive(code);
}

static enum eg_code soft_reset(struct eg_loader *loader, struct eg_error *err)
{
    if (!loader->stub) {
        loader->left = EG_LEFT_BY_COMMAND;
        return end_flash(loader, 1, err);
    }
    if ((loader->target->quirks & EG_QUIRK_ATTACH_BY_BEGIN) != 0) /* the ESP8266 */
        return run_from_stub(loader, err);
    return hard_reset(loader, err);
}

/* The watchdog bites some milliseconds after it is armed. So the chip, and with it a native USB port, may be
 * gone before the last write, of the lock, is answered. */
static enum eg_code watchdog_reset(struct eg_loader *loader, struct eg_error *err)
{
    const struct eg_register_write *write = loader->target->watchdog_reset;

    if (write == NULL || loader->secure_download)
        return pulse(loader, err);
    for (; write[1].addr != 0; write++)
        EG_TRY(eg__write_register(loader, write, err));
    if (eg__write_register(loader, write, err) == EG_CANCELLED)
        return err->code;
    loader->left = EG_LEFT_BY_WATCHDOG;
    EG_TRY(listen(loader, err));
    return eg_sleep_ms(loader->port->cancel, WATCHDOG_WAIT_MS, err);
}

static enum eg_code leave(struct eg_loader *loader, enum eg_after after, struct eg_error *err)
{
    switch (after) {
    case EG_AFTER_HARD_RESET:
        return hard_reset(loader, err);
    case EG_AFTER_SOFT_RESET:
        return soft_reset(loader, err);
    case EG_AFTER_NO_RESET:
        loader->left = EG_LEFT_IN_ROM;
        return loader->stub ? end_flash(loader, 0, err) : EG_OK;
    case EG_AFTER_NO_RESET_STUB:
        loader->left = loader->stub ? EG_LEFT_IN_STUB : EG_LEFT_IN_ROM;
        return EG_OK;
    case EG_AFTER_WATCHDOG_RESET:
        return watchdog_reset(loader, err);
    }
    return eg_error_set(err, EG_INTERNAL, "unknown way to leave the loader");
}

const char *eg_left_text(enum eg_left left)
{
    switch (left) {
    case EG_LEFT_NOT_YET:
        return "";
    case EG_LEFT_BY_RTS:
        return "hard reset by RTS";
    case EG_LEFT_BY_WATCHDOG:
        return "reset by watchdog";
    case EG_LEFT_BY_COMMAND:
        return "the loader was told to start the application";
    case EG_LEFT_IN_ROM:
        return "no reset: the ROM loader waits";
    case EG_LEFT_IN_STUB:
        return "no reset: the stub waits";
    case EG_LEFT_WITHOUT_LINES:
        return "no reset: the port has no DTR and RTS";
    }
    return "";
}

static enum eg_left by_lines(const struct eg_loader *loader)
{
    return eg_port_has_lines(loader->port) ? EG_LEFT_BY_RTS : EG_LEFT_WITHOUT_LINES;
}

enum eg_left eg_loader_will_leave(const struct eg_loader *loader, enum eg_after after)
{
    const struct eg_target *target = loader->target;
    const bool watchdog = target != NULL && target->watchdog_reset != NULL && !loader->secure_download;

    switch (after) {
    case EG_AFTER_HARD_RESET:
        return watchdog && eg_loader_usb_otg(loader) ? EG_LEFT_BY_WATCHDOG : by_lines(loader);
    case EG_AFTER_SOFT_RESET:
        return !loader->stub || (target != NULL && (target->quirks & EG_QUIRK_ATTACH_BY_BEGIN) != 0)
                   ? EG_LEFT_BY_COMMAND
                   : eg_loader_will_leave(loader, EG_AFTER_HARD_RESET);
    case EG_AFTER_NO_RESET:
        return EG_LEFT_IN_ROM;
    case EG_AFTER_NO_RESET_STUB:
        return loader->stub ? EG_LEFT_IN_STUB : EG_LEFT_IN_ROM;
    case EG_AFTER_WATCHDOG_RESET:
        return watchdog ? EG_LEFT_BY_WATCHDOG : by_lines(loader);
    }
    return EG_LEFT_NOT_YET;
}

enum eg_code eg_loader_leave(struct eg_loader *loader, enum eg_after after, struct eg_error *err)
{
    loader->left = EG_LEFT_NOT_YET;
    if (leave(loader, after, err) != EG_OK || listen(loader, err) != EG_OK)
        return eg_error_prefix(err, "leaving the loader: ");
    return EG_OK;
}
