/* SPDX-License-Identifier: Apache-2.0 */

/* Checks the table of columns against the schema: recorded and hashed columns are those of a ledger. */

#include "db/run_columns.h"

#include "db/migrate.h"
#include "tests/db/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *text_of(void (*append)(sqlite3_str *sql, const char *table), const char *table)
{
    sqlite3_str *sql = sqlite3_str_new(NULL);

    append(sql, table);
    return sqlite3_str_finish(sql);
}

/* Return ", a, b" for the columns of a table. sqlite3_free() it. */
static char *columns_of(sqlite3 *db, const char *table)
{
    sqlite3_stmt *rows = NULL;
    sqlite3_str *names = sqlite3_str_new(NULL);

    assert_int_equal(sqlite3_prepare_v2(db, "SELECT name FROM pragma_table_info(?1)", -1, &rows, NULL),
                     SQLITE_OK);
    sqlite3_bind_text(rows, 1, table, -1, SQLITE_STATIC);
    while (sqlite3_step(rows) == SQLITE_ROW)
        sqlite3_str_appendf(names, ", %s", sqlite3_column_text(rows, 0));
    sqlite3_finalize(rows);
    return sqlite3_str_finish(names);
}

/* Return whether the list ", a, b" contains a name. */
static bool has(const char *list, const char *name)
{
    const size_t size = strlen(name);

    for (const char *at = list; (at = strstr(at, name)) != NULL; at++)
        if (at >= list + 2 && at[-2] == ',' && (at[size] == ',' || at[size] == '\0'))
            return true;
    return false;
}

static void newest(sqlite3_str *sql, const char *table)
{
    eg__columns_hashed(sql, table, EG__CHAIN_FORM);
}

static const char *const tables[] = {"run",       "run_bridge",  "run_label",  "intent",    "outcome",
                                     "stage",     "region",      "run_device", "run_value", "run_log",
                                     "run_claim", "region_time", "run_link",   "session"};

static void every_column_of_a_run_is_hashed(void **state)
{
    struct eg_error err;
    sqlite3 *db = NULL;

    (void)state;
    assert_ok(eg__migrate_fresh(&db, &err), err);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char *const there = columns_of(db, tables[i]), *const hashed = text_of(newest, tables[i]);
        for (char *rest = NULL, *name = strtok_r(there, ", ", &rest); name != NULL;
             name = strtok_r(NULL, ", ", &rest))
            if (strcmp(name, "zstd") != 0 && strcmp(name, "job_id") != 0 && !has(hashed, name))
                fail_msg("column %s of table %s is in no form of the chain", name, tables[i]);
        sqlite3_free(there);
        sqlite3_free(hashed);
    }
    sqlite3_close(db);
}

static void every_insert_is_one_of_the_schema(void **state)
{
    struct eg_error err;
    sqlite3 *db = NULL;

    (void)state;
    assert_ok(eg__migrate_fresh(&db, &err), err);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char *const sql = text_of(eg__columns_insert, tables[i]);
        sqlite3_stmt *insert = NULL;
        if (strcmp(tables[i], "run_claim") != 0 && /* claim.c writes it */
            sqlite3_prepare_v2(db, sql, -1, &insert, NULL) != SQLITE_OK)
            fail_msg("%s: %s", sql, sqlite3_errmsg(db));
        sqlite3_finalize(insert);
        sqlite3_free(sql);
    }
    sqlite3_close(db);
}

static void older_forms_keep_their_columns(void **state)
{
    sqlite3_str *sql = sqlite3_str_new(NULL);

    (void)state;
    eg__columns_hashed(sql, "session", 4);
    eg__columns_hashed(sql, "run_log", 1);
    eg__columns_hashed(sql, "run_log", 2);
    char *const text = sqlite3_str_finish(sql);
    assert_string_equal(text,
                        ", session_id, started_utc, station, operator, batch, sha256, job_path, tool_version"
                        ", run_id, size, sha256");
    sqlite3_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_column_of_a_run_is_hashed),
        cmocka_unit_test(every_insert_is_one_of_the_schema),
        cmocka_unit_test(older_forms_keep_their_columns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
