/* SPDX-License-Identifier: Apache-2.0 */

/* All recording statements, prepared once. */

#include "db/store.h"

#include <errno.h>

/* Finished runs of MAC ?1, of simulated or of real boards (?3). */
#define OF_MAC                                                                                               \
    "of_mac AS (SELECT outcome.run_id, chain_id, outcome, code, finished_utc, flash_unique_id,"              \
    "  EXISTS (SELECT 1 FROM intent WHERE intent.run_id = outcome.run_id) AS admitted"                       \
    "  FROM outcome JOIN chain USING (run_id) JOIN run USING (run_id) JOIN session USING (session_id)"       \
    "  LEFT JOIN run_device USING (run_id) WHERE outcome.mac = ?1 AND simulated = ?3)"

/* The current state of a row that the event `mine` is about. */
#define LAST_STATE "(SELECT state FROM pool_event WHERE row_id = mine.row_id ORDER BY event_id DESC LIMIT 1)"

/* clang-format off */

/*
 * Finds the board that has a value, the run's own board first; `counted` says which runs of the ledger `of`
 * count.
 */
#define FIND_OWNER(of, counted) \
    "WITH held (run, mac, flash) AS (" \
    " SELECT run_id, mac, flash_unique_id FROM " of "run_claim WHERE value = ?3 AND name = ?2 AND kind = ?1" \
    " UNION ALL SELECT run_id, coalesce(outcome.mac, (SELECT max(mac) FROM " of "intent WHERE intent.run_id = run_label.run_id))," \
    "  flash_unique_id FROM " of "run_label LEFT JOIN " of "outcome USING (run_id) LEFT JOIN " of "run_device USING (run_id)" \
    "  WHERE ?1 = 'label' AND label = ?3" \
    " UNION ALL SELECT run_id, outcome.mac, flash_unique_id" \
    "  FROM " of "run_value JOIN " of "outcome USING (run_id) LEFT JOIN " of "run_device USING (run_id)" \
    "  WHERE ?1 = 'value' AND kind = 'unit' AND value = ?3 AND name = ?2)" \
    " SELECT run, held.mac, flash, held.mac = ?4 AND coalesce(flash = ?5, TRUE) AS mine, ended.run_id IS NOT NULL" \
    " FROM held JOIN " of "run ON run.run_id = run JOIN " of "session USING (session_id)" \
    " LEFT JOIN " of "outcome AS ended ON ended.run_id = run" \
    " WHERE " counted " AND held.mac IS NOT NULL AND (ended.run_id IS NULL" \
    "  OR ended.outcome IN ('pass', 'pass-marginal') OR ended.code = 'abandoned'" \
    "  OR EXISTS (SELECT 1 FROM " of "region WHERE region.run_id = run))" \
    " ORDER BY mine DESC, run DESC LIMIT 1"

