/* SPDX-License-Identifier: Apache-2.0 */

/* What the system knows of the device node of a tty; one file per system. */

#ifndef ENGINE_LINK_TOPOLOGY_H
#define ENGINE_LINK_TOPOLOGY_H

#include "engine/link/place.h"

#include <stdbool.h>

struct eg__tty {
    bool ready;           /* the system has finished setting it up: permissions, place */
    char place[EG_PLACE]; /* of a USB serial port; "" = it is none */
    struct eg_bridge bridge;
    struct eg_presence presence;
};

/** Look at a path (links are followed); false when no character device is there. */
bool eg__tty_look(struct eg__tty *tty, const char *path);

/** Look at the device that a descriptor was opened on; false when that has left the system. */
bool eg__tty_look_at(struct eg__tty *tty, int fd);

#endif
