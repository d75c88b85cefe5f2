/* SPDX-License-Identifier: Apache-2.0 */

#include "db/files/csv.h"

#include "engine/base/file.h"
#include "engine/base/text.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#define FILE_SIZE_MAX (1u << 30)
#define COLUMNS_MAX   64

#define refuse(csv, line, err, ...)                                                                          \
    (eg_error_set(err, EG_BAD_ARGUMENT, __VA_ARGS__), eg_error_prefix(err, "%s:%u: ", (csv)->path, line))

static enum eg_code check_text(const struct eg__csv *csv, unsigned line, const char *at, const char *end,
                               struct eg_error *err)
{
    return eg_text_check(at, (size_t)(end - at), err) == EG_OK
               ? EG_OK
               : eg_error_prefix(err, "%s:%u: ", csv->path, line);
}

/* Remove the quotes of the field at `*at`, and move `*at` past them. The field ends at `*last`. */
static bool unquote(char **at, const char *end, char **last)
{
    char *in = *at + 1, *out = *at;

    for (; in < end; in++) {
        if (*in == '"' && (in + 1 == end || in[1] != '"')) {
            *at = in + 1;
            *last = out;
            return true;
        }
        in += *in == '"';
        *out++ = *in;
    }
    return false;
}

/* Read the field at `*at`, and move `*at` to the comma after it, or to `end`. */
static enum eg_code take_field(struct eg__csv *csv, unsigned line, unsigned number, char **at, char *end,
                               char **last, struct eg_error *err)
{
    const char *begin = *at;

    if (*at == end || **at != '"') {
        char *comma = memchr(*at, ',', (size_t)(end - *at));
        *at = *last = comma != NULL ? comma : end;
        if (memchr(begin, '"', (size_t)(*at - begin)) != NULL)
            return refuse(csv, line, err, "a quote within field %u, which does not begin with one", number);
        return EG_OK;
    }
    if (!unquote(at, end, last))
        return refuse(csv, line, err, "the quote of field %u is not closed in this line", number);
    if (*at < end && **at != ',')
        return refuse(csv, line, err, "text after the closing quote of field %u", number);
    return EG_OK;
}

static enum eg_code take_line(struct eg__csv *csv, unsigned line, char *at, char *end, struct eg_error *err)
{
    unsigned count = 0;
    bool more;

    EG_TRY(check_text(csv, line, at, end, err));
    do {
        const char *field = at;
        char *last = at;
        EG_TRY(take_field(csv, line, ++count, &at, end, &last, err));
        more = at < end;
        *last = '\0';
        at++;
        EG_TRY(eg_buffer_append(&csv->fields, &field, sizeof field, err));
    } while (more);
    if (csv->columns != 0 && count != csv->columns)
        return refuse(csv, line, err, "%u field%s instead of %u", count, count == 1 ? "" : "s", csv->columns);
    csv->columns = count;
    return eg_buffer_append(&csv->lines, &line, sizeof line, err);
}

static enum eg_code take_lines(struct eg__csv *csv, struct eg_error *err)
{
    const char *text = (const char *)csv->text.data;
    char *const end = (char *)csv->text.data + csv->text.size;
    size_t size = csv->text.size;

    if (eg_text_begin(&text, &size, err) != EG_OK) {
        err->code = EG_BAD_ARGUMENT;
        return eg_error_prefix(err, "%s: ", csv->path);
    }
    char *at = end - size;
    if (size > 0 && memchr(at, ',', strcspn(at, "\r\n")) == NULL &&
        memchr(at, '\t', strcspn(at, "\r\n")) != NULL)
        return refuse(csv, 1, err, "the fields are separated by tabs instead of ','");
    for (unsigned line = 1; at < end; line++) {
        char *newline = memchr(at, '\n', (size_t)(end - at));
        char *const next = newline != NULL ? newline + 1 : end;
        char *last = newline != NULL ? newline : end;
        if (last > at && last[-1] == '\r')
            last--;
        if (last > at)
            EG_TRY(take_line(csv, line, at, last, err));
        at = next;
    }
    return EG_OK;
}

/*
 * Check the column names. A file without a header line must not lose its first row to it; that row may hold a
 * secret, so it is not shown.
 */
static enum eg_code check_names(const struct eg__csv *csv, struct eg_error *err)
{
    const char *const *names = eg__csv_names(csv);
    const unsigned line = *(const unsigned *)(const void *)csv->lines.data;

    if (csv->columns == 1 && strchr(names[0], ';') != NULL)
        return refuse(csv, line, err, "the fields are separated by ';' instead of ','");
    if (csv->columns > COLUMNS_MAX)
        return refuse(csv, line, err, "%u columns; a pool has %d at most", csv->columns, COLUMNS_MAX);
    for (unsigned i = 0; i < csv->columns; i++) {
        if (names[i][0] == '\0')
            return refuse(csv, line, err, "column %u has no name", i + 1);
        if (strchr("0123456789 +-.:", names[i][0]) != NULL)
            return refuse(csv, line, err, "field %u is no name of a column, which the first line has", i + 1);
        for (unsigned k = 0; k < i; k++)
            if (strcasecmp(names[k], names[i]) == 0)
                return refuse(csv, line, err, "columns %u and %u have the same name", k + 1, i + 1);
    }
    return EG_OK;
}

enum eg_code eg__csv_parse(struct eg__csv *csv, struct eg_error *err)
{
    uint8_t digest[EG_SHA256_SIZE];

    EG_TRY(eg_sha256(digest, csv->text.data, csv->text.size, err));
    eg_hex(csv->sha256, digest, sizeof digest);
    EG_TRY(take_lines(csv, err));
    const size_t records = csv->lines.size / sizeof(unsigned);
    if (records == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is empty; its first line has the names of the columns",
                            csv->path);
    EG_TRY(check_names(csv, err));
    if (records == 1)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: has no row after the names of the columns", csv->path);
    csv->rows = records - 1;
    return EG_OK;
}

enum eg_code eg__csv_read(struct eg__csv *csv, const char *path, struct eg_error *err)
{
    *csv = (struct eg__csv){.path = path};
    if (eg_file_read(&csv->text, path, FILE_SIZE_MAX, err) == EG_OK)
        return eg__csv_parse(csv, err);
    if (err->code == EG_IO)
        err->code = EG_BAD_ARGUMENT;
    return err->code;
}

void eg__csv_finish(struct eg__csv *csv)
{
    eg_buffer_finish(&csv->text);
    eg_buffer_finish(&csv->fields);
    eg_buffer_finish(&csv->lines);
}

const char *const *eg__csv_names(const struct eg__csv *csv)
{
    return (const char *const *)(const void *)csv->fields.data;
}

const char *const *eg__csv_row(const struct eg__csv *csv, size_t row)
{
    return eg__csv_names(csv) + (row + 1) * csv->columns;
}

unsigned eg__csv_line(const struct eg__csv *csv, size_t row)
{
    return ((const unsigned *)(const void *)csv->lines.data)[row + 1];
}
