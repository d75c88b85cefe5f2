/* SPDX-License-Identifier: Apache-2.0 */

/* The part of a plan's explanation that is about data of single boards. Only for this folder. */

#ifndef JOBS_EXPLAIN_UNIT_H
#define JOBS_EXPLAIN_UNIT_H

#include "engine/plan/plan.h"

#include <stdio.h>

/** What each board has of its own, shown for one that there is not; nothing when it has none. EG_NO_MEMORY.
 */
enum eg_code eg__explain_unit(const struct eg_plan *plan, FILE *out, struct eg_error *err) EG_CHECKED;

#endif
