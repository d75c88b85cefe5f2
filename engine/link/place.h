/* SPDX-License-Identifier: Apache-2.0 */

/* Where a port is plugged in, what carries it, and which insertion it is. */

#ifndef ENGINE_LINK_PLACE_H
#define ENGINE_LINK_PLACE_H

#include <stdint.h>

#define EG_PLACE 256

/** The USB device that carries a port. Its texts are harmless to print. */
struct eg_bridge {
    uint16_t vid, pid; /* vid 0 = not known, or not USB */
    char serial[64];   /* its own; "" = none */
};

/**
 * One insertion of one device, told apart from every other by numbers of the kernel. Names like ttyUSB0 do
 * not tell: Linux gives the lowest free one in the order of plugging. All zero: not known, as for a URL.
 */
struct eg_presence {
    uint64_t device;         /* number of the device node */
    uint64_t initialized_us; /* when udev initialised it, since the system started; 0 = there is no udev */
    uint32_t usb_bus, usb_address; /* of the USB device; 0 = not USB */
    uint64_t inode, changed_ns;    /* of the device node where there is no udev; else 0 */
};

#endif
