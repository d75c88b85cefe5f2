/* SPDX-License-Identifier: Apache-2.0 */

/* Common to all ttys, whichever library carries them: which process holds one, and why it cannot be opened.
 */

#include "engine/link/carriers.h"
#include "engine/link/topology.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool eg_port_holder(char *text, size_t size, const char *path)
{
    return eg__tty_holder(text, size, path, false);
}

bool eg_port_other_reader(const struct eg_port *port, char *text, size_t size)
{
    return port->path[0] != '\0' && eg__tty_holder(text, size, port->path, true);
}

enum eg_code eg__tty_cannot_open(const char *url, const char *path, int errnum, struct eg_error *err)
{
    char holder[64];

    switch (errnum) {
    case EBUSY:
        if (eg__tty_holder(holder, sizeof holder, path, false))
            return eg_error_set(err, EG_PORT_BUSY, "%s: %s uses it", url, holder);
        return eg_error_set(err, EG_PORT_BUSY, "%s: another program uses it", url);
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case EIO:
        return eg_error_errno(err, EG_NO_PORT, errnum, "%s", url);
    case EACCES:
    case EPERM:
        return eg_error_errno(err, EG_PORT_REFUSED, errnum, "%s: is your user in the group dialout?", url);
    default:
        return eg_error_errno(err, EG_PORT_REFUSED, errnum, "%s", url);
    }
}

void eg__tty_note(struct eg_port *port, const char *path, const struct eg__tty *tty)
{
    snprintf(port->path, sizeof port->path, "%s", path);
    memcpy(port->place, tty->place, sizeof port->place);
    port->presence = tty->presence;
    port->vid = tty->bridge.vid;
    port->pid = tty->bridge.pid;
}
