/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The folder that the shim (tty_shim.c) shows as /sys, /dev and /run/udev: USB serial ports as Linux lists
 * them.
 *
 * Every function returns 0, or the errno of the first thing that could not be made. One process at a time
 * changes a folder; others may read it meanwhile.
 */

#ifndef TESTS_FAKES_USB_TREE_H
#define TESTS_FAKES_USB_TREE_H

#include <stdbool.h>

#define USB_TREE_NAME 32

struct usb_port {
    /** "ttyUSB7" or "ttyACM7" for /dev/..., at an adapter or a modem of the CDC class. "ttyUSB" or "ttyACM"
     * takes the lowest number that is free, as Linux does. */
    const char *name;
    const char *ids;    /* vendor and product, "10c4:ea60" */
    const char *serial; /* "" = none */
    const char *place;  /* bus and ports on the way, "1-2.3"; buses 1 to 9 */
    const char
        *terminal; /* what the device is; a socket beside it, terminal + ".lines", is its modem lines */
};

/** Plug a port in, as a new device: with the next USB address of its bus, a new node and, where udev runs, a
 * new time of initialisation. `name` becomes the name it has; it may be NULL. The folder must exist. */
int usb_tree_plug(const char *folder, const struct usb_port *port, char name[USB_TREE_NAME]);

/** Pull out what is at the place; who has it open finds that it hung up. ENOENT when nothing is there. */
int usb_tree_unplug(const char *folder, const char *place);

/** Pull out what is at two places and plug both in again, each under the tty name of the other. */
int usb_tree_swap(const char *folder, const char *place, const char *other);

/** Run udev from now on. While it is `late`, plugged ports stay uninitialised: without ID_PATH. Ports that
 * are uninitialised are initialised as soon as it is not late. */
int usb_tree_udev(const char *folder, bool late);

/** Keep a number from being free, as a program does that has not closed an unplugged port yet. */
int usb_tree_hold(const char *folder, const char *name);
int usb_tree_release(const char *folder, const char *name);

/** Write the port's trouble file (tty_shim_ports.c); NULL ends the trouble. */
int usb_tree_trouble(const char *folder, const char *name, const char *rules);

/** Remove the folder with all that is in it. */
void usb_tree_remove(const char *folder);

#endif
