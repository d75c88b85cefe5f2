/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Copying the pool rows of merged runs.
 *
 * A row that a run gave back unwritten is not copied: here it would be free, and might go to another board
 * than it does there. Rows are compared with this ledger's before the triggers of the schema would refuse
 * them, so that the message names both.
 */

#include "db/files/merge_internal.h"
#include "db/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A source row, and its id here. */
struct row {
    int64_t source, source_pool, source_import;
    const char *pool, *key, *mac; /* owned by the statement that reads them */
    int64_t pool_id, row_id;
};

/* Return the number from a query with up to two texts and numbers; -1 = no row. */
static enum eg_code ask(sqlite3 *db, const char *sql, int64_t first, int64_t second, const char *text,
                        int64_t *number, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *statement = NULL;
    bool row;

    EG_TRY(eg__merge_prepare(&statement, db, sql, err));
    sqlite3_bind_int64(statement, 1, first);
    sqlite3_bind_int64(statement, 2, second);
    sqlite3_bind_text(statement, 3, text, -1, SQLITE_STATIC);
    EG_TRY(eg__merge_step(statement, &row, err));
    *number = row ? sqlite3_column_int64(statement, 0) : -1;
    return EG_OK;
}

static enum eg_code find_pool(struct eg__copier *copier, struct row *row, struct eg_error *err)
{
    sqlite3 *const db = copier->db;
    int64_t different;

    EG_TRY(ask(db, "SELECT pool_id FROM main.pool WHERE name = ?3", 0, 0, row->pool, &row->pool_id, err));
    if (row->pool_id < 0) {
        EG_TRY(eg__merge_copy(copier, "pool", "pool_id", row->source_pool, NULL, 0, err));
        row->pool_id = sqlite3_last_insert_rowid(db);
        return eg__merge_copy(copier, "pool_column", "pool_id", row->source_pool, "pool_id", row->pool_id,
                              err);
    }
    EG_TRY(ask(db,
               "WITH here AS (SELECT position, name, secret, coalesce(is_unique, secret) FROM "
               "main.pool_column WHERE pool_id = ?1),"
               " there AS (SELECT position, name, secret, coalesce(is_unique, secret) FROM other.pool_column "
               "WHERE pool_id = ?2)"
               " SELECT count(*) FROM (SELECT * FROM (SELECT * FROM here EXCEPT SELECT * FROM there)"
               "  UNION ALL SELECT * FROM (SELECT * FROM there EXCEPT SELECT * FROM here)) WHERE ?3 <> ''",
               row->pool_id, row->source_pool, row->pool, &different, err));
    if (different == 0)
        return EG_OK;
    return eg_error_set(err, EG_LEDGER, "pool %s has other columns there than here", row->pool);
}

static enum eg_code find_import(struct eg__copier *copier, const struct row *row, int64_t *import,
                                struct eg_error *err)
{
    sqlite3 *const db = copier->db;
    int64_t pool;

    EG_TRY(ask(db,
               "SELECT import_id FROM main.pool_import"
               " WHERE sha256 = (SELECT sha256 FROM other.pool_import WHERE import_id = ?1)",
               row->source_import, 0, NULL, import, err));
    if (*import < 0) {
        EG_TRY(eg__merge_copy(copier, "pool_import", "import_id", row->source_import, "pool_id", row->pool_id,
                              err));
        *import = sqlite3_last_insert_rowid(db);
        return eg__journal_append(db, EG__ENTRY_IMPORT, *import, err);
    }
    EG_TRY(
        ask(db, "SELECT pool_id FROM main.pool_import WHERE import_id = ?1", *import, 0, NULL, &pool, err));
    if (pool == row->pool_id)
        return EG_OK;
    return eg_error_set(err, EG_LEDGER, "the file of row %s of pool %s was imported into another pool here",
                        row->key, row->pool);
}

static enum eg_code add_row(struct eg__copier *copier, struct row *row, int64_t run, struct eg_error *err)
{
    sqlite3 *const db = copier->db;
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *add = NULL;
    int64_t import;
    bool ignored;

    EG_TRY(find_import(copier, row, &import, err));
    EG_TRY(eg__merge_prepare(
        &add, db,
        "INSERT INTO main.pool_row (pool_id, import_id, position, key, mac, fields, merged) SELECT ?1, ?2,"
        " 1 + coalesce((SELECT max(position) FROM main.pool_row WHERE pool_id = ?1), 0), key, mac, fields, ?4"
        " FROM other.pool_row WHERE row_id = ?3",
        err));
    sqlite3_bind_int64(add, 1, row->pool_id);
    sqlite3_bind_int64(add, 2, import);
    sqlite3_bind_int64(add, 3, row->source);
    sqlite3_bind_int64(add, 4, run);
    if (eg__merge_step(add, &ignored, err) != EG_OK)
        return eg_error_prefix(err, "row %s of pool %s: ", row->key, row->pool);
    row->row_id = sqlite3_last_insert_rowid(db);
    return EG_OK;
}

static enum eg_code find_row(struct eg__copier *copier, struct row *row, int64_t run, struct eg_error *err)
{
    sqlite3 *const db = copier->db;
    int64_t same;

    EG_TRY(ask(db, "SELECT row_id FROM main.pool_row WHERE pool_id = ?1 AND key = ?3", row->pool_id, 0,
               row->key, &row->row_id, err));
    if (row->row_id < 0)
        return add_row(copier, row, run, err);
    EG_TRY(ask(db,
               "SELECT (SELECT fields FROM main.pool_row WHERE row_id = ?1)"
               " = (SELECT fields FROM other.pool_row WHERE row_id = ?2)",
               row->row_id, row->source, NULL, &same, err));
    if (same == 1)
        return EG_OK;
    return eg_error_set(err, EG_LEDGER, "row %s of pool %s has other values there than here", row->key,
                        row->pool);
}

