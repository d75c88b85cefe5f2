/* SPDX-License-Identifier: Apache-2.0 */

/* A sysfs of USB serial ports; see the header. */

#include "tests/fakes/usb_tree.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PART 512 /* part of a path below the folder */

/* The folder, and the first error. */
struct maker {
    const char *folder;
    int errnum;
};

static void check(struct maker *maker, bool done)
{
    if (!done && maker->errnum == 0)
        maker->errnum = errno;
}

/* Build a path, and create its parent folders. */
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

/* Make a relative link from one place of the sysfs to another. */
static void make_sys_link(struct maker *maker, const char *inside, const char *target)
{
    char path[PATH_MAX] = "";

    for (const char *slash = strchr(inside, '/'); (slash = strchr(slash + 1, '/')) != NULL;)
        strcat(path, "../"); /* for each part except sys/ and the name */
    strncat(path, target + strlen("sys/"), sizeof path - strlen(path) - 1);
    make_link(maker, inside, path);
}

#define AT(name, ...)                                                                                        \
    char name[PART];                                                                                         \
    snprintf(name, sizeof name, __VA_ARGS__)

/* Join a folder and a name. */
static const char *in(char room[PATH_MAX], const char *folder, const char *name)
{
    snprintf(room, PATH_MAX, "%s/%s", folder, name);
    return room;
}

