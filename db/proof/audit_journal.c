/* SPDX-License-Identifier: Apache-2.0 */

/* Computing the journal again, and checking the seals. */

#include "db/proof/audit_internal.h"
#include "engine/base/key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool find_kind(enum eg__entry *kind, const char *name)
{
    for (unsigned i = 0; i < EG__ENTRY_COUNT; i++)
        if (strcmp(eg__entry_kinds[i].name, name) == 0) {
            *kind = i;
            return true;
        }
    return false;
}

/* Note the bad row of an entry, or the entry itself. */
static void blame(struct eg_audit_bad *bad, const struct eg__journal_entry *entry, const char *marks)
{
    const struct eg__entry_kind *kind = &eg__entry_kinds[entry->kind];
    int64_t had, has;
    const int part = eg__audit_differ(marks, entry->marks, &had, &has);

    if (part < 0)
        eg__audit_bad(bad, "journal", "journal", entry->entry, "was changed");
    else
        eg__audit_bad(bad, kind->parts[part].table, kind->name, entry->number, "%s",
                      eg__audit_difference(had, has));
}

static const char entries_sql[] =
    "SELECT entry_id, kind, number, journal.chain_id, journal.previous, journal.hash, journal.marks, "
    "chain.hash"
    " FROM journal LEFT JOIN chain ON chain.chain_id = journal.chain_id ORDER BY entry_id";

/*
 * Check an entry. `counts` has the number of earlier entries by kind: rows of a kind are recorded in the
 * order of their ids.
 */
static enum eg_code check_entry(struct eg__audit *audit, sqlite3_stmt *row, int64_t counts[EG__ENTRY_COUNT],
                                struct eg_error *err)
{
    struct eg_audit *result = audit->result;
    const char *chain_hash = (const char *)sqlite3_column_text(row, 7);
    struct eg__journal_entry entry = {
        .entry = sqlite3_column_int64(row, 0),
        .number = sqlite3_column_int64(row, 2),
        .chain_id = sqlite3_column_int64(row, 3),
    };

    if (entry.entry != result->entries + 1) {
        eg__audit_bad(&result->bad, "journal", "journal", result->entries + 1, "is missing");
        return EG_OK;
    }
    if (!find_kind(&entry.kind, (const char *)sqlite3_column_text(row, 1)) ||
        strcmp((const char *)sqlite3_column_text(row, 4), result->journal_hash) != 0) {
        eg__audit_bad(&result->bad, "journal", "journal", entry.entry, "does not follow the one before it");
        return EG_OK;
    }
    if (entry.number != ++counts[entry.kind]) {
        eg__audit_bad(&result->bad, "journal", "journal", entry.entry, "was changed");
        return EG_OK;
    }
    snprintf(entry.previous, sizeof entry.previous, "%s", result->journal_hash);
    snprintf(entry.chain_hash, sizeof entry.chain_hash, "%s",
             chain_hash != NULL ? chain_hash : EG__CHAIN_START);
    EG_TRY(eg__journal_hash(&entry, audit->db, err));
    if (strcmp(entry.hash, (const char *)sqlite3_column_text(row, 5)) != 0)
        blame(&result->bad, &entry, (const char *)sqlite3_column_text(row, 6));
    else if (strcmp(entry.marks, (const char *)sqlite3_column_text(row, 6)) != 0)
        eg__audit_bad(&result->bad, "journal", "journal", entry.entry, "was changed");
    result->entries = entry.entry;
    snprintf(result->journal_hash, sizeof result->journal_hash, "%s", entry.hash);
    return EG_OK;
}

/* Find rows that have no entry. */
static enum eg_code check_all_there(struct eg__audit *audit, struct eg_error *err)
{
    char sql[300];

    for (unsigned i = 0; i < EG__ENTRY_COUNT; i++) {
        const struct eg__entry_kind *kind = &eg__entry_kinds[i];
        snprintf(sql, sizeof sql,
                 "SELECT %s FROM %s WHERE NOT EXISTS"
                 " (SELECT 1 FROM journal WHERE kind = '%s' AND number = %s.%s) ORDER BY 1 LIMIT 1",
                 kind->id, kind->table, kind->name, kind->table, kind->id);
        EG_TRY(eg__audit_ask(audit, "journal", kind->name, sql, "is missing", err));
    }
    return EG_OK;
}

