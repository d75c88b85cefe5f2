/* SPDX-License-Identifier: Apache-2.0 */

/* The folder that the shim (tty_shim.c) shows as /sys and /dev: USB serial ports as Linux lists them. */

#ifndef TESTS_FAKES_USB_TREE_H
#define TESTS_FAKES_USB_TREE_H

struct usb_port {
    const char *name;   /* "ttyUSB7" or "ttyACM7" for /dev/..., at an adapter or a modem of the CDC class */
    const char *ids;    /* vendor and product, "10c4:ea60" */
    const char *serial; /* "" = none */
    const char *place;  /* bus and ports on the way, "1-2.3" */
    const char
        *terminal; /* what the device is; a socket beside it, terminal + ".lines", is its modem lines */
};

/** Plug the port into the folder, which must exist. Returns 0, or the errno of the first thing that cannot be
 * made. */
int usb_tree_plug(const char *folder, const struct usb_port *port);

/** Remove the folder with all that is in it. */
void usb_tree_remove(const char *folder);

#endif
