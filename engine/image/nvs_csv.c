/* SPDX-License-Identifier: Apache-2.0 */

/*
 * NVS schemas in CSV: rows of keys with or without values, and the items of one unit.
 *
 * Errors that do not depend on a unit's values are found when a schema is parsed.
 */

#include "engine/image/csv.h"
#include "engine/image/nvs_layout.h"

#include "engine/base/file.h"
#include "engine/base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FILE_SIZE_MAX ((size_t)4 << 20) /* more than the largest blob in base64 or hex */

struct row {
    struct eg_nvs_row row;
    size_t nth; /* how many rows before it have the same key, in other namespaces */
};

struct eg_nvs_schema {
    char *name;
    char *folder; /* NULL = the working directory */
    struct row *rows;
    size_t count;
};

enum { KEY, TYPE, ENCODING, VALUE, REPEAT, COLUMNS };

struct reader {
    struct eg__csv csv;
    struct eg_nvs_schema *schema;
    size_t column[COLUMNS]; /* SIZE_MAX = no such column */
    size_t fields_max;      /* of a row */
    char space[EG_NVS_NAME_SIZE];
};

/* ---- Parsing ---- */

static const char *field(const struct reader *reader, int column)
{
    return reader->column[column] < reader->csv.count ? reader->csv.field[reader->column[column]] : "";
}

/* Return whether a field is a word, ignoring letter case and blanks around it. */
static bool is_word(const char *text, const char *word)
{
    const size_t length = strlen(word);

    text += strspn(text, " \t");
    return strncasecmp(text, word, length) == 0 && text[length + strspn(text + length, " \t")] == '\0';
}

/* Read a first record that names columns. Without one, columns are as in the mass manufacturing tool. */
static enum eg_code find_columns(struct reader *reader, bool *is_header, struct eg_error *err)
{
    static const char *const names[COLUMNS] = {"key", "type", "encoding", "value", "REPEAT"};

    for (size_t i = 0; i < COLUMNS; i++)
        reader->column[i] = SIZE_MAX;
    for (size_t i = 0; i < reader->csv.count; i++)
        for (size_t j = 0; j < COLUMNS; j++)
            if (is_word(reader->csv.field[i], names[j]))
                reader->column[j] = i;
    *is_header = reader->column[KEY] != SIZE_MAX && reader->column[TYPE] != SIZE_MAX;
    if (!*is_header) {
        memcpy(reader->column, (const size_t[]){0, 1, 2, SIZE_MAX, 3}, sizeof reader->column);
        reader->fields_max = 4;
        return EG_OK;
    }
    if (reader->column[ENCODING] == SIZE_MAX)
        return eg_error_set(err, EG_BAD_IMAGE, "the header has no column \"encoding\"");
    reader->fields_max = reader->csv.count;
    if (reader->column[VALUE] == SIZE_MAX && reader->column[REPEAT] == SIZE_MAX)
        reader->column[REPEAT] = reader->fields_max++;
    return EG_OK;
}

static enum eg_code take_name(char name[EG_NVS_NAME_SIZE], const char *what, const char *text,
                              struct eg_error *err)
{
    const size_t size = strlen(text);

    if (size == 0)
        return eg_error_set(err, EG_BAD_IMAGE, "the row has no key");
    if (size >= EG_NVS_NAME_SIZE)
        return eg_error_set(err, EG_BAD_IMAGE, "%s \"%.60s\" has %zu bytes, more than %d", what, text, size,
                            EG_NVS_NAME_SIZE - 1);
    for (size_t i = 0; i < size; i++)
        if (iscntrl((unsigned char)text[i]))
            return eg_error_set(err, EG_BAD_IMAGE, "%s has byte 0x%02x, which is no text", what,
                                (unsigned char)text[i]);
    memcpy(name, text, size + 1);
    return EG_OK;
}

static enum eg_code add_row(struct eg_nvs_schema *schema, struct row **row, struct eg_error *err)
{
    struct row *more = schema->rows;

