/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Rows of a file into a pool: the file is read and checked before the ledger is touched, and one transaction
 * adds all its rows.
 *
 * The transaction is safe without the right to record, which a line holds, because SQLite has one writer at a
 * time. It must be short, though, because the line waits.
 */

#include "db/files/import.h"

#include "engine/base/file.h"

#include "db/files/csv.h"
#include "db/files/sealed.h"
#include "db/journal.h"
#include "db/login.h"
#include "db/migrate.h"
#include "db/path.h"
#include "db/pool.h"
#include "engine/base/mac.h"
#include "engine/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define ROWS_MAX_BESIDE_A_LINE 20000

struct import {
    const char *pool, *file;
    const struct eg_pool_import *given;
    bool *uniques; /* of each column */
    struct eg__csv csv;
    struct eg__sealed sealed;
    unsigned mac_column; /* from 0; the number of columns = no such column */
    char (*macs)[EG_MAC_TEXT];
    sqlite3 *db;
    int64_t pool_id, import_id;
    bool pool_is_new;
};

static void import_finish(struct import *import)
{
    eg__sealed_finish(&import->sealed);
    eg__csv_finish(&import->csv);
    free(import->macs);
    free(import->uniques);
    sqlite3_close(import->db);
}

static enum eg_code refuse_row(const struct import *import, size_t row, struct eg_error *err)
{
    err->code = EG_BAD_ARGUMENT;
    return eg_error_prefix(err, "%s:%u: ", import->file, eg__csv_line(&import->csv, row));
}

/* A value that must occur in one row only. */
struct unique {
    const char *value;
    unsigned line;
};

static int by_value(const void *left, const void *right)
{
    const struct unique *a = left, *b = right;
    const int order = strcmp(a->value, b->value);

    return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

/* Refuse repeated values, naming the first line that repeats another. */
static enum eg_code check_unique(const struct import *import, struct unique *values, size_t count,
                                 unsigned column, struct eg_error *err)
{
    const struct unique *first = NULL;

    qsort(values, count, sizeof values[0], by_value);
    for (size_t i = 1; i < count; i++)
        if (strcmp(values[i - 1].value, values[i].value) == 0 &&
            (first == NULL || values[i].line < first[1].line))
            first = &values[i - 1];
    if (first == NULL)
        return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT, "%s:%u: %s is the same as in line %u", import->file,
                        first[1].line, eg__csv_names(&import->csv)[column], first->line);
}

static enum eg_code check_keys(const struct import *import, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct unique *keys = NULL;

    EG_TRY(eg_alloc(&keys, import->csv.rows, sizeof keys[0], err));
    for (size_t i = 0; i < import->csv.rows; i++) {
        keys[i] = (struct unique){eg__csv_row(&import->csv, i)[0], eg__csv_line(&import->csv, i)};
        if (keys[i].value[0] == '\0') {
            eg_error_set(err, EG_BAD_ARGUMENT, "%s, the first column, is empty",
                         eg__csv_names(&import->csv)[0]);
            return refuse_row(import, i, err);
        }
    }
    return check_unique(import, keys, import->csv.rows, 0, err);
}

static enum eg_code check_macs(struct import *import, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct unique *macs = NULL;

    while (import->mac_column < import->csv.columns &&
           strcasecmp(eg__csv_names(&import->csv)[import->mac_column], "mac") != 0)
        import->mac_column++;
    if (import->mac_column == import->csv.columns)
        return EG_OK;
    EG_TRY(eg_alloc(&macs, import->csv.rows, sizeof macs[0], err));
    EG_TRY(eg_alloc(&import->macs, import->csv.rows, sizeof import->macs[0], err));
    for (size_t i = 0; i < import->csv.rows; i++) {
        const char *given = eg__csv_row(&import->csv, i)[import->mac_column];
        if (!eg_mac_normalise(import->macs[i], given)) {
            eg_error_set(err, EG_BAD_ARGUMENT, "%s is no MAC",
                         eg__csv_names(&import->csv)[import->mac_column]);
            return refuse_row(import, i, err);
        }
        macs[i] = (struct unique){import->macs[i], eg__csv_line(&import->csv, i)};
    }
    return check_unique(import, macs, import->csv.rows, import->mac_column, err);
}

