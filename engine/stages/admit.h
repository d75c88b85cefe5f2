/* SPDX-License-Identifier: Apache-2.0 */

/* What is asked of every board once its MAC is known. */

#ifndef ENGINE_STAGES_ADMIT_H
#define ENGINE_STAGES_ADMIT_H

#include "engine/stages/run.h"

/** Hold the MAC against the other slots, and the board against the ledger and the job's own rules; claim its
 * label. The sentence of the first that refuses. */
enum eg_code eg__admit_known(struct eg_run *run, struct eg_error *err) EG_CHECKED;

#endif
