/* SPDX-License-Identifier: Apache-2.0 */

/* Rows as text, CSV or JSON. */

#define _DEFAULT_SOURCE /* timegm(), tm_gmtoff */

#include "tools/espgang/ledger/rows.h"

#include "engine/base/bytes.h"
#include "engine/base/csv.h"
#include "engine/base/text.h"
#include "engine/line/json.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define LEAST_WIDTH 40 /* of the output */

static const char *text_of(const struct cli_column *column, const void *row)
{
    return *(const char *const *)((const char *)row + column->offset);
}

static int64_t number_of(const struct cli_column *column, const void *row)
{
    return *(const int64_t *)((const char *)row + column->offset);
}

#define LOCAL_TEXT 40

/* "+01:00" of a local time. */
static void put_offset(char text[8], const struct tm *local)
{
    const long minutes = labs(local->tm_gmtoff) / 60;

    snprintf(text, 8, "%c%02u:%02u", local->tm_gmtoff < 0 ? '-' : '+', (unsigned)(minutes / 60 % 100),
             (unsigned)(minutes % 60));
}

/* "2026-11-23 09:24:00+01:00" of "2026-11-23T08:24:00.123Z"; a text of another form stays. */
static const char *local_time(char text[LOCAL_TEXT], const char *utc)
{
    struct tm parts = {0}, local;
    char offset[8];

    if (sscanf(utc, "%4d-%2d-%2dT%2d:%2d:%2d", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour,
               &parts.tm_min, &parts.tm_sec) != 6)
        return utc;
    parts.tm_year -= 1900;
    parts.tm_mon--;
    const time_t seconds = timegm(&parts);
    if (localtime_r(&seconds, &local) == NULL || strftime(text, LOCAL_TEXT, "%Y-%m-%d %H:%M:%S", &local) == 0)
        return utc;
    put_offset(offset, &local);
    snprintf(text + strlen(text), LOCAL_TEXT - strlen(text), "%s", offset);
    return text;
}

/* The value for people and spreadsheets, as UTF-8; NULL = no memory. Times of people are local. */
static char *show(const struct cli_rows *rows, const struct cli_column *column, const void *row)
{
    struct eg_error ignored;
    const char *text = "";
    char number[24] = "", local[LOCAL_TEXT];
    char *shown = NULL;

    switch (column->kind) {
    case CLI_COLUMN_TIME:
        text = text_of(column, row);
        if (rows->format == CLI_FORMAT_TEXT)
            text = local_time(local, text);
        break;
    case CLI_COLUMN_TEXT:
    case CLI_COLUMN_DECIMAL:
        text = text_of(column, row);
        break;
    case CLI_COLUMN_NUMBER:
        if (number_of(column, row) != -1)
            snprintf(number, sizeof number, "%" PRId64, number_of(column, row));
        text = number;
        break;
    case CLI_COLUMN_FLAG:
        text = number_of(column, row) != 0 ? "yes" : "no";
        break;
    }
    return eg_utf8_clean(&shown, text, &ignored) == EG_OK ? shown : NULL;
}

static bool is_number(const struct cli_column *column)
{
    return column->kind == CLI_COLUMN_NUMBER || column->kind == CLI_COLUMN_DECIMAL;
}

static const struct cli_table_form *table_now(const struct cli_rows *rows)
{
    return rows->tables[rows->depth - 1];
}

static bool is_main(const struct cli_rows *rows)
{
    return rows->main == NULL || strcmp(table_now(rows)->name, rows->main) == 0;
}

/* JSON */

static json_t *json_value(const struct cli_column *column, const void *row)
{
    switch (column->kind) {
    case CLI_COLUMN_TEXT:
    case CLI_COLUMN_TIME:
        return text_of(column, row)[0] != '\0' ? eg_json_text(text_of(column, row)) : json_null();
    case CLI_COLUMN_DECIMAL:
        if (text_of(column, row)[0] == '\0')
            return json_null();
        return strchr(text_of(column, row), '.') != NULL
                   ? json_real(strtod(text_of(column, row), NULL))
                   : json_integer(strtoll(text_of(column, row), NULL, 10));
    case CLI_COLUMN_NUMBER:
        return number_of(column, row) != -1 ? json_integer(number_of(column, row)) : json_null();
    case CLI_COLUMN_FLAG:
        break;
    }
    return json_boolean(number_of(column, row) != 0);
}

