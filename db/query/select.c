/* SPDX-License-Identifier: Apache-2.0 */

#include "db/query/select_internal.h"

bool eg_selection_is_all(const struct eg_selection *selection)
{
    return selection == NULL ||
           (selection->batches == NULL && selection->station == NULL && selection->operator_name == NULL &&
            selection->slot == NULL && selection->label == NULL && selection->job == NULL &&
            selection->chip == NULL && selection->since_utc == NULL && selection->until_utc == NULL &&
            selection->outcomes == NULL && selection->code == NULL);
}

static void add_list(sqlite3_str *sql, const char *column, const char *const *values)
{
    if (values == NULL)
        return;
    sqlite3_str_appendf(sql, " AND %s IN (", column);
    for (size_t i = 0; values[i] != NULL; i++)
        sqlite3_str_appendf(sql, i > 0 ? ", %Q" : "%Q", values[i]);
    sqlite3_str_appendall(sql, ")");
}

static void add(sqlite3_str *sql, const char *condition, const char *value)
{
    if (value != NULL)
        sqlite3_str_appendf(sql, " AND %s %Q", condition, value);
}

void eg__select_where(sqlite3_str *sql, const struct eg_selection *selection)
{
    add_list(sql, "session.batch", selection->batches);
    add(sql, "session.station =", selection->station);
    add(sql, "session.operator =", selection->operator_name);
    add(sql, "job.name =", selection->job);
    add(sql, "run.slot =", selection->slot);
    if (selection->label != NULL)
        sqlite3_str_appendf(sql, " AND run.run_id IN (SELECT run_id FROM run_label WHERE label = %Q)",
                            selection->label);
    add(sql, "coalesce(outcome.chip, job.chip) =", selection->chip);
    add(sql, "coalesce(finished_utc, run.started_utc) >=", selection->since_utc);
    add(sql, "coalesce(finished_utc, run.started_utc) <", selection->until_utc);
}

void eg__select_ended(sqlite3_str *sql, const struct eg_selection *selection, const char *table)
{
    char column[40];

    sqlite3_snprintf(sizeof column, column, "%s.outcome", table);
    add_list(sql, column, selection->outcomes);
    sqlite3_snprintf(sizeof column, column, "%s.code =", table);
    add(sql, column, selection->code);
}

void eg__select_counting_where(sqlite3_str *sql, const struct eg_selection *selection)
{
    sqlite3_str_appendall(sql, " WHERE session.simulated = (SELECT min(simulated) FROM session WHERE 1");
    add_list(sql, "session.batch", selection->batches);
    sqlite3_str_appendall(sql, ")");
    eg__select_where(sql, selection);
}

void eg__select_counting(sqlite3_str *sql, const struct eg_selection *selection)
{
    sqlite3_str_appendall(sql, "SELECT run_id FROM " EG__SELECT_TABLES);
    eg__select_counting_where(sql, selection);
}

enum eg_code eg_query_refuse_unknown_batch(struct eg_query *query, const char *name, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *find = NULL;
    bool known;

    EG_TRY(eg__query_prepare(&find, query, "SELECT 1 FROM session WHERE batch = ?1 LIMIT 1", name, err));
    EG_TRY(eg__query_next(query, find, &known, err));
    return known ? EG_OK : eg__query_no_batch(query, name, err);
}
