/* SPDX-License-Identifier: Apache-2.0 */

/* Where a device is plugged in; one file per system. */

#ifndef ENGINE_LINK_TOPOLOGY_H
#define ENGINE_LINK_TOPOLOGY_H

#include "engine/link/discover.h"

#include <stdbool.h>
#include <stddef.h>

/** The place of the USB serial port at `path` (links are followed); false when it is none or has no place. */
bool eg__topology(char *place, size_t size, const char *path);

/** The USB device of the serial port at `path`, likewise; `bridge` stays as it is when there is none. */
void eg__usb_device(struct eg_bridge *bridge, const char *path);

#endif
