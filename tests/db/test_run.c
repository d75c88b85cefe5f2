/* SPDX-License-Identifier: Apache-2.0 */

/* How a run is shown: the view for people, and its table in db/README.md. */

#include "db/run.h"

#include "db/migrate.h"
#include "engine/base/file.h"
#include "tests/db/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Read the view's column names: "run batch station ...". */
static void read_view(char *names, size_t size, sqlite3 *db)
{
    sqlite3_stmt *rows = NULL;
    size_t used = 0;

    assert_int_equal(sqlite3_prepare_v2(db, "SELECT name FROM pragma_table_info('runs')", -1, &rows, NULL),
                     SQLITE_OK);
    while (sqlite3_step(rows) == SQLITE_ROW)
        used += (size_t)snprintf(names + used, size - used, "%s ", sqlite3_column_text(rows, 0));
    sqlite3_finalize(rows);
    assert_true(used < size);
}

static void columns_of_the_view_stay_in_their_places(void **state)
{
    char released[2000], now[2000];
    struct eg_error err;
    sqlite3 *db = NULL;

    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (unsigned i = 0; eg__schemas[i] != NULL; i++)
        assert_ok(eg__sqlite_exec(db, (const char *)eg__schemas[i], &err), err);
    read_view(released, sizeof released, db);
    sqlite3_close(db);
    assert_ok(eg__migrate_fresh(&db, &err), err);
    read_view(now, sizeof now, db);
    sqlite3_close(db);
    now[strlen(released)] = '\0';
    assert_string_equal(now, released);
}

/* Places of every shown column, by answer. */
static const unsigned places[][EG_RUN_ANSWERS] = {
#define COLUMN(table, name, since, kind, value, shown) shown
#define COMPUTED(shown)                                shown
#define NOTHING
#define IN(view, history, history_width, units, units_width, report) {view, history, units, report},
#define SHOWN(name, member, kind, sql, places, about)                places
#include "db/run_columns.def"
};

static void every_place_of_an_answer_is_taken_once(void **state)
{
    (void)state;
    for (unsigned answer = 0; answer < EG_RUN_ANSWERS; answer++) {
        unsigned seen = 0, shown = 0;
        while (eg_run_column(answer, seen) != NULL)
            seen++;
        for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++)
            shown += places[i][answer] != 0;
        assert_int_equal(seen, shown);
        assert_true(seen > 0);
    }
}

static void the_readme_has_the_table_of_the_view(void **state)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer readme = {0};
    const struct eg_run_column *column;
    char path[500], table[8000] = "| Column | What |\n|---|---|\n";
    struct eg_error err;

    (void)state;
    for (unsigned i = 0; (column = eg_run_column(EG_RUN_VIEW, i)) != NULL; i++) {
        const size_t used = strlen(table);
        snprintf(table + used, sizeof table - used, "| `%s` | %s |\n", column->name, column->about);
    }
    snprintf(path, sizeof path, "%s/db/README.md", getenv("EG_SOURCES"));
    assert_ok(eg_file_read(&readme, path, 1 << 20, &err), err);
    if (strstr((const char *)readme.data, table) == NULL)
        fail_msg("db/README.md lacks this table, which run_columns.def gives:\n%s", table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_of_the_view_stay_in_their_places),
        cmocka_unit_test(every_place_of_an_answer_is_taken_once),
        cmocka_unit_test(the_readme_has_the_table_of_the_view),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
