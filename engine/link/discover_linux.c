/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Where a USB serial port is plugged in, what carries it and which insertion it is, by libudev. For Linux
 * only.
 *
 * udev's ID_PATH is the place ("pci-0000:00:14.0-usb-0:2:1.0"). Without a udev daemon, as in containers, the
 * name of the USB interface's folder in sysfs is the place ("1-2.3:1.0"). A bridge with several ports on one
 * interface numbers them.
 *
 * A port is ready when udev has its database entry, which udev writes last. The time in it stays the same
 * when rules run again, and is new with every insertion; without udev the node's inode and change time tell
 * insertions apart.
 *
 * Threads: any. Each call has a libudev context of its own, as libudev demands, and one call at a time is in
 * libudev, whose hash tables share a key that they make without a lock.
 */

#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/link/topology.h"

#include <libudev.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UDEV_CONTROL "/run/udev/control" /* there while a udev daemon runs */

static void unref(struct udev **udev)
{
    udev_unref(*udev);
}

static void unref_device(struct udev_device **device)
{
    udev_device_unref(*device);
}

static unsigned long number_of(struct udev_device *device, const char *name, int base)
{
    const char *const text = udev_device_get_sysattr_value(device, name);

    return text != NULL ? strtoul(text, NULL, base) : 0;
}

static void find_place(struct eg__tty *tty, struct udev_device *device)
{
    struct udev_device *const interface =
        udev_device_get_parent_with_subsystem_devtype(device, "usb", "usb_interface");

    if (interface == NULL) /* ID_PATH of other ports names a place too, but they are not plugged */
        return;
    const char *const id_path = udev_device_get_property_value(device, "ID_PATH");
    const unsigned long number = number_of(udev_device_get_parent(device), "port_number", 10);
    const int used = snprintf(tty->place, sizeof tty->place, "%s",
                              id_path != NULL ? id_path : udev_device_get_sysname(interface));
    if (number > 0 && (size_t)used < sizeof tty->place)
        snprintf(tty->place + used, sizeof tty->place - (size_t)used, "-port%lu", number);
}

static void find_usb_device(struct eg__tty *tty, struct udev_device *device)
{
    struct udev_device *const usb =
        udev_device_get_parent_with_subsystem_devtype(device, "usb", "usb_device");

    if (usb == NULL)
        return;
    const char *const serial = udev_device_get_sysattr_value(usb, "serial");
    tty->bridge.vid = (uint16_t)number_of(usb, "idVendor", 16);
    tty->bridge.pid = (uint16_t)number_of(usb, "idProduct", 16);
    snprintf(tty->bridge.serial, sizeof tty->bridge.serial, "%s", serial != NULL ? serial : "");
    eg_text_make_harmless(tty->bridge.serial);
    tty->presence.usb_bus = (uint32_t)number_of(usb, "busnum", 10);
    tty->presence.usb_address = (uint32_t)number_of(usb, "devnum", 10);
}

static bool look(struct eg__tty *tty, const struct stat *status)
{
    EG_CLEANUP(unref) struct udev *udev = udev_new();
    EG_CLEANUP(unref_device)
    struct udev_device *device =
        udev != NULL ? udev_device_new_from_devnum(udev, 'c', status->st_rdev) : NULL;
    const bool has_udev = access(UDEV_CONTROL, F_OK) == 0;

    *tty = (struct eg__tty){.presence.device = status->st_rdev};
    if (!has_udev) {
        tty->presence.inode = status->st_ino;
        tty->presence.changed_ns =
            (uint64_t)status->st_ctim.tv_sec * 1000000000 + (uint64_t)status->st_ctim.tv_nsec;
    }
    if (device == NULL)
        return false;
    tty->ready = !has_udev || udev_device_get_is_initialized(device) > 0;
    const char *const initialized_us = udev_device_get_property_value(device, "USEC_INITIALIZED");
    if (has_udev && initialized_us != NULL)
        tty->presence.initialized_us = strtoull(initialized_us, NULL, 10);
    find_place(tty, device);
    find_usb_device(tty, device);
    return true;
}

static bool look_alone(struct eg__tty *tty, const struct stat *status)
{
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

    pthread_mutex_lock(&one_at_a_time);
    const bool listed = look(tty, status);
    pthread_mutex_unlock(&one_at_a_time);
    return listed;
}

bool eg__tty_look(struct eg__tty *tty, const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0 || !S_ISCHR(status.st_mode))
        return false;
    if (!look_alone(tty, &status)) /* a terminal that sysfs does not list, such as a pty */
        tty->ready = true;
    return true;
}

bool eg__tty_look_at(struct eg__tty *tty, int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && look_alone(tty, &status);
}
