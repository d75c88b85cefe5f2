/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One open connection to one board: bytes both ways, a rate, two modem lines. Each carrier (serial port, RFC
 * 2217, TCP, simulated board) is a struct eg_port_ops, chosen by the scheme of the URL.
 *
 * The functions eg_port_*() add what every backend needs: cancelling, deadlines, counting, and cutting long
 * waits into short ones. Nothing else may call the ops.
 *
 * Threads: one port belongs to one thread at a time; different ports are independent.
 */

#ifndef ENGINE_LINK_PORT_H
#define ENGINE_LINK_PORT_H

#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/link/discover.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct eg_port;

/** The rate of a port that has just been opened. */
#define EG_PORT_OPEN_BAUD 115200

/*
 * Error sentences of the ops begin with the URL. A call that moves no data must have waited its whole
 * timeout_ms: the caller counts it as that much time.
 */
struct eg_port_ops {
    /**
     * Read what has arrived, waiting up to timeout_ms for the first byte only; 0 looks once. Nothing in time
     * is EG_OK with *got == 0. timeout_ms is at most EG_CANCEL_POLL_MS. EG_PORT_GONE when the device is.
     */
    enum eg_code (*read)(struct eg_port *port, uint8_t *data, size_t size, size_t *got, uint32_t timeout_ms,
                         struct eg_error *err);
    /** Hand over some of the bytes, waiting up to timeout_ms for room; *put is how many were taken, possibly
     * 0. */
    enum eg_code (*write)(struct eg_port *port, const uint8_t *data, size_t size, size_t *put,
                          uint32_t timeout_ms, struct eg_error *err);
    /** Wait until what was written has left, up to timeout_ms (at most EG_CANCEL_POLL_MS); *done says whether
     * it has. */
    enum eg_code (*drain)(struct eg_port *port, bool *done, uint32_t timeout_ms, struct eg_error *err);
    /** 8N1 at this rate, both directions. NULL when the carrier has no rate (tcp). */
    enum eg_code (*set_baud)(struct eg_port *port, uint32_t baud, struct eg_error *err);
    /** Assert (true: pin low) or release both lines, in one step where the carrier can. NULL = no modem
     * lines. A carrier that finds out only now sets port->no_lines and returns EG_OK. */
    enum eg_code (*set_lines)(struct eg_port *port, bool dtr, bool rts, struct eg_error *err);
    /** Keep the lines unchanged when the port is closed. NULL = the carrier cannot. */
    enum eg_code (*keep_lines)(struct eg_port *port, struct eg_error *err);
    /** Throw away input that has arrived but was not read. */
    enum eg_code (*discard)(struct eg_port *port, struct eg_error *err);
    /** Close and free the backend's struct, which begins with struct eg_port. */
    void (*close)(struct eg_port *port);
};

/** The common part; a backend's struct begins with it and fills `ops` and the facts below. */
struct eg_port {
    const struct eg_port_ops *ops;
    const struct eg_cancel *cancel; /* may be NULL; not owned */
    char url[256];                  /* what sentences call it: as it was opened */
    char path[256];                 /* of a port of this machine: its name now; else "" */
    char place[EG_PLACE];           /* of a USB serial port; else "" */
    struct eg_presence presence;    /* whose port was opened; unknown where there is no device node */
    bool remote;                    /* over a network: no tight reset; answers may be slow */
    uint16_t vid, pid;              /* of the USB device; 0 = not USB or not known */
    uint32_t baud;                  /* last rate asked for, even if the carrier has none; 0 = none yet */
    bool dtr, rts;                  /* last state set */
    bool no_lines;                  /* the device has no modem lines, although its kind may have */
    uint64_t bytes_sent, bytes_received;
    uint64_t wire_ns; /* what these bytes take at the rates they had: 10 bits each, one direction at a time */
    bool gone;        /* every further call returns EG_PORT_GONE */
};

/** How to open URLs that begin with `scheme`. */
struct eg_port_scheme {
    const char *scheme; /* "rfc2217://", "tcp://", "sim:"; "" takes the rest: paths and places */
    const char *help;   /* one line for --help */
    /** Open `url`, which fits into the struct. `context` is the field below. The caller closes the port with
     * eg_port_close(). Error sentences begin with the URL. */
    enum eg_code (*open)(struct eg_port **port, const char *url, void *context,
                         const struct eg_cancel *cancel, struct eg_error *err);
    void *context;
    /** Tell what is at an address now, as eg_discover_at() does. NULL = eg_discover_at() is asked. */
    enum eg_code (*find)(struct eg_found_port *found, const char *address, void *context,
                         struct eg_error *err);
};

