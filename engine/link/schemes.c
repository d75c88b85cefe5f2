/* SPDX-License-Identifier: Apache-2.0 */

/* The built-in kinds of port, and which carrier takes a path. */

#include "engine/base/bytes.h"
#include "engine/link/carriers.h"
#include "engine/link/discover.h"
#include "engine/link/topology.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PLACE_TRIES 3

/* libserialport first. It needs a sysfs entry and modem lines, so ptys and the like go to gensio. */
static enum eg_code open_device(struct eg_port **port, const char *url, const char *path,
                                const struct eg_cancel *cancel, struct eg_error *err)
{
    struct stat status;
    struct eg__tty tty;
    bool known;

    if (stat(path, &status) != 0)
        return eg__tty_cannot_open(url, url, errno, err);
    if (!S_ISCHR(status.st_mode))
        return eg_error_set(err, EG_NO_PORT, "%s: is not a serial port", url);
    EG_TRY(eg__serial_open(port, url, path, &known, err));
    if (known)
        return EG_OK;
    EG_TRY(eg__gensio_open_tty(port, url, path, cancel, err));
    if (eg__tty_look(&tty, path)) /* gensio does not show its descriptor */
        eg__tty_note(*port, path, &tty);
    return EG_OK;
}

/* The port may be exchanged between look-up and opening, and its name may belong to another place then. */
static enum eg_code open_place(struct eg_port **port, const char *place, const struct eg_cancel *cancel,
                               struct eg_error *err)
{
    for (unsigned i = 0; i < PLACE_TRIES; i++) {
        EG_CLEANUP(eg_port_close_cleanup) struct eg_port *opened = NULL;
        struct eg_found_port found;

        EG_TRY(eg_discover_at(&found, place, err));
        EG_TRY(open_device(&opened, place, found.path, cancel, err));
        if (strcmp(opened->place, found.slot) == 0) {
            *port = opened;
            opened = NULL;
            return EG_OK;
        }
    }
    return eg_error_set(err, EG_NO_PORT, "%s: the port was exchanged while it was opened", place);
}

static enum eg_code open_path(struct eg_port **port, const char *url, void *context,
                              const struct eg_cancel *cancel, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *path = realpath(url, NULL);

    (void)context;
    if (path != NULL)
        return open_device(port, url, path, cancel, err);
    if (errno != ENOENT || strchr(url, '/') != NULL)
        return eg__tty_cannot_open(url, url, errno, err);
    return open_place(port, url, cancel, err);
}

static const struct eg_port_scheme rfc2217 = {
    .scheme = "rfc2217://",
    .help = "rfc2217://HOST:PORT  a serial port of ser2net, esp_rfc2217_server or a labgrid exporter",
    .open = eg__gensio_open_rfc2217,
};

static const struct eg_port_scheme tcp = {
    .scheme = "tcp://",
    .help = "tcp://HOST:PORT      bytes alone: no rate, no modem lines",
    .open = eg__gensio_open_tcp,
};

static const struct eg_port_scheme socket_scheme = {
    .scheme = "socket://",
    .help = "socket://HOST:PORT   the same, as pySerial writes it",
    .open = eg__gensio_open_tcp,
};

static const struct eg_port_scheme path_scheme = {
    .scheme = "",
    .help =
        "/dev/ttyUSB0         a serial port of this machine, or any other tty (then without modem lines);\n"
        "                       or its slot, as 'espgang ports' shows it",
    .open = open_path,
};

const struct eg_port_scheme *const eg_port_schemes[] = {&rfc2217, &tcp, &socket_scheme, &path_scheme, NULL};
