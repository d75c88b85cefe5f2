/* SPDX-License-Identifier: Apache-2.0 */

/* What the job says of the labels that are scanned. Threads: the plan is only read. */

#ifndef ENGINE_STAGES_LABEL_H
#define ENGINE_STAGES_LABEL_H

#include "engine/plan/plan.h"

/** Return whether a board without a label is refused. */
bool eg_label_required(const struct eg_plan *plan);

/** Return whether the job says anything of labels. */
bool eg_label_used(const struct eg_plan *plan);

/**
 * Hold a label against the job as far as no board is needed: whether there is one, and its pattern.
 *
 * @param label  NULL or "" = none
 *
 * @return EG_OK; EG_NOT_ACCEPTED; EG_PATTERN_LIMIT, EG_NO_MEMORY
 */
enum eg_code eg_label_check(const struct eg_plan *plan, const char *label, struct eg_error *err) EG_CHECKED;

#endif
