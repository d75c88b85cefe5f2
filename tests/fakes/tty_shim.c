/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Makes pseudo-terminals look like USB serial ports to the program that loads it, so that the real
 * libserialport and libudev can be used on them. Linked to a test before the C library, or preloaded.
 *
 * EG_TTY_SHIM in the environment is a folder filled by usb_tree.c. Its sys/ is a sysfs that replaces all of
 * /sys; its run/udev/ replaces /run/udev. Its dev/ttyUSB7, a link to a terminal, is the device /dev/ttyUSB7,
 * which need not exist on this machine. A socket of vboard (lines.h) next to the link's target is its modem
 * lines; a terminal without such a socket has none. As in Linux, opening a port asserts both lines. The
 * socket's server releases them when the port is closed, since a killed program closes its ports, too.
 *
 * A descriptor belongs to the device it was opened on. When that is unplugged the descriptor hangs up, even
 * if another device has the name by then (tty_shim_ports.c). Without the variable every call is passed on
 * unchanged.
 *
 * Threads: as the C library's. Not supported: uevents by netlink; listing /dev; exclusive opening, of which
 * only the request is passed on (a lock by flock() works). Linux only.
 */

#undef _FILE_OFFSET_BITS /* the plain names must not be redirected */
#define _GNU_SOURCE

#include "tests/fakes/tty_shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "one function serves both");

#define HOPS_MAX 8 /* number of links followed to a device */

/* Functions of the C library that its headers do not declare. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);
int __xstat(int version, const char *path, struct stat *status);
int __xstat64(int version, const char *path, struct stat64 *status);
int __lxstat(int version, const char *path, struct stat *status);
int __lxstat64(int version, const char *path, struct stat64 *status);
int __fxstat(int version, int fd, struct stat *status);
int __fxstat64(int version, int fd, struct stat64 *status);
int __fxstatat(int version, int folder, const char *path, struct stat *status, int flags);
int __fxstatat64(int version, int folder, const char *path, struct stat64 *status, int flags);
ssize_t __readlink_chk(const char *path, char *target, size_t size, size_t room);
ssize_t __readlinkat_chk(int folder, const char *path, char *target, size_t size, size_t room);
char *__realpath_chk(const char *path, char *resolved, size_t room);

const char *tty_shim_root(void)
{
    return getenv("EG_TTY_SHIM");
}

static bool under(const char *path, const char *folder)
{
    const size_t size = strlen(folder);

    return strncmp(path, folder, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

bool tty_shim_join(char room[PATH_MAX], const char *first, const char *second)
{
    return (size_t)snprintf(room, PATH_MAX, "%s%s", first, second) < PATH_MAX;
}

bool tty_shim_read_link(const char *path, char target[PATH_MAX])
{
    const long length = syscall(SYS_readlinkat, AT_FDCWD, path, target, PATH_MAX - 1);

    if (length >= 0)
        target[length] = '\0';
    return length >= 0;
}

/*
 * Return whether the path is in the folder's dev/; if so, write its place to `room` and the link's target to
 * `target`.
 */
static bool in_dev(const char *path, char room[PATH_MAX], char target[PATH_MAX])
{
    return under(path, "/dev") && tty_shim_join(room, tty_shim_root(), path) &&
           tty_shim_read_link(room, target);
}

/*
 * Return the real place of the file: `path` itself, or a path in `room`. A link to a device, in either /dev,
 * means the device.
 */
static const char *find(const char *path, char room[PATH_MAX])
{
    char at[PATH_MAX], target[PATH_MAX], other[2][PATH_MAX];

    if (tty_shim_root() == NULL || path == NULL || !tty_shim_join(at, path, ""))
        return path;
    if (under(path, "/sys") || under(path, "/run/udev"))
        return tty_shim_join(room, tty_shim_root(), path) ? room : path;
    for (unsigned hop = 0; hop < HOPS_MAX; hop++) {
        const bool device = in_dev(at, room, target);

        if (!device && (!tty_shim_read_link(at, target) || target[0] != '/'))
            return path;
        if (device && !in_dev(target, other[0], other[1]))
            return room;
        memcpy(at, target, sizeof at);
    }
    return path;
}

