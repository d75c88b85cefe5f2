/* SPDX-License-Identifier: Apache-2.0 */

/* Find the program that keeps others from writing to a database or locking a file. */

#ifndef DB_HOLDER_H
#define DB_HOLDER_H

#include <stddef.h>

#define EG__HOLDER_TEXT 64

/**
 * Describe the holder: "process 4711 (sqlite3)", or "another program" if it cannot be found. `full` is the
 * resolved path of the file.
 */
void eg__holder(char text[EG__HOLDER_TEXT], const char *full);

/** Do the same for a process that has locked a file by flock(), this process included. */
void eg__lock_holder(char text[EG__HOLDER_TEXT], const char *path);

#endif
