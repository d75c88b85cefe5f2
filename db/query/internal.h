/* SPDX-License-Identifier: Apache-2.0 */

/* What the questions share; each is a walk over the rows of a statement. */

#ifndef DB_QUERY_INTERNAL_H
#define DB_QUERY_INTERNAL_H

#include "db/migrate.h"
#include "db/path.h"
#include "db/query/query.h"
#include "db/query/questions.h"

#include <stddef.h>

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

/** Where a column of a statement goes in the struct of its rows. */
struct eg__field {
    size_t offset;
    bool number; /* int64_t; else const char * */
};

#define EG__TEXT(type, member)                                                                               \
    {                                                                                                        \
        offsetof(struct type, member), false                                                                 \
    }
#define EG__NUMBER(type, member)                                                                             \
    {                                                                                                        \
        offsetof(struct type, member), true                                                                  \
    }

/**
 * Visit every row of a statement.
 *
 * @param fields  of its columns, from the first
 * @param row     the struct to be filled; large enough for its fields
 */
enum eg_code eg__query_walk(struct eg_query *query, sqlite3_stmt *statement, const struct eg__field *fields,
                            size_t count, void *row, eg_row_visitor *visit, void *context,
                            struct eg_error *err) EG_CHECKED;

/** Bind a text that lives as long as the statement; NULL is SQL's. */
enum eg_code eg__query_bind(struct eg_query *query, sqlite3_stmt *statement, int parameter, const char *text,
                            struct eg_error *err) EG_CHECKED;

/** Whether the ledger knows data of single units: pools, values, logs. */
bool eg__query_has_units(const struct eg_query *query);

#endif
