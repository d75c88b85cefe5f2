/* SPDX-License-Identifier: Apache-2.0 */

/* What the parts of a merge share. The ledger is `main` in every statement, the other is `other`. */

#ifndef DB_FILES_MERGE_INTERNAL_H
#define DB_FILES_MERGE_INTERNAL_H

#include "db/chain.h"
#include "db/files/merge.h"

/* The other ledger as it was when its chain was found right. */
struct eg__other {
    char *full;
    int64_t links;
};

/** Open it for reading, look at all of it, and close it again. `full` is the caller's, for free(). */
enum eg_code eg__merge_check(struct eg__other *other, const char *path, struct eg_error *err) EG_CHECKED;

/** A statement that is prepared when it is first run. */
enum eg_code eg__merge_prepare(sqlite3_stmt **statement, sqlite3 *db, const char *sql,
                               struct eg_error *err) EG_CHECKED;
enum eg_code eg__merge_step(sqlite3_stmt *statement, bool *row, struct eg_error *err) EG_CHECKED;

/* Statements that copy rows, one for each table, made when they are first wanted. */
struct eg__copier {
    sqlite3 *db;
    struct {
        char table[64];
        sqlite3_stmt *statement;
    } copy[40];
    unsigned count;
};

void eg__copier_finish(struct eg__copier *copier);

/**
 * Copy the rows of a table of the other whose `key` is `value`. A key of the table's own is given anew.
 *
 * @param key, replaced  the same for a table every time; the second gets the number `with`, NULL = none does
 */
enum eg_code eg__merge_copy(struct eg__copier *copier, const char *table, const char *key, int64_t value,
                            const char *replaced, int64_t with, struct eg_error *err) EG_CHECKED;

/** The rows of pools that a run has used, and their events up to the outcome; EG_LEDGER: they contradict what
 * is here. */
enum eg_code eg__merge_rows(struct eg__copier *copier, int64_t source, int64_t run,
                            struct eg_error *err) EG_CHECKED;
/** Their events after the outcome. */
enum eg_code eg__merge_rows_end(sqlite3 *db, int64_t source, int64_t run, struct eg_error *err) EG_CHECKED;

#endif
