/* SPDX-License-Identifier: Apache-2.0 */

/* Reads CSV files of spreadsheets and people: lines end in LF, CR LF or CR. */

#include "engine/image/csv.h"

#include "engine/base/text.h"

#include <stdlib.h>
#include <string.h>

#define BLANKS " \t"

enum eg_code eg__csv_open(struct eg__csv *csv, const char *text, size_t size, struct eg_error *err)
{
    *csv = (struct eg__csv){.line = 1, .next_line = 1};
    EG_TRY(eg_text_begin(&text, &size, err));
    csv->at = text;
    csv->end = text + size;
    return EG_OK;
}

void eg__csv_close(struct eg__csv *csv)
{
    free(csv->field);
    eg_buffer_finish(&csv->text);
}

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

/* `at` is at the end of a line. Return the position after it. */
static void pass_line_end(struct eg__csv *csv)
{
    if (csv->at < csv->end && *csv->at == '\r' && csv->at + 1 < csv->end && csv->at[1] == '\n')
        csv->at++;
    if (csv->at < csv->end)
        csv->at++;
    csv->next_line++;
}

/* Skip comments and blank lines. */
static void pass_nothing(struct eg__csv *csv)
{
    while (csv->at < csv->end) {
        const char *look = csv->at;
        while (look < csv->end && strchr(BLANKS, *look) != NULL && *look != '\0')
            look++;
        if (look < csv->end && *look == '#')
            while (look < csv->end && !is_line_end(*look))
                look++;
        if (look < csv->end && !is_line_end(*look))
            return;
        csv->at = look;
        pass_line_end(csv);
    }
}

static enum eg_code read_quoted(struct eg__csv *csv, struct eg_error *err)
{
    for (csv->at++; csv->at < csv->end; csv->at++) {
        if (*csv->at == '"' && (csv->at + 1 == csv->end || csv->at[1] != '"')) {
            csv->at++;
            if (csv->at == csv->end || *csv->at == ',' || is_line_end(*csv->at))
                return EG_OK;
            return eg_error_set(err, EG_BAD_IMAGE, "there is text after a closing quote");
        }
        if (*csv->at == '"')
            csv->at++;
        if (is_line_end(*csv->at)) {
            EG_TRY(eg_buffer_append(&csv->text, "\n", 1, err));
            pass_line_end(csv);
            csv->at--;
            continue;
        }
        EG_TRY(eg_buffer_append(&csv->text, csv->at, 1, err));
    }
    return eg_error_set(err, EG_BAD_IMAGE, "there is a quote without an end");
}

static enum eg_code read_plain(struct eg__csv *csv, struct eg_error *err)
{
    const char *const start = csv->at;

    while (csv->at < csv->end && *csv->at != ',' && !is_line_end(*csv->at))
        csv->at++;
    return eg_buffer_append(&csv->text, start, (size_t)(csv->at - start), err);
}

static enum eg_code check_text(const struct eg_buffer *text, size_t from, struct eg_error *err)
{
    const char *const at = (const char *)text->data;

    for (size_t step; from < text->size; from += step) {
        step = eg_utf8_length(at + from, text->size - from);
        if (step == 0 || at[from] == '\0')
            return eg_error_set(err, EG_BAD_IMAGE, "byte 0x%02x is no text in UTF-8",
                                (unsigned char)at[from]);
    }
    return EG_OK;
}

static enum eg_code read_field(struct eg__csv *csv, struct eg_error *err)
{
    const size_t start = csv->text.size;

    if (csv->at < csv->end && *csv->at == '"')
        EG_TRY(read_quoted(csv, err));
    else
        EG_TRY(read_plain(csv, err));
    EG_TRY(check_text(&csv->text, start, err));
    csv->count++;
    return eg_buffer_append(&csv->text, "", 1, err);
}

enum eg_code eg__csv_next(struct eg__csv *csv, bool *got, struct eg_error *err)
{
    pass_nothing(csv);
    csv->line = csv->next_line;
    csv->count = 0;
    csv->text.size = 0;
    *got = csv->at < csv->end;
    if (!*got)
        return EG_OK;
    EG_TRY(read_field(csv, err));
    while (csv->at < csv->end && *csv->at == ',') {
        csv->at++;
        EG_TRY(read_field(csv, err));
    }
    pass_line_end(csv);
    const char **field = realloc(csv->field, csv->count * sizeof *field);
    if (field == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%zu fields", csv->count);
    csv->field = field;
    const char *at = (const char *)csv->text.data;
    for (size_t i = 0; i < csv->count; i++, at += strlen(at) + 1)
        field[i] = at;
    return EG_OK;
}

enum eg_code eg__csv_trim(char **trimmed, const char *field, struct eg_error *err)
{
    EG_TRY(eg_strdup(trimmed, field + strspn(field, BLANKS), err));
    for (size_t size = strlen(*trimmed); size > 0 && strchr(BLANKS, (*trimmed)[size - 1]) != NULL;)
        (*trimmed)[--size] = '\0';
    return EG_OK;
}
