/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Reading a ledger, on a connection that cannot write.
 *
 * All questions of one query are answered from one read transaction, begun when it is opened, so that the
 * numbers of a report agree with its tables while the line goes on.
 */

#include "db/query/query.h"

#include "db/query/query_internal.h"
#include "db/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char batch_sql[] =
    "WITH " EG__COUNTED(EG__OF_BATCH) "," EG__TALLY
    " SELECT ?1, min(run.started_utc), max(finished_utc), count(run_id), count(run_id) - count(outcome),"
    "  counts.units, counts.passed, counts.marginal, counts.failed, counts.errors, counts.aborted, first_pass,"
    "  repeats, no_board, clones, max(simulated)"
    " FROM session LEFT JOIN run USING (session_id) LEFT JOIN outcome USING (run_id), counts WHERE batch = ?1";
/* clang-format on */

static const char sessions_sql[] =
    "SELECT started_utc, station, operator, job.name, job.version, job.sha256, job.chip, tool_version,"
    " (SELECT count(*) FROM run WHERE run.session_id = session.session_id), simulated, session_id"
    " FROM session JOIN job USING (job_id) WHERE batch = ?1 ORDER BY session_id";

/* clang-format off */
static const char runs_sql[] =
    "WITH " EG__COUNTED(EG__OF_BATCH) ","
    " last AS (SELECT run_id, max(chain_id) FROM counted WHERE counts = 'unit' GROUP BY unit)"
    " SELECT %s FROM runs LEFT JOIN counted ON run_id = run"
    " WHERE batch = ?1 AND (?2 OR runs.outcome NOT IN ('pass', 'pass-marginal')) ORDER BY run";
/* clang-format on */

static const char regions_sql[] =
    "SELECT region.name, file, flash_addr, region.size, expected_md5, expected_sha256,"
    " count(*) FILTER (WHERE verdict = 'equal'), count(*) FILTER (WHERE verdict = 'different'),"
    " count(*) FILTER (WHERE coalesce(verdict, '') NOT IN ('equal', 'different'))"
    " FROM session JOIN run USING (session_id) JOIN region USING (run_id) WHERE batch = ?1"
    " GROUP BY flash_addr, expected_sha256";

static const char mismatches_sql[] =
    "SELECT run_id, slot, mac, region.name, flash_addr, expected_md5, read_md5"
    " FROM session JOIN run USING (session_id) JOIN region USING (run_id) JOIN outcome USING (run_id)"
    " WHERE batch = ?1 AND verdict = 'different' ORDER BY run_id, position";

static enum eg_code open_query(struct eg_query *query, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;
    int64_t ignored, version;

    EG_TRY(eg__path_resolve(&full, query->path, err));
    EG_TRY(eg__open_reading(&query->db, full, err));
    EG_TRY(eg__sqlite_exec(query->db, "PRAGMA temp_store = MEMORY; BEGIN", err));
    EG_TRY(
        eg__sqlite_number(query->db, "SELECT count(*) FROM session", &ignored, err)); /* takes the snapshot */
    EG_TRY(eg__sqlite_number(query->db, "PRAGMA user_version", &version, err));
    return version < eg__migrate_newest() ? eg__query_complete(query->db, err) : EG_OK;
}

enum eg_code eg_query_open(struct eg_query **query, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *opened = NULL;

    EG_TRY(eg_alloc(&opened, 1, sizeof *opened, err));
    EG_TRY(eg__path_choose(&opened->path, path, err));
    if (open_query(opened, err) != EG_OK)
        return eg_error_prefix(err, "ledger %s: ", opened->path);
    *query = opened;
    opened = NULL;
    return EG_OK;
}

void eg_query_close(struct eg_query *query)
{
    if (query == NULL)
        return;
    sqlite3_finalize(query->batch);
    sqlite3_close(query->db);
    free(query->path);
    free(query);
}

