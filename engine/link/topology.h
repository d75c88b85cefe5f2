/* SPDX-License-Identifier: Apache-2.0 */

/* Where a device is plugged in; one file per system. */

#ifndef ENGINE_LINK_TOPOLOGY_H
#define ENGINE_LINK_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>

/** The place of the USB serial port at `path` (links are followed); false when it is none or has no place. */
bool eg__topology(char *place, size_t size, const char *path);

#endif