/** The schemes the engine brings, NULL-terminated: rfc2217://, tcp://, and paths. */
extern const struct eg_port_scheme *const eg_port_schemes[];

/**
 * Find the port that is at an address now, as the scheme that would open it tells. Every opening of a slot
 * goes through here, since a port may have another name each time.
 *
 * @return as eg_discover_at()
 */
enum eg_code eg_port_find(struct eg_found_port *found, const char *address,
                          const struct eg_port_scheme *const *schemes, struct eg_error *err) EG_CHECKED;

/**
 * Open a port; exclusive where the system can. The modem lines are released and the rate is 115200.
 *
 * @param url      a URL, a path, or a place (eg_discover_at()), where the port is opened that is plugged in
 * there now
 * @param schemes  NULL-terminated; the first whose `scheme` begins the URL opens it
 * @param cancel   checked in every wait of this port; may be NULL; must outlive the port
 *
 * @return EG_OK; EG_NO_PORT, EG_PORT_BUSY, EG_PORT_REFUSED (the sentence begins with the URL); EG_CANCELLED
 */
enum eg_code eg_port_open(struct eg_port **port, const char *url, const struct eg_port_scheme *const *schemes,
                          const struct eg_cancel *cancel, struct eg_error *err) EG_CHECKED;

/** Name a process that has the device at `path` open, as "minicom (process 1234)". False if none can be
 * found: only root sees those of other users. */
bool eg_port_holder(char *text, size_t size, const char *path);

/** Name another process that has the port open, as "minicom (process 1234)": it takes bytes that were meant
 * for this one. False when none can be found; those of other users are hidden from all but root. */
bool eg_port_other_reader(const struct eg_port *port, char *text, size_t size);

/** NULL is allowed. */
void eg_port_close(struct eg_port *port);
void eg_port_close_cleanup(struct eg_port **port);

/** Return whether a port that failed with this code may come back soon, as native USB does after a reset. */
static inline bool eg_port_may_come_back(enum eg_code code)
{
    return code == EG_NO_PORT || code == EG_PORT_BUSY || code == EG_PORT_REFUSED || code == EG_PORT_GONE;
}

/**
 * Close the port and open it again, at the rate it had; its counts go on. A USB serial port is found by its
 * place, even under another name. If that fails, *port stands for a lost port, which can be reopened later or
 * closed. Whether the same device is there shows in `presence`.
 *
 * @return as eg_port_open()
 */
enum eg_code eg_port_reopen(struct eg_port **port, const struct eg_port_scheme *const *schemes,
                            struct eg_error *err) EG_CHECKED;

/**
 * Read what has arrived, waiting for the first byte only. When nothing arrives in time the result is EG_OK
 * with *got == 0.
 *
 * @return EG_OK, EG_PORT_GONE, EG_CANCELLED
 */
enum eg_code eg_port_read(struct eg_port *port, uint8_t *data, size_t size, size_t *got, uint32_t timeout_ms,
                          struct eg_error *err) EG_CHECKED;

/** Write all of it. EG_TIMEOUT when the carrier took less than all of it in timeout_ms. */
enum eg_code eg_port_write(struct eg_port *port, const uint8_t *data, size_t size, uint32_t timeout_ms,
                           struct eg_error *err) EG_CHECKED;

/** Wait until all written bytes have left the host. EG_TIMEOUT when that takes longer than timeout_ms. */
enum eg_code eg_port_drain(struct eg_port *port, uint32_t timeout_ms, struct eg_error *err) EG_CHECKED;

/** Return whether the rate can be changed from this side. Where it cannot (tcp), the chip's rate must stay
 * too. */
bool eg_port_has_baud(const struct eg_port *port);

/** Set the rate. EG_PORT_REFUSED when the carrier cannot; EG_OK without effect when it has no rate. */
enum eg_code eg_port_set_baud(struct eg_port *port, uint32_t baud, struct eg_error *err) EG_CHECKED;

/** Return whether there are modem lines; known from opening on. */
bool eg_port_has_lines(const struct eg_port *port);

/** Set both modem lines. EG_OK without effect if the port has none, also if the driver reports that only now
 * (ENOTTY, EINVAL): eg_port_has_lines() is false from then on. */
enum eg_code eg_port_set_lines(struct eg_port *port, bool dtr, bool rts, struct eg_error *err) EG_CHECKED;

/** Keep the lines unchanged when the port is closed; otherwise the system may release them. *kept is false,
 * with EG_OK, where the carrier cannot. */
enum eg_code eg_port_keep_lines(struct eg_port *port, bool *kept, struct eg_error *err) EG_CHECKED;

enum eg_code eg_port_discard(struct eg_port *port, struct eg_error *err) EG_CHECKED;

#endif
