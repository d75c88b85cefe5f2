/* SPDX-License-Identifier: Apache-2.0 */

/* A run's application log: facts about it, and its text. */

#include "db/query/questions.h"
#include "db/query/select_internal.h"
#include "db/sqlite.h"

#include <inttypes.h>
#include <zstd.h>

#define LOG_MAX ((size_t)64 << 20) /* far more than a run stores */

enum eg_code eg_query_log(struct eg_query *query, int64_t run, eg_row_visitor *visit, void *context,
                          struct eg_error *err)
{
    static const struct eg__field fields[] = {
        EG__NUMBER(eg_run_log, run),        EG__TEXT(eg_run_log, mac),          EG__TEXT(eg_run_log, slot),
        EG__TEXT(eg_run_log, finished_utc), EG__TEXT(eg_run_log, outcome),      EG__NUMBER(eg_run_log, size),
        EG__TEXT(eg_run_log, purged_utc),   EG__TEXT(eg_run_log, purge_reason),
    };
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg_run_log row;

    EG_TRY(
        eg__query_prepare(&rows, query,
                          "SELECT run, mac, slot, finished, outcome, run_log.size, purged_utc, reason"
                          " FROM runs LEFT JOIN run_log ON run_log.run_id = run"
                          " LEFT JOIN purged_log ON purged_log.run_id = run LEFT JOIN purge USING (purge_id)"
                          " WHERE run = ?1",
                          NULL, err));
    eg__bind_number(rows, 1, (uint64_t)run);
    return eg__query_walk(query, rows, fields, sizeof fields / sizeof *fields, &row, visit, context, err);
}

enum eg_code eg_query_chain_end(struct eg_query *query, int64_t *chain_id, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    bool row;

    EG_TRY(eg__query_prepare(&rows, query, "SELECT coalesce(max(chain_id), 0) FROM chain", NULL, err));
    EG_TRY(eg__query_next(query, rows, &row, err));
    *chain_id = eg__query_number(rows, 0);
    return EG_OK;
}

enum eg_code eg_query_logs_after(struct eg_query *query, const struct eg_selection *selection,
                                 int64_t *chain_id, eg_row_visitor *visit, void *context,
                                 struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    sqlite3_str *const sql = sqlite3_str_new(query->db);
    bool row;

    sqlite3_str_appendall(sql,
                          "SELECT run_id, chain_id FROM chain CROSS JOIN run USING (run_id) " EG__SELECT_JOINS
                          " WHERE chain_id > ?1");
    eg__select_where(sql, selection);
    eg__select_ended(sql, selection, "outcome");
    sqlite3_str_appendall(sql, " ORDER BY chain_id");
    EG_TRY(eg__query_prepare_built(&rows, query, sql, err));
    sqlite3_bind_int64(rows, 1, *chain_id);
    for (;;) {
        EG_TRY(eg__query_next(query, rows, &row, err));
        if (!row)
            return EG_OK;
        *chain_id = eg__query_number(rows, 1);
        EG_TRY(eg_query_log(query, eg__query_number(rows, 0), visit, context, err));
    }
}

static enum eg_code unpack(struct eg_buffer *text, const struct eg_buffer *packed, int64_t run,
                           struct eg_error *err)
{
    const unsigned long long size = ZSTD_getFrameContentSize(packed->data, packed->size);

    if (size > LOG_MAX) /* also the numbers that stand for "unknown" and "error" */
        return eg_error_set(err, EG_LEDGER, "the log of run %" PRId64 " is not a zstd frame of a known size",
                            run);
    EG_TRY(eg_buffer_resize(text, (size_t)size, 0, err));
    const size_t got = ZSTD_decompress(text->data, text->size, packed->data, packed->size);
    if (ZSTD_isError(got) || got != size)
        return eg_error_set(err, EG_LEDGER, "the log of run %" PRId64 " cannot be decompressed: %s", run,
                            ZSTD_isError(got) ? ZSTD_getErrorName(got) : "it is shorter than it says");
    return EG_OK;
}

enum eg_code eg_query_run_log_text(struct eg_query *query, int64_t run, struct eg_buffer *text,
                                   struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer packed = {0};

    text->size = 0;
    EG_TRY(eg_query_run_log(query, run, &packed, err));
    return packed.size > 0 ? unpack(text, &packed, run, err) : EG_OK;
}
