/* SPDX-License-Identifier: Apache-2.0 */

/* Turn a job file into a checked, frozen plan. */

#ifndef JOBS_JOB_H
#define JOBS_JOB_H

#include "engine/plan/stage.h"

#include <stdio.h>

struct eg_trust;

/**
 * Read a job file (YAML or JSON) or a bundle, check all of it, read and prepare its firmware.
 *
 * Nothing outside memory is touched. Everything that can be refused without a board is refused here.
 *
 * @param plan    written on EG_OK only; eg_plan_destroy() frees it
 * @param stages  stages of the pipeline, whose keys the job may have; NULL-terminated
 *
 * @return EG_OK; EG_BAD_JOB or EG_BAD_IMAGE with "FILE:LINE:COLUMN: " before the cause; EG_BAD_BUNDLE;
 * EG_IO the job file itself cannot be read; EG_NO_MEMORY
 */
enum eg_code eg_job_load(struct eg_plan **plan, const char *path, const struct eg_stage *const *stages,
                         struct eg_error *err) EG_CHECKED;

/** Do the same for a station, but compress while the caller goes on: eg_plan_packed(). If it trusts keys,
 * only a bundle signed by one of them is read; everything else is EG_NOT_TRUSTED before its content is looked
 * at. NULL = it trusts none. */
enum eg_code eg_job_load_trusted(struct eg_plan **plan, const char *path, const struct eg_trust *trust,
                                 const struct eg_stage *const *stages, struct eg_error *err) EG_CHECKED;

/** Print what the job does, for people: chip, regions with sizes and digests, settings. EG_IO: `out` fails.
 */
enum eg_code eg_job_explain(const struct eg_plan *plan, FILE *out, struct eg_error *err) EG_CHECKED;

#endif
