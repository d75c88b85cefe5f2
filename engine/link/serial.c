/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A serial port of this machine, by libserialport.
 *
 * libserialport opens and configures the port. Waiting is poll() on its descriptor, because its own timed
 * calls restart their wait with every byte and its drain cannot be cancelled.
 *
 * The rate is set in a second step after opening: CH341 drivers lose a rate that is set while opening.
 *
 * Drivers of USB bridges report a disturbance on the bus (EPROTO, ETIMEDOUT and the like) by the call that
 * meets it, and the next one works. So such a call is tried again for TROUBLE_MS; only then, or when the port
 * hangs up, it is gone.
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

#define TROUBLE_MS       500
#define TROUBLE_PAUSE_MS 10
#define NO_ROOM_PAUSE_MS 1 /* cdc_acm says EAGAIN while poll() sees room */

/* A run of failures, which may go on for TROUBLE_MS. */
struct trouble {
    uint64_t since_us; /* when it began; 0 = the last call worked */
    uint64_t last_us;  /* when a call failed last */
};

struct serial {
    struct eg_port port;
    struct sp_port *sp;
    int fd;
    struct trouble reading,
        others; /* calls that read, and all others: one kind may work while the other fails */
};

/* Return whether the error means a disturbance, or a device that is about to hang up. */
static bool is_trouble(int errnum)
{
    switch (errnum) {
    case EPROTO:
    case ETIMEDOUT:
    case ESHUTDOWN:
    case ENODEV:
    case EIO:
    case EILSEQ:
        return true;
    default:
        return false;
    }
}

/* Return whether a driver says that it has no modem lines. */
static bool has_no_lines(int errnum)
{
    return errnum == ENOTTY || errnum == EINVAL;
}

