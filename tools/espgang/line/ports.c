/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/bytes.h"
#include "engine/link/discover.h"
#include "engine/link/port.h"
#include "tools/espgang/command.h"

#include <stdio.h>

static enum eg_code ports(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_found_port *found = NULL;
    size_t count;

    (void)call;
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

const struct cli_command cli_command_ports = {
    .name = "ports",
    .group = CLI_LINE,
    .summary = "List serial ports with slot and USB bridge, and which are used by default",
    .arguments = "",
    .run = ports,
};
