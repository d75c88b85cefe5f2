/* SPDX-License-Identifier: Apache-2.0 */

/* The part of a plan's explanation about data of single boards. Only for this folder. */

#ifndef JOBS_EXPLAIN_UNIT_H
#define JOBS_EXPLAIN_UNIT_H

#include "engine/plan/plan.h"

#include <stdio.h>

/** Show the data of single boards, with placeholder values; nothing if the job has none. EG_NO_MEMORY.
 */
enum eg_code eg__explain_unit(const struct eg_plan *plan, FILE *out, struct eg_error *err) EG_CHECKED;

#endif