static const char *const sql[EG__STATEMENT_COUNT] = {
    [EG__BEGIN] = "BEGIN IMMEDIATE",
    [EG__COMMIT] = "COMMIT",
    [EG__ROLLBACK] = "ROLLBACK",
    [EG__SAVEPOINT] = "SAVEPOINT record",
    [EG__RELEASE] = "RELEASE record",
    [EG__BACK_TO_SAVEPOINT] = "ROLLBACK TO record",
    [EG__ADD_JOB] = "INSERT INTO job (sha256, name, version, chip, text) VALUES (?1, ?2, ?3, ?4, ?5)",
    [EG__FIND_JOB] = "SELECT job_id FROM job WHERE sha256 = ?1",
    [EG__ADD_REPORT_FORM] =
        "INSERT INTO report_form (session_id, customer, target, logo) SELECT ?1, ?2, ?3, ?4"
        " WHERE (?2, ?3, ?4) IS NOT (SELECT * FROM (SELECT customer, target, logo FROM report_form"
        "  JOIN session USING (session_id) WHERE batch = ?5 ORDER BY session_id DESC LIMIT 1)"
        "  UNION ALL SELECT '', '', x'' LIMIT 1)",
    [EG__FIND_OTHER_KIND] = "SELECT 1 FROM session WHERE batch = ?1 AND simulated <> ?2 LIMIT 1",
    [EG__FIND_UNFINISHED] =
        "SELECT run_id, session_id FROM run"
        " WHERE run_id > ?1 AND NOT EXISTS (SELECT 1 FROM outcome WHERE outcome.run_id = run.run_id)"
        " ORDER BY run_id LIMIT 1",
    [EG__ADD_ORPHAN_OUTCOME] =
        "INSERT INTO outcome (run_id, finished_utc, outcome, code, blame, sentence, marginal%s)"
        " SELECT run.run_id, ?2, 'aborted', ?3, ?4, ?5, ''%s"
        " FROM run LEFT JOIN intent ON intent.run_id = run.run_id"
        " WHERE run.run_id = ?1 ORDER BY intent_id DESC LIMIT 1",
    [EG__SEEN] =
        "WITH " OF_MAC ","
        " mine AS (SELECT * FROM of_mac WHERE code <> 'seen-before'"
        "  AND coalesce(flash_unique_id = ?2, TRUE))"
        " SELECT count(*), total(outcome IN ('pass', 'pass-marginal')"
        "  AND chain_id > coalesce((SELECT max(chain_id) FROM mine WHERE code = 'duplicate-mac'), 0)),"
        " (SELECT finished_utc || outcome FROM mine ORDER BY chain_id DESC LIMIT 1), total(admitted),"
        " EXISTS (SELECT 1 FROM of_mac WHERE admitted AND flash_unique_id IS NOT NULL) FROM mine",
    [EG__SEEN_CLONE] =
        "WITH " OF_MAC ","
        " known AS (SELECT * FROM of_mac WHERE admitted AND flash_unique_id IS NOT NULL)"
        " SELECT run_id, flash_unique_id FROM known"
        " WHERE NOT EXISTS (SELECT 1 FROM known WHERE flash_unique_id = ?2) ORDER BY chain_id DESC LIMIT 1",
    [EG__FIND_TWIN] =
        "SELECT intent.run_id, slot, station, session_id FROM intent JOIN run USING (run_id) JOIN session USING (session_id)"
        " WHERE intent.mac = ?1 AND simulated = 0 AND session_id <> (SELECT session_id FROM run WHERE run_id = ?2)"
        " AND NOT EXISTS (SELECT 1 FROM outcome WHERE outcome.run_id = intent.run_id)",
    [EG__FIND_DISPUTE] =
        "SELECT run_id, slot, station, session_id FROM outcome JOIN chain USING (run_id) JOIN run USING (run_id)"
        " JOIN session USING (session_id) WHERE outcome.mac = ?1 AND code = 'duplicate-mac' AND chain_id > ?3"
        " AND simulated = 0 AND session_id <> (SELECT session_id FROM run WHERE run_id = ?2)",
    [EG__HOLDS] =
        "WITH " OF_MAC
        " SELECT 1 FROM region WHERE flash_addr = ?4 AND expected_sha256 = ?5 AND verdict = 'equal' AND run_id ="
        " (SELECT run_id FROM of_mac WHERE admitted AND coalesce(flash_unique_id = ?2, TRUE)"
        "  ORDER BY chain_id DESC LIMIT 1)",
    [EG__RATES] =
        "WITH mine AS (SELECT row_number() OVER (ORDER BY run.run_id DESC) AS age, baud_most,"
        "  outcome = 'pass' AND baud_failed IS NULL AS clean"
        "  FROM (SELECT run_id, session_id FROM run WHERE slot = ?1 ORDER BY run_id DESC LIMIT 200) AS run"
        "  JOIN session USING (session_id) JOIN outcome USING (run_id) JOIN run_link USING (run_id)"
        "  LEFT JOIN run_bridge USING (run_id)"
        "  WHERE station = ?2 AND simulated = ?3 AND baud_most IS NOT NULL"
        "  AND vid IS ?4 AND pid IS ?5 AND serial IS ?6),"
        " newest AS (SELECT baud_most AS most FROM mine WHERE age = 1)"
        " SELECT most, (SELECT count(*) FROM mine WHERE age <"
        "  coalesce((SELECT min(age) FROM mine WHERE NOT clean OR baud_most <> most), 1000)) FROM newest",
    [EG__FIND_OWNER] = FIND_OWNER("main.", "run <> ?6 AND (simulated = 0"
        "  OR session.session_id = (SELECT session_id FROM run WHERE run_id = ?6))"),
    [EG__FIND_SHOWN_OWNER] = FIND_OWNER("shown.", "simulated = 0"),
    [EG__ADD_CLAIM] =
        "INSERT INTO run_claim (run_id, position, kind, name, value, mac, flash_unique_id)"
        " SELECT ?1, (SELECT count(*) + 1 FROM run_claim WHERE run_id = ?1), ?2, ?3, ?4, ?5, ?6"
        " WHERE NOT EXISTS (SELECT 1 FROM run_claim WHERE run_id = ?1 AND kind = ?2 AND name = ?3 AND value = ?4)",
    [EG__ADD_SECURITY] =
        "INSERT INTO run_security (run_id, position, event, item, value, recorded_utc)"
        " SELECT ?1, (SELECT count(*) + 1 FROM run_security WHERE run_id = ?1), ?2, ?3, ?4, ?5",
    [EG__FIND_SECURITY] =
        "SELECT value FROM run_security JOIN run USING (run_id) JOIN session USING (session_id)"
        " WHERE run_id IN (SELECT run_id FROM intent WHERE mac = ?1) AND simulated = ?2 AND event = ?3 AND item = ?4"
        " ORDER BY run_id DESC, position DESC LIMIT 1",
    [EG__FIND_POOL] = "SELECT pool_id, mac_column IS NOT NULL FROM pool WHERE name = ?1",
    [EG__FIND_ROW_OF_RUN] =
        "SELECT row_id, mac FROM pool_event WHERE pool_id = ?1 AND run_id = ?2 AND state = 'reserved'",
    [EG__FIND_ROW_HELD] =
        "SELECT row_id FROM pool_event WHERE pool_id = ?1 AND mac = ?2 AND state = 'written' LIMIT 1",
    [EG__FIND_ROW_FOR_MAC] = "SELECT row_id FROM pool_row WHERE pool_id = ?1 AND mac = ?2",
    [EG__FIND_ROW_FREE] =
        "SELECT row_id, position FROM pool_free AS free WHERE pool_id = ?1 AND position > ?2"
        " AND row_id NOT IN (SELECT row_id FROM temp.rehearsed)"
        " AND NOT EXISTS (SELECT 1 FROM temp.passed_over AS other WHERE other.row_id = free.row_id AND mac <> ?3)"
        " ORDER BY position LIMIT 1",
    [EG__PASS_ROW_OVER] = "INSERT OR IGNORE INTO temp.passed_over (row_id, mac) VALUES (?1, ?2)",
    [EG__FIND_TOLD] =
        "SELECT coalesce(max(position), 0) FROM outcome JOIN pool_event USING (run_id) JOIN pool_row USING (row_id)"
        " WHERE code = 'not-unique' AND state = 'reserved' AND pool_event.pool_id = ?1",
    [EG__FIND_ROW_REHEARSED] = "SELECT row_id FROM temp.rehearsed WHERE pool_id = ?1 AND mac = ?2",
    [EG__REHEARSE_ROW] = "INSERT OR IGNORE INTO temp.rehearsed (row_id, pool_id, mac) VALUES (?1, ?2, ?3)",
    [EG__READ_ROW] =
        "SELECT pool_column.name, field.value, pool_column.secret, coalesce(is_unique, secret)"
        " FROM pool_row JOIN pool_column USING (pool_id) JOIN json_each(pool_row.fields) AS field"
        "  ON field.key = pool_column.position - 1"
        " WHERE row_id = ?1 ORDER BY pool_column.position",
    [EG__RESERVE_ROW] =
        "INSERT INTO pool_event (row_id, pool_id, run_id, mac, state, recorded_utc)"
        " VALUES (?1, ?2, ?3, ?4, 'reserved', ?5)",
    [EG__MARK_ROWS] =
        "INSERT INTO pool_event (row_id, pool_id, run_id, mac, state, recorded_utc)"
        " SELECT row_id, pool_id, run_id, mac, ?2, ?3 FROM pool_event AS mine"
        " WHERE run_id = ?1 AND state = 'reserved' AND " LAST_STATE " <> ?2",
    [EG__CONSUME_ROWS] =
        "INSERT INTO pool_event (row_id, pool_id, run_id, mac, state, recorded_utc)"
        " SELECT row_id, pool_id, run_id, mac, 'consumed', ?2 FROM pool_event AS mine"
        " WHERE run_id = ?1 AND state = 'reserved' AND NOT EXISTS"
        " (SELECT 1 FROM pool_event WHERE row_id = mine.row_id AND state = 'consumed')",
    [EG__RELEASE_ROWS] =
        "INSERT INTO pool_event (row_id, pool_id, run_id, mac, state, recorded_utc)"
        " SELECT row_id, pool_id, run_id, mac, 'released', ?2 FROM pool_event AS mine"
        " WHERE run_id = ?1 AND state = 'reserved' AND " LAST_STATE " = 'reserved' AND NOT EXISTS"
        " (SELECT 1 FROM pool_event WHERE row_id = mine.row_id AND state = 'written')",
    [EG__CHAIN_LAST] = "SELECT chain_id, hash FROM chain ORDER BY chain_id DESC LIMIT 1",
    [EG__ADD_LINK] =
        "INSERT INTO chain (chain_id, run_id, form, previous, hash, marks) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
};
/* clang-format on */

