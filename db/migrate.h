/* SPDX-License-Identifier: Apache-2.0 */

/* The schema version of a ledger, and opening it. */

#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include "db/lock.h"
#include "db/sqlite.h"

#include <stdbool.h>

/** Texts of schema/NNN.sql from 001 on, NULL-terminated. */
extern const unsigned char *const eg__schemas[];

/** The statements that make tables, indexes and triggers of the newest schema in an empty database. */
extern const unsigned char eg__schema_fresh[];

/** Return the number of the newest schema. */
int64_t eg__migrate_newest(void);

/** Make a database with the newest schema in memory, to compare with. It has no rows: a ledger has its
 * identity. */
enum eg_code eg__migrate_fresh(sqlite3 **db, struct eg_error *err) EG_CHECKED;

/**
 * Compare tables, indexes, triggers and views with the newest schema.
 *
 * @param table, what  the table of the first missing, changed or unknown object, and the whole sentence; "" =
 * no difference
 */
enum eg_code eg__schema_check(sqlite3 *db, char *table, size_t table_size, char *what, size_t what_size,
                              struct eg_error *err) EG_CHECKED;

/**
 * Refuse (EG_LEDGER) to record into a ledger that lacks one of its triggers or other rules, or has an extra
 * one.
 */
enum eg_code eg__schema_refuse_changed(sqlite3 *db, struct eg_error *err) EG_CHECKED;

/** Return whether there is a ledger at a resolved path, and not an empty file or database of which another
 * process makes one now. EG_LEDGER for a file that is no ledger, EG_LEDGER_NEWER. */
enum eg_code eg__is_made(bool *made, const char *full, struct eg_error *err) EG_CHECKED;

/** Open a resolved path for reading; EG_LEDGER for a file that is no ledger, EG_LEDGER_NEWER. */
enum eg_code eg__open_reading(sqlite3 **db, const char *full, struct eg_error *err) EG_CHECKED;

/**
 * Open a resolved path for recording, with the right to record. Its schema is then the newest: an older
 * ledger is migrated as soon as nobody else records.
 *
 * @param lock_fd  the caller's to close after the connection
 *
 * @return EG_OK; EG_LEDGER_LOCKED as in eg__lock(), or because the schema cannot change while others record;
 * EG_LEDGER, EG_LEDGER_NEWER, EG_NO_ROOM, EG_IO
 */
enum eg_code eg__open_recording(sqlite3 **db, int *lock_fd, const char *full, enum eg__company company,
                                struct eg_error *err) EG_CHECKED;

#endif
