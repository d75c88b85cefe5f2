/* SPDX-License-Identifier: Apache-2.0 */

/* Sealing batches. Triggers of schema/004.sql refuse further runs of a sealed batch. */

#include "db/proof/seal.h"

#include "engine/base/file.h"

#include "db/login.h"
#include "db/migrate.h"
#include "db/path.h"
#include "db/proof/audit_internal.h"
#include "db/record.h"
#include "db/session_lock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct seal {
    const struct eg_seal_request *request;
    sqlite3 *db;
    int lock_fd; /* of the ledger's lock file */
    struct eg__seal row;
    char chain_hash[EG_SHA256_TEXT], journal[EG_SHA256_TEXT], utc[EG_UTC_TEXT], login[256];
    char key[2 * EG_KEY_SIZE + 1], signature[2 * EG_SIGNATURE_SIZE + 1];
};

enum eg_code eg__seal_signed_text(struct eg_buffer *text, const struct eg__seal *seal, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *row = NULL;

    if (sqlite3_open(":memory:", &db) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "SELECT 'espgang seal 1', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10", -1, &row,
                           NULL) != SQLITE_OK)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory");
    eg__bind_text(row, 1, seal->batch);
    eg__bind_number(row, 2, (uint64_t)seal->runs);
    eg__bind_number(row, 3, (uint64_t)seal->passed);
    eg__bind_number(row, 4, (uint64_t)seal->units);
    eg__bind_text(row, 5, seal->runs_sha256);
    eg__bind_number(row, 6, (uint64_t)seal->chain_id);
    eg__bind_text(row, 7, seal->chain_hash);
    eg__bind_text(row, 8, seal->journal);
    eg__bind_text(row, 9, seal->sealed_utc);
    eg__bind_text(row, 10, seal->operator_name);
    if (sqlite3_step(row) != SQLITE_ROW)
        return eg__sqlite_error(db, err);
    return eg__row_text(text, row, err);
}

enum eg_code eg__seal_count(struct eg__seal *seal, char runs_sha256[EG_SHA256_TEXT], sqlite3 *db,
                            struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *runs = NULL;
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *units = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    uint8_t digest[EG_SHA256_SIZE];
    int status;

    if (sqlite3_prepare_v2(
            db,
            "SELECT hash, outcome IN ('pass', 'pass-marginal') FROM session JOIN run USING (session_id)"
            " JOIN outcome USING (run_id) JOIN chain USING (run_id)"
            " WHERE batch = ?1 AND chain_id <= ?2 ORDER BY chain_id",
            -1, &runs, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db,
                           "SELECT count(DISTINCT mac) FROM session JOIN run USING (session_id)"
                           " JOIN outcome USING (run_id) JOIN chain USING (run_id)"
                           " WHERE batch = ?1 AND chain_id <= ?2 AND outcome IN ('pass', 'pass-marginal')",
                           -1, &units, NULL) != SQLITE_OK)
        return eg__sqlite_error(db, err);
    eg__bind_text(runs, 1, seal->batch);
    eg__bind_number(runs, 2, (uint64_t)seal->chain_id);
    eg__bind_text(units, 1, seal->batch);
    eg__bind_number(units, 2, (uint64_t)seal->chain_id);
    seal->runs = seal->passed = 0;
    while ((status = sqlite3_step(runs)) == SQLITE_ROW) {
        const char *hash = (const char *)sqlite3_column_text(runs, 0);
        EG_TRY(eg_buffer_append(&text, hash, strlen(hash), err));
        EG_TRY(eg_buffer_append(&text, "\n", 1, err));
        seal->runs++;
        seal->passed += sqlite3_column_int(runs, 1);
    }
    if (status != SQLITE_DONE || sqlite3_step(units) != SQLITE_ROW)
        return eg__sqlite_error(db, err);
    seal->units = sqlite3_column_int64(units, 0);
    EG_TRY(eg_sha256(digest, text.data != NULL ? text.data : (const void *)"", text.size, err));
    eg_hex(runs_sha256, digest, sizeof digest);
    return EG_OK;
}

