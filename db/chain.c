/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The hash chain over finished runs. The hashed data is text, so that anybody with the file can compute it
 * again: one line per row, values between tabs, escaped as db/README.md says. A form says which rows are
 * hashed, and never changes; a different text is a new form. Runs of older versions keep their form.
 *
 * Besides the hash, each link has marks: the number of rows and a checksum for each part of its text. Marks
 * prove nothing, but show which table to check when a hash is wrong.
 */

#include "db/chain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LAST EG__CHAIN_FORM

/* Pool rows that the run had. */
#define ROWS                                                                                                 \
    "pool_event AS mine JOIN pool_row USING (row_id) JOIN pool ON pool.pool_id = pool_row.pool_id"           \
    " WHERE run_id = ?1 AND state = 'reserved' ORDER BY row_id"

/* Parts in the order of the text. */
/* clang-format off */
static const struct eg__chain_part parts[EG__CHAIN_PARTS] = {
    {"session", "session", 1, LAST, NULL,
     "(SELECT session.*, sha256 FROM run JOIN session USING (session_id) JOIN job USING (job_id) WHERE run_id = ?1)"},
    {"run", "run", 1, LAST, NULL, NULL},
    {"intent", "intent", 1, LAST, NULL, "intent WHERE run_id = ?1 ORDER BY intent_id"},
    {"outcome", "outcome", 1, LAST, NULL, NULL},
    {"stage", "stage", 1, LAST, NULL, "stage WHERE run_id = ?1 ORDER BY position"},
    {"region", "region", 1, LAST, NULL, "region WHERE run_id = ?1 ORDER BY position"},
    {"value", "run_value", 2, LAST, NULL, "run_value WHERE run_id = ?1 ORDER BY position"},
    {"log", "run_log", 2, LAST, NULL,
     "(SELECT run_id, size, sha256 FROM run_log WHERE run_id = ?1"
     " UNION ALL SELECT run_id, size, sha256 FROM purged_log WHERE run_id = ?1)"},
    {"row", "pool_row", 2, 3, ", row_id, pool.name, position, pool_row.mac, fields", ROWS},
    {"row", "pool_row", 4, LAST,
     ", row_id, pool_row.pool_id, import_id, position, key, pool_row.mac, fields, merged, name", ROWS},
    {"event", "pool_event", 2, LAST,
     ", event.event_id, event.row_id, event.run_id, event.mac, event.state, event.recorded_utc",
     "pool_event AS mine JOIN pool_event AS event ON event.row_id = mine.row_id AND event.run_id = mine.run_id"
     " WHERE mine.run_id = ?1 AND mine.state = 'reserved' ORDER BY event.event_id"},
    {"bridge", "run_bridge", 3, LAST, NULL, NULL},
    {"label", "run_label", 3, LAST, NULL, NULL},
    {"device", "run_device", 3, LAST, NULL, NULL},
    {"time", "region_time", 3, LAST, NULL, "region_time WHERE run_id = ?1 ORDER BY position"},
    {"merged", "merged_run", 4, LAST, ", run_id, ledger, source, hash, merged_utc", NULL},
    {"merged session", "merged_session", 4, LAST, ", session_id, ledger, source",
     "run JOIN merged_session USING (session_id) WHERE run_id = ?1"},
    {"ledger", "ledger", 4, LAST, ", ledger_id, identity", "run JOIN ledger WHERE run_id = ?1"},
    {"claim", "run_claim", 5, LAST, NULL, "run_claim WHERE run_id = ?1 ORDER BY position"},
    {"security", "run_security", 7, LAST, NULL, "run_security WHERE run_id = ?1 ORDER BY position"},
    {"erased", "run_erased", 9, LAST, NULL, "run_erased WHERE run_id = ?1 ORDER BY position"},
};
/* clang-format on */

const struct eg__chain_part *eg__chain_part(int64_t form, unsigned index)
{
    for (const struct eg__chain_part *part = parts; part < parts + EG__CHAIN_PARTS; part++)
        if (form >= part->first && form <= part->last && index-- == 0)
            return part;
    return NULL;
}

