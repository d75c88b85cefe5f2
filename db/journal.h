/* SPDX-License-Identifier: Apache-2.0 */

/* The second chain, over rows that belong to no run. Every call runs inside a transaction of its caller. */

#ifndef DB_JOURNAL_H
#define DB_JOURNAL_H

#include "db/row_text.h"
#include "engine/base/digest.h"

enum eg__entry {
    EG__ENTRY_JOB,
    EG__ENTRY_SESSION,
    EG__ENTRY_IMPORT,
    EG__ENTRY_SEAL,
    EG__ENTRY_PURGE,
    EG__ENTRY_RESET,
    EG__ENTRY_LABEL_FORM,
    EG__ENTRY_LABEL_PRINT,
    EG__ENTRY_REPORT_FORM,
    EG__ENTRY_COUNT
};

/**
 * A part of an entry, like a part of a run's text: its table, and the statement that reads its rows by id.
 */
struct eg__entry_part {
    const char *table, *sql;
};

struct eg__entry_kind {
    const char *name, *table, *id;
    struct eg__entry_part parts[4];
};

extern const struct eg__entry_kind eg__entry_kinds[EG__ENTRY_COUNT];

/** An entry to compute, and its result. */
struct eg__journal_entry {
    int64_t entry, number, chain_id;
    enum eg__entry kind;
    char chain_hash[EG_SHA256_TEXT], previous[EG_SHA256_TEXT];
    char hash[EG_SHA256_TEXT], marks[EG__MARKS_TEXT];
};

enum eg_code eg__journal_hash(struct eg__journal_entry *entry, sqlite3 *db, struct eg_error *err) EG_CHECKED;
/** Add an entry for the row with this id. The row and everything that belongs to it exist already. */
enum eg_code eg__journal_append(sqlite3 *db, enum eg__entry kind, int64_t number,
                                struct eg_error *err) EG_CHECKED;
/** Add entries for rows that are older than the journal. */
enum eg_code eg__journal_begin(sqlite3 *db, struct eg_error *err) EG_CHECKED;

#endif
