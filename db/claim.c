/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Values that belong to one board: find the board that has a value, and claim the value for another run.
 *
 * A board is a MAC and its flash's unique id; if one of two ids is not known, the MAC decides. A value is
 * compared with the claims of this session and all earlier ones, and with labels and unit values of runs in
 * older ledgers, which have no claims. Real boards ignore simulated ones; simulated boards see the real ones
 * and those of their own session.
 *
 * The writer handles one request at a time, so two boards that ask for the same value at the same moment are
 * told apart here, too.
 */

#include "db/claim.h"

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECRET_PREFIX "sha256:"

/* Return the value as it is stored: for a secret, the digest of its name, a tab and the value. */
static enum eg_code stored_value(char **stored, const struct eg_claim *claim, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    uint8_t digest[EG_SHA256_SIZE];

    if (!claim->secret)
        return eg_strdup(stored, claim->value, err);
    EG_TRY(eg_buffer_append(&text, claim->name, strlen(claim->name), err));
    EG_TRY(eg_buffer_append(&text, "\t", 1, err));
    EG_TRY(eg_buffer_append(&text, claim->value, strlen(claim->value), err));
    EG_TRY(eg_sha256(digest, text.data, text.size, err));
    EG_TRY(eg_alloc(stored, 1, sizeof SECRET_PREFIX + EG_SHA256_TEXT, err));
    memcpy(*stored, SECRET_PREFIX, sizeof SECRET_PREFIX - 1);
    eg_hex(*stored + sizeof SECRET_PREFIX - 1, digest, sizeof digest);
    return EG_OK;
}

static const char *known(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

/* Write the claim for a message: "serial ACME-0001", "label 17", "the value of key". */
static void claim_text(char *text, size_t size, const struct eg_claim *claim)
{
    if (claim->kind == EG_CLAIM_LABEL)
        snprintf(text, size, "label %.100s", claim->value);
    else if (claim->secret)
        snprintf(text, size, "the value of %.60s, which is secret,", claim->name);
    else
        snprintf(text, size, "%.60s %.100s", claim->name, claim->value);
}

/* Return EG_NOT_UNIQUE if the found row belongs to another board. */
static enum eg_code refuse(struct eg__store *store, sqlite3_stmt *owner, const struct eg_claim *claim,
                           const struct eg_unit *unit, struct eg_error *err)
{
    const char *mac = (const char *)sqlite3_column_text(owner, 1);
    const char *flash = (const char *)sqlite3_column_text(owner, 2);
    char what[200], with[60] = "";

    claim_text(what, sizeof what, claim);
    if (strcmp(mac, unit->mac) == 0 && flash != NULL)
        snprintf(with, sizeof with, " with flash %.40s", flash);
    store->alone = true;
    return eg_error_set(err, EG_NOT_UNIQUE, "%s belongs to board %s%s since run %" PRId64, what, mac, with,
                        (int64_t)sqlite3_column_int64(owner, 0));
}

/* Refuse a value that another board has in the ledger that the statement reads. */
static enum eg_code check_owner(struct eg__store *store, enum eg__statement which, int64_t run,
                                const struct eg_unit *unit, const struct eg_claim *claim, const char *value,
                                struct eg__owner *owner, struct eg_error *err)
{
    sqlite3_stmt *find = store->statements[which];
    enum eg_code code = EG_OK;
    bool found;

    eg__bind_text(find, 1, eg_claim_kind_name(claim->kind));
    eg__bind_text(find, 2, claim->name);
    eg__bind_text(find, 3, value);
    eg__bind_text(find, 4, unit->mac);
    eg__bind_text(find, 5, known(unit->flash_unique_id));
    if (which == EG__FIND_OWNER)
        eg__bind_number(find, 6, (uint64_t)run);
    EG_TRY(eg__store_next(store, which, &found, err));
    if (found && sqlite3_column_int(find, 3) == 0) {
        code = refuse(store, find, claim, unit, err);
        if (owner != NULL) {
            snprintf(owner->mac, sizeof owner->mac, "%s", (const char *)sqlite3_column_text(find, 1));
            owner->for_good = sqlite3_column_int(find, 4) != 0;
        }
    }
    sqlite3_reset(find);
    return code;
}

static enum eg_code add(struct eg__store *store, int64_t run, const struct eg_unit *unit,
                        const struct eg_claim *claim, const char *value, struct eg_error *err)
{
    sqlite3_stmt *add = store->statements[EG__ADD_CLAIM];

    eg__bind_number(add, 1, (uint64_t)run);
    eg__bind_text(add, 2, eg_claim_kind_name(claim->kind));
    eg__bind_text(add, 3, claim->name);
    eg__bind_text(add, 4, value);
    eg__bind_text(add, 5, unit->mac);
    eg__bind_text(add, 6, known(unit->flash_unique_id));
    return eg__store_run(store, EG__ADD_CLAIM, err);
}

static enum eg_code check(struct eg__store *store, int64_t run, const struct eg_unit *unit,
                          const struct eg_claim *claim, struct eg__owner *owner, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *value = NULL;

    EG_TRY(stored_value(&value, claim, err));
    EG_TRY(check_owner(store, EG__FIND_OWNER, run, unit, claim, value, owner, err));
    if (store->statements[EG__FIND_SHOWN_OWNER] == NULL)
        return EG_OK;
    return check_owner(store, EG__FIND_SHOWN_OWNER, run, unit, claim, value, owner, err);
}

enum eg_code eg__claim(struct eg__store *store, int64_t run, const struct eg_unit *unit,
                       const struct eg_claim *claims, unsigned count, struct eg__owner *owner,
                       struct eg_error *err)
{
    for (unsigned i = 0; i < count; i++)
        EG_TRY(check(store, run, unit, &claims[i], owner, err));
    for (unsigned i = 0; i < count; i++) {
        EG_CLEANUP(eg_free_cleanup) char *value = NULL;
        EG_TRY(stored_value(&value, &claims[i], err));
        EG_TRY(add(store, run, unit, &claims[i], value, err));
    }
    return EG_OK;
}
