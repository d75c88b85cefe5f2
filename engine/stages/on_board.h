/* SPDX-License-Identifier: Apache-2.0 */

/* What a board holds where the job writes nothing: its partition table and its bootloader. */

#ifndef ENGINE_STAGES_ON_BOARD_H
#define ENGINE_STAGES_ON_BOARD_H

#include "engine/stages/run.h"

/**
 * Hold the job against the partition table and the bootloader that the board keeps. Reads up to 4 KiB of
 * flash, nothing where the job brings both. A loader that cannot read, and a flash that is encrypted, tell
 * nothing: EG_OK.
 *
 * @return what the guard refuses, what reading can fail with
 */
enum eg_code eg__ask_on_board(struct eg_run *run, struct eg_error *err) EG_CHECKED;

#endif
