/* SPDX-License-Identifier: Apache-2.0 */

/* Read and write whole files. */

#include "engine/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes between two checks of the cancel flag. */
enum { PIECE_SIZE = 1 << 20 };

enum eg_code eg_file_read(struct eg_buffer *buffer, const char *path, size_t size_max, struct eg_error *err)
{
    EG_CLEANUP(eg_fd_close_cleanup) const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return eg_error_errno(err, EG_IO, errno, "%s", path);
    return eg_file_read_open(buffer, fd, path, size_max, err);
}

enum eg_code eg_file_read_open(struct eg_buffer *buffer, int fd, const char *path, size_t size_max,
                               struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer whole = {0};
    struct stat info;

    if (fstat(fd, &info) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s", path);
    if (S_ISDIR(info.st_mode))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is a directory", path);
    if (!S_ISREG(info.st_mode))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is not a regular file", path);
    if ((uintmax_t)info.st_size > size_max)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: %jd bytes, more than the %zu that are allowed", path,
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
            return eg_error_set(err, EG_BAD_ARGUMENT, "%s: grew beyond the %zu bytes that are allowed", path,
                                size_max);
        EG_TRY(eg_buffer_append(&whole, piece, (size_t)got, err));
    }
    EG_TRY(eg_buffer_append(&whole, "", 1, err));
    whole.size--;
    eg_buffer_finish(buffer);
    *buffer = whole;
    whole = (struct eg_buffer){0};
    return EG_OK;
}

static enum eg_code write_all(int fd, const char *path, const void *data, size_t size,
                              const struct eg_cancel *cancel, struct eg_error *err)
{
    const uint8_t *at = data;

    while (size > 0) {
        if (eg_cancel_requested(cancel))
            return eg_error_set(err, EG_CANCELLED, "%s: not written, as asked for", path);
        const ssize_t done = write(fd, at, size < PIECE_SIZE ? size : PIECE_SIZE);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return eg_error_errno(err, EG_IO, errno, "%s", path);
        at += done;
        size -= (size_t)done;
    }
    return EG_OK;
}

static int put_in_place(const char *part, const char *path, bool replace)
{
    if (!replace && link(part, path) == 0)
        return unlink(part);
    if (!replace && errno == EEXIST)
        return -1;
    return rename(part, path); /* works without hard links too, such as on FAT */
}

/* Remove a temporary file that was not renamed. */
static void part_cleanup(char **part)
{
    if (*part != NULL)
        unlink(*part);
    free(*part);
}

static enum eg_code write_beside(const char *path, const void *data, size_t size,
                                 const struct eg_file_options *options, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *name = NULL;
    EG_CLEANUP(part_cleanup) char *part = NULL;
    const size_t name_size = strlen(path) + 32;

    EG_TRY(eg_alloc(&name, 1, name_size, err));
    snprintf(name, name_size, "%s.%ld.part", path, (long)getpid());
    unlink(name); /* left by a killed process with the same number */
    EG_CLEANUP(eg_fd_close_cleanup)
    const int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)options->mode);
    if (fd < 0)
        return eg_error_errno(err, EG_IO, errno, "%s", path);
    part = name;
    name = NULL;
    EG_TRY(write_all(fd, path, data, size, options->cancel, err));
    if (fsync(fd) != 0 || put_in_place(part, path, options->replace) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s", path);
    free(part);
    part = NULL;
    return EG_OK;
}

enum eg_code eg_file_write(const char *path, const void *data, size_t size,
                           const struct eg_file_options *options, struct eg_error *err)
{
    struct stat link, target;

    if (lstat(path, &link) != 0)
        return write_beside(path, data, size, options, err);
    if (stat(path, &target) != 0 || S_ISREG(target.st_mode)) {
        if (S_ISLNK(link.st_mode))
            return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is a symbolic link; name the file itself", path);
        if (!options->replace)
            return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is there already", path);
        return write_beside(path, data, size, options, err);
    }
    if (options->no_device)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is not a regular file", path);
    EG_CLEANUP(eg_fd_close_cleanup) const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return eg_error_errno(err, EG_IO, errno, "%s", path);
    return write_all(fd, path, data, size, options->cancel, err);
}

void eg_fd_close_cleanup(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

void eg_fd_hold_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) {
            /* Opening failed, so nothing took its place. */
        }
    }
}
