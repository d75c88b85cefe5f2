/* SPDX-License-Identifier: Apache-2.0 */

/* Printed labels. A pass that a later run of its board took back needs none. */

#include "db/query/query_internal.h"
#include "db/query/questions.h"

static const char sql[] =
    "WITH print AS (SELECT of_run, max(print_id) AS print_id, total(state = 'printed') AS prints"
    "  FROM label_print GROUP BY of_run),"
    " label AS (SELECT run.run_id AS run, outcome.mac AS mac, batch, station, slot, finished_utc,"
    " (SELECT value FROM run_value WHERE run_id = run.run_id AND kind = 'unit' AND name = 'serial' LIMIT 1)"
    "   AS serial,"
    " CASE WHEN label_print.state = 'begun' THEN 'in doubt' WHEN label_print.state IS NOT NULL THEN "
    "label_print.state"
    "  WHEN EXISTS (SELECT 1 FROM outcome AS later JOIN chain AS its ON its.run_id = later.run_id"
    "   JOIN run AS of ON of.run_id = later.run_id JOIN session AS at ON at.session_id = of.session_id"
    "   WHERE later.mac = outcome.mac AND its.chain_id > chain.chain_id AND at.simulated = session.simulated"
    "   AND later.code <> 'seen-before' AND later.outcome NOT IN ('pass', 'pass-marginal')) THEN 'withdrawn'"
    "  ELSE 'missing' END AS state,"
    " coalesce(prints, 0) AS prints, printer, label_print.operator AS printed_by, reason, recorded_utc"
    " FROM label_form JOIN session USING (session_id) CROSS JOIN run ON run.session_id = session.session_id"
    " JOIN outcome ON outcome.run_id = run.run_id JOIN chain ON chain.run_id = run.run_id"
    " LEFT JOIN print ON print.of_run = run.run_id LEFT JOIN label_print USING (print_id)"
    " WHERE outcome IN ('pass', 'pass-marginal') AND (?1 IS NULL OR station = ?1)"
    " AND (?2 IS NULL OR batch = ?2))"
    " SELECT run, mac, serial, batch, station, slot, finished_utc, state, prints, printer, printed_by, "
    "reason, recorded_utc"
    " FROM label WHERE ?3 IS NULL OR state IN ('missing', 'in doubt', 'failed') ORDER BY run";

enum eg_code eg_query_labels(struct eg_query *query, const char *station, const char *batch, bool open,
                             eg_row_visitor *visit, void *context, struct eg_error *err)
{
    static const struct eg__field fields[] = {
        EG__NUMBER(eg_label_row, run),        EG__TEXT(eg_label_row, mac),
        EG__TEXT(eg_label_row, serial),       EG__TEXT(eg_label_row, batch),
        EG__TEXT(eg_label_row, station),      EG__TEXT(eg_label_row, slot),
        EG__TEXT(eg_label_row, finished_utc), EG__TEXT(eg_label_row, state),
        EG__NUMBER(eg_label_row, prints),     EG__TEXT(eg_label_row, printer),
        EG__TEXT(eg_label_row, printed_by),   EG__TEXT(eg_label_row, reason),
        EG__TEXT(eg_label_row, recorded_utc),
    };
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg_label_row label;

    EG_TRY(eg__query_prepare(&rows, query, sql, station, err));
    EG_TRY(eg__query_bind(query, rows, 2, batch, err));
    EG_TRY(eg__query_bind(query, rows, 3, open ? "open" : NULL, err));
    return eg__query_walk(query, rows, fields, sizeof fields / sizeof fields[0], &label, visit, context, err);
}
