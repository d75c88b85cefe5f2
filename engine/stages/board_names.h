/* SPDX-License-Identifier: Apache-2.0 */

/* The names of one board and their values, for the templates of the job. */

#ifndef ENGINE_STAGES_BOARD_NAMES_H
#define ENGINE_STAGES_BOARD_NAMES_H

#include "engine/stages/run.h"

/** Where the board's pool row comes from: reserved for it, or the one that it has. */
enum eg_board_row { EG_BOARD_ROW_RESERVED, EG_BOARD_ROW_HELD };

/**
 * Add every name of the run's board, which is identified: built-in names, columns of its pool row, the answer
 * of the job's program, and `unit.values`.
 *
 * @return EG_OK; EG_BAD_UNIT_DATA, EG_POOL_EMPTY, EG_NOT_UNIQUE, EG_NOT_ACCEPTED, EG_PROGRAM_FAILED,
 * EG_CANCELLED
 */
enum eg_code eg_board_names_make(struct eg_names *names, struct eg_run *run, enum eg_board_row from,
                                 struct eg_error *err) EG_CHECKED;

/** Claim the values that belong to one board. EG_NOT_UNIQUE another board has one. */
enum eg_code eg_board_names_claim(const struct eg_run *run, const struct eg_names *names,
                                  struct eg_error *err) EG_CHECKED;

#endif
