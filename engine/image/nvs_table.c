/* SPDX-License-Identifier: Apache-2.0 */

/* The mass manufacturing tool's file of values: a column for each key, a row for each unit. */

#include "engine/image/csv.h"
#include "engine/image/nvs_layout.h"

#include "engine/base/text.h"

#include <stdlib.h>
#include <string.h>

struct eg_nvs_table {
    struct eg_nvs_value *cells; /* of all units, unit after unit */
    size_t *lines;
    char **columns;
    bool *repeats; /* by column */
    size_t column_count, unit_count;
};

/* Find the row of a column: the second column of a key is for the second row with that key. */
static const struct eg_nvs_row *row_of(const struct eg_nvs_table *table, const struct eg_nvs_schema *schema,
                                       size_t column)
{
    size_t nth = 0;

    for (size_t i = 0; i < column; i++)
        nth += strcmp(table->columns[i], table->columns[column]) == 0;
    return eg_nvs_schema_find(schema, table->columns[column], nth);
}

static enum eg_code read_columns(struct eg_nvs_table *table, const struct eg_nvs_schema *schema,
                                 struct eg__csv *csv, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) const struct eg_nvs_row **found = NULL;

    EG_TRY(eg_alloc(&table->columns, csv->count, sizeof *table->columns, err));
    EG_TRY(eg_alloc(&table->repeats, csv->count, sizeof *table->repeats, err));
    EG_TRY(eg_alloc(&found, csv->count, sizeof *found, err));
    for (; table->column_count < csv->count; table->column_count++) {
        const size_t i = table->column_count;
        EG_TRY(eg__csv_trim(&table->columns[i], csv->field[i], err));
        found[i] = row_of(table, schema, i);
        table->repeats[i] = found[i] != NULL && found[i]->repeat;
    }
    if (csv->count == 1 && found[0] == NULL)
        EG_TRY(eg_csv_check_separator(csv->field[0], err));
    for (size_t i = 0; i < eg_nvs_schema_count(schema); i++) {
        const struct eg_nvs_row *const row = eg_nvs_schema_row(schema, i);
        size_t column = 0;
        while (column < csv->count && found[column] != row)
            column++;
        if (column == csv->count && row->key[0] != '\0' && row->text == NULL)
            return eg_error_set(err, EG_BAD_IMAGE, "there is no column \"%s\", as line %zu of %s wants it",
                                row->key, row->line, eg_nvs_schema_name(schema));
    }
    return EG_OK;
}

static enum eg_code add_unit(struct eg_nvs_table *table, const struct eg__csv *csv, struct eg_error *err)
{
    const size_t columns = table->column_count, used = table->unit_count * columns;

    if (csv->count == 1 && columns > 1)
        EG_TRY(eg_csv_check_separator(csv->field[0], err));
    if (csv->count != columns)
        return eg_error_set(err, EG_BAD_IMAGE, "the row has %zu fields, the first one has %zu", csv->count,
                            columns);
    if ((table->unit_count & (table->unit_count - 1)) == 0) { /* room is a power of two */
        const size_t room = table->unit_count == 0 ? 1 : 2 * table->unit_count;
        struct eg_nvs_value *const cells = realloc(table->cells, room * columns * sizeof *cells);
        if (cells != NULL)
            table->cells = cells;
        size_t *const lines = realloc(table->lines, room * sizeof *lines);
        if (lines != NULL)
            table->lines = lines;
        if (cells == NULL || lines == NULL)
            return eg_error_set(err, EG_NO_MEMORY, "%zu units", table->unit_count + 1);
    }
    struct eg_nvs_value *const cells = table->cells + used;
    table->lines[table->unit_count++] = csv->line;
    for (size_t i = 0; i < columns; i++)
        cells[i] = (struct eg_nvs_value){.name = table->columns[i]};
    for (size_t i = 0; i < columns; i++) {
        char *text;
        EG_TRY(eg_strdup(&text, table->repeats[i] && used > 0 ? table->cells[i].text : csv->field[i], err));
        cells[i].text = text;
    }
    return EG_OK;
}

static enum eg_code read_table(struct eg_nvs_table *table, const struct eg_nvs_schema *schema,
                               struct eg__csv *csv, struct eg_error *err)
{
    bool got;

    EG_TRY(eg__csv_next(csv, &got, err));
    if (!got)
        return eg_error_set(err, EG_BAD_IMAGE, "there is no row with the names of keys");
    EG_TRY(read_columns(table, schema, csv, err));
    for (;;) {
        EG_TRY(eg__csv_next(csv, &got, err));
        if (!got)
            return EG_OK;
        EG_TRY(add_unit(table, csv, err));
    }
}

enum eg_code eg_nvs_table_parse(struct eg_nvs_table **table, const struct eg_nvs_schema *schema,
                                const char *name, const char *text, size_t size, struct eg_error *err)
{
    EG_CLEANUP(eg_nvs_table_cleanup) struct eg_nvs_table *made = NULL;
    EG_CLEANUP(eg__csv_close) struct eg__csv csv = {0};

    EG_TRY(eg_alloc(&made, 1, sizeof *made, err));
    if (eg__csv_open(&csv, text, size, err) != EG_OK || read_table(made, schema, &csv, err) != EG_OK)
        return eg_error_prefix(err, "%s:%zu: ", name, csv.line);
    *table = made;
    made = NULL;
    return EG_OK;
}

void eg_nvs_table_destroy(struct eg_nvs_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->unit_count * table->column_count; i++)
        free((void *)table->cells[i].text);
    for (size_t i = 0; i < table->column_count; i++)
        free(table->columns[i]);
    free(table->columns);
    free(table->repeats);
    free(table->cells);
    free(table->lines);
    free(table);
}

void eg_nvs_table_cleanup(struct eg_nvs_table **table)
{
    eg_nvs_table_destroy(*table);
}

size_t eg_nvs_table_count(const struct eg_nvs_table *table)
{
    return table->unit_count;
}

const struct eg_nvs_value *eg_nvs_table_unit(const struct eg_nvs_table *table, size_t unit, size_t *count)
{
    *count = table->column_count;
    return table->cells + unit * table->column_count;
}

size_t eg_nvs_table_line(const struct eg_nvs_table *table, size_t unit)
{
    return table->lines[unit];
}
