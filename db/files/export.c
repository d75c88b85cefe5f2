/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Runs as JSON, which SQLite builds from the rows. The rows of a run are found through the schema: every
 * table with a column `run_id`. So a line is complete whatever version the ledger has.
 */

#include "db/files/export.h"

#include "db/query/query_internal.h"
#include "engine/base/text.h"
#include "db/run_columns.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PARTS_MAX 40

/* One statement for each part of a line, "name":value. The value is the statement's only column. */
struct parts {
    struct {
        char name[64];
        sqlite3_stmt *rows;
    } part[PARTS_MAX];
    unsigned count;
    sqlite3_stmt *log; /* NULL = without */
};

static void parts_finish(struct parts *parts)
{
    for (unsigned i = 0; i < parts->count; i++)
        sqlite3_finalize(parts->part[i].rows);
    sqlite3_finalize(parts->log);
}

static enum eg_code add_part(struct parts *parts, struct eg_query *query, const char *name, const char *sql,
                             struct eg_error *err)
{
    if (parts->count == PARTS_MAX)
        return eg_error_set(err, EG_INTERNAL, "the ledger has more tables than an export has room for");
    snprintf(parts->part[parts->count].name, sizeof parts->part[0].name, "%s", name);
    return eg__query_prepare(&parts->part[parts->count++].rows, query, sql, NULL, err);
}

/* Parts with one object each: its first keys, and the table of run_columns.def whose columns follow. */
static const struct {
    const char *name, *first, *table, *from;
} fixed[] = {
    {"session", ", 'session', session_id", "session",
     "(SELECT session.* FROM run JOIN session USING (session_id) WHERE run_id = ?1)"},
    {"job", ", 'sha256', sha256, 'name', name, 'version', version, 'chip', chip", "job",
     "run JOIN session USING (session_id) JOIN job USING (job_id) WHERE run_id = ?1"},
    {"unit", "", "unit", "outcome WHERE run_id = ?1"},
    {"outcome", "", "outcome", "outcome WHERE run_id = ?1"},
};

static enum eg_code add_fixed(struct parts *parts, struct eg_query *query, unsigned which,
                              struct eg_error *err)
{
    sqlite3_str *columns = sqlite3_str_new(query->db);

    sqlite3_str_appendall(columns, fixed[which].first);
    eg__columns_json(columns, fixed[which].table);
    char *const list = sqlite3_str_finish(columns);
    char *const sql = list == NULL ? NULL
                                   : sqlite3_mprintf("SELECT json_object(%s) FROM %s", list + strlen(", "),
                                                     fixed[which].from);
    const enum eg_code code = sql == NULL ? eg_error_set(err, EG_NO_MEMORY, "out of memory")
                                          : add_part(parts, query, fixed[which].name, sql, err);
    sqlite3_free(list);
    sqlite3_free(sql);
    return code;
}

static const char pools_sql[] =
    "SELECT json_group_array(json_object('pool', name, 'row', position, 'mac', held.mac,"
    " 'fields', json((SELECT json_group_object(pool_column.name, iif(secret, NULL, field.value))"
    "  FROM pool_column JOIN json_each(held.fields) AS field ON field.key = pool_column.position - 1"
    "  WHERE pool_column.pool_id = held.pool_id)),"
    " 'events', json((SELECT json_group_array(json_object('state', state, 'recorded_utc', recorded_utc))"
    "  FROM (SELECT state, recorded_utc FROM pool_event"
    "   WHERE row_id = held.row_id AND run_id = ?1 ORDER BY event_id)))))"
    " FROM (SELECT pool.name, pool_row.position, pool_event.mac, fields, pool.pool_id, row_id FROM pool_event"
    "  JOIN pool_row USING (row_id) JOIN pool ON pool.pool_id = pool_event.pool_id"
    "  WHERE run_id = ?1 AND state = 'reserved' ORDER BY row_id) AS held";

/* Append "'a', a, 'b', b" for all columns except run_id and BLOBs. */
static enum eg_code add_columns(struct eg_query *query, sqlite3_str *sql, const char *table,
                                struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *columns = NULL;
    bool row;

    EG_TRY(eg__query_prepare(&columns, query,
                             "SELECT name FROM pragma_table_info(?1) WHERE name <> 'run_id'"
                             " AND type <> 'BLOB' ORDER BY cid",
                             table, err));
    for (const char *comma = "";; comma = ", ") {
        EG_TRY(eg__query_next(query, columns, &row, err));
        if (!row)
            return EG_OK;
        const char *name = eg__query_text(columns, 0);
        sqlite3_str_appendf(sql, "%s%Q, \"%w\"", comma, name, name);
    }
}

/* Add a table. With one row per run its part is an object or null, otherwise an array. */
static enum eg_code add_table(struct parts *parts, struct eg_query *query, const char *table, bool single,
                              struct eg_error *err)
{
    static const char *const plurals[] = {"intent", "stage", "region", "run_value", "region_time"};
    const char *plain = strncmp(table, "run_", 4) == 0 ? table + 4 : table;
    sqlite3_str *sql = sqlite3_str_new(query->db);
    char name[64];

