/* SPDX-License-Identifier: Apache-2.0 */

/* Changes every column of every row, removes every row, exchanges all neighbours: the audit names the row. */

#include "tests/db/proof/spoil.h"

struct tampering {
    char good[120], path[120]; /* the ledger without its triggers, and a copy to tamper with */
    sqlite3 *db;               /* of `good`, to ask */
    unsigned done, missed;
};

/* The columns of a table, and its primary key. */
struct table {
    char name[40], columns[30][40], key[200];
    int64_t rows;
    unsigned count;
    bool has_run; /* a column run_id */
};

static char *ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const char *text = (const char *)sqlite3_column_text(statement, 0);
    char *result = strdup(text != NULL ? text : "");
    sqlite3_finalize(statement);
    return result;
}

/* The audit must name this table and, if the table has run ids, one of these runs. */
static void expect_named(struct tampering *tampering, const struct table *table, const char *where,
                         const char *other, const char *sql)
{
    /* the facts of an image are facts of the regions that have it */
    const bool of_region = strcmp(table->name, "image") == 0 || strcmp(table->name, "region_row") == 0;
    struct eg_audit audit;
    struct eg_error err;
    bool named = true;
    sqlite3 *db = NULL;

    copy(tampering->good, tampering->path);
    assert_int_equal(sqlite3_open(tampering->path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(
            db, "PRAGMA ignore_check_constraints = ON; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF",
            NULL, NULL, NULL),
        SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
    tampering->done++;
    if (eg_audit(&audit, tampering->path, NULL, NULL, NULL, &err) != EG_OK) {
        print_error("%s\n  fails: %s\n", sql, err.text);
        tampering->missed++;
        return;
    }
    if (audit.bad.text[0] == '\0' || strcmp(audit.bad.table, of_region ? "region" : table->name) != 0)
        named = false;
    if (named && table->has_run && strcmp(table->name, "chain") != 0) {
        char question[300];
        snprintf(question, sizeof question, "SELECT count(*) FROM %s WHERE run_id = %lld AND (%s OR %s)",
                 table->name, (long long)audit.bad.number, where, other);
        char *count = ask(tampering->db, question);
        named = strcmp(count, "0") != 0;
        free(count);
    }
    if (!named) {
        print_error("%s\n  says: '%s'\n", sql, audit.bad.text);
        tampering->missed++;
    }
}

static void read_table(struct tampering *tampering, struct table *table, const char *name)
{
    sqlite3_stmt *columns = NULL;
    char sql[120];

    *table = (struct table){.rows = 0};
    snprintf(table->name, sizeof table->name, "%s", name);
    snprintf(sql, sizeof sql, "SELECT name, pk FROM pragma_table_info('%s')", name);
    assert_int_equal(sqlite3_prepare_v2(tampering->db, sql, -1, &columns, NULL), SQLITE_OK);
    while (sqlite3_step(columns) == SQLITE_ROW) {
        const char *column = (const char *)sqlite3_column_text(columns, 0);
        assert_true(table->count < 30);
        snprintf(table->columns[table->count++], 40, "%s", column);
        table->has_run = table->has_run || strcmp(column, "run_id") == 0;
        if (sqlite3_column_int(columns, 1) != 0)
            snprintf(table->key + strlen(table->key), sizeof table->key - strlen(table->key), "%s%s",
                     table->key[0] != '\0' ? " || ' AND ' || " : "", "");
        if (sqlite3_column_int(columns, 1) != 0)
            snprintf(table->key + strlen(table->key), sizeof table->key - strlen(table->key), "'%s = ' || %s",
                     column, column);
    }
    sqlite3_finalize(columns);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", name);
    char *rows = ask(tampering->db, sql);
    table->rows = atoi(rows);
    free(rows);
    assert_true(table->rows > 0);
    assert_true(table->key[0] != '\0');
}

/* Return the condition that selects one row by its place in key order. */
static char *where_of(struct tampering *tampering, const struct table *table, int64_t row)
{
    char sql[400];

    snprintf(sql, sizeof sql, "SELECT %s FROM %s ORDER BY 1 LIMIT 1 OFFSET %lld", table->key, table->name,
             (long long)row);
    return ask(tampering->db, sql);
}

static void change_each_column(struct tampering *tampering, const struct table *table, const char *where)
{
    for (unsigned i = 0; i < table->count; i++) {
        const char *column = table->columns[i];
        char sql[700];
        snprintf(sql, sizeof sql,
                 "UPDATE %s SET %s = CASE typeof(%s) WHEN 'integer' THEN %s + 1000 WHEN 'null' THEN '1'"
                 " WHEN 'blob' THEN zeroblob(length(%s)) ELSE CASE WHEN %s = '' THEN 'x' ELSE"
                 " substr(%s, 1, length(%s) - 1) || iif(substr(%s, -1) = '0', '1', '0') END END WHERE %s",
                 table->name, column, column, column, column, column, column, column, column, where);
        expect_named(tampering, table, where, where, sql);
    }
}

/* Exchange all columns but the key with those of the next row. */
static void exchange(struct tampering *tampering, const struct table *table, const char *where,
                     const char *next)
{
    char columns[1000] = "";

    for (unsigned i = 0; i < table->count; i++) {
        char quoted[60];
        snprintf(quoted, sizeof quoted, "'%s = '", table->columns[i]);
        if (strstr(table->key, quoted) == NULL)
            snprintf(columns + strlen(columns), sizeof columns - strlen(columns), "%s%s",
                     columns[0] != '\0' ? ", " : "", table->columns[i]);
    }
    if (columns[0] == '\0' || strcmp(table->name, "run_log") == 0) /* all logs of the sample are equal */
        return;
    char *sql = sqlite3_mprintf("SELECT (SELECT json_array(%s) FROM (SELECT %s FROM %s WHERE %s)) <>"
                                " (SELECT json_array(%s) FROM (SELECT %s FROM %s WHERE %s))",
                                columns, columns, table->name, where, columns, columns, table->name, next);
    char *different = ask(tampering->db, sql);
    const bool same = strcmp(different, "0") == 0;
    free(different);
    sqlite3_free(sql);
    if (same)
        return;
    /* Exchange the rows in a temporary table, which has no unique indexes. */
    sql = sqlite3_mprintf("CREATE TABLE temp.one AS SELECT %s FROM %s WHERE %s; CREATE TABLE temp.other AS "
                          "SELECT %s FROM %s WHERE %s;"
                          "CREATE TABLE temp.rest AS SELECT * FROM %s WHERE NOT (%s) AND NOT (%s);"
                          "CREATE TABLE temp.keys AS SELECT * FROM %s WHERE %s OR %s;"
                          "DELETE FROM %s WHERE %s OR %s;"
                          "UPDATE temp.keys SET (%s) = (SELECT %s FROM temp.other) WHERE %s;"
                          "UPDATE temp.keys SET (%s) = (SELECT %s FROM temp.one) WHERE %s;"
                          "INSERT INTO %s SELECT * FROM temp.keys",
                          columns, table->name, where, columns, table->name, next, table->name, where, next,
                          table->name, where, next, table->name, where, next, columns, columns, where,
                          columns, columns, next, table->name);
    expect_named(tampering, table, where, next, sql);
    sqlite3_free(sql);
}

static void spoil_table(struct tampering *tampering, const char *name)
{
    struct table table;
    char sql[400];

    read_table(tampering, &table, name);
    for (int64_t row = 0; row < table.rows; row++) {
        char *where = where_of(tampering, &table, row);
        change_each_column(tampering, &table, where);
        snprintf(sql, sizeof sql, "DELETE FROM %s WHERE %s", name, where);
        expect_named(tampering, &table, where, where, sql);
        if (row + 1 < table.rows) {
            char *next = where_of(tampering, &table, row + 1);
            exchange(tampering, &table, where, next);
            free(next);
        }
        free(where);
    }
}

static void whatever_is_changed_removed_or_exchanged_is_named(void **state)
{
    struct sample *sample = *state;
    struct tampering tampering = {.done = 0};
    sqlite3_stmt *tables = NULL;
    struct eg_audit audit;
    struct eg_error err;

    fill(sample);
    assert_ok(eg_audit(&audit, sample->path, NULL, NULL, NULL, &err), err);
    assert_string_equal(audit.bad.text, "");
    assert_int_equal(audit.runs, 9);
    assert_int_equal(audit.purged, 2);
    drop_triggers(sample->path);
    snprintf(tampering.good, sizeof tampering.good, "%s/good.db", sample->folder);
    snprintf(tampering.path, sizeof tampering.path, "%s/bad.db", sample->folder);
    run_sql(sample->path, "PRAGMA journal_mode = DELETE");
    copy(sample->path, tampering.good);
    assert_int_equal(sqlite3_open(tampering.good, &tampering.db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(tampering.db,
                                        "SELECT name FROM sqlite_master WHERE type = 'table'"
                                        " AND name NOT LIKE 'sqlite_%' ORDER BY name",
                                        -1, &tables, NULL),
                     SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW)
        spoil_table(&tampering, (const char *)sqlite3_column_text(tables, 0));
    sqlite3_finalize(tables);
    sqlite3_close(tampering.db);
    print_message("%u ways of tampering\n", tampering.done);
    assert_int_equal(tampering.missed, 0);
    assert_true(tampering.done > 1000);
}

/* Audit a ledger after one SQL statement, without its triggers. */
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whatever_is_changed_removed_or_exchanged_is_named, sample_setup,
                                        sample_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
