/* SPDX-License-Identifier: Apache-2.0 */

/* Start a program of a bundle without a file on the disk, which would have to be removed however this process
 * ends. */

#define _GNU_SOURCE /* memfd_create() */

#include "jobs/bundle_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 64 };

static enum eg_code fill(int fd, const struct eg_buffer *content, struct eg_error *err)
{
    for (size_t done = 0; done < content->size;) {
        const ssize_t got = write(fd, content->data + done, content->size - done);
        if (got < 0 && errno != EINTR)
            return eg_error_errno(err, EG_IO, errno, "a program of the bundle");
        done += got > 0 ? (size_t)got : 0;
    }
    if (fchmod(fd, 0500) != 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return eg_error_errno(err, EG_IO, errno, "a program of the bundle");
    return EG_OK;
}

/* Make an open file in memory whose number is none of the standard streams, even if they are closed. */
static int make_file(void)
{
    const int fd = memfd_create("espgang program", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0 || fd > STDERR_FILENO)
        return fd;
    const int lifted = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(fd);
    return lifted;
}

enum eg_code eg__memory_program(char **path, const struct eg_buffer *content, struct eg_error *err)
{
    const int fd = make_file();
    enum eg_code code;

    if (fd < 0)
        return eg_error_errno(err, EG_IO, errno, "a program of the bundle");
    code = fill(fd, content, err);
    if (code == EG_OK)
        code = eg_alloc(path, 1, PATH_SIZE, err);
    if (code != EG_OK)
        close(fd);
    else /* eg_program_run() takes the file along */
        snprintf(*path, PATH_SIZE, "/proc/self/fd/%d", fd);
    return code;
}
