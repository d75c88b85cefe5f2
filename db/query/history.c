/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The history of single units: finding the unit that a text names, its runs and their rows; the last run of
 * each unit of a selection.
 */

#include "db/query/select_internal.h"
#include "db/query/questions.h"
#include "engine/base/mac.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/*
 * Runs of a MAC, finished or not: those of its real boards, or of simulated ones if it has no real ones. A
 * refusal because the board has passed does not change the board's outcome.
 */
static const char find_sql[] =
    "WITH found (mac) AS (SELECT ?2"
    " UNION SELECT mac FROM run_value JOIN outcome USING (run_id)"
    "  WHERE kind = 'unit' AND name = 'serial' AND value = ?1"
    " UNION SELECT mac FROM run_label JOIN intent USING (run_id) WHERE label = ?1" /* admitted with it */
    /* A pool row belongs to the board that its last event names, unless that event gave it back. */
    " UNION SELECT (SELECT iif(state = 'released', NULL, mac) FROM pool_event"
    "   WHERE pool_event.row_id = pool_row.row_id ORDER BY event_id DESC LIMIT 1)"
    "  FROM pool_column CROSS JOIN pool_row USING (pool_id)"
    "  WHERE pool_column.position = 1 AND NOT secret AND key = ?1),"
    " runs_of AS (SELECT found.mac AS mac, run_id FROM found CROSS JOIN outcome ON outcome.mac = found.mac"
    "  UNION SELECT found.mac, run_id FROM found CROSS JOIN intent ON intent.mac = found.mac),"
    " of_mac AS MATERIALIZED (SELECT runs_of.mac AS mac, run_id, simulated, outcome, code, chain_id FROM "
    "runs_of"
    "  CROSS JOIN run USING (run_id) CROSS JOIN session USING (session_id)"
    "  LEFT JOIN outcome AS ended USING (run_id) LEFT JOIN chain USING (run_id)),"
    " mine AS (SELECT * FROM of_mac WHERE code IS NOT 'seen-before'"
    "  AND simulated = (SELECT min(simulated) FROM of_mac AS all_of WHERE all_of.mac = of_mac.mac))"
    " SELECT mac, count(*), total(outcome IN ('pass', 'pass-marginal')),"
    " (SELECT outcome FROM mine AS last WHERE last.mac = mine.mac ORDER BY chain_id DESC NULLS LAST LIMIT 1),"
    " (SELECT count(DISTINCT run_id) > 1 FROM intent WHERE intent.mac = mine.mac),"
    " (SELECT count(*) FROM of_mac WHERE of_mac.mac = mine.mac AND code = 'seen-before'),"
    " (SELECT count(DISTINCT flash_unique_id) FROM run_device JOIN outcome USING (run_id)"
    "  WHERE outcome.mac = mine.mac), min(simulated),"
    " (SELECT run_id FROM mine AS last WHERE last.mac = mine.mac AND chain_id IS NOT NULL"
    "  ORDER BY chain_id DESC LIMIT 1),"
    " max(iif(chain_id IS NULL, run_id, NULL))"
    " FROM mine GROUP BY mac ORDER BY mac";

enum eg_code eg_query_find_units(struct eg_query *query, const char *text, eg_row_visitor *visit,
                                 void *context, struct eg_error *err)
{
    static const struct eg__field fields[] = {
        EG__TEXT(eg_unit_summary, mac),        EG__NUMBER(eg_unit_summary, runs),
        EG__NUMBER(eg_unit_summary, passed),   EG__TEXT(eg_unit_summary, outcome),
        EG__NUMBER(eg_unit_summary, reworked), EG__NUMBER(eg_unit_summary, repeats),
        EG__NUMBER(eg_unit_summary, flashes),  EG__NUMBER(eg_unit_summary, simulated),
        EG__NUMBER(eg_unit_summary, last_run), EG__NUMBER(eg_unit_summary, open_run),
    };
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg_unit_summary unit;
    char mac[EG_MAC_TEXT];

    EG_TRY(eg__query_prepare(&rows, query, find_sql, NULL, err));
    EG_TRY(eg__query_bind(query, rows, 1, text, err));
    if (eg_mac_normalise(mac, text))
        EG_TRY(eg__query_bind(query, rows, 2, mac, err));
    return eg__query_walk(query, rows, fields, COUNT(fields), &unit, visit, context, err);
}

