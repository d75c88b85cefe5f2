/* SPDX-License-Identifier: Apache-2.0 */

/* Facts about a run's application log, without the log itself. */

#include "db/query/query_internal.h"
#include "db/query/questions.h"
#include "db/sqlite.h"

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
