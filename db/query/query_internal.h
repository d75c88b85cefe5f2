/* SPDX-License-Identifier: Apache-2.0 */

/* Shared by the questions; each is a walk over the rows of a statement. */

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

/** Set SQLite's last failure as the query's. */
enum eg_code eg__query_failed(struct eg_query *query, struct eg_error *err);

/** @param first  value of the first parameter; NULL = not bound */
enum eg_code eg__query_prepare(sqlite3_stmt **statement, struct eg_query *query, const char *sql,
                               const char *first, struct eg_error *err) EG_CHECKED;
enum eg_code eg__query_next(struct eg_query *query, sqlite3_stmt *statement, bool *row,
                            struct eg_error *err) EG_CHECKED;

/** Read a column of the current row; unknown values are "" and -1. */
const char *eg__query_text(sqlite3_stmt *statement, int column);
int64_t eg__query_number(sqlite3_stmt *statement, int column);

/** Place of a column's value in the struct of a row. */
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
 * @param row     the struct to fill; large enough for its fields
 */
enum eg_code eg__query_walk(struct eg_query *query, sqlite3_stmt *statement, const struct eg__field *fields,
                            size_t count, void *row, eg_row_visitor *visit, void *context,
                            struct eg_error *err) EG_CHECKED;

/** Fields of a statement whose columns are the columns of a run. */
struct eg__run_fields {
    struct eg__field field[EG_RUN_COLUMNS];
    size_t count;
};

/**
 * Return the SQL of columns of a run, for a statement over the view `runs`; free it with sqlite3_free(). NULL
 * = out of memory. Arguments as below.
 *
 * @param columns  NULL after the last
 */
char *eg__query_run_columns(struct eg_query *query, const struct eg_run_column *const *columns,
                            struct eg__run_fields *fields, void *row, size_t offset);

/**
 * Prepare a statement that selects columns of a run from a join with the view `runs`.
 *
 * @param format  its text, with %s for the columns
 * @param fields  `count` of them are for the columns before those of the run; the others are added
 * @param offset  of struct eg_run_row in the struct of a row; all its members are set to unknown
 */
enum eg_code eg__query_prepare_runs(sqlite3_stmt **statement, struct eg_query *query, const char *format,
                                    enum eg_run_answer answer, struct eg__run_fields *fields, void *row,
                                    size_t offset, struct eg_error *err) EG_CHECKED;

/** Prepare a statement from a built text, and free the text. */
enum eg_code eg__query_prepare_built(sqlite3_stmt **statement, struct eg_query *query, sqlite3_str *sql,
                                     struct eg_error *err) EG_CHECKED;

/** Return EG_LEDGER: a batch of this name does not exist; the sentence lists the newest ones. */
enum eg_code eg__query_no_batch(struct eg_query *query, const char *name, struct eg_error *err);

/** Bind a text that lives as long as the statement; NULL becomes SQL's NULL. */
enum eg_code eg__query_bind(struct eg_query *query, sqlite3_stmt *statement, int parameter, const char *text,
                            struct eg_error *err) EG_CHECKED;

/** Make a ledger with an older schema look like one with the newest on this connection. */
enum eg_code eg__query_complete(sqlite3 *db, struct eg_error *err) EG_CHECKED;

/*
 * Condition on session.simulated for sessions that count: real ones; simulated ones only if the batch has no
 * others (`batch` is SQL text, NULL = the whole ledger).
 */
#define EG__COUNTS(batch)                                                                                    \
    "session.simulated = (SELECT min(simulated) FROM session WHERE " batch " IS NULL OR batch = " batch ")"

/*
 * The one rule for counting runs. `selected` is a query of run_id; for its finished runs `counted` has
 * run_id, chain_id, outcome, attempts, unit, counts:
 *
 * - 'unit': a run of the board `unit`, identified by MAC and its flash's unique id. A run without the id
 *   belongs to the only board with this MAC in the selection. If there are several boards, or the run was
 *   refused because two boards showed the MAC, the run is a unit of its own, so that no board hides the
 *   failure of another. So is a run whose chip was known but not its MAC. A run without an attempt cancels
 *   the pass of its board, and is not a separate unit.
 * - 'repeat': the board was refused because it had passed, which does not change its outcome.
 * - 'no board': no board was identified.
 *
 * A unit counts by its last run in `counted`.
 */
