/* SPDX-License-Identifier: Apache-2.0 */

/* Parts of starting a program that POSIX.1-2008 lacks. Only for this folder. */

#ifndef ENGINE_BASE_PROGRAM_INTERNAL_H
#define ENGINE_BASE_PROGRAM_INTERNAL_H

#include <spawn.h>

/** Make a pipe whose ends no other program inherits and that are not standard streams. Returns 0 or an errno.
 */
int eg__pipe(int ends[2]);

/**
 * Make the program start with no open file except the standard streams. A program that is an open file of
 * this process ("/proc/self/fd/N") has itself as descriptor 3, too, and `*path` is its path there: what a
 * script's interpreter opens is then a file of its own.
 *
 * Returns 0 or an errno.
 */
int eg__spawn_close_rest(posix_spawn_file_actions_t *actions, const char **path);

#endif
