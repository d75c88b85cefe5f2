/* SPDX-License-Identifier: Apache-2.0 */

/*
 * USB serial ports that are not there, for programs that are linked with the shim (tty_shim.c): the ports
 * that are plugged in here are all that libserialport and libudev see. The adapter is one of them with a test
 * at its other end.
 *
 * Threads: one folder at a time, since its name is in the environment; made before and ended after all
 * threads.
 */

#ifndef TESTS_FAKES_FAKE_USB_H
#define TESTS_FAKES_FAKE_USB_H

#include "tools/vboard/carrier/lines.h"

#include <pthread.h>

struct fake_usb {
    char folder[32];
};

void fake_usb_begin(struct fake_usb *usb);

/** Ends all that was plugged in, too. */
void fake_usb_end(struct fake_usb *usb);

/** As struct usb_port (usb_tree.h) says. */
void fake_usb_plug(const struct fake_usb *usb, const char *name, const char *ids, const char *serial,
                   const char *place, const char *terminal);

/** Pull out what is at the place (usb_tree_unplug()). */
void fake_usb_unplug(const struct fake_usb *usb, const char *place);

/** A terminal and a thread that is its modem lines. */
struct fake_adapter {
    int master;        /* the other end of the terminal */
    char terminal[64]; /* for fake_usb_plug() */
    struct vb__lines lines;
    int stop[2];
    pthread_t thread;
    pthread_mutex_t lock; /* guards the rest */
    unsigned char state;
    char history[128]; /* "D1R1 D0R0": an entry per change; "X" exclusive, "L" low latency, each once */
    bool refuses;      /* every change */
    unsigned unsent;   /* answered, and one less every time */
};

/** Plugged in as NAME at 1-2. With `has_lines` false there is no socket. */
void fake_adapter_plug(struct fake_adapter *adapter, const struct fake_usb *usb, const char *name,
                       const char *ids, bool has_lines);

/** As when the cable is pulled, the terminal hangs up. Twice is allowed. */
void fake_adapter_unplug(struct fake_adapter *adapter);

/** Whether this is what happened so far; shows it when not. */
void assert_history(struct fake_adapter *adapter, const char *expected);

/** From now on. */
void fake_adapter_refuse(struct fake_adapter *adapter);
void fake_adapter_hold(struct fake_adapter *adapter, unsigned unsent);

#endif
