/* SPDX-License-Identifier: Apache-2.0 */

/* Which of several jobs a board gets. Only for this folder and its tests. */

#ifndef ENGINE_LINE_CHOOSE_H
#define ENGINE_LINE_CHOOSE_H

#include "engine/line/line.h"

/**
 * Ask the board in the slot who it is, and give the run the job whose chip and accept rules fit it: plan and
 * recorder. A line with one job asks nothing. A board that does not answer gets the first job, one that only
 * a single job is for gets that: its run tells what is wrong.
 *
 * @param run  with the first job, before eg__pipeline_run()
 *
 * @return EG_OK; EG_WRONG_CHIP no job is for the chip, EG_NOT_ACCEPTED of those that are none or more than
 * one fits: then run->unit is set, for eg__pipeline_refuse()
 */
enum eg_code eg__choose_job(struct eg_run *run, const struct eg_station *station,
                            struct eg_error *err) EG_CHECKED;

#endif
