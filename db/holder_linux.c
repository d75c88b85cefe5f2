/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The kernel lists every lock in /proc/locks. fcntl() is not used: opening and closing the database's file
 * would drop all locks that SQLite has on it in the same process.
 *
 * A writer holds a write lock on byte 120 of the -shm file; a program with exclusive access, one on the
 * database file.
 */

#include "db/holder.h"

#include "engine/base/process.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCKS "/proc/locks"

/* One line of the list. */
struct lock {
    char kind[12];    /* FLOCK, POSIX, OFDLCK; "->" when the process only waits for it */
    char access[8];   /* READ, WRITE */
    long process;     /* at most 0: outside this process namespace */
    uintmax_t number; /* of the file */
};

static bool next_lock(FILE *locks, struct lock *lock)
{
    char line[200];

    while (fgets(line, sizeof line, locks) != NULL)
        /* Example: "1: POSIX  ADVISORY  WRITE 4711 08:01:1234 120 120" */
        if (sscanf(line, "%*d: %11s %*s %7s %ld %*x:%*x:%" SCNuMAX, lock->kind, lock->access, &lock->process,
                   &lock->number) == 4 &&
            lock->process > 0)
            return true;
    return false;
}

/* Return the inode number of a file; 0 = no file. */
static uintmax_t number_of(const char *full, const char *suffix)
{
    char path[PATH_MAX];
    struct stat info;

    snprintf(path, sizeof path, "%s%s", full, suffix);
    return stat(path, &info) == 0 ? (uintmax_t)info.st_ino : 0;
}

/* Return the process that holds a write lock on one of the files; 0 = none. */
static long find_writer(FILE *locks, uintmax_t file, uintmax_t shm)
{
    struct lock lock;

    while (next_lock(locks, &lock))
        if (strcmp(lock.access, "WRITE") == 0 && strcmp(lock.kind, "->") != 0 &&
            lock.process != (long)getpid() && (lock.number == file || lock.number == shm))
            return lock.process;
    return 0;
}

/* Return the process that locked the whole file; 0 = none. */
static long find_locker(FILE *locks, uintmax_t file)
{
    struct lock lock;

    while (next_lock(locks, &lock))
        if (strcmp(lock.kind, "FLOCK") == 0 && lock.number == file)
            return lock.process;
    return 0;
}

static void tell(char text[EG__HOLDER_TEXT], long process)
{
    char name[EG_PROCESS_NAME];

    snprintf(text, EG__HOLDER_TEXT, "another program");
    if (process == 0)
        return;
    (void)eg_process_name(name, process);
    snprintf(text, EG__HOLDER_TEXT, "process %ld (%s)", process, name);
}

void eg__holder(char text[EG__HOLDER_TEXT], const char *full)
{
    const uintmax_t file = number_of(full, ""), shm = number_of(full, "-shm");
    FILE *const locks = file != 0 ? fopen(LOCKS, "re") : NULL;

    tell(text, locks != NULL ? find_writer(locks, file, shm != 0 ? shm : file) : 0);
    if (locks != NULL)
        fclose(locks);
}

void eg__lock_holder(char text[EG__HOLDER_TEXT], const char *path)
{
    const uintmax_t file = number_of(path, "");
    FILE *const locks = file != 0 ? fopen(LOCKS, "re") : NULL;

    tell(text, locks != NULL ? find_locker(locks, file) : 0);
    if (locks != NULL)
        fclose(locks);
}
