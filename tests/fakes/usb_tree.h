/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The folder that the shim (tty_shim.c) shows as /sys, /dev and /run/udev: USB serial ports as Linux lists
 * them.
 *
 * Every function returns 0, or the errno of the first thing that could not be created. One process at a time
 * changes a folder; others may read it meanwhile.
 */

#ifndef TESTS_FAKES_USB_TREE_H
#define TESTS_FAKES_USB_TREE_H

#include <stdbool.h>

#define USB_TREE_NAME 32

struct usb_port {
    /** "ttyUSB7" for an adapter, "ttyACM7" for a CDC modem, in /dev. Without a number it gets the lowest
     * free one, as in Linux. */
    const char *name;
    const char *ids;      /* vendor and product, "10c4:ea60" */
    const char *serial;   /* "" = none */
    const char *place;    /* bus and ports on the way, "1-2.3"; buses 1 to 9 */
    const char *terminal; /* the terminal that is the device; a socket next to it, terminal + ".lines", is its
                             modem lines */
};

/**
 * Plug in a port as a new device: with the next USB address of its bus, a new node and, if udev runs, a new
 * time of initialisation. `name` becomes its name; it may be NULL. The folder must exist.
 */
int usb_tree_plug(const char *folder, const struct usb_port *port, char name[USB_TREE_NAME]);

/** Unplug the port at the place; programs that have it open see a hang-up. ENOENT if the place is empty. */
int usb_tree_unplug(const char *folder, const char *place);

/** Unplug the ports at two places and plug both in again, each under the other's tty name. */
int usb_tree_swap(const char *folder, const char *place, const char *other);

/**
 * Run udev from now on. While it is `late`, plugged ports stay uninitialised: without ID_PATH. They are
 * initialised as soon as it is not late.
 */
int usb_tree_udev(const char *folder, bool late);

/** Keep a number in use, like a program that has not yet closed an unplugged port. */
int usb_tree_hold(const char *folder, const char *name);
int usb_tree_release(const char *folder, const char *name);

/** Write the port's trouble file (tty_shim_ports.c); NULL ends the trouble. */
int usb_tree_trouble(const char *folder, const char *name, const char *rules);

/** Remove the folder and its contents. */
void usb_tree_remove(const char *folder);

#endif