/* JSON lets DEL and C1 stand as they are; a terminal obeys them. */
static void put_escaped(FILE *out, const char *json)
{
    for (size_t left = strlen(json), length; left > 0; json += length, left -= length) {
        length = eg_utf8_length(json, left);
        length = length != 0 ? length : 1;
        if (eg_utf8_is_control(json, length))
            fprintf(out, "\\u%04x", (unsigned char)json[length - 1]);
        else
            fwrite(json, 1, length, out);
    }
}

/* Takes the value over. */
static void put_json(struct cli_rows *rows, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

    put_escaped(rows->out, text != NULL ? text : "null");
    free(text);
    json_decref(value);
}

static void open_json(struct cli_rows *rows, const void *row)
{
    const char *before = rows->any[rows->depth] ? ",\n{" : "\n{";

    for (const struct cli_column *column = table_now(rows)->columns; column->name != NULL; column++) {
        fprintf(rows->out, "%s\"%s\":", before, column->name);
        put_json(rows, json_value(column, row));
        before = ",";
    }
}

/* CSV */

static void open_csv(struct cli_rows *rows, const void *row)
{
    for (const struct cli_column *column = table_now(rows)->columns; column->name != NULL; column++) {
        if (column != table_now(rows)->columns)
            putc(',', rows->out);
        EG_CLEANUP(eg_free_cleanup) char *text = show(rows, column, row);
        eg_csv_put(rows->out, text != NULL ? text : "");
    }
    fputs("\r\n", rows->out);
}

static void head_csv(struct cli_rows *rows)
{
    if (rows->header)
        return;
    rows->header = true;
    for (const struct cli_column *column = table_now(rows)->columns; column->name != NULL; column++)
        fprintf(rows->out, "%s%s", column != table_now(rows)->columns ? "," : "", column->name);
    fputs("\r\n", rows->out);
}

/* Text */

