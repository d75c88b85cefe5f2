/* SPDX-License-Identifier: Apache-2.0 */

/* Scratch ledgers, for rehearsals that leave no mark. */

#ifndef DB_FILES_SCRATCH_H
#define DB_FILES_SCRATCH_H

#include "engine/base/error.h"

/**
 * Make a ledger with a copy of another's pools: their columns and the rows that no board has.
 *
 * @param path    of the scratch ledger, in a folder that is there; the caller removes it, with its "-wal",
 *                "-shm" and ".lock"
 * @param ledger  as eg_ledger_open() takes it; read only; without it, or when it is not there, the scratch
 *                ledger has no pools
 *
 * @return EG_OK; EG_LEDGER, EG_LEDGER_NEWER, EG_IO, EG_NO_ROOM, EG_NO_MEMORY
 */
enum eg_code eg_ledger_scratch(const char *path, const char *ledger, struct eg_error *err) EG_CHECKED;

#endif
