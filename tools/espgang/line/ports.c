/* SPDX-License-Identifier: Apache-2.0 */

/* espgang ports: what is attached, by slot. */

#include "engine/base/bytes.h"
#include "engine/link/discover.h"
#include "engine/link/port.h"
#include "tools/espgang/cli.h"

#include <stdio.h>

enum cli_status cli_ports(int argc, const char **argv)
{
    const struct poptOption options[] = {POPT_AUTOHELP POPT_TABLEEND};
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;
    EG_CLEANUP(eg_free_cleanup) struct eg_found_port *found = NULL;
    struct eg_error err;
    size_t count;

    if (!cli_options(&context, argc, argv, options, ""))
        return CLI_USAGE;
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "takes no argument, but got '%s'", poptPeekArg(context));
    if (eg_discover_ports(&found, &count, &err) != EG_OK)
        return cli_fail(&err);
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
    return CLI_OK;
}
