/* SPDX-License-Identifier: Apache-2.0 */

#include "db/twin.h"

#include "db/session_lock.h"

#include <inttypes.h>

/* Both statements give run, slot, station and session of the other board. */
static enum eg_code refuse(struct eg__store *store, sqlite3_stmt *other, const char *mac,
                           struct eg_error *err)
{
    store->alone = true;
    return eg_error_set(err, EG_DUPLICATE_MAC,
                        "the board in slot %.100s of station %.100s shows the same MAC %s (run %" PRId64 ")",
                        (const char *)sqlite3_column_text(other, 1),
                        (const char *)sqlite3_column_text(other, 2), mac,
                        (int64_t)sqlite3_column_int64(other, 0));
}

static sqlite3_stmt *ask(struct eg__store *store, enum eg__statement which, int64_t run, const char *mac)
{
    sqlite3_stmt *const query = store->statements[which];

    eg__bind_text(query, 1, mac);
    eg__bind_number(query, 2, (uint64_t)run);
    return query;
}

enum eg_code eg__twin_refuse(struct eg__store *store, int lock_fd, int64_t run, const char *mac,
                             int64_t *chain, struct eg_error *err)
{
    sqlite3_stmt *const last = store->statements[EG__CHAIN_LAST], *query;
    enum eg_code code = EG_OK;
    bool row;

    EG_TRY(eg__store_next(store, EG__CHAIN_LAST, &row, err));
    *chain = row ? sqlite3_column_int64(last, 0) : 0;
    sqlite3_reset(last);
    query = ask(store, EG__FIND_TWIN, run, mac);
    while (code == EG_OK && !store->simulated) {
        bool goes_on = false;

        EG_TRY(eg__store_next(store, EG__FIND_TWIN, &row, err));
        if (!row)
            return EG_OK;
        code = eg__session_goes_on(&goes_on, lock_fd, sqlite3_column_int64(query, 3), err);
        if (code == EG_OK && goes_on)
            code = refuse(store, query, mac, err);
    }
    sqlite3_reset(query);
    return code;
}

enum eg_code eg__twin_disputed(struct eg__store *store, int64_t run, const char *mac, int64_t chain,
                               struct eg_error *err)
{
    sqlite3_stmt *const query = ask(store, EG__FIND_DISPUTE, run, mac);
    enum eg_code code = EG_OK;
    bool row;

    eg__bind_number(query, 3, (uint64_t)chain);
    EG_TRY(eg__store_next(store, EG__FIND_DISPUTE, &row, err));
    if (row && !store->simulated)
        code = refuse(store, query, mac, err);
    sqlite3_reset(query);
    return code;
}
