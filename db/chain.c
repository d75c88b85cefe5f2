/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The chain: every finished run carries the hash of the one that finished before it.
 *
 * What is hashed is read back from the tables, so that anybody who can read the file can compute it again:
 * one line per row, values between tabs, escaped as db/README.md says. That text is form 3. It never changes;
 * another text would be form 4. Runs of older versions keep their form: 2 is the same without the last four
 * parts, 1 without the four before them, too.
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

enum eg_code eg__chain_append(struct eg__store *store, int64_t run, struct eg_error *err)
{
    static const enum eg__statement parts[] = {
        EG__CHAIN_SESSION, EG__CHAIN_RUN,    EG__CHAIN_INTENTS, EG__CHAIN_OUTCOME, EG__CHAIN_STAGES,
        EG__CHAIN_REGIONS, EG__CHAIN_VALUES, EG__CHAIN_LOG,     EG__CHAIN_ROWS,    EG__CHAIN_EVENTS,
        EG__CHAIN_BRIDGE,  EG__CHAIN_LABEL,  EG__CHAIN_DEVICE,  EG__CHAIN_TIMES};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    sqlite3_stmt *last = store->statements[EG__CHAIN_LAST];
    sqlite3_stmt *add = store->statements[EG__ADD_LINK];
    char previous[EG_SHA256_TEXT], hash[EG_SHA256_TEXT];
    uint8_t digest[EG_SHA256_SIZE] = {0};
    char head[100];
    int64_t link = 0;
    bool row;

    eg_hex(previous, digest, sizeof digest);
    EG_TRY(eg__store_next(store, EG__CHAIN_LAST, &row, err));
    if (row) {
        link = sqlite3_column_int64(last, 0);
        snprintf(previous, sizeof previous, "%s", (const char *)sqlite3_column_text(last, 1));
        sqlite3_reset(last);
    }
    const int head_size = snprintf(head, sizeof head, "chain\t%" PRId64 "\t3\t%s\n", link + 1, previous);
    EG_TRY(eg_buffer_append(&text, head, (size_t)head_size, err));
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++)
        EG_TRY(add_rows(&text, store, parts[i], run, err));
    EG_TRY(eg_sha256(digest, text.data, text.size, err));
    eg_hex(hash, digest, sizeof digest);

    sqlite3_bind_int64(add, 1, link + 1);
    sqlite3_bind_int64(add, 2, run);
    sqlite3_bind_text(add, 3, previous, -1, SQLITE_STATIC);
    sqlite3_bind_text(add, 4, hash, -1, SQLITE_STATIC);
    return eg__store_run(store, EG__ADD_LINK, err);
}
