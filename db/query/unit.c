/* SPDX-License-Identifier: Apache-2.0 */

/* Questions about the data of single units. */

#include "db/query/query_internal.h"
#include "db/query/questions.h"
#include "engine/base/digest.h"
#include "engine/plan/recorder.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum eg_code eg_query_pools(struct eg_query *query, eg_pool_summary_visitor *visit, void *context,
                            struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    bool row;

    EG_TRY(eg__query_prepare(
        &rows, query,
        "SELECT name, total, free, reserved, written, verified, consumed FROM pools ORDER BY name", NULL,
        err));
    for (;;) {
        EG_TRY(eg__query_next(query, rows, &row, err));
        if (!row)
            return EG_OK;
        const struct eg_pool_summary pool = {
            .name = eg__query_text(rows, 0),
            .total = eg__query_number(rows, 1),
            .free = eg__query_number(rows, 2),
            .reserved = eg__query_number(rows, 3),
            .written = eg__query_number(rows, 4),
            .verified = eg__query_number(rows, 5),
            .consumed = eg__query_number(rows, 6),
        };
        EG_TRY(visit(context, &pool, err));
    }
}

static enum eg_code no_pool(struct eg_query *query, const char *name, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *names = NULL;
    bool row;

    EG_TRY(eg__query_prepare(&names, query,
                             "SELECT group_concat(name, ', ') FROM (SELECT name FROM pool ORDER BY name)"
                             " HAVING count(*) > 0",
                             NULL, err));
    EG_TRY(eg__query_next(query, names, &row, err));
    if (!row)
        return eg_error_set(err, EG_LEDGER, "ledger %s: has no pool yet", query->path);
    return eg_error_set(err, EG_LEDGER, "ledger %s: has no pool %s; there is %s", query->path, name,
                        eg__query_text(names, 0));
}

/* The columns of a pool: in the statement's rows they follow the first six columns. */
struct columns {
    char **names;
    const char **values;
    unsigned count;
};

static void columns_finish(struct columns *columns)
{
    for (unsigned i = 0; i < columns->count; i++)
        free(columns->names[i]);
    free(columns->names);
    free(columns->values);
}

#define ENTRY_COLUMNS 6

/* Read the names of the columns, and build the statement that reads them: it depends on which are secret. */
static enum eg_code read_columns(struct columns *columns, sqlite3_str *sql, struct eg_query *query,
                                 const char *pool, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    bool row;

    EG_TRY(eg__query_prepare(&rows, query,
                             "SELECT pool_column.name, secret, position, count(*) OVER () FROM pool_column "
                             "JOIN pool USING (pool_id)"
                             " WHERE pool.name = ?1 ORDER BY position",
                             pool, err));
    sqlite3_str_appendall(sql, "SELECT row, state, run, serials.mac, since, imported_from");
    for (;;) {
        EG_TRY(eg__query_next(query, rows, &row, err));
        if (!row)
            break;
        const size_t count = (size_t)eg__query_number(rows, 3);
        if (columns->names == NULL) {
            EG_TRY(eg_alloc(&columns->names, count, sizeof columns->names[0], err));
            EG_TRY(eg_alloc(&columns->values, count, sizeof columns->values[0], err));
        }
        EG_TRY(eg_strdup(&columns->names[columns->count], eg__query_text(rows, 0), err));
        columns->count++;
        if (eg__query_number(rows, 1) != 0)
            sqlite3_str_appendf(sql,
                                ", iif(json_extract(fields, '$[%d]') LIKE '" EG_POOL_SEALED
                                "%%', '(sealed)', '(secret)')",
                                (int)eg__query_number(rows, 2) - 1);
        else
            sqlite3_str_appendf(sql, ", json_extract(fields, '$[%d]')", (int)eg__query_number(rows, 2) - 1);
    }
    sqlite3_str_appendall(sql, " FROM serials JOIN pool ON pool.name = serials.pool"
                               " JOIN pool_row ON pool_row.pool_id = pool.pool_id AND pool_row.position = row"
                               " WHERE pool = ?1 ORDER BY row");
    return EG_OK;
}

static enum eg_code read_entries(struct columns *columns, sqlite3_str *sql, struct eg_query *query,
                                 const char *pool, eg_pool_entry_visitor *visit, void *context,
                                 struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    bool row;

    EG_TRY(read_columns(columns, sql, query, pool, err));
    if (columns->count == 0)
        return no_pool(query, pool, err);
    if (sqlite3_str_errcode(sql) != SQLITE_OK)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory");
    EG_TRY(eg__query_prepare(&rows, query, sqlite3_str_value(sql), pool, err));
    for (;;) {
        EG_TRY(eg__query_next(query, rows, &row, err));
        if (!row)
            return EG_OK;
        for (unsigned i = 0; i < columns->count; i++)
            columns->values[i] = eg__query_text(rows, ENTRY_COLUMNS + (int)i);
        const struct eg_pool_entry entry = {
            .position = eg__query_number(rows, 0),
            .state = eg__query_text(rows, 1),
            .run = eg__query_number(rows, 2),
            .mac = eg__query_text(rows, 3),
            .since_utc = eg__query_text(rows, 4),
            .imported_from = eg__query_text(rows, 5),
            .names = (const char *const *)columns->names,
            .values = columns->values,
            .count = columns->count,
        };
        EG_TRY(visit(context, &entry, err));
    }
}