void eg_query_close_cleanup(struct eg_query **query)
{
    eg_query_close(*query);
}

const char *eg_query_path(const struct eg_query *query)
{
    return query->path;
}

enum eg_code eg__query_failed(struct eg_query *query, struct eg_error *err)
{
    eg__sqlite_error(query->db, err);
    return eg_error_prefix(err, "ledger %s: ", query->path);
}

enum eg_code eg__query_prepare(sqlite3_stmt **statement, struct eg_query *query, const char *sql,
                               const char *batch, struct eg_error *err)
{
    if (sqlite3_prepare_v2(query->db, sql, -1, statement, NULL) != SQLITE_OK)
        return eg__query_failed(query, err);
    if (batch != NULL && sqlite3_bind_text(*statement, 1, batch, -1, SQLITE_TRANSIENT) != SQLITE_OK)
        return eg__query_failed(query, err);
    return EG_OK;
}

enum eg_code eg__query_next(struct eg_query *query, sqlite3_stmt *statement, bool *row, struct eg_error *err)
{
    const int status = sqlite3_step(statement);

    *row = status == SQLITE_ROW;
    return *row || status == SQLITE_DONE ? EG_OK : eg__query_failed(query, err);
}

const char *eg__query_text(sqlite3_stmt *statement, int column)
{
    const char *value = (const char *)sqlite3_column_text(statement, column);

    return value != NULL ? value : "";
}

int64_t eg__query_number(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL ? -1
                                                                 : sqlite3_column_int64(statement, column);
}

enum eg_code eg__query_bind(struct eg_query *query, sqlite3_stmt *statement, int parameter, const char *text,
                            struct eg_error *err)
{
    return sqlite3_bind_text(statement, parameter, text, -1, SQLITE_STATIC) == SQLITE_OK
               ? EG_OK
               : eg__query_failed(query, err);
}

enum eg_code eg__query_walk(struct eg_query *query, sqlite3_stmt *statement, const struct eg__field *fields,
                            size_t count, void *row, eg_row_visitor *visit, void *context,
                            struct eg_error *err)
{
    bool more;

    for (;;) {
        EG_TRY(eg__query_next(query, statement, &more, err));
        if (!more)
            return EG_OK;
        for (size_t i = 0; i < count; i++) {
            void *member = (char *)row + fields[i].offset;
            if (fields[i].number)
                *(int64_t *)member = eg__query_number(statement, (int)i);
            else
                *(const char **)member = eg__query_text(statement, (int)i);
        }
        EG_TRY(visit(context, row, err));
    }
}

char *eg__query_run_columns(struct eg_query *query, const struct eg_run_column *const *columns,
                            struct eg__run_fields *fields, void *row, size_t offset)
{
    sqlite3_str *const sql = sqlite3_str_new(query->db);
    char *const members = (char *)row + offset;
    const struct eg_run_column *column;

    for (unsigned i = 0; (column = eg_run_column_of_all(i)) != NULL; i++)
        if (eg_run_is_text(column))
            *(const char **)(void *)(members + column->offset) = "";
        else
            *(int64_t *)(void *)(members + column->offset) = -1;
    for (unsigned i = 0; (column = columns[i]) != NULL; i++) {
        sqlite3_str_appendf(sql, "%s%s%s", i > 0 ? ", " : "", column->place[EG_RUN_VIEW] > 0 ? "runs." : "",
                            column->place[EG_RUN_VIEW] > 0 ? column->name : column->sql);
        fields->field[fields->count++] = (struct eg__field){offset + column->offset, !eg_run_is_text(column)};
    }
    return sqlite3_str_finish(sql);
}