    snprintf(name, sizeof name, "%s", strcmp(table, "merged_run") == 0 ? "merged" : plain);
    for (unsigned i = 0; i < sizeof plurals / sizeof plurals[0]; i++)
        if (strcmp(table, plurals[i]) == 0)
            snprintf(name, sizeof name, "%ss", plain);
    sqlite3_str_appendall(sql, single ? "SELECT json_object(" : "SELECT json_group_array(json_object(");
    enum eg_code code = add_columns(query, sql, table, err);
    if (single)
        sqlite3_str_appendf(sql, ") FROM \"%w\" WHERE run_id = ?1", table);
    else
        sqlite3_str_appendf(sql, ")) FROM (SELECT * FROM \"%w\" WHERE run_id = ?1 ORDER BY 1, 2)", table);
    char *text = sqlite3_str_finish(sql);
    if (code == EG_OK && text == NULL)
        code = eg_error_set(err, EG_NO_MEMORY, "out of memory");
    if (code == EG_OK)
        code = add_part(parts, query, name, text, err);
    sqlite3_free(text);
    return code;
}

static enum eg_code add_tables(struct parts *parts, struct eg_query *query, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *tables = NULL;
    bool row;

    EG_TRY(eg__query_prepare(
        &tables, query,
        "SELECT iif(name = 'region_row', 'region', name), (SELECT total(pk > 0) = 1 FROM "
        "pragma_table_info(m.name) WHERE pk > 0) AND"
        "  EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE name = 'run_id' AND pk = 1) OR name = "
        "'chain'"
        " FROM sqlite_master AS m WHERE type = 'table' AND name NOT IN ('run', 'outcome', 'pool_event')"
        " AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE name = 'run_id')"
        " ORDER BY name = 'chain', rowid",
        NULL, err));
    for (;;) {
        EG_TRY(eg__query_next(query, tables, &row, err));
        if (!row)
            return EG_OK;
        EG_TRY(add_table(parts, query, eg__query_text(tables, 0), sqlite3_column_int(tables, 1) != 0, err));
    }
}

static enum eg_code has_table(struct eg_query *query, const char *table, bool *has, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *find = NULL;

    EG_TRY(eg__query_prepare(&find, query, "SELECT 1 FROM sqlite_master WHERE name = ?1", table, err));
    return eg__query_next(query, find, has, err);
}

/* Prepare the parts of a line for this ledger. */
static enum eg_code open_parts(struct parts *parts, struct eg_query *query, bool logs, struct eg_error *err)
{
    bool has_pools, has_logs, has_identity;

    EG_TRY(has_table(query, "pool", &has_pools, err));
    EG_TRY(has_table(query, "run_log", &has_logs, err));
    EG_TRY(has_table(query, "ledger", &has_identity, err));
    EG_TRY(add_part(parts, query, "ledger",
                    has_identity ? "SELECT json_quote(identity) FROM ledger WHERE ?1 > 0"
                                 : "SELECT NULL WHERE ?1 > 0",
                    err));
    EG_TRY(add_part(parts, query, "run", "SELECT ?1", err));
    EG_TRY(add_part(parts, query, "slot", "SELECT json_quote(slot) FROM run WHERE run_id = ?1", err));
    EG_TRY(add_part(parts, query, "port", "SELECT json_quote(port) FROM run WHERE run_id = ?1", err));
    EG_TRY(add_part(parts, query, "started_utc", "SELECT json_quote(started_utc) FROM run WHERE run_id = ?1",
                    err));
    for (unsigned i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        EG_TRY(add_fixed(parts, query, i, err));
    if (has_pools)
        EG_TRY(add_part(parts, query, "pools", pools_sql, err));
    EG_TRY(add_tables(parts, query, err));
    if (!logs || !has_logs)
        return EG_OK;
    return eg__query_prepare(&parts->log, query, "SELECT zstd FROM run_log WHERE run_id = ?1", NULL, err);
}

static enum eg_code add_text(struct eg_buffer *line, const char *text, struct eg_error *err)
{
    return eg_buffer_append(line, text, strlen(text), err);
}

/* Append JSON from SQLite, escaping DEL and C1: SQLite leaves them as they are, and a terminal obeys them. */
static enum eg_code add_json(struct eg_buffer *line, const char *json, struct eg_error *err)
{
    const char *done = json;
    char escape[8];

