/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The columns of a run: recorded, hashed and shown. run_columns.def lists them; here is the code generated
 * from it.
 */

#ifndef DB_RUN_COLUMNS_H
#define DB_RUN_COLUMNS_H

#include "db/sqlite.h"
#include "engine/plan/recorder.h"

#include <stddef.h>

#include "db/run_columns.def" /* EG__CHAIN_FORM */

/** A start of the program. */
struct eg__session {
    const char *station, *operator_name, *batch;
    const struct eg_plan *plan;
    bool simulated;
};

/** Sources of a row's values; the columns of a table use what they need. */
struct eg__row {
    int64_t job, session, run;
    unsigned position; /* of a stage, region or value, from 1 */
    const struct eg__session *start;
    const struct eg_run_begin *begin;
    const struct eg_unit *unit; /* NULL = not known: its columns become NULL */
    const struct eg_run_record *end;
    const struct eg_stage_record *stage;
    const struct eg_region_record *region;
    const struct eg_erased_record *erased;
    const struct eg_value_record *value;
    const uint8_t *log_sha256;
};

/** Append the INSERT statement of a table. */
void eg__columns_insert(sqlite3_str *sql, const char *table);

/** Bind all values of an INSERT statement. The caller owns them until it is stepped. */
void eg__columns_bind(sqlite3_stmt *statement, const char *table, const struct eg__row *row);

/** Append ", name" for each column of a table that a form of the chain hashes. */
void eg__columns_hashed(sqlite3_str *sql, const char *table, int64_t form);

/** Append ", name" for each column of `unit`. */
void eg__columns_unit(sqlite3_str *sql);

/**
 * Append ", 'name', name" for each recorded and hashed column of a table, without values from other tables.
 */
void eg__columns_json(sqlite3_str *sql, const char *table);

#endif