static unsigned width_of(const char *text)
{
    unsigned width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

/* Return how many bytes the first `width` characters of a text take. */
static size_t bytes_of(const char *text, unsigned width)
{
    size_t size = 0;

    for (;; size++) {
        if (text[size] == '\0')
            return size;
        if (((unsigned char)text[size] & 0xc0) != 0x80 && width-- == 0)
            return size;
    }
}

/* Text from a board or a file must not move the cursor. */
static void put_bytes(struct cli_rows *rows, const char *text, size_t size)
{
    if (size == 0)
        return;
    fprintf(rows->out, "%*s", (int)rows->blanks, "");
    rows->blanks = 0;
    for (size_t i = 0, step; i < size; i += step) {
        const size_t length = eg_utf8_length(text + i, size - i);

        step = length != 0 ? length : 1;
        if (length == 0 || eg_utf8_is_control(text + i, length))
            putc('?', rows->out);
        else
            fwrite(text + i, 1, length, rows->out);
    }
}

static void end_line(struct cli_rows *rows)
{
    putc('\n', rows->out);
    rows->blanks = 0;
}

/* In lines of `width`, broken between words; lines after the first begin with `indent` blanks. */
static void put_wrapped(struct cli_rows *rows, const char *text, unsigned indent, unsigned width)
{
    for (;;) {
        size_t size = bytes_of(text, width), next = size;
        if (text[size] != '\0') {
            while (size > 0 && text[size] != ' ')
                size--;
            if (size == 0)
                size = next;
            next = size;
            while (text[next] == ' ')
                next++;
        }
        put_bytes(rows, text, size);
        end_line(rows);
        text += next;
        if (*text == '\0')
            return;
        rows->blanks = indent;
    }
}

static void put_cell(struct cli_rows *rows, const struct cli_column *column, const char *text)
{
    const unsigned width = width_of(text);

    if (width > column->width) {
        const bool marked = column->kind != CLI_COLUMN_TIME;
        put_bytes(rows, text, bytes_of(text, column->width - marked));
        fputs(marked ? "~" : "", rows->out);
        return;
    }
    if (is_number(column))
        rows->blanks += column->width - width;
    put_bytes(rows, text, strlen(text));
    if (!is_number(column))
        rows->blanks += column->width - width;
}

static const struct cli_column *next_shown(const struct cli_column *column)
{
    while (column->name != NULL && column->width == 0)
        column++;
    return column;
}

/* The head of a column; that of times says their zone now, if there is room. */
static void capitals(char *text, size_t size, const struct cli_column *column)
{
    const time_t now = time(NULL);
    char offset[8];
    struct tm local;

    snprintf(text, size, "%s", column->name);
    if (column->kind == CLI_COLUMN_TIME && column->width >= CLI_ROWS_TIME &&
        localtime_r(&now, &local) != NULL) {
        put_offset(offset, &local);
        snprintf(text, size, "%s utc%s", column->name, local.tm_gmtoff == 0 ? "" : offset);
    }
    for (; *text != '\0'; text++)
        *text = *text == '_' ? ' ' : (char)toupper((unsigned char)*text);
}

/* A line of a table; without a row that of the names. */
static void put_line(struct cli_rows *rows, const void *row)
{
    unsigned indent = 0;

    for (const struct cli_column *column = next_shown(table_now(rows)->columns); column->name != NULL;) {
        const struct cli_column *next = next_shown(column + 1);
        EG_CLEANUP(eg_free_cleanup) char *shown = row != NULL ? show(rows, column, row) : NULL;
        const char *text = shown != NULL ? shown : "";
        char name[40];
        if (row == NULL) {
            capitals(name, sizeof name, column);
            text = name;
        }
        if (next->name != NULL || is_number(column)) {
            put_cell(rows, column, text);
            rows->blanks += CLI_ROWS_GAP;
            if (next->name == NULL)
                end_line(rows);
        } else {
            const unsigned rest = rows->width > indent ? rows->width - indent : 0;
            put_wrapped(rows, text, indent, rest > column->width ? rest : column->width);
        }
        indent += column->width + CLI_ROWS_GAP;
        column = next;
    }
}

static void put_paragraph(struct cli_rows *rows, const void *row)
{
    unsigned indent = 0;

    for (const struct cli_column *column = table_now(rows)->columns; column->name != NULL; column++)
        if (column->width > 0 && strlen(column->name) > indent)
            indent = (unsigned)strlen(column->name);
    indent += CLI_ROWS_GAP;
    for (const struct cli_column *column = next_shown(table_now(rows)->columns); column->name != NULL;
         column = next_shown(column + 1)) {
        EG_CLEANUP(eg_free_cleanup) char *text = show(rows, column, row);
        if (text == NULL || text[0] == '\0')
            continue;
        fputs(column->name, rows->out);
        rows->blanks = indent - (unsigned)strlen(column->name);
        put_wrapped(rows, text, indent, rows->width - indent);
    }
}

static void open_text(struct cli_rows *rows, const void *row)
{
    const struct cli_table_form *table = table_now(rows);

    if (rows->printed && (table->upright || !rows->any[rows->depth]))
        putc('\n', rows->out);
    if (!table->upright && !rows->any[rows->depth]) {
        if (rows->main == NULL || !is_main(rows))
            fprintf(rows->out, "%s:\n", table->name);
        put_line(rows, NULL);
    }
    if (table->upright)
        put_paragraph(rows, row);
    else
        put_line(rows, row);
}

struct cli_column cli_run_column(const struct eg_run_column *column, unsigned width)
{
    static const enum cli_kind kinds[] = {
        [EG_RUN_TEXT] = CLI_COLUMN_TEXT,     [EG_RUN_TIME] = CLI_COLUMN_TIME,
        [EG_RUN_NUMBER] = CLI_COLUMN_NUMBER, [EG_RUN_MS] = CLI_COLUMN_NUMBER,
        [EG_RUN_JEDEC] = CLI_COLUMN_NUMBER,
    };

    return (struct cli_column){column->name, kinds[column->kind], column->offset, width};
}

unsigned cli_rows_text_width(const struct cli_column *column, const void *row)
{
    const struct cli_rows rows = {.format = CLI_FORMAT_TEXT};
    EG_CLEANUP(eg_free_cleanup) char *text = show(&rows, column, row);

    return text != NULL ? width_of(text) : 0;
}

unsigned cli_rows_window(FILE *out)
{
    struct winsize window;

    if (!isatty(fileno(out)) || ioctl(fileno(out), TIOCGWINSZ, &window) != 0 || window.ws_col == 0)
        return CLI_ROWS_WIDTH;
    return window.ws_col < LEAST_WIDTH ? LEAST_WIDTH : window.ws_col;
}

/* All three */

void cli_rows_begin(struct cli_rows *rows, FILE *out, enum cli_format format, const char *command,
                    const char *ledger, const char *main)
{
    *rows = (struct cli_rows){.out = out, .format = format, .main = main, .width = cli_rows_window(out)};
    if (format != CLI_FORMAT_JSON)
        return;
    fprintf(out, "{\"espgang\":\"%s\",\"version\":%d,\"ledger\":", command, CLI_ROWS_VERSION);
    put_json(rows, eg_json_text(ledger));
}

void cli_rows_table(struct cli_rows *rows, const struct cli_table_form *table)
{
    rows->tables[rows->depth++] = table;
    rows->any[rows->depth] = false;
    if (rows->format == CLI_FORMAT_JSON)
        fprintf(rows->out, ",\n\"%s\":[", table->name);
    if (rows->format == CLI_FORMAT_CSV && is_main(rows))
        head_csv(rows);
}

void cli_rows_table_end(struct cli_rows *rows)
{
    if (rows->format == CLI_FORMAT_JSON)
        putc(']', rows->out);
    rows->depth--;
}

void cli_rows_open(struct cli_rows *rows, const void *row)
{
    switch (rows->format) {
    case CLI_FORMAT_TEXT:
        open_text(rows, row);
        break;
    case CLI_FORMAT_CSV:
        if (is_main(rows))
            open_csv(rows, row);
        break;
    case CLI_FORMAT_JSON:
        open_json(rows, row);
        break;
    }
    rows->any[rows->depth] = true;
    rows->printed = true;
}

void cli_rows_close(struct cli_rows *rows)
{
    if (rows->format == CLI_FORMAT_JSON)
        putc('}', rows->out);
}

enum eg_code cli_rows_add(void *context, const void *row, struct eg_error *err)
{
    struct cli_rows *const rows = context;

    errno = 0;
    cli_rows_open(rows, row);
    cli_rows_close(rows);
    if (!ferror(rows->out))
        return EG_OK;
    return eg_error_errno(err, EG_IO, errno != 0 ? errno : EIO, "standard output");
}

void cli_rows_say(struct cli_rows *rows, const char *format, ...)
{
    va_list args;

    if (rows->format != CLI_FORMAT_TEXT)
        return;
    if (rows->printed)
        putc('\n', rows->out);
    va_start(args, format);
    vfprintf(rows->out, format, args);
    va_end(args);
    putc('\n', rows->out);
    rows->printed = true;
}

void cli_rows_text(struct cli_rows *rows, const char *name, const char *text)
{
    if (rows->format != CLI_FORMAT_JSON)
        return;
    fprintf(rows->out, ",\"%s\":", name);
    put_json(rows, eg_json_text(text));
}

void cli_rows_number(struct cli_rows *rows, const char *name, int64_t number)
{
    if (rows->format == CLI_FORMAT_JSON)
        fprintf(rows->out, ",\n\"%s\":%" PRId64, name, number);
}

void cli_rows_end(struct cli_rows *rows)
{
    if (rows->format == CLI_FORMAT_JSON)
        fputs("}\n", rows->out);
}

enum eg_code cli_rows_format(enum cli_format *format, const struct cli_call *call, struct eg_error *err)
{
    const bool json = cli_flag(call, "json"), csv = cli_flag(call, "csv");

    if (json && csv)
        return cli_usage(call, err, "--json and --csv exclude each other");
    *format = json ? CLI_FORMAT_JSON : csv ? CLI_FORMAT_CSV : CLI_FORMAT_TEXT;
    return EG_OK;
}
