/* SPDX-License-Identifier: Apache-2.0 */

/* SQL and values generated from the table of columns. */

#include "db/run_columns.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void bind_TEXT(sqlite3_stmt *statement, int parameter, const char *text)
{
    eg__bind_text(statement, parameter, text);
}

/* Bind a text; "" becomes NULL: not known. */
static void bind_KNOWN(sqlite3_stmt *statement, int parameter, const char *text)
{
    eg__bind_text(statement, parameter, text != NULL && text[0] != '\0' ? text : NULL);
}

static void bind_NUMBER(sqlite3_stmt *statement, int parameter, uint64_t number)
{
    eg__bind_number(statement, parameter, number);
}

static void bind_KNOWN_NUMBER(sqlite3_stmt *statement, int parameter, uint64_t number)
{
    if (number != 0)
        eg__bind_number(statement, parameter, number);
    else
        sqlite3_bind_null(statement, parameter);
}

static void bind_NOW(sqlite3_stmt *statement, int parameter, const struct eg__row *row)
{
    (void)row;
    eg__bind_now(statement, parameter);
}

static void bind_digest(sqlite3_stmt *statement, int parameter, const uint8_t *digest, size_t size)
{
    if (digest != NULL)
        eg__bind_digest(statement, parameter, digest, size);
    else
        sqlite3_bind_null(statement, parameter);
}

static void bind_MD5(sqlite3_stmt *statement, int parameter, const uint8_t *digest)
{
    bind_digest(statement, parameter, digest, EG_MD5_SIZE);
}

static void bind_SHA256(sqlite3_stmt *statement, int parameter, const uint8_t *digest)
{
    bind_digest(statement, parameter, digest, EG_SHA256_SIZE);
}

static void bind_PSRAM(sqlite3_stmt *statement, int parameter, const struct eg_psram *psram)
{
    char text[32] = "none";

    if (psram->state == EG_PSRAM_NOT_TOLD) {
        sqlite3_bind_null(statement, parameter);
        return;
    }
    if (psram->state == EG_PSRAM_THERE && psram->size != 0)
        snprintf(text, sizeof text, "%" PRIu64 "MB", psram->size >> 20);
    else if (psram->state == EG_PSRAM_THERE)
        snprintf(text, sizeof text, "of unknown size");
    sqlite3_bind_text(statement, parameter, text, -1, SQLITE_TRANSIENT);
}

static void bind_PSRAM_SIZE(sqlite3_stmt *statement, int parameter, const struct eg_psram *psram)
{
    if (psram->state == EG_PSRAM_NONE || psram->size != 0)
        eg__bind_number(statement, parameter, psram->size);
    else
        sqlite3_bind_null(statement, parameter);
}

/* Bind the erase time. NULL: the chip erases while it writes. */
static void bind_ERASE(sqlite3_stmt *statement, int parameter, const struct eg_write_times *times)
{
    if (times->erases_first)
        eg__bind_number(statement, parameter, times->erase_us);
    else
        sqlite3_bind_null(statement, parameter);
}

static void bind_REAL(sqlite3_stmt *statement, int parameter, const struct eg_value_record *value)
{
    if (value->is_number)
        sqlite3_bind_double(statement, parameter, value->number);
    else
        sqlite3_bind_null(statement, parameter);
}

static void bind_LOG(sqlite3_stmt *statement, int parameter, const struct eg_run_record *end)
{
    sqlite3_bind_blob64(statement, parameter, end->log, end->log_size, SQLITE_STATIC);
}

/* Define for each column a function that binds its value. */
#define COLUMN(table, name, since, kind, value, shown)                                                       \
    _Static_assert(since <= EG__CHAIN_FORM, "no such form");                                                 \
    static void bind_##table##_##name(sqlite3_stmt *statement, int parameter, const struct eg__row *row)     \
    {                                                                                                        \
        (void)row;                                                                                           \
        bind_##kind(statement, parameter, value);                                                            \
    }
#include "db/run_columns.def"

struct column {
    const char *table, *name;
    int since;
    void (*bind)(sqlite3_stmt *statement, int parameter, const struct eg__row *row); /* NULL = hashed alone */
};

static const struct column columns[] = {
#define COLUMN(table, name, since, kind, value, shown) {#table, #name, since, bind_##table##_##name},
#define HASHED(table, name, since)                     {#table, #name, since, NULL},
#include "db/run_columns.def"
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool is_of_unit(const struct column *column)
{
    return strcmp(column->table, "unit") == 0;
}

static bool is_in(const struct column *column, const char *table)
{
    return strcmp(column->table, table) == 0 ||
           (is_of_unit(column) && (strcmp(table, "intent") == 0 || strcmp(table, "outcome") == 0));
}

void eg__columns_insert(sqlite3_str *sql, const char *table)
{
    int count = 0;

    sqlite3_str_appendf(sql, "INSERT INTO %s (", table);
    for (size_t i = 0; i < COUNT(columns); i++)
        if (is_in(&columns[i], table) && columns[i].bind != NULL)
            sqlite3_str_appendf(sql, "%s%s", count++ > 0 ? ", " : "", columns[i].name);
    sqlite3_str_appendall(sql, ") VALUES (?");
    while (--count > 0)
        sqlite3_str_appendall(sql, ", ?");
    sqlite3_str_appendall(sql, ")");
}

void eg__columns_bind(sqlite3_stmt *statement, const char *table, const struct eg__row *row)
{
    int parameter = 0;

    for (size_t i = 0; i < COUNT(columns); i++) {
        if (!is_in(&columns[i], table) || columns[i].bind == NULL)
            continue;
        if (is_of_unit(&columns[i]) && row->unit == NULL)
            sqlite3_bind_null(statement, ++parameter);
        else
            columns[i].bind(statement, ++parameter, row);
    }
}

void eg__columns_hashed(sqlite3_str *sql, const char *table, int64_t form)
{
    for (size_t i = 0; i < COUNT(columns); i++)
        if (is_in(&columns[i], table) && columns[i].since > 0 && columns[i].since <= form)
            sqlite3_str_appendf(sql, ", %s", columns[i].name);
}

void eg__columns_unit(sqlite3_str *sql)
{
    for (size_t i = 0; i < COUNT(columns); i++)
        if (is_of_unit(&columns[i]))
            sqlite3_str_appendf(sql, ", %s", columns[i].name);
}

void eg__columns_json(sqlite3_str *sql, const char *table)
{
    for (size_t i = 0; i < COUNT(columns); i++)
        if (strcmp(columns[i].table, table) == 0 && columns[i].bind != NULL && columns[i].since > 0)
            sqlite3_str_appendf(sql, ", '%s', %s", columns[i].name, columns[i].name);
}
