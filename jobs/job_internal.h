/* SPDX-License-Identifier: Apache-2.0 */

/* A job whose file has been read. */

#ifndef JOBS_JOB_INTERNAL_H
#define JOBS_JOB_INTERNAL_H

#include "jobs/document.h"
#include "jobs/job.h"

/** Make the plan of a job file's document. */
enum eg_code eg__job_make(struct eg_plan **plan, const struct eg__document *document,
                          const struct eg_stage *const *stages, struct eg_error *err) EG_CHECKED;

#endif
