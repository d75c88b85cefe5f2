/* SPDX-License-Identifier: Apache-2.0 */

/* The program plug_tty: plug USB serial ports into the shim's folder from a script. */

#define _DEFAULT_SOURCE /* flock() */

#include "tests/fakes/usb_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FOLLOW_MS 20

static const char usage[] =
    "Usage: plug_tty FOLDER NAME VID:PID SERIAL PLACE TERMINAL          plug a port in; prints its name\n"
    "       plug_tty FOLDER follow NAME VID:PID SERIAL PLACE TERMINAL   plug it in whenever TERMINAL is "
    "there, pull it\n"
    "                                                                   out whenever it is not, until "
    "killed\n"
    "       plug_tty FOLDER unplug PLACE\n"
    "       plug_tty FOLDER swap PLACE PLACE                            exchange two tty names\n"
    "       plug_tty FOLDER udev | late                                 run udev; let it initialise nothing "
    "yet\n"
    "       plug_tty FOLDER hold NAME | release NAME                    keep a number from being free\n"
    "       plug_tty FOLDER trouble NAME RULES                          see tty_shim_ports.c; no RULES ends "
    "it\n"
    "  NAME without a number takes the lowest free one, as Linux does.\n"
    "  plug_tty usb ttyUSB7 10c4:ea60 A5001 1-2 \"$PWD/boards/board1\"\n";

/* Lock the folder: several of these programs may serve it, and one at a time changes it. */
static int lock(const char *folder)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/lock", folder);
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return fd >= 0 && flock(fd, LOCK_EX) == 0 ? fd : -1;
}

static int plug(const char *folder, char **argv)
{
    const struct usb_port port = {argv[0], argv[1], argv[2], argv[3], argv[4]};
    char name[USB_TREE_NAME];
    const int errnum = usb_tree_plug(folder, &port, name);

    if (errnum == 0)
        printf("%s\n", name);
    fflush(stdout);
    return errnum;
}

/* Create or remove the board's terminal with its USB device; each time it is a new device. */
static int follow(const char *folder, char **argv)
{
    const struct timespec pause = {0, FOLLOW_MS * 1000000L};
    struct stat plugged = {0}, now;
    int errnum = 0;

    while (errnum == 0) {
        const int held = lock(folder);
        if (held < 0)
            return errno;
        const bool there = stat(argv[4], &now) == 0;
        const bool same = there && plugged.st_ino != 0 && now.st_rdev == plugged.st_rdev &&
                          now.st_ino == plugged.st_ino && now.st_ctim.tv_sec == plugged.st_ctim.tv_sec &&
                          now.st_ctim.tv_nsec == plugged.st_ctim.tv_nsec;
        if (!same && plugged.st_ino != 0) {
            errnum = usb_tree_unplug(folder, argv[3]);
            plugged.st_ino = 0;
        }
        if (!same && there && errnum == 0) {
            errnum = plug(folder, argv);
            plugged = now;
        }
        close(held);
        nanosleep(&pause, NULL);
    }
    return errnum;
}

static int run(int argc, char **argv)
{
    const char *const folder = argv[1];
    const char *const verb = argv[2];

    if (argc == 8 && strcmp(verb, "follow") == 0)
        return follow(folder, argv + 3);
    if (lock(folder) < 0) /* until the end of the program */
        return errno;
    if (argc == 7)
        return plug(folder, argv + 2);
    if (argc == 4 && strcmp(verb, "unplug") == 0)
        return usb_tree_unplug(folder, argv[3]);
    if (argc == 5 && strcmp(verb, "swap") == 0)
        return usb_tree_swap(folder, argv[3], argv[4]);
    if (argc == 3 && (strcmp(verb, "udev") == 0 || strcmp(verb, "late") == 0))
        return usb_tree_udev(folder, strcmp(verb, "late") == 0);
    if (argc == 4 && strcmp(verb, "hold") == 0)
        return usb_tree_hold(folder, argv[3]);
    if (argc == 4 && strcmp(verb, "release") == 0)
        return usb_tree_release(folder, argv[3]);
    if ((argc == 4 || argc == 5) && strcmp(verb, "trouble") == 0)
        return usb_tree_trouble(folder, argv[3], argc == 5 ? argv[4] : NULL);
    return -1;
}

int main(int argc, char **argv)
{
    const int errnum = argc >= 3 ? run(argc, argv) : -1;

    if (errnum < 0)
        fputs(usage, stderr);
    if (errnum > 0)
        fprintf(stderr, "plug_tty: %s in %s: %s\n", argv[2], argv[1], strerror(errnum));
    return errnum < 0 ? 2 : errnum != 0;
}