enum eg_code eg__query_prepare_runs(sqlite3_stmt **statement, struct eg_query *query, const char *format,
                                    enum eg_run_answer answer, struct eg__run_fields *fields, void *row,
                                    size_t offset, struct eg_error *err)
{
    const struct eg_run_column *columns[EG_RUN_COLUMNS];

    eg_run_columns(columns, answer);
    char *const list = eg__query_run_columns(query, columns, fields, row, offset);
    char *const sql = list != NULL ? sqlite3_mprintf(format, list) : NULL;
    const enum eg_code code = sql != NULL ? eg__query_prepare(statement, query, sql, NULL, err)
                                          : eg_error_set(err, EG_NO_MEMORY, "out of memory");
    sqlite3_free(list);
    sqlite3_free(sql);
    return code;
}

enum eg_code eg__query_prepare_built(sqlite3_stmt **statement, struct eg_query *query, sqlite3_str *sql,
                                     struct eg_error *err)
{
    if (eg__sqlite_prepare(statement, query->db, sql, err) != EG_OK)
        return eg_error_prefix(err, "ledger %s: ", query->path);
    return EG_OK;
}

struct visit_run {
    eg_run_visitor *visit;
    void *context;
};

static enum eg_code visit_run(void *context, const void *row, struct eg_error *err)
{
    const struct visit_run *pass = context;

    return pass->visit(pass->context, row, err);
}

enum eg_code eg__query_no_batch(struct eg_query *query, const char *name, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *statement = NULL;
    char names[300] = "";
    bool row;

    EG_TRY(eg__query_prepare(&statement, query,
                             "SELECT batch FROM session GROUP BY batch ORDER BY max(session_id) DESC LIMIT 5",
                             NULL, err));
    for (;;) {
        EG_TRY(eg__query_next(query, statement, &row, err));
        if (!row)
            break;
        const size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "",
                 eg__query_text(statement, 0));
    }
    if (names[0] == '\0')
        return eg_error_set(err, EG_LEDGER, "ledger %s: has no batch yet", query->path);
    return eg_error_set(err, EG_LEDGER, "ledger %s: has no batch %s; the newest are %s", query->path, name,
                        names);
}

/* Find the batch to read, which exists; the statement owns its text. */
static enum eg_code find_batch(sqlite3_stmt **statement, struct eg_query *query, const char *name,
                               struct eg_error *err)
{
    const char *sql =
        name != NULL
            ? "SELECT batch FROM session WHERE batch = ?1 LIMIT 1"
            : "SELECT batch FROM session WHERE " EG__COUNTS("NULL") " ORDER BY session_id DESC LIMIT 1";
    bool row;

    EG_TRY(eg__query_prepare(statement, query, sql, name, err));
    EG_TRY(eg__query_next(query, *statement, &row, err));
    return row ? EG_OK : eg__query_no_batch(query, name, err);
}

enum eg_code eg_query_batch(struct eg_query *query, const char *name, struct eg_batch *batch,
                            struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *found = NULL;
    bool row;

    EG_TRY(find_batch(&found, query, name, err));
    sqlite3_finalize(query->batch);
    query->batch = NULL;
    EG_TRY(eg__query_prepare(&query->batch, query, batch_sql, eg__query_text(found, 0), err));
    EG_TRY(eg__query_next(query, query->batch, &row, err));
    *batch = (struct eg_batch){
        .name = eg__query_text(query->batch, 0),
        .first_utc = eg__query_text(query->batch, 1),
        .last_utc = eg__query_text(query->batch, 2),
        .runs = eg__query_number(query->batch, 3),
        .unfinished = eg__query_number(query->batch, 4),
        .units = eg__query_number(query->batch, 5),
        .passed = eg__query_number(query->batch, 6),
        .marginal = eg__query_number(query->batch, 7),
        .failed = eg__query_number(query->batch, 8),
        .errors = eg__query_number(query->batch, 9),
        .aborted = eg__query_number(query->batch, 10),
        .first_pass = eg__query_number(query->batch, 11),
        .repeats = eg__query_number(query->batch, 12),
        .no_board = eg__query_number(query->batch, 13),
        .clones = eg__query_number(query->batch, 14),
        .simulated = eg__query_number(query->batch, 15),
    };
    return EG_OK;
}

