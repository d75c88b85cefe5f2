/* SPDX-License-Identifier: Apache-2.0 */

/* The start after the last burn. */

#ifndef ENGINE_STAGES_RESTART_H
#define ENGINE_STAGES_RESTART_H

#include "engine/stages/run.h"

/**
 * Reset into the application and wait for the first line that the job's test expects, and `settle` after it.
 * Nothing is captured. The log replaces that of the test if it fails.
 *
 * @return as the stage `test`
 */
enum eg_code eg_run_start_again(struct eg_run *run, struct eg_error *err) EG_CHECKED;

#endif