static enum eg_code walk_entries(struct eg__audit *audit, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *entries = NULL;
    int64_t counts[EG__ENTRY_COUNT] = {0};
    int status = SQLITE_DONE;

    snprintf(audit->result->journal_hash, sizeof audit->result->journal_hash, "%s", EG__CHAIN_START);
    if (sqlite3_prepare_v2(audit->db, entries_sql, -1, &entries, NULL) != SQLITE_OK)
        return eg__sqlite_error(audit->db, err);
    while (!eg__audit_is_bad(audit) && (status = sqlite3_step(entries)) == SQLITE_ROW)
        EG_TRY(check_entry(audit, entries, counts, err));
    if (!eg__audit_is_bad(audit) && status != SQLITE_DONE)
        return eg__sqlite_error(audit->db, err);
    return check_all_there(audit, err);
}

/* Name the run of a bad purged log. The entry says to which purge a log belongs; the chain, to which run. */
static enum eg_code name_run_of_log(struct eg__audit *audit, const struct eg_audit_bad *found,
                                    struct eg_error *err)
{
    const struct eg_audit_bad of_purge = audit->result->bad;

    audit->result->bad.text[0] = '\0';
    if (found->text[0] != '\0')
        eg__audit_bad(&audit->result->bad, of_purge.table, "run", found->number, "is not what was recorded");
    EG_TRY(eg__audit_ask(audit, of_purge.table, "run",
                         "SELECT run_id FROM purged_log WHERE purge_id NOT IN (SELECT purge_id FROM purge)"
                         " ORDER BY 1 LIMIT 1",
                         "is not what was recorded: it is of no purge", err));
    if (!eg__audit_is_bad(audit))
        audit->result->bad = of_purge;
    return EG_OK;
}

/* Return whether the journal gives a more exact finding: the row may belong to many runs. */
static bool journal_knows_better(const struct eg_audit_bad *found)
{
    return found->text[0] == '\0' || strcmp(found->table, "run") == 0 ||
           strcmp(found->table, "pool_event") == 0 || strcmp(found->table, "pool_row") == 0 ||
           strcmp(found->table, "run_log") == 0;
}

enum eg_code eg__audit_journal(struct eg__audit *audit, struct eg_error *err)
{
    const struct eg_audit_bad found = audit->result->bad;

    if (!journal_knows_better(&found))
        return EG_OK;
    audit->result->bad.text[0] = '\0';
    EG_TRY(walk_entries(audit, err));
    if (!eg__audit_is_bad(audit))
        audit->result->bad = found;
    else if (strcmp(audit->result->bad.table, "purged_log") == 0)
        return name_run_of_log(audit, &found, err);
    return EG_OK;
}

/* Verify a signature and return the fingerprint of its key; false = not valid. */
static bool verify(char fingerprint[EG_KEY_TEXT], const struct eg__seal *seal, const char *key_text,
                   const char *signature_text)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    uint8_t signature[EG_SIGNATURE_SIZE];
    struct eg_error err;
    struct eg_key key;

    return eg_hex_parse(key.raw, sizeof key.raw, key_text) &&
           eg_hex_parse(signature, sizeof signature, signature_text) &&
           eg__seal_signed_text(&text, seal, &err) == EG_OK &&
           eg_key_verify(&key, signature, text.data, text.size) &&
           eg_key_fingerprint(fingerprint, &key, &err) == EG_OK;
}

static const char seals_sql[] =
    "SELECT seal_id, seal.batch, runs, passed, units, runs_sha256, seal.chain_id, chain_hash, journal, "
    "sealed_utc,"
    " operator, key, signature, chain.hash,"
    " (SELECT max(chain_id) FROM session JOIN run USING (session_id) JOIN chain USING (run_id)"
    "  WHERE session.batch = seal.batch),"
    " EXISTS (SELECT 1 FROM session JOIN run USING (session_id)"
    "  WHERE session.batch = seal.batch AND run_id NOT IN (SELECT run_id FROM chain)),"
    " (SELECT previous FROM journal WHERE kind = 'seal' AND number = seal_id)"
    " FROM seal LEFT JOIN chain ON chain.chain_id = seal.chain_id ORDER BY seal_id";

