/* SPDX-License-Identifier: Apache-2.0 */

/* The rows of each kind of record. Every call runs inside a transaction of its caller. */

#ifndef DB_RECORD_H
#define DB_RECORD_H

#include "db/store.h"

/** Return EG_BAD_ARGUMENT if the batch is sealed; the sentence says when and by whom. */
enum eg_code eg__record_refuse_sealed(sqlite3 *db, const char *batch, struct eg_error *err) EG_CHECKED;

enum eg_code eg__record_session(struct eg__store *store, const struct eg__session *session, int64_t *number,
                                struct eg_error *err) EG_CHECKED;
enum eg_code eg__record_begin(struct eg__store *store, int64_t session, const struct eg_run_begin *begin,
                              int64_t *run, struct eg_error *err) EG_CHECKED;
enum eg_code eg__record_intent(struct eg__store *store, int64_t run, const struct eg_unit *unit,
                               struct eg_error *err) EG_CHECKED;
enum eg_code eg__record_secure(struct eg__store *store, int64_t run, const struct eg_security_record *records,
                               unsigned count, struct eg_error *err) EG_CHECKED;
/** Return the last value of the board for an event of an item; "" = none. */
enum eg_code eg__record_secured(struct eg__store *store, const struct eg_unit *unit,
                                enum eg_security_event event, const char *item, char *value, size_t room,
                                struct eg_error *err) EG_CHECKED;
enum eg_code eg__record_finish(struct eg__store *store, int64_t run, const struct eg_run_record *record,
                               struct eg_error *err) EG_CHECKED;
enum eg_code eg__record_seen(struct eg__store *store, const struct eg_unit *unit, struct eg_seen *seen,
                             struct eg_error *err) EG_CHECKED;
enum eg_code eg__record_holds(struct eg__store *store, const struct eg_unit *unit,
                              const struct eg_region *region, bool *probably,
                              struct eg_error *err) EG_CHECKED;

enum eg_code eg__record_rates(struct eg__store *store, const char *station, const char *slot,
                              const struct eg_bridge *bridge, struct eg_rates_seen *seen,
                              struct eg_error *err) EG_CHECKED;

/** Close as aborted every run without an outcome whose session is dead: its lock is free. */
enum eg_code eg__record_orphans(struct eg__store *store, int lock_fd, unsigned *count,
                                struct eg_error *err) EG_CHECKED;

#endif
