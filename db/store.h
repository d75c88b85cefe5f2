/* SPDX-License-Identifier: Apache-2.0 */

/* The recording statements, prepared once for a connection. */

#ifndef DB_STORE_H
#define DB_STORE_H

#include "db/run_columns.h"

enum eg__statement {
    EG__BEGIN,
    EG__COMMIT,
    EG__ROLLBACK,
    EG__SAVEPOINT,
    EG__RELEASE,
    EG__BACK_TO_SAVEPOINT,
    EG__ADD_JOB,
    EG__FIND_JOB,
    EG__ADD_SESSION,
    EG__ADD_RUN,
    EG__ADD_INTENT,
    EG__ADD_OUTCOME,
    EG__ADD_STAGE,
    EG__ADD_REGION,
    EG__ADD_VALUE,
    EG__ADD_LOG,
    EG__ADD_BRIDGE,
    EG__ADD_LABEL,
    EG__ADD_DEVICE,
    EG__ADD_LINK_OF_RUN,
    EG__ADD_TIMES,
    EG__ADD_ERASED,
    EG__ADD_REPORT_FORM,
    EG__FIND_UNFINISHED,
    EG__ADD_ORPHAN_OUTCOME,
    EG__SEEN,
    EG__SEEN_CLONE,
    EG__FIND_TWIN,
    EG__FIND_DISPUTE,
    EG__HOLDS,
    EG__RATES,
    EG__FIND_OTHER_KIND,
    EG__FIND_OWNER,
    EG__FIND_SHOWN_OWNER,
    EG__ADD_CLAIM,
    EG__ADD_SECURITY,
    EG__FIND_SECURITY,
    EG__FIND_POOL,
    EG__FIND_ROW_OF_RUN,
    EG__FIND_ROW_HELD,
    EG__FIND_ROW_FOR_MAC,
    EG__FIND_ROW_FREE,
    EG__PASS_ROW_OVER,
    EG__FIND_TOLD,
    EG__FIND_ROW_REHEARSED,
    EG__REHEARSE_ROW,
    EG__READ_ROW,
    EG__RESERVE_ROW,
    EG__MARK_ROWS,
    EG__CONSUME_ROWS,
    EG__RELEASE_ROWS,
    EG__CHAIN_LAST,
    EG__ADD_LINK,
    EG__STATEMENT_COUNT,
};

/** Maximum number of parts in a run's hashed text. */
#define EG__CHAIN_PARTS 22

/** A connection for recording. One thread at a time. */
struct eg__store {
    sqlite3 *db;
    sqlite3_stmt *statements[EG__STATEMENT_COUNT];
    sqlite3_stmt *chain[EG__CHAIN_FORM][EG__CHAIN_PARTS]; /* chain.c prepares them at first use */
    bool simulated;                                       /* the recording session's boards */
    bool alone; /* the last failure concerns this record alone (it broke a rule of the schema) */
    bool busy;  /* the last failure: another program holds the file; nothing was written */
};

/**
 * Prepare every statement of a migrated ledger; the store owns `db` afterwards, even on failure.
 *
 * @param shown  a ledger is attached as `shown`: its pools and claims are shown, and only its pools
 */
enum eg_code eg__store_init(struct eg__store *store, sqlite3 *db, bool shown,
                            struct eg_error *err) EG_CHECKED;

/** Run a statement without result rows, and reset it. */
enum eg_code eg__store_run(struct eg__store *store, enum eg__statement which,
                           struct eg_error *err) EG_CHECKED;

/** Step a statement to its next row; after the last row it is reset. */
enum eg_code eg__store_next(struct eg__store *store, enum eg__statement which, bool *row,
                            struct eg_error *err) EG_CHECKED;

/** Record a row: bind its values to the INSERT statement of its table in run_columns.def, and run it. */
enum eg_code eg__store_add(struct eg__store *store, enum eg__statement which, const struct eg__row *row,
                           struct eg_error *err) EG_CHECKED;

/** Step any statement of this connection as eg__store_next() does. */
enum eg_code eg__store_step(struct eg__store *store, sqlite3_stmt *statement, bool *row,
                            struct eg_error *err) EG_CHECKED;
void eg__store_finish(struct eg__store *store);

#endif
