/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/slot.h"

#include "engine/base/mac.h"
#include "engine/stages/run.h"

#include <stdio.h>
#include <string.h>

#define COME_BACK_PAUSE_MS 100

bool eg_serial_is_mac(const char *serial, const char *mac)
{
    char text[EG_MAC_TEXT];

    return eg_mac_normalise(text, serial) && strcmp(text, mac) == 0;
}

static bool is_mac(const char *serial)
{
    uint8_t mac[EG_MAC_SIZE];

    return eg_mac_parse(mac, serial);
}

bool eg_slot_holds(const char *address, const struct eg_presence *presence, const char *mac,
                   const struct eg_port_scheme *const *schemes)
{
    struct eg_found_port found;
    struct eg_error ignored;

    if (!eg_presence_known(presence))
        return true;
    if (eg_port_find(&found, address, schemes, &ignored) != EG_OK)
        return false;
    return eg_presence_same(&found.presence, presence) || eg_serial_is_mac(found.serial, mac);
}

/* The MAC of the board, as far as it is known; "" = not. */
static void known_mac(const struct eg_run *run, char mac[EG_MAC_TEXT])
{
    mac[0] = '\0';
    if (run->has_unit)
        memcpy(mac, run->unit.mac, EG_MAC_TEXT);
    else
        (void)eg_mac_normalise(mac, run->bridge.serial);
}

/* Return whether it may be the board of the run. `asks`: the loader will be asked for its MAC. */
static enum eg_code check_found(const struct eg_run *run, const struct eg_found_port *found, bool asks,
                                struct eg_error *err)
{
    char mac[EG_MAC_TEXT];

    if (!eg_presence_known(&found->presence) || eg_presence_same(&run->presence, &found->presence))
        return EG_OK;
    known_mac(run, mac);
    if (is_mac(found->serial)) {
        if (eg_serial_is_mac(found->serial, mac))
            return EG_OK;
        return eg_error_set(err, EG_BOARD_EXCHANGED, "the board in the slot is now %s, the run began with %s",
                            found->serial, mac[0] != '\0' ? mac : "another");
    }
    if (asks ? run->unit.mac[0] != '\0' || (!run->has_unit && run->replaceable) : run->native_usb)
        return EG_OK;
    return eg_error_set(err, EG_BOARD_REMOVED, "the board was taken out, and something else is in its place");
}

/* A place in the USB tree, whose port may have any name; not a path, and not a URL. */
static bool is_place(const char *address)
{
    return strchr(address, '/') == NULL;
}

/* Check that the opened port is the one that was found: its name may have moved to another port meanwhile. */
static enum eg_code check_opened(struct eg_run *run, const struct eg_found_port *found, struct eg_error *err)
{
    if (!eg_presence_same(&run->port->presence, &found->presence))
        return eg_error_set(err, EG_NO_PORT, "%s: the port was exchanged while it was opened", found->path);
    if (is_place(run->address)) {
        memcpy(run->path, found->path, sizeof run->path);
        run->url = run->path;
    }
    if (eg_serial_is_mac(found->serial, run->unit.mac))
        run->presence = found->presence;
    return EG_OK;
}

enum eg_code eg_run_open(struct eg_run *run, struct eg_error *err)
{
    struct eg_found_port found;

    EG_TRY(eg_port_find(&found, run->address, run->schemes, err));
    EG_TRY(check_found(run, &found, true, err));
    EG_TRY(eg_port_open(&run->port, is_place(run->address) ? found.path : run->address, run->schemes,
                        run->cancel, err));
    const enum eg_code code = check_opened(run, &found, err);
    if (code != EG_OK) {
        eg_port_close(run->port);
        run->port = NULL;
    }
    return code;
}

enum eg_code eg_run_reopen(struct eg_run *run, struct eg_error *err)
{
    struct eg_found_port found;

    EG_TRY(eg_port_find(&found, run->address, run->schemes, err));
    EG_TRY(check_found(run, &found, false, err));
    const enum eg_code code = eg_port_reopen(&run->port, run->schemes, err);
    run->loader.port = run->port;
    return code == EG_OK ? check_opened(run, &found, err) : code;
}

/* Try `open` until the port is there, or does not come back. */
static enum eg_code await(struct eg_run *run, enum eg_code (*open)(struct eg_run *, struct eg_error *),
                          struct eg_error *err)
{
    const uint32_t limit_ms = eg_run_return_ms(run);
    const uint64_t deadline_ms = eg_clock_ms() + limit_ms;

    for (;;) {
        const enum eg_code code = open(run, err);
        struct eg_error cancelled;
        if (!eg_port_may_come_back(code))
            return code;
        if (eg_clock_left_ms(deadline_ms) == 0)
            break;
        if (eg_sleep_ms(run->cancel, COME_BACK_PAUSE_MS, &cancelled) != EG_OK) {
            *err = cancelled;
            return err->code;
        }
    }
    /* The port existed when the run began, so any failure to open it means that it is gone. */
    err->code = EG_PORT_GONE;
    return eg_error_prefix(err, "the port did not come back in %g s: ", limit_ms / 1000.0);
}

enum eg_code eg_run_open_again(struct eg_run *run, struct eg_error *err)
{
    return await(run, eg_run_open, err);
}

enum eg_code eg_run_await(struct eg_run *run, struct eg_error *err)
{
    return await(run, eg_run_reopen, err);
}

uint32_t eg_run_return_ms(const struct eg_run *run)
{
    return (uint32_t)eg_plan_number(run->plan, "link.return");
}

void eg_run_confirm(struct eg_run *run)
{
    run->presence = run->port->presence;
}

enum eg_code eg_run_check_board(const struct eg_run *run, struct eg_error *err)
{
    struct eg_found_port found;
    struct eg_error ignored;

    if (!eg_presence_known(&run->presence))
        return EG_OK;
    const bool there = eg_port_find(&found, run->address, run->schemes, &ignored) == EG_OK;
    if (there && (!eg_presence_known(&found.presence) || eg_presence_same(&found.presence, &run->presence)))
        return EG_OK;
    if (run->native_usb && (there ? !is_mac(found.serial) || eg_serial_is_mac(found.serial, run->unit.mac)
                                  : (run->facts & EG_FACT_LEFT) != 0))
        return EG_OK;
    return eg_error_set(err, EG_BOARD_REMOVED, "the board was taken out before it was done");
}
