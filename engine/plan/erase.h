/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a job erases besides what it writes: the key `erase`, resolved by the job's own partition table.
 */

#ifndef ENGINE_PLAN_ERASE_H
#define ENGINE_PLAN_ERASE_H

#include "engine/plan/plan.h"

/** The stretches of flash that a job erases before it writes, as the guard takes them. */
struct eg_erase {
    struct eg_guard_piece *list; /* without data; their names belong to the plan */
    unsigned count;              /* 0 = only what is written */
};

/** Return whether the job erases more than what it writes. */
bool eg_plan_erases(const struct eg_plan *plan);

/**
 * Find what the job erases.
 *
 * @param flash_size  of the board, bytes; 0 = not known, then that of the job, or 16 MB
 * @param place       set to the item of the job that is wrong
 *
 * @return EG_OK; EG_BAD_JOB the job's partition table lacks a partition that `erase` names
 */
enum eg_code eg_erase_find(struct eg_erase *erase, const struct eg_plan *plan, uint32_t flash_size,
                           const char **place, struct eg_error *err) EG_CHECKED;
void eg_erase_finish(struct eg_erase *erase);

/**
 * Ask the guard, before there is a board, whether what the job writes replaces what erasing takes away.
 *
 * @param place  as above
 */
enum eg_code eg_erase_check(const struct eg_plan *plan, const char **place, struct eg_error *err) EG_CHECKED;

/** Find the first bytes from `*at` to `end` that nothing is written to: `*at` becomes their address; return
 * their number, 0 = there are none. Those that share a sector with what is written are erased by the writing.
 */
uint32_t eg_erase_gap(uint32_t *at, uint32_t end, const struct eg_guard_piece *written, unsigned count);

#endif
