/* SPDX-License-Identifier: Apache-2.0 */

/* What the two halves of the shim share: its paths (tty_shim.c) and its modem lines (tty_shim_lines.c). */

#ifndef TESTS_FAKES_TTY_SHIM_H
#define TESTS_FAKES_TTY_SHIM_H

#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>

/** Defines `next`, the function of that name that would have been called. */
#define NEXT(function)                                                                                       \
    __typeof__(&function) next;                                                                              \
    *(void **)&next = dlsym(RTLD_NEXT, #function)

/** The folder in the environment's EG_TTY_SHIM; NULL = the shim does nothing. */
const char *tty_shim_root(void);

/** One text behind the other; false when they do not fit. */
bool tty_shim_join(char room[PATH_MAX], const char *first, const char *second);

/** The system's own readlink(), with a NUL. */
bool tty_shim_read_link(const char *path, char target[PATH_MAX]);

/** A device of the folder's dev/ has been opened: Linux asserts both lines. */
void tty_shim_opened(const char *device);

#endif
