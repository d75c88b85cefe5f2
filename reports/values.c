/* SPDX-License-Identifier: Apache-2.0 */

#include "reports/values.h"

#include <stdlib.h>
#include <string.h>

enum eg_code eg__grow(void *items, size_t count, size_t *room, size_t size, struct eg_error *err)
{
    if (count < *room)
        return EG_OK;
    const size_t wanted = *room == 0 ? 16 : 2 * *room;
    void *old;
    memcpy(&old, items, sizeof old);
    uint8_t *grown = wanted > SIZE_MAX / size ? NULL : realloc(old, wanted * size);
    if (grown == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory");
    memset(grown + *room * size, 0, (wanted - *room) * size);
    memcpy(items, &grown, sizeof grown);
    *room = wanted;
    return EG_OK;
}

static enum eg_code find_name(struct eg__values *values, const char *name, bool given, size_t *at,
                              struct eg_error *err)
{
    for (*at = 0; *at < values->name_count; ++*at)
        if (strcmp(values->names[*at], name) == 0 && values->given[*at] == given)
            return EG_OK;
    EG_TRY(eg__grow(&values->names, values->name_count, &values->name_room, sizeof *values->names, err));
    EG_TRY(eg__grow(&values->given, values->name_count, &values->given_room, sizeof *values->given, err));
    EG_TRY(eg_strdup(&values->names[*at], name, err));
    values->given[*at] = given;
    values->name_count++;
    return EG_OK;
}

static enum eg_code collect(void *context, const struct eg_run_value *row, struct eg_error *err)
{
    struct eg__values *values = context;

    EG_TRY(eg__grow(&values->items, values->count, &values->room, sizeof *values->items, err));
    struct eg__value *value = &values->items[values->count];
    EG_TRY(find_name(values, row->name, strcmp(row->kind, "unit") == 0, &value->name, err));
    EG_TRY(eg_strdup(&value->text, row->value, err));
    value->run = row->run;
    value->passed = row->passed;
    values->count++;
    return EG_OK;
}

enum eg_code eg__values_collect(struct eg__values *values, struct eg_query *query, const char *batch,
                                struct eg_error *err)
{
    return eg_query_batch_values(query, batch, collect, values, err);
}

void eg__values_finish(struct eg__values *values)
{
    for (size_t i = 0; i < values->count; i++)
        free(values->items[i].text);
    for (size_t i = 0; i < values->name_count; i++)
        free(values->names[i]);
    free(values->items);
    free(values->names);
    free(values->given);
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
