/* SPDX-License-Identifier: Apache-2.0 */

/* Versions of a job that have been, or were about to be, written to a board. */

#include "db/query/query_internal.h"
#include "db/query/questions.h"

static const char versions_sql[] = "SELECT DISTINCT version FROM job JOIN session USING (job_id) JOIN run "
                                   "USING (session_id) JOIN intent USING (run_id)"
                                   " WHERE name = ?1 AND NOT simulated";

enum eg_code eg_query_versions(struct eg_query *query, const char *job, eg_row_visitor *visit, void *context,
                               struct eg_error *err)
{
    static const struct eg__field fields[] = {{0, false}};
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    const char *version;

    EG_TRY(eg__query_prepare(&rows, query, versions_sql, job, err));
    return eg__query_walk(query, rows, fields, 1, &version, visit, context, err);
}
