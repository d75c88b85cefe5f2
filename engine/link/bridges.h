/* SPDX-License-Identifier: Apache-2.0 */

/* The USB bridges on boards with Espressif chips, and rates. Told once: defaults and udev rules come from it.
 */

#ifndef ENGINE_LINK_BRIDGES_H
#define ENGINE_LINK_BRIDGES_H

#include <stddef.h>
#include <stdint.h>

#define EG_ESPRESSIF_VID  0x303a
#define EG_BRIDGE_ANY_PID 0

struct eg_bridge_kind {
    uint16_t vid, pid;  /* a product of EG_BRIDGE_ANY_PID comes last of its vendor, and is all the others */
    const char *name;   /* "CP210x" */
    uint32_t baud_most; /* highest rate of the fastest part with these ids */
};

/** Ends with vid 0. */
extern const struct eg_bridge_kind eg_bridge_kinds[];

/** Return the first kind with these ids, or NULL. */
const struct eg_bridge_kind *eg_bridge_find(uint16_t vid, uint16_t pid);

/** Rates to work at, from the highest down; the last is 0. Each chip makes them within 0.2 %. */
extern const uint32_t eg_rates[];

/** Return the highest of these rates that is at most `baud`; 0 = none. */
uint32_t eg_rate_at_most(uint32_t baud);

/** Return the next higher of these rates, or the highest. */
uint32_t eg_rate_above(uint32_t baud);

/** Return the highest rate worth trying over this bridge. One that is not known may do any: the others of a
 * network server, and those that came later than this table. */
uint32_t eg_bridge_baud_most(uint16_t vid, uint16_t pid);

#endif
