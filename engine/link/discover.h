/* SPDX-License-Identifier: Apache-2.0 */

/* Which serial ports this machine has, where they are plugged in, and which insertion each one is. */

#ifndef ENGINE_LINK_DISCOVER_H
#define ENGINE_LINK_DISCOVER_H

#include "engine/base/error.h"
#include "engine/link/place.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Whether both are the same insertion. Two unknown ones are the same. */
bool eg_presence_same(const struct eg_presence *a, const struct eg_presence *b);

struct eg_found_port {
    char path[256];      /* "/dev/ttyUSB0": its name now */
    char slot[EG_PLACE]; /* USB topology ("pci-0000:00:14.0-usb-0:2:1.0" or "1-2.3:1.0"), or the path when not
                            USB */
    char bridge[64];     /* "CP210x", "CH340", "USB-Serial/JTAG", "" = unknown bridge or none */
    char serial[64];     /* USB serial number, harmless to print; "" = none */
    uint16_t vid, pid;   /* 0 = not USB */
    struct eg_presence presence;
    bool default_choice; /* USB with a bridge known from Espressif boards, or native USB: used without --ports
                          */
};

/**
 * List the serial ports, sorted by slot. A port that udev has not initialised yet is not listed: its place is
 * not known and its permissions are not set.
 *
 * @param found  an array of *count rows, the caller's, for free(); NULL when there is none
 */
enum eg_code eg_discover_ports(struct eg_found_port **found, size_t *count, struct eg_error *err) EG_CHECKED;

/**
 * Find the port that is at an address now. A slot asks eg_port_find() (port.h).
 *
 * @param address  a place (`slot` above), a path (links are followed), or a URL, which is only copied: its
 * presence is not known
 *
 * @return EG_OK; EG_NO_PORT nothing is there, or udev has not initialised it yet
 */
enum eg_code eg_discover_at(struct eg_found_port *found, const char *address,
                            struct eg_error *err) EG_CHECKED;

/**
 * Remove the ports that do not match the filters; the others keep their order.
 *
 * A filter is "vid=NUMBER", "pid=NUMBER" (decimal, 0x, 0o, 0b), "name=TEXT" or "serial=TEXT" (TEXT is part of
 * the name after the last '/', or of the USB serial number; case matters). Of each kind that is given, one
 * must match; a value that a port does not have matches nothing. These are esptool's rules.
 *
 * @param found  rows of eg_discover_ports(); *count may be 0, to check only the filters
 *
 * @return EG_OK; EG_BAD_JOB a filter is malformed, and no port was removed; EG_NO_MEMORY
 */
enum eg_code eg_discover_filter(struct eg_found_port *found, size_t *count, const char *const *filters,
                                size_t filter_count, struct eg_error *err) EG_CHECKED;

/** Sort in esptool's order for trying one port after the other: Espressif's native USB, ttyUSB and ttyACM,
 * the rest; among equals the highest path first. */
void eg_discover_order_for_search(struct eg_found_port *found, size_t count);

#endif
