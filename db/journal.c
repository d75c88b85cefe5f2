/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The journal: a second chain, over the rows that belong to no single run. An entry has the hash of the entry
 * before it and the hash of the last run that had finished by then, so that neither chain can be forged
 * alone.
 */

#include "db/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
const struct eg__entry_kind eg__entry_kinds[EG__ENTRY_COUNT] = {
    [EG__ENTRY_JOB] = {"job", "job", "job_id", {
        {"job", "SELECT 'job', job_id, sha256, name, version, chip, text FROM job WHERE job_id = ?1"}}},
    [EG__ENTRY_SESSION] = {"session", "session", "session_id", {
        {"session",
         "SELECT iif(simulated, 'simulated session', 'session'), session_id, job_id, started_utc, station, operator, batch, job_path, tool_version"
         " FROM session WHERE session_id = ?1"}}},
    [EG__ENTRY_IMPORT] = {"import", "pool_import", "import_id", {
        {"pool_import",
         "SELECT 'import', import_id, pool_id, file, sha256, imported_utc, operator, row_count FROM pool_import"
         " WHERE import_id = ?1"},
        {"pool",
         "SELECT 'pool', pool.pool_id, name, mac_column FROM pool_import JOIN pool USING (pool_id) WHERE import_id = ?1"},
        {"pool_column",
         "SELECT CASE is_unique WHEN 1 THEN 'unique column' WHEN 0 THEN 'shared column' ELSE 'column' END, pool_id, position, name, secret FROM pool_import JOIN pool_column USING (pool_id)"
         " WHERE import_id = ?1 ORDER BY position"},
        {"pool_row",
         "SELECT 'row', row_id, pool_id, import_id, position, key, mac, fields FROM pool_row"
         " WHERE import_id = ?1 AND pool_id = (SELECT pool_id FROM pool_import WHERE import_id = ?1)"
         " AND merged IS NULL ORDER BY position"}}},
    [EG__ENTRY_SEAL] = {"seal", "seal", "seal_id", {
        {"seal",
         "SELECT 'seal', seal_id, batch, runs, passed, units, runs_sha256, chain_id, chain_hash, journal, sealed_utc,"
         " operator, key, signature FROM seal WHERE seal_id = ?1"}}},
    [EG__ENTRY_PURGE] = {"purge", "purge", "purge_id", {
        {"purge",
         "SELECT 'purge', purge_id, before_utc, logs, bytes, purged_utc, operator, reason FROM purge WHERE purge_id = ?1"},
        {"purged_log",
         "SELECT 'purged', run_id, purge_id, size, sha256 FROM purged_log WHERE purge_id = ?1 ORDER BY run_id"}}},
    [EG__ENTRY_RESET] = {"reset", "slot_reset", "reset_id", {
        {"slot_reset",
         "SELECT 'reset', reset_id, station, slot, last_run, contacts, reset_utc, operator, reason FROM slot_reset"
         " WHERE reset_id = ?1"}}},
    [EG__ENTRY_LABEL_FORM] = {"label form", "label_form", "form_id", {
        {"label_form", "SELECT 'label form', form_id, session_id, kind, template FROM label_form WHERE form_id = ?1"}}},
    [EG__ENTRY_LABEL_PRINT] = {"label print", "label_print", "print_id", {
        {"label_print",
         "SELECT 'label print', print_id, of_run, state, sha256, printer, operator, reason, recorded_utc"
         " FROM label_print WHERE print_id = ?1"}}},
    [EG__ENTRY_REPORT_FORM] = {"report form", "report_form", "form_id", {
        {"report_form", "SELECT 'report form', form_id, session_id, customer, target, logo FROM report_form WHERE form_id = ?1"}}},
};
/* clang-format on */

static enum eg_code add_part(struct eg__journal_entry *entry, struct eg_buffer *text, const char *sql,
                             sqlite3 *db, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    const size_t before = text->size;
    int64_t count = 0;
    int status;

    if (sqlite3_prepare_v2(db, sql, -1, &rows, NULL) != SQLITE_OK)
        return eg__sqlite_error(db, err);
    sqlite3_bind_int64(rows, 1, entry->number);
    for (; (status = sqlite3_step(rows)) == SQLITE_ROW; count++)
        EG_TRY(eg__row_text(text, rows, err));
    if (status != SQLITE_DONE)
        return eg__sqlite_error(db, err);
    eg__row_mark(entry->marks, count, text->data + before, text->size - before);
    return EG_OK;
}

