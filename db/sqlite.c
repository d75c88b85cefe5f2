/* SPDX-License-Identifier: Apache-2.0 */

/* One SQLite connection: opening it safely, its failures as sentences. */

#include "db/sqlite.h"

#include "db/holder.h"

#include "engine/base/clock.h"
#include "engine/base/bytes.h"
#include "engine/base/digest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BUSY_TIMEOUT_MS 5000
#define BUSY_LOOK_MS    2

enum eg_code eg__sqlite_error(sqlite3 *db, struct eg_error *err)
{
    /* SQLite keeps the system's errno, except after a failed commit; then errno still has it. */
    const int errnum = sqlite3_system_errno(db) != 0 ? sqlite3_system_errno(db) : errno;
    enum eg_code code = EG_LEDGER;
    char holder[EG__HOLDER_TEXT];

    switch (sqlite3_errcode(db) & 0xff) {
    case SQLITE_BUSY:
        eg__holder(holder, sqlite3_db_filename(db, "main"));
        return eg_error_set(err, EG_LEDGER, "%s has kept it locked for %d s", holder, BUSY_TIMEOUT_MS / 1000);
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

enum eg_code eg__sqlite_prepare(sqlite3_stmt **statement, sqlite3 *db, sqlite3_str *text,
                                struct eg_error *err)
{
    char *const sql = sqlite3_str_finish(text);

    if (sql == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory");
    const int status = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
    sqlite3_free(sql);
    return status == SQLITE_OK ? EG_OK : eg__sqlite_error(db, err);
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

/* Decide whether to try again. SQLite's own handler soon tries every 100 ms only, and so may miss for 5 s
 * each moment in which a busy line has the file free. */
static int wait_for_turn(void *context, int tries)
{
    struct eg_error ignored;

    (void)context;
    (void)!eg_sleep_ms(NULL, BUSY_LOOK_MS, &ignored);
    return tries < BUSY_TIMEOUT_MS / BUSY_LOOK_MS;
}

enum eg_code eg__sqlite_open(sqlite3 **db, const char *full, bool read_only, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *opened = NULL;
    const int access = read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;

    if (sqlite3_open_v2(full, &opened, access | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                        NULL) != SQLITE_OK)
        return opened != NULL ? eg__sqlite_error(opened, err) : eg_error_set(err, EG_LEDGER, "out of memory");
    /* Anything planted in the file's schema can neither call functions nor change the schema. */
    sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_busy_handler(opened, wait_for_turn, NULL);
    *db = opened;
    opened = NULL;
    return EG_OK;
}

enum eg_code eg__sqlite_attach(sqlite3 *db, const char *full, const char *name, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *attach = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer uri = {0};

    EG_TRY(eg_buffer_append(&uri, "file:", 5, err));
    for (const char *at = full; *at != '\0'; at++) {
        char quoted[4];
        snprintf(quoted, sizeof quoted, strchr("%?#", *at) != NULL ? "%%%02x" : "%c", (unsigned char)*at);
        EG_TRY(eg_buffer_append(&uri, quoted, strlen(quoted), err));
    }
    EG_TRY(eg_buffer_append(&uri, "?mode=ro", 9, err)); /* includes the NUL */
    if (sqlite3_prepare_v2(db, "ATTACH ?1 AS ?2", -1, &attach, NULL) != SQLITE_OK)
        return eg__sqlite_error(db, err);
    eg__bind_text(attach, 1, (const char *)uri.data);
    eg__bind_text(attach, 2, name);
    return sqlite3_step(attach) == SQLITE_DONE ? EG_OK : eg__sqlite_error(db, err);
}

void eg__bind_text(sqlite3_stmt *statement, int column, const char *text)
{
    sqlite3_bind_text(statement, column, text, -1, SQLITE_STATIC);
}

void eg__bind_number(sqlite3_stmt *statement, int column, uint64_t number)
{
    sqlite3_bind_int64(statement, column, (sqlite3_int64)number);
}

void eg__bind_digest(sqlite3_stmt *statement, int column, const uint8_t *digest, size_t size)
{
    char text[EG_SHA256_TEXT];

    eg_hex(text, digest, size);
    sqlite3_bind_text(statement, column, text, -1, SQLITE_TRANSIENT);
}

void eg__bind_now(sqlite3_stmt *statement, int column)
{
    char utc[EG_UTC_TEXT];

    eg_clock_utc(utc);
    sqlite3_bind_text(statement, column, utc, -1, SQLITE_TRANSIENT);
}
