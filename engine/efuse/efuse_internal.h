/* SPDX-License-Identifier: Apache-2.0 */

/* The controller's register sequences, for the files of this folder. */

#ifndef ENGINE_EFUSE_EFUSE_INTERNAL_H
#define ENGINE_EFUSE_EFUSE_INTERNAL_H

#include "engine/efuse/efuse.h"

/** Read one register of the controller. */
enum eg_code eg__efuse_get(const struct eg_efuses *fuses, unsigned reg, uint32_t *word,
                           struct eg_error *err) EG_CHECKED;

/** Let the controller copy the fuses into its read registers. */
enum eg_code eg__efuse_read_command(const struct eg_efuses *fuses, struct eg_error *err) EG_CHECKED;

/** Return the timing for the board's crystal; NULL = burning is refused. */
const struct eg_efuse_timing *eg__efuse_timing(const struct eg_efuses *fuses);

/**
 * Burn a block: timing, data, command, and clear the data. The read registers stay as they are.
 *
 * @param word   as many words as the block's coding makes: `count`
 */
enum eg_code eg__efuse_program(const struct eg_efuses *fuses, unsigned block, const uint32_t *word,
                               unsigned count, struct eg_error *err) EG_CHECKED;

/** Words of a key must not be shown from now on, or no longer. */
void eg__efuse_hide(const struct eg_efuses *fuses, bool on);

#endif
