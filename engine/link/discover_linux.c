/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Where a USB serial port is plugged in and what carries it, by libudev. For Linux only.
 *
 * udev's ID_PATH is the place ("pci-0000:00:14.0-usb-0:2:1.0"). Where no udev daemon has been, in containers,
 * the name of the USB device's folder in sysfs is one too ("1-2.3"), with the interface for ports of one
 * device.
 */

#include "engine/link/topology.h"
#include "engine/base/error.h"

#include <libudev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void unref(struct udev **udev)
{
    udev_unref(*udev);
}

static void unref_device(struct udev_device **device)
{
    udev_device_unref(*device);
}

/* The caller's; NULL = there is none. */
static struct udev_device *device_at(const char *path)
{
    EG_CLEANUP(unref) struct udev *udev = NULL;
    struct stat status;

    if (stat(path, &status) != 0 || !S_ISCHR(status.st_mode))
        return NULL;
    udev = udev_new();
    return udev != NULL ? udev_device_new_from_devnum(udev, 'c', status.st_rdev) : NULL;
}

bool eg__topology(char *place, size_t size, const char *path)
{
    EG_CLEANUP(unref_device) struct udev_device *device = device_at(path);

    if (device == NULL)
        return false;
    struct udev_device *interface =
        udev_device_get_parent_with_subsystem_devtype(device, "usb", "usb_interface");
    if (interface == NULL) /* ID_PATH of other ports names a place too, but they are not plugged */
        return false;
    const char *id_path = udev_device_get_property_value(device, "ID_PATH");
    snprintf(place, size, "%s", id_path != NULL ? id_path : udev_device_get_sysname(interface));
    return true;
}

/* 0 = absent. */
static uint16_t id_of(struct udev_device *usb, const char *name)
{
    const char *const text = udev_device_get_sysattr_value(usb, name);

    return text != NULL ? (uint16_t)strtoul(text, NULL, 16) : 0;
}

void eg__usb_device(struct eg_bridge *bridge, const char *path)
{
    EG_CLEANUP(unref_device) struct udev_device *device = device_at(path);

    if (device == NULL)
        return;
    struct udev_device *const usb =
        udev_device_get_parent_with_subsystem_devtype(device, "usb", "usb_device");
    if (usb == NULL)
        return;
    const char *const serial = udev_device_get_sysattr_value(usb, "serial");
    bridge->vid = id_of(usb, "idVendor");
    bridge->pid = id_of(usb, "idProduct");
    snprintf(bridge->serial, sizeof bridge->serial, "%s", serial != NULL ? serial : "");
}
