/* SPDX-License-Identifier: Apache-2.0 */

/* Checks of USB by sysfs, and of this machine. For Linux only. */

#include "tools/espgang/line/doctor.h"

#include "engine/base/bytes.h"
#include "engine/base/process.h"
#include "tools/espgang/line/usb.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#define HUB_CLASS      0x09
#define BUS_POWERED_MA 400 /* 500, less 100 for the hub itself */
#define BAUD           921600

static void check_power(struct cli_doctor *doctor, const struct cli_usb_share *hub)
{
    long attributes, class;

    if (cli_usb_read(hub->folder, "bDeviceClass", 16, &class) && class == HUB_CLASS &&
        cli_usb_read(hub->folder, "bmAttributes", 16, &attributes) && (attributes & 0x40) == 0 &&
        hub->ma > BUS_POWERED_MA)
        cli_doctor_find(doctor, CLI_WARNING, "usb-power", cli_usb_name(hub),
                        "use a hub with a supply of its own",
                        "boards at this hub ask for %u mA, and without a supply it may give %d mA", hub->ma,
                        BUS_POWERED_MA);
}

static void check_bandwidth(struct cli_doctor *doctor, const struct cli_usb_share *bus)
{
    if (bus->ports > cli_usb_carries(BAUD))
        cli_doctor_find(doctor, CLI_WARNING, "usb-bandwidth", cli_usb_name(bus),
                        "spread the boards over hubs with a transaction translator for each port, or over "
                        "several controllers",
                        "%u boards share 12 Mbit/s here, which carries %u at %d baud", bus->ports,
                        cli_usb_carries(BAUD), BAUD);
}

static void check_endpoints(struct cli_doctor *doctor, const struct cli_usb_share *controller)
{
    if (controller->endpoints > CLI_USB_ENDPOINTS_SURE)
        cli_doctor_find(
            doctor, CLI_WARNING, "usb-endpoints", cli_usb_name(controller),
            "spread the boards over several controllers, such as PCIe cards; the kernel's log says "
            "'Not enough bandwidth' or 'not enough host controller resources' when there are too many",
            "%u boards and their hubs take %u endpoints of this controller, which may have no more "
            "than %d",
            controller->ports, controller->endpoints, CLI_USB_ENDPOINTS_SURE);
}

/* A driver of USB modems says whether the device takes the calls for DTR and RTS: bit 1. */
static void check_lines(struct cli_doctor *doctor, const struct eg_found_port *port, const char *folder)
{
    long capabilities;

    if (cli_usb_read(folder, "bmCapabilities", 10, &capabilities) && (capabilities & 2) == 0)
        cli_doctor_find(doctor, CLI_PROBLEM, "modem-lines", port->path,
                        "use another bridge, or reset boards by hand with link.before: no-reset",
                        "it has no DTR and RTS, so boards cannot be reset into their loader");
}

static bool write_latency(const char *folder)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%.4000s/latency_timer", folder);
    FILE *const file = fopen(path, "we");
    if (file == NULL)
        return false;
    const bool written = fputs("1", file) >= 0;
    return fclose(file) == 0 && written;
}

/* FTDI's bridges collect bytes for so long. */
static void check_latency(struct cli_doctor *doctor, const struct eg_found_port *port, const char *folder)
{
    long ms;

    if (!cli_usb_read(folder, "latency_timer", 10, &ms) || ms <= 1 ||
        (doctor->sets_latency && write_latency(folder)))
        return;
    cli_doctor_find(doctor, CLI_WARNING, "latency-timer", port->path,
                    doctor->sets_latency
                        ? "run 'sudo espgang doctor --set-latency'"
                        : "run 'espgang doctor --set-latency', which sets 1 ms for every program",
                    "answers wait up to %ld ms in this bridge%s", ms,
                    doctor->sets_latency ? ", and this user may not change that"
                                         : "; espgang asks for 1 ms while it has the port open");
}

static void check_port(struct cli_doctor *doctor, const struct eg_found_port *port)
{
    const char *const name = strrchr(port->path, '/');
    char folder[PATH_MAX];

    snprintf(folder, sizeof folder, "/sys/class/tty/%.64s/device", name != NULL ? name + 1 : port->path);
    check_lines(doctor, port, folder);
    check_latency(doctor, port, folder);
}

enum eg_code cli_doctor_usb(struct cli_doctor *doctor, const struct eg_found_port *ports, size_t count,
                            struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct cli_usb_share *shares = NULL;
    size_t share_count;

    for (size_t i = 0; i < count; i++)
        check_port(doctor, &ports[i]);
    EG_TRY(cli_usb_shares(&shares, &share_count, ports, count, err));
    for (size_t i = 0; i < share_count; i++) {
        switch (shares[i].kind) {
        case CLI_USB_BUS:
            check_bandwidth(doctor, &shares[i]);
            break;
        case CLI_USB_HUB:
            check_power(doctor, &shares[i]);
            break;
        case CLI_USB_CONTROLLER:
            check_endpoints(doctor, &shares[i]);
            break;
        }
    }
    return EG_OK;
}

void cli_doctor_system(struct cli_doctor *doctor)
{
    struct timex clock = {.modes = 0};

    if (eg_process_runs("brltty"))
        cli_doctor_find(doctor, CLI_PROBLEM, "brltty", "brltty",
                        "remove it (apt remove brltty), or stop its service",
                        "it runs, and takes CH340 and CP210x bridges for Braille displays");
    if (eg_process_runs("ModemManager"))
        cli_doctor_find(doctor, CLI_WARNING, "modem-manager", "ModemManager",
                        "stop it (systemctl disable --now ModemManager)",
                        "it runs, and opens new ports to look for modems, which resets boards");
    if (access("/run/udev/control", F_OK) != 0)
        cli_doctor_find(doctor, CLI_WARNING, "udev", "udev",
                        "run udev, or, in a container, mount /run/udev into it read-only",
                        "it does not run: slots are named by sysfs, and permissions are not set");
    if (adjtimex(&clock) == TIME_ERROR || (clock.status & STA_UNSYNC) != 0)
        cli_doctor_find(doctor, CLI_WARNING, "clock", "clock",
                        "turn time synchronisation on (timedatectl set-ntp true)",
                        "it is not synchronised, so times on record may be wrong");
}
