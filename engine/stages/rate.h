/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The rate of a run whose job leaves it to the line, by `link.baud: auto`.
 *
 * A board is connected at the usual rate. Before its first large write the highest rate is tried that bridge,
 * chip and slot can do and that no earlier run on this cable has given up; it must prove itself. A rate that
 * does not, or does not last, is given up, for this cable until many boards in a row have passed below it.
 * Nothing here decides whether a board is right: that is verified as ever.
 */

#ifndef ENGINE_STAGES_RATE_H
#define ENGINE_STAGES_RATE_H

#include "engine/stages/run.h"

#define EG_RATE_USUAL 921600

/** Begin a run: ask the ledger what is known of its cable. */
enum eg_code eg_rate_begin(struct eg_run *run, struct eg_error *err) EG_CHECKED;

/** Return the rate at which the job's boards are connected, before limits. */
uint32_t eg_rate_of_job(const struct eg_plan *plan);

/** Raise the rate, once in an attempt, if it pays for what is written next: `size` bytes at `flash_addr`. A
 * board that can no longer be reached at a higher rate is reset and made ready again. */
enum eg_code eg_rate_raise(struct eg_run *run, uint32_t flash_addr, uint32_t size,
                           struct eg_error *err) EG_CHECKED;

/** End an attempt. A rate at which it wrote and failed is given up, but not because a board was taken out.
 * Return whether it was above the rate of its beginning. */
bool eg_rate_end(struct eg_run *run, enum eg_code code);

#endif
