/* SPDX-License-Identifier: Apache-2.0 */

/* Questions of reports: each reads a batch in one pass; the caller counts. */

#include "db/query/report.h"

#include "db/query/query_internal.h"
#include "db/query/questions.h"

#include <stdio.h>
#include <stdlib.h>

static const char runs_sql[] =
    "WITH " EG__COUNTED(EG__OF_BATCH) ","
                                      " placed AS (SELECT run_id, chain_id, unit, iif(unit IS NULL, NULL, "
                                      "dense_rank() OVER (ORDER BY unit)"
                                      "   - max(unit IS NULL) OVER () - 1) AS number,"
                                      "  row_number() OVER (PARTITION BY unit ORDER BY chain_id) AS at, "
                                      "count(*) OVER (PARTITION BY unit) AS runs"
                                      "  FROM counted)"
                                      " SELECT run_id, chain_id, session_id, started_utc, finished_utc, "
                                      "slot, outcome, code, blame, attempts,"
                                      " duration_us, flash_jedec, flash_size, number, unit IS NOT NULL AND "
                                      "at = 1, unit IS NOT NULL AND at = runs,"
                                      " secure_boot, flash_encryption, secure_download, marginal"
                                      " FROM placed CROSS JOIN run USING (run_id) CROSS JOIN outcome USING "
                                      "(run_id) ORDER BY run_id";

static const char stages_sql[] =
    "SELECT stage, stage.started_utc, stage.duration_us, wire_us, limited_by"
    " FROM session JOIN run USING (session_id) JOIN outcome USING (run_id) JOIN stage USING (run_id)"
    " WHERE batch = ?1 AND outcome IN ('pass', 'pass-marginal') AND stage.code = 'ok'";

/* clang-format off */
/* With max() alone, SQLite takes the other columns from the same row; also below. */
static const char units_sql[] =
    "WITH " EG__COUNTED(EG__OF_BATCH) ","
    " last AS MATERIALIZED (SELECT run_id, counts, max(chain_id), count(*) AS finished_runs FROM counted"
    "  WHERE counts = 'unit' GROUP BY unit)"
    " SELECT finished_runs, %s FROM last CROSS JOIN runs ON runs.run = last.run_id ORDER BY runs.run";
/* clang-format on */

static const char head_sql[] =
    "SELECT max(chain_id), hash FROM session JOIN run USING (session_id) JOIN chain USING (run_id)"
    " WHERE batch = ?1";

struct visit_run {
    eg_report_run_visitor *visit;
    void *context;
};

static enum eg_code visit_run(void *context, const void *row, struct eg_error *err)
{
    const struct visit_run *pass = context;

    return pass->visit(pass->context, row, err);
}

enum eg_code eg_query_report_runs(struct eg_query *query, const char *batch, eg_report_run_visitor *visit,
                                  void *context, struct eg_error *err)
{
    static const struct eg__field fields[] = {
        EG__NUMBER(eg_report_run, run),
        EG__NUMBER(eg_report_run, chain_id),
        EG__NUMBER(eg_report_run, session),
        EG__TEXT(eg_report_run, started_utc),
        EG__TEXT(eg_report_run, finished_utc),
        EG__TEXT(eg_report_run, slot),
        EG__TEXT(eg_report_run, outcome),
        EG__TEXT(eg_report_run, code),
        EG__TEXT(eg_report_run, blame),
        EG__NUMBER(eg_report_run, attempts),
        EG__NUMBER(eg_report_run, duration_us),
        EG__NUMBER(eg_report_run, flash_jedec),
        EG__NUMBER(eg_report_run, flash_size),
        EG__NUMBER(eg_report_run, unit),
        EG__NUMBER(eg_report_run, first),
        EG__NUMBER(eg_report_run, last),
        EG__NUMBER(eg_report_run, secure_boot),
        EG__NUMBER(eg_report_run, flash_encryption),
        EG__NUMBER(eg_report_run, secure_download),
        EG__TEXT(eg_report_run, marginal),
    };
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct visit_run pass = {visit, context};
    struct eg_report_run run;

    EG_TRY(eg__query_prepare(&rows, query, runs_sql, batch, err));
    return eg__query_walk(query, rows, fields, sizeof fields / sizeof *fields, &run, visit_run, &pass, err);
}

