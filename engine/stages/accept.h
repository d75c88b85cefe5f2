/* SPDX-License-Identifier: Apache-2.0 */

/* The job's own rules on who may be programmed: accept.*. admit asks them last, before the intent. A line
 * with several jobs chooses by them. */

#ifndef ENGINE_STAGES_ACCEPT_H
#define ENGINE_STAGES_ACCEPT_H

#include "engine/stages/run.h"

extern const struct eg_option eg__accept_options[];

/** The `check` of a stage: refuse rules that the job's chip can never meet or be asked about, and check the
 * file of MACs. */
enum eg_code eg__accept_check(const struct eg_plan *plan, const char **place,
                              struct eg_error *err) EG_CHECKED;

/**
 * Hold an identified board, and what the ledger knows of it, against every rule the job gives.
 *
 * @return EG_OK; EG_NOT_ACCEPTED or EG_SEEN_BEFORE by the first rule that refuses, with what the board has
 * and what the job accepts; what reading registers can end with
 */
enum eg_code eg__accept(struct eg_run *run, const struct eg_seen *seen, struct eg_error *err) EG_CHECKED;

/** Return whether boards in secure download mode are accepted, to be proved again. */
bool eg__accept_closed(const struct eg_plan *plan);

/** Do the same with the rules that need no ledger, as far as the board can be asked. */
enum eg_code eg_accept_board(struct eg_run *run, struct eg_error *err) EG_CHECKED;

/** Return whether some board may fit both jobs: their chip is the same, and no rule keeps them apart. Files
 * of MACs are not compared, so they keep no jobs apart. */
bool eg_accept_both(const struct eg_plan *one, const struct eg_plan *other);

#endif
