/* SPDX-License-Identifier: Apache-2.0 */

#include "db/run.h"

#include <string.h>

static const struct eg_run_column columns[] = {
#define COLUMN(table, name, since, kind, value, shown) shown
#define COMPUTED(shown)                                shown
#define NOTHING
#define IN(view, history, history_width, units, units_width, report)                                         \
    {view, history, units, report}, {0, history_width, units_width, 0},
#define SHOWN(name, member, kind, sql, places, about)                                                        \
    {name, #member, sql, about, EG_RUN_##kind, offsetof(struct eg_run_row, member), places},
#include "db/run_columns.def"
};

#define COUNT (sizeof columns / sizeof columns[0])

_Static_assert(COUNT < EG_RUN_COLUMNS, "an answer has room for all columns");

const struct eg_run_column *eg_run_column(enum eg_run_answer answer, unsigned index)
{
    for (size_t i = 0; i < COUNT; i++)
        if (columns[i].place[answer] == index + 1)
            return &columns[i];
    return NULL;
}

void eg_run_columns(const struct eg_run_column *found[EG_RUN_COLUMNS], enum eg_run_answer answer)
{
    unsigned i = 0;

    while ((found[i] = eg_run_column(answer, i)) != NULL)
        i++;
}

const struct eg_run_column *eg_run_column_of_all(unsigned index)
{
    return index < COUNT ? &columns[index] : NULL;
}

/* For people: one row per run, finished or not. Ledgers are checked for its exact text, spaces included. */
static const char joins[] = "\nFROM run\n"
                            "JOIN session USING (session_id)\n"
                            "JOIN job USING (job_id)\n"
                            "LEFT JOIN outcome ON outcome.run_id = run.run_id\n"
                            "LEFT JOIN chain ON chain.run_id = run.run_id\n"
                            "LEFT JOIN run_bridge ON run_bridge.run_id = run.run_id\n"
                            "LEFT JOIN run_label ON run_label.run_id = run.run_id\n"
                            "LEFT JOIN run_device ON run_device.run_id = run.run_id\n"
                            "LEFT JOIN run_link ON run_link.run_id = run.run_id\n"
                            "LEFT JOIN intent ON intent.intent_id = (SELECT max(intent_id) FROM intent AS i "
                            "WHERE i.run_id = run.run_id);\n";

/* Return whether an expression is just TABLE.NAME. */
static bool is_plain(const struct eg_run_column *column)
{
    const char *const point = strrchr(column->sql, '.');

    return point != NULL && strcmp(point + 1, column->name) == 0;
}

void eg__run_view(sqlite3_str *sql)
{
    const struct eg_run_column *column;

    sqlite3_str_appendall(sql, "DROP VIEW IF EXISTS runs;\nCREATE VIEW runs AS\nSELECT");
    for (unsigned i = 0; (column = eg_run_column(EG_RUN_VIEW, i)) != NULL; i++) {
        sqlite3_str_appendf(sql, "%s\n    %s", i > 0 ? "," : "", column->sql);
        if (!is_plain(column))
            sqlite3_str_appendf(sql, " AS %s", column->name);
    }
    sqlite3_str_appendall(sql, joins);
}