enum eg_code eg_query_refuse_sealed(struct eg_query *query, const char *batch, struct eg_error *err)
{
    if (eg__record_refuse_sealed(query->db, batch, err) != EG_OK)
        return eg_error_prefix(err, "ledger %s: ", query->path);
    return EG_OK;
}

enum eg_code eg_query_sessions(struct eg_query *query, const char *batch, eg_batch_session_visitor *visit,
                               void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    bool row;

    EG_TRY(eg__query_prepare(&rows, query, sessions_sql, batch, err));
    for (;;) {
        EG_TRY(eg__query_next(query, rows, &row, err));
        if (!row)
            return EG_OK;
        const struct eg_batch_session session = {
            .started_utc = eg__query_text(rows, 0),
            .station = eg__query_text(rows, 1),
            .operator_name = eg__query_text(rows, 2),
            .job = eg__query_text(rows, 3),
            .job_version = eg__query_text(rows, 4),
            .job_sha256 = eg__query_text(rows, 5),
            .chip = eg__query_text(rows, 6),
            .tool_version = eg__query_text(rows, 7),
            .runs = eg__query_number(rows, 8),
            .simulated = eg__query_number(rows, 9) == 1,
            .session = eg__query_number(rows, 10),
        };
        EG_TRY(visit(context, &session, err));
    }
}

enum eg_code eg_query_runs(struct eg_query *query, const char *batch, bool passed_too, eg_run_visitor *visit,
                           void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg__run_fields fields = {.count = 0};
    struct visit_run pass = {visit, context};
    struct eg_run_row run;

    EG_TRY(eg__query_prepare_runs(&rows, query, runs_sql, EG_RUN_REPORT, &fields, &run, 0, err));
    EG_TRY(eg__query_bind(query, rows, 1, batch, err));
    if (sqlite3_bind_int(rows, 2, passed_too) != SQLITE_OK)
        return eg__query_failed(query, err);
    return eg__query_walk(query, rows, fields.field, fields.count, &run, visit_run, &pass, err);
}

enum eg_code eg_query_regions(struct eg_query *query, const char *batch, eg_batch_region_visitor *visit,
                              void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    bool row;

    EG_TRY(eg__query_prepare(&rows, query, regions_sql, batch, err));
    for (;;) {
        EG_TRY(eg__query_next(query, rows, &row, err));
        if (!row)
            return EG_OK;
        const struct eg_batch_region region = {
            .name = eg__query_text(rows, 0),
            .file = eg__query_text(rows, 1),
            .flash_addr = eg__query_number(rows, 2),
            .size = eg__query_number(rows, 3),
            .expected_md5 = eg__query_text(rows, 4),
            .expected_sha256 = eg__query_text(rows, 5),
            .equal = eg__query_number(rows, 6),
            .different = eg__query_number(rows, 7),
            .not_checked = eg__query_number(rows, 8),
        };
        EG_TRY(visit(context, &region, err));
    }
}

enum eg_code eg_query_mismatches(struct eg_query *query, const char *batch, eg_batch_mismatch_visitor *visit,
                                 void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    bool row;

    EG_TRY(eg__query_prepare(&rows, query, mismatches_sql, batch, err));
    for (;;) {
        EG_TRY(eg__query_next(query, rows, &row, err));
        if (!row)
            return EG_OK;
        const struct eg_batch_mismatch mismatch = {
            .run = eg__query_number(rows, 0),
            .slot = eg__query_text(rows, 1),
            .mac = eg__query_text(rows, 2),
            .region = eg__query_text(rows, 3),
            .flash_addr = eg__query_number(rows, 4),
            .expected_md5 = eg__query_text(rows, 5),
            .read_md5 = eg__query_text(rows, 6),
        };
        EG_TRY(visit(context, &mismatch, err));
    }
}