static bool hung_up(const struct serial *serial)
{
    struct pollfd poll_fd = {.fd = serial->fd};

    return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

static void sleep_ms(uint32_t duration_ms)
{
    eg_clock_sleep_until_us(eg_clock_us() + (uint64_t)duration_ms * 1000);
}

/* Decide about a call that failed. EG_OK, after a pause: try it again. `otherwise` is the code of an error
 * that is no trouble of the link. */
static enum eg_code endure(struct serial *serial, struct trouble *trouble, const char *what, int errnum,
                           enum eg_code otherwise, struct eg_error *err)
{
    const uint64_t now_us = eg_clock_us();

    if (!is_trouble(errnum))
        return eg_error_errno(err, errnum == ENXIO || errnum == EBADF ? EG_PORT_GONE : otherwise, errnum,
                              "%s: %s", serial->port.url, what);
    if (eg_cancel_requested(serial->port.cancel))
        return eg_error_set(err, EG_CANCELLED, "%s: cancelled", serial->port.url);
    if (hung_up(serial))
        return eg_error_errno(err, EG_PORT_GONE, errnum, "%s: %s", serial->port.url, what);
    if (trouble->since_us == 0 || now_us - trouble->last_us > TROUBLE_MS * 1000)
        trouble->since_us = now_us;
    trouble->last_us = now_us;
    if (now_us - trouble->since_us >= TROUBLE_MS * 1000)
        return eg_error_errno(err, EG_PORT_GONE, errnum, "%s: %s failed for %d ms", serial->port.url, what,
                              TROUBLE_MS);
    sleep_ms(TROUBLE_PAUSE_MS);
    return EG_OK;
}

static enum eg_code unplugged(const struct serial *serial, struct eg_error *err)
{
    return eg_error_set(err, EG_PORT_GONE, "%s: the device was unplugged", serial->port.url);
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
        return eg_error_errno(err, EG_PORT_GONE, errno, "%s: waiting", serial->port.url);
    if (poll_fd.revents & (POLLHUP | POLLERR | POLLNVAL))
        return unplugged(serial, err);
    *ready = count > 0;
    return EG_OK;
}

/* The driver has no room. poll() would tell of room only once nearly all has left, too late for a wire
 * without a gap: so wait until half has. A driver that does not say how much it has is polled. */
static enum eg_code wait_for_room(struct serial *serial, bool *ready, uint64_t until_us, struct eg_error *err)
{
    const int waiting = sp_output_waiting(serial->sp);

    if (waiting <= 0)
        return wait_for(serial, POLLOUT, ready, until_us, err);
    const uint64_t half_us =
        eg_clock_us() + (uint64_t)waiting * BITS_PER_BYTE * 1000000 / 2 / serial->port.baud;
    *ready = half_us < until_us;
    eg_clock_sleep_until_us(*ready ? half_us : until_us);
    return EG_OK;
}

/* Read or write once within the time. Any other error than trouble means that the port is gone, whatever the
 * driver calls it. */
static enum eg_code transfer(struct serial *serial, uint8_t *into, const uint8_t *from, size_t size,
                             size_t *moved, uint32_t timeout_ms, struct eg_error *err)
{
    const uint64_t until_us = eg_clock_us() + (uint64_t)timeout_ms * 1000;
    struct trouble *const trouble = into != NULL ? &serial->reading : &serial->others;

    *moved = 0;
    for (bool again = false;; again = true) {
        bool ready = true;

        if (into != NULL)
            EG_TRY(wait_for(serial, POLLIN, &ready, until_us, err));
        else if (again)
            EG_TRY(wait_for_room(serial, &ready, until_us, err));
        if (!ready)
            return EG_OK;
        const int count = into != NULL ? (int)sp_nonblocking_read(serial->sp, into, size)
                                       : (int)sp_nonblocking_write(serial->sp, from, size);
        if (count > 0) {
            trouble->since_us = 0;
            *moved = (size_t)count;
            return EG_OK;
        }
        const int errnum = errno;
        if (count < 0 && errnum == EIO && hung_up(serial))
            return unplugged(serial, err);
        if (count < 0 && errnum != EAGAIN && errnum != EINTR)
            EG_TRY(endure(serial, trouble, into != NULL ? "reading" : "writing", errnum, EG_PORT_GONE, err));
        else if (into != NULL || again)
            sleep_ms(NO_ROOM_PAUSE_MS);
        if (eg_clock_us() >= until_us)
            return EG_OK;
    }
}

static enum eg_code serial_read(struct eg_port *port, uint8_t *data, size_t size, size_t *got,
                                uint32_t timeout_ms, struct eg_error *err)
{
    return transfer((struct serial *)port, data, NULL, size, got, timeout_ms, err);
}

static enum eg_code serial_write(struct eg_port *port, const uint8_t *data, size_t size, size_t *put,
                                 uint32_t timeout_ms, struct eg_error *err)
{
    return transfer((struct serial *)port, NULL, data, size, put, timeout_ms, err);
}

/* Poll the driver's queue, each time when its bytes should have left. */
static enum eg_code serial_drain(struct eg_port *port, bool *done, uint32_t timeout_ms, struct eg_error *err)
{
    struct serial *serial = (struct serial *)port;
    const uint64_t until_us = eg_clock_us() + (uint64_t)timeout_ms * 1000;

    for (;;) {
        const int waiting = sp_output_waiting(serial->sp);
        const uint64_t now_us = eg_clock_us();

        *done = waiting == 0;
        if (waiting < 0)
            EG_TRY(endure(serial, &serial->others, "asking for unsent bytes", errno, EG_PORT_GONE, err));
        else
            serial->others.since_us = 0;
        if (*done || now_us >= until_us)
            return EG_OK;
        if (waiting < 0)
            continue;
        const uint64_t empty_us = now_us + 1000 + (uint64_t)waiting * BITS_PER_BYTE * 1000000 / port->baud;
        eg_clock_sleep_until_us(empty_us < until_us ? empty_us : until_us);
    }
}

static enum eg_code serial_set_baud(struct eg_port *port, uint32_t baud, struct eg_error *err)
{
    struct serial *serial = (struct serial *)port;
    char what[48];

    snprintf(what, sizeof what, "setting %u baud", (unsigned)baud);
    while (sp_set_baudrate(serial->sp, (int)baud) != SP_OK)
        EG_TRY(endure(serial, &serial->others, what, errno, EG_PORT_REFUSED, err));
    serial->others.since_us = 0;
    return EG_OK;
}

static enum eg_code serial_set_lines(struct eg_port *port, bool dtr, bool rts, struct eg_error *err)
{
    struct serial *serial = (struct serial *)port;
    int errnum;

    while ((errnum = eg__tty_set_lines(serial->fd, dtr, rts)) != 0) {
        if (has_no_lines(errnum)) {
            port->no_lines = true;
            return EG_OK;
        }
        EG_TRY(endure(serial, &serial->others, "setting DTR and RTS", errnum, EG_PORT_REFUSED, err));
    }
    serial->others.since_us = 0;
    return EG_OK;
}

static enum eg_code serial_keep_lines(struct eg_port *port, struct eg_error *err)
{
    struct serial *serial = (struct serial *)port;
    int errnum;

    while ((errnum = eg__tty_keep_lines(serial->fd)) != 0)
        EG_TRY(endure(serial, &serial->others, "clearing HUPCL", errnum, EG_PORT_REFUSED, err));
    serial->others.since_us = 0;
    return EG_OK;
}

static enum eg_code serial_discard(struct eg_port *port, struct eg_error *err)
{
    struct serial *serial = (struct serial *)port;

    while (sp_flush(serial->sp, SP_BUF_INPUT) != SP_OK)
        EG_TRY(endure(serial, &serial->others, "discarding input", errno, EG_PORT_GONE, err));
    serial->others.since_us = 0;
    return EG_OK;
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

/* Return 0 or an errno. The path of a device that has left is soon gone, too, which ends the waiting. */
static int open_sp(struct sp_port *sp)
{
    const uint64_t until_us = eg_clock_us() + TROUBLE_MS * 1000;

    while (sp_open(sp, SP_MODE_READ_WRITE) != SP_OK) {
        const int errnum = errno;
        if (!is_trouble(errnum) || eg_clock_us() >= until_us)
            return errnum;
        sleep_ms(TROUBLE_PAUSE_MS);
    }
    return 0;
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

    int errnum = open_sp(sp);
    if (errnum != 0) {
        *known = !has_no_lines(errnum);
        return *known ? eg__tty_cannot_open(url, path, errnum, err) : EG_OK;
    }
    sp_get_port_handle(sp, &serial->fd);
    errnum = eg__tty_exclude(serial->fd);
    if (errnum != 0)
        return eg__tty_cannot_open(url, path, errnum, err);
    while (configure(sp) != SP_OK)
        EG_TRY(endure(serial, &serial->others, "setting 8N1", errno, EG_PORT_REFUSED, err));
    serial->others.since_us = 0;
    eg__tty_hurry(serial->fd);
    if (eg__tty_look_at(&tty, serial->fd))
        eg__tty_note(&serial->port, path, &tty);
    *port = &serial->port;
    serial = NULL;
    return EG_OK;
}