/* Read a number about the batch; 0 for NULL. */
static enum eg_code ask(const struct seal *seal, const char *sql, int64_t *number, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *row = NULL;

    if (sqlite3_prepare_v2(seal->db, sql, -1, &row, NULL) != SQLITE_OK)
        return eg__sqlite_error(seal->db, err);
    eg__bind_text(row, 1, seal->request->batch);
    if (sqlite3_step(row) != SQLITE_ROW)
        return eg__sqlite_error(seal->db, err);
    *number = sqlite3_column_int64(row, 0);
    return EG_OK;
}

/* Return EG_LEDGER_LOCKED while a session of the batch is recording. */
static enum eg_code refuse_in_use(const struct seal *seal, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *sessions = NULL;
    int status;

    if (sqlite3_prepare_v2(seal->db, "SELECT session_id FROM session WHERE batch = ?1", -1, &sessions,
                           NULL) != SQLITE_OK)
        return eg__sqlite_error(seal->db, err);
    eg__bind_text(sessions, 1, seal->request->batch);
    while ((status = sqlite3_step(sessions)) == SQLITE_ROW) {
        bool goes_on;
        EG_TRY(eg__session_goes_on(&goes_on, seal->lock_fd, sqlite3_column_int64(sessions, 0), err));
        if (goes_on)
            return eg_error_set(err, EG_LEDGER_LOCKED,
                                "a line records into batch %s and must end before it can be sealed",
                                seal->request->batch);
    }
    return status == SQLITE_DONE ? EG_OK : eg__sqlite_error(seal->db, err);
}

static enum eg_code check(struct seal *seal, struct eg_error *err)
{
    const char *batch = seal->request->batch;
    int64_t sessions, unfinished, runs;

    EG_TRY(ask(seal, "SELECT count(*) FROM session WHERE batch = ?1", &sessions, err));
    if (sessions == 0)
        return eg_error_set(err, EG_LEDGER, "has no batch %s", batch);
    EG_TRY(eg__record_refuse_sealed(seal->db, batch, err));
    EG_TRY(refuse_in_use(seal, err));
    EG_TRY(ask(seal,
               "SELECT min(run_id) FROM session JOIN run USING (session_id)"
               " WHERE batch = ?1 AND NOT EXISTS (SELECT 1 FROM chain WHERE chain.run_id = run.run_id)",
               &unfinished, err));
    if (unfinished != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "run %" PRId64
                            " of batch %s has not ended; the next 'espgang run' closes it as aborted, and "
                            "then the batch can be sealed",
                            unfinished, batch);
    EG_TRY(
        ask(seal, "SELECT count(*) FROM session JOIN run USING (session_id) WHERE batch = ?1", &runs, err));
    return runs > 0 ? EG_OK : eg_error_set(err, EG_BAD_ARGUMENT, "batch %s has no run", batch);
}

/* Read the last rows of chain and journal. */
static enum eg_code read_heads(struct seal *seal, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *row = NULL;

    if (sqlite3_prepare_v2(seal->db,
                           "SELECT chain_id, hash, (SELECT hash FROM journal ORDER BY entry_id DESC LIMIT 1)"
                           " FROM chain ORDER BY chain_id DESC LIMIT 1",
                           -1, &row, NULL) != SQLITE_OK ||
        sqlite3_step(row) != SQLITE_ROW)
        return eg__sqlite_error(seal->db, err);
    seal->row.chain_id = sqlite3_column_int64(row, 0);
    snprintf(seal->chain_hash, sizeof seal->chain_hash, "%s", (const char *)sqlite3_column_text(row, 1));
    snprintf(seal->journal, sizeof seal->journal, "%s", (const char *)sqlite3_column_text(row, 2));
    return EG_OK;
}

