/* SPDX-License-Identifier: Apache-2.0 */

/* What every stage can ask of its run. */

#include "engine/stages/unit_data.h"

#include <stdlib.h>

struct eg_log_origin eg_run_origin(const struct eg_run *run)
{
    return (struct eg_log_origin){run->slot, run->url, run->unit.mac};
}

enum eg_code eg_run_add_value(struct eg_run *run, const struct eg_value_record *value, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *name = NULL;
    EG_CLEANUP(eg_free_cleanup) char *text = NULL;
    EG_CLEANUP(eg_free_cleanup) char *limits = NULL;

    EG_TRY(eg_strdup(&name, value->name, err));
    EG_TRY(eg_strdup(&text, value->value, err));
    EG_TRY(eg_strdup(&limits, value->limits, err));
    struct eg_value_record *const more = realloc(run->values, (run->value_count + 1) * sizeof *more);
    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "values of the run");
    run->values = more;
    run->values[run->value_count++] =
        (struct eg_value_record){value->kind, name, text, limits, value->passed};
    name = text = limits = NULL;
    return EG_OK;
}

void eg_run_forget(struct eg_run *run)
{
    for (unsigned i = 0; i < run->value_count; i++) {
        free((char *)run->values[i].name);
        free((char *)run->values[i].value);
        free((char *)run->values[i].limits);
    }
    free(run->values);
    run->values = NULL;
    run->value_count = 0;
    eg_buffer_finish(&run->log);
}

unsigned eg_run_region_room(const struct eg_plan *plan)
{
    return plan->region_count + 1 + eg_plan_setting(plan, "unit.raw")->group_count +
           eg_plan_setting(plan, "unit.file")->group_count;
}

unsigned eg_run_region_count(const struct eg_run *run)
{
    return run->plan->region_count + (run->unit_data != NULL ? run->unit_data->region_count : 0);
}

const struct eg_region *eg_run_region(const struct eg_run *run, unsigned index)
{
    const unsigned of_plan = run->plan->region_count;

    return index < of_plan ? &run->plan->regions[index] : &run->unit_data->regions[index - of_plan];
}

enum eg_code eg_run_mark_rows(struct eg_run *run, enum eg_pool_state state, struct eg_error *err)
{
    if (run->unit_data == NULL || !run->unit_data->from_pool)
        return EG_OK;
    return run->recorder->ops->mark(run->recorder, run->number, state, err);
}

static uint64_t data_size(const struct eg_run *run)
{
    uint64_t size = run->plan->data_size;

    for (unsigned i = run->plan->region_count; i < eg_run_region_count(run); i++)
        size += eg_run_region(run, i)->data.size;
    return size;
}

void eg_run_progress(struct eg_run *run, const char *what, uint64_t done, uint64_t total)
{
    const struct eg_log_origin origin = eg_run_origin(run);

    eg_log_progress(run->logger, &origin, run->stage->name, what, done, total);
}

void eg_region_progress(void *context, uint64_t done, uint64_t total)
{
    const struct eg_region_progress *progress = context;

    (void)total;
    eg_run_progress(progress->run, progress->what, progress->done_before + done, data_size(progress->run));
}