/* Do the same for a path below an open folder. libudev walks from "/", one name after the other. */
static const char *find_at(int folder, const char *path, char room[PATH_MAX])
{
    char whole[PATH_MAX], descriptor[32], place[PATH_MAX];

    if (tty_shim_root() == NULL || path == NULL || path[0] == '/' || folder == AT_FDCWD)
        return find(path, room);
    snprintf(descriptor, sizeof descriptor, "/proc/self/fd/%d", folder);
    if (!tty_shim_read_link(descriptor, place) || strcmp(place, "/") != 0 || !tty_shim_join(whole, "/", path))
        return path;
    const char *found = find(whole, room);
    return found == room ? room : path;
}

/* Return the name "ttyUSB7" for the result of find() for `path`; NULL if it is not a device. */
static const char *device_name(const char *found, const char *path)
{
    const size_t size = tty_shim_root() != NULL ? strlen(tty_shim_root()) : 0;

    return size > 0 && found != path && strncmp(found, tty_shim_root(), size) == 0 &&
                   under(found + size, "/dev")
               ? found + size + strlen("/dev/")
               : NULL;
}

/* Return the device's number from sysfs; 0 = not listed. */
static dev_t device_number(const char *name)
{
    char path[PATH_MAX];
    unsigned major_number, minor_number;

    snprintf(path, sizeof path, "/sys/class/tty/%.64s/dev", name);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    const int count = fscanf(file, "%u:%u", &major_number, &minor_number);
    fclose(file);
    return count == 2 ? makedev(major_number, minor_number) : 0;
}

static int open_file(int folder, const char *path, int flags, mode_t mode)
{
    NEXT(openat64);
    char room[PATH_MAX];
    const char *found = find_at(folder, path, room);
    const int fd = next(folder, found, flags, mode);

    if (fd >= 0 && device_name(found, path) != NULL && (flags & O_PATH) == 0) {
        tty_shim_opened(fd, device_name(found, path), device_number(device_name(found, path)));
        tty_shim_assert_lines(found);
    }
    return fd;
}

/* Read the mode argument of an opening function, which it has only with some flags. */
#define MODE(flags, mode)                                                                                    \
    mode_t mode = 0;                                                                                         \
    if (((flags) & (O_CREAT | __O_TMPFILE)) != 0) {                                                          \
        va_list args;                                                                                        \
        va_start(args, flags);                                                                               \
        mode = va_arg(args, mode_t);                                                                         \
        va_end(args);                                                                                        \
    }

