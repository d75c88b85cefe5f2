/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A serial port of this machine, by libserialport.
 *
 * libserialport opens and configures; waiting is poll() on its descriptor, because its own timed calls
 * restart their wait with every byte and its drain cannot be given up.
 *
 * The rate is set in a second step after opening: CH341 drivers lose one that comes with the opening.
 *
 * Not here: what Linux alone can do (tty_linux.c), and ttys that are no serial ports (gensio.c).
 */

#include "engine/base/bytes.h"
#include "engine/link/carriers.h"
#include "engine/link/topology.h"

#include <errno.h>
#include <libserialport.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define BITS_PER_BYTE 10 /* 8N1 */

struct serial {
    struct eg_port port;
    struct sp_port *sp;
    int fd;
};

static bool is_gone(int errnum)
{
    return errnum == ENXIO || errnum == EIO || errnum == ENODEV || errnum == EBADF;
}

/* What drivers say to a request for modem lines that they do not have. */
static bool has_no_lines(int errnum)
{
    return errnum == ENOTTY || errnum == EINVAL;
}

static enum eg_code failed(const struct serial *serial, const char *what, int errnum, struct eg_error *err)
{
    return eg_error_errno(err, is_gone(errnum) ? EG_PORT_GONE : EG_PORT_REFUSED, errnum, "%s: %s",
                          serial->port.url, what);
}

/* Reading and writing fail when there is nothing left to read from, whatever the driver calls it. */
static enum eg_code lost(const struct serial *serial, const char *what, int errnum, struct eg_error *err)
{
    return eg_error_errno(err, EG_PORT_GONE, errnum, "%s: %s", serial->port.url, what);
}

/* Wait for `events`; `*ready` says whether they came. */
static enum eg_code wait_for(struct serial *serial, short events, bool *ready, uint64_t until_us,
                             struct eg_error *err)
{
    struct pollfd poll_fd = {.fd = serial->fd, .events = events};
    int count;

    do {
        const uint64_t now_us = eg_clock_us();
        const uint64_t left_us = until_us > now_us ? until_us - now_us : 0;
        count = poll(&poll_fd, 1, (int)((left_us + 999) / 1000));
    } while (count < 0 && errno == EINTR);
    if (count < 0)
        return lost(serial, "waiting", errno, err);
    if (poll_fd.revents & (POLLHUP | POLLERR | POLLNVAL))
        return eg_error_set(err, EG_PORT_GONE, "%s: the device was unplugged", serial->port.url);
    *ready = count > 0;
    return EG_OK;
}

static enum eg_code serial_read(struct eg_port *port, uint8_t *data, size_t size, size_t *got,
                                uint32_t timeout_ms, struct eg_error *err)
{
    struct serial *serial = (struct serial *)port;
    const uint64_t until_us = eg_clock_us() + (uint64_t)timeout_ms * 1000;

    *got = 0;
    for (bool ready = true; ready && *got == 0;) {
        EG_TRY(wait_for(serial, POLLIN, &ready, until_us, err));
        if (!ready)
            break;
        const int count = sp_nonblocking_read(serial->sp, data, size);
        if (count < 0)
            return lost(serial, "reading", errno, err);
        *got = (size_t)count;
        if (count == 0 && eg_clock_us() >= until_us)
            break;
    }
    return EG_OK;
}

static enum eg_code serial_write(struct eg_port *port, const uint8_t *data, size_t size, size_t *put,
                                 uint32_t timeout_ms, struct eg_error *err)
{
    struct serial *serial = (struct serial *)port;
    const uint64_t until_us = eg_clock_us() + (uint64_t)timeout_ms * 1000;

    *put = 0;
    for (bool ready = true; ready && *put == 0;) {
        EG_TRY(wait_for(serial, POLLOUT, &ready, until_us, err));
        if (!ready)
            break;
        const int count = sp_nonblocking_write(serial->sp, data, size);
        if (count < 0)
            return lost(serial, "writing", errno, err);
        *put = (size_t)count;
        if (count == 0 && eg_clock_us() >= until_us)
            break;
    }
    return EG_OK;
}

/* Looks at the driver's queue again when its bytes should have left. */
static enum eg_code serial_drain(struct eg_port *port, bool *done, uint32_t timeout_ms, struct eg_error *err)
{
    struct serial *serial = (struct serial *)port;
    const uint64_t until_us = eg_clock_us() + (uint64_t)timeout_ms * 1000;

