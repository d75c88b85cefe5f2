/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Shared by the parts of a merge. In every statement the target ledger is `main` and the source is `other`.
 */

#ifndef DB_FILES_MERGE_INTERNAL_H
#define DB_FILES_MERGE_INTERNAL_H

#include "db/chain.h"
#include "db/files/merge.h"

/* The source ledger as it was when its chain was checked. */
struct eg__other {
    char *full;
    int64_t links;
};

/** Open it for reading, check all of it, and close it again. `full` is the caller's, for free(). */
enum eg_code eg__merge_check(struct eg__other *other, const struct eg_merge *merge,
                             struct eg_error *err) EG_CHECKED;

#define EG__MERGE_SLICE 1000

/** Tell the progress at each slice; EG_CANCELLED. */
enum eg_code eg__merge_progress(const struct eg_merge *merge, const char *what, int64_t done, int64_t total,
                                struct eg_error *err) EG_CHECKED;

/** Prepare a statement at its first use. */
enum eg_code eg__merge_prepare(sqlite3_stmt **statement, sqlite3 *db, const char *sql,
                               struct eg_error *err) EG_CHECKED;
enum eg_code eg__merge_step(sqlite3_stmt *statement, bool *row, struct eg_error *err) EG_CHECKED;

/* Statements that copy rows, one for each table, prepared at their first use. */
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
 * Copy the rows of a source table whose `key` is `value`. The table's own id is assigned anew.
 *
 * @param key, replaced  the same for a table every time; column `replaced` gets the number `with`; NULL =
 * none
 */
enum eg_code eg__merge_copy(struct eg__copier *copier, const char *table, const char *key, int64_t value,
                            const char *replaced, int64_t with, struct eg_error *err) EG_CHECKED;

/**
 * Copy the pool rows that a run has used, and their events up to the outcome; EG_LEDGER: they contradict what
 * is here.
 */
enum eg_code eg__merge_rows(struct eg__copier *copier, int64_t source, int64_t run,
                            struct eg_error *err) EG_CHECKED;
/** Copy their events after the outcome. */
enum eg_code eg__merge_rows_end(sqlite3 *db, int64_t source, int64_t run, struct eg_error *err) EG_CHECKED;

#endif
