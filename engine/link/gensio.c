/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The ports that gensio carries: RFC 2217, TCP, and ttys that are not serial ports. What their addresses
 * mean, and how they are opened.
 *
 * Not here: bytes both ways (channel.c), rate and lines over RFC 2217 (rfc2217.c).
 */

#include "engine/link/channel.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 5000
#define REASON_TIMEOUT_MS  1000
#define TIMEOUT_MAX_S      3600

/* A URL SCHEME://HOST:PORT?OPTION&OPTION; the options are pySerial's. */
struct address {
    char text[280];      /* gensio's "HOST,PORT"; a host holds only what a name or an address may hold */
    bool mute;           /* ign_set_control: the server does not acknowledge modem lines */
    uint32_t timeout_ms; /* timeout=SECONDS, for the connection; 0 = not given */
};

static bool parse_seconds(uint32_t *ms, const char *text)
{
    char *end;
    const double seconds = strtod(text, &end);

    if (!isdigit((unsigned char)text[0]) || *end != '\0' || !(seconds > 0 && seconds <= TIMEOUT_MAX_S))
        return false;
    *ms = (uint32_t)(seconds * 1000 + 0.5);
    return true;
}

static enum eg_code parse_option(struct address *address, const char *option, const char *url,
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

static enum eg_code parse_options(struct address *address, char *options, const char *url,
                                  struct eg_error *err)
{
    for (char *rest, *option = strtok_r(options, "&", &rest); option != NULL;
         option = strtok_r(NULL, "&", &rest))
        EG_TRY(parse_option(address, option, url, err));
    return EG_OK;
}

/* EG_NO_PORT when the URL has another form or an unknown option. poll_modem and logging=LEVEL have no effect
 * here. */
static enum eg_code parse_address(struct address *address, const char *url, struct eg_error *err)
{
    char text[256];
    const char *host = text;

    *address = (struct address){.text = ""};
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

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static const struct eg_port_ops tcp_ops = {
    .read = eg__channel_read,
    .write = eg__channel_write,
    .drain = eg__channel_drain,
    .discard = eg__channel_discard,
    .close = eg__channel_close,
};

static const struct eg_port_ops tty_ops = {
    .read = eg__channel_read,
    .write = eg__channel_write,
    .drain = eg__channel_drain,
    .set_baud = eg__rfc2217_set_baud,
    .discard = eg__channel_discard,
    .close = eg__channel_close,
};

static const struct eg_port_ops rfc2217_ops = {
    .read = eg__channel_read,
    .write = eg__channel_write,
    .drain = eg__channel_drain,
    .set_baud = eg__rfc2217_set_baud,
    .set_lines = eg__rfc2217_set_lines,
    .discard = eg__channel_discard,
    .close = eg__channel_close,
};

static enum eg_code open_remote(struct eg_port **port, const struct eg_port_ops *ops, const char *filters,
                                const char *url, const struct eg_cancel *cancel, struct eg_error *err)
{
    struct address address;
    char text[400];

    EG_TRY(parse_address(&address, url, err));
    snprintf(text, sizeof text, "%stcp(nodelay,readbuf=16384),%s", filters, address.text);
    EG_TRY(eg__channel_open(port, ops, url, text,
                            address.timeout_ms != 0 ? address.timeout_ms : CONNECT_TIMEOUT_MS, cancel, err));
    (*port)->remote = true;
    ((struct eg__channel *)*port)->mute_lines = address.mute;
    return EG_OK;
}

/* The server closed before telnet was negotiated, and gensio has discarded its message. Connect once more,
 * without telnet. */
static enum eg_code ask_reason(const char *url, const struct eg_cancel *cancel, struct eg_error *err)
{
    EG_CLEANUP(eg_port_close_cleanup) struct eg_port *port = NULL;
    const uint64_t until_ms = eg_clock_ms() + REASON_TIMEOUT_MS;
    struct eg_error reason = {.code = EG_OK};
    uint8_t data[64];
    size_t got;

    if (open_remote(&port, &tcp_ops, "", url, cancel, &reason) == EG_OK)
        while (eg_clock_left_ms(until_ms) > 0 &&
               eg__channel_read(port, data, sizeof data, &got, EG_CANCEL_POLL_MS, &reason) == EG_OK &&
               !eg_cancel_requested(cancel))
            ;
    if (reason.code == EG_PORT_REFUSED)
        *err = reason;
    else
        err->code = EG_NO_PORT;
    return err->code;
}

enum eg_code eg__gensio_open_rfc2217(struct eg_port **port, const char *url, void *context,
                                     const struct eg_cancel *cancel, struct eg_error *err)
{
    EG_CLEANUP(eg_port_close_cleanup) struct eg_port *opened = NULL;

    (void)context;
    const enum eg_code code =
        open_remote(&opened, &rfc2217_ops, "telnet(rfc2217,readbuf=16384,writebuf=16384),", url, cancel, err);
    if (code == EG_PORT_GONE)
        return ask_reason(url, cancel, err);
    EG_TRY(code);
    EG_TRY(eg__rfc2217_release_lines((struct eg__channel *)opened, err));
    *port = opened;
    opened = NULL;
    return EG_OK;
}

enum eg_code eg__gensio_open_tcp(struct eg_port **port, const char *url, void *context,
                                 const struct eg_cancel *cancel, struct eg_error *err)
{
    (void)context;
    return open_remote(port, &tcp_ops, "", url, cancel, err);
}

enum eg_code eg__gensio_open_tty(struct eg_port **port, const char *url, const char *path,
                                 const struct eg_cancel *cancel, struct eg_error *err)
{
    EG_CLEANUP(close_fd) int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    char address[PATH_MAX + 80];

    if (fd < 0)
        return eg__tty_cannot_open(url, path, errno, err);
    if (!isatty(fd) || strchr(path, ',') != NULL) /* a comma ends a name in gensio's language */
        return eg_error_set(err, EG_NO_PORT, "%s: is not a serial port", url);
    const int errnum = eg__tty_lock(fd);
    if (errnum != 0)
        return eg__tty_cannot_open(url, path, errnum, err);
    snprintf(address, sizeof address, "serialdev(nouucplock,drain_time=0,readbuf=16384),%s,%dN81,local", path,
             EG_PORT_OPEN_BAUD);
    EG_TRY(eg__channel_open(port, &tty_ops, url, address, CONNECT_TIMEOUT_MS, cancel, err));
    ((struct eg__channel *)*port)->lock_fd = fd;
    fd = -1;
    return EG_OK;
}
