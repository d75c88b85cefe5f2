/* SPDX-License-Identifier: Apache-2.0 */

/* The USB bridges on boards with Espressif chips. Told once: defaults and udev rules come from it. */

#ifndef ENGINE_LINK_BRIDGES_H
#define ENGINE_LINK_BRIDGES_H

#include <stddef.h>
#include <stdint.h>

#define EG_ESPRESSIF_VID  0x303a
#define EG_BRIDGE_ANY_PID 0

struct eg_bridge_kind {
    uint16_t vid, pid; /* a product of EG_BRIDGE_ANY_PID comes last of its vendor, and is all the others */
    const char *name;  /* "CP210x" */
};

/** Ends with vid 0. */
extern const struct eg_bridge_kind eg_bridge_kinds[];

/** Return the first kind with these ids, or NULL. */
const struct eg_bridge_kind *eg_bridge_find(uint16_t vid, uint16_t pid);

#endif
