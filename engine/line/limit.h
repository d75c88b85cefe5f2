/* SPDX-License-Identifier: Apache-2.0 */

/* The least time that a stage can take over its link, and why it took longer. */

#ifndef ENGINE_LINE_LIMIT_H
#define ENGINE_LINE_LIMIT_H

#include "engine/stages/run.h"

/** Return the time that bytes of a stage need on the wire, in microseconds. 0: native USB, whose rate does
 * not count, and a link that was faster than that, as of a simulated board without time. */
uint64_t eg__floor_us(const struct eg_run *run, uint64_t wire_us, uint64_t duration_us);

/**
 * Return what limited the stage that has just ended well; EG_LIMIT_NONE where nothing is sure.
 *
 * @param record    with its times and resends
 * @param requests  answered in this stage
 * @param redos     regions begun again in this stage
 */
enum eg_limit eg__limit_of(const struct eg_run *run, const struct eg_stage_record *record, unsigned requests,
                           unsigned redos);

#endif
