/* SPDX-License-Identifier: Apache-2.0 */

/* Pipes and open files of programs that are started, so that none is inherited by another. Linux only. */

#define _GNU_SOURCE /* pipe2(), posix_spawn_file_actions_addclosefrom_np() */

#include "engine/base/program_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* If the standard streams of this process are closed, its next files get their numbers. */
static int lift(int *end)
{
    if (*end > STDERR_FILENO)
        return 0;
    const int lifted = fcntl(*end, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const int errnum = lifted < 0 ? errno : 0;
    close(*end);
    *end = lifted;
    return errnum;
}

int eg__pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    const int first = lift(&ends[0]);
    const int second = lift(&ends[1]);
    if (first == 0 && second == 0)
        return 0;
    for (int i = 0; i < 2; i++) {
        if (ends[i] >= 0)
            close(ends[i]);
    }
    return first != 0 ? first : second;
}

int eg__spawn_close_rest(posix_spawn_file_actions_t *actions, const char **path)
{
    static const char own[] = "/proc/self/fd/", at[] = "/proc/self/fd/3";
    const int rest = STDERR_FILENO + 1;

    if (strncmp(*path, own, strlen(own)) != 0)
        return posix_spawn_file_actions_addclosefrom_np(actions, rest);
    const int failed = posix_spawn_file_actions_adddup2(actions, atoi(*path + strlen(own)), rest);
    *path = at;
    return failed != 0 ? failed : posix_spawn_file_actions_addclosefrom_np(actions, rest + 1);
}
