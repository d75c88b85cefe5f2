/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Pool rows and their states. As in record.c, every function runs inside a transaction of its caller.
 *
 * This file chooses which row a run is offered. The triggers of schema/002.sql ensure that no row goes to two
 * boards: they refuse every event that would.
 */

#include "db/pool.h"

#include "db/claim.h"

#include "engine/base/mac.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fail this run alone. */
#define refuse(store, err, code, ...) ((store)->alone = true, eg_error_set(err, code, __VA_ARGS__))

/* Return the row that a bound statement finds; 0 = none. */
static enum eg_code find_row(struct eg__store *store, enum eg__statement which, int64_t *row,
                             struct eg_error *err)
{
    sqlite3_stmt *find = store->statements[which];
    bool found;

    EG_TRY(eg__store_next(store, which, &found, err));
    *row = found ? sqlite3_column_int64(find, 0) : 0;
    sqlite3_reset(find);
    return EG_OK;
}

static enum eg_code find_pool(struct eg__store *store, const char *name, int64_t *pool, bool *by_mac,
                              struct eg_error *err)
{
    sqlite3_stmt *find = store->statements[EG__FIND_POOL];
    bool found;

    eg__bind_text(find, 1, name);
    EG_TRY(eg__store_next(store, EG__FIND_POOL, &found, err));
    if (!found)
        return refuse(store, err, EG_POOL_EMPTY, "there is no pool %s; 'espgang pool import' makes one",
                      name);
    *pool = sqlite3_column_int64(find, 0);
    *by_mac = sqlite3_column_int(find, 1) != 0;
    sqlite3_reset(find);
    return EG_OK;
}

/* Find the pool row that the run has for this MAC; 0 = none. */
static enum eg_code find_row_of_run(struct eg__store *store, int64_t pool, int64_t run, const char *mac,
                                    int64_t *row, struct eg_error *err)
{
    sqlite3_stmt *find = store->statements[EG__FIND_ROW_OF_RUN];
    char held_for[EG_MAC_TEXT] = "";
    bool found;

    eg__bind_number(find, 1, (uint64_t)pool);
    eg__bind_number(find, 2, (uint64_t)run);
    EG_TRY(eg__store_next(store, EG__FIND_ROW_OF_RUN, &found, err));
    *row = 0;
    if (!found)
        return EG_OK;
    *row = sqlite3_column_int64(find, 0);
    snprintf(held_for, sizeof held_for, "%s", (const char *)sqlite3_column_text(find, 1));
    sqlite3_reset(find);
    if (strcmp(held_for, mac) == 0)
        return EG_OK;
    store->alone = true;
    return eg_error_set(err, EG_LEDGER, "run %" PRId64 " has a row of it for %s, and now wants one for %s",
                        run, held_for, mac);
}

/* Find the row that a MAC has from an earlier run, or else the row meant for it; 0 = any row will do. */
static enum eg_code find_own_row(struct eg__store *store, const char *name, int64_t pool, bool by_mac,
                                 const char *mac, int64_t *row, struct eg_error *err)
{
    const enum eg__statement held = store->simulated ? EG__FIND_ROW_REHEARSED : EG__FIND_ROW_HELD;

    eg__bind_number(store->statements[held], 1, (uint64_t)pool);
    eg__bind_text(store->statements[held], 2, mac);
    EG_TRY(find_row(store, held, row, err));
    if (*row != 0 || !by_mac)
        return EG_OK;
    eg__bind_number(store->statements[EG__FIND_ROW_FOR_MAC], 1, (uint64_t)pool);
    eg__bind_text(store->statements[EG__FIND_ROW_FOR_MAC], 2, mac);
    EG_TRY(find_row(store, EG__FIND_ROW_FOR_MAC, row, err));
    return *row != 0 ? EG_OK : refuse(store, err, EG_NOT_ACCEPTED, "pool %s has no row for %s", name, mac);
}

/* Find the first free row after a position; 0 = none. */
static enum eg_code find_free_row(struct eg__store *store, int64_t pool, const char *mac, int64_t *position,
                                  int64_t *row, struct eg_error *err)
{
    sqlite3_stmt *find = store->statements[EG__FIND_ROW_FREE];
    bool found;

    eg__bind_number(find, 1, (uint64_t)pool);
    eg__bind_number(find, 2, (uint64_t)*position);
    eg__bind_text(find, 3, mac);
    EG_TRY(eg__store_next(store, EG__FIND_ROW_FREE, &found, err));
    *row = found ? sqlite3_column_int64(find, 0) : 0;
    *position = found ? sqlite3_column_int64(find, 1) : 0;
    sqlite3_reset(find);
    return EG_OK;
}