    if ((schema->count & (schema->count - 1)) == 0) /* room is a power of two */
        more = realloc(schema->rows, (schema->count == 0 ? 1 : 2 * schema->count) * sizeof *more);
    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%zu rows", schema->count + 1);
    schema->rows = more;
    *row = &more[schema->count++];
    **row = (struct row){0};
    return EG_OK;
}

static enum eg_code read_repeat(const struct reader *reader, struct eg_nvs_row *row, struct eg_error *err)
{
    row->repeat = is_word(field(reader, REPEAT), "REPEAT");
    if (!row->repeat && !is_word(field(reader, REPEAT), ""))
        return eg_error_set(err, EG_BAD_IMAGE, "the encoding is followed by something other than REPEAT");
    return EG_OK;
}

/* Read the encoding and value of a row of type "data" or "file". */
static enum eg_code read_value(const struct reader *reader, struct eg_nvs_row *row, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer value = {0};
    char *encoding = NULL, *text = NULL;
    enum eg_nvs_type type;

    EG_TRY(eg__csv_trim(&encoding, field(reader, ENCODING), err));
    row->encoding = encoding;
    EG_TRY(eg__nvs_encoding_check(encoding, err));
    EG_TRY(read_repeat(reader, row, err));
    if (reader->column[VALUE] == SIZE_MAX)
        return EG_OK;
    EG_TRY(eg_strdup(&text, field(reader, VALUE), err));
    row->text = text;
    if (row->is_file || text[0] == '\0') /* each unit may have its own */
        return EG_OK;
    return eg_nvs_value_parse(&type, &value, encoding, text, strlen(text), err);
}

static enum eg_code read_row(struct reader *reader, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *key = NULL;
    EG_CLEANUP(eg_free_cleanup) char *type = NULL;
    struct row *row = NULL;

    if (reader->csv.count == 1)
        EG_TRY(eg_csv_check_separator(reader->csv.field[0], err));
    for (size_t i = reader->fields_max; i < reader->csv.count; i++)
        if (reader->csv.field[i][0] != '\0')
            return eg_error_set(err, EG_BAD_IMAGE,
                                "the row has %zu fields, more than %zu: a value with a comma wants quotes",
                                reader->csv.count, reader->fields_max);
    EG_TRY(eg__csv_trim(&key, field(reader, KEY), err));
    EG_TRY(eg__csv_trim(&type, field(reader, TYPE), err));
    EG_TRY(add_row(reader->schema, &row, err));
    row->row.line = reader->csv.line;
    if (strcasecmp(type, "namespace") == 0) {
        EG_TRY(take_name(row->row.space, "namespace", key, err));
        memcpy(reader->space, row->row.space, sizeof reader->space);
        return EG_OK;
    }
    EG_TRY(take_name(row->row.key, "key", key, err));
    row->row.is_file = strcasecmp(type, "file") == 0;
    if (!row->row.is_file && strcasecmp(type, "data") != 0)
        return eg_error_set(err, EG_BAD_IMAGE, "key \"%s\": type \"%.40s\" is none of namespace, data, file",
                            key, type);
    if (reader->space[0] == '\0')
        return eg_error_set(err, EG_BAD_IMAGE, "key \"%s\" stands in front of the first namespace", key);
    memcpy(row->row.space, reader->space, sizeof row->row.space);
    if (read_value(reader, &row->row, err) != EG_OK)
        return eg_error_prefix(err, "key \"%s\": ", key);
    return EG_OK;
}

static enum eg_code read_rows(struct reader *reader, struct eg_error *err)
{
    bool got, is_header;

    EG_TRY(eg__csv_next(&reader->csv, &got, err));
    if (!got)
        return eg_error_set(err, EG_BAD_IMAGE, "there are no rows");
    EG_TRY(find_columns(reader, &is_header, err));
    while (got) {
        if (!is_header)
            EG_TRY(read_row(reader, err));
        is_header = false;
        EG_TRY(eg__csv_next(&reader->csv, &got, err));
    }
    return EG_OK;
}

static int by_key(const void *a, const void *b)
{
    struct row *const *first = a, *const *second = b;
    const int order = strcmp((*first)->row.key, (*second)->row.key);

    return order != 0 ? order : *first < *second ? -1 : *first > *second;
}

