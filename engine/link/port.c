/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The common part of all carriers: choosing one by URL, cancelling, deadlines, counting.
 *
 * A wait is cut into calls of at most EG_CANCEL_POLL_MS, and the cancel flag is checked before each. A call
 * that moves no data counts as its whole slice, without asking the clock: the ops promise that, and with a
 * scripted port, which never sleeps, a timeout costs nothing.
 *
 * Not here: the carriers themselves (serial.c, gensio.c) and the list of them (schemes.c).
 */

#include "engine/link/port.h"

#include "engine/base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t slice(uint32_t left_ms)
{
    return left_ms < EG_CANCEL_POLL_MS ? left_ms : EG_CANCEL_POLL_MS;
}

/* Called first by every function, so that a lost port stays lost and a cancelled slot cancelled. */
static enum eg_code check(const struct eg_port *port, struct eg_error *err)
{
    if (port->gone)
        return eg_error_set(err, EG_PORT_GONE, "%s: the port is gone", port->url);
    if (eg_cancel_requested(port->cancel))
        return eg_error_set(err, EG_CANCELLED, "%s: cancelled", port->url);
    return EG_OK;
}

static enum eg_code noted(struct eg_port *port, enum eg_code code)
{
    if (code == EG_PORT_GONE)
        port->gone = true;
    return code;
}

static enum eg_code set_up(struct eg_port *port, struct eg_error *err)
{
    EG_TRY(eg_port_set_lines(port, false, false, err));
    return eg_port_set_baud(port, EG_PORT_OPEN_BAUD, err);
}

/* NULL = nothing opens such a URL. */
static const struct eg_port_scheme *scheme_of(const char *url, const struct eg_port_scheme *const *schemes)
{
    while (*schemes != NULL && strncmp(url, (*schemes)->scheme, strlen((*schemes)->scheme)) != 0)
        schemes++;
    return *schemes;
}

enum eg_code eg_port_find(struct eg_found_port *found, const char *address,
                          const struct eg_port_scheme *const *schemes, struct eg_error *err)
{
    const struct eg_port_scheme *const scheme = scheme_of(address, schemes);

    if (scheme == NULL || scheme->find == NULL)
        return eg_discover_at(found, address, err);
    return scheme->find(found, address, scheme->context, err);
}

enum eg_code eg_port_open(struct eg_port **port, const char *url, const struct eg_port_scheme *const *schemes,
                          const struct eg_cancel *cancel, struct eg_error *err)
{
    EG_CLEANUP(eg_port_close_cleanup) struct eg_port *opened = NULL;
    const struct eg_port_scheme *const scheme = scheme_of(url, schemes);

    if (strlen(url) >= sizeof opened->url)
        return eg_error_set(err, EG_NO_PORT, "%s: longer than %zu characters", url, sizeof opened->url - 1);
    if (scheme == NULL)
        return eg_error_set(err, EG_NO_PORT, "%s: unknown kind of port", url);
    if (eg_cancel_requested(cancel))
        return eg_error_set(err, EG_CANCELLED, "%s: cancelled", url);

    EG_TRY(scheme->open(&opened, url, scheme->context, cancel, err));
    opened->cancel = cancel;
    snprintf(opened->url, sizeof opened->url, "%s", url);
    EG_TRY(set_up(opened, err));
    *port = opened;
    opened = NULL;
    return EG_OK;
}

void eg_port_close(struct eg_port *port)
{
    if (port != NULL)
        port->ops->close(port);
}

void eg_port_close_cleanup(struct eg_port **port)
{
    eg_port_close(*port);
}

static void free_port(struct eg_port *port)
{
    free(port);
}

/* Placeholder for a port whose device is gone; only close() may be called. */
static const struct eg_port_ops away_ops = {.close = free_port};

enum eg_code eg_port_reopen(struct eg_port **port, const struct eg_port_scheme *const *schemes,
                            struct eg_error *err)
{
    EG_CLEANUP(eg_port_close_cleanup) struct eg_port *opened = NULL;
    struct eg_port *away;

    EG_TRY(eg_alloc(&away, 1, sizeof *away, err));
    *away = **port;
    away->ops = &away_ops;
    away->gone = true;
    eg_port_close(*port);
    *port = away;
    EG_TRY(
        eg_port_open(&opened, away->place[0] != '\0' ? away->place : away->url, schemes, away->cancel, err));
    if (strcmp(away->url, away->place) != 0) /* it was opened by a path: sentences name the one it has now */
        memcpy(opened->url, opened->path[0] != '\0' ? opened->path : away->url, sizeof opened->url);
    EG_TRY(eg_port_set_baud(opened, away->baud, err));
    opened->bytes_sent += away->bytes_sent;
    opened->bytes_received += away->bytes_received;
    opened->wire_ns += away->wire_ns;
    *port = opened;
    opened = away;
    return EG_OK;
}

