/* SPDX-License-Identifier: Apache-2.0 */

/* What the questions share; each is a walk over the rows of a statement. */

#ifndef DB_QUERY_QUERY_INTERNAL_H
#define DB_QUERY_QUERY_INTERNAL_H

#include "db/migrate.h"
#include "db/path.h"
#include "db/query/query.h"

#include <stddef.h>

struct eg_query {
    sqlite3 *db;
    char *path;
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

/** Fields of a statement whose columns are those of a run. */
struct eg__run_fields {
    struct eg__field field[EG_RUN_COLUMNS];
    size_t count;
};

/**
 * Prepare a statement that selects columns of a run from a join with the view `runs`.
 *
 * @param format  its text, with %s for the columns
 * @param fields  `count` of them are of columns before those of the run; the others are added
 * @param offset  of the struct eg_run_row in the struct of a row, where everything is made unknown
 */
enum eg_code eg__query_prepare_runs(sqlite3_stmt **statement, struct eg_query *query, const char *format,
                                    enum eg_run_answer answer, struct eg__run_fields *fields, void *row,
                                    size_t offset, struct eg_error *err) EG_CHECKED;

/** Bind a text that lives as long as the statement; NULL is SQL's. */
enum eg_code eg__query_bind(struct eg_query *query, sqlite3_stmt *statement, int parameter, const char *text,
                            struct eg_error *err) EG_CHECKED;

/** Let a ledger of an older schema look like one of the newest on this connection. */
enum eg_code eg__query_complete(sqlite3 *db, struct eg_error *err) EG_CHECKED;

/*
 * Which sessions count: real ones; simulated ones only where there are no others, in a batch (a text of SQL,
 * NULL = in the ledger). The condition is about session.simulated.
 */
#define EG__COUNTS(batch)                                                                                    \
    "session.simulated = (SELECT min(simulated) FROM session WHERE " batch " IS NULL OR batch = " batch ")"

/*
 * How runs are counted, told here alone. `selected` is a query of run_id; of the finished ones `counted` has
 * run_id, chain_id, outcome, attempts, unit, counts:
 *
 * - 'unit': a run of the board `unit`, that is a MAC and its flash's unique id. A run that does not know the
 *   id is of the board that is alone with this MAC in the selection; where there are several, or the run was
 *   refused because two boards showed the MAC, it is a unit of its own, so that no board hides the failure of
 *   another. A run without an attempt takes back the pass of its board, and is none of its own. So is a run
 * whose chip was known and its MAC was not.
 * - 'repeat': the board was refused because it had passed, which changes nothing of its outcome.
 * - 'no board': no board was identified.
 *
 * A unit counts by its last run in `counted`.
 */
#define EG__COUNTED(selected)                                                                                \
    "ended AS MATERIALIZED (SELECT run_id, chain_id, outcome, code, attempts, mac, chip,"                    \
    "  flash_unique_id AS flash FROM (" selected ") JOIN outcome USING (run_id) JOIN chain USING (run_id)"   \
    "  LEFT JOIN run_device USING (run_id)),"                                                                \
    " flashes AS MATERIALIZED (SELECT mac, count(DISTINCT flash) AS known, min(flash) AS only FROM ended"    \
    "  WHERE mac IS NOT NULL GROUP BY mac),"                                                                 \
    " counted AS MATERIALIZED (SELECT run_id, chain_id, outcome, attempts,"                                  \
    "  CASE WHEN code = 'seen-before' THEN 'repeat' WHEN ended.mac IS NULL AND chip IS NULL THEN 'no board'" \
    "   ELSE 'unit' END AS counts,"                                                                          \
    "  CASE WHEN code = 'seen-before' OR ended.mac IS NULL AND chip IS NULL THEN NULL"                       \
    "   WHEN flash IS NOT NULL THEN ended.mac || ' ' || flash"                                               \
    "   WHEN ended.mac IS NULL OR known > 1 OR code = 'duplicate-mac' AND attempts > 0 THEN 'run ' || "      \
    "run_id"                                                                                                 \
    "   WHEN known = 1 THEN ended.mac || ' ' || only ELSE ended.mac END AS unit"                             \
    "  FROM ended LEFT JOIN flashes ON flashes.mac = ended.mac)"

#define EG__OF_BATCH "SELECT run_id FROM session JOIN run USING (session_id) WHERE batch = ?1"

#endif
