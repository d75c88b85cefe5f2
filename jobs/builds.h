/* SPDX-License-Identifier: Apache-2.0 */

/* A build's files that list files and addresses: a reader for each format. */

#ifndef JOBS_BUILDS_H
#define JOBS_BUILDS_H

#include "jobs/entries.h"

/**
 * Read such a file, or the folder of a build: entries, chip, flash settings, and settings that are not used.
 * The content decides the format.
 *
 * @param is_build  false = `path` is not such a file, but firmware or unreadable
 *
 * @return EG_OK; EG_BAD_JOB with "FILE:LINE:COLUMN: " before the cause; EG_IO, EG_NO_MEMORY
 */
enum eg_code eg__build_read(struct eg__firmware *firmware, const char *path, bool *is_build,
                            struct eg_error *err) EG_CHECKED;

/* The readers. `firmware->build` has the file: its tree, or for flash_args its text alone. */

/** ESP-IDF: flasher_args.json. */
enum eg_code eg__flasher_args_read(struct eg__firmware *firmware, struct eg_error *err) EG_CHECKED;

/** ESP Web Tools: manifest.json; `firmware->job_chip` chooses among several builds. If that is not a chip,
 * nothing is read, and the caller refuses the job. */
enum eg_code eg__manifest_read(struct eg__firmware *firmware, struct eg_error *err) EG_CHECKED;

/** PlatformIO: idedata.json. */
enum eg_code eg__idedata_read(struct eg__firmware *firmware, struct eg_error *err) EG_CHECKED;

/** Return whether a text looks like words for esptool's @FILE, which ESP-IDF and Arduino write to flash_args.
 */
bool eg__flash_args_is(const struct eg_buffer *text);
/** Read them. They are unquoted in place: the entries point into `firmware->build.text`. */
enum eg_code eg__flash_args_read(struct eg__firmware *firmware, struct eg_error *err) EG_CHECKED;
/** Do the same for words that are split already. */
enum eg_code eg__flash_args_words(struct eg__firmware *firmware, const struct eg__word *words, size_t count,
                                  struct eg_error *err) EG_CHECKED;

/**
 * Find the file in the folder of a build that lists its files.
 *
 * @param path  the caller frees it; NULL = there is none
 *
 * @return EG_OK; EG_BAD_JOB the path is too long; EG_NO_MEMORY
 */
enum eg_code eg__folder_list(char **path, const char *folder, struct eg_error *err) EG_CHECKED;

/**
 * Read a folder without such a list: the files to which PlatformIO and Arduino give the names of bootloader,
 * partition table and application. The application goes to the partition that a new board starts.
 *
 * @return EG_OK; EG_BAD_JOB it is not the folder of a build, or a file is missing; EG_IO, EG_NO_MEMORY
 */
enum eg_code eg__folder_read(struct eg__firmware *firmware, const char *folder,
                             struct eg_error *err) EG_CHECKED;

#endif
