/* SPDX-License-Identifier: Apache-2.0 */

#include "db/files/reset.h"

#include "engine/base/file.h"

#include "db/journal.h"
#include "db/login.h"
#include "db/migrate.h"
#include "db/path.h"
#include "db/query/questions.h"

#include <stdio.h>
#include <string.h>

struct found {
    const char *slot;
    bool exists;
    int64_t contacts;
};

static enum eg_code compare(void *context, const void *row, struct eg_error *err)
{
    const struct eg_slot_contacts *const slot = row;
    struct found *const found = context;

    (void)err;
    if (strcmp(slot->slot, found->slot) != 0)
        return EG_OK;
    found->exists = true;
    found->contacts = slot->contacts;
    return EG_OK;
}

/* Read the count as it is shown. */
static enum eg_code count(struct found *found, const struct eg_slot_reset *reset, const char *path,
                          struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;

    EG_TRY(eg_query_open(&query, path, err));
    EG_TRY(eg_query_contacts(query, reset->station, compare, found, err));
    if (found->exists)
        return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT,
                        "station %s has had no run in slot %s; 'espgang contacts' lists slots",
                        reset->station, reset->slot);
}

static enum eg_code add(sqlite3 *db, const struct eg_slot_reset *reset, int64_t contacts,
                        struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *row = NULL;
    char login[256];

    eg__login_name(login, sizeof login);
    if (sqlite3_prepare_v2(
            db,
            "INSERT INTO slot_reset (station, slot, last_run, contacts, reset_utc, operator, reason)"
            " SELECT ?1, ?2, coalesce(max(run_id), 0), ?3, ?4, ?5, ?6 FROM run",
            -1, &row, NULL) != SQLITE_OK)
        return eg__sqlite_error(db, err);
    eg__bind_text(row, 1, reset->station);
    eg__bind_text(row, 2, reset->slot);
    eg__bind_number(row, 3, (uint64_t)contacts);
    eg__bind_now(row, 4);
    eg__bind_text(row, 5, reset->operator_name != NULL ? reset->operator_name : login);
    eg__bind_text(row, 6, reset->reason);
    if (sqlite3_step(row) != SQLITE_DONE)
        return eg__sqlite_error(db, err);
    return eg__journal_append(db, EG__ENTRY_RESET, sqlite3_last_insert_rowid(db), err);
}

/*
 * Count and record the reset. Nobody else writes once the transaction has begun, so the recorded count is
 * right.
 */
static enum eg_code count_and_add(int64_t *contacts, const struct eg_slot_reset *reset, const char *path,
                                  struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;
    EG_CLEANUP(eg_fd_close_cleanup) int lock_fd = -1;
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;
    struct found found = {.slot = reset->slot};

    EG_TRY(eg__path_resolve(&full, path, err));
    EG_TRY(eg__open_recording(&db, &lock_fd, full, EG__BESIDE, err));
    EG_TRY(eg__sqlite_exec(db, "BEGIN IMMEDIATE", err));
    EG_TRY(count(&found, reset, path, err));
    EG_TRY(add(db, reset, found.contacts, err));
    *contacts = found.contacts;
    return eg__sqlite_exec(db, "COMMIT", err);
}

enum eg_code eg_slot_reset(int64_t *contacts, const struct eg_slot_reset *reset, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;

    EG_TRY(eg__path_choose(&path, reset->ledger, err));
    if (count_and_add(contacts, reset, path, err) != EG_OK)
        return eg_error_prefix(err, "ledger %s: ", path);
    return EG_OK;
}
