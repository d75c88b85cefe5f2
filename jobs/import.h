/* SPDX-License-Identifier: Apache-2.0 */

/* What a build made becomes a job file, to be looked over and kept by people. */

#ifndef JOBS_IMPORT_H
#define JOBS_IMPORT_H

#include "engine/base/bytes.h"

struct eg_import {
    const char *source;   /* whatever `firmware.from` takes, or the folder of a build */
    const char *job_path; /* where the job file will be, in a folder that exists; it need not exist itself */
    const char *name;     /* of the job; NULL = what the build is called, else what its application is */
    const char *chip;     /* NULL = as the build or the header of an image says */
};

/**
 * The text of a job file that programs what the build would, with paths relative to its folder and comments
 * that say where everything is from. All files are read and checked as for the job itself.
 *
 * @param text  written on EG_OK only; its content is replaced
 *
 * @return EG_OK; EG_BAD_JOB, EG_BAD_IMAGE the sentence names file and cause, and the line when there is one;
 * EG_BAD_ARGUMENT there is no such chip or no such source; EG_IO the job's folder; EG_NO_MEMORY
 */
enum eg_code eg_import(struct eg_buffer *text, const struct eg_import *wanted,
                       struct eg_error *err) EG_CHECKED;

#endif
