/* SPDX-License-Identifier: Apache-2.0 */

/* The schema version of a file, and the steps to the newest one, which are the files of schema/. */

#include "db/migrate.h"

#include "db/journal.h"
#include "db/run.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

/* "EGLG" in bytes 68 to 71 of the file. Other programs' files have another number, or 0. */
#define APPLICATION_ID 0x45474c47

/* How long, and how often, to try for exclusive access to change the schema. */
#define TURNS_MS 5000
#define LOOK_MS  20

int64_t eg__migrate_newest(void)
{
    int64_t count = 0;

    while (eg__schemas[count] != NULL)
        count++;
    return count;
}

/* Read the schema version, 0 for an empty file; EG_LEDGER for a file that is no ledger, EG_LEDGER_NEWER. */
static enum eg_code check(sqlite3 *db, int64_t *version, struct eg_error *err)
{
    int64_t application, objects;

    EG_TRY(eg__sqlite_number(db, "PRAGMA application_id", &application, err));
    EG_TRY(eg__sqlite_number(db, "PRAGMA user_version", version, err));
    EG_TRY(eg__sqlite_number(db, "SELECT count(*) FROM sqlite_master", &objects, err));
    if (application == 0 && *version == 0 && objects == 0)
        return EG_OK;
    if (application != APPLICATION_ID || *version < 1)
        return eg_error_set(err, EG_LEDGER, "is a SQLite database of another program");
    if (*version > eg__migrate_newest())
        return eg_error_set(err, EG_LEDGER_NEWER,
                            "has schema version %" PRId64 ", newer than %" PRId64
                            ", the newest that this espgang knows",
                            *version, eg__migrate_newest());
    return EG_OK;
}

/* Create the view of runs. It is made from the table of columns, not by a step. */
static enum eg_code make_view(sqlite3 *db, struct eg_error *err)
{
    sqlite3_str *text = sqlite3_str_new(db);

    eg__run_view(text);
    char *const sql = sqlite3_str_finish(text);
    const enum eg_code code =
        sql != NULL ? eg__sqlite_exec(db, sql, err) : eg_error_set(err, EG_NO_MEMORY, "out of memory");
    sqlite3_free(sql);
    return code;
}

enum eg_code eg__migrate_fresh(sqlite3 **db, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *fresh = NULL;

    if (sqlite3_open(":memory:", &fresh) != SQLITE_OK)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory");
    EG_TRY(eg__sqlite_exec(fresh, (const char *)eg__schema_fresh, err));
    EG_TRY(make_view(fresh, err));
    *db = fresh;
    fresh = NULL;
    return EG_OK;
}

struct difference {
    char *table, *what;
    size_t table_size, what_size;
};

/* Find the first object of `one` that `other` lacks or defines differently. */
static enum eg_code compare(struct difference *found, sqlite3 *one, sqlite3 *other, const char *sql,
                            const char *text, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *objects = NULL;
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *same = NULL;
    int status = SQLITE_DONE;

    if (sqlite3_prepare_v2(one, sql, -1, &objects, NULL) != SQLITE_OK)
        return eg__sqlite_error(one, err);
    if (sqlite3_prepare_v2(other, "SELECT 1 FROM sqlite_master WHERE type = ?1 AND name = ?2 AND sql = ?3",
                           -1, &same, NULL) != SQLITE_OK)
        return eg__sqlite_error(other, err);
    while (found->what[0] == '\0' && (status = sqlite3_step(objects)) == SQLITE_ROW) {
        const char *table = (const char *)sqlite3_column_text(objects, 3);
        for (int i = 0; i < 3; i++)
            eg__bind_text(same, i + 1, (const char *)sqlite3_column_text(objects, i));
        const int is_there = sqlite3_step(same);
        if (is_there == SQLITE_DONE) {
            snprintf(found->table, found->table_size, "%s", table);
            snprintf(found->what, found->what_size, "%s %s of table %s %s", sqlite3_column_text(objects, 0),
                     sqlite3_column_text(objects, 1), table, text);
        } else if (is_there != SQLITE_ROW) {
            return eg__sqlite_error(other, err);
        }
        sqlite3_reset(same);
    }
    return found->what[0] != '\0' || status == SQLITE_DONE ? EG_OK : eg__sqlite_error(one, err);
}

enum eg_code eg__schema_check(sqlite3 *db, char *table, size_t table_size, char *what, size_t what_size,
                              struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *fresh = NULL;
    struct difference found = {table, what, table_size, what_size};

    what[0] = '\0';
    EG_TRY(eg__migrate_fresh(&fresh, err));
    EG_TRY(compare(&found, fresh, db,
                   "SELECT type, name, sql, tbl_name FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid",
                   "is missing or is not what it was", err));
    return compare(
        &found, db, fresh,
        "SELECT type, name, sql, tbl_name FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid",
        "is not one of a ledger", err);
}

enum eg_code eg__schema_refuse_changed(sqlite3 *db, struct eg_error *err)
{
    char table[64], what[300];

    EG_TRY(eg__schema_check(db, table, sizeof table, what, sizeof what, err));
    if (what[0] == '\0')
        return EG_OK;
    return eg_error_set(err, EG_LEDGER,
                        "%s; nothing is recorded into it: go on with a backup or a new ledger", what);
}