#define EG__COUNTED(selected) EG__COUNTED_BEGIN selected EG__COUNTED_END

/* Its parts, for a selection that is built, and for columns besides those of `counted`. */
#define EG__COUNTED_BEGIN                                                                                    \
    "ended AS MATERIALIZED (SELECT run_id, chain_id, outcome, code, attempts, mac, chip,"                    \
    "  flash_unique_id AS flash FROM ("
#define EG__COUNTED_END                                                                                      \
    ") JOIN outcome USING (run_id) JOIN chain USING (run_id)"                                                \
    "  LEFT JOIN run_device USING (run_id)), " EG__FLASHES ","                                               \
    " counted AS MATERIALIZED (SELECT run_id, chain_id, outcome, attempts,"                                  \
    "  CASE WHEN code = 'seen-before' THEN 'repeat' WHEN ended.mac IS NULL AND chip IS NULL THEN 'no board'" \
    "   ELSE 'unit' END AS counts, " EG__UNIT " AS unit FROM " EG__ENDED_WITH_FLASHES ")"
/* Of MACs with runs without a flash alone: the others need none, and SQLite may join this without an index.
 */
#define EG__FLASHES                                                                                          \
    "flashes AS MATERIALIZED (SELECT mac, count(DISTINCT flash) AS known, min(flash) AS only FROM ended"     \
    "  WHERE mac IN (SELECT mac FROM ended WHERE flash IS NULL AND mac IS NOT NULL)"                         \
    "  AND flash IS NOT NULL GROUP BY mac)"
#define EG__ENDED_WITH_FLASHES "ended LEFT JOIN flashes ON flashes.mac = ended.mac"
#define EG__UNIT                                                                                             \
    "CASE WHEN code = 'seen-before' OR ended.mac IS NULL AND chip IS NULL THEN NULL"                         \
    "   WHEN flash IS NOT NULL THEN ended.mac || ' ' || flash"                                               \
    "   WHEN ended.mac IS NULL OR known > 1 OR code = 'duplicate-mac' AND attempts > 0 THEN 'run ' || "      \
    "run_id"                                                                                                 \
    "   WHEN known = 1 THEN ended.mac || ' ' || only ELSE ended.mac END"

/* Numbers of units of `counted`: `counts` has one row. With max() or min() alone, SQLite takes the other
 * columns from the row that has it. */
#define EG__TALLY                                                                                            \
    " last AS (SELECT unit, outcome, max(chain_id) FROM counted WHERE counts = 'unit' GROUP BY unit),"       \
    " first AS (SELECT unit, outcome, attempts, min(chain_id) FROM counted WHERE counts = 'unit'"            \
    "  GROUP BY unit),"                                                                                      \
    " counts AS (SELECT count(*) AS units, count(*) FILTER (WHERE outcome = 'pass') AS passed,"              \
    "  count(*) FILTER (WHERE outcome = 'pass-marginal') AS marginal,"                                       \
    "  count(*) FILTER (WHERE outcome = 'fail') AS failed,"                                                  \
    "  count(*) FILTER (WHERE outcome = 'error') AS errors,"                                                 \
    "  count(*) FILTER (WHERE outcome = 'aborted') AS aborted,"                                              \
    "  (SELECT count(*) FROM first JOIN last USING (unit) WHERE first.attempts = 1"                          \
    "   AND first.outcome IN ('pass', 'pass-marginal') AND last.outcome IN ('pass', 'pass-marginal'))"       \
    "   AS first_pass,"                                                                                      \
    "  (SELECT count(*) FROM counted WHERE counts = 'repeat') AS repeats,"                                   \
    "  (SELECT count(*) FROM counted WHERE counts = 'no board') AS no_board,"                                \
    "  (SELECT count(*) FROM (SELECT 1 FROM ended WHERE mac IS NOT NULL AND flash IS NOT NULL GROUP BY mac"  \
    "   HAVING min(flash) < max(flash))) AS clones FROM last)"

#define EG__OF_BATCH "SELECT run_id FROM session JOIN run USING (session_id) WHERE batch = ?1"

#endif