/* Tables whose INSERT comes from run_columns.def. */
static const char *const tables[EG__STATEMENT_COUNT] = {
    [EG__ADD_SESSION] = "session",      [EG__ADD_RUN] = "run",           [EG__ADD_BRIDGE] = "run_bridge",
    [EG__ADD_LABEL] = "run_label",      [EG__ADD_INTENT] = "intent",     [EG__ADD_OUTCOME] = "outcome",
    [EG__ADD_STAGE] = "stage",          [EG__ADD_REGION] = "region",     [EG__ADD_TIMES] = "region_time",
    [EG__ADD_LINK_OF_RUN] = "run_link", [EG__ADD_DEVICE] = "run_device", [EG__ADD_VALUE] = "run_value",
    [EG__ADD_LOG] = "run_log",          [EG__ADD_ERASED] = "run_erased",
};

/* Append the text of a statement. */
static void add_text(sqlite3_str *text, enum eg__statement which)
{
    if (tables[which] != NULL) {
        eg__columns_insert(text, tables[which]);
    } else if (which == EG__ADD_ORPHAN_OUTCOME) {
        sqlite3_str *unit = sqlite3_str_new(NULL);
        eg__columns_unit(unit);
        sqlite3_str_appendf(text, sql[which], sqlite3_str_value(unit), sqlite3_str_value(unit));
        sqlite3_free(sqlite3_str_finish(unit));
    } else {
        sqlite3_str_appendall(text, sql[which]);
    }
}

