/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Boards of one MAC in two programs that record into one ledger at the same time. Of two in one program the
 * line knows itself. As there, neither passes: the second is refused before anything is erased, the first
 * when its run ends.
 *
 * Real boards only: each rehearsal has the same simulated ones.
 */

#ifndef DB_TWIN_H
#define DB_TWIN_H

#include "db/store.h"

/**
 * Refuse a board whose MAC is at work in another program.
 *
 * @param lock_fd  of the ledger's lock file, by which other programs are seen
 * @param chain    the last link of the chain
 *
 * @return EG_OK; EG_DUPLICATE_MAC
 */
enum eg_code eg__twin_refuse(struct eg__store *store, int lock_fd, int64_t run, const char *mac,
                             int64_t *chain, struct eg_error *err) EG_CHECKED;

/** EG_DUPLICATE_MAC when another program has refused a board of this MAC since that link of the chain. */
enum eg_code eg__twin_disputed(struct eg__store *store, int64_t run, const char *mac, int64_t chain,
                               struct eg_error *err) EG_CHECKED;

#endif
