/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/bytes.h"
#include "engine/link/bridges.h"
#include "engine/link/discover.h"
#include "engine/link/port.h"
#include "tools/espgang/command.h"

#include <stdio.h>

/* Numbers below 73, where logind gives a device with the tag to whoever sits at the machine. */
static void print_udev_rules(void)
{
    puts("# Serial ports of the USB bridges on boards with Espressif chips: for the group dialout, and for "
         "the user who is\n"
         "# logged in at the machine. Written by 'espgang ports --udev' for "
         "/etc/udev/rules.d/70-espgang.rules.\n"
         "SUBSYSTEM!=\"tty\", GOTO=\"espgang_end\"");
    for (const struct eg_bridge_kind *kind = eg_bridge_kinds; kind->vid != 0; kind++) {
        printf("ATTRS{idVendor}==\"%04x\"", kind->vid);
        if (kind->pid != EG_BRIDGE_ANY_PID)
            printf(", ATTRS{idProduct}==\"%04x\"", kind->pid);
        puts(", GROUP=\"dialout\", MODE=\"0660\", TAG+=\"uaccess\"");
    }
    puts("LABEL=\"espgang_end\"");
}

static enum eg_code ports(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_found_port *found = NULL;
    size_t count;

    if (cli_flag(call, "udev")) {
        print_udev_rules();
        return EG_OK;
    }
    EG_TRY(eg_discover_ports(&found, &count, err));
    if (count == 0) {
        puts("no serial port");
    } else {
        printf("%-36s  %-16s  %-16s  %-9s  %-20s  %s\n", "SLOT", "PORT", "BRIDGE", "USB", "SERIAL",
               "BY DEFAULT");
        for (size_t i = 0; i < count; i++) {
            const struct eg_found_port *port = &found[i];
            char usb[10] = "";
            if (port->vid != 0)
                snprintf(usb, sizeof usb, "%04x:%04x", port->vid, port->pid);
            printf("%-36s  %-16s  %-16s  %-9s  %-20s  %s\n", port->slot, port->path, port->bridge, usb,
                   port->serial, port->default_choice ? "used" : "left alone");
        }
    }
    puts("\nOther ports, as --ports takes them:");
    for (const struct eg_port_scheme *const *scheme = eg_port_schemes; *scheme != NULL; scheme++)
        printf("  %s\n", (*scheme)->help);
    return EG_OK;
}

static const struct cli_option options[] = {
    {.name = "udev",
     .help = "Print udev rules that let users open the ports of known bridges, and do nothing else"},
    {.name = NULL}};

const struct cli_command cli_command_ports = {
    .name = "ports",
    .group = CLI_LINE,
    .summary = "List serial ports with slot and USB bridge, and which are used by default",
    .arguments = "",
    .options = options,
    .run = ports,
};
