/* SPDX-License-Identifier: Apache-2.0 */

/* What boards share, by sysfs. For Linux only. */

#include "tools/espgang/line/usb.h"

#include "engine/base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define FULL_SPEED 12 /* Mbit/s */
/* USB 2.0, table 5-9: at most 19 bulk packets of 64 bytes in each frame of 1 ms. */
#define FULL_SPEED_BYTES_S (19 * 64 * 1000)

bool cli_usb_read(const char *folder, const char *name, int base, long *value)
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

unsigned cli_usb_carries(uint32_t baud)
{
    return FULL_SPEED_BYTES_S / (baud / 10);
}

const char *cli_usb_name(const struct cli_usb_share *share)
{
    return strrchr(share->folder, '/') + 1;
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

static bool is_root_hub(const char *folder)
{
    return strncmp(strrchr(folder, '/'), "/usb", 4) == 0;
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
    while (!cli_usb_read(folder, "idVendor", 16, &vid))
        if (!go_up(folder))
            return false;
    return true;
}

/* Find what a full-speed device shares its 12 Mbit/s with: all that is below the same transaction translator,
 * which a hub has for all its ports or for each, or below the same root hub of that speed. */
static bool find_translator(char folder[PATH_MAX])
{
    char below[PATH_MAX];
    long speed, protocol, vid;

    if (!cli_usb_read(folder, "speed", 10, &speed) || speed != FULL_SPEED)
        return false;
    do {
        snprintf(below, sizeof below, "%s", folder);
        if (!go_up(folder) || !cli_usb_read(folder, "speed", 10, &speed)) {
            snprintf(folder, PATH_MAX, "%s", below); /* the root hub */
            return true;
        }
    } while (speed <= FULL_SPEED);
    if (!cli_usb_read(folder, "idVendor", 16, &vid) || is_root_hub(folder))
        return false; /* a fast root hub: how its controller shares is not known */
    if (cli_usb_read(folder, "bDeviceProtocol", 16, &protocol) && protocol == 2)
        snprintf(folder, PATH_MAX, "%s", below);
    return true;
}

/* Find the controller of a device: what its root hub is plugged into. */
static bool find_controller(char folder[PATH_MAX])
{
    while (!is_root_hub(folder))
        if (!go_up(folder) || strrchr(folder, '/') == folder)
            return false;
    return go_up(folder);
}

/* Count the endpoints of a device: that of control, and those of its interfaces. */
static unsigned endpoints_of(const char *folder)
{
    const char *const name = strrchr(folder, '/') + 1;
    char interface[128];
    long interfaces = 0, endpoints = 0;
    unsigned count = 1;

    (void)cli_usb_read(folder, "bNumInterfaces", 10, &interfaces);
    for (long i = 0; i < interfaces && i < 32; i++) {
        snprintf(interface, sizeof interface, "%.80s:1.%ld/bNumEndpoints", name, i);
        if (cli_usb_read(folder, interface, 16, &endpoints))
            count += (unsigned)endpoints;
    }
    return count;
}

struct list {
    struct cli_usb_share *all;
    size_t count;
};

static struct cli_usb_share *share_of(struct list *list, enum cli_usb_kind kind, const char *folder)
{
    size_t i = 0;

    while (i < list->count && (list->all[i].kind != kind || strcmp(list->all[i].folder, folder) != 0))
        i++;
    if (i == list->count) {
        list->all[i] = (struct cli_usb_share){.kind = kind};
        snprintf(list->all[i].folder, sizeof list->all[i].folder, "%s", folder);
        list->count++;
    }
    return &list->all[i];
}

static void add_port(struct list *list, const struct eg_found_port *port)
{
    char device[PATH_MAX], folder[PATH_MAX];
    long ma = 0;

    if (port->vid == 0 || !find_device(device, port->path))
        return;
    (void)cli_usb_read(device, "bMaxPower", 10, &ma);
    snprintf(folder, sizeof folder, "%s", device);
    if (find_translator(folder))
        share_of(list, CLI_USB_BUS, folder)->ports++;
    snprintf(folder, sizeof folder, "%s", device);
    if (go_up(folder)) {
        struct cli_usb_share *const hub = share_of(list, CLI_USB_HUB, folder);
        hub->ports++;
        hub->ma += (unsigned)ma;
        hub->endpoints = endpoints_of(folder);
    }
    snprintf(folder, sizeof folder, "%s", device);
    if (find_controller(folder)) {
        struct cli_usb_share *const controller = share_of(list, CLI_USB_CONTROLLER, folder);
        controller->ports++;
        controller->endpoints += endpoints_of(device);
    }
}

/* Hubs of boards take endpoints of their controller, too. */
static void add_hubs(struct list *list)
{
    char folder[PATH_MAX];

    for (size_t i = 0; i < list->count; i++) {
        if (list->all[i].kind != CLI_USB_HUB)
            continue;
        snprintf(folder, sizeof folder, "%s", list->all[i].folder);
        if (find_controller(folder))
            share_of(list, CLI_USB_CONTROLLER, folder)->endpoints += list->all[i].endpoints;
    }
}

static int by_kind(const void *a, const void *b)
{
    const struct cli_usb_share *const first = a, *const second = b;

    return first->kind != second->kind ? (first->kind > second->kind) - (first->kind < second->kind)
                                       : strcmp(first->folder, second->folder);
}

enum eg_code cli_usb_shares(struct cli_usb_share **shares, size_t *count, const struct eg_found_port *ports,
                            size_t port_count, struct eg_error *err)
{
    struct list list = {.count = 0};

    EG_TRY(eg_alloc(&list.all, 3 * port_count + 1, sizeof *list.all, err));
    for (size_t i = 0; i < port_count; i++)
        add_port(&list, &ports[i]);
    add_hubs(&list);
    qsort(list.all, list.count, sizeof *list.all, by_kind);
    *shares = list.all;
    *count = list.count;
    return EG_OK;
}

void cli_usb_print(FILE *out, const struct cli_usb_share *shares, size_t count, uint32_t baud)
{
    for (size_t i = 0; i < count; i++) {
        const struct cli_usb_share *const share = &shares[i];
        const char *const boards = share->ports == 1 ? "board" : "boards";
        const unsigned most = cli_usb_carries(baud);
        if (share->kind == CLI_USB_BUS)
            fprintf(out, "full-speed bus %s: %u %s; its 12 Mbit/s carry %u at %u baud%s\n",
                    cli_usb_name(share), share->ports, boards, most, (unsigned)baud,
                    share->ports > most ? ", so more at once are slower" : "");
        if (share->kind == CLI_USB_CONTROLLER)
            fprintf(out,
                    "USB controller %s: %u %s with at least %u endpoints, of the %d to %d that it may have\n",
                    cli_usb_name(share), share->ports, boards, share->endpoints, CLI_USB_ENDPOINTS_SURE,
                    CLI_USB_ENDPOINTS_MOST);
    }
}