static enum eg_code prepare(struct eg__store *store, enum eg__statement which, struct eg_error *err)
{
    sqlite3_str *text = sqlite3_str_new(store->db);

    add_text(text, which);
    return eg__sqlite_prepare(&store->statements[which], store->db, text, err);
}

enum eg_code eg__store_init(struct eg__store *store, sqlite3 *db, bool shown, struct eg_error *err)
{
    *store = (struct eg__store){.db = db};
    /* Pool rows shown to simulated boards: each gets a different one, and none is taken. Rows with a value
     * that the board `mac` has for good. */
    EG_TRY(eg__sqlite_exec(db,
                           "CREATE TEMP TABLE rehearsed (row_id PRIMARY KEY, pool_id, mac);"
                           "CREATE TEMP TABLE passed_over (row_id PRIMARY KEY, mac)",
                           err));
    if (shown)
        EG_TRY(eg__sqlite_exec(db,
                               "CREATE TEMP VIEW pool AS SELECT * FROM shown.pool;"
                               "CREATE TEMP VIEW pool_column AS SELECT * FROM shown.pool_column;"
                               "CREATE TEMP VIEW pool_row AS SELECT * FROM shown.pool_row;"
                               "CREATE TEMP VIEW pool_free AS SELECT * FROM shown.pool_free",
                               err));
    for (unsigned i = 0; i < EG__STATEMENT_COUNT; i++)
        if (i != EG__FIND_SHOWN_OWNER || shown)
            EG_TRY(prepare(store, i, err));
    return EG_OK;
}

enum eg_code eg__store_run(struct eg__store *store, enum eg__statement which, struct eg_error *err)
{
    bool row;

    return eg__store_next(store, which, &row, err);
}

enum eg_code eg__store_add(struct eg__store *store, enum eg__statement which, const struct eg__row *row,
                           struct eg_error *err)
{
    eg__columns_bind(store->statements[which], tables[which], row);
    return eg__store_run(store, which, err);
}

enum eg_code eg__store_next(struct eg__store *store, enum eg__statement which, bool *row,
                            struct eg_error *err)
{
    return eg__store_step(store, store->statements[which], row, err);
}

enum eg_code eg__store_step(struct eg__store *store, sqlite3_stmt *statement, bool *row, struct eg_error *err)
{
    errno = 0;
    const int status = sqlite3_step(statement);

    *row = status == SQLITE_ROW;
    if (*row)
        return EG_OK;
    store->alone = (status & 0xff) == SQLITE_CONSTRAINT;
    store->busy = (status & 0xff) == SQLITE_BUSY;
    if (status != SQLITE_DONE)
        eg__sqlite_error(store->db, err);
    sqlite3_reset(statement);
    return status == SQLITE_DONE ? EG_OK : err->code;
}

void eg__store_finish(struct eg__store *store)
{
    for (unsigned i = 0; i < EG__STATEMENT_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    for (unsigned i = 0; i < EG__CHAIN_FORM; i++)
        for (unsigned k = 0; k < EG__CHAIN_PARTS; k++)
            sqlite3_finalize(store->chain[i][k]);
    sqlite3_close(store->db);
    *store = (struct eg__store){0};
}
