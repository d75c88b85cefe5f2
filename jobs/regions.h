/* SPDX-License-Identifier: Apache-2.0 */

/* The bytes of a plan: files read, checked, patched, compressed and hashed. */

#ifndef JOBS_REGIONS_H
#define JOBS_REGIONS_H

#include "engine/image/image.h"
#include "engine/plan/plan.h"
#include "jobs/firmware.h"

/**
 * Fill the regions and sums of a plan whose target and declared flash size are set.
 *
 * @param settings  for the header of the bootloader
 *
 * @return EG_OK; EG_BAD_JOB an address cannot be used; EG_BAD_IMAGE a file cannot be used; EG_NO_MEMORY
 */
enum eg_code eg__regions_make(struct eg_plan *plan, const struct eg__firmware *firmware,
                              const struct eg_flash_settings *settings, struct eg_error *err) EG_CHECKED;

#endif
