/* SPDX-License-Identifier: Apache-2.0 */

/* Each question reads its rows in one pass, in the order of the table; the caller counts. */

#include "db/query/trend.h"

#include "db/query/questions.h"
#include "db/query/select_internal.h"
#include "engine/base/bytes.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Tell whether a quarter of the runs or more may be wanted. Then the tables are read in their order, and of
 * flashes only those of MACs with runs without one; else SQLite begins with the sessions. */
static enum eg_code wants_many(bool *many, struct eg_query *query, const struct eg_selection *selection,
                               struct eg_error *err)
{
    const struct eg_selection of_session = {.batches = selection->batches,
                                            .station = selection->station,
                                            .operator_name = selection->operator_name,
                                            .job = selection->job};
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *count = NULL;

    *many = selection->slot == NULL && selection->label == NULL;
    if (!*many || eg_selection_is_all(&of_session))
        return EG_OK;
    sqlite3_str *const sql = sqlite3_str_new(query->db);
    sqlite3_str_appendall(sql, "SELECT count(*) * 4 >= (SELECT max(run_id) FROM run)"
                               " FROM session JOIN job USING (job_id) JOIN run USING (session_id) WHERE 1");
    eg__select_where(sql, &of_session);
    EG_TRY(eg__query_prepare_built(&count, query, sql, err));
    EG_TRY(eg__query_next(query, count, many, err));
    *many = *many && sqlite3_column_int(count, 0) != 0;
    return EG_OK;
}

#define IN_ORDER                                                                                             \
    "outcome CROSS JOIN run USING (run_id) CROSS JOIN session USING (session_id)"                            \
    " CROSS JOIN chain USING (run_id)"

/* EG__FLASHES of these MACs alone: a run with a flash needs none of the others. */
#define FLASHES_LACKING                                                                                      \
    "lacking AS MATERIALIZED (SELECT DISTINCT mac FROM outcome LEFT JOIN run_device USING (run_id)"          \
    "  WHERE flash_unique_id IS NULL AND mac IS NOT NULL AND EXISTS (SELECT 1 FROM run_device)),"            \
    " flashes AS MATERIALIZED (SELECT ended.mac, count(DISTINCT flash) AS known, min(flash) AS only"         \
    "  FROM lacking CROSS JOIN ended ON ended.mac = lacking.mac WHERE flash IS NOT NULL GROUP BY ended.mac)"

enum eg_code eg_query_trend_runs(struct eg_query *query, const struct eg_selection *selection,
                                 eg_row_visitor *visit, void *context, struct eg_error *err)
{
    static const struct eg__field fields[] = {
        EG__NUMBER(eg_trend_run, run),         EG__NUMBER(eg_trend_run, chain_id),
        EG__NUMBER(eg_trend_run, session),     EG__NUMBER(eg_trend_run, attempts),
        EG__NUMBER(eg_trend_run, duration_us), EG__TEXT(eg_trend_run, finished_utc),
        EG__TEXT(eg_trend_run, outcome),       EG__TEXT(eg_trend_run, code),
        EG__TEXT(eg_trend_run, unit),
    };
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg_trend_run run;
    bool many;

    EG_TRY(wants_many(&many, query, selection, err));
    sqlite3_str *const sql = sqlite3_str_new(query->db);
    sqlite3_str_appendall(
        sql, "WITH ended AS NOT MATERIALIZED (SELECT run_id, chain_id, run.session_id AS session, attempts, "
             "duration_us,"
             " finished_utc, outcome.outcome AS result, code, outcome.mac AS mac, outcome.chip AS chip,"
             " flash_unique_id AS flash FROM ");
    sqlite3_str_appendall(sql, many ? IN_ORDER : EG__SELECT_TABLES " JOIN chain USING (run_id)");
    if (many && (selection->chip != NULL || selection->job != NULL)) /* only these ask for the job here */
        sqlite3_str_appendall(sql, " CROSS JOIN job USING (job_id)");
    sqlite3_str_appendall(sql, " LEFT JOIN run_device USING (run_id)");
    eg__select_counting_where(sql, selection);
    sqlite3_str_appendall(sql, "), ");
    sqlite3_str_appendall(sql, many ? FLASHES_LACKING : EG__FLASHES);
    sqlite3_str_appendall(sql,
                          " SELECT run_id, chain_id, session, attempts, duration_us, finished_utc, result,"
                          " code, " EG__UNIT " FROM " EG__ENDED_WITH_FLASHES);
    EG_TRY(eg__query_prepare_built(&rows, query, sql, err));
    return eg__query_walk(query, rows, fields, COUNT(fields), &run, visit, context, err);
}