enum eg_code eg__journal_hash(struct eg__journal_entry *entry, sqlite3 *db, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    const struct eg__entry_kind *kind = &eg__entry_kinds[entry->kind];
    uint8_t digest[EG_SHA256_SIZE];
    char head[300];

    const int head_size = snprintf(
        head, sizeof head, "journal\t%" PRId64 "\t%s\t%" PRId64 "\t%" PRId64 "\t%s\t%s\n", entry->entry,
        kind->name, entry->number, entry->chain_id, entry->chain_hash, entry->previous);
    EG_TRY(eg_buffer_append(&text, head, (size_t)head_size, err));
    entry->marks[0] = '\0';
    for (size_t i = 0; i < sizeof kind->parts / sizeof kind->parts[0] && kind->parts[i].sql != NULL; i++)
        EG_TRY(add_part(entry, &text, kind->parts[i].sql, db, err));
    EG_TRY(eg_sha256(digest, text.data, text.size, err));
    eg_hex(entry->hash, digest, sizeof digest);
    return EG_OK;
}

/* Read number and hash of a chain's last row; 0 and zeros if it is empty. */
static enum eg_code last_of(int64_t *number, char hash[EG_SHA256_TEXT], sqlite3 *db, const char *sql,
                            struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *row = NULL;

    *number = 0;
    snprintf(hash, EG_SHA256_TEXT, "%s", EG__CHAIN_START);
    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK)
        return eg__sqlite_error(db, err);
    const int status = sqlite3_step(row);
    if (status != SQLITE_ROW)
        return status == SQLITE_DONE ? EG_OK : eg__sqlite_error(db, err);
    *number = sqlite3_column_int64(row, 0);
    snprintf(hash, EG_SHA256_TEXT, "%s", (const char *)sqlite3_column_text(row, 1));
    return EG_OK;
}

enum eg_code eg__journal_append(sqlite3 *db, enum eg__entry kind, int64_t number, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *add = NULL;
    struct eg__journal_entry entry = {.kind = kind, .number = number};

    EG_TRY(last_of(&entry.entry, entry.previous, db,
                   "SELECT entry_id, hash FROM journal ORDER BY entry_id DESC LIMIT 1", err));
    EG_TRY(last_of(&entry.chain_id, entry.chain_hash, db,
                   "SELECT chain_id, hash FROM chain ORDER BY chain_id DESC LIMIT 1", err));
    entry.entry++;
    EG_TRY(eg__journal_hash(&entry, db, err));
    if (sqlite3_prepare_v2(db,
                           "INSERT INTO journal (entry_id, kind, number, chain_id, previous, hash, marks)"
                           " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                           -1, &add, NULL) != SQLITE_OK)
        return eg__sqlite_error(db, err);
    eg__bind_number(add, 1, (uint64_t)entry.entry);
    eg__bind_text(add, 2, eg__entry_kinds[kind].name);
    eg__bind_number(add, 3, (uint64_t)number);
    eg__bind_number(add, 4, (uint64_t)entry.chain_id);
    eg__bind_text(add, 5, entry.previous);
    eg__bind_text(add, 6, entry.hash);
    eg__bind_text(add, 7, entry.marks);
    return sqlite3_step(add) == SQLITE_DONE ? EG_OK : eg__sqlite_error(db, err);
}

enum eg_code eg__journal_begin(sqlite3 *db, struct eg_error *err)
{
    for (unsigned kind = EG__ENTRY_JOB; kind <= EG__ENTRY_IMPORT; kind++) {
        char sql[80];
        int64_t last;
        snprintf(sql, sizeof sql, "SELECT coalesce(max(%s), 0) FROM %s", eg__entry_kinds[kind].id,
                 eg__entry_kinds[kind].table);
        EG_TRY(eg__sqlite_number(db, sql, &last, err));
        for (int64_t number = 1; number <= last; number++)
            EG_TRY(eg__journal_append(db, kind, number, err));
    }
    return EG_OK;
}
