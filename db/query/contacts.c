/* SPDX-License-Identifier: Apache-2.0 */

/* Contacts of slots. A run that only withdrew a pass touched no board. */

#include "db/query/query_internal.h"
#include "db/query/questions.h"

static const char sql[] =
    "WITH last AS (SELECT station, slot, max(reset_id) AS reset_id FROM slot_reset GROUP BY station, slot)"
    " SELECT session.station, run.slot, total(run_id > coalesce(last_run, 0)),"
    " total(run_id > coalesce(last_run, 0) AND outcome IN ('pass', 'pass-marginal')), count(*),"
    " max(run.started_utc), reset_utc, slot_reset.operator, reason"
    " FROM run JOIN session USING (session_id) LEFT JOIN outcome USING (run_id)"
    " LEFT JOIN last ON last.station = session.station AND last.slot = run.slot"
    " LEFT JOIN slot_reset USING (reset_id)"
    " WHERE (?1 IS NULL OR session.station = ?1) AND (attempts IS NULL OR attempts > 0 OR code <> "
    "'duplicate-mac')"
    " AND simulated = (SELECT min(simulated) FROM session)"
    " GROUP BY session.station, run.slot ORDER BY session.station, run.slot";

enum eg_code eg_query_contacts(struct eg_query *query, const char *station, eg_row_visitor *visit,
                               void *context, struct eg_error *err)
{
    static const struct eg__field fields[] = {
        EG__TEXT(eg_slot_contacts, station),    EG__TEXT(eg_slot_contacts, slot),
        EG__NUMBER(eg_slot_contacts, contacts), EG__NUMBER(eg_slot_contacts, passed),
        EG__NUMBER(eg_slot_contacts, total),    EG__TEXT(eg_slot_contacts, last_utc),
        EG__TEXT(eg_slot_contacts, reset_utc),  EG__TEXT(eg_slot_contacts, reset_by),
        EG__TEXT(eg_slot_contacts, reason),
    };
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg_slot_contacts slot;

    EG_TRY(eg__query_prepare(&rows, query, sql, station, err));
    return eg__query_walk(query, rows, fields, sizeof fields / sizeof fields[0], &slot, visit, context, err);
}
