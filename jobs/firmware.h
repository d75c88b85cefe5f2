/* SPDX-License-Identifier: Apache-2.0 */

/* The key `firmware` of a job: files and their addresses, from the job itself, from a build, or from one
 * merged file. */

#ifndef JOBS_FIRMWARE_H
#define JOBS_FIRMWARE_H

#include "jobs/entries.h"

/**
 * Read the node of the key `firmware`.
 *
 * @param firmware  zero-initialised except `job_chip`; eg__firmware_finish() frees its content, also after a
 * failure
 * @param job_path  relative paths start from its folder
 */
enum eg_code eg__firmware_read(struct eg__firmware *firmware, const struct eg__node *node,
                               const char *job_path, struct eg_error *err) EG_CHECKED;

#endif