enum eg_code eg_query_report_stages(struct eg_query *query, const char *batch, eg_report_stage_visitor *visit,
                                    void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    bool row;

    EG_TRY(eg__query_prepare(&rows, query, stages_sql, batch, err));
    for (;;) {
        EG_TRY(eg__query_next(query, rows, &row, err));
        if (!row)
            return EG_OK;
        const struct eg_report_stage stage = {
            .stage = eg__query_text(rows, 0),
            .started_utc = eg__query_text(rows, 1),
            .duration_us = eg__query_number(rows, 2),
            .wire_us = eg__query_number(rows, 3),
            .limited_by = eg__query_text(rows, 4),
        };
        EG_TRY(visit(context, &stage, err));
    }
}

struct visit_unit {
    eg_report_unit_visitor *visit;
    void *context;
};

static enum eg_code visit_unit(void *context, const void *row, struct eg_error *err)
{
    const struct visit_unit *pass = context;

    return pass->visit(pass->context, row, err);
}

enum eg_code eg_query_report_units(struct eg_query *query, const char *batch, eg_report_unit_visitor *visit,
                                   void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg__run_fields fields = {{EG__NUMBER(eg_report_unit, runs)}, 1};
    struct visit_unit pass = {visit, context};
    struct eg_report_unit unit;

    EG_TRY(eg__query_prepare_runs(&rows, query, units_sql, EG_RUN_REPORT, &fields, &unit,
                                  offsetof(struct eg_report_unit, last), err));
    EG_TRY(eg__query_bind(query, rows, 1, batch, err));
    return eg__query_walk(query, rows, fields.field, fields.count, &unit, visit_unit, &pass, err);
}

enum eg_code eg_query_chain_head(struct eg_query *query, const char *batch, int64_t *chain_id,
                                 char hash[EG_SHA256_TEXT], struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    bool row;

    *chain_id = 0;
    hash[0] = '\0';
    EG_TRY(eg__query_prepare(&rows, query, head_sql, batch, err));
    EG_TRY(eg__query_next(query, rows, &row, err));
    if (row && eg__query_number(rows, 0) > 0) {
        *chain_id = eg__query_number(rows, 0);
        snprintf(hash, EG_SHA256_TEXT, "%s", eg__query_text(rows, 1));
    }
    return EG_OK;
}

enum eg_code eg_query_seal(struct eg_query *query, const char *batch, eg_report_seal_visitor *visit,
                           void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    bool row;

    EG_TRY(eg__query_prepare(&rows, query, "SELECT * FROM seal WHERE batch = ?1 ORDER BY rowid DESC LIMIT 1",
                             batch, err));
    EG_TRY(eg__query_next(query, rows, &row, err));
    for (int i = 0; row && i < sqlite3_column_count(rows); i++)
        if (sqlite3_column_type(rows, i) != SQLITE_BLOB && sqlite3_column_type(rows, i) != SQLITE_NULL)
            EG_TRY(visit(context, sqlite3_column_name(rows, i), eg__query_text(rows, i), err));
    return EG_OK;
}

enum eg_code eg_query_batch_look(struct eg_query *query, const char *batch, struct eg_batch_look *look,
                                 struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    bool row;

    EG_TRY(eg__query_prepare(&rows, query,
                             "SELECT customer, target, logo FROM report_form JOIN session USING (session_id)"
                             " WHERE batch = ?1 ORDER BY session_id DESC LIMIT 1",
                             batch, err));
    EG_TRY(eg__query_next(query, rows, &row, err));
    if (!row)
        return EG_OK;
    if (eg__query_text(rows, 0)[0] != '\0')
        EG_TRY(eg_strdup(&look->customer, eg__query_text(rows, 0), err));
    look->target = sqlite3_column_double(rows, 1);
    return eg_buffer_append(&look->logo, sqlite3_column_blob(rows, 2), (size_t)sqlite3_column_bytes(rows, 2),
                            err);
}

void eg_batch_look_finish(struct eg_batch_look *look)
{
    free(look->customer);
    eg_buffer_finish(&look->logo);
}