    for (size_t length; *json != '\0'; json += length) {
        length = eg_utf8_length(json, strnlen(json, 4));
        length = length != 0 ? length : 1;
        if (!eg_utf8_is_control(json, length))
            continue;
        snprintf(escape, sizeof escape, "\\u%04x", (unsigned char)json[length - 1]);
        EG_TRY(eg_buffer_append(line, done, (size_t)(json - done), err));
        EG_TRY(add_text(line, escape, err));
        done = json + length;
    }
    return add_text(line, done, err);
}

static enum eg_code add_base64(struct eg_buffer *line, const uint8_t *data, size_t size, struct eg_error *err)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < size; i += 3) {
        const unsigned have = size - i < 3 ? (unsigned)(size - i) : 3;
        const unsigned bits = (unsigned)data[i] << 16 | (have > 1 ? (unsigned)data[i + 1] << 8 : 0) |
                              (have > 2 ? data[i + 2] : 0);
        const char four[] = {digits[bits >> 18], digits[bits >> 12 & 63],
                             have > 1 ? digits[bits >> 6 & 63] : '=', have > 2 ? digits[bits & 63] : '='};
        EG_TRY(eg_buffer_append(line, four, sizeof four, err));
    }
    return EG_OK;
}

static enum eg_code add_log(struct eg_buffer *line, struct parts *parts, struct eg_query *query, int64_t run,
                            struct eg_error *err)
{
    bool row;

    sqlite3_reset(parts->log);
    sqlite3_bind_int64(parts->log, 1, run);
    EG_TRY(eg__query_next(query, parts->log, &row, err));
    if (!row)
        return add_text(line, ",\"log_zstd\":null", err);
    EG_TRY(add_text(line, ",\"log_zstd\":\"", err));
    EG_TRY(add_base64(line, sqlite3_column_blob(parts->log, 0), (size_t)sqlite3_column_bytes(parts->log, 0),
                      err));
    return add_text(line, "\"", err);
}

static enum eg_code make_line(struct eg_buffer *line, struct parts *parts, struct eg_query *query,
                              int64_t run, struct eg_error *err)
{
    char head[80];
    bool row;

    line->size = 0;
    snprintf(head, sizeof head, "{\"espgang\":\"run\",\"version\":%d", EG_EXPORT_VERSION);
    EG_TRY(add_text(line, head, err));
    for (unsigned i = 0; i < parts->count; i++) {
        sqlite3_stmt *const rows = parts->part[i].rows;
        char name[80];
        sqlite3_reset(rows);
        sqlite3_bind_int64(rows, 1, run);
        EG_TRY(eg__query_next(query, rows, &row, err));
        snprintf(name, sizeof name, ",\"%s\":", parts->part[i].name);
        EG_TRY(add_text(line, name, err));
        const char *text = row ? (const char *)sqlite3_column_text(rows, 0) : NULL;
        EG_TRY(add_json(line, text != NULL ? text : "null", err));
    }
    if (parts->log != NULL)
        EG_TRY(add_log(line, parts, query, run, err));
    return eg_buffer_append(line, "}\n", 2, err);
}

/* Find the position in the chain after which the wanted runs begin. */
static enum eg_code find_begin(struct eg_query *query, int64_t after_run, int64_t *link, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *find = NULL;
    bool row;

    *link = 0;
    if (after_run == 0)
        return EG_OK;
    EG_TRY(eg__query_prepare(&find, query, "SELECT chain_id FROM chain WHERE run_id = ?1", NULL, err));
    sqlite3_bind_int64(find, 1, after_run);
    EG_TRY(eg__query_next(query, find, &row, err));
    if (!row)
        return eg_error_set(err, EG_LEDGER, "ledger %s: has no finished run %" PRId64, query->path,
                            after_run);
    *link = sqlite3_column_int64(find, 0);
    return EG_OK;
}

enum eg_code eg_query_export(struct eg_query *query, const struct eg_export *what, eg_export_visitor *visit,
                             void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *runs = NULL;
    EG_CLEANUP(parts_finish) struct parts parts = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer line = {0};
    struct eg_batch batch;
    int64_t link;
    bool row;

    if (what->batch != NULL)
        EG_TRY(eg_query_batch(query, what->batch, &batch, err));
    EG_TRY(find_begin(query, what->after_run, &link, err));
    EG_TRY(open_parts(&parts, query, what->logs, err));
    EG_TRY(eg__query_prepare(
        &runs, query,
        "SELECT run_id FROM chain JOIN outcome USING (run_id) JOIN run USING (run_id)"
        " JOIN session USING (session_id) WHERE chain_id > ?2 AND (?1 IS NULL OR batch = ?1)"
        " AND (?3 IS NULL OR finished_utc >= ?3) ORDER BY chain_id",
        what->batch, err));
    sqlite3_bind_int64(runs, 2, link);
    sqlite3_bind_text(runs, 3, what->since_utc, -1, SQLITE_STATIC);
    for (;;) {
        EG_TRY(eg__query_next(query, runs, &row, err));
        if (!row)
            return EG_OK;
        EG_TRY(make_line(&line, &parts, query, sqlite3_column_int64(runs, 0), err));
        EG_TRY(visit(context, (const char *)line.data, line.size, err));
    }
}
