/* SPDX-License-Identifier: Apache-2.0 */

/* Rows as hashed text: one line per row, values between tabs, escaped as db/README.md says. */

#include "db/row_text.h"

#include <string.h>

static enum eg_code add_text(struct eg_buffer *text, const char *value, size_t size, struct eg_error *err)
{
    size_t done = 0;

    for (size_t i = 0; i < size; i++) {
        const char *escape = value[i] == '\\'   ? "\\\\"
                             : value[i] == '\t' ? "\\t"
                             : value[i] == '\n' ? "\\n"
                                                : NULL;
        if (escape == NULL)
            continue;
        EG_TRY(eg_buffer_append(text, value + done, i - done, err));
        EG_TRY(eg_buffer_append(text, escape, 2, err));
        done = i + 1;
    }
    return eg_buffer_append(text, value + done, size - done, err);
}

#define DECIMAL_MAX 20 /* of 64 bits with a sign */

/* Format like "%lld", which would be too slow for a million runs. Return the first digit, before `end`. */
static char *decimal(char *end, int64_t number)
{
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do
        *--end = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (number < 0)
        *--end = '-';
    return end;
}

static enum eg_code add_value(struct eg_buffer *text, sqlite3_stmt *row, int column, struct eg_error *err)
{
    char digits[DECIMAL_MAX], *const end = digits + sizeof digits;

    switch (sqlite3_column_type(row, column)) {
    case SQLITE_NULL:
        return eg_buffer_append(text, "\\N", 2, err);
    case SQLITE_INTEGER: {
        const char *first = decimal(end, sqlite3_column_int64(row, column));
        return eg_buffer_append(text, first, (size_t)(end - first), err);
    }
    default: {
        const char *value = (const char *)sqlite3_column_text(row, column);
        if (value == NULL)
            return eg_error_set(err, EG_NO_MEMORY, "out of memory");
        return add_text(text, value, (size_t)sqlite3_column_bytes(row, column), err);
    }
    }
}

enum eg_code eg__row_text(struct eg_buffer *text, sqlite3_stmt *row, struct eg_error *err)
{
    const int columns = sqlite3_column_count(row);

    for (int i = 0; i < columns; i++) {
        if (i > 0)
            EG_TRY(eg_buffer_append(text, "\t", 1, err));
        EG_TRY(add_value(text, row, i, err));
    }
    return eg_buffer_append(text, "\n", 1, err);
}

void eg__row_mark(char marks[EG__MARKS_TEXT], int64_t rows, const uint8_t *part, size_t size)
{
    char digits[DECIMAL_MAX], *const end = digits + sizeof digits;
    const char *first = decimal(end, rows);
    char *at = marks + strlen(marks);
    uint32_t checksum = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < size; i++)
        checksum = (checksum ^ part[i]) * 16777619u;
    if (at > marks)
        *at++ = ' ';
    memcpy(at, first, (size_t)(end - first));
    at += end - first;
    *at++ = '.';
    const uint8_t bytes[] = {(uint8_t)(checksum >> 24), (uint8_t)(checksum >> 16), (uint8_t)(checksum >> 8),
                             (uint8_t)checksum};
    eg_hex(at, bytes, sizeof bytes);
}