static enum eg_code check_seal(struct eg__audit *audit, sqlite3_stmt *row, struct eg_audit_seal *shown,
                               char fingerprint[EG_KEY_TEXT], struct eg_error *err)
{
    struct eg_audit_bad *bad = &audit->result->bad;
    const int64_t number = sqlite3_column_int64(row, 0);
    const char *key = (const char *)sqlite3_column_text(row, 11);
    const char *hash = (const char *)sqlite3_column_text(row, 13);
    char runs_sha256[EG_SHA256_TEXT];
    const struct eg__seal seal = {
        .batch = (const char *)sqlite3_column_text(row, 1),
        .runs = sqlite3_column_int64(row, 2),
        .passed = sqlite3_column_int64(row, 3),
        .units = sqlite3_column_int64(row, 4),
        .runs_sha256 = (const char *)sqlite3_column_text(row, 5),
        .chain_id = sqlite3_column_int64(row, 6),
        .chain_hash = (const char *)sqlite3_column_text(row, 7),
        .journal = (const char *)sqlite3_column_text(row, 8),
        .sealed_utc = (const char *)sqlite3_column_text(row, 9),
        .operator_name = (const char *)sqlite3_column_text(row, 10),
    };
    struct eg__seal counted = {.batch = seal.batch, .chain_id = seal.chain_id};

    if (hash == NULL || strcmp(hash, seal.chain_hash) != 0 ||
        strcmp((const char *)sqlite3_column_text(row, 16), seal.journal) != 0)
        eg__audit_bad(bad, "seal", "seal", number, "is of another chain");
    if (sqlite3_column_int64(row, 14) > seal.chain_id || sqlite3_column_int(row, 15) != 0)
        eg__audit_bad(bad, "seal", "seal", number, "does not hold: batch %s has a run after it", seal.batch);
    EG_TRY(eg__seal_count(&counted, runs_sha256, audit->db, err));
    if (counted.runs != seal.runs || counted.passed != seal.passed || counted.units != seal.units ||
        strcmp(runs_sha256, seal.runs_sha256) != 0)
        eg__audit_bad(bad, "seal", "seal", number,
                      "does not hold: the runs of batch %s are not those that were sealed", seal.batch);
    if (key != NULL && !verify(fingerprint, &seal, key, (const char *)sqlite3_column_text(row, 12)))
        eg__audit_bad(bad, "seal", "seal", number, "does not hold: the signature is not one of it");
    *shown = (struct eg_audit_seal){
        .batch = seal.batch,
        .sealed_utc = seal.sealed_utc,
        .operator_name = seal.operator_name,
        .key = fingerprint,
        .runs = seal.runs,
        .passed = seal.passed,
        .units = seal.units,
    };
    return EG_OK;
}

static enum eg_code walk_seals(struct eg__audit *audit, const char *batch, eg_audit_seal_visitor *visit,
                               void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *seals = NULL;
    int status = SQLITE_DONE;

    if (sqlite3_prepare_v2(audit->db, seals_sql, -1, &seals, NULL) != SQLITE_OK)
        return eg__sqlite_error(audit->db, err);
    while (!eg__audit_is_bad(audit) && (status = sqlite3_step(seals)) == SQLITE_ROW) {
        char fingerprint[EG_KEY_TEXT] = "";
        struct eg_audit_seal seal;
        EG_TRY(check_seal(audit, seals, &seal, fingerprint, err));
        if (!eg__audit_is_bad(audit) && visit != NULL && (batch == NULL || strcmp(batch, seal.batch) == 0))
            visit(context, &seal);
    }
    return eg__audit_is_bad(audit) || status == SQLITE_DONE ? EG_OK : eg__sqlite_error(audit->db, err);
}

/* Check all seals before showing one. */
enum eg_code eg__audit_seals(struct eg__audit *audit, const char *batch, eg_audit_seal_visitor *visit,
                             void *context, struct eg_error *err)
{
    EG_TRY(walk_seals(audit, NULL, NULL, NULL, err));
    return eg__audit_is_bad(audit) || visit == NULL ? EG_OK : walk_seals(audit, batch, visit, context, err);
}
