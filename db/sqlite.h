/* SPDX-License-Identifier: Apache-2.0 */

/* One SQLite connection: opening it, its failures as sentences, values of parameters. */

#ifndef DB_SQLITE_H
#define DB_SQLITE_H

#include "engine/base/error.h"

#include <sqlite3.h>

/** Open a resolved path, whatever the file contains. */
enum eg_code eg__sqlite_open(sqlite3 **db, const char *full, bool read_only, struct eg_error *err) EG_CHECKED;

/** Attach a second ledger for reading, by its resolved path, under a name. */
enum eg_code eg__sqlite_attach(sqlite3 *db, const char *full, const char *name,
                               struct eg_error *err) EG_CHECKED;

/** Set and return SQLite's last failure on this connection. */
enum eg_code eg__sqlite_error(sqlite3 *db, struct eg_error *err);

enum eg_code eg__sqlite_exec(sqlite3 *db, const char *sql, struct eg_error *err) EG_CHECKED;
enum eg_code eg__sqlite_number(sqlite3 *db, const char *sql, int64_t *number,
                               struct eg_error *err) EG_CHECKED;

/** Prepare a statement from a built text, and free the text. */
enum eg_code eg__sqlite_prepare(sqlite3_stmt **statement, sqlite3 *db, sqlite3_str *text,
                                struct eg_error *err) EG_CHECKED;

/** Read the whole file; EG_LEDGER with the first problem that SQLite finds. */
enum eg_code eg__sqlite_look_through(sqlite3 *db, struct eg_error *err) EG_CHECKED;

void eg__sqlite_close_cleanup(sqlite3 **db);
void eg__sqlite_finalize_cleanup(sqlite3_stmt **statement);

/*
 * Binding fails only without memory. The step that follows reports it, because the column is NOT NULL;
 * otherwise the text may be missing. Texts live until the statement is stepped.
 */
void eg__bind_text(sqlite3_stmt *statement, int column, const char *text);
void eg__bind_number(sqlite3_stmt *statement, int column, uint64_t number);
void eg__bind_digest(sqlite3_stmt *statement, int column, const uint8_t *digest, size_t size);
void eg__bind_now(sqlite3_stmt *statement, int column);

#endif
