/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The serial ports of this machine, by libserialport, and which of them are likely an Espressif board.
 *
 * Not here: where in the USB tree a port is, which every system says differently (discover_linux.c), and
 * noticing that a port comes or goes.
 */

#include "engine/link/discover.h"
#include "engine/base/bytes.h"
#include "engine/link/bridges.h"
#include "engine/link/topology.h"

#include <ctype.h>
#include <errno.h>
#include <libserialport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool eg_presence_same(const struct eg_presence *a, const struct eg_presence *b)
{
    return a->device == b->device && a->initialized_us == b->initialized_us && a->usb_bus == b->usb_bus &&
           a->usb_address == b->usb_address && a->inode == b->inode && a->changed_ns == b->changed_ns;
}

static void describe(struct eg_found_port *found, const char *path, const struct eg__tty *tty)
{
    const struct eg_bridge_kind *const kind = eg_bridge_find(tty->bridge.vid, tty->bridge.pid);

    snprintf(found->path, sizeof found->path, "%s", path);
    snprintf(found->slot, sizeof found->slot, "%s", tty->place[0] != '\0' ? tty->place : path);
    snprintf(found->serial, sizeof found->serial, "%s", tty->bridge.serial);
    snprintf(found->bridge, sizeof found->bridge, "%s", kind != NULL ? kind->name : "");
    found->vid = tty->bridge.vid;
    found->pid = tty->bridge.pid;
    found->presence = tty->presence;
    found->default_choice = found->bridge[0] != '\0';
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
    for (size_t i = 0; i < size; i++) {
        const char *path = sp_get_port_name(list[i]);
        struct eg__tty tty;

        if (eg__tty_look(&tty, path) && tty.ready)
            describe(&(*found)[(*count)++], path, &tty);
    }
    qsort(*found, *count, sizeof **found, by_slot);
    return EG_OK;
}

static enum eg_code at_place(struct eg_found_port *found, const char *place, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_found_port *ports = NULL;
    size_t count;

    EG_TRY(eg_discover_ports(&ports, &count, err));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(ports[i].slot, place) == 0) {
            *found = ports[i];
            return EG_OK;
        }
    }
    return eg_error_set(err, EG_NO_PORT, "%s: no serial port is plugged in there", place);
}

static enum eg_code at_path(struct eg_found_port *found, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *real = realpath(path, NULL);
    struct eg__tty tty;

    if (real == NULL)
        return eg_error_errno(err, EG_NO_PORT, errno, "%s", path);
    if (!eg__tty_look(&tty, real))
        return eg_error_set(err, EG_NO_PORT, "%s: is not a serial port", path);
    if (!tty.ready)
        return eg_error_set(err, EG_NO_PORT, "%s: udev has not set it up yet", path);
    describe(found, real, &tty);
    return EG_OK;
}

/* Return whether it begins with a word and a colon, as "rfc2217://" and "sim:" do; places begin with a digit
 * or have a dash. */
static bool is_url(const char *address)
{
    size_t length = 0;

    while (isalnum((unsigned char)address[length]))
        length++;
    return isalpha((unsigned char)address[0]) && address[length] == ':';
}

enum eg_code eg_discover_at(struct eg_found_port *found, const char *address, struct eg_error *err)
{
    *found = (struct eg_found_port){0};
    if (is_url(address)) {
        snprintf(found->path, sizeof found->path, "%s", address);
        snprintf(found->slot, sizeof found->slot, "%s", address);
        return EG_OK;
    }
    return strchr(address, '/') == NULL ? at_place(found, address, err) : at_path(found, address, err);
}

enum filter_kind { BY_VID, BY_PID, BY_NAME, BY_SERIAL };

struct filter {
    enum filter_kind kind;
    uint16_t number;
    const char *text;
};

