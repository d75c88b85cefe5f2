/* SPDX-License-Identifier: Apache-2.0 */

/* The `firmware` of a job: which file goes where, from the job itself, from what a build made or from a file
 * that is all of it. */

#ifndef JOBS_FIRMWARE_H
#define JOBS_FIRMWARE_H

#include "jobs/entries.h"

/**
 * Read the node of the key `firmware`.
 *
 * @param firmware  zero-initialised but for `job_chip`; eg__firmware_finish() frees what is in it, also after
 * a failure
 * @param job_path  relative paths start from its folder
 */
enum eg_code eg__firmware_read(struct eg__firmware *firmware, const struct eg__node *node,
                               const char *job_path, struct eg_error *err) EG_CHECKED;

#endif
