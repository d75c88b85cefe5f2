/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The rows of each kind of record.
 *
 * Every function here runs inside a transaction of its caller and on the thread that owns the store. What is
 * not known is NULL, never an empty text or a zero that could be mistaken for a fact.
 *
 * Not here: when a transaction begins and ends (writer.c), what the rows hash to (chain.c), reading for
 * reports (query.c).
 */

#include "db/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define UNIT_COLUMNS                                                                                         \
    "mac, chip, revision, package, flash_jedec, flash_size, secure_boot, flash_encryption, secure_download"

/* clang-format off */
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
        "INSERT INTO session (job_id, started_utc, station, operator, batch, job_path, tool_version)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
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
        "SELECT count(*), total(outcome IN ('pass', 'pass-marginal')),"
        " (SELECT finished_utc || outcome FROM outcome JOIN chain USING (run_id) WHERE mac = ?1"
        "  ORDER BY chain_id DESC LIMIT 1),"
        " total(EXISTS (SELECT 1 FROM intent WHERE intent.run_id = outcome.run_id))"
        " FROM outcome WHERE mac = ?1",
    [EG__CHAIN_LAST] = "SELECT chain_id, hash FROM chain ORDER BY chain_id DESC LIMIT 1",
    [EG__CHAIN_SESSION] =
        "SELECT 'session', session_id, session.started_utc, station, operator, batch, job.sha256, job_path,"
        " tool_version FROM run JOIN session USING (session_id) JOIN job USING (job_id) WHERE run_id = ?1",
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
    [EG__ADD_LINK] = "INSERT INTO chain (chain_id, run_id, form, previous, hash) VALUES (?1, ?2, 1, ?3, ?4)",
};
/* clang-format on */

enum eg_code eg__store_init(struct eg__store *store, sqlite3 *db, struct eg_error *err)
{
    *store = (struct eg__store){.db = db};
    for (unsigned i = 0; i < EG__STATEMENT_COUNT; i++)
        if (sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &store->statements[i], NULL) !=
            SQLITE_OK)
            return eg__sqlite_error(db, err);
    return EG_OK;
}

/* Binding fails only for want of memory, which the step that follows reports: the column is NOT NULL or the
 * text is one that may be missing. Texts live until the statement is stepped. */
static void bind_text(sqlite3_stmt *statement, int column, const char *text)
{
    sqlite3_bind_text(statement, column, text, -1, SQLITE_STATIC);
}

/* "" as NULL: not known. */
static void bind_known(sqlite3_stmt *statement, int column, const char *text)
{
    bind_text(statement, column, text != NULL && text[0] != '\0' ? text : NULL);
}

static void bind_number(sqlite3_stmt *statement, int column, uint64_t number)
{
    sqlite3_bind_int64(statement, column, (sqlite3_int64)number);
}

static void bind_digest(sqlite3_stmt *statement, int column, const uint8_t *digest, size_t size)
{
    char text[EG_SHA256_TEXT];

    eg_hex(text, digest, size);
    sqlite3_bind_text(statement, column, text, -1, SQLITE_TRANSIENT);
}

static void bind_now(sqlite3_stmt *statement, int column)
{
    char utc[EG_UTC_TEXT];

    eg_clock_utc(utc);
    sqlite3_bind_text(statement, column, utc, -1, SQLITE_TRANSIENT);
}

/* Columns `first` to `first` + 8; `unit` may be NULL. */
static void bind_unit(sqlite3_stmt *statement, int first, const struct eg_unit *unit)
{
    if (unit == NULL) {
        for (int i = 0; i < 9; i++)
            sqlite3_bind_null(statement, first + i);
        return;
    }
    bind_known(statement, first, unit->mac);
    bind_known(statement, first + 1, unit->chip);
    bind_number(statement, first + 2, unit->revision);
    bind_known(statement, first + 3, unit->package);
    bind_number(statement, first + 4, unit->flash_jedec);
    bind_number(statement, first + 5, unit->flash_size);
    bind_number(statement, first + 6, unit->secure_boot);
    bind_number(statement, first + 7, unit->flash_encryption);
    bind_number(statement, first + 8, unit->secure_download);
}

static enum eg_code find_job(struct eg__store *store, const struct eg_plan *plan, bool *found, int64_t *job,
                             struct eg_error *err)
{
    sqlite3_stmt *find = store->statements[EG__FIND_JOB];