static enum eg_code sign(struct seal *seal, struct eg_seal_made *made, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    uint8_t signature[EG_SIGNATURE_SIZE];
    struct eg_key key;

    if (seal->request->key == NULL)
        return EG_OK;
    EG_TRY(eg__seal_signed_text(&text, &seal->row, err));
    EG_TRY(eg_key_sign(signature, &key, seal->request->key, text.data, text.size, err));
    EG_TRY(eg_key_fingerprint(made->fingerprint, &key, err));
    eg_hex(seal->key, key.raw, sizeof key.raw);
    eg_hex(seal->signature, signature, sizeof signature);
    return EG_OK;
}

static enum eg_code insert(const struct seal *seal, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *add = NULL;
    const struct eg__seal *row = &seal->row;
    const bool is_signed = seal->request->key != NULL;

    if (sqlite3_prepare_v2(
            seal->db,
            "INSERT INTO seal (batch, runs, passed, units, runs_sha256, chain_id, chain_hash, journal,"
            " sealed_utc, operator, key, signature)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            -1, &add, NULL) != SQLITE_OK)
        return eg__sqlite_error(seal->db, err);
    eg__bind_text(add, 1, row->batch);
    eg__bind_number(add, 2, (uint64_t)row->runs);
    eg__bind_number(add, 3, (uint64_t)row->passed);
    eg__bind_number(add, 4, (uint64_t)row->units);
    eg__bind_text(add, 5, row->runs_sha256);
    eg__bind_number(add, 6, (uint64_t)row->chain_id);
    eg__bind_text(add, 7, row->chain_hash);
    eg__bind_text(add, 8, row->journal);
    eg__bind_text(add, 9, row->sealed_utc);
    eg__bind_text(add, 10, row->operator_name);
    eg__bind_text(add, 11, is_signed ? seal->key : NULL);
    eg__bind_text(add, 12, is_signed ? seal->signature : NULL);
    if (sqlite3_step(add) != SQLITE_DONE)
        return eg__sqlite_error(seal->db, err);
    return eg__journal_append(seal->db, EG__ENTRY_SEAL, sqlite3_last_insert_rowid(seal->db), err);
}

static enum eg_code add_seal(struct seal *seal, struct eg_seal_made *made, struct eg_error *err)
{
    EG_TRY(eg__sqlite_exec(seal->db, "BEGIN IMMEDIATE", err));
    EG_TRY(check(seal, err));
    eg_clock_utc(seal->utc);
    eg__login_name(seal->login, sizeof seal->login);
    seal->row = (struct eg__seal){
        .batch = seal->request->batch,
        .runs_sha256 = made->runs_sha256,
        .chain_hash = seal->chain_hash,
        .journal = seal->journal,
        .sealed_utc = seal->utc,
        .operator_name = seal->request->operator_name != NULL ? seal->request->operator_name : seal->login,
    };
    EG_TRY(read_heads(seal, err));
    EG_TRY(eg__seal_count(&seal->row, made->runs_sha256, seal->db, err));
    EG_TRY(sign(seal, made, err));
    EG_TRY(insert(seal, err));
    EG_TRY(read_heads(seal, err));
    EG_TRY(eg__sqlite_exec(seal->db, "COMMIT", err));
    memcpy(made->hash, seal->journal, sizeof made->hash);
    made->runs = seal->row.runs;
    made->passed = seal->row.passed;
    made->units = seal->row.units;
    return EG_OK;
}

static enum eg_code open_and_seal(const struct eg_seal_request *request, const char *path,
                                  struct eg_seal_made *made, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;
    EG_CLEANUP(eg_fd_close_cleanup) int lock_fd = -1;
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;

    EG_TRY(eg__path_resolve(&full, path, err));
    EG_TRY(eg__open_recording(&db, &lock_fd, full, EG__BESIDE, err));
    struct seal seal = {.request = request, .db = db, .lock_fd = lock_fd};
    return add_seal(&seal, made, err);
}

enum eg_code eg_seal_batch(struct eg_seal_made *made, const struct eg_seal_request *request,
                           struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;

    *made = (struct eg_seal_made){.runs = 0};
    EG_TRY(eg__path_choose(&path, request->ledger, err));
    if (open_and_seal(request, path, made, err) != EG_OK)
        return eg_error_prefix(err, "ledger %s: ", path);
    return EG_OK;
}