#define BITS_PER_BYTE 10 /* 8N1: a start bit, 8 data bits, a stop bit */

static uint64_t wire_ns(const struct eg_port *port, size_t size)
{
    return port->baud > 0 ? (uint64_t)size * BITS_PER_BYTE * 1000000000 / port->baud : 0;
}

enum eg_code eg_port_read(struct eg_port *port, uint8_t *data, size_t size, size_t *got, uint32_t timeout_ms,
                          struct eg_error *err)
{
    for (uint32_t left_ms = timeout_ms;;) {
        const uint32_t wait_ms = slice(left_ms);
        size_t part = 0;

        EG_TRY(check(port, err));
        EG_TRY(noted(port, port->ops->read(port, data, size, &part, wait_ms, err)));
        port->bytes_received += part;
        port->wire_ns += wire_ns(port, part);
        left_ms -= wait_ms;
        if (part > 0 || left_ms == 0) {
            *got = part;
            return EG_OK;
        }
    }
}

enum eg_code eg_port_write(struct eg_port *port, const uint8_t *data, size_t size, uint32_t timeout_ms,
                           struct eg_error *err)
{
    const uint64_t deadline_ms = eg_clock_ms() + timeout_ms;
    size_t done = 0;

    for (uint32_t left_ms = timeout_ms; done < size;) {
        const uint32_t wait_ms = slice(left_ms);
        size_t part = 0;

        EG_TRY(check(port, err));
        EG_TRY(noted(port, port->ops->write(port, data + done, size - done, &part, wait_ms, err)));
        port->bytes_sent += part;
        port->wire_ns += wire_ns(port, part);
        done += part;
        left_ms = part > 0 ? eg_clock_left_ms(deadline_ms) : left_ms - wait_ms;
        if (done < size && left_ms == 0)
            return eg_error_set(err, EG_TIMEOUT, "%s: %zu of %zu bytes left to send after %u ms", port->url,
                                size - done, size, (unsigned)timeout_ms);
    }
    return EG_OK;
}

enum eg_code eg_port_drain(struct eg_port *port, uint32_t timeout_ms, struct eg_error *err)
{
    for (uint32_t left_ms = timeout_ms;;) {
        const uint32_t wait_ms = slice(left_ms);
        bool done = false;

        EG_TRY(check(port, err));
        EG_TRY(noted(port, port->ops->drain(port, &done, wait_ms, err)));
        if (done)
            return EG_OK;
        left_ms -= wait_ms;
        if (left_ms == 0)
            return eg_error_set(err, EG_TIMEOUT, "%s: bytes still waiting to be sent after %u ms", port->url,
                                (unsigned)timeout_ms);
    }
}

bool eg_port_has_baud(const struct eg_port *port)
{
    return port->ops->set_baud != NULL;
}

enum eg_code eg_port_set_baud(struct eg_port *port, uint32_t baud, struct eg_error *err)
{
    EG_TRY(check(port, err));
    if (eg_port_has_baud(port))
        EG_TRY(noted(port, port->ops->set_baud(port, baud, err)));
    port->baud = baud;
    return EG_OK;
}

bool eg_port_has_lines(const struct eg_port *port)
{
    return port->ops->set_lines != NULL && !port->no_lines;
}

enum eg_code eg_port_set_lines(struct eg_port *port, bool dtr, bool rts, struct eg_error *err)
{
    EG_TRY(check(port, err));
    if (!eg_port_has_lines(port))
        return EG_OK;
    EG_TRY(noted(port, port->ops->set_lines(port, dtr, rts, err)));
    if (port->no_lines)
        return EG_OK;
    port->dtr = dtr;
    port->rts = rts;
    return EG_OK;
}

enum eg_code eg_port_keep_lines(struct eg_port *port, bool *kept, struct eg_error *err)
{
    EG_TRY(check(port, err));
    *kept = port->ops->keep_lines != NULL;
    return *kept ? noted(port, port->ops->keep_lines(port, err)) : EG_OK;
}

enum eg_code eg_port_discard(struct eg_port *port, struct eg_error *err)
{
    EG_TRY(check(port, err));
    return noted(port, port->ops->discard(port, err));
}
