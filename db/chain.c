/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The chain: every finished run carries the hash of the one that finished before it.
 *
 * What is hashed is read back from the tables, so that anybody who can read the file can compute it again:
 * one line per row, values between tabs, escaped as db/README.md says. That text is form 2. It never changes;
 * another text would be form 3. Runs of older versions keep form 1, which is the same without the last four
 * parts.
 */

#include "db/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FORM 2 /* of the runs that finish now */

static const struct eg__chain_part form_1[] = {
    {EG__CHAIN_SESSION, "session"}, {EG__CHAIN_RUN, "run"},      {EG__CHAIN_INTENTS, "intent"},
    {EG__CHAIN_OUTCOME, "outcome"}, {EG__CHAIN_STAGES, "stage"}, {EG__CHAIN_REGIONS, "region"},
    {EG__STATEMENT_COUNT, NULL},
};

static const struct eg__chain_part form_2[] = {
    {EG__CHAIN_SESSION, "session"},   {EG__CHAIN_RUN, "run"},      {EG__CHAIN_INTENTS, "intent"},
    {EG__CHAIN_OUTCOME, "outcome"},   {EG__CHAIN_STAGES, "stage"}, {EG__CHAIN_REGIONS, "region"},
    {EG__CHAIN_VALUES, "run_value"},  {EG__CHAIN_LOG, "run_log"},  {EG__CHAIN_ROWS, "pool_row"},
    {EG__CHAIN_EVENTS, "pool_event"}, {EG__STATEMENT_COUNT, NULL},
};

const struct eg__chain_part *eg__chain_parts(int64_t form)
{
    static const struct eg__chain_part *const forms[] = {form_1, form_2};

    return form >= 1 && form <= (int64_t)(sizeof forms / sizeof forms[0]) ? forms[form - 1] : NULL;
}

static enum eg_code add_text(struct eg_buffer *text, const char *value, struct eg_error *err)
{
    for (const char *at = value; *at != '\0';) {
        const size_t plain = strcspn(at, "\\\t\n");
        EG_TRY(eg_buffer_append(text, at, plain, err));
        at += plain;
        if (*at == '\0')
            break;
        EG_TRY(eg_buffer_append(text, *at == '\\' ? "\\\\" : *at == '\t' ? "\\t" : "\\n", 2, err));
        at++;
    }
    return EG_OK;
}

/* One line for each row of a part. */
static enum eg_code add_part(struct eg__chain_link *link, struct eg__store *store,
                             const struct eg__chain_part *part, struct eg_error *err)
{
    sqlite3_stmt *statement = store->statements[part->statement];
    const int columns = sqlite3_column_count(statement);
    bool row;

    sqlite3_bind_int64(statement, 1, link->run);
    for (;;) {
        EG_TRY(eg__store_next(store, part->statement, &row, err));
        if (!row)
            return EG_OK;
        for (int i = 0; i < columns; i++) {
            const char *value = (const char *)sqlite3_column_text(statement, i);
            if (i > 0)
                EG_TRY(eg_buffer_append(&link->text, "\t", 1, err));
            if (value == NULL)
                EG_TRY(eg_buffer_append(&link->text, "\\N", 2, err));
            else
                EG_TRY(add_text(&link->text, value, err));
        }
        EG_TRY(eg_buffer_append(&link->text, "\n", 1, err));
    }
}

enum eg_code eg__chain_hash(struct eg__chain_link *link, struct eg__store *store, int64_t number,
                            int64_t form, const char *previous, struct eg_error *err)
{
    uint8_t digest[EG_SHA256_SIZE];
    char head[140];

    const int head_size =
        snprintf(head, sizeof head, "chain\t%" PRId64 "\t%" PRId64 "\t%.64s\n", number, form, previous);
    link->text.size = 0;
    EG_TRY(eg_buffer_append(&link->text, head, (size_t)head_size, err));
    for (const struct eg__chain_part *part = eg__chain_parts(form); part->table != NULL; part++)
        EG_TRY(add_part(link, store, part, err));
    EG_TRY(eg_sha256(digest, link->text.data, link->text.size, err));
    eg_hex(link->hash, digest, sizeof digest);
    return EG_OK;
}

static void link_finish(struct eg__chain_link *link)
{
    eg_buffer_finish(&link->text);
}

enum eg_code eg__chain_append(struct eg__store *store, int64_t run, struct eg_error *err)
{
    EG_CLEANUP(link_finish) struct eg__chain_link link = {.run = run};
    sqlite3_stmt *last = store->statements[EG__CHAIN_LAST];
    sqlite3_stmt *add = store->statements[EG__ADD_LINK];
    char previous[EG_SHA256_TEXT];
    int64_t number = 0;
    bool row;

    snprintf(previous, sizeof previous, "%s", EG__CHAIN_START);
    EG_TRY(eg__store_next(store, EG__CHAIN_LAST, &row, err));
    if (row) {
        number = sqlite3_column_int64(last, 0);
        snprintf(previous, sizeof previous, "%s", (const char *)sqlite3_column_text(last, 1));
        sqlite3_reset(last);
    }
    EG_TRY(eg__chain_hash(&link, store, number + 1, FORM, previous, err));
    eg__bind_number(add, 1, (uint64_t)number + 1);
    eg__bind_number(add, 2, (uint64_t)run);
    eg__bind_number(add, 3, FORM);
    eg__bind_text(add, 4, previous);
    eg__bind_text(add, 5, link.hash);
    return eg__store_run(store, EG__ADD_LINK, err);
}
