/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The right to record into a ledger: many sessions at the same time, or one process that has the ledger to
 * itself. The kernel releases the lock however the program ends.
 */

#ifndef DB_LOCK_H
#define DB_LOCK_H

#include "engine/base/error.h"

enum eg__company {
    EG__BESIDE, /* others may record meanwhile */
    EG__ALONE,  /* nobody else records meanwhile */
};

/**
 * Take the right to record into the ledger at a resolved path, until `*fd` is closed.
 *
 * EG__ALONE is refused at once while another process records. EG__BESIDE waits up to five seconds for a
 * process that has the ledger to itself, since most need it only for a moment.
 *
 * @param fd  the caller's to close, after a failure too; -1 = nothing to close
 *
 * @return EG_OK; EG_LEDGER_LOCKED, which names the process; EG_LEDGER
 */
enum eg_code eg__lock(int *fd, const char *full, enum eg__company company, struct eg_error *err) EG_CHECKED;

#endif