/* Show a simulated board the row that a real one would be given. */
static enum eg_code rehearse_row(struct eg__store *store, int64_t row, int64_t pool, const char *mac,
                                 struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__REHEARSE_ROW];

    eg__bind_number(add, 1, (uint64_t)row);
    eg__bind_number(add, 2, (uint64_t)pool);
    eg__bind_text(add, 3, mac);
    return eg__store_run(store, EG__REHEARSE_ROW, err);
}

static enum eg_code reserve_row(struct eg__store *store, int64_t row, int64_t pool, int64_t run,
                                const char *mac, struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__RESERVE_ROW];

    eg__bind_number(add, 1, (uint64_t)row);
    eg__bind_number(add, 2, (uint64_t)pool);
    eg__bind_number(add, 3, (uint64_t)run);
    eg__bind_text(add, 4, mac);
    eg__bind_now(add, 5);
    return eg__store_run(store, EG__RESERVE_ROW, err);
}

static enum eg_code add_field(struct eg_pool_row *row, const char *name, const char *value, bool secret,
                              bool unique, struct eg_error *err)
{
    char **names = realloc(row->names, (row->count + 1) * sizeof *names);

    if (names != NULL)
        row->names = names;
    char **values = realloc(row->values, (row->count + 1) * sizeof *values);
    if (values != NULL)
        row->values = values;
    bool *secrets = realloc(row->secrets, (row->count + 1) * sizeof *secrets);
    if (secrets != NULL)
        row->secrets = secrets;
    bool *uniques = realloc(row->uniques, (row->count + 1) * sizeof *uniques);
    if (uniques != NULL)
        row->uniques = uniques;
    if (names == NULL || values == NULL || secrets == NULL || uniques == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory");
    names[row->count] = values[row->count] = NULL;
    secrets[row->count] = secret;
    uniques[row->count] = unique;
    row->count++;
    EG_TRY(eg_strdup(&names[row->count - 1], name, err));
    return eg_strdup(&values[row->count - 1], value, err);
}

static enum eg_code read_row(struct eg__store *store, int64_t number, struct eg_pool_row *row,
                             struct eg_error *err)
{
    sqlite3_stmt *read = store->statements[EG__READ_ROW];
    bool found;

    row->number = number;
    eg__bind_number(read, 1, (uint64_t)number);
    for (;;) {
        EG_TRY(eg__store_next(store, EG__READ_ROW, &found, err));
        if (!found)
            return EG_OK;
        if (add_field(row, (const char *)sqlite3_column_text(read, 0),
                      (const char *)sqlite3_column_text(read, 1), sqlite3_column_int(read, 2) != 0,
                      sqlite3_column_int(read, 3) != 0, err) != EG_OK) {
            sqlite3_reset(read);
            return err->code;
        }
    }
}

/* Claim the values of a row, if any, for the board. */
static enum eg_code claim_row(struct eg__store *store, int64_t run, const struct eg_pool_wish *wish,
                              const struct eg_pool_row *row, struct eg__owner *owner, struct eg_error *err)
{
    const struct eg_claim *claims = NULL;
    unsigned count = 0;

    if (wish->claims == NULL)
        return EG_OK;
    if (wish->claims(wish->context, row, &claims, &count, err) != EG_OK) {
        store->alone = true;
        return err->code;
    }
    return eg__claim(store, run, wish->unit, claims, count, owner, err);
}

/*
 * Find the highest position reserved by a run that was refused as not unique: skipped rows before it were
 * reported by then.
 */
static enum eg_code find_told(struct eg__store *store, int64_t pool, int64_t *position, struct eg_error *err)
{
    sqlite3_stmt *find = store->statements[EG__FIND_TOLD];
    bool found;

    eg__bind_number(find, 1, (uint64_t)pool);
    EG_TRY(eg__store_next(store, EG__FIND_TOLD, &found, err));
    *position = sqlite3_column_int64(find, 0);
    sqlite3_reset(find);
    return EG_OK;
}

/*
 * Mark a row whose values another board has for good, so that the session skips it. `fresh`: it was not
 * marked before.
 */
static enum eg_code pass_over(struct eg__store *store, int64_t row, const struct eg__owner *owner,
                              bool *fresh, struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__PASS_ROW_OVER];

    *fresh = true;
    if (!owner->for_good)
        return EG_OK;
    eg__bind_number(add, 1, (uint64_t)row);
    eg__bind_text(add, 2, owner->mac);
    EG_TRY(eg__store_run(store, EG__PASS_ROW_OVER, err));
    *fresh = sqlite3_changes(store->db) != 0;
    return EG_OK;
}

/* Add a sentence about a skipped row, if there is room. */
static void tell(char *told, size_t size, const char *sentence)
{
    const size_t length = strlen(told);
    const char *const separator = length > 0 ? "; " : "";

    if (length + strlen(separator) + strlen(sentence) + sizeof "; ..." < size)
        strcat(strcat(told, separator), sentence);
    else if (length == 0)
        snprintf(told, size, "%.*s...", (int)(size - sizeof "..."), sentence);
    else if (strcmp(told + length - 3, "...") != 0)
        strcat(told, "; ...");
}

