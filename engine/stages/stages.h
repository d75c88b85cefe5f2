/* SPDX-License-Identifier: Apache-2.0 */

/* The stages of this folder, for those that take boards through them or read jobs for them. */

#ifndef ENGINE_STAGES_STAGES_H
#define ENGINE_STAGES_STAGES_H

#include "engine/plan/stage.h"

/** Every stage, NULL-terminated, in no particular order. */
extern const struct eg_stage *const eg_stages[];

/** The one that reads who a board is; a line with several jobs runs it before it chooses one. */
extern const struct eg_stage eg_stage_identify;

/** The one that starts the stub; a board that was reset in mid-way goes through both again. */
extern const struct eg_stage eg_stage_stub;

#endif