int open(const char *path, int flags, ...)
{
    MODE(flags, mode);
    return open_file(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE(flags, mode);
    return open_file(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    MODE(flags, mode);
    return open_file(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
    MODE(flags, mode);
    return open_file(folder, path, flags | O_LARGEFILE, mode);
}

int __open_2(const char *path, int flags)
{
    return open_file(AT_FDCWD, path, flags, 0);
}

int __open64_2(const char *path, int flags)
{
    return open_file(AT_FDCWD, path, flags | O_LARGEFILE, 0);
}

int __openat_2(int folder, const char *path, int flags)
{
    return open_file(folder, path, flags, 0);
}

int __openat64_2(int folder, const char *path, int flags)
{
    return open_file(folder, path, flags | O_LARGEFILE, 0);
}

FILE *fopen(const char *path, const char *mode)
{
    NEXT(fopen);
    char room[PATH_MAX];

    return next(find(path, room), mode);
}

FILE *fopen64(const char *path, const char *mode)
{
    NEXT(fopen64);
    char room[PATH_MAX];

    return next(find(path, room), mode);
}

DIR *opendir(const char *path)
{
    NEXT(opendir);
    char room[PATH_MAX];

    return next(find(path, room));
}

int access(const char *path, int mode)
{
    NEXT(access);
    char room[PATH_MAX];

    return next(find(path, room), mode);
}

int faccessat(int folder, const char *path, int mode, int flags)
{
    NEXT(faccessat);
    char room[PATH_MAX];

    return next(folder, find_at(folder, path, room), mode, flags);
}

/* Set the number of a device, and the time its node was created: a new time with each plugging. */
static void show_device(struct stat64 *status, const char *path, const char *name)
{
    NEXT(fstatat64);
    struct stat64 node;

    status->st_rdev = device_number(name);
    if (next(AT_FDCWD, path, &node, AT_SYMLINK_NOFOLLOW) == 0)
        status->st_ctim = node.st_ctim;
}

static int look(int folder, const char *path, struct stat64 *status, int flags)
{
    NEXT(fstatat64);
    char room[PATH_MAX];
    const char *found = find_at(folder, path, room);
    const char *name = device_name(found, path);
    const int result = next(folder, found, status, name != NULL ? flags & ~AT_SYMLINK_NOFOLLOW : flags);

    if (result == 0 && name != NULL)
        show_device(status, found, name);
    return result;
}

int fstat64(int fd, struct stat64 *status)
{
    NEXT(fstat64);
    const int result = next(fd, status);
    struct tty_shim_node node;

    if (result == 0 && tty_shim_state(fd, NULL, &node) != TTY_SHIM_OTHER) {
        status->st_rdev = node.number;
        status->st_ctim = node.changed;
    }
    return result;
}

int fstat(int fd, struct stat *status)
{
    return fstat64(fd, (struct stat64 *)status);
}

int stat(const char *path, struct stat *status)
{
    return look(AT_FDCWD, path, (struct stat64 *)status, 0);
}

int stat64(const char *path, struct stat64 *status)
{
    return look(AT_FDCWD, path, status, 0);
}

int lstat(const char *path, struct stat *status)
{
    return look(AT_FDCWD, path, (struct stat64 *)status, AT_SYMLINK_NOFOLLOW);
}

int lstat64(const char *path, struct stat64 *status)
{
    return look(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
}

int fstatat(int folder, const char *path, struct stat *status, int flags)
{
    return look(folder, path, (struct stat64 *)status, flags);
}

int fstatat64(int folder, const char *path, struct stat64 *status, int flags)
{
    return look(folder, path, status, flags);
}

/* Names of the same functions in programs built with an older C library, such as Debian's libserialport. */
int __xstat(int version, const char *path, struct stat *status)
{
    (void)version;
    return stat(path, status);
}

int __xstat64(int version, const char *path, struct stat64 *status)
{
    (void)version;
    return stat64(path, status);
}

int __lxstat(int version, const char *path, struct stat *status)
{
    (void)version;
    return lstat(path, status);
}

int __lxstat64(int version, const char *path, struct stat64 *status)
{
    (void)version;
    return lstat64(path, status);
}

int __fxstat(int version, int fd, struct stat *status)
{
    (void)version;
    return fstat(fd, status);
}

int __fxstat64(int version, int fd, struct stat64 *status)
{
    (void)version;
    return fstat64(fd, status);
}

int __fxstatat(int version, int folder, const char *path, struct stat *status, int flags)
{
    (void)version;
    return fstatat(folder, path, status, flags);
}

int __fxstatat64(int version, int folder, const char *path, struct stat64 *status, int flags)
{
    (void)version;
    return fstatat64(folder, path, status, flags);
}

int statx(int folder, const char *path, int flags, unsigned mask, struct statx *status)
{
    NEXT(statx);
    char room[PATH_MAX];

    return next(folder, find_at(folder, path, room), flags, mask, status);
}

/* Return whether the descriptor is in the folder's sysfs: libudev accepts only files of a sysfs. */
static bool is_sysfs(int fd)
{
    char descriptor[32], place[PATH_MAX], sys[PATH_MAX];

    snprintf(descriptor, sizeof descriptor, "/proc/self/fd/%d", fd);
    return tty_shim_root() != NULL && tty_shim_join(sys, tty_shim_root(), "/sys") &&
           tty_shim_read_link(descriptor, place) && under(place, sys);
}

int fstatfs(int fd, struct statfs *status)
{
    NEXT(fstatfs);
    const int result = next(fd, status);

    if (result == 0 && is_sysfs(fd))
        status->f_type = SYSFS_MAGIC;
    return result;
}

int fstatfs64(int fd, struct statfs64 *status)
{
    NEXT(fstatfs64);
    const int result = next(fd, status);

    if (result == 0 && is_sysfs(fd))
        status->f_type = SYSFS_MAGIC;
    return result;
}

ssize_t readlinkat(int folder, const char *path, char *target, size_t size)
{
    NEXT(readlinkat);
    char room[PATH_MAX];
    const char *found = find_at(folder, path, room);

    if (device_name(found, path) == NULL)
        return next(folder, found, target, size);
    errno = EINVAL; /* a device is no link */
    return -1;
}

ssize_t readlink(const char *path, char *target, size_t size)
{
    return readlinkat(AT_FDCWD, path, target, size);
}

ssize_t __readlink_chk(const char *path, char *target, size_t size, size_t room)
{
    (void)room;
    return readlinkat(AT_FDCWD, path, target, size);
}

ssize_t __readlinkat_chk(int folder, const char *path, char *target, size_t size, size_t room)
{
    (void)room;
    return readlinkat(folder, path, target, size);
}

/* Files of the folder keep the path they are found by. */
char *realpath(const char *path, char *resolved)
{
    NEXT(realpath);
    char room[PATH_MAX], real[PATH_MAX], real_root[PATH_MAX];
    const char *found = find(path, room);
    const char *name = device_name(found, path);

    if (found != room)
        return next(path, resolved);
    if (next(tty_shim_root(), real_root) == NULL || next(found, real) == NULL)
        return NULL;
    if (name != NULL)
        (void)tty_shim_join(real, "/dev/", name);
    else if (under(real, real_root))
        memmove(real, real + strlen(real_root), strlen(real + strlen(real_root)) + 1);
    return resolved != NULL ? strcpy(resolved, real) : strdup(real);
}

char *__realpath_chk(const char *path, char *resolved, size_t room)
{
    (void)room;
    return realpath(path, resolved);
}

char *canonicalize_file_name(const char *path)
{
    return realpath(path, NULL);
}

/*
 * Return whether a pattern below /dev was answered from the folder; `found` then has its matches, with the
 * paths they stand for.
 */
#define GLOB(pattern, flags, on_error, found)                                                                \
    char inside[PATH_MAX];                                                                                   \
    if (tty_shim_root() != NULL && under(pattern, "/dev") &&                                                 \
        tty_shim_join(inside, tty_shim_root(), pattern) && next(inside, flags, on_error, found) == 0) {      \
        for (size_t i = 0; i < (found)->gl_pathc; i++)                                                       \
            memmove((found)->gl_pathv[i], (found)->gl_pathv[i] + strlen(tty_shim_root()),                    \
                    strlen((found)->gl_pathv[i] + strlen(tty_shim_root())) + 1);                             \
        return 0;                                                                                            \
    }                                                                                                        \
    return next(pattern, flags, on_error, found)

int glob(const char *pattern, int flags, int (*on_error)(const char *, int), glob_t *found)
{
    NEXT(glob);
    GLOB(pattern, flags, on_error, found);
}

int glob64(const char *pattern, int flags, int (*on_error)(const char *, int), glob64_t *found)
{
    NEXT(glob64);
    GLOB(pattern, flags, on_error, found);
}
