/* SPDX-License-Identifier: Apache-2.0 */

/* The built-in kinds of port: parsing addresses, and choosing the carrier of a path. */

#include "engine/base/bytes.h"
#include "engine/link/carriers.h"
#include "engine/link/topology.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PLACE_TRIES   3
#define TIMEOUT_MAX_S 3600

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

bool eg_port_other_reader(const struct eg_port *port, char *text, size_t size)
{
    return port->path[0] != '\0' && eg__tty_holder(text, size, port->path, true);
}

static bool parse_seconds(uint32_t *ms, const char *text)
{
    char *end;
    const double seconds = strtod(text, &end);

    if (!isdigit((unsigned char)text[0]) || *end != '\0' || !(seconds > 0 && seconds <= TIMEOUT_MAX_S))
        return false;
    *ms = (uint32_t)(seconds * 1000 + 0.5);
    return true;
}

static enum eg_code parse_option(struct eg__address *address, const char *option, const char *url,
                                 struct eg_error *err)
{
    if (strcmp(option, "ign_set_control") == 0)
        address->mute = true;
    else if (strncmp(option, "timeout=", 8) == 0 && !parse_seconds(&address->timeout_ms, option + 8))
        return eg_error_set(err, EG_NO_PORT, "%s: \"%s\" is not timeout=SECONDS, at most %d", url, option,
                            TIMEOUT_MAX_S);
    else if (strcmp(option, "poll_modem") != 0 && strncmp(option, "logging=", 8) != 0 &&
             strncmp(option, "timeout=", 8) != 0)
        return eg_error_set(
            err, EG_NO_PORT,
            "%s: unknown option \"%s\"; known are ign_set_control, poll_modem, timeout=SECONDS and "
            "logging=LEVEL",
            url, option);
    return EG_OK;
}

static enum eg_code parse_options(struct eg__address *address, char *options, const char *url,
                                  struct eg_error *err)
{
    for (char *rest, *option = strtok_r(options, "&", &rest); option != NULL;
         option = strtok_r(NULL, "&", &rest))
        EG_TRY(parse_option(address, option, url, err));
    return EG_OK;
}

enum eg_code eg__parse_address(struct eg__address *address, const char *url, struct eg_error *err)
{
    char text[256];
    const char *host = text;

    *address = (struct eg__address){.text = ""};
    snprintf(text, sizeof text, "%s", strstr(url, "//") + 2);
    char *const query = strchr(text, '?');
    if (query != NULL) {
        *query = '\0';
        EG_TRY(parse_options(address, query + 1, url, err));
    }
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
    snprintf(address->text, sizeof address->text, "%.*s,%s", (int)host_size, host, colon + 1);
    return EG_OK;
}

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

void eg__tty_note(struct eg_port *port, const char *path, const struct eg__tty *tty)
{
    snprintf(port->path, sizeof port->path, "%s", path);
    memcpy(port->place, tty->place, sizeof port->place);
    port->presence = tty->presence;
    port->vid = tty->bridge.vid;
    port->pid = tty->bridge.pid;
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