enum eg_code eg_query_unit_runs(struct eg_query *query, const char *mac, const struct eg_selection *selection,
                                const struct eg_run_column *const *columns, eg_row_visitor *visit,
                                void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg__run_fields fields = {.count = 0};
    sqlite3_str *const sql = sqlite3_str_new(query->db);
    struct eg_run_row run;

    char *const list = eg__query_run_columns(query, columns, &fields, &run, 0);
    sqlite3_str_appendf(
        sql,
        "SELECT %s FROM (SELECT run_id FROM outcome WHERE mac = ?1"
        " UNION SELECT run_id FROM intent WHERE mac = ?1) AS mine CROSS JOIN runs ON runs.run = mine.run_id"
        " WHERE runs.mac = ?1",
        list);
    sqlite3_free(list);
    if (!eg_selection_is_all(selection)) {
        sqlite3_str_appendall(sql, " AND EXISTS (SELECT 1 FROM " EG__SELECT_TABLES
                                   " WHERE run.run_id = mine.run_id");
        eg__select_where(sql, selection);
        eg__select_ended(sql, selection, "outcome");
        sqlite3_str_appendall(sql, ")");
    }
    sqlite3_str_appendall(sql, " ORDER BY runs.run");
    EG_TRY(eg__query_prepare_built(&rows, query, sql, err));
    EG_TRY(eg__query_bind(query, rows, 1, mac, err));
    return eg__query_walk(query, rows, fields.field, fields.count, &run, visit, context, err);
}

enum eg_code eg_query_run_record(struct eg_query *query, int64_t run, eg_row_visitor *visit, void *context,
                                 struct eg_error *err)
{
    static const struct eg__field fields[] = {
        EG__TEXT(eg_run_record_row, mac),
        EG__TEXT(eg_run_record_row, serial),
        EG__TEXT(eg_run_record_row, label),
        EG__TEXT(eg_run_record_row, chip),
        EG__TEXT(eg_run_record_row, revision),
        EG__TEXT(eg_run_record_row, package),
        EG__NUMBER(eg_run_record_row, flash_jedec),
        EG__NUMBER(eg_run_record_row, flash_size),
        EG__TEXT(eg_run_record_row, flash_unique_id),
        EG__TEXT(eg_run_record_row, batch),
        EG__TEXT(eg_run_record_row, station),
        EG__TEXT(eg_run_record_row, operator_name),
        EG__TEXT(eg_run_record_row, job),
        EG__TEXT(eg_run_record_row, job_version),
        EG__TEXT(eg_run_record_row, job_sha256),
        EG__TEXT(eg_run_record_row, tool_version),
        EG__TEXT(eg_run_record_row, slot),
        EG__TEXT(eg_run_record_row, started_utc),
        EG__TEXT(eg_run_record_row, finished_utc),
        EG__TEXT(eg_run_record_row, outcome),
        EG__TEXT(eg_run_record_row, marginal),
        EG__NUMBER(eg_run_record_row, run),
        EG__NUMBER(eg_run_record_row, attempts),
        EG__NUMBER(eg_run_record_row, duration_ms),
        EG__TEXT(eg_run_record_row, secure_boot),
        EG__TEXT(eg_run_record_row, flash_encryption),
        EG__TEXT(eg_run_record_row, secure_download),
        EG__TEXT(eg_run_record_row, security),
        EG__NUMBER(eg_run_record_row, chain_id),
        EG__TEXT(eg_run_record_row, hash),
    };
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg_run_record_row row;

