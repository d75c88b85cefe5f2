/* SPDX-License-Identifier: Apache-2.0 */

/* Pool rows. Every call runs inside a transaction of its caller. */

#ifndef DB_POOL_H
#define DB_POOL_H

#include "db/store.h"
#include "engine/plan/recorder.h"

/** Reserve a row, as the recorder's reserve() does; `row` may be partly filled after a failure. */
enum eg_code eg__pool_reserve(struct eg__store *store, int64_t run, const struct eg_pool_wish *wish,
                              struct eg_pool_row *row, struct eg_error *err) EG_CHECKED;
enum eg_code eg__pool_mark(struct eg__store *store, int64_t run, enum eg_pool_state state,
                           struct eg_error *err) EG_CHECKED;
/** Settle the rows of a run that ended. Its outcome is recorded already. */
enum eg_code eg__pool_end(struct eg__store *store, int64_t run, bool passed, struct eg_error *err) EG_CHECKED;

#endif
