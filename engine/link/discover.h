/* SPDX-License-Identifier: Apache-2.0 */

/* Which serial ports this machine has and what hangs on them. */

#ifndef ENGINE_LINK_DISCOVER_H
#define ENGINE_LINK_DISCOVER_H

#include "engine/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct eg_found_port {
    char path[256];  /* "/dev/ttyUSB0" */
    char slot[128];  /* USB topology ("pci-0000:00:14.0-usb-0:2:1.0" or "1-2.3"), or the path when not USB */
    char bridge[64]; /* "CP210x", "CH340", "USB-Serial/JTAG", "" = unknown bridge or none */
    char serial[64]; /* USB serial number, "" = none */
    uint16_t vid, pid;   /* 0 = not USB */
    bool default_choice; /* USB with a bridge known from Espressif boards, or native USB: used without --ports
                          */
};

/**
 * List the serial ports, sorted by slot.
 *
 * @param found  an array of *count rows, the caller's, for free(); NULL when there is none
 */
enum eg_code eg_discover_ports(struct eg_found_port **found, size_t *count, struct eg_error *err) EG_CHECKED;

/** The slot name of a port path or URL: topology for USB serial ports, else the path or URL itself. */
void eg_discover_slot(char *slot, size_t size, const char *url);

#endif
