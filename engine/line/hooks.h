/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Hooks: programs of the job that run before and after boards. Those of batches are in station.h. Only for
 * this folder.
 *
 * A hook gets a JSON object on standard input; its texts and numbers are in the environment too, "slot" as
 * ESPGANG_SLOT, a value "v3.3" of the run as ESPGANG_VALUE_V3_3. What it prints goes nowhere but into the
 * sentence of its failure.
 */

#ifndef ENGINE_LINE_HOOKS_H
#define ENGINE_LINE_HOOKS_H

#include "engine/line/line.h"
#include "engine/plan/pipeline.h"

/** Version of the JSON object's form; grows when a field changes its meaning or goes. */
#define EG__HOOK_VERSION 2

bool eg__hook_given(const struct eg_plan *plan, enum eg_hook hook);

/** Return whether its failure fails the run. */
bool eg__hook_required(const struct eg_plan *plan, enum eg_hook hook);

/**
 * Run a hook that is given, for the board of a run.
 *
 * @param record  how the run ends; NULL = it begins
 *
 * @return as eg_program_run()
 */
enum eg_code eg__hook_board(const struct eg_run *run, enum eg_hook hook, const struct eg_run_record *record,
                            const struct eg_cancel *cancel, struct eg_error *err) EG_CHECKED;

/** Take the supply of the run's socket away and give it back. EG_PROGRAM_FAILED, EG_CANCELLED, EG_IO,
 * EG_NO_MEMORY. */
enum eg_code eg__power_cycle(const struct eg_run *run, struct eg_error *err) EG_CHECKED;

#endif