/*
 * Take the first free row without values of another board, and return its number. Each skipped row is
 * reported once.
 */
static enum eg_code take_free_row(struct eg__store *store, int64_t run, const struct eg_pool_wish *wish,
                                  int64_t pool, const char *mac, struct eg_pool_row *row, int64_t *number,
                                  struct eg_error *err)
{
    char told[sizeof row->passed_over] = "";
    struct eg_error refusal = {.code = EG_OK};
    struct eg__owner owner;
    int64_t position = 0, told_before = -1;
    bool fresh;

    for (;;) {
        EG_TRY(find_free_row(store, pool, mac, &position, number, err));
        if (*number == 0)
            break;
        eg_pool_row_finish(row);
        EG_TRY(read_row(store, *number, row, err));
        if (claim_row(store, run, wish, row, &owner, err) == EG_OK) {
            memcpy(row->passed_over, told, sizeof told);
            return EG_OK;
        }
        if (err->code != EG_NOT_UNIQUE)
            return err->code;
        refusal = *err;
        EG_TRY(pass_over(store, *number, &owner, &fresh, err));
        if (told_before < 0)
            EG_TRY(find_told(store, pool, &told_before, err));
        if (fresh && position >= told_before)
            tell(told, sizeof told, refusal.text);
    }
    if (refusal.code == EG_OK)
        return refuse(store, err, EG_POOL_EMPTY, "pool %s has no free row left", wish->pool);
    *err = refusal;
    store->alone = true;
    return eg_error_prefix(err, "pool %s has no other row: ", wish->pool);
}

static enum eg_code reserve(struct eg__store *store, int64_t run, const struct eg_pool_wish *wish,
                            struct eg_pool_row *row, struct eg_error *err)
{
    char mac[EG_MAC_TEXT];
    int64_t pool = 0, number = 0;
    bool by_mac = false;

    if (!eg_mac_normalise(mac, wish->unit->mac))
        return refuse(store, err, EG_NOT_ACCEPTED,
                      "pool %s gives a row to a MAC, and that of the board is not known", wish->pool);
    EG_TRY(find_pool(store, wish->pool, &pool, &by_mac, err));
    EG_TRY(find_row_of_run(store, pool, run, mac, &number, err));
    if (number != 0)
        return read_row(store, number, row, err);
    EG_TRY(find_own_row(store, wish->pool, pool, by_mac && !wish->held, mac, &number, err));
    if (wish->held && number == 0)
        return refuse(store, err, EG_NOT_ACCEPTED, "pool %s has no row that %s was given", wish->pool, mac);
    if (wish->held)
        return read_row(store, number, row, err);
    if (number != 0) {
        EG_TRY(read_row(store, number, row, err));
        EG_TRY(claim_row(store, run, wish, row, NULL, err));
    } else {
        EG_TRY(take_free_row(store, run, wish, pool, mac, row, &number, err));
    }
    return store->simulated ? rehearse_row(store, number, pool, mac, err)
                            : reserve_row(store, number, pool, run, mac, err);
}

enum eg_code eg__pool_reserve(struct eg__store *store, int64_t run, const struct eg_pool_wish *wish,
                              struct eg_pool_row *row, struct eg_error *err)
{
    const enum eg_code code = reserve(store, run, wish, row, err);

    if (code == EG_OK || code == EG_POOL_EMPTY || code == EG_NOT_ACCEPTED || code == EG_NOT_UNIQUE)
        return code;
    return eg_error_prefix(err, "reserving a row of pool %s for run %" PRId64 ": ", wish->pool, run);
}

enum eg_code eg__pool_mark(struct eg__store *store, int64_t run, enum eg_pool_state state,
                           struct eg_error *err)
{
    sqlite3_stmt *mark = store->statements[EG__MARK_ROWS];

    eg__bind_number(mark, 1, (uint64_t)run);
    eg__bind_text(mark, 2, eg_pool_state_name(state));
    eg__bind_now(mark, 3);
    if (eg__store_run(store, EG__MARK_ROWS, err) != EG_OK)
        return eg_error_prefix(err, "recording that the rows of run %" PRId64 " are %s: ", run,
                               eg_pool_state_name(state));
    return EG_OK;
}

enum eg_code eg__pool_end(struct eg__store *store, int64_t run, bool passed, struct eg_error *err)
{
    const enum eg__statement which = passed ? EG__CONSUME_ROWS : EG__RELEASE_ROWS;

    eg__bind_number(store->statements[which], 1, (uint64_t)run);
    eg__bind_now(store->statements[which], 2);
    return eg__store_run(store, which, err);
}
