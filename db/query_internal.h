/* SPDX-License-Identifier: Apache-2.0 */

/* What the questions share; each is a walk over the rows of a statement. */

#ifndef DB_QUERY_INTERNAL_H
#define DB_QUERY_INTERNAL_H

#include "db/internal.h"
#include "db/query.h"

struct eg_query {
    sqlite3 *db;
    char *path;
    int64_t version;     /* of the schema; an older one lacks tables */
    sqlite3_stmt *batch; /* holds the strings of the last struct eg_batch */
};

/** SQLite's last failure as that of the query. */
enum eg_code eg__query_failed(struct eg_query *query, struct eg_error *err);

/** @param first  bound to the first parameter; NULL = nothing is */
enum eg_code eg__query_prepare(sqlite3_stmt **statement, struct eg_query *query, const char *sql,
                               const char *first, struct eg_error *err) EG_CHECKED;
enum eg_code eg__query_next(struct eg_query *query, sqlite3_stmt *statement, bool *row,
                            struct eg_error *err) EG_CHECKED;

/** A column of the present row: "" and -1 for what is not known. */
const char *eg__query_text(sqlite3_stmt *statement, int column);
int64_t eg__query_number(sqlite3_stmt *statement, int column);

#endif