enum eg_code eg_query_trend_sessions(struct eg_query *query, eg_row_visitor *visit, void *context,
                                     struct eg_error *err)
{
    static const struct eg__field fields[] = {
        EG__NUMBER(eg_trend_session, session),     EG__TEXT(eg_trend_session, batch),
        EG__TEXT(eg_trend_session, started_utc),   EG__TEXT(eg_trend_session, station),
        EG__TEXT(eg_trend_session, operator_name), EG__TEXT(eg_trend_session, job),
        EG__TEXT(eg_trend_session, job_version),   EG__TEXT(eg_trend_session, chip),
        EG__TEXT(eg_trend_session, tool_version),  EG__NUMBER(eg_trend_session, simulated),
    };
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg_trend_session session;

    EG_TRY(
        eg__query_prepare(&rows, query,
                          "SELECT session_id, batch, started_utc, station, operator, job.name, job.version,"
                          " job.chip, tool_version, simulated FROM session JOIN job USING (job_id)"
                          " ORDER BY session_id",
                          NULL, err));
    return eg__query_walk(query, rows, fields, COUNT(fields), &session, visit, context, err);
}

static double real(sqlite3_stmt *rows, int column)
{
    return sqlite3_column_type(rows, column) == SQLITE_NULL ? NAN : sqlite3_column_double(rows, column);
}

/* The number of a value that was recorded before numbers had a column of their own. */
static enum eg_code read_old(struct eg_trend_value *value, struct eg_query *query, sqlite3_stmt *old,
                             struct eg_error *err)
{
    bool row;

    sqlite3_reset(old);
    sqlite3_bind_int64(old, 1, value->run);
    sqlite3_bind_int64(old, 2, value->position);
    EG_TRY(eg__query_next(query, old, &row, err));
    if (row)
        value->number = real(old, 0);
    return EG_OK;
}

enum eg_code eg_query_trend_measure(struct eg_query *query, const struct eg_trend_value *value,
                                    struct eg_trend_measure *measure, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    bool row;

    *measure = (struct eg_trend_measure){NULL, NAN, NAN};
    EG_TRY(eg__query_prepare(&rows, query,
                             "SELECT unit, lower, upper FROM run_values WHERE run_id = ?1 AND position = ?2",
                             NULL, err));
    sqlite3_bind_int64(rows, 1, value->run);
    sqlite3_bind_int64(rows, 2, value->position);
    EG_TRY(eg__query_next(query, rows, &row, err));
    if (row) {
        measure->lower = real(rows, 1);
        measure->upper = real(rows, 2);
    }
    return eg_strdup(&measure->unit, row ? eg__query_text(rows, 0) : "", err);
}

/* The view run_values tells old values apart, row by row; here most rows are new ones. Of a million runs each
 * column that is read counts. */
enum eg_code eg_query_trend_values(struct eg_query *query, int64_t first, int64_t last,
                                   eg_trend_value_visitor *visit, void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL, *old = NULL;
    bool row;

    EG_TRY(eg__query_prepare(&rows, query,
                             "SELECT run_id, position, name, limits, number, passed, unit IS NULL"
                             " FROM run_value WHERE run_id BETWEEN ?1 AND ?2 AND kind = 'measured'"
                             " ORDER BY run_id, position",
                             NULL, err));
    EG_TRY(eg__query_prepare(&old, query, "SELECT number FROM run_values WHERE run_id = ?1 AND position = ?2",
                             NULL, err));
    sqlite3_bind_int64(rows, 1, first);
    sqlite3_bind_int64(rows, 2, last);
    for (;;) {
        EG_TRY(eg__query_next(query, rows, &row, err));
        if (!row)
            return EG_OK;
        struct eg_trend_value value = {
            .run = sqlite3_column_int64(rows, 0),
            .position = sqlite3_column_int64(rows, 1),
            .name = eg__query_text(rows, 2),
            .limits = eg__query_text(rows, 3),
            .number = real(rows, 4),
            .passed = sqlite3_column_int64(rows, 5),
        };
        if (sqlite3_column_int(rows, 6) != 0)
            EG_TRY(read_old(&value, query, old, err));
        EG_TRY(visit(context, &value, err));
    }
}
