/* SPDX-License-Identifier: Apache-2.0 */

/* Whole regular files into memory, without surprises. */

#ifndef ENGINE_BASE_FILE_H
#define ENGINE_BASE_FILE_H

#include "engine/base/bytes.h"

/**
 * Read a regular file whole.
 *
 * Directories, FIFOs, sockets and devices are refused by name; opening never blocks. The buffer's content is
 * replaced on EG_OK only, and a NUL that is not counted in its size stands behind the last byte.
 *
 * @param size_max  a longer file is refused before it is read
 *
 * @return EG_OK, EG_IO (the sentence names the path and the cause), EG_NO_MEMORY
 */
enum eg_code eg_file_read(struct eg_buffer *buffer, const char *path, size_t size_max,
                          struct eg_error *err) EG_CHECKED;

#endif
