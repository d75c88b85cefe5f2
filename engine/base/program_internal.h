/* SPDX-License-Identifier: Apache-2.0 */

/* What starting a program needs and POSIX.1-2008 lacks. Only for this folder. */

#ifndef ENGINE_BASE_PROGRAM_INTERNAL_H
#define ENGINE_BASE_PROGRAM_INTERNAL_H

#include <spawn.h>

/** A pipe whose ends no other program gets and that are not standard streams. 0, or an errno. */
int eg__pipe(int ends[2]);

/** The program is started without any file beyond the standard streams. 0, or an errno. */
int eg__spawn_close_rest(posix_spawn_file_actions_t *actions);

#endif
