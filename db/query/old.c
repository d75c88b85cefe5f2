/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Makes an older ledger look like one with the newest schema: temporary tables and views of the connection
 * stand in for what it lacks, empty or NULL. So no question needs to know the ledger's version.
 *
 * A temporary table or view hides the ledger's own of the same name.
 */

#include "db/query/query_internal.h"

#include <string.h>

static enum eg_code run(sqlite3 *db, char *sql, struct eg_error *err)
{
    const enum eg_code code =
        sql != NULL ? eg__sqlite_exec(db, sql, err) : eg_error_set(err, EG_NO_MEMORY, "out of memory");
    sqlite3_free(sql);
    return code;
}

/* Append the columns that a table of the ledger lacks, as "NULL AS name". */
static enum eg_code add_missing(sqlite3_str *sql, sqlite3 *db, sqlite3 *newest, const char *table,
                                struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *columns = NULL;
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *find = NULL;
    int status;

    if (sqlite3_prepare_v2(newest, "SELECT name, coalesce(dflt_value, 'NULL') FROM pragma_table_info(?1)", -1,
                           &columns, NULL) != SQLITE_OK)
        return eg__sqlite_error(newest, err);
    if (sqlite3_prepare_v2(db, "SELECT 1 FROM pragma_table_info(?1, 'main') WHERE name = ?2", -1, &find,
                           NULL) != SQLITE_OK)
        return eg__sqlite_error(db, err);
    eg__bind_text(columns, 1, table);
    eg__bind_text(find, 1, table);
    while ((status = sqlite3_step(columns)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(columns, 0);
        eg__bind_text(find, 2, name);
        if (sqlite3_step(find) == SQLITE_DONE)
            sqlite3_str_appendf(sql, ", %s AS \"%w\"", sqlite3_column_text(columns, 1), name);
        sqlite3_reset(find);
    }
    return status == SQLITE_DONE ? EG_OK : eg__sqlite_error(newest, err);
}

/* Find out whether the ledger has a table of this name. */
static enum eg_code has_table(sqlite3 *db, const char *table, bool *has, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *find = NULL;

    if (sqlite3_prepare_v2(db, "SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = ?1", -1,
                           &find, NULL) != SQLITE_OK)
        return eg__sqlite_error(db, err);
    eg__bind_text(find, 1, table);
    *has = sqlite3_step(find) == SQLITE_ROW;
    return EG_OK;
}

static enum eg_code complete_table(sqlite3 *db, sqlite3 *newest, const char *table, struct eg_error *err)
{
    sqlite3_str *missing = sqlite3_str_new(db);
    const enum eg_code code = add_missing(missing, db, newest, table, err);
    char *const columns = sqlite3_str_finish(missing); /* NULL when nothing was appended */
    const enum eg_code made =
        code != EG_OK || columns == NULL
            ? code
            : run(db,
                  sqlite3_mprintf("CREATE TEMP VIEW \"%w\" AS SELECT *%s FROM main.\"%w\"", table, columns,
                                  table),
                  err);
    sqlite3_free(columns);
    return made;
}

enum eg_code eg__query_complete(sqlite3 *db, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *newest = NULL;
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *objects = NULL;
    static const char create_table[] = "CREATE TABLE ", create_view[] = "CREATE VIEW ";
    int status;

    EG_TRY(eg__migrate_fresh(&newest, err));
    if (sqlite3_prepare_v2(
            newest,
            "SELECT type = 'table', name, sql FROM sqlite_master WHERE type IN ('table', 'view')"
            " ORDER BY type, rowid",
            -1, &objects, NULL) != SQLITE_OK)
        return eg__sqlite_error(newest, err);
    while ((status = sqlite3_step(objects)) == SQLITE_ROW) {
        const bool is_table = sqlite3_column_int(objects, 0) != 0;
        const char *const name = (const char *)sqlite3_column_text(objects, 1);
        const char *const sql = (const char *)sqlite3_column_text(objects, 2);
        bool has = false;

        EG_TRY(has_table(db, name, &has, err));
        if (has) /* what is a view now was a table once */
            EG_TRY(complete_table(db, newest, name, err));
        else
            EG_TRY(run(db,
                       sqlite3_mprintf("CREATE TEMP %s %s", is_table ? "TABLE" : "VIEW",
                                       sql + (is_table ? sizeof create_table : sizeof create_view) - 1),
                       err));
    }
    return status == SQLITE_DONE ? EG_OK : eg__sqlite_error(newest, err);
}