    bind_digest(find, 1, plan->job_sha256, EG_SHA256_SIZE);
    EG_TRY(eg__store_next(store, EG__FIND_JOB, found, err));
    if (*found) {
        *job = sqlite3_column_int64(find, 0);
        sqlite3_reset(find);
    }
    return EG_OK;
}

static enum eg_code record_job(struct eg__store *store, const struct eg_plan *plan, int64_t *job,
                               struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_JOB];
    const char *text = plan->job_text.data != NULL ? (const char *)plan->job_text.data : "";
    bool found;

    EG_TRY(find_job(store, plan, &found, job, err));
    if (found)
        return EG_OK;
    bind_digest(add, 1, plan->job_sha256, EG_SHA256_SIZE);
    bind_text(add, 2, plan->job_name);
    bind_text(add, 3, plan->job_version);
    bind_text(add, 4, plan->target->name);
    sqlite3_bind_text64(add, 5, text, plan->job_text.size, SQLITE_STATIC, SQLITE_UTF8);
    EG_TRY(eg__store_run(store, EG__ADD_JOB, err));
    *job = sqlite3_last_insert_rowid(store->db);
    return EG_OK;
}

enum eg_code eg__record_session(struct eg__store *store, const struct eg__session *session, int64_t *number,
                                struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_SESSION];
    int64_t job;

    if (record_job(store, session->plan, &job, err) != EG_OK)
        return eg_error_prefix(err, "recording the job: ");
    bind_number(add, 1, (uint64_t)job);
    bind_now(add, 2);
    bind_text(add, 3, session->station);
    bind_text(add, 4, session->operator_name);
    bind_text(add, 5, session->batch);
    bind_text(add, 6, session->plan->job_path);
    bind_text(add, 7, EG_VERSION);
    if (eg__store_run(store, EG__ADD_SESSION, err) != EG_OK)
        return eg_error_prefix(err, "recording the session: ");
    *number = sqlite3_last_insert_rowid(store->db);
    return EG_OK;
}

enum eg_code eg__record_begin(struct eg__store *store, int64_t session, const char *slot, const char *port,
                              int64_t *run, struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_RUN];

    bind_number(add, 1, (uint64_t)session);
    bind_text(add, 2, slot);
    bind_text(add, 3, port);
    bind_now(add, 4);
    if (eg__store_run(store, EG__ADD_RUN, err) != EG_OK)
        return eg_error_prefix(err, "recording the beginning of a run: ");
    *run = sqlite3_last_insert_rowid(store->db);
    return EG_OK;
}

enum eg_code eg__record_intent(struct eg__store *store, int64_t run, const struct eg_unit *unit,
                               struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_INTENT];

    bind_number(add, 1, (uint64_t)run);
    bind_now(add, 2);
    bind_unit(add, 3, unit);
    if (eg__store_run(store, EG__ADD_INTENT, err) != EG_OK)
        return eg_error_prefix(err, "recording the intent of run %" PRId64 ": ", run);
    return EG_OK;
}

static enum eg_code add_stage(struct eg__store *store, int64_t run, unsigned position,
                              const struct eg_stage_record *stage, struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_STAGE];

    bind_number(add, 1, (uint64_t)run);
    bind_number(add, 2, position);
    bind_text(add, 3, stage->stage);
    bind_number(add, 4, stage->attempt);
    bind_text(add, 5, stage->started_utc);
    bind_number(add, 6, stage->duration_us);
    bind_text(add, 7, eg_code_name(stage->code));
    bind_text(add, 8, stage->code != EG_OK ? stage->text : "");
    bind_number(add, 9, stage->baud);
    bind_number(add, 10, stage->bytes_sent);
    bind_number(add, 11, stage->bytes_received);
    bind_number(add, 12, stage->resends);
    return eg__store_run(store, EG__ADD_STAGE, err);
}

static enum eg_code add_region(struct eg__store *store, int64_t run, unsigned position,
                               const struct eg_region_record *record, struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_REGION];
    const struct eg_region *region = record->region;

    bind_number(add, 1, (uint64_t)run);
    bind_number(add, 2, position);
    bind_text(add, 3, region->name);
    bind_text(add, 4, region->path);
    bind_number(add, 5, region->flash_addr);
    bind_number(add, 6, region->data.size);
    bind_number(add, 7, record->attempt);
    bind_digest(add, 8, region->md5, EG_MD5_SIZE);
    bind_digest(add, 9, region->sha256, EG_SHA256_SIZE);
    if (record->read_back)
        bind_digest(add, 10, record->md5, EG_MD5_SIZE);
    else
        sqlite3_bind_null(add, 10);
    bind_text(add, 11, record->method);
    bind_text(add, 12, record->verdict);
    bind_number(add, 13, record->write_us);
    return eg__store_run(store, EG__ADD_REGION, err);
}