/* Refuse a row, naming the first row or board here that conflicts with it. */
static enum eg_code check_free(sqlite3 *db, const struct row *row, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *find = NULL;
    bool found;

    EG_TRY(eg__merge_prepare(
        &find, db,
        "SELECT row_id = ?2, pool_event.mac, key FROM main.pool_event JOIN main.pool_row USING (row_id)"
        " WHERE pool_event.pool_id = ?1 AND state = 'written'"
        " AND (row_id = ?2 AND pool_event.mac <> ?3 OR row_id <> ?2 AND pool_event.mac = ?3) LIMIT 1",
        err));
    sqlite3_bind_int64(find, 1, row->pool_id);
    sqlite3_bind_int64(find, 2, row->row_id);
    sqlite3_bind_text(find, 3, row->mac, -1, SQLITE_STATIC);
    EG_TRY(eg__merge_step(find, &found, err));
    if (!found)
        return EG_OK;
    const char *mac = (const char *)sqlite3_column_text(find, 1);
    if (sqlite3_column_int(find, 0))
        return eg_error_set(err, EG_LEDGER, "row %s of pool %s was given to %s there and to %s here",
                            row->key, row->pool, row->mac, mac);
    return eg_error_set(err, EG_LEDGER, "%s has row %s of pool %s there and row %s here", row->mac, row->key,
                        row->pool, sqlite3_column_text(find, 2));
}

static enum eg_code add_events(sqlite3 *db, const struct row *row, int64_t source, int64_t run,
                               struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *add = NULL;
    bool ignored;

    EG_TRY(eg__merge_prepare(&add, db,
                             "INSERT INTO main.pool_event (row_id, pool_id, run_id, mac, state, recorded_utc)"
                             " SELECT ?1, ?2, ?3, mac, state, recorded_utc FROM other.pool_event"
                             " WHERE row_id = ?4 AND run_id = ?5 AND state IN ('reserved', 'written', "
                             "'verified') ORDER BY event_id",
                             err));
    sqlite3_bind_int64(add, 1, row->row_id);
    sqlite3_bind_int64(add, 2, row->pool_id);
    sqlite3_bind_int64(add, 3, run);
    sqlite3_bind_int64(add, 4, row->source);
    sqlite3_bind_int64(add, 5, source);
    if (eg__merge_step(add, &ignored, err) != EG_OK)
        return eg_error_prefix(err, "row %s of pool %s: ", row->key, row->pool);
    return EG_OK;
}

enum eg_code eg__merge_rows(struct eg__copier *copier, int64_t source, int64_t run, struct eg_error *err)
{
    sqlite3 *const db = copier->db;
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *used = NULL;
    bool more;

    EG_TRY(eg__merge_prepare(
        &used, db,
        "SELECT row_id, mine.pool_id, import_id, name, key, mine.mac FROM other.pool_event AS mine"
        " JOIN other.pool_row USING (row_id) JOIN other.pool ON pool.pool_id = mine.pool_id"
        " WHERE run_id = ?1 AND state = 'reserved' AND NOT EXISTS (SELECT 1 FROM other.pool_event AS back"
        "  WHERE back.row_id = mine.row_id AND back.run_id = ?1 AND back.state = 'released') ORDER BY row_id",
        err));
    sqlite3_bind_int64(used, 1, source);
    for (;;) {
        EG_TRY(eg__merge_step(used, &more, err));
        if (!more)
            return EG_OK;
        struct row row = {
            .source = sqlite3_column_int64(used, 0),
            .source_pool = sqlite3_column_int64(used, 1),
            .source_import = sqlite3_column_int64(used, 2),
            .pool = (const char *)sqlite3_column_text(used, 3),
            .key = (const char *)sqlite3_column_text(used, 4),
            .mac = (const char *)sqlite3_column_text(used, 5),
        };
        EG_TRY(find_pool(copier, &row, err));
        EG_TRY(find_row(copier, &row, run, err));
        EG_TRY(check_free(db, &row, err));
        EG_TRY(add_events(db, &row, source, run, err));
    }
}

enum eg_code eg__merge_rows_end(sqlite3 *db, int64_t source, int64_t run, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *add = NULL;
    bool ignored;

    EG_TRY(eg__merge_prepare(
        &add, db,
        "INSERT INTO main.pool_event (row_id, pool_id, run_id, mac, state, recorded_utc)"
        " SELECT mine.row_id, mine.pool_id, ?1, mine.mac, 'consumed', last.recorded_utc"
        " FROM main.pool_event AS mine JOIN main.pool_row USING (row_id)"
        " JOIN main.pool ON pool.pool_id = mine.pool_id JOIN other.pool AS its_pool ON its_pool.name = "
        "pool.name"
        " JOIN other.pool_row AS its ON its.pool_id = its_pool.pool_id AND its.key = pool_row.key"
        " JOIN other.pool_event AS last ON last.row_id = its.row_id AND last.run_id = ?2"
        "  AND last.state = 'consumed'"
        " WHERE mine.run_id = ?1 AND mine.state = 'reserved' AND NOT EXISTS (SELECT 1 FROM main.pool_event"
        "  WHERE row_id = mine.row_id AND state = 'consumed')",
        err));
    sqlite3_bind_int64(add, 1, run);
    sqlite3_bind_int64(add, 2, source);
    return eg__merge_step(add, &ignored, err);
}
