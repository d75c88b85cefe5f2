/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The flash key of one board: made for it, found in it again, or hidden in it.
 *
 * It lives in locked memory as long as the run, and is on record by its fingerprint alone. A run that ended
 * between the burn of the key and its protection leaves a key that can still be read; one that ended later
 * leaves a key that nobody reads any more, and then the flash must hold what was encrypted for it.
 */

#ifndef ENGINE_STAGES_FLASH_KEY_H
#define ENGINE_STAGES_FLASH_KEY_H

#include "engine/stages/secure.h"

/**
 * Find out which key the board has or gets, by its eFuses and the ledger. A key that is made is claimed for
 * the board.
 *
 * @return EG_OK; EG_SECURED the chip has a key that this ledger does not know, or had one that is lost;
 * EG_NOT_UNIQUE another board has the key
 */
enum eg_code eg_run_find_flash_key(struct eg_run *run, const struct eg_provision *wishes,
                                   const struct eg_efuses *fuses, struct eg_error *err) EG_CHECKED;

#endif
