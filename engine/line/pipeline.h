/* SPDX-License-Identifier: Apache-2.0 */

/* One board's run. Only for this folder and its tests. */

#ifndef ENGINE_LINE_PIPELINE_H
#define ENGINE_LINE_PIPELINE_H

#include "engine/line/line.h"

/**
 * Take the board in a slot through the stages, attempt by attempt, and have the outcome recorded.
 *
 * @param run     with what is given filled in, the rest zero; on return nothing in it needs to be released
 * @param stages  in order, NULL-terminated
 * @param result  always written; a pass only after the recorder has said that it is durable
 */
void eg__pipeline_run(struct eg_run *run, const struct eg_stage *const *stages, struct eg_result *result);

/**
 * Record a run without an attempt, of a board for which `cause` let nothing begin.
 *
 * @param run     as for eg__pipeline_run()
 * @param result  always written
 */
void eg__pipeline_refuse(struct eg_run *run, const struct eg_error *cause, struct eg_result *result);

/**
 * Take a pass back, because a board with the same MAC is in the slot `rival` while this one is still in its
 * own. Nothing on record changes: another run of this board is recorded, without an attempt, that did not
 * pass. The board itself is left alone.
 *
 * @param run     that has passed, as eg__pipeline_run() left it
 * @param result  of that run; becomes that of the new one
 */
void eg__pipeline_withdraw(struct eg_run *run, const char *rival, struct eg_result *result);

#endif
