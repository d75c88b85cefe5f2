/* SPDX-License-Identifier: Apache-2.0 */

/* Reading whole files. */

#include "engine/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_cleanup(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

enum eg_code eg_file_read(struct eg_buffer *buffer, const char *path, size_t size_max, struct eg_error *err)
{
    EG_CLEANUP(close_cleanup) const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer whole = {0};
    struct stat info;

    if (fd < 0)
        return eg_error_errno(err, EG_IO, errno, "%s", path);
    if (fstat(fd, &info) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s", path);
    if (S_ISDIR(info.st_mode))
        return eg_error_set(err, EG_IO, "%s: is a directory", path);
    if (!S_ISREG(info.st_mode))
        return eg_error_set(err, EG_IO, "%s: is not a regular file", path);
    if ((uintmax_t)info.st_size > size_max)
        return eg_error_set(err, EG_IO, "%s: %jd bytes, more than the %zu that are allowed", path,
                            (intmax_t)info.st_size, size_max);
    for (;;) {
        uint8_t piece[65536];
        const ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return eg_error_errno(err, EG_IO, errno, "%s", path);
        if (got == 0)
            break;
        if ((size_t)got > size_max - whole.size)
            return eg_error_set(err, EG_IO, "%s: grew beyond the %zu bytes that are allowed", path, size_max);
        EG_TRY(eg_buffer_append(&whole, piece, (size_t)got, err));
    }
    EG_TRY(eg_buffer_append(&whole, "", 1, err));
    whole.size--;
    eg_buffer_finish(buffer);
    *buffer = whole;
    whole = (struct eg_buffer){0};
    return EG_OK;
}
