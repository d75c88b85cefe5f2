/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Shared by the files of the shim: paths (tty_shim.c), open ports (tty_shim_ports.c), modem lines
 * (tty_shim_lines.c).
 */

#ifndef TESTS_FAKES_TTY_SHIM_H
#define TESTS_FAKES_TTY_SHIM_H

#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

/** Define `next`, the real function of that name. */
#define NEXT(function)                                                                                       \
    __typeof__(&function) next;                                                                              \
    *(void **)&next = dlsym(RTLD_NEXT, #function)

/** Return the folder in EG_TTY_SHIM; NULL = the shim does nothing. */
const char *tty_shim_root(void);

/** Join two texts; false when they do not fit. */
bool tty_shim_join(char room[PATH_MAX], const char *first, const char *second);

/** Call the system's own readlink(), and add a NUL. */
bool tty_shim_read_link(const char *path, char target[PATH_MAX]);

/** Note that the descriptor was opened on the device NAME of the folder's dev/, with number `number`. */
void tty_shim_opened(int fd, const char *name, dev_t number);

/** Assert both modem lines of the device at this path of the folder's dev/, as Linux does in open(). */
void tty_shim_assert_lines(const char *device);

/** Return how many bytes the driver has not sent yet, 255 for more; -1 if nobody serves the device. */
int tty_shim_unsent(const char *device);

/** State of a descriptor. */
enum tty_shim_state {
    TTY_SHIM_OTHER, /* not a device of the folder */
    TTY_SHIM_HERE,
    TTY_SHIM_AWAY, /* opened on a device that has been unplugged, even if another device has its name now */
};

/** The node that a descriptor was opened on. */
struct tty_shim_node {
    dev_t number;
    struct timespec changed;
};

/** Return a descriptor's state. `device` becomes its path in the folder's dev/; it and `node` may be NULL. */
enum tty_shim_state tty_shim_state(int fd, char device[PATH_MAX], struct tty_shim_node *node);

enum tty_shim_call { TTY_SHIM_READ, TTY_SHIM_WRITE, TTY_SHIM_LINES, TTY_SHIM_SETTINGS };

/**
 * Return the error of a call on the device: EIO if it is unplugged, or one from its trouble file; 0 = it
 * succeeds.
 */
int tty_shim_trouble(int fd, enum tty_shim_call call);

#endif