    EG_TRY(eg__query_prepare(
        &rows, query,
        "SELECT mac, (SELECT value FROM run_value WHERE run_id = run AND kind = 'unit' AND name = 'serial'"
        " LIMIT 1), label, chip, revision, package, flash_jedec, flash_size, flash_unique_id, batch, station,"
        " operator, job, job_version, job_sha256, tool_version, slot, started, finished, outcome, marginal,"
        " run, attempts, duration_ms, secure_boot, flash_encryption, secure_download, security, finish_order,"
        " hash FROM runs WHERE run = ?1 AND finish_order IS NOT NULL",
        NULL, err));
    eg__bind_number(rows, 1, (uint64_t)run);
    return eg__query_walk(query, rows, fields, COUNT(fields), &row, visit, context, err);
}

enum eg_code eg_query_run_regions(struct eg_query *query, int64_t run, eg_row_visitor *visit, void *context,
                                  struct eg_error *err)
{
    static const struct eg__field fields[] = {
        EG__TEXT(eg_run_region, name),         EG__TEXT(eg_run_region, address),
        EG__TEXT(eg_run_region, file),         EG__NUMBER(eg_run_region, size),
        EG__NUMBER(eg_run_region, attempt),    EG__TEXT(eg_run_region, verdict),
        EG__TEXT(eg_run_region, method),       EG__TEXT(eg_run_region, expected_sha256),
        EG__TEXT(eg_run_region, expected_md5), EG__TEXT(eg_run_region, read_md5),
        EG__NUMBER(eg_run_region, write_ms),
    };
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg_run_region region;

    EG_TRY(
        eg__query_prepare(&rows, query,
                          "SELECT name, printf('0x%08x', flash_addr), file, size, attempt, verdict, method,"
                          " expected_sha256, expected_md5, read_md5, write_us / 1000 FROM region"
                          " WHERE run_id = ?1 ORDER BY position",
                          NULL, err));
    eg__bind_number(rows, 1, (uint64_t)run);
    return eg__query_walk(query, rows, fields, COUNT(fields), &region, visit, context, err);
}

enum eg_code eg_query_run_stages(struct eg_query *query, int64_t run, eg_row_visitor *visit, void *context,
                                 struct eg_error *err)
{
    static const struct eg__field fields[] = {
        EG__TEXT(eg_run_stage, stage),        EG__NUMBER(eg_run_stage, attempt),
        EG__TEXT(eg_run_stage, started_utc),  EG__NUMBER(eg_run_stage, duration_ms),
        EG__TEXT(eg_run_stage, code),         EG__NUMBER(eg_run_stage, baud),
        EG__NUMBER(eg_run_stage, bytes_sent), EG__NUMBER(eg_run_stage, bytes_received),
        EG__NUMBER(eg_run_stage, resends),    EG__NUMBER(eg_run_stage, wire_ms),
        EG__TEXT(eg_run_stage, limited_by),   EG__TEXT(eg_run_stage, sentence),
    };
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg_run_stage stage;

    EG_TRY(eg__query_prepare(
        &rows, query,
        "SELECT stage, attempt, started_utc, duration_us / 1000, code, baud, bytes_sent,"
        " bytes_received, resends, wire_us / 1000, limited_by, sentence FROM stage WHERE run_id = ?1"
        " ORDER BY position",
        NULL, err));
    eg__bind_number(rows, 1, (uint64_t)run);
    return eg__query_walk(query, rows, fields, COUNT(fields), &stage, visit, context, err);
}