static bool is_listed(const char *const *list, const char *name)
{
    for (; list != NULL && *list != NULL; list++)
        if (strcmp(*list, name) == 0)
            return true;
    return false;
}

static bool is_secret(const struct import *import, const char *name)
{
    return is_listed(import->given->secrets, name) || eg__sealed_has(&import->sealed, name);
}

static enum eg_code check_list(const struct import *import, const char *const *list, const char *purpose,
                               struct eg_error *err)
{
    for (; list != NULL && *list != NULL; list++) {
        unsigned i = 0;
        while (i < import->csv.columns && strcmp(eg__csv_names(&import->csv)[i], *list) != 0)
            i++;
        if (i == import->csv.columns)
            return eg_error_set(err, EG_BAD_ARGUMENT, "%s: has no column '%s' to %s", import->file, *list,
                                purpose);
    }
    return EG_OK;
}

static enum eg_code check_lists(struct import *import, struct eg_error *err)
{
    const struct eg_pool_import *given = import->given;

    EG_TRY(check_list(import, given->secrets, "keep secret", err));
    EG_TRY(check_list(import, given->uniques, "keep unique", err));
    EG_TRY(check_list(import, given->shared, "share", err));
    EG_TRY(check_list(import, given->seals, "seal", err));
    if (eg__sealed_has(&import->sealed, eg__csv_names(&import->csv)[0]))
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s: column %s is the first, by which rows are known: it cannot be sealed",
                            import->file, eg__csv_names(&import->csv)[0]);
    EG_TRY(eg_alloc(&import->uniques, import->csv.columns, sizeof import->uniques[0], err));
    for (unsigned i = 0; i < import->csv.columns; i++) {
        const char *name = eg__csv_names(&import->csv)[i];
        const bool shared = is_listed(given->shared, name);
        import->uniques[i] = is_listed(given->uniques, name);
        if ((import->uniques[i] || eg__sealed_has(&import->sealed, name)) && shared)
            return eg_error_set(err, EG_BAD_ARGUMENT, "%s: column %s is to be both %s and shared",
                                import->file, name, import->uniques[i] ? "unique" : "sealed");
        import->uniques[i] |= is_secret(import, name) && !shared;
    }
    return EG_OK;
}

/* Check the unique columns. An empty value means no value. */
static enum eg_code check_unique_columns(const struct import *import, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct unique *values = NULL;

    EG_TRY(eg_alloc(&values, import->csv.rows, sizeof values[0], err));
    for (unsigned column = 1; column < import->csv.columns; column++) {
        size_t count = 0;
        for (size_t i = 0; import->uniques[column] && i < import->csv.rows; i++) {
            const char *value = eg__csv_row(&import->csv, i)[column];
            if (value[0] != '\0')
                values[count++] = (struct unique){value, eg__csv_line(&import->csv, i)};
        }
        EG_TRY(check_unique(import, values, count, column, err));
    }
    return EG_OK;
}

/* Set the pool's name; by default it is the file's. */
static enum eg_code name_pool(char name[65], const struct eg_pool_import *given, struct eg_error *err)
{
    const char *slash = strrchr(given->path, '/');
    const char *from = given->pool != NULL ? given->pool : slash != NULL ? slash + 1 : given->path;
    const char *dot = given->pool == NULL ? strrchr(from, '.') : NULL;
    const size_t length = dot != NULL ? (size_t)(dot - from) : strlen(from);