static enum eg_code step(sqlite3 *db, int64_t from, struct eg_error *err)
{
    char pragma[60];

    EG_TRY(eg__sqlite_exec(db, (const char *)eg__schemas[from], err));
    snprintf(pragma, sizeof pragma, "PRAGMA user_version = %" PRId64, from + 1);
    return eg__sqlite_exec(db, pragma, err);
}

static enum eg_code steps(sqlite3 *db, struct eg_error *err)
{
    char pragma[60];
    int64_t version, journals;

    EG_TRY(eg__sqlite_number(db, "PRAGMA user_version", &version, err));
    EG_TRY(
        eg__sqlite_number(db, "SELECT count(*) FROM sqlite_master WHERE name = 'journal'", &journals, err));
    snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d", APPLICATION_ID);
    EG_TRY(eg__sqlite_exec(db, pragma, err));
    for (; version < eg__migrate_newest(); version++)
        if (step(db, version, err) != EG_OK)
            return eg_error_prefix(err, "migrating to schema version %" PRId64 ": ", version + 1);
    EG_TRY(make_view(db, err));
    if (journals == 0)
        EG_TRY(eg__journal_begin(db, err));
    EG_TRY(eg__schema_refuse_changed(db, err));
    return eg__sqlite_exec(db, "COMMIT", err);
}

static enum eg_code migrate(sqlite3 *db, struct eg_error *err)
{
    int64_t version;

    EG_TRY(eg__sqlite_number(db, "PRAGMA user_version", &version, err));
    if (version == eg__migrate_newest())
        return eg__schema_refuse_changed(db, err);
    EG_TRY(eg__sqlite_exec(db, "BEGIN IMMEDIATE", err));
    if (steps(db, err) != EG_OK) {
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
        return err->code;
    }
    return EG_OK;
}

enum eg_code eg__is_made(bool *made, const char *full, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;
    struct stat info;
    int64_t version;

    *made = false;
    if (stat(full, &info) == 0 && info.st_size == 0)
        return EG_OK;
    EG_TRY(eg__sqlite_open(&db, full, true, err));
    EG_TRY(check(db, &version, err));
    *made = version > 0;
    return EG_OK;
}

enum eg_code eg__open_reading(sqlite3 **db, const char *full, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *opened = NULL;
    int64_t version;

    EG_TRY(eg__sqlite_open(&opened, full, true, err));
    EG_TRY(check(opened, &version, err));
    if (version == 0)
        return eg_error_set(err, EG_LEDGER, "is empty");
    *db = opened;
    opened = NULL;
    return EG_OK;
}

/* Check whether a ledger is ready for recording: newest schema, and its own write-ahead log. */
static enum eg_code is_ready(sqlite3 *db, bool *ready, struct eg_error *err)
{
    int64_t version, wal;

    EG_TRY(check(db, &version, err));
    EG_TRY(eg__sqlite_number(db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode", &wal, err));
    *ready = version == eg__migrate_newest() && wal != 0;
    return EG_OK;
}

static enum eg_code open_ready(sqlite3 **db, const char *full, bool *ready, bool alone, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *opened = NULL;

    EG_TRY(eg__sqlite_open(&opened, full, false, err));
    EG_TRY(is_ready(opened, ready, err));
    if (!*ready && !alone)
        return EG_OK;
    /* The rollback journal of a single record stays in memory: in a file it would cost more than the
     * record. */
    EG_TRY(eg__sqlite_exec(opened,
                           "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                           " PRAGMA temp_store = MEMORY",
                           err));
    EG_TRY(migrate(opened, err));
    *db = opened;
    opened = NULL;
    return EG_OK;
}

/*
 * Lock it and open it. If others may be using it and it is not ready, change nothing and set `*db` to NULL.
 */
static enum eg_code open_in(enum eg__company company, sqlite3 **db, int *lock_fd, const char *full,
                            struct eg_error *err)
{
    EG_CLEANUP(eg_fd_close_cleanup) int fd = -1;
    bool ready;

    *db = NULL;
    EG_TRY(eg__lock(&fd, full, company, err));
    EG_TRY(open_ready(db, full, &ready, company == EG__ALONE, err));
    if (*db == NULL)
        return EG_OK;
    *lock_fd = fd;
    fd = -1;
    return EG_OK;
}

static enum eg_code make_ready(const char *full, struct eg_error *err)
{
    EG_CLEANUP(eg_fd_close_cleanup) int fd = -1;
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;

    return open_in(EG__ALONE, &db, &fd, full, err);
}

enum eg_code eg__open_recording(sqlite3 **db, int *lock_fd, const char *full, enum eg__company company,
                                struct eg_error *err)
{
    const uint64_t begun_ms = eg_clock_ms();

    for (;;) {
        EG_TRY(open_in(company, db, lock_fd, full, err));
        if (*db != NULL)
            return EG_OK;
        /* Two programs that start a new ledger at the same time take turns. */
        if (make_ready(full, err) == EG_OK)
            continue;
        if (err->code != EG_LEDGER_LOCKED)
            return err->code;
        if (eg_clock_ms() - begun_ms >= TURNS_MS)
            return eg_error_prefix(err, "its schema is of an older espgang and changes only while nobody "
                                        "else records: ");
        EG_TRY(eg_sleep_ms(NULL, LOOK_MS, err));
    }
}
