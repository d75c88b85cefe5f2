/* SPDX-License-Identifier: Apache-2.0 */

/* Every statement that records, prepared once. */

#include "db/store.h"

#include <errno.h>

#define UNIT_COLUMNS                                                                                         \
    "mac, chip, revision, package, flash_jedec, flash_size, secure_boot, flash_encryption, secure_download"

/* Finished runs of MAC ?1, of simulated boards or of real ones (?3). */
#define OF_MAC                                                                                               \
    "of_mac AS (SELECT outcome.run_id, chain_id, outcome, code, finished_utc, flash_unique_id,"              \
    "  EXISTS (SELECT 1 FROM intent WHERE intent.run_id = outcome.run_id) AS admitted"                       \
    "  FROM outcome JOIN chain USING (run_id) JOIN run USING (run_id) JOIN session USING (session_id)"       \
    "  LEFT JOIN run_device USING (run_id) WHERE outcome.mac = ?1 AND simulated = ?3)"

/* Where the row of an event named `mine` is now. */
#define LAST_STATE "(SELECT state FROM pool_event WHERE row_id = mine.row_id ORDER BY event_id DESC LIMIT 1)"

/* clang-format off */

/* The board that has a value, the run's own first; `counted` says which runs of the ledger `of` count. */
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
    [EG__ADD_SESSION] =
        "INSERT INTO session (job_id, started_utc, station, operator, batch, job_path, tool_version, simulated)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [EG__FIND_OTHER_KIND] = "SELECT 1 FROM session WHERE batch = ?1 AND simulated <> ?2 LIMIT 1",
    [EG__ADD_RUN] = "INSERT INTO run (session_id, slot, port, started_utc) VALUES (?1, ?2, ?3, ?4)",
    [EG__ADD_INTENT] =
        "INSERT INTO intent (run_id, recorded_utc, " UNIT_COLUMNS ")"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    [EG__ADD_OUTCOME] =
        "INSERT INTO outcome (run_id, finished_utc, " UNIT_COLUMNS ", outcome, code, blame, sentence,"
        " marginal, attempts, duration_us, bytes_sent, bytes_received, resends)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
    [EG__ADD_STAGE] =
        "INSERT INTO stage (run_id, position, stage, attempt, started_utc, duration_us, code, sentence, baud,"
        " bytes_sent, bytes_received, resends) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [EG__ADD_REGION] =
        "INSERT INTO region (run_id, position, name, file, flash_addr, size, attempt, expected_md5,"
        " expected_sha256, read_md5, method, verdict, write_us)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    [EG__FIND_ORPHAN] =
        "SELECT min(run_id) FROM run"
        " WHERE run_id > ?1 AND NOT EXISTS (SELECT 1 FROM outcome WHERE outcome.run_id = run.run_id)",
    [EG__ADD_ORPHAN_OUTCOME] =
        "INSERT INTO outcome (run_id, finished_utc, outcome, code, blame, sentence, marginal, " UNIT_COLUMNS ")"
        " SELECT run.run_id, ?2, 'aborted', ?3, ?4, ?5, '', " UNIT_COLUMNS
        " FROM run LEFT JOIN intent ON intent.run_id = run.run_id"
        " WHERE run.run_id = ?1 ORDER BY intent_id DESC LIMIT 1",
    [EG__SEEN] =
        "WITH " OF_MAC ","
        " mine AS (SELECT * FROM of_mac WHERE code <> 'seen-before'"
        "  AND coalesce(flash_unique_id = ?2, TRUE))"
        " SELECT count(*), total(outcome IN ('pass', 'pass-marginal')),"
        " (SELECT finished_utc || outcome FROM mine ORDER BY chain_id DESC LIMIT 1), total(admitted),"
        " EXISTS (SELECT 1 FROM of_mac WHERE admitted AND flash_unique_id IS NOT NULL) FROM mine",
    [EG__SEEN_CLONE] =
        "WITH " OF_MAC ","
        " known AS (SELECT * FROM of_mac WHERE admitted AND flash_unique_id IS NOT NULL)"
        " SELECT run_id, flash_unique_id FROM known"
        " WHERE NOT EXISTS (SELECT 1 FROM known WHERE flash_unique_id = ?2) ORDER BY chain_id DESC LIMIT 1",
    [EG__FIND_OWNER] = FIND_OWNER("main.", "run <> ?6 AND (simulated = 0"
        "  OR session.session_id = (SELECT session_id FROM run WHERE run_id = ?6))"),
    [EG__FIND_SHOWN_OWNER] = FIND_OWNER("shown.", "simulated = 0"),
    [EG__ADD_CLAIM] =
        "INSERT INTO run_claim (run_id, position, kind, name, value, mac, flash_unique_id)"
        " SELECT ?1, (SELECT count(*) + 1 FROM run_claim WHERE run_id = ?1), ?2, ?3, ?4, ?5, ?6"
        " WHERE NOT EXISTS (SELECT 1 FROM run_claim WHERE run_id = ?1 AND kind = ?2 AND name = ?3 AND value = ?4)",
    [EG__ADD_VALUE] =
        "INSERT INTO run_value (run_id, position, kind, name, value, limits, passed)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [EG__ADD_LOG] = "INSERT INTO run_log (run_id, size, sha256, zstd) VALUES (?1, ?2, ?3, ?4)",
    [EG__ADD_BRIDGE] = "INSERT INTO run_bridge (run_id, vid, pid, serial) VALUES (?1, ?2, ?3, ?4)",
    [EG__ADD_LABEL] = "INSERT INTO run_label (run_id, label) VALUES (?1, ?2)",
    [EG__ADD_DEVICE] =
        "INSERT INTO run_device (run_id, flash_unique_id, psram, psram_size) VALUES (?1, ?2, ?3, ?4)",
    [EG__ADD_TIMES] =
        "INSERT INTO region_time (run_id, position, blocks, erase_us, block_min_us, block_median_us, block_max_us,"
        " slowest_addr) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
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
    [EG__CHAIN_SESSION] =
        "SELECT 'session', session_id, session.started_utc, station, operator, batch, job.sha256, job_path,"
        " tool_version FROM run JOIN session USING (session_id) JOIN job USING (job_id) WHERE run_id = ?1",
    [EG__CHAIN_SESSION_KIND] =
        "SELECT 'session', session_id, session.started_utc, station, operator, batch, job.sha256, job_path,"
        " tool_version, simulated FROM run JOIN session USING (session_id) JOIN job USING (job_id) WHERE run_id = ?1",
    [EG__CHAIN_CLAIMS] =
        "SELECT 'claim', run_id, position, kind, name, value, mac, flash_unique_id FROM run_claim"
        " WHERE run_id = ?1 ORDER BY position",
    [EG__CHAIN_RUN] = "SELECT 'run', run_id, session_id, slot, port, started_utc FROM run WHERE run_id = ?1",
    [EG__CHAIN_INTENTS] =
        "SELECT 'intent', intent_id, run_id, recorded_utc, " UNIT_COLUMNS
        " FROM intent WHERE run_id = ?1 ORDER BY intent_id",
    [EG__CHAIN_OUTCOME] =
        "SELECT 'outcome', run_id, finished_utc, outcome, code, blame, sentence, marginal, attempts,"
        " duration_us, bytes_sent, bytes_received, resends, " UNIT_COLUMNS " FROM outcome WHERE run_id = ?1",
    [EG__CHAIN_STAGES] =
        "SELECT 'stage', run_id, position, stage, attempt, started_utc, duration_us, code, sentence, baud,"
        " bytes_sent, bytes_received, resends FROM stage WHERE run_id = ?1 ORDER BY position",
    [EG__CHAIN_REGIONS] =
        "SELECT 'region', run_id, position, name, file, flash_addr, size, attempt, expected_md5,"
        " expected_sha256, read_md5, method, verdict, write_us FROM region WHERE run_id = ?1 ORDER BY position",
    [EG__CHAIN_VALUES] =
        "SELECT 'value', run_id, position, kind, name, value, limits, passed FROM run_value"
        " WHERE run_id = ?1 ORDER BY position",
    [EG__CHAIN_LOG] =
        "SELECT 'log', run_id, size, sha256 FROM run_log WHERE run_id = ?1"
        " UNION ALL SELECT 'log', run_id, size, sha256 FROM purged_log WHERE run_id = ?1",
    [EG__CHAIN_ROWS] =
        "SELECT 'row', row_id, pool.name, position, pool_row.mac, fields FROM pool_event AS mine"
        " JOIN pool_row USING (row_id) JOIN pool ON pool.pool_id = mine.pool_id"
        " WHERE run_id = ?1 AND state = 'reserved' ORDER BY row_id",
    [EG__CHAIN_ALL_OF_ROWS] =
        "SELECT 'row', row_id, pool_row.pool_id, import_id, position, key, pool_row.mac, fields, merged, name"
        " FROM pool_event AS mine JOIN pool_row USING (row_id) JOIN pool ON pool.pool_id = pool_row.pool_id"
        " WHERE run_id = ?1 AND state = 'reserved' ORDER BY row_id",
    [EG__CHAIN_EVENTS] =
        "SELECT 'event', event.event_id, event.row_id, event.run_id, event.mac, event.state, event.recorded_utc"
        " FROM pool_event AS mine JOIN pool_event AS event ON event.row_id = mine.row_id AND event.run_id = mine.run_id"
        " WHERE mine.run_id = ?1 AND mine.state = 'reserved' ORDER BY event.event_id",
    [EG__CHAIN_BRIDGE] = "SELECT 'bridge', run_id, vid, pid, serial FROM run_bridge WHERE run_id = ?1",
    [EG__CHAIN_LABEL] = "SELECT 'label', run_id, label FROM run_label WHERE run_id = ?1",
    [EG__CHAIN_DEVICE] =
        "SELECT 'device', run_id, flash_unique_id, psram, psram_size FROM run_device WHERE run_id = ?1",
    [EG__CHAIN_TIMES] =
        "SELECT 'time', run_id, position, blocks, erase_us, block_min_us, block_median_us, block_max_us,"
        " slowest_addr FROM region_time WHERE run_id = ?1 ORDER BY position",
    [EG__CHAIN_MERGED_RUN] =
        "SELECT 'merged', run_id, ledger, source, hash, merged_utc FROM merged_run WHERE run_id = ?1",
    [EG__CHAIN_MERGED_SESSION] =
        "SELECT 'merged session', session_id, ledger, source FROM run JOIN merged_session USING (session_id)"
        " WHERE run_id = ?1",
    [EG__CHAIN_LEDGER] = "SELECT 'ledger', ledger_id, identity FROM run JOIN ledger WHERE run_id = ?1",
    [EG__ADD_LINK] =
        "INSERT INTO chain (chain_id, run_id, form, previous, hash, marks) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
};
/* clang-format on */

enum eg_code eg__store_init(struct eg__store *store, sqlite3 *db, bool shown, struct eg_error *err)
{
    *store = (struct eg__store){.db = db};
    /* Rows of pools that simulated boards were shown: each another one, and none of them is taken. Rows with
     * a value that the board `mac` has for good. */
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
    for (unsigned i = 0; i < EG__STATEMENT_COUNT; i++) {
        if (i == EG__FIND_SHOWN_OWNER && !shown)
            continue;
        if (sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &store->statements[i], NULL) !=
            SQLITE_OK)
            return eg__sqlite_error(db, err);
    }
    return EG_OK;
}

enum eg_code eg__store_run(struct eg__store *store, enum eg__statement which, struct eg_error *err)
{
    bool row;

    return eg__store_next(store, which, &row, err);
}

enum eg_code eg__store_next(struct eg__store *store, enum eg__statement which, bool *row,
                            struct eg_error *err)
{
    sqlite3_stmt *statement = store->statements[which];

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
    sqlite3_close(store->db);
    *store = (struct eg__store){0};
}