static int by_name(const void *a, const void *b)
{
    struct row *const *first = a, *const *second = b;
    int order = strcmp((*first)->row.key, (*second)->row.key);

    if (order == 0)
        order = strcmp((*first)->row.space, (*second)->row.space);
    return order != 0 ? order : *first < *second ? -1 : *first > *second;
}

/* Refuse duplicate keys, and number the rows of equal keys. `*line` is the line of the second. */
static enum eg_code check_keys(struct eg_nvs_schema *schema, size_t *line, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct row **sorted = NULL;

    EG_TRY(eg_alloc(&sorted, schema->count, sizeof *sorted, err));
    for (size_t i = 0; i < schema->count; i++)
        sorted[i] = &schema->rows[i];
    qsort(sorted, schema->count, sizeof *sorted, by_name);
    for (size_t i = 1; i < schema->count; i++) {
        const struct eg_nvs_row *const first = &sorted[i - 1]->row, *const second = &sorted[i]->row;
        *line = second->line;
        if (first->key[0] != '\0' && strcmp(first->key, second->key) == 0 &&
            strcmp(first->space, second->space) == 0)
            return eg_error_set(err, EG_BAD_IMAGE, "key \"%s\" of namespace \"%s\" is on line %zu, too",
                                first->key, first->space, first->line);
    }
    qsort(sorted, schema->count, sizeof *sorted, by_key);
    for (size_t i = 1; i < schema->count; i++)
        if (strcmp(sorted[i - 1]->row.key, sorted[i]->row.key) == 0)
            sorted[i]->nth = sorted[i - 1]->nth + 1;
    return EG_OK;
}

static void close_reader(struct reader *reader)
{
    eg__csv_close(&reader->csv);
}

enum eg_code eg_nvs_schema_parse(struct eg_nvs_schema **schema, const char *name, const char *text,
                                 size_t size, const char *folder, struct eg_error *err)
{
    EG_CLEANUP(eg_nvs_schema_cleanup) struct eg_nvs_schema *made = NULL;
    EG_CLEANUP(close_reader) struct reader reader = {0};

    EG_TRY(eg_alloc(&made, 1, sizeof *made, err));
    EG_TRY(eg_strdup(&made->name, name, err));
    if (folder != NULL)
        EG_TRY(eg_strdup(&made->folder, folder, err));
    reader.schema = made;
    if (eg__csv_open(&reader.csv, text, size, err) != EG_OK || read_rows(&reader, err) != EG_OK ||
        check_keys(made, &reader.csv.line, err) != EG_OK)
        return eg_error_prefix(err, "%s:%zu: ", name, reader.csv.line);
    *schema = made;
    made = NULL;
    return EG_OK;
}

void eg_nvs_schema_destroy(struct eg_nvs_schema *schema)
{
    if (schema == NULL)
        return;
    for (size_t i = 0; i < schema->count; i++) {
        free((void *)schema->rows[i].row.encoding);
        free((void *)schema->rows[i].row.text);
    }
    free(schema->rows);
    free(schema->folder);
    free(schema->name);
    free(schema);
}

void eg_nvs_schema_cleanup(struct eg_nvs_schema **schema)
{
    eg_nvs_schema_destroy(*schema);
}

size_t eg_nvs_schema_count(const struct eg_nvs_schema *schema)
{
    return schema->count;
}

const struct eg_nvs_row *eg_nvs_schema_row(const struct eg_nvs_schema *schema, size_t index)
{
    return &schema->rows[index].row;
}

const char *eg_nvs_schema_name(const struct eg_nvs_schema *schema)
{
    return schema->name;
}

/* ---- Values of a unit ---- */

/* "namespace/key" */
static bool is_full_name(const struct eg_nvs_row *row, const char *name)
{
    const size_t length = strlen(row->space);

    return row->key[0] != '\0' && strncmp(row->space, name, length) == 0 && name[length] == '/' &&
           strcmp(row->key, name + length + 1) == 0;
}

