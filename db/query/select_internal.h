/* SPDX-License-Identifier: Apache-2.0 */

/* The SQL of selections. */

#ifndef DB_QUERY_SELECT_INTERNAL_H
#define DB_QUERY_SELECT_INTERNAL_H

#include "db/query/query_internal.h"
#include "db/query/select.h"

/** Append " AND ..." for the conditions on place, job and time, over EG__SELECT_TABLES. */
void eg__select_where(sqlite3_str *sql, const struct eg_selection *selection);
#define EG__SELECT_TABLES "run " EG__SELECT_JOINS
#define EG__SELECT_JOINS                                                                                     \
    "JOIN session USING (session_id) JOIN job USING (job_id) LEFT JOIN outcome USING (run_id)"

/** Append " AND ..." for the conditions on how a run ended, over a table with `outcome` and `code`. */
void eg__select_ended(sqlite3_str *sql, const struct eg_selection *selection, const char *table);

/**
 * Append a query of run_id: the runs that count (EG__COUNTS) with these conditions on place, job and time;
 * for EG__COUNTED.
 */
void eg__select_counting(sqlite3_str *sql, const struct eg_selection *selection);

/** Append its " WHERE ..." alone. */
void eg__select_counting_where(sqlite3_str *sql, const struct eg_selection *selection);

#endif
