/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Checks that chain and journal cannot make: rows that belong to nothing hashed, missing ids, contents of
 * which only the digest is hashed, and the triggers and other rules of the schema.
 *
 * Counting rows is fast; they are searched only when there are more than were hashed.
 */

#include "db/migrate.h"
#include "db/proof/audit_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* In SQL: the runs that have no hash yet. */
#define UNFINISHED "(SELECT run_id FROM temp.unfinished)"

enum eg_code eg__audit_unfinished(struct eg__audit *audit, struct eg_error *err)
{
    EG_TRY(eg__sqlite_exec(audit->db,
                           "CREATE TEMP TABLE unfinished AS SELECT run_id FROM main.run"
                           " WHERE NOT EXISTS (SELECT 1 FROM main.chain WHERE chain.run_id = run.run_id)",
                           err));
    EG_TRY(eg__sqlite_number(audit->db, "SELECT count(*) FROM temp.unfinished", &audit->result->unfinished,
                             err));
    return eg__audit_ask(audit, "chain", "run",
                         "SELECT run_id FROM outcome WHERE run_id IN " UNFINISHED " ORDER BY 1 LIMIT 1",
                         "is missing, and the run has ended", err);
}

static bool has_part(int64_t form, const char *table)
{
    const struct eg__chain_part *part;

    for (unsigned i = 0; (part = eg__chain_part(form, i)) != NULL; i++)
        if (strcmp(part->table, table) == 0)
            return true;
    return false;
}

/* Find a row whose run is not in the chain, or is in it with a form that does not hash such rows. */
static enum eg_code find_stray(struct eg__audit *audit, const char *table, struct eg_error *err)
{
    char sql[900];
    size_t used =
        (size_t)snprintf(sql, sizeof sql,
                         "SELECT run_id FROM %s AS mine WHERE run_id NOT IN " UNFINISHED
                         " AND coalesce((SELECT form FROM chain WHERE chain.run_id = mine.run_id), 0) IN (0",
                         table);

    for (int64_t form = 1; form <= EG__CHAIN_FORM; form++)
        if (!has_part(form, table))
            used += (size_t)snprintf(sql + used, sizeof sql - used, ", %" PRId64, form);
    snprintf(sql + used, sizeof sql - used, ") ORDER BY 1 LIMIT 1");
    return eg__audit_ask(audit, table, "run", sql, "has a row that is not part of the chain", err);
}

/* Check that a table that the chain hashes by run has as many rows as were hashed. */
static enum eg_code count_rows(struct eg__audit *audit, const char *table, const struct eg__chain_part *part,
                               struct eg_error *err)
{
    int64_t all, waiting;
    char sql[200];

    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s NOT INDEXED", table);
    EG_TRY(eg__sqlite_number(audit->db, sql, &all, err));
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE run_id IN " UNFINISHED, table);
    EG_TRY(eg__sqlite_number(audit->db, sql, &waiting, err));
    if (strcmp(table, "run_log") == 0)
        all += audit->result->purged;
    if (all - waiting != audit->rows[eg__chain_part_number(part)])
        EG_TRY(find_stray(audit, table, err));
    return EG_OK;
}

/* Return whether each row of the table belongs to one run. */
static bool belongs_to_runs(const char *table)
{
    static const char *const others[] = {"session", "pool_row", "merged_session", "ledger"};

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(table, others[i]) == 0)
            return false;
    return true;
}

/* Count the rows of all tables. The newest form has every part of older forms. */
static enum eg_code count_all(struct eg__audit *audit, struct eg_error *err)
{
    const struct eg__chain_part *part;

    EG_TRY(eg__sqlite_number(audit->db, "SELECT count(*) FROM purged_log", &audit->result->purged, err));
    for (unsigned i = 0; (part = eg__chain_part(EG__CHAIN_FORM, i)) != NULL; i++)
        if (belongs_to_runs(part->table))
            EG_TRY(count_rows(audit, part->table, part, err));
    return EG_OK;
}

