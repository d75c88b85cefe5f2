/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The hash chain over finished runs. What is hashed is text, so that anybody with the file can compute it
 * again: one line per row, values between tabs, escaped as db/README.md says. A form says which rows, and
 * never changes; another text would be another form. Runs of older versions keep theirs.
 *
 * Beside the hash each link has marks: for every part of its text the number of rows and a checksum. They
 * prove nothing, but tell in which table to look when a hash is wrong.
 */

#include "db/chain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

static const struct eg__chain_part form_5[] = {
    {EG__CHAIN_SESSION_KIND, "session"},  {EG__CHAIN_RUN, "run"},
    {EG__CHAIN_INTENTS, "intent"},        {EG__CHAIN_OUTCOME, "outcome"},
    {EG__CHAIN_STAGES, "stage"},          {EG__CHAIN_REGIONS, "region"},
    {EG__CHAIN_VALUES, "run_value"},      {EG__CHAIN_LOG, "run_log"},
    {EG__CHAIN_ALL_OF_ROWS, "pool_row"},  {EG__CHAIN_EVENTS, "pool_event"},
    {EG__CHAIN_BRIDGE, "run_bridge"},     {EG__CHAIN_LABEL, "run_label"},
    {EG__CHAIN_DEVICE, "run_device"},     {EG__CHAIN_TIMES, "region_time"},
    {EG__CHAIN_MERGED_RUN, "merged_run"}, {EG__CHAIN_MERGED_SESSION, "merged_session"},
    {EG__CHAIN_LEDGER, "ledger"},         {EG__CHAIN_CLAIMS, "run_claim"},
    {EG__STATEMENT_COUNT, NULL},
};

static const struct eg__chain_part *const forms[] = {form_1, form_2, form_3, form_4, form_5};

int64_t eg__chain_newest(void)
{
    return (int64_t)(sizeof forms / sizeof forms[0]);
}

const struct eg__chain_part *eg__chain_parts(int64_t form)
{
    return form >= 1 && form <= eg__chain_newest() ? forms[form - 1] : NULL;
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
            eg__row_mark(link->marks, count, link->text.data + before, link->text.size - before);
            return EG_OK;
        }
        if (eg__row_text(&link->text, rows, err) != EG_OK) {
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
    EG_TRY(eg__chain_hash(&link, store, number + 1, eg__chain_newest(), previous, err));
    eg__bind_number(add, 1, (uint64_t)number + 1);
    eg__bind_number(add, 2, (uint64_t)run);
    eg__bind_number(add, 3, (uint64_t)eg__chain_newest());
    eg__bind_text(add, 4, previous);
    eg__bind_text(add, 5, link.hash);
    eg__bind_text(add, 6, link.marks);
    return eg__store_run(store, EG__ADD_LINK, err);
}