static bool parse_number(uint16_t *number, const char *text)
{
    const char *digits = text[0] == '0' && text[1] != '\0' ? text + 2 : text;
    const int letter = digits == text ? '\0' : tolower((unsigned char)text[1]);
    const int base = digits == text ? 10 : letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
    char *end;

    /* strtoul() would take a space, a sign or another 0x. */
    if (base == 0 || digits[0] == '\0' || digits[strspn(digits, "0123456789abcdefABCDEF")] != '\0')
        return false;
    const unsigned long value = strtoul(digits, &end, base);
    *number = (uint16_t)value;
    return *end == '\0' && value <= UINT16_MAX;
}

static enum eg_code parse_filter(struct filter *filter, const char *text, struct eg_error *err)
{
    static const char *const kinds[] = {
        [BY_VID] = "vid=", [BY_PID] = "pid=", [BY_NAME] = "name=", [BY_SERIAL] = "serial="};
    unsigned kind = BY_VID;

    while (kind <= BY_SERIAL && strncmp(text, kinds[kind], strlen(kinds[kind])) != 0)
        kind++;
    if (kind > BY_SERIAL)
        return eg_error_set(err, EG_BAD_JOB,
                            "port filter \"%s\": is none of vid=NUMBER, pid=NUMBER, name=TEXT, serial=TEXT",
                            text);
    *filter = (struct filter){.kind = kind, .text = text + strlen(kinds[kind])};
    if ((kind == BY_VID || kind == BY_PID) && !parse_number(&filter->number, filter->text))
        return eg_error_set(err, EG_BAD_JOB, "port filter \"%s\": \"%s\" is not a number from 0 to 0xffff",
                            text, filter->text);
    return EG_OK;
}

static bool meets(const struct eg_found_port *port, const struct filter *filter)
{
    const char *slash = strrchr(port->path, '/');

    switch (filter->kind) {
    case BY_VID:
        return port->vid != 0 && port->vid == filter->number;
    case BY_PID:
        return port->vid != 0 && port->pid == filter->number;
    case BY_NAME:
        return strstr(slash != NULL ? slash + 1 : port->path, filter->text) != NULL;
    case BY_SERIAL:
        return port->serial[0] != '\0' && strstr(port->serial, filter->text) != NULL;
    }
    return false;
}

/* Return whether one filter of each given kind matches. */
static bool meets_all(const struct eg_found_port *port, const struct filter *filters, size_t count)
{
    unsigned asked = 0;
    unsigned met = 0;

    for (size_t i = 0; i < count; i++) {
        asked |= 1u << filters[i].kind;
        met |= meets(port, &filters[i]) ? 1u << filters[i].kind : 0;
    }
    return met == asked;
}

enum eg_code eg_discover_filter(struct eg_found_port *found, size_t *count, const char *const *filters,
                                size_t filter_count, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct filter *parsed = NULL;
    size_t kept = 0;

    if (filter_count == 0)
        return EG_OK;
    EG_TRY(eg_alloc(&parsed, filter_count, sizeof *parsed, err));
    for (size_t i = 0; i < filter_count; i++)
        EG_TRY(parse_filter(&parsed[i], filters[i], err));
    for (size_t i = 0; i < *count; i++)
        if (meets_all(&found[i], parsed, filter_count))
            found[kept++] = found[i];
    *count = kept;
    return EG_OK;
}

static unsigned search_rank(const struct eg_found_port *port)
{
    if (port->vid == EG_ESPRESSIF_VID)
        return 0;
    return strstr(port->path, "ttyUSB") != NULL || strstr(port->path, "ttyACM") != NULL ? 1 : 2;
}

static int by_search(const void *a, const void *b)
{
    const struct eg_found_port *first = a;
    const struct eg_found_port *second = b;
    const int order = (int)search_rank(first) - (int)search_rank(second);

    return order != 0 ? order : strcmp(second->path, first->path);
}

void eg_discover_order_for_search(struct eg_found_port *found, size_t count)
{
    if (count > 0)
        qsort(found, count, sizeof *found, by_search);
}
