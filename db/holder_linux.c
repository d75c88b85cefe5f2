/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The kernel lists every lock in /proc/locks. It is asked there and not by fcntl(): who opens a database's
 * file and closes it again gives up all locks that SQLite has on it in the same process.
 *
 * Who writes holds a write lock on byte 120 of the -shm file; who has the file to himself, one on the file.
 */

#include "db/holder.h"

#include "engine/base/process.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* The number of a file; 0 = there is none. */
static uintmax_t number_of(const char *full, const char *suffix)
{
    char path[PATH_MAX];
    struct stat info;

    snprintf(path, sizeof path, "%s%s", full, suffix);
    return stat(path, &info) == 0 ? (uintmax_t)info.st_ino : 0;
}

/* The process that another program's write lock on one of the files belongs to; 0 = none. */
static long find_process(uintmax_t file, uintmax_t shm)
{
    FILE *const locks = fopen("/proc/locks", "re");
    char line[200];
    long found = 0;

    while (locks != NULL && found == 0 && fgets(line, sizeof line, locks) != NULL) {
        uintmax_t number;
        long process;
        /* "1: POSIX  ADVISORY  WRITE 4711 08:01:1234 120 120"; a process that waits has "->" before POSIX */
        if (sscanf(line, "%*d: %*s %*s WRITE %ld %*x:%*x:%" SCNuMAX, &process, &number) == 2 && process > 0 &&
            process != (long)getpid() && (number == file || number == shm))
            found = process;
    }
    if (locks != NULL)
        fclose(locks);
    return found;
}

void eg__holder(char text[EG__HOLDER_TEXT], const char *full)
{
    const uintmax_t file = number_of(full, ""), shm = number_of(full, "-shm");
    const long process = file != 0 ? find_process(file, shm != 0 ? shm : file) : 0;
    char name[EG_PROCESS_NAME];

    snprintf(text, EG__HOLDER_TEXT, "another program");
    if (process == 0)
        return;
    (void)eg_process_name(name, process);
    snprintf(text, EG__HOLDER_TEXT, "process %ld (%s)", process, name);
}
