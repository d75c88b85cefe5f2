/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The keys of one board: made for it, read from a file, decrypted from a pool, found in it again, or hidden
 * in it.
 *
 * They live in locked memory as long as the run, and are on record by their fingerprints alone. A run that
 * ended between the burn of a key and its protection leaves a key that can still be read; one that ended
 * later leaves a key that nobody reads any more. If that is the flash key, the flash must hold what was
 * encrypted for it.
 */

#ifndef ENGINE_STAGES_BOARD_KEYS_H
#define ENGINE_STAGES_BOARD_KEYS_H

#include "engine/stages/secure.h"

/**
 * Find out which keys the board has or gets, by its eFuses, the ledger and files. A key that is made is
 * claimed for the board. In the mode `check` there are none.
 *
 * @return EG_OK; EG_SECURED the chip has a key that this ledger does not know, or had one that is lost;
 * EG_NOT_UNIQUE another board has the key; EG_POOL_EMPTY, EG_NOT_ACCEPTED, EG_BAD_UNIT_DATA the pool of the
 * job has none for it; what eg_secret_read() returns
 */
enum eg_code eg_run_find_keys(struct eg_run *run, const struct eg_provision *wishes,
                              const struct eg_efuses *fuses, struct eg_error *err) EG_CHECKED;

/** Copy the flash key; size 0 = a part of it is not known any more. */
enum eg_code eg_run_flash_key(const struct eg_run *run, struct eg_secret *whole,
                              struct eg_error *err) EG_CHECKED;

/** Make the keys of the board's NVS, or derive them, unless the run has them: none if the job leaves NVS
 * plain, or if the key that they depend on is not known any more. */
enum eg_code eg_run_find_nvs_keys(struct eg_run *run, const struct eg_secret *flash_key,
                                  struct eg_error *err) EG_CHECKED;

#endif