enum eg_code eg_query_pool(struct eg_query *query, const char *pool, eg_pool_entry_visitor *visit,
                           void *context, struct eg_error *err)
{
    EG_CLEANUP(columns_finish) struct columns columns = {0};

    sqlite3_str *sql = sqlite3_str_new(query->db);
    const enum eg_code code = read_entries(&columns, sql, query, pool, visit, context, err);
    sqlite3_free(sqlite3_str_finish(sql));
    return code;
}

static double real(sqlite3_stmt *rows, int column)
{
    return sqlite3_column_type(rows, column) == SQLITE_NULL ? NAN : sqlite3_column_double(rows, column);
}

/* Put in what the view makes of a value that was recorded before numbers had columns of their own. Its texts
 * live until the next one. */
static enum eg_code read_old(struct eg_run_value *value, struct eg_query *query, sqlite3_stmt *old,
                             int64_t position, struct eg_error *err)
{
    bool row;

    sqlite3_reset(old);
    sqlite3_bind_int64(old, 1, value->run);
    sqlite3_bind_int64(old, 2, position);
    EG_TRY(eg__query_next(query, old, &row, err));
    if (!row)
        return EG_OK;
    value->value = eg__query_text(old, 0);
    value->unit = eg__query_text(old, 1);
    value->number = real(old, 2);
    value->lower = real(old, 3);
    value->upper = real(old, 4);
    return EG_OK;
}

/* The view run_values tells old values apart, row by row; here most rows are new ones. */
static enum eg_code visit_values(struct eg_query *query, sqlite3_stmt *rows, eg_run_value_visitor *visit,
                                 void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *old = NULL;
    bool row;

    EG_TRY(eg__query_prepare(
        &old, query,
        "SELECT value, unit, number, lower, upper FROM run_values WHERE run_id = ?1 AND position = ?2", NULL,
        err));
    for (;;) {
        EG_TRY(eg__query_next(query, rows, &row, err));
        if (!row)
            return EG_OK;
        struct eg_run_value value = {
            .run = eg__query_number(rows, 0),
            .mac = eg__query_text(rows, 1),
            .kind = eg__query_text(rows, 2),
            .name = eg__query_text(rows, 3),
            .value = eg__query_text(rows, 4),
            .limits = eg__query_text(rows, 5),
            .passed = eg__query_number(rows, 6) != 0,
            .unit = eg__query_text(rows, 7),
            .number = real(rows, 8),
            .lower = real(rows, 9),
            .upper = real(rows, 10),
        };
        if (sqlite3_column_int(rows, 11) != 0)
            EG_TRY(read_old(&value, query, old, eg__query_number(rows, 12), err));
        EG_TRY(visit(context, &value, err));
    }
}

#define VALUE_COLUMNS                                                                                        \
    "run_id, outcome.mac, kind, run_value.name, value, limits, passed, run_value.unit, number, lower, "      \
    "upper, run_value.unit IS NULL AND kind = 'measured', run_value.position"

enum eg_code eg_query_run_values(struct eg_query *query, int64_t run, eg_run_value_visitor *visit,
                                 void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;

    EG_TRY(eg__query_prepare(&rows, query,
                             "SELECT " VALUE_COLUMNS " FROM run_value JOIN outcome USING (run_id)"
                             " WHERE run_id = ?1 ORDER BY position",
                             NULL, err));
    eg__bind_number(rows, 1, (uint64_t)run);
    return visit_values(query, rows, visit, context, err);
}

enum eg_code eg_query_batch_values(struct eg_query *query, const char *batch, eg_run_value_visitor *visit,
                                   void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;

    EG_TRY(eg__query_prepare(&rows, query,
                             "SELECT " VALUE_COLUMNS " FROM session JOIN run USING (session_id)"
                             " JOIN outcome USING (run_id) JOIN run_value USING (run_id)"
                             " WHERE batch = ?1 ORDER BY run_id, position",
                             batch, err));
    return visit_values(query, rows, visit, context, err);
}

enum eg_code eg_query_run_log(struct eg_query *query, int64_t run, struct eg_buffer *log,
                              struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    uint8_t digest[EG_SHA256_SIZE];
    char text[EG_SHA256_TEXT];
    bool row;

    log->size = 0;
    EG_TRY(eg__query_prepare(&rows, query, "SELECT zstd, sha256 FROM run_log WHERE run_id = ?1", NULL, err));
    eg__bind_number(rows, 1, (uint64_t)run);
    EG_TRY(eg__query_next(query, rows, &row, err));
    if (!row)
        return EG_OK;
    EG_TRY(eg_buffer_append(log, sqlite3_column_blob(rows, 0), (size_t)sqlite3_column_bytes(rows, 0), err));
    EG_TRY(eg_sha256(digest, log->data, log->size, err));
    eg_hex(text, digest, sizeof digest);
    if (strcmp(text, eg__query_text(rows, 1)) == 0)
        return EG_OK;
    return eg_error_set(err, EG_LEDGER, "ledger %s: the log of run %" PRId64 " is not what was recorded",
                        query->path, run);
}
