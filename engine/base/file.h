/* SPDX-License-Identifier: Apache-2.0 */

/* Whole regular files into memory and back, without surprises. */

#ifndef ENGINE_BASE_FILE_H
#define ENGINE_BASE_FILE_H

#include "engine/base/bytes.h"
#include "engine/base/clock.h"

/**
 * Read a regular file whole.
 *
 * Directories, FIFOs, sockets and devices are refused by name; opening never blocks. The buffer's content is
 * replaced on EG_OK only, and a NUL that is not counted in its size stands behind the last byte.
 *
 * @param size_max  a longer file is refused before it is read
 *
 * @return EG_OK; EG_BAD_ARGUMENT what is wrong is the name, or what it names; EG_IO; both sentences name the
 * path and the cause; EG_NO_MEMORY
 */
enum eg_code eg_file_read(struct eg_buffer *buffer, const char *path, size_t size_max,
                          struct eg_error *err) EG_CHECKED;

/** The same of a file that is open; `path` is for the sentences. */
enum eg_code eg_file_read_open(struct eg_buffer *buffer, int fd, const char *path, size_t size_max,
                               struct eg_error *err) EG_CHECKED;

struct eg_file_options {
    unsigned mode;                  /* of a new file, less what the umask takes away */
    bool replace;                   /* a file that is there; else it is refused */
    const struct eg_cancel *cancel; /* may be NULL */
};

/**
 * Write a file whole: beside its place first, and there once it is on the disk, so that there is never half
 * of it. A symbolic link is refused; what is neither that nor a regular file, such as a pipe, is written to
 * as it is.
 *
 * @return EG_OK; EG_BAD_ARGUMENT there is a file or link already, or the name is wrong; EG_CANCELLED; EG_IO, EG_NO_ROOM
 */
enum eg_code eg_file_write(const char *path, const void *data, size_t size,
                           const struct eg_file_options *options, struct eg_error *err) EG_CHECKED;

/** For EG_CLEANUP on a file descriptor; -1 is none. */
void eg_fd_close_cleanup(const int *fd);

#endif
