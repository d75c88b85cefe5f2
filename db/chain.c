/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The hash chain over finished runs. What is hashed is text, so that anybody with the file can compute it
 * again: one line per row, values between tabs, escaped as db/README.md says. A form says which rows, and
 * never changes; another text would be another form. Runs of older versions keep theirs.
 *
 * Beside the hash each link has marks: for every part of its text the number of rows and a checksum. They
 * prove nothing, but tell in which table to look when a hash is wrong.
 */

#include "db/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FORM 4 /* of the runs that finish now */

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

static const struct eg__chain_part form_3[] = {
    {EG__CHAIN_SESSION, "session"},   {EG__CHAIN_RUN, "run"},           {EG__CHAIN_INTENTS, "intent"},
    {EG__CHAIN_OUTCOME, "outcome"},   {EG__CHAIN_STAGES, "stage"},      {EG__CHAIN_REGIONS, "region"},
    {EG__CHAIN_VALUES, "run_value"},  {EG__CHAIN_LOG, "run_log"},       {EG__CHAIN_ROWS, "pool_row"},
    {EG__CHAIN_EVENTS, "pool_event"}, {EG__CHAIN_BRIDGE, "run_bridge"}, {EG__CHAIN_LABEL, "run_label"},
    {EG__CHAIN_DEVICE, "run_device"}, {EG__CHAIN_TIMES, "region_time"}, {EG__STATEMENT_COUNT, NULL},
};

static const struct eg__chain_part form_4[] = {
    {EG__CHAIN_SESSION, "session"},       {EG__CHAIN_RUN, "run"},
    {EG__CHAIN_INTENTS, "intent"},        {EG__CHAIN_OUTCOME, "outcome"},
    {EG__CHAIN_STAGES, "stage"},          {EG__CHAIN_REGIONS, "region"},
    {EG__CHAIN_VALUES, "run_value"},      {EG__CHAIN_LOG, "run_log"},
    {EG__CHAIN_ALL_OF_ROWS, "pool_row"},  {EG__CHAIN_EVENTS, "pool_event"},
    {EG__CHAIN_BRIDGE, "run_bridge"},     {EG__CHAIN_LABEL, "run_label"},
    {EG__CHAIN_DEVICE, "run_device"},     {EG__CHAIN_TIMES, "region_time"},
    {EG__CHAIN_MERGED_RUN, "merged_run"}, {EG__CHAIN_MERGED_SESSION, "merged_session"},
    {EG__CHAIN_LEDGER, "ledger"},         {EG__STATEMENT_COUNT, NULL},
};

const struct eg__chain_part *eg__chain_parts(int64_t form)
{
    static const struct eg__chain_part *const forms[] = {form_1, form_2, form_3, form_4};

    return form >= 1 && form <= (int64_t)(sizeof forms / sizeof forms[0]) ? forms[form - 1] : NULL;
}

static enum eg_code add_text(struct eg_buffer *text, const char *value, size_t size, struct eg_error *err)
{
    size_t done = 0;

    for (size_t i = 0; i < size; i++) {
        const char *escape = value[i] == '\\'   ? "\\\\"
                             : value[i] == '\t' ? "\\t"
                             : value[i] == '\n' ? "\\n"
                                                : NULL;
        if (escape == NULL)
            continue;
        EG_TRY(eg_buffer_append(text, value + done, i - done, err));
        EG_TRY(eg_buffer_append(text, escape, 2, err));
        done = i + 1;
    }
    return eg_buffer_append(text, value + done, size - done, err);
}

#define DECIMAL_MAX 20 /* of 64 bits with a sign */

/* What "%lld" makes, which a million runs would wait for. Returns the first digit, before `end`. */
static char *decimal(char *end, int64_t number)
{
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do
        *--end = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (number < 0)
        *--end = '-';
    return end;
}

static enum eg_code add_value(struct eg_buffer *text, sqlite3_stmt *row, int column, struct eg_error *err)
{
    char digits[DECIMAL_MAX], *const end = digits + sizeof digits;

    switch (sqlite3_column_type(row, column)) {
    case SQLITE_NULL:
        return eg_buffer_append(text, "\\N", 2, err);
    case SQLITE_INTEGER: {
        const char *first = decimal(end, sqlite3_column_int64(row, column));
        return eg_buffer_append(text, first, (size_t)(end - first), err);
    }
    default: {
        const char *value = (const char *)sqlite3_column_text(row, column);
        if (value == NULL)
            return eg_error_set(err, EG_NO_MEMORY, "out of memory");
        return add_text(text, value, (size_t)sqlite3_column_bytes(row, column), err);
    }
    }
}

enum eg_code eg__chain_add_row(struct eg_buffer *text, sqlite3_stmt *row, struct eg_error *err)
{
    const int columns = sqlite3_column_count(row);

    for (int i = 0; i < columns; i++) {
        if (i > 0)
            EG_TRY(eg_buffer_append(text, "\t", 1, err));
        EG_TRY(add_value(text, row, i, err));
    }
    return eg_buffer_append(text, "\n", 1, err);
}

void eg__chain_mark(char marks[EG__MARKS_TEXT], int64_t rows, const uint8_t *part, size_t size)
{
    char digits[DECIMAL_MAX], *const end = digits + sizeof digits;
    const char *first = decimal(end, rows);
    char *at = marks + strlen(marks);
    uint32_t checksum = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < size; i++)
        checksum = (checksum ^ part[i]) * 16777619u;
    if (at > marks)
        *at++ = ' ';
    memcpy(at, first, (size_t)(end - first));
    at += end - first;
    *at++ = '.';
    const uint8_t bytes[] = {(uint8_t)(checksum >> 24), (uint8_t)(checksum >> 16), (uint8_t)(checksum >> 8),
                             (uint8_t)checksum};
    eg_hex(at, bytes, sizeof bytes);
}

/* One line for each row of a part. */
static enum eg_code add_part(struct eg__chain_link *link, struct eg__store *store,
                             const struct eg__chain_part *part, struct eg_error *err)
{
    sqlite3_stmt *rows = store->statements[part->statement];
    const size_t before = link->text.size;
    bool row;

    sqlite3_bind_int64(rows, 1, link->run);
    for (int64_t count = 0;; count++) {
        EG_TRY(eg__store_next(store, part->statement, &row, err));
        if (!row) {
            link->rows[part->statement] += count;
            eg__chain_mark(link->marks, count, link->text.data + before, link->text.size - before);
            return EG_OK;
        }
        if (eg__chain_add_row(&link->text, rows, err) != EG_OK) {
            sqlite3_reset(rows);
            return err->code;
        }
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
    link->marks[0] = '\0';
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
    eg__bind_text(add, 6, link.marks);
    return eg__store_run(store, EG__ADD_LINK, err);
}
