/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A slot is a place; in it is a board, and then another. Linux gives a port the lowest free name in the order
 * of plugging, so a name says nothing about a place or a board. Every opening of a port in this folder goes
 * through here: the port is found by its place, and only the board of the run is talked to.
 *
 * Two boards are told apart by
 *
 *   - the insertion (struct eg_presence): as long as it is the same, so is the board;
 *   - the USB serial number of a chip that has USB of its own: it is the chip's MAC;
 *   - the MAC that the loader tells, where the loader is asked next.
 *
 * A fixture whose bridge stays plugged, a remote port and a simulated board have no insertions: their boards
 * are known by the MAC alone.
 */

#ifndef ENGINE_STAGES_SLOT_H
#define ENGINE_STAGES_SLOT_H

#include "engine/base/error.h"
#include "engine/link/port.h"

#include <stdbool.h>

/** A place, and what is plugged in there. */
struct eg_slot {
    const char
        *name; /* of the place, for people; unique: its place in the USB tree, a URL, or a human name */
    const char *address;         /* by which eg_port_find() finds its port; NULL = `url` */
    const char *url;             /* the port that is there now: a path or URL */
    const char *label;           /* of the board in it, as it was scanned; NULL = not known */
    const char *group;           /* of slots, see struct eg_turns; lives as long as the line; NULL = none */
    uint32_t baud;               /* most that its boards are worked at; 0 = as the job says */
    struct eg_presence presence; /* of the port; unknown for a URL */
    struct eg_bridge bridge;     /* the USB device of the port */
};

static inline const char *eg_slot_address(const struct eg_slot *slot)
{
    return slot->address != NULL ? slot->address : slot->url;
}

/** Return whether insertions at this place can be told apart. */
static inline bool eg_presence_known(const struct eg_presence *presence)
{
    return presence->device != 0;
}

/** Return whether a USB serial number is this MAC, with or without separators. */
bool eg_serial_is_mac(const char *serial, const char *mac);

/** Return whether the insertion, or the chip with native USB and this MAC, is at the address now. True if the
 * insertion is not known. `mac` may be "". Any thread. */
bool eg_slot_holds(const char *address, const struct eg_presence *presence, const char *mac,
                   const struct eg_port_scheme *const *schemes);

struct eg_run;

/**
 * Open the port of the run's slot, for the loader to be asked who it is (identify does): run->port. Another
 * insertion than the run's is opened only when the MAC can settle whether it is the board.
 *
 * @return as eg_port_open(); EG_BOARD_EXCHANGED another board is there; EG_BOARD_REMOVED another device is,
 * and nothing can tell that it is the board of the run
 */
enum eg_code eg_run_open(struct eg_run *run, struct eg_error *err) EG_CHECKED;

/** Do the same for a lost port, such as that of a chip with native USB after a reset: wait for it as long as
 * the job's `link.return`. EG_PORT_GONE: it did not come back. */
enum eg_code eg_run_open_again(struct eg_run *run, struct eg_error *err) EG_CHECKED;

/**
 * Open run->port again while the application runs, at the rate it had; looks once. Nobody can be asked, so it
 * must be the same insertion, or a chip with USB of its own.
 *
 * @return as eg_run_open(); run->port is then one that is gone
 */
enum eg_code eg_run_reopen(struct eg_run *run, struct eg_error *err) EG_CHECKED;

/** Do the same, and wait for the port as eg_run_open_again() does. */
enum eg_code eg_run_await(struct eg_run *run, struct eg_error *err) EG_CHECKED;

/** Return how long a port may be away: the job's `link.return`. */
uint32_t eg_run_return_ms(const struct eg_run *run);

/** The board has told its MAC, which is the run's: what was opened is the insertion of the run from now on.
 */
void eg_run_confirm(struct eg_run *run);

/** EG_BOARD_REMOVED when the board of the run has been taken out. A chip with USB of its own that was reset
 * into its application may be away. */
enum eg_code eg_run_check_board(const struct eg_run *run, struct eg_error *err) EG_CHECKED;

#endif
