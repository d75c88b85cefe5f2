/* SPDX-License-Identifier: Apache-2.0 */

/* Purging logs. Triggers of schema/004.sql refuse every deletion that no purge covers. */

#define _DEFAULT_SOURCE /* timegm() */

#include "db/files/purge.h"

#include "engine/base/file.h"

#include "db/journal.h"
#include "db/login.h"
#include "db/migrate.h"
#include "db/path.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Check whether `text` matches `form`, in which 'd' is a digit. */
static bool looks_like(const char *text, const char *form)
{
    for (; *form != '\0'; text++, form++)
        if (*form == 'd' ? !isdigit((unsigned char)*text) : *text != *form)
            return false;
    return *text == '\0';
}

/* Read a time into the ledger's format. */
static enum eg_code read_time(char utc[EG_UTC_TEXT], const char *text, struct eg_error *err)
{
    const bool day = looks_like(text, "dddd-dd-dd");
    char now[EG_UTC_TEXT], again[EG_UTC_TEXT];
    struct tm parts = {0};

    if (!day && !looks_like(text, "dddd-dd-ddTdd:dd:ddZ"))
        return eg_error_set(
            err, EG_BAD_ARGUMENT,
            "'%s' is no time; write 2026-11-23, or with a time of day 2026-11-23T08:24:00Z, both UTC", text);
    snprintf(utc, EG_UTC_TEXT, "%.10sT%.8s.000Z", text, day ? "00:00:00" : text + 11);
    sscanf(utc, "%d-%d-%dT%d:%d:%d", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour,
           &parts.tm_min, &parts.tm_sec);
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    const time_t seconds = timegm(&parts);
    gmtime_r(&seconds, &parts);
    strftime(again, sizeof again, "%Y-%m-%dT%H:%M:%S.000Z", &parts);
    if (strcmp(again, utc) != 0) /* the 30th of February */
        return eg_error_set(err, EG_BAD_ARGUMENT, "'%s' is no time of the calendar", text);
    eg_clock_utc(now);
    return strcmp(utc, now) <= 0 ? EG_OK : eg_error_set(err, EG_BAD_ARGUMENT, "'%s' has not come yet", text);
}

#define COVERED " FROM run_log JOIN outcome USING (run_id) JOIN chain USING (run_id) WHERE finished_utc < ?1"

static enum eg_code count(struct eg_purged *purged, sqlite3 *db, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *row = NULL;

    if (sqlite3_prepare_v2(db, "SELECT count(*), total(size)" COVERED, -1, &row, NULL) != SQLITE_OK)
        return eg__sqlite_error(db, err);
    eg__bind_text(row, 1, purged->before_utc);
    if (sqlite3_step(row) != SQLITE_ROW)
        return eg__sqlite_error(db, err);
    purged->logs = sqlite3_column_int64(row, 0);
    purged->bytes = sqlite3_column_int64(row, 1);
    return EG_OK;
}

static enum eg_code add_purge(const struct eg_purged *purged, const struct eg_purge_request *request,
                              sqlite3 *db, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *add = NULL;
    char login[256];

    eg__login_name(login, sizeof login);
    if (sqlite3_prepare_v2(db,
                           "INSERT INTO purge (before_utc, logs, bytes, purged_utc, operator, reason)"
                           " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                           -1, &add, NULL) != SQLITE_OK)
        return eg__sqlite_error(db, err);
    eg__bind_text(add, 1, purged->before_utc);
    eg__bind_number(add, 2, (uint64_t)purged->logs);
    eg__bind_number(add, 3, (uint64_t)purged->bytes);
    eg__bind_now(add, 4);
    eg__bind_text(add, 5, request->operator_name != NULL ? request->operator_name : login);
    eg__bind_text(add, 6, request->reason);
    return sqlite3_step(add) == SQLITE_DONE ? EG_OK : eg__sqlite_error(db, err);
}

static enum eg_code remove_logs(struct eg_purged *purged, const struct eg_purge_request *request, sqlite3 *db,
                                struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *move = NULL;

    EG_TRY(eg__sqlite_exec(db, "PRAGMA secure_delete = ON; BEGIN IMMEDIATE", err));
    EG_TRY(count(purged, db, err));
    if (purged->logs == 0)
        return EG_OK;
    EG_TRY(add_purge(purged, request, db, err));
    const int64_t number = sqlite3_last_insert_rowid(db);
    if (sqlite3_prepare_v2(
            db,
            "INSERT INTO purged_log (run_id, purge_id, size, sha256) SELECT run_id, ?2, size, sha256" COVERED
            " ORDER BY run_id",
            -1, &move, NULL) != SQLITE_OK)
        return eg__sqlite_error(db, err);
    eg__bind_text(move, 1, purged->before_utc);
    eg__bind_number(move, 2, (uint64_t)number);
    if (sqlite3_step(move) != SQLITE_DONE)
        return eg__sqlite_error(db, err);
    EG_TRY(eg__journal_append(db, EG__ENTRY_PURGE, number, err));
    EG_TRY(eg__sqlite_exec(db, "COMMIT", err));
    return eg__sqlite_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)",
                           err); /* until then the write-ahead log holds the old pages */
}

static enum eg_code open_and_purge(struct eg_purged *purged, const struct eg_purge_request *request,
                                   const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;
    EG_CLEANUP(eg_fd_close_cleanup) int lock_fd = -1;
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;

    EG_TRY(eg__path_resolve(&full, path, err));
    if (request->reason == NULL) {
        int64_t version;
        EG_TRY(eg__open_reading(&db, full, err));
        EG_TRY(eg__sqlite_number(db, "PRAGMA user_version", &version, err));
        return version < 2 ? EG_OK : count(purged, db, err); /* version 1 has no logs */
    }
    EG_TRY(eg__open_recording(&db, &lock_fd, full, EG__ALONE, err));
    return remove_logs(purged, request, db, err);
}

enum eg_code eg_purge_logs(struct eg_purged *purged, const struct eg_purge_request *request,
                           struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;

    *purged = (struct eg_purged){.logs = 0};
    EG_TRY(read_time(purged->before_utc, request->before, err));
    EG_TRY(eg__path_choose(&path, request->ledger, err));
    if (open_and_purge(purged, request, path, err) != EG_OK)
        return eg_error_prefix(err, "ledger %s: ", path);
    return EG_OK;
}
