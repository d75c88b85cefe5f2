/* SPDX-License-Identifier: Apache-2.0 */

#ifndef JOBS_EXPLAIN_SECURE_H
#define JOBS_EXPLAIN_SECURE_H

#include "engine/plan/plan.h"

#include <stdio.h>

/** Print every bit that the job burns into a blank chip, in its order and with its reason. */
enum eg_code eg__explain_secure(const struct eg_plan *plan, FILE *out, struct eg_error *err) EG_CHECKED;

#endif
