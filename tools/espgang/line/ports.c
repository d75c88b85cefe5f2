/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/bytes.h"
#include "engine/link/bridges.h"
#include "engine/link/discover.h"
#include "engine/link/port.h"
#include "tools/espgang/document.h"
#include "tools/espgang/line/usb.h"

#include <stdio.h>

#define BAUD 921600 /* of jobs that say none */

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

static json_t *port_row(const struct eg_found_port *port)
{
    const bool usb = port->vid != 0;

    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "slot", cli_json_text(port->slot), "port",
                     cli_json_text(port->path), "bridge", cli_json_text(port->bridge), "vid",
                     usb ? json_integer(port->vid) : json_null(), "pid",
                     usb ? json_integer(port->pid) : json_null(), "serial", cli_json_text(port->serial),
                     "by_default", port->default_choice);
}

static json_t *share_row(const struct cli_usb_share *share)
{
    static const char *const kinds[] = {
        [CLI_USB_BUS] = "full-speed-bus", [CLI_USB_HUB] = "hub", [CLI_USB_CONTROLLER] = "controller"};

    return json_pack("{s:s, s:o, s:i, s:i, s:o, s:o}", "kind", kinds[share->kind], "name",
                     cli_json_text(cli_usb_name(share)), "boards", (int)share->ports, "ma", (int)share->ma,
                     "endpoints", share->kind == CLI_USB_BUS ? json_null() : json_integer(share->endpoints),
                     "carries",
                     share->kind == CLI_USB_BUS ? json_integer(cli_usb_carries(BAUD)) : json_null());
}

static enum eg_code print_json(const struct cli_call *call, const struct eg_found_port *found, size_t count,
                               struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct cli_usb_share *shares = NULL;
    size_t share_count;

    EG_TRY(cli_usb_shares(&shares, &share_count, found, count, err));
    json_t *const rows = json_array(), *const usb = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(rows, port_row(&found[i]));
    for (size_t i = 0; i < share_count; i++)
        json_array_append_new(usb, share_row(&shares[i]));
    return cli_print_document(call, json_pack("{s:o, s:o}", "ports", rows, "usb", usb), err);
}

static enum eg_code ports(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_found_port *found = NULL;
    EG_CLEANUP(eg_free_cleanup) struct cli_usb_share *shares = NULL;
    size_t count, share_count;

    if (cli_flag(call, "udev") && cli_flag(call, "json"))
        return cli_usage(call, err, "--udev and --json exclude each other");
    if (cli_flag(call, "udev")) {
        print_udev_rules();
        return EG_OK;
    }
    EG_TRY(eg_discover_ports(&found, &count, err));
    if (cli_flag(call, "json"))
        return print_json(call, found, count, err);
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
    EG_TRY(cli_usb_shares(&shares, &share_count, found, count, err));
    if (share_count > 0)
        putchar('\n');
    cli_usb_print(stdout, shares, share_count, BAUD);
    puts("\nOther ports, as --ports takes them:");
    for (const struct eg_port_scheme *const *scheme = eg_port_schemes; *scheme != NULL; scheme++)
        printf("  %s\n", (*scheme)->help);
    return EG_OK;
}

static const struct cli_option options[] = {
    {.name = "udev",
     .help = "Print udev rules that let users open the ports of known bridges, and do nothing else"},
    CLI_OPTION_JSON,
    {.name = NULL}};

const struct cli_command cli_command_ports = {
    .name = "ports",
    .group = CLI_LINE,
    .summary = "List serial ports with slot and USB bridge, and which are used by default",
    .arguments = "",
    .options = options,
    .run = ports,
};
