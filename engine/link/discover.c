/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The serial ports of this machine, by libserialport, and which of them are likely an Espressif board.
 *
 * Not here: where in the USB tree a port is, which every system says differently (discover_linux.c), and
 * noticing that a port comes or goes.
 */

#include "engine/link/discover.h"
#include "engine/base/bytes.h"
#include "engine/link/topology.h"

#include <libserialport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANY_PID 0

/* The bridges on boards with Espressif chips. A product of ANY_PID comes last of its vendor. */
static const struct bridge {
    uint16_t vid, pid;
    const char *name;
} bridges[] = {
    {0x303a, 0x1001, "USB-Serial/JTAG"}, {0x303a, ANY_PID, "Espressif USB"}, {0x10c4, 0xea60, "CP210x"},
    {0x10c4, 0xea61, "CP210x"},          {0x10c4, 0xea63, "CP210x"},         {0x10c4, 0xea64, "CP2102C"},
    {0x10c4, 0xea70, "CP2105"},          {0x10c4, 0xea71, "CP2108"},         {0x1a86, 0x5523, "CH341"},
    {0x1a86, 0x7522, "CH340"},           {0x1a86, 0x7523, "CH340"},          {0x1a86, 0x55d2, "CH342"},
    {0x1a86, 0x55d3, "CH343"},           {0x1a86, 0x55d4, "CH9102"},         {0x1a86, 0x55d5, "CH344"},
    {0x0403, 0x6001, "FT232R"},          {0x0403, 0x6010, "FT2232"},         {0x0403, 0x6011, "FT4232"},
    {0x0403, 0x6014, "FT232H"},          {0x0403, 0x6015, "FT230X"},         {0x067b, 0x2303, "PL2303"},
    {0x067b, 0x23a3, "PL2303"},          {0x067b, 0x23d3, "PL2303"},
};

static const char *bridge_name(uint16_t vid, uint16_t pid)
{
    for (size_t i = 0; i < sizeof bridges / sizeof *bridges; i++)
        if (bridges[i].vid == vid && (bridges[i].pid == pid || bridges[i].pid == ANY_PID))
            return bridges[i].name;
    return "";
}

static void describe(struct eg_found_port *found, const struct sp_port *sp)
{
    const char *serial = sp_get_port_usb_serial(sp);
    int vid = 0;
    int pid = 0;

    snprintf(found->path, sizeof found->path, "%s", sp_get_port_name(sp));
    snprintf(found->serial, sizeof found->serial, "%s", serial != NULL ? serial : "");
    if (sp_get_port_transport(sp) == SP_TRANSPORT_USB && sp_get_port_usb_vid_pid(sp, &vid, &pid) == SP_OK) {
        found->vid = (uint16_t)vid;
        found->pid = (uint16_t)pid;
    }
    snprintf(found->bridge, sizeof found->bridge, "%s", bridge_name(found->vid, found->pid));
    found->default_choice = found->bridge[0] != '\0';
    eg_discover_slot(found->slot, sizeof found->slot, found->path);
}

static int by_slot(const void *a, const void *b)
{
    const struct eg_found_port *first = a;
    const struct eg_found_port *second = b;
    const int order = strcmp(first->slot, second->slot);

    return order != 0 ? order : strcmp(first->path, second->path);
}

static void free_list(struct sp_port ***list)
{
    sp_free_port_list(*list);
}

enum eg_code eg_discover_ports(struct eg_found_port **found, size_t *count, struct eg_error *err)
{
    EG_CLEANUP(free_list) struct sp_port **list = NULL;
    size_t size = 0;

    *found = NULL;
    *count = 0;
    if (sp_list_ports(&list) != SP_OK) {
        list = NULL;
        return EG_OK; /* a system without a single tty in sysfs, such as a container */
    }
    while (list[size] != NULL)
        size++;
    if (size == 0)
        return EG_OK;
    EG_TRY(eg_alloc(found, size, sizeof **found, err));
    for (size_t i = 0; i < size; i++)
        describe(&(*found)[i], list[i]);
    qsort(*found, size, sizeof **found, by_slot);
    *count = size;
    return EG_OK;
}

void eg_discover_slot(char *slot, size_t size, const char *url)
{
    if (!eg__topology(slot, size, url))
        snprintf(slot, size, "%s", url);
}
