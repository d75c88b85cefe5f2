/* SPDX-License-Identifier: Apache-2.0 */

/* Files in which a build tells what goes where, and a reader for each format. */

#ifndef JOBS_BUILDS_H
#define JOBS_BUILDS_H

#include "jobs/entries.h"

/**
 * Read such a file when `path` is one, or the folder of a build: entries, the chip, flash settings, and what
 * is left over. The format is told by the content.
 *
 * @param is_build  false = it is none; firmware, or a file that cannot be read
 *
 * @return EG_OK; EG_BAD_JOB with "FILE:LINE:COLUMN: " in front of the cause; EG_IO, EG_NO_MEMORY
 */
enum eg_code eg__build_read(struct eg__firmware *firmware, const char *path, bool *is_build,
                            struct eg_error *err) EG_CHECKED;

/* The readers. `firmware->build` has the file: its tree, or for flash_args its text alone. */

/** ESP-IDF: flasher_args.json. */
enum eg_code eg__flasher_args_read(struct eg__firmware *firmware, struct eg_error *err) EG_CHECKED;

/** ESP Web Tools: manifest.json; among several builds `firmware->job_chip` chooses. When that is no chip,
 * nothing is read: who knows the job refuses it. */
enum eg_code eg__manifest_read(struct eg__firmware *firmware, struct eg_error *err) EG_CHECKED;

/** PlatformIO: idedata.json. */
enum eg_code eg__idedata_read(struct eg__firmware *firmware, struct eg_error *err) EG_CHECKED;

/** Words for esptool's @FILE, as ESP-IDF and Arduino write them to flash_args: whether text looks like that.
 */
bool eg__flash_args_is(const struct eg_buffer *text);
/** Unquotes in place: what is read points into `firmware->build.text`. */
enum eg_code eg__flash_args_read(struct eg__firmware *firmware, struct eg_error *err) EG_CHECKED;
/** The same for words that were apart already. */
enum eg_code eg__flash_args_words(struct eg__firmware *firmware, const struct eg__word *words, size_t count,
                                  struct eg_error *err) EG_CHECKED;

/**
 * Find the file in the folder of a build that lists its files.
 *
 * @param path  for free(); NULL = there is none
 *
 * @return EG_OK; EG_BAD_JOB the path is too long; EG_NO_MEMORY
 */
enum eg_code eg__folder_list(char **path, const char *folder, struct eg_error *err) EG_CHECKED;

/**
 * Read a folder without such a list: what PlatformIO and Arduino name bootloader, partition table and
 * application. The application goes to the partition that starts first.
 *
 * @return EG_OK; EG_BAD_JOB the folder is none of a build, or something is missing; EG_IO, EG_NO_MEMORY
 */
enum eg_code eg__folder_read(struct eg__firmware *firmware, const char *folder,
                             struct eg_error *err) EG_CHECKED;

#endif
