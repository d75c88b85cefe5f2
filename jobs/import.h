/* SPDX-License-Identifier: Apache-2.0 */

/* Turn the result of a build into a job file, for people to check and keep. */

#ifndef JOBS_IMPORT_H
#define JOBS_IMPORT_H

#include "engine/base/bytes.h"

struct eg_import {
    const char *source;   /* a value for `firmware.from`, or the folder of a build */
    const char *job_path; /* where the job file will be, in a folder that exists; it need not exist itself */
    const char *name;     /* of the job; NULL = name of the build, else of its application */
    const char *chip;     /* NULL = the chip of the build or of an image's header */
};

/**
 * Make the text of a job file that programs the same as the build's own tool, with paths relative to its
 * folder and comments that name the source of each value. All files are read and checked as for a job.
 *
 * @param text  written on EG_OK only; its content is replaced
 *
 * @return EG_OK; EG_BAD_JOB, EG_BAD_IMAGE the sentence names file and cause, and the line when there is one;
 * EG_BAD_ARGUMENT the chip or the source does not exist; EG_IO the job's folder; EG_NO_MEMORY
 */
enum eg_code eg_import(struct eg_buffer *text, const struct eg_import *wanted,
                       struct eg_error *err) EG_CHECKED;

#endif
