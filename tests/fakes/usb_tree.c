/* SPDX-License-Identifier: Apache-2.0 */

/* A sysfs of USB serial ports; see the header. */

#include "tests/fakes/usb_tree.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART 512 /* of a path below the folder */

/* Where things are made, and what went wrong first. */
struct maker {
    const char *folder;
    int errnum;
};

static void check(struct maker *maker, bool done)
{
    if (!done && maker->errnum == 0)
        maker->errnum = errno;
}

/* The folders on the way are made. */
static void place(struct maker *maker, char path[PATH_MAX], const char *inside)
{
    snprintf(path, PATH_MAX, "%s/%s", maker->folder, inside);
    for (char *slash = path + strlen(maker->folder) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        check(maker, mkdir(path, 0777) == 0 || errno == EEXIST);
        *slash = '/';
    }
}

__attribute__((format(printf, 3, 4))) static void make_file(struct maker *maker, const char *inside,
                                                            const char *format, ...)
{
    char path[PATH_MAX];
    va_list args;

    place(maker, path, inside);
    FILE *file = fopen(path, "w");
    check(maker, file != NULL);
    if (file == NULL)
        return;
    va_start(args, format);
    check(maker, vfprintf(file, format, args) >= 0);
    va_end(args);
    check(maker, fclose(file) == 0);
}

static void make_link(struct maker *maker, const char *inside, const char *target)
{
    char path[PATH_MAX];

    place(maker, path, inside);
    check(maker, symlink(target, path) == 0);
}

/* A link from one place of the sysfs to another, relative as there. */
static void make_sys_link(struct maker *maker, const char *inside, const char *target)
{
    char path[PATH_MAX] = "";

    for (const char *slash = strchr(inside, '/'); (slash = strchr(slash + 1, '/')) != NULL;)
        strcat(path, "../"); /* of all but sys/ and the name */
    strncat(path, target + strlen("sys/"), sizeof path - strlen(path) - 1);
    make_link(maker, inside, path);
}

#define AT(name, ...)                                                                                        \
    char name[PART];                                                                                         \
    snprintf(name, sizeof name, __VA_ARGS__)

/* A file or a link in a folder whose name is shorter by some, so that nothing is ever cut. */
static const char *in(char room[PATH_MAX], const char *folder, const char *name)
{
    snprintf(room, PATH_MAX, "%s/%s", folder, name);
    return room;
}

int usb_tree_plug(const char *folder, const struct usb_port *port)
{
    struct maker maker = {.folder = folder};
    const bool modem = strncmp(port->name, "ttyACM", 6) == 0;
    const int major_number = modem ? 166 : 188;
    const char *minor_number = port->name + strcspn(port->name, "0123456789");
    char room[PATH_MAX];

    AT(device, "sys/devices/pci0000:00/0000:00:14.0/usb%c/%.32s", port->place[0], port->place);
    AT(interface, "%.128s/%.32s:1.0", device, port->place);
    AT(parent, modem ? "%.256s" : "%.256s/%.32s", interface, port->name);
    AT(tty, "%.320s/tty/%.32s", parent, port->name);
    AT(number, "%d:%.8s", major_number, minor_number);
    AT(listed, "sys/class/tty/%.32s", port->name);
    AT(numbered, "sys/dev/char/%.16s", number);
    AT(node, "dev/%.32s", port->name);

    make_file(&maker, in(room, device, "idVendor"), "%.4s\n", port->ids);
    make_file(&maker, in(room, device, "idProduct"), "%s\n", port->ids + strlen("10c4:"));
    make_file(&maker, in(room, device, "busnum"), "%c\n", port->place[0]);
    make_file(&maker, in(room, device, "devnum"), "%c\n", port->place[strlen(port->place) - 1]);
    make_file(&maker, in(room, device, "manufacturer"), "maker of %s\n", port->ids);
    make_file(&maker, in(room, device, "product"), "product %s\n", port->ids);
    if (port->serial[0] != '\0')
        make_file(&maker, in(room, device, "serial"), "%s\n", port->serial);
    make_file(&maker, in(room, device, "uevent"), "DEVTYPE=usb_device\n");
    make_sys_link(&maker, in(room, device, "subsystem"), "sys/bus/usb");

    make_file(&maker, in(room, interface, "uevent"), "DEVTYPE=usb_interface\n");
    make_sys_link(&maker, in(room, interface, "subsystem"), "sys/bus/usb");

    make_file(&maker, in(room, tty, "dev"), "%s\n", number);
    make_file(&maker, in(room, tty, "uevent"), "MAJOR=%d\nMINOR=%s\nDEVNAME=%s\n", major_number, minor_number,
              port->name);
    make_sys_link(&maker, in(room, tty, "subsystem"), "sys/class/tty");
    make_sys_link(&maker, in(room, tty, "device"), parent);

    make_sys_link(&maker, listed, tty);
    make_sys_link(&maker, numbered, tty);
    make_link(&maker, node, port->terminal);
    place(&maker, room, "sys/bus/usb/");
    return maker.errnum;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *position)
{
    (void)status;
    (void)type;
    (void)position;
    return remove(path);
}

void usb_tree_remove(const char *folder)
{
    (void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
