/* SPDX-License-Identifier: Apache-2.0 */

/* Calls for ttys that libserialport and POSIX lack. For Linux only. */

#define _DEFAULT_SOURCE /* flock(), TIOCM_* */

#include "engine/base/process.h"
#include "engine/link/carriers.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/serial.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

int eg__tty_lock(int fd)
{
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? EBUSY : errno;
    return 0;
}

int eg__tty_exclude(int fd)
{
    /* The lock stops only who asks for it, TIOCEXCL does not stop root: both are needed. */
    const int errnum = eg__tty_lock(fd);

    return errnum != 0 || ioctl(fd, TIOCEXCL) == 0 ? errnum : errno;
}

int eg__tty_set_lines(int fd, bool dtr, bool rts)
{
    int lines;

    if (ioctl(fd, TIOCMGET, &lines) != 0)
        return errno;
    lines &= ~(TIOCM_DTR | TIOCM_RTS);
    lines |= (dtr ? TIOCM_DTR : 0) | (rts ? TIOCM_RTS : 0);
    return ioctl(fd, TIOCMSET, &lines) == 0 ? 0 : errno;
}

int eg__tty_keep_lines(int fd)
{
    struct termios settings;

    if (tcgetattr(fd, &settings) != 0)
        return errno;
    settings.c_cflag &= ~(tcflag_t)HUPCL; /* which libserialport sets when it opens */
    return tcsetattr(fd, TCSANOW, &settings) == 0 ? 0 : errno;
}

void eg__tty_hurry(int fd)
{
    struct serial_struct serial;

    if (ioctl(fd, TIOCGSERIAL, &serial) != 0)
        return;
    serial.flags |= ASYNC_LOW_LATENCY; /* FTDI: 1 ms instead of 16 */
    (void)ioctl(fd, TIOCSSERIAL, &serial);
}

static void close_dir(DIR **dir)
{
    if (*dir != NULL)
        closedir(*dir);
}

/* The node may have been made twice, so the device number counts as well. */
static bool holds(const char *process, const struct stat *device)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "/proc/%s/fd", process);
    EG_CLEANUP(close_dir) DIR *dir = opendir(path);
    if (dir == NULL)
        return false;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        struct stat status;

        snprintf(path, sizeof path, "/proc/%s/fd/%s", process, entry->d_name);
        if (stat(path, &status) == 0 && S_ISCHR(status.st_mode) &&
            (status.st_rdev == device->st_rdev ||
             (status.st_dev == device->st_dev && status.st_ino == device->st_ino)))
            return true;
    }
    return false;
}

bool eg__tty_holder(char *text, size_t size, const char *path, bool others)
{
    EG_CLEANUP(close_dir) DIR *dir = opendir("/proc");
    char name[EG_PROCESS_NAME];
    struct stat device;

    if (dir == NULL || stat(path, &device) != 0)
        return false;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (!isdigit((unsigned char)entry->d_name[0]) || (others && atol(entry->d_name) == getpid()) ||
            !holds(entry->d_name, &device))
            continue;
        (void)eg_process_name(name, atol(entry->d_name));
        snprintf(text, size, "%s (process %s)", name, entry->d_name);
        return true;
    }
    return false;
}