unsigned eg__chain_part_number(const struct eg__chain_part *part)
{
    return (unsigned)(part - parts);
}

static enum eg_code prepare(sqlite3_stmt **rows, sqlite3 *db, const struct eg__chain_part *part, int64_t form,
                            struct eg_error *err)
{
    sqlite3_str *sql = sqlite3_str_new(db);

    sqlite3_str_appendf(sql, "SELECT '%s'", part->word);
    if (part->columns != NULL)
        sqlite3_str_appendall(sql, part->columns);
    else
        eg__columns_hashed(sql, part->table, form);
    if (part->from != NULL)
        sqlite3_str_appendf(sql, " FROM %s", part->from);
    else
        sqlite3_str_appendf(sql, " FROM %s WHERE run_id = ?1", part->table);
    return eg__sqlite_prepare(rows, db, sql, err);
}

/* Append one line for each row of a part. */
static enum eg_code add_part(struct eg__chain_link *link, struct eg__store *store,
                             const struct eg__chain_part *part, int64_t form, struct eg_error *err)
{
    const unsigned number = eg__chain_part_number(part);
    sqlite3_stmt **rows = &store->chain[form - 1][number];
    const size_t before = link->text.size;
    bool row;

    if (*rows == NULL)
        EG_TRY(prepare(rows, store->db, part, form, err));
    sqlite3_bind_int64(*rows, 1, link->run);
    for (int64_t count = 0;; count++) {
        EG_TRY(eg__store_step(store, *rows, &row, err));
        if (!row) {
            link->rows[number] += count;
            eg__row_mark(link->marks, count, link->text.data + before, link->text.size - before);
            return EG_OK;
        }
        if (eg__row_text(&link->text, *rows, err) != EG_OK) {
            sqlite3_reset(*rows);
            return err->code;
        }
    }
}

enum eg_code eg__chain_hash(struct eg__chain_link *link, struct eg__store *store, int64_t number,
                            int64_t form, const char *previous, struct eg_error *err)
{
    uint8_t digest[EG_SHA256_SIZE];
    char head[140];

    const int head_size =
        snprintf(head, sizeof head, "chain\t%" PRId64 "\t%" PRId64 "\t%.64s\n", number, form, previous);
    link->text.size = 0;
    link->marks[0] = '\0';
    EG_TRY(eg_buffer_append(&link->text, head, (size_t)head_size, err));
    for (unsigned i = 0; eg__chain_part(form, i) != NULL; i++)
        EG_TRY(add_part(link, store, eg__chain_part(form, i), form, err));
    EG_TRY(eg_sha256(digest, link->text.data, link->text.size, err));
    eg_hex(link->hash, digest, sizeof digest);
    return EG_OK;
}

static void link_finish(struct eg__chain_link *link)
{
    eg_buffer_finish(&link->text);
}

enum eg_code eg__chain_append(struct eg__store *store, int64_t run, struct eg_error *err)
{
    EG_CLEANUP(link_finish) struct eg__chain_link link = {.run = run};
    sqlite3_stmt *last = store->statements[EG__CHAIN_LAST];
    sqlite3_stmt *add = store->statements[EG__ADD_LINK];
    char previous[EG_SHA256_TEXT];
    int64_t number = 0;
    bool row;

    snprintf(previous, sizeof previous, "%s", EG__CHAIN_START);
    EG_TRY(eg__store_next(store, EG__CHAIN_LAST, &row, err));
    if (row) {
        number = sqlite3_column_int64(last, 0);
        snprintf(previous, sizeof previous, "%s", (const char *)sqlite3_column_text(last, 1));
        sqlite3_reset(last);
    }
    EG_TRY(eg__chain_hash(&link, store, number + 1, EG__CHAIN_FORM, previous, err));
    eg__bind_number(add, 1, (uint64_t)number + 1);
    eg__bind_number(add, 2, (uint64_t)run);
    eg__bind_number(add, 3, EG__CHAIN_FORM);
    eg__bind_text(add, 4, previous);
    eg__bind_text(add, 5, link.hash);
    eg__bind_text(add, 6, link.marks);
    return eg__store_run(store, EG__ADD_LINK, err);
}
