/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Simulated USB serial ports for programs linked with the shim (tty_shim.c): libserialport and libudev see
 * only the ports plugged in here. An adapter is such a port with the test at its other end.
 *
 * Threads: one folder at a time, since its name is in the environment; created before all threads start, and
 * removed after all have ended.
 */

#ifndef TESTS_FAKES_FAKE_USB_H
#define TESTS_FAKES_FAKE_USB_H

#include "tools/vboard/carrier/lines.h"

#include <pthread.h>

struct fake_usb {
    char folder[32];
};

void fake_usb_begin(struct fake_usb *usb);

/** Unplug all ports and remove the folder. */
void fake_usb_end(struct fake_usb *usb);

/** Plug in a port, as struct usb_port (usb_tree.h) describes it. */
void fake_usb_plug(const struct fake_usb *usb, const char *name, const char *ids, const char *serial,
                   const char *place, const char *terminal);

/** Unplug the port at the place (usb_tree_unplug()). */
void fake_usb_unplug(const struct fake_usb *usb, const char *place);

/** A terminal, and a thread that serves its modem lines. */
struct fake_adapter {
    int master;        /* the other end of the terminal */
    char terminal[64]; /* for fake_usb_plug() */
    struct vb__lines lines;
    int stop[2];
    pthread_t thread;
    pthread_mutex_t lock; /* guards the rest */
    unsigned char state;
    char history[128]; /* one entry per change, "D1R1 D0R0"; "X" exclusive, "L" low latency, each once */
    bool refuses;      /* every change */
    unsigned unsent;   /* reported as unsent bytes, one less with every answer */
};

/** Plug in an adapter as NAME at 1-2. With `has_lines` false it has no socket. */
void fake_adapter_plug(struct fake_adapter *adapter, const struct fake_usb *usb, const char *name,
                       const char *ids, bool has_lines);

/** Pull the cable: the terminal hangs up. May be called twice. */
void fake_adapter_unplug(struct fake_adapter *adapter);

/** Check the history so far. */
void assert_history(struct fake_adapter *adapter, const char *expected);

/** Refuse every change of the lines; report unsent bytes. Both from now on. */
void fake_adapter_refuse(struct fake_adapter *adapter);
void fake_adapter_hold(struct fake_adapter *adapter, unsigned unsent);

#endif