    if (length > 0 && length < 65 &&
        strspn(from, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") >= length) {
        snprintf(name, 65, "%.*s", (int)length, from);
        return EG_OK;
    }
    if (given->pool == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s: the file's name is none for a pool; name one with --pool", given->path);
    return eg_error_set(err, EG_BAD_ARGUMENT,
                        "'%s' is no name of a pool: 1 to 64 letters, digits, '-' and '_'", given->pool);
}

static enum eg_code prepare(sqlite3_stmt **statement, const struct import *import, const char *sql,
                            struct eg_error *err)
{
    return sqlite3_prepare_v2(import->db, sql, -1, statement, NULL) == SQLITE_OK
               ? EG_OK
               : eg__sqlite_error(import->db, err);
}

static enum eg_code step(sqlite3_stmt *statement, bool *row, struct eg_error *err)
{
    const int status = sqlite3_step(statement);

    *row = status == SQLITE_ROW;
    return *row || status == SQLITE_DONE ? EG_OK : eg__sqlite_error(sqlite3_db_handle(statement), err);
}

static enum eg_code check_file_is_new(const struct import *import, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *find = NULL;
    bool found;

    EG_TRY(prepare(&find, import,
                   "SELECT pool.name, file, imported_utc FROM pool_import JOIN pool USING (pool_id)"
                   " WHERE sha256 = ?1",
                   err));
    eg__bind_text(find, 1, import->csv.sha256);
    EG_TRY(step(find, &found, err));
    if (!found)
        return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is in pool %s already, imported as %s at %s", import->file,
                        sqlite3_column_text(find, 0), sqlite3_column_text(find, 1),
                        sqlite3_column_text(find, 2));
}

static enum eg_code find_pool(struct import *import, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *find = NULL;
    bool found;

    EG_TRY(prepare(&find, import, "SELECT pool_id FROM pool WHERE name = ?1", err));
    eg__bind_text(find, 1, import->pool);
    EG_TRY(step(find, &found, err));
    import->pool_is_new = !found;
    if (found)
        import->pool_id = sqlite3_column_int64(find, 0);
    return EG_OK;
}

/* A column is sealed in all files of a pool or in none. */
static enum eg_code check_sealed(const struct import *import, const char *name, bool sealed,
                                 struct eg_error *err)
{
    if (sealed == eg__sealed_has(&import->sealed, name))
        return EG_OK;
    return eg_error_set(
        err, EG_BAD_ARGUMENT,
        sealed ? "%s: column %s of pool %s is sealed: give --seal and --to, too"
               : "%s: column %s of pool %s is not sealed: its values are in the ledger as they are",
        import->file, name, import->pool);
}

/* Compare the columns of an existing pool with the file's. Secret columns stay secret. */
static enum eg_code check_columns(struct import *import, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *read = NULL;
    const char *const *names = eg__csv_names(&import->csv);
    unsigned count = 0;
    bool row;

    EG_TRY(prepare(&read, import,
                   "SELECT name, secret, count(*) OVER (), coalesce(is_unique, secret), coalesce((SELECT"
                   " json_extract(fields, '$[' || (pool_column.position - 1) || ']') LIKE '" EG_POOL_SEALED
                   "%' FROM pool_row WHERE pool_id = ?1 LIMIT 1), 0) FROM pool_column"
                   " WHERE pool_id = ?1 ORDER BY pool_column.position",
                   err));
    eg__bind_number(read, 1, (uint64_t)import->pool_id);
    for (;; count++) {
        EG_TRY(step(read, &row, err));
        if (!row)
            return EG_OK;
        const char *name = (const char *)sqlite3_column_text(read, 0);
        const unsigned columns = (unsigned)sqlite3_column_int(read, 2);
        if (columns != import->csv.columns)
            return eg_error_set(err, EG_BAD_ARGUMENT, "%s: %u column%s; pool %s has %u", import->file,
                                import->csv.columns, import->csv.columns == 1 ? "" : "s", import->pool,
                                columns);
        if (strcmp(name, names[count]) != 0)
            return eg_error_set(err, EG_BAD_ARGUMENT, "%s: column %u is not %s, as in pool %s", import->file,
                                count + 1, name, import->pool);
        if (is_secret(import, name) && !sqlite3_column_int(read, 1))
            return eg_error_set(err, EG_BAD_ARGUMENT,
                                "%s: column %s of pool %s is not secret, and what was shown cannot be hidden",
                                import->file, name, import->pool);
        EG_TRY(check_sealed(import, name, sqlite3_column_int(read, 4) != 0, err));
        const bool unique = sqlite3_column_int(read, 3) != 0;
        if (!unique && is_listed(import->given->uniques, name))
            return eg_error_set(err, EG_BAD_ARGUMENT,
                                "%s: column %s of pool %s is not unique: its rows may share values already",
                                import->file, name, import->pool);
        if (unique && is_listed(import->given->shared, name))
            return eg_error_set(err, EG_BAD_ARGUMENT, "%s: column %s of pool %s is unique", import->file,
                                name, import->pool);
        import->uniques[count] = unique;
    }
}

/* Refuse values of unique columns that the pool already has. Repeated keys have their own message. */
static enum eg_code check_against_pool(const struct import *import, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *find = NULL;
    char sql[300];
    bool found;

    EG_TRY(eg__sqlite_exec(
        import->db, "CREATE TEMP TABLE held (position, value, PRIMARY KEY (position, value)) WITHOUT ROWID",
        err));
    snprintf(sql, sizeof sql,
             "INSERT OR IGNORE INTO held SELECT field.key, iif(field.value LIKE '" EG_POOL_SEALED
             "%%', substr(field.value, 1, %zu), field.value) FROM pool_row,"
             " json_each(pool_row.fields) AS field WHERE pool_id = %" PRId64 " AND field.key > 0",
             EG__SEALED_HEAD, import->pool_id);
    EG_TRY(eg__sqlite_exec(import->db, sql, err));
    EG_TRY(prepare(&find, import,
                   "SELECT 1 FROM held WHERE position = ?1 AND value = ?2 AND NOT EXISTS"
                   " (SELECT 1 FROM pool_row WHERE pool_id = ?3 AND key = ?4)",
                   err));
    eg__bind_number(find, 3, (uint64_t)import->pool_id);
    for (size_t i = 0; i < import->csv.rows; i++)
        for (unsigned column = 1; column < import->csv.columns; column++) {
            const char *value = eg__csv_row(&import->csv, i)[column];
            if (!import->uniques[column] || value[0] == '\0')
                continue;
            const bool sealed = eg__sealed_has(&import->sealed, eg__csv_names(&import->csv)[column]);
            eg__bind_number(find, 1, column);
            sqlite3_bind_text(find, 2, value, sealed ? (int)EG__SEALED_HEAD : -1, SQLITE_STATIC);
            eg__bind_text(find, 4, eg__csv_row(&import->csv, i)[0]);
            EG_TRY(step(find, &found, err));
            sqlite3_reset(find);
            if (!found)
                continue;
            eg_error_set(err, EG_BAD_ARGUMENT, "%s is in pool %s already",
                         eg__csv_names(&import->csv)[column], import->pool);
            return refuse_row(import, i, err);
        }
    return EG_OK;
}

static bool has_unique_column(const struct import *import)
{
    for (unsigned column = 1; column < import->csv.columns; column++)
        if (import->uniques[column])
            return true;
    return false;
}

static enum eg_code compare_with_pool(struct import *import, struct eg_error *err)
{
    EG_TRY(check_columns(import, err));
    if (!has_unique_column(import))
        return EG_OK;
    EG_TRY(check_unique_columns(import, err)); /* of sealed columns no two are equal any more */
    return check_against_pool(import, err);
}

static enum eg_code add_pool(struct import *import, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *add = NULL;
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *add_column = NULL;
    bool row;

    EG_TRY(prepare(&add, import, "INSERT INTO pool (name, mac_column) VALUES (?1, ?2)", err));
    eg__bind_text(add, 1, import->pool);
    if (import->macs != NULL)
        eg__bind_number(add, 2, import->mac_column + 1);
    EG_TRY(step(add, &row, err));
    import->pool_id = sqlite3_last_insert_rowid(import->db);
    EG_TRY(prepare(
        &add_column, import,
        "INSERT INTO pool_column (pool_id, position, name, secret, is_unique) VALUES (?1, ?2, ?3, ?4, ?5)",
        err));
    for (unsigned i = 0; i < import->csv.columns; i++) {
        const char *name = eg__csv_names(&import->csv)[i];
        eg__bind_number(add_column, 1, (uint64_t)import->pool_id);
        eg__bind_number(add_column, 2, i + 1);
        eg__bind_text(add_column, 3, name);
        eg__bind_number(add_column, 4, is_secret(import, name));
        if (import->uniques[i] == is_secret(import, name))
            sqlite3_bind_null(add_column, 5);
        else
            eg__bind_number(add_column, 5, import->uniques[i]);
        EG_TRY(step(add_column, &row, err));
        sqlite3_reset(add_column);
    }
    return EG_OK;
}

static enum eg_code add_import(struct import *import, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *add = NULL;
    EG_CLEANUP(eg_free_cleanup) char *file = NULL;
    const char *slash = strrchr(import->file, '/');
    char login[256];
    bool row;

    eg__login_name(login, sizeof login);
    EG_TRY(eg_utf8_clean(&file, slash != NULL ? slash + 1 : import->file, err));
    EG_TRY(prepare(&add, import,
                   "INSERT INTO pool_import (pool_id, file, sha256, imported_utc, operator, row_count)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                   err));
    eg__bind_number(add, 1, (uint64_t)import->pool_id);
    eg__bind_text(add, 2, file);
    eg__bind_text(add, 3, import->csv.sha256);
    eg__bind_now(add, 4);
    eg__bind_text(add, 5, login);
    eg__bind_number(add, 6, import->csv.rows);
    EG_TRY(step(add, &row, err));
    import->import_id = sqlite3_last_insert_rowid(import->db);
    return EG_OK;
}

/* Append a row's values, which have no control characters, as a JSON array. */
static enum eg_code fields_of(struct eg_buffer *json, const struct import *import, size_t row,
                              struct eg_error *err)
{
    json->size = 0;
    for (unsigned i = 0; i < import->csv.columns; i++) {
        EG_TRY(eg_buffer_append(json, i == 0 ? "[\"" : "\",\"", i == 0 ? 2 : 3, err));
        for (const char *at = eg__csv_row(&import->csv, row)[i]; *at != '\0';) {
            const size_t plain = strcspn(at, "\"\\");
            EG_TRY(eg_buffer_append(json, at, plain, err));
            at += plain;
            if (*at == '\0')
                break;
            EG_TRY(eg_buffer_append(json, *at++ == '"' ? "\\\"" : "\\\\", 2, err));
        }
    }
    return eg_buffer_append(json, "\"]", 2, err);
}

/* Explain why the pool refused a row: name the value that it repeats. `failure` is SQLite's message. */
static enum eg_code explain_refusal(const struct import *import, size_t row, const struct eg_error *failure,
                                    struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *find = NULL;
    bool found;

    EG_TRY(prepare(&find, import,
                   "SELECT key = ?2, file, imported_utc FROM pool_row JOIN pool_import USING (import_id)"
                   " WHERE pool_row.pool_id = ?1 AND (key = ?2 OR mac = ?3) ORDER BY key <> ?2 LIMIT 1",
                   err));
    eg__bind_number(find, 1, (uint64_t)import->pool_id);
    eg__bind_text(find, 2, eg__csv_row(&import->csv, row)[0]);
    if (import->macs != NULL)
        eg__bind_text(find, 3, import->macs[row]);
    EG_TRY(step(find, &found, err));
    if (!found) {
        *err = *failure;
        return err->code;
    }
    const unsigned column = sqlite3_column_int(find, 0) ? 0 : import->mac_column;
    eg_error_set(err, EG_BAD_ARGUMENT, "%s is in pool %s already, imported from %s at %s",
                 eg__csv_names(&import->csv)[column], import->pool, sqlite3_column_text(find, 1),
                 sqlite3_column_text(find, 2));
    return refuse_row(import, row, err);
}

static enum eg_code add_rows(const struct import *import, int64_t before, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *add = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer json = {0};
    struct eg_error failure;
    bool row;

    EG_TRY(prepare(&add, import,
                   "INSERT INTO pool_row (pool_id, import_id, position, key, mac, fields)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                   err));
    eg__bind_number(add, 1, (uint64_t)import->pool_id);
    eg__bind_number(add, 2, (uint64_t)import->import_id);
    for (size_t i = 0; i < import->csv.rows; i++) {
        EG_TRY(fields_of(&json, import, i, err));
        eg__bind_number(add, 3, (uint64_t)before + i + 1);
        eg__bind_text(add, 4, eg__csv_row(&import->csv, i)[0]);
        if (import->macs != NULL)
            eg__bind_text(add, 5, import->macs[i]);
        sqlite3_bind_text64(add, 6, (const char *)json.data, json.size, SQLITE_STATIC, SQLITE_UTF8);
        if (step(add, &row, &failure) != EG_OK) {
            sqlite3_reset(add);
            return explain_refusal(import, i, &failure, err);
        }
        sqlite3_reset(add);
    }
    return EG_OK;
}

static enum eg_code add_all(struct import *import, int64_t *total, struct eg_error *err)
{
    char count_sql[100];

    EG_TRY(eg__sqlite_exec(import->db, "PRAGMA cache_size = -131072; BEGIN IMMEDIATE", err)); /* KiB */
    EG_TRY(check_file_is_new(import, err));
    EG_TRY(find_pool(import, err));
    EG_TRY(import->pool_is_new ? add_pool(import, err) : compare_with_pool(import, err));
    EG_TRY(add_import(import, err));
    snprintf(count_sql, sizeof count_sql,
             "SELECT coalesce(max(position), 0) FROM pool_row WHERE pool_id = %" PRId64, import->pool_id);
    EG_TRY(eg__sqlite_number(import->db, count_sql, total, err));
    EG_TRY(add_rows(import, *total, err));
    *total += (int64_t)import->csv.rows;
    EG_TRY(eg__journal_append(import->db, EG__ENTRY_IMPORT, import->import_id, err));
    return eg__sqlite_exec(import->db, "COMMIT", err);
}

static enum eg_code add_to_ledger(struct import *import, const char *path, struct eg_pool_imported *result,
                                  struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;
    EG_CLEANUP(eg_fd_close_cleanup) int lock_fd = -1;

    EG_TRY(eg__path_make(&full, path, &result->new_ledger, err));
    const enum eg__company company = import->csv.rows > ROWS_MAX_BESIDE_A_LINE ? EG__ALONE : EG__BESIDE;
    const enum eg_code code = eg__open_recording(&import->db, &lock_fd, full, company, err);
    if (code == EG_LEDGER_LOCKED && company == EG__ALONE)
        return eg_error_prefix(err, "%zu rows at once would keep a line waiting, and %d are allowed then: ",
                               import->csv.rows, ROWS_MAX_BESIDE_A_LINE);
    EG_TRY(code);
    EG_TRY(eg__sealed_seal(&import->sealed, full, err));
    return add_all(import, &result->total, err);
}

enum eg_code eg_pool_import(const struct eg_pool_import *given, struct eg_pool_imported *imported,
                            struct eg_error *err)
{
    EG_CLEANUP(import_finish) struct import import = {.file = given->path, .given = given};
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;
    struct eg_pool_imported result = {.total = 0};

    EG_TRY(name_pool(result.pool, given, err));
    import.pool = result.pool;
    import.sealed =
        (struct eg__sealed){.csv = &import.csv, .columns = given->seals, .pem_path = given->seal_to};
    EG_TRY(eg__csv_read(&import.csv, given->path, err));
    EG_TRY(check_lists(&import, err));
    EG_TRY(check_keys(&import, err));
    EG_TRY(check_macs(&import, err));
    EG_TRY(eg__sealed_check(&import.sealed, err));
    EG_TRY(check_unique_columns(&import, err));
    EG_TRY(eg__path_choose(&path, given->ledger, err));
    if (add_to_ledger(&import, path, &result, err) != EG_OK)
        return err->code == EG_BAD_ARGUMENT ? err->code : eg_error_prefix(err, "ledger %s: ", path);
    result.rows = (int64_t)import.csv.rows;
    result.columns = import.csv.columns;
    *imported = result;
    return EG_OK;
}