const struct eg_nvs_row *eg_nvs_schema_find(const struct eg_nvs_schema *schema, const char *name, size_t nth)
{
    for (size_t i = 0; i < schema->count; i++)
        if (is_full_name(&schema->rows[i].row, name))
            return &schema->rows[i].row;
    for (size_t i = 0; i < schema->count && name[0] != '\0'; i++)
        if (schema->rows[i].nth == nth && strcmp(schema->rows[i].row.key, name) == 0)
            return &schema->rows[i].row;
    return NULL;
}

static const char *value_of(const struct row *row, const struct eg_nvs_value *values, size_t count)
{
    size_t nth = 0;

    for (size_t i = 0; i < count; i++)
        if (is_full_name(&row->row, values[i].name))
            return values[i].text;
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i].name, row->row.key) == 0 && nth++ == row->nth)
            return values[i].text;
    return row->row.text;
}

static enum eg_code read_file(const struct eg_nvs_schema *schema, struct eg_buffer *content, const char *name,
                              struct eg_error *err)
{
    char path[4096];
    const bool relative = name[0] != '/' && schema->folder != NULL;

    if (name[0] == '\0')
        return eg_error_set(err, EG_BAD_IMAGE, "no file is named");
    if (snprintf(path, sizeof path, "%s%s%s", relative ? schema->folder : "", relative ? "/" : "", name) >=
        (int)sizeof path)
        return eg_error_set(err, EG_BAD_IMAGE, "%.100s...: the path is too long", name);
    if (eg_file_read(content, path, FILE_SIZE_MAX, err) == EG_OK)
        return EG_OK;
    if (err->code == EG_IO || err->code == EG_BAD_ARGUMENT)
        err->code = EG_BAD_IMAGE; /* its name comes from the CSV, so the CSV is wrong */
    return err->code;
}

static enum eg_code make_item(struct eg_nvs_items *items, const struct eg_nvs_schema *schema,
                              const struct row *row, const struct eg_nvs_value *values, size_t count,
                              unsigned version, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer content = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer value = {0};
    struct eg_nvs_item item = {.type = EG_NVS_U8};

    memcpy(item.space, row->row.space, sizeof item.space);
    memcpy(item.key, row->row.key, sizeof item.key);
    if (item.key[0] == '\0')
        return eg__nvs_items_add(items, &item, err);
    const char *text = value_of(row, values, count);
    if (text == NULL)
        return eg_error_set(err, EG_BAD_IMAGE, ": there is no value for it");
    size_t size = strlen(text);
    if (row->row.is_file) {
        if (read_file(schema, &content, text, err) != EG_OK)
            return eg_error_prefix(err, ": ");
        text = (const char *)content.data;
        size = content.size;
    }
    if (eg_nvs_value_parse(&item.type, &value, row->row.encoding, text, size, err) != EG_OK)
        return eg_error_prefix(err, ": ");
    item.data = value.data;
    item.size = value.size;
    if (eg__nvs_item_check(&item, version, err) != EG_OK)
        return eg_error_prefix(err, " ");
    return eg__nvs_items_add(items, &item, err);
}

enum eg_code eg_nvs_schema_items(struct eg_nvs_items *items, const struct eg_nvs_schema *schema,
                                 const struct eg_nvs_value *values, size_t count, unsigned version,
                                 struct eg_error *err)
{
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items made = {0};

    for (size_t i = 0; i < schema->count; i++) {
        const struct row *const row = &schema->rows[i];
        if (make_item(&made, schema, row, values, count, version, err) != EG_OK)
            return eg_error_prefix(err, "%s:%zu: key \"%s\"", schema->name, row->row.line, row->row.key);
    }
    EG_TRY(eg__nvs_wifi_complete(&made, err));
    *items = made;
    made = (struct eg_nvs_items){0};
    return EG_OK;
}

enum eg_code eg_nvs_schema_build(struct eg_buffer *image, const struct eg_nvs_schema *schema,
                                 const struct eg_nvs_value *values, size_t count, size_t size,
                                 unsigned version, struct eg_error *err)
{
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};

    EG_TRY(eg_nvs_size_check(size, err));
    EG_TRY(eg_nvs_schema_items(&items, schema, values, count, version, err));
    if (eg_nvs_build(image, items.list, items.count, size, version, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", schema->name);
    return EG_OK;
}
