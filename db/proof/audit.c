/* SPDX-License-Identifier: Apache-2.0 */

/* The audit as a whole: opening, the order of the checks, and the message about a bad row. */

#include "db/migrate.h"
#include "db/path.h"
#include "db/proof/audit_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void eg__audit_bad(struct eg_audit_bad *bad, const char *table, const char *what, int64_t number,
                   const char *format, ...)
{
    va_list args;

    if (bad->text[0] != '\0')
        return;
    snprintf(bad->table, sizeof bad->table, "%s", table);
    bad->number = number;
    const int used =
        snprintf(bad->text, sizeof bad->text, "%s%s%s %" PRId64 " ", table,
                 strcmp(table, what) != 0 ? " of " : "", strcmp(table, what) != 0 ? what : "", number);
    va_start(args, format);
    vsnprintf(bad->text + used, sizeof bad->text - (size_t)used, format, args);
    va_end(args);
}

enum eg_code eg__audit_ask(struct eg__audit *audit, const char *table, const char *what, const char *sql,
                           const char *text, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *row = NULL;

    if (eg__audit_is_bad(audit))
        return EG_OK;
    if (sqlite3_prepare_v2(audit->db, sql, -1, &row, NULL) != SQLITE_OK)
        return eg__sqlite_error(audit->db, err);
    const int status = sqlite3_step(row);
    if (status == SQLITE_ROW)
        eg__audit_bad(&audit->result->bad, table, what, sqlite3_column_int64(row, 0), "%s", text);
    return status == SQLITE_ROW || status == SQLITE_DONE ? EG_OK : eg__sqlite_error(audit->db, err);
}

int eg__audit_differ(const char *recorded, const char *computed, int64_t *had, int64_t *has)
{
    for (int part = 0;; part++) {
        const size_t size = strcspn(recorded, " "), other = strcspn(computed, " ");
        *had = strtoll(recorded, NULL, 10);
        *has = strtoll(computed, NULL, 10);
        if (size != other || memcmp(recorded, computed, size) != 0)
            return computed[0] != '\0' ? part : -1;
        if (recorded[size] == '\0' || computed[other] == '\0')
            return -1;
        recorded += size + 1;
        computed += other + 1;
    }
}

const char *eg__audit_difference(int64_t had, int64_t has)
{
    return has < had   ? "is not what was recorded: a row was removed"
           : has > had ? "is not what was recorded: a row was added"
                       : "is not what was recorded: a row was changed";
}

/* Check the pages. If they are damaged, that is the finding, not a row. */
static enum eg_code check_pages(sqlite3 *db, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *check = NULL;

    EG_TRY(eg__sqlite_exec(db, "PRAGMA ignore_check_constraints = ON", err)); /* those are about rows */
    if (sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &check, NULL) != SQLITE_OK ||
        sqlite3_step(check) != SQLITE_ROW)
        return eg__sqlite_error(db, err);
    const char *text = (const char *)sqlite3_column_text(check, 0);
    if (strcmp(text, "ok") == 0 || strstr(text, "NULL value in") != NULL)
        return EG_OK;
    if (strncmp(text, "*** in database main ***\n", 25) == 0)
        text += 25;
    return eg_error_set(err, EG_LEDGER, "its pages are damaged: %.*s", (int)strcspn(text, "\n"), text);
}

static enum eg_code check_batch(sqlite3 *db, const char *batch, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *row = NULL;

    if (batch == NULL)
        return EG_OK;
    if (sqlite3_prepare_v2(db, "SELECT 1 FROM session WHERE batch = ?1 LIMIT 1", -1, &row, NULL) != SQLITE_OK)
        return eg__sqlite_error(db, err);
    eg__bind_text(row, 1, batch);
    const int status = sqlite3_step(row);
    if (status == SQLITE_DONE)
        return eg_error_set(err, EG_LEDGER, "has no batch %s", batch);
    return status == SQLITE_ROW ? EG_OK : eg__sqlite_error(db, err);
}

static enum eg_code check_version(sqlite3 *db, struct eg_error *err)
{
    const int64_t newest = eg__migrate_newest();
    int64_t version;

    EG_TRY(eg__sqlite_number(db, "PRAGMA user_version", &version, err));
    if (version == newest)
        return EG_OK;
    return eg_error_set(err, EG_LEDGER,
                        "has schema version %" PRId64
                        "; what next records into it, 'espgang run' for one, brings it to "
                        "%" PRId64 ", and then it can be audited",
                        version, newest);
}

static enum eg_code look(struct eg__audit *audit, const char *batch, eg_audit_seal_visitor *visit,
                         void *context, struct eg_error *err)
{
    EG_TRY(eg__audit_chain(audit, err));
    EG_TRY(eg__audit_unfinished(audit, err));
    EG_TRY(eg__audit_journal(audit, err));
    EG_TRY(eg__audit_tables(audit, err));
    return eg__audit_seals(audit, batch, visit, context, err);
}

static enum eg_code open_and_look(struct eg__audit *audit, const char *path, const char *batch,
                                  eg_audit_seal_visitor *visit, void *context, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;
    int64_t ignored;
    struct eg_error damage;

    EG_TRY(eg__path_resolve(&full, path, err));
    /* SQLite's memory statistics have one lock for all threads. This fails once SQLite is in use, which
     * does no harm. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    EG_TRY(eg__open_reading(&db, full, err));
    EG_TRY(check_version(db, err));
    EG_TRY(eg__sqlite_exec(db, "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 1099511627776; BEGIN", err));
    EG_TRY(eg__sqlite_number(db, "SELECT count(*) FROM session", &ignored, err)); /* takes the snapshot */
    EG_TRY(check_batch(db, batch, err));
    audit->db = db;
    audit->full = full;
    const enum eg_code code = look(audit, batch, visit, context, err);
    if ((code == EG_OK && !eg__audit_is_bad(audit)) || check_pages(db, &damage) == EG_OK)
        return code;
    *err = damage;
    return err->code;
}

enum eg_code eg_audit(struct eg_audit *audit, const char *path, const char *batch,
                      eg_audit_seal_visitor *visit, void *context, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *chosen = NULL;
    struct eg__audit work = {.result = audit};

    *audit = (struct eg_audit){.runs = 0};
    EG_TRY(eg__path_choose(&chosen, path, err));
    if (open_and_look(&work, chosen, batch, visit, context, err) != EG_OK)
        return eg_error_prefix(err, "ledger %s: ", chosen);
    return EG_OK;
}
