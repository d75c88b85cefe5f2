/* SPDX-License-Identifier: Apache-2.0 */

/* Check a ledger against its own chain before anything is copied from it. */

#include "db/files/merge_internal.h"
#include "db/migrate.h"
#include "db/path.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum eg_code check_log(struct eg__store *store, int64_t run, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *log = NULL;
    uint8_t digest[EG_SHA256_SIZE];
    char text[EG_SHA256_TEXT];
    bool row;

    EG_TRY(eg__merge_prepare(&log, store->db, "SELECT zstd, sha256 FROM run_log WHERE run_id = ?1", err));
    sqlite3_bind_int64(log, 1, run);
    EG_TRY(eg__merge_step(log, &row, err));
    if (!row)
        return EG_OK;
    EG_TRY(eg_sha256(digest, sqlite3_column_blob(log, 0), (size_t)sqlite3_column_bytes(log, 0), err));
    eg_hex(text, digest, sizeof digest);
    if (strcmp(text, (const char *)sqlite3_column_text(log, 1)) == 0)
        return EG_OK;
    return eg_error_set(err, EG_LEDGER, "the log of run %" PRId64 " is not what was recorded", run);
}

/* Check the current row of the chain; `number` links precede it, the last with the hash `previous`. */
static enum eg_code check_link(struct eg__store *store, struct eg__chain_link *link, sqlite3_stmt *row,
                               int64_t number, const char *previous, struct eg_error *err)
{
    const int64_t form = sqlite3_column_int64(row, 2);
    const char *recorded = (const char *)sqlite3_column_text(row, 4);

    link->run = sqlite3_column_int64(row, 1);
    link->hash[0] = '\0';
    if (number + 1 == sqlite3_column_int64(row, 0) && eg__chain_part(form, 0) != NULL &&
        strcmp(previous, (const char *)sqlite3_column_text(row, 3)) == 0) {
        EG_TRY(eg__chain_hash(link, store, number + 1, form, previous, err));
        EG_TRY(check_log(store, link->run, err));
    }
    if (strcmp(link->hash, recorded) == 0)
        return EG_OK;
    return eg_error_set(err, EG_LEDGER,
                        "its chain is broken at run %" PRId64 ": it was changed after it was recorded",
                        link->run);
}

static void link_finish(struct eg__chain_link *link)
{
    eg_buffer_finish(&link->text);
}

static enum eg_code check_chain(struct eg__store *store, const struct eg_merge *merge, int64_t *links,
                                struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    EG_CLEANUP(link_finish) struct eg__chain_link link = {.run = 0};
    char previous[EG_SHA256_TEXT] = EG__CHAIN_START;
    int64_t ends;
    bool row;

    EG_TRY(eg__sqlite_number(store->db, "SELECT count(*) FROM outcome", &ends, err));

    EG_TRY(eg__merge_prepare(
        &rows, store->db, "SELECT chain_id, run_id, form, previous, hash FROM chain ORDER BY chain_id", err));
    for (*links = 0;; ++*links) {
        EG_TRY(eg__merge_step(rows, &row, err));
        if (!row)
            break;
        EG_TRY(eg__merge_progress(merge, "checked", *links, ends, err));
        EG_TRY(check_link(store, &link, rows, *links, previous, err));
        snprintf(previous, sizeof previous, "%s", link.hash);
    }
    if (ends == *links)
        return EG_OK;
    return eg_error_set(err, EG_LEDGER,
                        "%" PRId64 " of its runs have ended, and %" PRId64 " are in its chain", ends, *links);
}

static enum eg_code check_version(sqlite3 *db, struct eg_error *err)
{
    int64_t version;

    EG_TRY(eg__sqlite_number(db, "PRAGMA user_version", &version, err));
    if (version != eg__migrate_newest())
        return eg_error_set(err, EG_LEDGER,
                            "has schema version %" PRId64 ", older than %" PRId64
                            "; 'espgang run' and 'espgang pool import' bring it there",
                            version, eg__migrate_newest());
    return EG_OK;
}

static enum eg_code check(struct eg__other *other, const struct eg_merge *merge, struct eg_error *err)
{
    EG_CLEANUP(eg__store_finish) struct eg__store store = {0};
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;

    EG_TRY(eg__path_resolve(&other->full, merge->other, err));
    EG_TRY(eg__open_reading(&db, other->full, err));
    EG_TRY(eg__sqlite_exec(db, "PRAGMA temp_store = MEMORY; BEGIN", err));
    EG_TRY(check_version(db, err));
    EG_TRY(eg__sqlite_look_through(db, err));
    sqlite3 *const ready = db;
    db = NULL;
    EG_TRY(eg__store_init(&store, ready, false, err));
    return check_chain(&store, merge, &other->links, err);
}

enum eg_code eg__merge_check(struct eg__other *other, const struct eg_merge *merge, struct eg_error *err)
{
    return check(other, merge, err) == EG_OK ? EG_OK : eg_error_prefix(err, "ledger %s: ", merge->other);
}
