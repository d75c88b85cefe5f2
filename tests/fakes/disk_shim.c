/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A disk that fails, for programs under LD_PRELOAD: call number EG_FAIL_WRITE fails with EIO, or with ENOSPC
 * if EG_FAIL_FULL is set; if EG_FAIL_ALL is set, every later call fails, too. Counted are writing, syncing,
 * truncating and renaming of regular files. Without a number all are counted, and the count goes to the file
 * that EG_COUNT_WRITE names. For glibc, and programs without sanitizers.
 */

#undef _FILE_OFFSET_BITS /* both forms of each call are defined here */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

static atomic_ulong calls;
static unsigned long wanted; /* number of the failing call; 0 = none */
static bool every_later;
static int failure = EIO;

__attribute__((constructor)) static void begin(void)
{
    const char *const text = getenv("EG_FAIL_WRITE");

    wanted = text != NULL ? strtoul(text, NULL, 10) : 0;
    every_later = getenv("EG_FAIL_ALL") != NULL;
    if (getenv("EG_FAIL_FULL") != NULL)
        failure = ENOSPC;
    unsetenv("LD_PRELOAD"); /* child programs do not fail */
}

__attribute__((destructor)) static void end(void)
{
    const char *const path = getenv("EG_COUNT_WRITE");
    FILE *const out = path != NULL && wanted == 0 ? fopen(path, "w") : NULL;

    if (out == NULL)
        return;
    fprintf(out, "%lu\n", atomic_load(&calls));
    fclose(out);
}

static bool fails(void)
{
    const unsigned long number = atomic_fetch_add(&calls, 1) + 1;

    if (wanted == 0 || number < wanted || (number > wanted && !every_later))
        return false;
    errno = failure;
    return true;
}

static bool is_file(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && fd > 2;
}

/* Return the C library's function; POSIX allows the conversion of its pointer, ISO C does not. */
static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

#define REPLACE(type, name, parameters, arguments, condition)                                                \
    EXPORTED type name parameters;                                                                           \
    EXPORTED type name parameters                                                                            \
    {                                                                                                        \
        type(*real) parameters;                                                                              \
        *(void **)&real = next(#name);                                                                       \
        return (condition) && fails() ? -1 : real arguments;                                                 \
    }

REPLACE(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size), is_file(fd))
REPLACE(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at), is_file(fd))
REPLACE(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at),
        is_file(fd))
REPLACE(int, fsync, (int fd), (fd), is_file(fd))
REPLACE(int, fdatasync, (int fd), (fd), is_file(fd))
REPLACE(int, ftruncate, (int fd, off_t size), (fd, size), is_file(fd))
REPLACE(int, ftruncate64, (int fd, off64_t size), (fd, size), is_file(fd))
REPLACE(int, rename, (const char *from, const char *to), (from, to), true)
