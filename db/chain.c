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

/* One line for each row of a statement. */
static enum eg_code add_rows(struct eg_buffer *text, struct eg__store *store, enum eg__statement which,
                             int64_t run, struct eg_error *err)
{
    sqlite3_stmt *statement = store->statements[which];
    const int columns = sqlite3_column_count(statement);
    bool row;

    sqlite3_bind_int64(statement, 1, run);
    for (;;) {
        EG_TRY(eg__store_next(store, which, &row, err));
        if (!row)
            return EG_OK;
        for (int i = 0; i < columns; i++) {
            const char *value = (const char *)sqlite3_column_text(statement, i);
            if (i > 0)
                EG_TRY(eg_buffer_append(text, "\t", 1, err));
            if (value == NULL)
                EG_TRY(eg_buffer_append(text, "\\N", 2, err));
            else
                EG_TRY(add_text(text, value, err));
        }
        EG_TRY(eg_buffer_append(text, "\n", 1, err));
    }
}

enum eg_code eg__chain_hash(struct eg__store *store, const struct eg__link *link, char hash[EG_SHA256_TEXT],
                            struct eg_error *err)
{
    static const struct {
        int form; /* the first that has it */
        enum eg__statement rows;
    } parts[] = {
        {1, EG__CHAIN_SESSION}, {1, EG__CHAIN_RUN},     {1, EG__CHAIN_INTENTS}, {1, EG__CHAIN_OUTCOME},
        {1, EG__CHAIN_STAGES},  {1, EG__CHAIN_REGIONS}, {2, EG__CHAIN_VALUES},  {2, EG__CHAIN_LOG},
        {2, EG__CHAIN_ROWS},    {2, EG__CHAIN_EVENTS},
    };
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    uint8_t digest[EG_SHA256_SIZE];
    char head[120];

    const int head_size =
        snprintf(head, sizeof head, "chain\t%" PRId64 "\t%d\t%s\n", link->number, link->form, link->previous);
    EG_TRY(eg_buffer_append(&text, head, (size_t)head_size, err));
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i].form <= link->form)
            EG_TRY(add_rows(&text, store, parts[i].rows, link->run, err));
    EG_TRY(eg_sha256(digest, text.data, text.size, err));
    eg_hex(hash, digest, sizeof digest);
    return EG_OK;
}

enum eg_code eg__chain_append(struct eg__store *store, int64_t run, struct eg_error *err)
{
    sqlite3_stmt *last = store->statements[EG__CHAIN_LAST];
    sqlite3_stmt *add = store->statements[EG__ADD_LINK];
    const uint8_t none[EG_SHA256_SIZE] = {0};
    struct eg__link link = {.number = 1, .run = run, .form = EG__CHAIN_FORM};
    char hash[EG_SHA256_TEXT];
    bool row;

    eg_hex(link.previous, none, sizeof none);
    EG_TRY(eg__store_next(store, EG__CHAIN_LAST, &row, err));
    if (row) {
        link.number = sqlite3_column_int64(last, 0) + 1;
        snprintf(link.previous, sizeof link.previous, "%s", (const char *)sqlite3_column_text(last, 1));
        sqlite3_reset(last);
    }
    EG_TRY(eg__chain_hash(store, &link, hash, err));
    sqlite3_bind_int64(add, 1, link.number);
    sqlite3_bind_int64(add, 2, run);
    sqlite3_bind_text(add, 3, link.previous, -1, SQLITE_STATIC);
    sqlite3_bind_text(add, 4, hash, -1, SQLITE_STATIC);
    return eg__store_run(store, EG__ADD_LINK, err);
}
