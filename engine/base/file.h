/* SPDX-License-Identifier: Apache-2.0 */

/* Read and write whole regular files safely. */

#ifndef ENGINE_BASE_FILE_H
#define ENGINE_BASE_FILE_H

#include "engine/base/bytes.h"
#include "engine/base/clock.h"

/**
 * Read a regular file whole.
 *
 * Directories, FIFOs, sockets and devices are refused, and the sentence says which it is; opening never
 * blocks. The buffer's content is replaced only on EG_OK. A NUL, not counted in its size, follows the last
 * byte.
 *
 * @param size_max  refuse a longer file before reading it
 *
 * @return EG_OK; EG_BAD_ARGUMENT what is wrong is the name, or what it names; EG_IO; both sentences name the
 * path and the cause; EG_NO_MEMORY
 */
enum eg_code eg_file_read(struct eg_buffer *buffer, const char *path, size_t size_max,
                          struct eg_error *err) EG_CHECKED;

/** Do the same with an open file; `path` is for the sentences. */
enum eg_code eg_file_read_open(struct eg_buffer *buffer, int fd, const char *path, size_t size_max,
                               struct eg_error *err) EG_CHECKED;

struct eg_file_options {
    unsigned mode;                  /* of a new file, before the umask */
    bool replace;                   /* replace an existing file; else refuse it */
    bool no_device;                 /* refuse a pipe or device: its name is not the user's choice */
    const struct eg_cancel *cancel; /* may be NULL */
};

/**
 * Write a whole file: to a temporary file in the same folder, which is renamed once it is on the disk, so
 * that no incomplete file ever has the name. A symbolic link is refused. A pipe or device is written to
 * directly.
 *
 * @return EG_OK; EG_BAD_ARGUMENT there is a file or link already, or the name is wrong; EG_CANCELLED; EG_IO,
 * EG_NO_ROOM
 */
enum eg_code eg_file_write(const char *path, const void *data, size_t size,
                           const struct eg_file_options *options, struct eg_error *err) EG_CHECKED;

/** Close a file descriptor; for EG_CLEANUP. -1 means no file. */
void eg_fd_close_cleanup(const int *fd);

/** For the beginning of a program: if its caller closed a standard stream, the next file or port to be opened
 * would get its number and receive the output. The descriptor that fills the gap fails on every use, like a
 * closed stream. */
void eg_fd_hold_standard_streams(void);

#endif
