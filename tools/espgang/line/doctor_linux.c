/* SPDX-License-Identifier: Apache-2.0 */

/* Checks of USB by sysfs, and of this machine. For Linux only. */

#include "tools/espgang/line/doctor.h"

#include "engine/base/process.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#define FULL_SPEED 12 /* Mbit/s */
#define HUB_CLASS  0x09
/* USB 2.0, table 5-9: at most 19 bulk packets of 64 bytes in each frame of 1 ms. */
#define FULL_SPEED_BYTES_S (19 * 64 * 1000)
#define BOARD_BYTES_S      (921600 / 10)
#define BUS_POWERED_MA     400 /* 500, less 100 for the hub itself */

/* A group of ports that share something. */
struct sharing {
    char folder[PATH_MAX]; /* of the hub in sysfs */
    unsigned ports, ma;
};

static bool read_attribute(const char *folder, const char *name, int base, long *value)
{
    char path[PATH_MAX], text[32];

    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return false;
    FILE *const file = fopen(path, "re");
    if (file == NULL)
        return false;
    const bool got = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    if (got)
        *value = strtol(text, NULL, base);
    return got;
}

/* Shorten a path in sysfs to the folder above; false at the top. */
static bool go_up(char *folder)
{
    char *const slash = strrchr(folder, '/');

    if (slash == NULL || slash == folder)
        return false;
    *slash = '\0';
    return true;
}

/* Find the folder of the USB device that carries a port. */
static bool find_device(char folder[PATH_MAX], const char *port)
{
    const char *const name = strrchr(port, '/');
    char path[PATH_MAX];
    long vid;

    snprintf(path, sizeof path, "/sys/class/tty/%.64s/device", name != NULL ? name + 1 : port);
    if (realpath(path, folder) == NULL)
        return false;
    while (!read_attribute(folder, "idVendor", 16, &vid))
        if (!go_up(folder))
            return false;
    return true;
}

static struct sharing *group_of(struct sharing *groups, size_t *count, const char *folder)
{
    size_t i = 0;

    while (i < *count && strcmp(groups[i].folder, folder) != 0)
        i++;
    if (i == *count) {
        groups[i] = (struct sharing){.ports = 0};
        snprintf(groups[i].folder, sizeof groups[i].folder, "%s", folder);
        (*count)++;
    }
    return &groups[i];
}

/* Find what a full-speed device shares its 12 Mbit/s with: all that is below the same transaction translator,
 * which a hub has for all its ports or for each, or below the same root hub of that speed. */
static bool find_translator(char folder[PATH_MAX])
{
    char below[PATH_MAX];
    long speed, protocol, vid;

    if (!read_attribute(folder, "speed", 10, &speed) || speed != FULL_SPEED)
        return false;
    do {
        snprintf(below, sizeof below, "%s", folder);
        if (!go_up(folder) || !read_attribute(folder, "speed", 10, &speed)) {
            snprintf(folder, PATH_MAX, "%s", below); /* the root hub */
            return true;
        }
    } while (speed <= FULL_SPEED);
    if (!read_attribute(folder, "idVendor", 16, &vid) || strncmp(strrchr(folder, '/'), "/usb", 4) == 0)
        return false; /* a fast root hub: how its controller shares is not known */
    if (read_attribute(folder, "bDeviceProtocol", 16, &protocol) && protocol == 2)
        snprintf(folder, PATH_MAX, "%s", below);
    return true;
}

static void check_power(struct cli_doctor *doctor, const struct sharing *hub)
{
    long attributes, class;

    if (read_attribute(hub->folder, "bDeviceClass", 16, &class) && class == HUB_CLASS &&
        read_attribute(hub->folder, "bmAttributes", 16, &attributes) && (attributes & 0x40) == 0 &&
        hub->ma > BUS_POWERED_MA)
        cli_doctor_find(doctor, CLI_WARNING, "usb-power", strrchr(hub->folder, '/') + 1,
                        "use a hub with a supply of its own",
                        "boards at this hub ask for %u mA, and without a supply it may give %d mA", hub->ma,
                        BUS_POWERED_MA);
}

void cli_doctor_usb(struct cli_doctor *doctor, const struct eg_found_port *ports, size_t count)
{
    struct sharing *const translators = calloc(count + 1, sizeof *translators);
    struct sharing *const hubs = calloc(count + 1, sizeof *hubs);
    size_t translator_count = 0, hub_count = 0;
    char folder[PATH_MAX];

    for (size_t i = 0; translators != NULL && hubs != NULL && i < count; i++) {
        long ma = 0;

        if (ports[i].vid == 0 || !find_device(folder, ports[i].path))
            continue;
        (void)read_attribute(folder, "bMaxPower", 10, &ma);
        if (find_translator(folder))
            group_of(translators, &translator_count, folder)->ports++;
        if (find_device(folder, ports[i].path) && go_up(folder)) {
            struct sharing *const hub = group_of(hubs, &hub_count, folder);
            hub->ma += (unsigned)ma;
        }
    }
    for (size_t i = 0; i < translator_count; i++)
        if (translators[i].ports > FULL_SPEED_BYTES_S / BOARD_BYTES_S)
            cli_doctor_find(
                doctor, CLI_WARNING, "usb-bandwidth", strrchr(translators[i].folder, '/') + 1,
                "spread the boards over hubs with a transaction translator for each port, or over "
                "several controllers",
                "%u boards share 12 Mbit/s here, which carries %d at 921600 baud", translators[i].ports,
                FULL_SPEED_BYTES_S / BOARD_BYTES_S);
    for (size_t i = 0; i < hub_count; i++)
        check_power(doctor, &hubs[i]);
    free(translators);
    free(hubs);
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