/* Find missing ids. Ids have no gaps, so a missing id means a deleted row. */
static enum eg_code find_gaps(struct eg__audit *audit, struct eg_error *err)
{
    static const struct {
        const char *table, *id;
    } tables[] = {{"job", "job_id"},       {"session", "session_id"},  {"run", "run_id"},
                  {"intent", "intent_id"}, {"pool", "pool_id"},        {"pool_import", "import_id"},
                  {"pool_row", "row_id"},  {"pool_event", "event_id"}, {"seal", "seal_id"},
                  {"purge", "purge_id"},   {"image", "image_id"}};
    char sql[300];

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        const char *table = tables[i].table, *id = tables[i].id;
        int64_t gap;
        snprintf(sql, sizeof sql, "SELECT count(*) <> coalesce(max(%s), 0) FROM %s NOT INDEXED", id, table);
        EG_TRY(eg__sqlite_number(audit->db, sql, &gap, err));
        if (gap == 0)
            continue;
        snprintf(sql, sizeof sql,
                 "SELECT 1 + mine.before FROM (SELECT %s AS id, lag(%s, 1, 0) OVER (ORDER BY %s) AS before "
                 "FROM %s)"
                 " AS mine WHERE id <> before + 1 LIMIT 1",
                 id, id, id, table);
        EG_TRY(eg__audit_ask(audit, table, table, sql, "is missing", err));
    }
    return EG_OK;
}

/* Check pools: derived columns, the order of events, and which rows are free. */
static enum eg_code check_pools(struct eg__audit *audit, struct eg_error *err)
{
    static const struct {
        const char *table, *what, *sql, *text;
    } questions[] = {
        {"pool_event", "run",
         "SELECT pool_event.run_id FROM pool_event LEFT JOIN pool_row USING (row_id)"
         " WHERE pool_row.pool_id IS NOT pool_event.pool_id ORDER BY event_id LIMIT 1",
         "has a row of another pool"},
        {"pool_event", "run",
         "SELECT run_id FROM pool_event AS mine WHERE run_id NOT IN " UNFINISHED
         " AND NOT EXISTS (SELECT 1 FROM"
         " pool_event AS first WHERE first.run_id = mine.run_id AND first.row_id = mine.row_id"
         " AND first.state = 'reserved') ORDER BY event_id LIMIT 1",
         "has an event of a row that it never reserved"},
        {"pool_event", "run",
         "SELECT run_id FROM (SELECT event_id, run_id, mac, state, lag(state) OVER way AS last_state,"
         "  lag(run_id) OVER way AS last_run, lag(mac) OVER way AS last_mac FROM pool_event"
         "  WINDOW way AS (PARTITION BY row_id ORDER BY event_id))"
         " WHERE NOT CASE WHEN state = 'reserved' THEN last_run IS NOT run_id"
         "  ELSE last_run IS run_id AND last_mac IS mac AND CASE state"
         "   WHEN 'written' THEN last_state IN ('reserved', 'verified') WHEN 'verified' THEN last_state = "
         "'written'"
         "   WHEN 'consumed' THEN last_state = 'verified' ELSE last_state = 'reserved' END END"
         " ORDER BY event_id LIMIT 1",
         "has its events in an order that cannot be"},
        {"pool", "pool",
         "SELECT pool_id FROM pool WHERE pool_id NOT IN (SELECT pool_id FROM pool_import) ORDER BY 1 LIMIT 1",
         "was never imported"},
        {"pool_column", "pool",
         "SELECT pool_id FROM pool_column WHERE pool_id NOT IN (SELECT pool_id FROM pool_import) ORDER BY 1 "
         "LIMIT 1",
         "was never imported"},
        {"pool_row", "pool_row",
         "SELECT row_id FROM pool_row WHERE NOT EXISTS (SELECT 1 FROM pool_import"
         " WHERE pool_import.import_id = pool_row.import_id AND pool_import.pool_id = pool_row.pool_id)"
         " ORDER BY 1 LIMIT 1",
         "was never imported"},
        {"pool_row", "pool_row",
         "SELECT row_id FROM pool_row WHERE merged IS NOT NULL AND NOT EXISTS (SELECT 1 FROM pool_event"
         " WHERE pool_event.row_id = pool_row.row_id AND run_id = merged AND state = 'reserved')"
         " ORDER BY 1 LIMIT 1",
         "did not come with its run"},
        {"merged_session", "session",
         "SELECT session_id FROM merged_session WHERE NOT EXISTS (SELECT 1 FROM run JOIN merged_run USING "
         "(run_id)"
         " WHERE run.session_id = merged_session.session_id) ORDER BY 1 LIMIT 1",
         "has no run that was merged"},
        {"pool_free", "row",
         "WITH free AS (SELECT pool_id, position, row_id FROM pool_row WHERE coalesce((SELECT state FROM "
         "pool_event"
         "  WHERE pool_event.row_id = pool_row.row_id ORDER BY event_id DESC LIMIT 1), 'released') = "
         "'released')"
         " SELECT row_id FROM (SELECT * FROM (SELECT * FROM pool_free EXCEPT SELECT * FROM free)"
         " UNION ALL SELECT * FROM (SELECT * FROM free EXCEPT SELECT * FROM pool_free)) ORDER BY row_id "
         "LIMIT 1",
         "does not say whether the row is free"},
    };

    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
        EG_TRY(eg__audit_ask(audit, questions[i].table, questions[i].what, questions[i].sql,
                             questions[i].text, err));
    return EG_OK;
}

