/* SPDX-License-Identifier: Apache-2.0 */

/* The regions of a plan: files read, checked, patched and hashed. */

#ifndef JOBS_REGIONS_H
#define JOBS_REGIONS_H

#include "engine/image/image.h"
#include "engine/plan/plan.h"
#include "jobs/entries.h"

/**
 * Fill the regions, without the streams that no bundle has, notices and data_size of a plan whose target,
 * declared flash size and flash settings are set.
 *
 * @return EG_OK; EG_BAD_JOB, EG_BAD_IMAGE a file cannot be read or placed; the codes of eg_guard_ask();
 * EG_NO_MEMORY
 */
enum eg_code eg__regions_make(struct eg_plan *plan, const struct eg__firmware *firmware,
                              struct eg_error *err) EG_CHECKED;

#endif