static enum eg_code add_outcome(struct eg__store *store, int64_t run, const struct eg_run_record *record,
                                struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_OUTCOME];

    bind_number(add, 1, (uint64_t)run);
    bind_now(add, 2);
    bind_unit(add, 3, record->unit);
    bind_text(add, 12, eg_outcome_name(record->outcome));
    bind_text(add, 13, eg_code_name(record->code));
    bind_text(add, 14, eg_blame_name(eg_code_blame(record->code)));
    bind_text(add, 15, record->text);
    bind_text(add, 16, record->marginal);
    bind_number(add, 17, record->attempts);
    bind_number(add, 18, record->duration_us);
    bind_number(add, 19, record->bytes_sent);
    bind_number(add, 20, record->bytes_received);
    bind_number(add, 21, record->resends);
    return eg__store_run(store, EG__ADD_OUTCOME, err);
}

static enum eg_code add_end(struct eg__store *store, int64_t run, const struct eg_run_record *record,
                            struct eg_error *err)
{
    unsigned position = 0;

    EG_TRY(add_outcome(store, run, record, err));
    for (unsigned i = 0; i < record->stage_count; i++)
        EG_TRY(add_stage(store, run, i + 1, &record->stages[i], err));
    for (unsigned i = 0; i < record->region_count; i++)
        if (record->regions[i].region != NULL) /* else the run ended before it came to this region */
            EG_TRY(add_region(store, run, ++position, &record->regions[i], err));
    return eg__chain_append(store, run, err);
}

enum eg_code eg__record_finish(struct eg__store *store, int64_t run, const struct eg_run_record *record,
                               struct eg_error *err)
{
    if (add_end(store, run, record, err) != EG_OK)
        return eg_error_prefix(err, "recording the end of run %" PRId64 ": ", run);
    return EG_OK;
}

enum eg_code eg__record_seen(struct eg__store *store, const char *mac, struct eg_seen *seen,
                             struct eg_error *err)
{
    sqlite3_stmt *query = store->statements[EG__SEEN];
    bool row;

    bind_text(query, 1, mac);
    EG_TRY(eg__store_next(store, EG__SEEN, &row, err));
    *seen = (struct eg_seen){
        .runs = (unsigned)sqlite3_column_int64(query, 0),
        .passed = (unsigned)sqlite3_column_int64(query, 1),
        .admitted = (unsigned)sqlite3_column_int64(query, 3),
    };
    const char *last = (const char *)sqlite3_column_text(query, 2);
    if (last != NULL) {
        snprintf(seen->last_utc, sizeof seen->last_utc, "%s", last);
        snprintf(seen->last_outcome, sizeof seen->last_outcome, "%s", last + sizeof seen->last_utc - 1);
    }
    sqlite3_reset(query);
    return EG_OK;
}

static enum eg_code close_orphan(struct eg__store *store, int64_t run, struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_ORPHAN_OUTCOME];

    bind_number(add, 1, (uint64_t)run);
    bind_now(add, 2);
    bind_text(add, 3, eg_code_name(EG_ABANDONED));
    bind_text(add, 4, eg_blame_name(eg_code_blame(EG_ABANDONED)));
    bind_text(add, 5, eg_code_text(EG_ABANDONED));
    EG_TRY(eg__store_run(store, EG__ADD_ORPHAN_OUTCOME, err));
    return eg__chain_append(store, run, err);
}

enum eg_code eg__record_orphans(struct eg__store *store, unsigned *count, struct eg_error *err)
{
    sqlite3_stmt *find = store->statements[EG__FIND_ORPHAN];
    int64_t run = 0;

    for (*count = 0;; ++*count) {
        bool row;
        bind_number(find, 1, (uint64_t)run);
        EG_TRY(eg__store_next(store, EG__FIND_ORPHAN, &row, err));
        run = sqlite3_column_int64(find, 0); /* 0 for NULL: there is none */
        sqlite3_reset(find);
        if (run == 0)
            return EG_OK;
        if (close_orphan(store, run, err) != EG_OK)
            return eg_error_prefix(err, "closing run %" PRId64 ", which never ended: ", run);
    }
}