    for (;;) {
        const int waiting = sp_output_waiting(serial->sp);
        if (waiting < 0)
            return lost(serial, "asking for unsent bytes", errno, err);
        const uint64_t now_us = eg_clock_us();
        *done = waiting == 0;
        if (*done || now_us >= until_us)
            return EG_OK;
        const uint64_t empty_us = now_us + 1000 + (uint64_t)waiting * BITS_PER_BYTE * 1000000 / port->baud;
        eg_clock_sleep_until_us(empty_us < until_us ? empty_us : until_us);
    }
}

static enum eg_code serial_set_baud(struct eg_port *port, uint32_t baud, struct eg_error *err)
{
    struct serial *serial = (struct serial *)port;
    char what[48];

    if (sp_set_baudrate(serial->sp, (int)baud) == SP_OK)
        return EG_OK;
    snprintf(what, sizeof what, "setting %u baud", (unsigned)baud);
    return failed(serial, what, errno, err);
}

static enum eg_code serial_set_lines(struct eg_port *port, bool dtr, bool rts, struct eg_error *err)
{
    struct serial *serial = (struct serial *)port;
    const int errnum = eg__tty_set_lines(serial->fd, dtr, rts);

    if (has_no_lines(errnum)) {
        port->no_lines = true;
        return EG_OK;
    }
    return errnum == 0 ? EG_OK : failed(serial, "setting DTR and RTS", errnum, err);
}

static enum eg_code serial_keep_lines(struct eg_port *port, struct eg_error *err)
{
    struct serial *serial = (struct serial *)port;
    const int errnum = eg__tty_keep_lines(serial->fd);

    return errnum == 0 ? EG_OK : failed(serial, "clearing HUPCL", errnum, err);
}

static enum eg_code serial_discard(struct eg_port *port, struct eg_error *err)
{
    struct serial *serial = (struct serial *)port;

    return sp_flush(serial->sp, SP_BUF_INPUT) == SP_OK ? EG_OK : lost(serial, "discarding input", errno, err);
}

static void serial_close(struct eg_port *port)
{
    struct serial *serial = (struct serial *)port;

    if (serial->fd >= 0)
        sp_close(serial->sp);
    sp_free_port(serial->sp);
    free(serial);
}

static void close_cleanup(struct serial **serial)
{
    if (*serial != NULL)
        serial_close(&(*serial)->port);
}

static void free_config(struct sp_port_config **config)
{
    sp_free_config(*config);
}

/* 8N1 without flow control; rate and lines stay as they are. */
static enum sp_return configure(struct sp_port *sp)
{
    EG_CLEANUP(free_config) struct sp_port_config *config = NULL;

    if (sp_new_config(&config) != SP_OK)
        return SP_ERR_MEM;
    sp_set_config_bits(config, 8);
    sp_set_config_parity(config, SP_PARITY_NONE);
    sp_set_config_stopbits(config, 1);
    sp_set_config_cts(config, SP_CTS_IGNORE);
    sp_set_config_dsr(config, SP_DSR_IGNORE);
    sp_set_config_xon_xoff(config, SP_XONXOFF_DISABLED);
    return sp_set_config(sp, config);
}

enum eg_code eg__serial_open(struct eg_port **port, const char *url, const char *path, bool *known,
                             struct eg_error *err)
{
    static const struct eg_port_ops ops = {
        .read = serial_read,
        .write = serial_write,
        .drain = serial_drain,
        .set_baud = serial_set_baud,
        .set_lines = serial_set_lines,
        .keep_lines = serial_keep_lines,
        .discard = serial_discard,
        .close = serial_close,
    };
    EG_CLEANUP(close_cleanup) struct serial *serial = NULL;
    struct eg__tty tty;
    struct sp_port *sp;

    *known = sp_get_port_by_name(path, &sp) == SP_OK;
    if (!*known)
        return EG_OK;
    if (eg_alloc(&serial, 1, sizeof *serial, err) != EG_OK) {
        sp_free_port(sp);
        return err->code;
    }
    serial->port.ops = &ops;
    serial->sp = sp;
    serial->fd = -1;
    snprintf(serial->port.url, sizeof serial->port.url, "%s", url);

    if (sp_open(sp, SP_MODE_READ_WRITE) != SP_OK) {
        const int errnum = errno;
        *known = !has_no_lines(errnum);
        return *known ? eg__tty_cannot_open(url, errnum, err) : EG_OK;
    }
    sp_get_port_handle(sp, &serial->fd);
    const int errnum = eg__tty_exclude(serial->fd);
    if (errnum != 0)
        return eg__tty_cannot_open(url, errnum, err);
    if (configure(sp) != SP_OK)
        return failed(serial, "setting 8N1", errno, err);
    eg__tty_hurry(serial->fd);
    if (eg__tty_look_at(&tty, serial->fd))
        eg__tty_note(&serial->port, path, &tty);
    *port = &serial->port;
    serial = NULL;
    return EG_OK;
}
