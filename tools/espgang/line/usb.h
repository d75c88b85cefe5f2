/* SPDX-License-Identifier: Apache-2.0 */

/* What boards share on their way to this machine: full-speed buses, hubs and USB controllers. */

#ifndef TOOLS_ESPGANG_LINE_USB_H
#define TOOLS_ESPGANG_LINE_USB_H

#include "engine/link/discover.h"

#include <limits.h>
#include <stdio.h>

/* Intel's controllers since 2013 have 96 endpoints, of which some firmware gives 64. */
#define CLI_USB_ENDPOINTS_SURE 64
#define CLI_USB_ENDPOINTS_MOST 96

enum cli_usb_kind { CLI_USB_BUS, CLI_USB_HUB, CLI_USB_CONTROLLER };

/** A group of ports that share something. */
struct cli_usb_share {
    enum cli_usb_kind kind;
    char folder[PATH_MAX]; /* of it in sysfs */
    unsigned ports;
    unsigned ma;        /* that their boards ask for */
    unsigned endpoints; /* of them and of their hubs: other devices come on top */
};

/** Return the name of it: "1-1.4", "usb1", "0000:00:14.0". */
const char *cli_usb_name(const struct cli_usb_share *share);

/**
 * Find what ports share. A port that is no USB device shares nothing.
 *
 * @param shares  by kind; for free()
 */
enum eg_code cli_usb_shares(struct cli_usb_share **shares, size_t *count, const struct eg_found_port *ports,
                            size_t port_count, struct eg_error *err) EG_CHECKED;

/** Return how many boards the 12 Mbit/s of a full-speed bus carry at a rate. */
unsigned cli_usb_carries(uint32_t baud);

/** Read a number from a file in sysfs. */
bool cli_usb_read(const char *folder, const char *name, int base, long *value);

/** Print a line for each full-speed bus and controller: its boards, and how many it can have. */
void cli_usb_print(FILE *out, const struct cli_usb_share *shares, size_t count, uint32_t baud);

#endif