/* Read the first line of a file; "" if it does not exist. */
static void read_line(const char *folder, const char *inside, char line[PART])
{
    char path[PATH_MAX];
    FILE *file = fopen(in(path, folder, inside), "r");

    line[0] = '\0';
    if (file == NULL)
        return;
    if (fgets(line, PART, file) == NULL)
        line[0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    fclose(file);
}

static bool exists(const char *folder, const char *inside)
{
    char path[PATH_MAX];
    struct stat status;

    return lstat(in(path, folder, inside), &status) == 0;
}

static void remove_file(struct maker *maker, const char *inside)
{
    char path[PATH_MAX];

    check(maker, unlink(in(path, maker->folder, inside)) == 0 || errno == ENOENT);
}

/* Return a new address on the bus. Addresses are not used twice. */
static unsigned next_address(struct maker *maker, char bus)
{
    char line[PART];

    AT(counter, "addresses/%c", bus);
    read_line(maker->folder, counter, line);
    const unsigned address = (unsigned)strtoul(line, NULL, 10) + 1;
    make_file(maker, counter, "%u\n", address);
    return address;
}

/* Choose the requested name, with the lowest free number if it has none. */
static void choose_name(const char *folder, const char *wanted, char name[USB_TREE_NAME])
{
    snprintf(name, USB_TREE_NAME, "%s", wanted);
    if (wanted[strcspn(wanted, "0123456789")] != '\0')
        return;
    for (unsigned number = 0;; number++) {
        snprintf(name, USB_TREE_NAME, "%.16s%u", wanted, number);
        AT(node, "dev/%s", name);
        AT(held, "held/%s", name);
        if (!exists(folder, node) && !exists(folder, held))
            return;
    }
}

/* Return "188:7" for "ttyUSB7". */
static void number_of(const char *name, char number[USB_TREE_NAME])
{
    snprintf(number, USB_TREE_NAME, "%d:%.8s", strncmp(name, "ttyACM", 6) == 0 ? 166 : 188,
             name + strcspn(name, "0123456789"));
}

static void initialize(struct maker *maker, const char *name, const char *place)
{
    struct timespec now;
    char number[USB_TREE_NAME];

    clock_gettime(CLOCK_MONOTONIC, &now);
    number_of(name, number);
    AT(data, "run/udev/data/c%s", number);
    make_file(maker, data, "I:%lld\nE:ID_PATH=pci-0000:00:14.0-usb-0:%s:1.0\n",
              (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000, strchr(place, '-') + 1);
}

#define UDEV "run/udev/control" /* there while udev runs */
#define LATE "late"

int usb_tree_plug(const char *folder, const struct usb_port *port, char chosen[USB_TREE_NAME])
{
    struct maker maker = {.folder = folder};
    const bool modem = strncmp(port->name, "ttyACM", 6) == 0;
    char name[USB_TREE_NAME], number[USB_TREE_NAME], room[PATH_MAX];

    choose_name(folder, port->name, name);
    number_of(name, number);
    AT(device, "sys/devices/pci0000:00/0000:00:14.0/usb%c/%.32s", port->place[0], port->place);
    AT(interface, "%.128s/%.32s:1.0", device, port->place);
    AT(parent, modem ? "%.256s" : "%.256s/%.32s", interface, name);
    AT(tty, "%.320s/tty/%.32s", parent, name);
    AT(listed, "sys/class/tty/%.32s", name);
    AT(numbered, "sys/dev/char/%.16s", number);
    AT(node, "dev/%.32s", name);

    make_file(&maker, in(room, device, "idVendor"), "%.4s\n", port->ids);
    make_file(&maker, in(room, device, "idProduct"), "%s\n", port->ids + strlen("10c4:"));
    make_file(&maker, in(room, device, "busnum"), "%c\n", port->place[0]);
    make_file(&maker, in(room, device, "devnum"), "%u\n", next_address(&maker, port->place[0]));
    make_file(&maker, in(room, device, "manufacturer"), "maker of %s\n", port->ids);
    make_file(&maker, in(room, device, "product"), "product %s\n", port->ids);
    if (port->serial[0] != '\0')
        make_file(&maker, in(room, device, "serial"), "%s\n", port->serial);
    make_file(&maker, in(room, device, "uevent"), "DEVTYPE=usb_device\n");
    make_sys_link(&maker, in(room, device, "subsystem"), "sys/bus/usb");

    make_file(&maker, in(room, interface, "uevent"), "DEVTYPE=usb_interface\n");
    make_sys_link(&maker, in(room, interface, "subsystem"), "sys/bus/usb");

    make_file(&maker, in(room, tty, "dev"), "%s\n", number);
    make_file(&maker, in(room, tty, "uevent"), "MAJOR=%d\nMINOR=%s\nDEVNAME=%s\n", atoi(number),
              strchr(number, ':') + 1, name);
    make_sys_link(&maker, in(room, tty, "subsystem"), "sys/class/tty");
    make_sys_link(&maker, in(room, tty, "device"), parent);

    place(&maker, room, "sys/bus/usb/");
    make_sys_link(&maker, numbered, tty);
    make_sys_link(&maker, listed, tty);
    make_link(&maker, node, port->terminal);
    if (exists(folder, UDEV) && !exists(folder, LATE))
        initialize(&maker, name, port->place);
    if (chosen != NULL)
        memcpy(chosen, name, sizeof name);
    return maker.errnum;
}

/* Find the port at a place; false if the place is empty. `terminal` becomes the target of its node. */
static bool find(const char *folder, const char *place, char name[USB_TREE_NAME], char terminal[PART])
{
    char path[PATH_MAX], target[PART];
    bool found = false;

    AT(wanted, "/%.32s/%.32s:1.0/", place, place);
    DIR *dir = opendir(in(path, folder, "dev"));
    if (dir == NULL)
        return false;
    for (const struct dirent *entry; !found && (entry = readdir(dir)) != NULL;) {
        AT(listed, "sys/class/tty/%.32s", entry->d_name);
        ssize_t length = readlink(in(path, folder, listed), target, sizeof target - 1);
        if (length < 0)
            continue;
        target[length] = '\0';
        AT(node, "dev/%.32s", entry->d_name);
        length = readlink(in(path, folder, node), terminal, PART - 1);
        found = strstr(target, wanted) != NULL && length >= 0;
        if (found) {
            terminal[length] = '\0';
            snprintf(name, USB_TREE_NAME, "%.31s", entry->d_name);
        }
    }
    closedir(dir);
    return found;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *position);

int usb_tree_unplug(const char *folder, const char *place)
{
    struct maker maker = {.folder = folder};
    char name[USB_TREE_NAME], number[USB_TREE_NAME], terminal[PART], path[PATH_MAX];

    if (!find(folder, place, name, terminal))
        return ENOENT;
    number_of(name, number);
    AT(node, "dev/%s", name);
    AT(listed, "sys/class/tty/%s", name);
    AT(numbered, "sys/dev/char/%s", number);
    AT(data, "run/udev/data/c%s", number);
    AT(device, "sys/devices/pci0000:00/0000:00:14.0/usb%c/%.32s", place[0], place);
    remove_file(&maker, node);
    remove_file(&maker, listed);
    remove_file(&maker, numbered);
    remove_file(&maker, data);
    check(&maker, nftw(in(path, folder, device), remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
    return maker.errnum;
}

/* Arguments of usb_tree_plug() for the port at a place. */
struct plugged {
    char name[USB_TREE_NAME], ids[PART], serial[PART], terminal[PART];
};

static bool recall(const char *folder, const char *place, struct plugged *plugged)
{
    char product[PART];

    if (!find(folder, place, plugged->name, plugged->terminal))
        return false;
    AT(device, "sys/devices/pci0000:00/0000:00:14.0/usb%c/%.32s", place[0], place);
    AT(vendor_file, "%.256s/idVendor", device);
    AT(product_file, "%.256s/idProduct", device);
    AT(serial_file, "%.256s/serial", device);
    read_line(folder, vendor_file, plugged->ids);
    read_line(folder, product_file, product);
    read_line(folder, serial_file, plugged->serial);
    snprintf(plugged->ids + strlen(plugged->ids), 16, ":%.8s", product);
    return true;
}

static int plug_as(const char *folder, const char *place, const struct plugged *plugged, const char *name)
{
    const struct usb_port port = {name, plugged->ids, plugged->serial, place, plugged->terminal};

    return usb_tree_plug(folder, &port, NULL);
}

int usb_tree_swap(const char *folder, const char *place, const char *other)
{
    struct plugged first, second;
    int errnum;

    if (!recall(folder, place, &first) || !recall(folder, other, &second))
        return ENOENT;
    if ((errnum = usb_tree_unplug(folder, place)) != 0 || (errnum = usb_tree_unplug(folder, other)) != 0 ||
        (errnum = plug_as(folder, place, &first, second.name)) != 0)
        return errnum;
    return plug_as(folder, other, &second, first.name);
}

/* Initialise every port that udev has not initialised yet. */
static void initialize_all(struct maker *maker)
{
    char path[PATH_MAX], target[PART], number[USB_TREE_NAME];
    DIR *dir = opendir(in(path, maker->folder, "dev"));

    if (dir == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        AT(listed, "sys/class/tty/%.31s", entry->d_name);
        const ssize_t length = readlink(in(path, maker->folder, listed), target, sizeof target - 1);
        if (length < 0)
            continue;
        target[length] = '\0';
        char *const interface = strstr(target, ":1.0/");
        if (interface == NULL)
            continue;
        *interface = '\0';
        number_of(entry->d_name, number);
        AT(data, "run/udev/data/c%s", number);
        if (!exists(maker->folder, data))
            initialize(maker, entry->d_name, strrchr(target, '/') + 1);
    }
    closedir(dir);
}

int usb_tree_udev(const char *folder, bool late)
{
    struct maker maker = {.folder = folder};

    make_file(&maker, UDEV, "%s", "");
    if (late) {
        make_file(&maker, LATE, "%s", "");
    } else {
        remove_file(&maker, LATE);
        initialize_all(&maker);
    }
    return maker.errnum;
}

int usb_tree_hold(const char *folder, const char *name)
{
    struct maker maker = {.folder = folder};

    AT(held, "held/%.31s", name);
    make_file(&maker, held, "%s", "");
    return maker.errnum;
}

int usb_tree_release(const char *folder, const char *name)
{
    struct maker maker = {.folder = folder};

    AT(held, "held/%.31s", name);
    remove_file(&maker, held);
    return maker.errnum;
}

int usb_tree_trouble(const char *folder, const char *name, const char *rules)
{
    struct maker maker = {.folder = folder};

    AT(trouble, "trouble/%.31s", name);
    remove_file(&maker, trouble);
    if (rules != NULL)
        make_file(&maker, trouble, "%s\n", rules);
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