/* The state of a row is the last state that it reached with this MAC, as in the view serials. */
static const char unit_rows_sql[] =
    "WITH had AS (SELECT DISTINCT row_id, pool_event.mac AS mac"
    "  FROM (SELECT run_id FROM outcome WHERE mac = ?1 UNION SELECT run_id FROM intent WHERE mac = ?1)"
    "  CROSS JOIN pool_event USING (run_id) WHERE state = 'reserved' AND pool_event.mac = ?1)"
    " SELECT pool.name, pool_row.position, iif(secret, '(secret)', key),"
    " coalesce((SELECT state FROM pool_event WHERE row_id = had.row_id AND mac = had.mac"
    "   AND state = 'consumed'),"
    "  (SELECT state FROM pool_event WHERE row_id = had.row_id AND mac = had.mac"
    "   AND state IN ('written', 'verified') ORDER BY event_id DESC LIMIT 1), last.state),"
    " last.run_id, last.recorded_utc"
    " FROM had JOIN pool_row USING (row_id) JOIN pool USING (pool_id)"
    " JOIN pool_column ON pool_column.pool_id = pool.pool_id AND pool_column.position = 1"
    " JOIN pool_event AS last ON last.event_id ="
    "  (SELECT max(event_id) FROM pool_event WHERE row_id = had.row_id AND mac = had.mac)"
    " ORDER BY pool.name, pool_row.position";

enum eg_code eg_query_unit_rows(struct eg_query *query, const char *mac, eg_row_visitor *visit, void *context,
                                struct eg_error *err)
{
    static const struct eg__field fields[] = {
        EG__TEXT(eg_unit_row, pool),  EG__NUMBER(eg_unit_row, row), EG__TEXT(eg_unit_row, key),
        EG__TEXT(eg_unit_row, state), EG__NUMBER(eg_unit_row, run), EG__TEXT(eg_unit_row, since_utc),
    };
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg_unit_row row;

    EG_TRY(eg__query_prepare(&rows, query, unit_rows_sql, mac, err));
    return eg__query_walk(query, rows, fields, COUNT(fields), &row, visit, context, err);
}

enum eg_code eg_query_units(struct eg_query *query, const struct eg_selection *selection,
                            const struct eg_run_column *const *columns, eg_row_visitor *visit, void *context,
                            struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg__run_fields fields = {.count = 0};
    sqlite3_str *const sql = sqlite3_str_new(query->db);
    struct eg_run_row run;

    /* By numbers of the chain, in the order of which the rows come without being sorted. */
    sqlite3_str_appendall(sql, "WITH " EG__COUNTED_BEGIN);
    eg__select_counting(sql, selection);
    sqlite3_str_appendall(sql, EG__COUNTED_END " SELECT ");
    char *const list = eg__query_run_columns(query, columns, &fields, &run, 0);
    sqlite3_str_appendf(sql,
                        "%s FROM chain CROSS JOIN runs ON runs.run = chain.run_id WHERE chain.chain_id IN"
                        " (SELECT max(chain_id) FROM counted WHERE counts = 'unit' GROUP BY unit)",
                        list);
    sqlite3_free(list);
    eg__select_ended(sql, selection, "runs");
    sqlite3_str_appendall(sql, " ORDER BY chain.chain_id");
    EG_TRY(eg__query_prepare_built(&rows, query, sql, err));
    return eg__query_walk(query, rows, fields.field, fields.count, &run, visit, context, err);
}

enum eg_code eg_query_selected_runs(struct eg_query *query, const struct eg_selection *selection,
                                    int64_t newest, const struct eg_run_column *const *columns,
                                    eg_row_visitor *visit, void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    struct eg__run_fields fields = {.count = 0};
    sqlite3_str *const sql = sqlite3_str_new(query->db);
    struct eg_run_row run;

    char *const list = eg__query_run_columns(query, columns, &fields, &run, 0);
    sqlite3_str_appendf(sql,
                        "SELECT %s FROM runs WHERE runs.run IN"
                        " (SELECT run_id FROM " EG__SELECT_TABLES " WHERE 1",
                        list);
    sqlite3_free(list);
    eg__select_where(sql, selection);
    eg__select_ended(sql, selection, "outcome");
    sqlite3_str_appendf(sql, " ORDER BY run_id DESC LIMIT %lld) ORDER BY runs.run",
                        newest > 0 ? (long long)newest : -1LL);
    EG_TRY(eg__query_prepare_built(&rows, query, sql, err));
    return eg__query_walk(query, rows, fields.field, fields.count, &run, visit, context, err);
}
