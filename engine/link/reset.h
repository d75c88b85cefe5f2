/* SPDX-License-Identifier: Apache-2.0 */

/* Reset sequences on DTR and RTS; the steps are those of esptool, their names too. */

#ifndef ENGINE_LINK_RESET_H
#define ENGINE_LINK_RESET_H

#include "engine/link/port.h"

enum eg_reset {
    EG_RESET_CLASSIC,    /* into the loader, one line at a time */
    EG_RESET_REMOTE,     /* as classic, but for a network: out of reset together with the strap */
    EG_RESET_UNIX_TIGHT, /* into the loader, both lines at once */
    EG_RESET_USB_JTAG,   /* into the loader over USB-Serial/JTAG */
    EG_RESET_HARD,       /* EN pulse: start the application */
    EG_RESET_HARD_USB,   /* the same over native USB, with longer waits */
};

#define EG_RESET_HOLD_MS       50  /* how long the strap is held, first try */
#define EG_RESET_HOLD_EXTRA_MS 550 /* second try */
#define EG_RESET_LOW_MS        100 /* how long EN is low */
#define EG_RESET_LOW_SHORT_MS  20  /* first try: a transistor empties the usual 1 uF in less than 2 ms */

/** What a sequence leaves to its caller. */
struct eg_reset_times {
    uint32_t low_ms;  /* EN low; not used over native USB */
    uint32_t hold_ms; /* boot strap held after it, at most; used by the first three sequences */

    /** Gets what arrives while the strap is held; true = release it now. NULL = it is held for `hold_ms`. */
    bool (*heard)(void *context, const uint8_t *data, size_t size);
    void *context;
};

/**
 * Run a reset sequence; for adapters with flow control (known by vid and pid), esptool's variant for them.
 *
 * @return EG_OK, without effect when the port has no modem lines; EG_PORT_GONE, EG_PORT_REFUSED, EG_CANCELLED
 */
enum eg_code eg_reset_run(struct eg_port *port, enum eg_reset sequence, const struct eg_reset_times *times,
                          struct eg_error *err) EG_CHECKED;

/**
 * Run a custom sequence in esptool's words, joined by '|': D0 D1 R0 R1 (one line), U<dtr>,<rts> (both at
 * once), W<seconds> (wait, at most 60).
 *
 * @return EG_OK; EG_BAD_JOB when the text has an unknown word, before any line is touched; EG_PORT_GONE,
 *         EG_PORT_REFUSED, EG_CANCELLED
 */
enum eg_code eg_reset_run_custom(struct eg_port *port, const char *sequence, struct eg_error *err) EG_CHECKED;

/** Check the text of a custom sequence: EG_OK or EG_BAD_JOB. */
enum eg_code eg_reset_check_custom(const char *sequence, struct eg_error *err) EG_CHECKED;

#endif
