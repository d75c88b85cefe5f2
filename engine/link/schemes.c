/* SPDX-License-Identifier: Apache-2.0 */

/* The kinds of port the engine brings: addresses in their URLs, and which carrier takes a path. */

#include "engine/base/bytes.h"
#include "engine/link/carriers.h"
#include "engine/link/topology.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PLACE_TRIES 3

enum eg_code eg__tty_cannot_open(const char *url, int errnum, struct eg_error *err)
{
    switch (errnum) {
    case EBUSY:
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

static const char mute[] = "?ign_set_control";

bool eg__address_is_mute(const char *url)
{
    const char *query = strchr(url, '?');

    return query != NULL && strcmp(query, mute) == 0;
}

enum eg_code eg__parse_address(char *address, size_t room, const char *url, struct eg_error *err)
{
    char host_text[256];
    const char *host = strstr(url, "//") + 2;

    snprintf(host_text, sizeof host_text, "%.*s",
             (int)(strlen(host) - (eg__address_is_mute(url) ? strlen(mute) : 0)), host);
    host = host_text;
    const char *colon = strrchr(host, ':');
    size_t host_size = colon != NULL ? (size_t)(colon - host) : 0;

    if (host_size > 2 && host[0] == '[' && host[host_size - 1] == ']') {
        host++;
        host_size -= 2;
    } else if (memchr(host, ':', host_size) != NULL) {
        host_size = 0; /* an IPv6 address needs its brackets */
    }
    bool good = host_size > 0 && colon[1] != '\0' && strlen(colon + 1) <= 5 &&
                strspn(colon + 1, "0123456789") == strlen(colon + 1) && strtol(colon + 1, NULL, 10) >= 1 &&
                strtol(colon + 1, NULL, 10) <= 65535;
    for (size_t i = 0; good && i < host_size; i++)
        good = isalnum((unsigned char)host[i]) || strchr(".-_:%", host[i]) != NULL;
    if (!good)
        return eg_error_set(err, EG_NO_PORT, "%s: is not of the form %.*s//HOST:PORT", url,
                            (int)(strstr(url, "//") - url), url);
    snprintf(address, room, "%.*s,%s", (int)host_size, host, colon + 1);
    return EG_OK;
}

/* libserialport first; it wants a sysfs entry and modem lines, so ptys and the like go to gensio. */
static enum eg_code open_device(struct eg_port **port, const char *url, const char *path,
                                const struct eg_cancel *cancel, struct eg_error *err)
{
    struct stat status;
    struct eg__tty tty;
    bool known;

    if (stat(path, &status) != 0)
        return eg__tty_cannot_open(url, errno, err);
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

void eg__tty_note(struct eg_port *port, const char *path, const struct eg__tty *tty)
{
    snprintf(port->path, sizeof port->path, "%s", path);
    memcpy(port->place, tty->place, sizeof port->place);
    port->presence = tty->presence;
    port->vid = tty->bridge.vid;
    port->pid = tty->bridge.pid;
}

/* Between looking and opening the port may have been exchanged, and its name may be that of another place. */
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
        return eg__tty_cannot_open(url, errno, err);
    return open_place(port, url, cancel, err);
}

static const struct eg_port_scheme rfc2217 = {
    .scheme = "rfc2217://",
    .help = "rfc2217://HOST:PORT  a serial port behind ser2net, esp_rfc2217_server, a labgrid exporter",
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
        "                     or its slot, as 'espgang ports' shows it",
    .open = open_path,
};

const struct eg_port_scheme *const eg_port_schemes[] = {&rfc2217, &tcp, &socket_scheme, &path_scheme, NULL};
