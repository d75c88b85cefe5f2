/* SPDX-License-Identifier: Apache-2.0 */

/* Other processes of this machine, for sentences that name one. */

#ifndef ENGINE_BASE_PROCESS_H
#define ENGINE_BASE_PROCESS_H

#include <stdbool.h>

#define EG_PROCESS_NAME 32

/** Write the name of a running process, harmless to print. Return false, and write "a program", if the
 * process or its name is not there. */
bool eg_process_name(char name[EG_PROCESS_NAME], long process);

/** Return whether a process of this name runs. */
bool eg_process_runs(const char *name);

#endif
