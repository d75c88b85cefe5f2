/* SPDX-License-Identifier: Apache-2.0 */

#include "reports/values.h"

#include "engine/base/bytes.h"

#include <stdlib.h>
#include <string.h>

static enum eg_code find_name(struct eg__values *values, const struct eg_run_value *row, size_t *at,
                              struct eg_error *err)
{
    const bool given = strcmp(row->kind, "unit") == 0;

    size_t column = values->name_count;

    for (*at = 0; *at < values->name_count; ++*at) {
        const struct eg__value_name *const known = &values->names[*at];
        if (strcmp(known->name, row->name) != 0 || known->given != given)
            continue;
        if (strcmp(known->unit, row->unit) == 0)
            return EG_OK;
        column = known->column;
    }
    EG_TRY(eg_grow(&values->names, values->name_count, sizeof *values->names, err));
    struct eg__value_name *const name = &values->names[values->name_count++];
    name->given = given;
    name->column = column;
    EG_TRY(eg_strdup(&name->name, row->name, err));
    return eg_strdup(&name->unit, row->unit, err);
}

static enum eg_code collect(void *context, const struct eg_run_value *row, struct eg_error *err)
{
    struct eg__values *values = context;

    EG_TRY(eg_grow(&values->items, values->count, sizeof *values->items, err));
    struct eg__value *value = &values->items[values->count];
    EG_TRY(find_name(values, row, &value->name, err));
    EG_TRY(eg_strdup(&value->text, row->value, err));
    value->run = row->run;
    value->number = row->number;
    value->lower = row->lower;
    value->upper = row->upper;
    value->passed = row->passed;
    values->count++;
    return EG_OK;
}

enum eg_code eg__values_collect(struct eg__values *values, struct eg_query *query, const char *batch,
                                struct eg_error *err)
{
    return eg_query_batch_values(query, batch, collect, values, err);
}

static void names_finish(struct eg__value_name *name)
{
    free(name->name);
    free(name->unit);
}

void eg__values_finish(struct eg__values *values)
{
    for (size_t i = 0; i < values->count; i++)
        free(values->items[i].text);
    for (size_t i = 0; i < values->name_count; i++)
        names_finish(&values->names[i]);
    free(values->items);
    free(values->names);
}

const struct eg__value *eg__values_of(const struct eg__values *values, int64_t run, size_t *count)
{
    size_t low = 0, high = values->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (values->items[middle].run < run)
            low = middle + 1;
        else
            high = middle;
    }
    for (*count = 0; low + *count < values->count && values->items[low + *count].run == run;)
        ++*count;
    return values->items + low;
}