/* Check that the second column's contents have the SHA-256 in the third. */
static enum eg_code check_digests(struct eg__audit *audit, const char *table, const char *what,
                                  const char *sql, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *rows = NULL;
    uint8_t digest[EG_SHA256_SIZE];
    char text[EG_SHA256_TEXT];
    int status = SQLITE_DONE;

    if (sqlite3_prepare_v2(audit->db, sql, -1, &rows, NULL) != SQLITE_OK)
        return eg__sqlite_error(audit->db, err);
    while (!eg__audit_is_bad(audit) && (status = sqlite3_step(rows)) == SQLITE_ROW) {
        const void *data = sqlite3_column_blob(rows, 1);
        EG_TRY(eg_sha256(digest, data != NULL ? data : "", (size_t)sqlite3_column_bytes(rows, 1), err));
        eg_hex(text, digest, sizeof digest);
        if (strcmp(text, (const char *)sqlite3_column_text(rows, 2)) != 0)
            eg__audit_bad(&audit->result->bad, table, what, sqlite3_column_int64(rows, 0),
                          "is not what was recorded: its SHA-256 is another");
    }
    return eg__audit_is_bad(audit) || status == SQLITE_DONE ? EG_OK : eg__sqlite_error(audit->db, err);
}

/* Check the schema. Triggers protect the rows: a missing one, or a foreign one, lets them be changed. */
static enum eg_code check_schema(struct eg__audit *audit, struct eg_error *err)
{
    struct eg_audit_bad *bad = &audit->result->bad;

    return eg__audit_is_bad(audit)
               ? EG_OK
               : eg__schema_check(audit->db, bad->table, sizeof bad->table, bad->text, sizeof bad->text, err);
}

enum eg_code eg__audit_tables(struct eg__audit *audit, struct eg_error *err)
{
    if (eg__audit_is_bad(audit))
        return EG_OK;
    EG_TRY(check_pools(audit, err));
    EG_TRY(count_all(audit, err));
    EG_TRY(find_gaps(audit, err));
    EG_TRY(check_digests(audit, "run_log", "run", "SELECT run_id, zstd, sha256 FROM run_log ORDER BY run_id",
                         err));
    EG_TRY(check_digests(audit, "job", "job", "SELECT job_id, text, sha256 FROM job ORDER BY job_id", err));
    return check_schema(audit, err);
}
