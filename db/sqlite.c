/* SPDX-License-Identifier: Apache-2.0 */

/* One SQLite connection: opening it without surprises, its failures as sentences. */

#include "db/internal.h"

#include <errno.h>
#include <string.h>

#define BUSY_TIMEOUT_MS 5000

enum eg_code eg__sqlite_error(sqlite3 *db, struct eg_error *err)
{
    /* SQLite keeps the system's reason except when a commit fails; then it is still the thread's last one. */
    const int errnum = sqlite3_system_errno(db) != 0 ? sqlite3_system_errno(db) : errno;
    enum eg_code code = EG_LEDGER;

    switch (sqlite3_errcode(db) & 0xff) {
    case SQLITE_BUSY:
        return eg_error_set(err, EG_LEDGER, "another program has kept it locked for %d s",
                            BUSY_TIMEOUT_MS / 1000);
    case SQLITE_READONLY:
        return eg_error_set(
            err, EG_LEDGER,
            "this user may not write to it or its folder, which SQLite needs even for reading");
    case SQLITE_FULL:
        return eg_error_set(err, EG_NO_ROOM, "%s", sqlite3_errmsg(db));
    case SQLITE_IOERR:
        code = EG_IO;
        break;
    case SQLITE_CANTOPEN:
        break;
    default:
        return eg_error_set(err, EG_LEDGER, "%s", sqlite3_errmsg(db));
    }
    if (errnum == 0)
        return eg_error_set(err, code, "%s", sqlite3_errmsg(db));
    return eg_error_errno(err, code, errnum, "%s", sqlite3_errmsg(db));
}

enum eg_code eg__sqlite_look_through(sqlite3 *db, struct eg_error *err)
{
    static const char place[] = "*** in database main ***\n";
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *check = NULL;

    if (sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &check, NULL) != SQLITE_OK ||
        sqlite3_step(check) != SQLITE_ROW)
        return eg__sqlite_error(db, err);
    const char *found = (const char *)sqlite3_column_text(check, 0);
    if (strcmp(found, "ok") == 0)
        return EG_OK;
    if (strncmp(found, place, sizeof place - 1) == 0)
        found += sizeof place - 1;
    return eg_error_set(err, EG_LEDGER, "is damaged: %.*s", (int)strcspn(found, "\n"), found);
}

void eg__sqlite_close_cleanup(sqlite3 **db)
{
    sqlite3_close(*db);
}

void eg__sqlite_finalize_cleanup(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}

enum eg_code eg__sqlite_exec(sqlite3 *db, const char *sql, struct eg_error *err)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return eg__sqlite_error(db, err);
    return EG_OK;
}

enum eg_code eg__sqlite_number(sqlite3 *db, const char *sql, int64_t *number, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        return eg__sqlite_error(db, err);
    *number = sqlite3_column_int64(statement, 0);
    return EG_OK;
}

enum eg_code eg__sqlite_open(sqlite3 **db, const char *full, bool read_only, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *opened = NULL;
    const int access = read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int64_t version;

    if (sqlite3_open_v2(full, &opened, access | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                        NULL) != SQLITE_OK)
        return opened != NULL ? eg__sqlite_error(opened, err) : eg_error_set(err, EG_LEDGER, "out of memory");
    sqlite3_busy_timeout(opened, BUSY_TIMEOUT_MS);
    EG_TRY(eg__migrate_check(opened, &version, err));
    if (read_only && version == 0)
        return eg_error_set(err, EG_LEDGER, "is empty");
    *db = opened;
    opened = NULL;
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
