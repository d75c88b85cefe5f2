/* SPDX-License-Identifier: Apache-2.0 */

/* Calls of every stage to its run. */

#include "engine/stages/run.h"

#include "engine/plan/erase.h"

#include <stdlib.h>
#include <string.h>

struct eg_log_origin eg_run_origin(const struct eg_run *run)
{
    return (struct eg_log_origin){run->slot, run->url, run->unit.mac};
}

static enum eg_code keep(const char **kept, const char *text, struct eg_error *err)
{
    char *copy = NULL;

    if (text != NULL)
        EG_TRY(eg_strdup(&copy, text, err));
    *kept = copy;
    return EG_OK;
}

enum eg_code eg_run_add_value(struct eg_run *run, const struct eg_value_record *value, struct eg_error *err)
{
    struct eg_value_record *const more = realloc(run->values, (run->value_count + 1) * sizeof *more);
    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "values of the run");
    run->values = more;
    struct eg_value_record *const kept = &more[run->value_count];
    *kept = *value;
    kept->name = kept->value = kept->limits = kept->unit = kept->lower = kept->upper = NULL;
    run->value_count++; /* eg_run_forget() frees what is there, whatever fails */
    EG_TRY(keep(&kept->name, value->name, err));
    EG_TRY(keep(&kept->value, value->value, err));
    EG_TRY(keep(&kept->limits, value->limits, err));
    EG_TRY(keep(&kept->unit, value->unit, err));
    EG_TRY(keep(&kept->lower, value->lower, err));
    return keep(&kept->upper, value->upper, err);
}

void eg_run_forget(struct eg_run *run)
{
    for (unsigned i = 0; i < run->value_count; i++) {
        const struct eg_value_record *const value = &run->values[i];
        free((char *)value->name);
        free((char *)value->value);
        free((char *)value->limits);
        free((char *)value->unit);
        free((char *)value->lower);
        free((char *)value->upper);
    }
    free(run->values);
    run->values = NULL;
    run->value_count = 0;
    eg_buffer_finish(&run->log);
}

bool eg_run_keeps(const struct eg_run *run, unsigned index)
{
    return index < run->cipher_count && run->cipher_kept[index];
}

bool eg_run_key_in_escrow(const struct eg_run *run)
{
    for (unsigned i = 0; i < EG_PROVISION_SECRETS_MAX; i++)
        if (run->keys[i].in_escrow)
            return true;
    return false;
}

void eg_run_forget_keys(struct eg_run *run)
{
    for (unsigned i = 0; i < run->cipher_count; i++)
        eg_region_destroy(&run->cipher[i]);
    free(run->cipher);
    free(run->cipher_kept);
    run->cipher = NULL;
    run->cipher_kept = NULL;
    eg_secret_finish(&run->nvs_keys);
    run->cipher_count = 0;
    for (unsigned i = 0; i < EG_PROVISION_SECRETS_MAX; i++)
        eg_secret_finish(&run->keys[i].key);
}

unsigned eg_run_region_room(const struct eg_plan *plan)
{
    return plan->region_count + 2 + eg_plan_setting(plan, "unit.raw")->group_count +
           eg_plan_setting(plan, "unit.file")->group_count;
}

unsigned eg_run_region_count(const struct eg_run *run)
{
    return run->plan->region_count + (run->unit_data != NULL ? run->unit_data->region_count : 0);
}

const struct eg_region *eg_run_region(const struct eg_run *run, unsigned index)
{
    if (index < run->cipher_count && run->cipher[index].name != NULL)
        return &run->cipher[index];
    return eg_run_plain_region(run, index);
}

const struct eg_region *eg_run_plain_region(const struct eg_run *run, unsigned index)
{
    const unsigned of_plan = run->plan->region_count;
    const struct eg_guard_chip chip = {.info = run->chip};

    if (index >= of_plan)
        return &run->unit_data->regions[index - of_plan];
    const struct eg_region *const region = &run->plan->regions[index], *const built = region->as_built;
    if (built != NULL && !eg_guard_may_patch(run->plan->target, &chip, built->data.data, built->data.size))
        return built;
    return region;
}

struct hearing {
    struct eg_run *run;
    enum eg_code code;
    struct eg_error *err;
};

/* Each rule goes on record once. */
static void hear(void *context, const struct eg_guard_finding *finding)
{
    struct hearing *const hearing = context;
    const struct eg_run *const run = hearing->run;
    const struct eg_log_origin origin = eg_run_origin(run);
    const struct eg_value_record value = {.kind = EG_VALUE_MEASURED,
                                          .name = EG_VALUE_ALLOWED,
                                          .value = finding->rule->name,
                                          .limits = "",
                                          .unit = "",
                                          .passed = true};

    if (!finding->allowed || hearing->code != EG_OK)
        return;
    for (unsigned i = 0; i < run->value_count; i++)
        if (strcmp(run->values[i].name, EG_VALUE_ALLOWED) == 0 &&
            strcmp(run->values[i].value, value.value) == 0)
            return;
    eg_log_note(run->logger, &origin, "allowed (%s): %s", finding->rule->name, finding->text);
    hearing->code = eg_run_add_value(hearing->run, &value, hearing->err);
}

enum eg_code eg_run_pieces(const struct eg_run *run, struct eg_guard_piece **list, struct eg_error *err)
{
    const struct eg_plan *const plan = run->plan;
    const unsigned count = eg_run_region_count(run);

    EG_TRY(eg_alloc(list, count + 1, sizeof **list, err));
    for (unsigned i = 0; i < count; i++) {
        const struct eg_region *const region = eg_run_region(run, i);
        (*list)[i] = (struct eg_guard_piece){.name = region->name,
                                             .flash_addr = region->flash_addr,
                                             .data = region->data.data,
                                             .size = region->data.size,
                                             .as_it_must_be = eg_provision_has_flash_key(plan),
                                             .of_unit = i >= plan->region_count};
    }
    return EG_OK;
}

/* `writing` is the request about the regions. */
static enum eg_code ask_to_erase(const struct eg_run *run, const struct eg_guard_request *writing,
                                 struct eg_error *err)
{
    EG_CLEANUP(eg_erase_finish) struct eg_erase erase;
    struct eg_guard_request request = *writing;
    const char *place = NULL;

    EG_TRY(eg_erase_find(&erase, run->plan, run->flash.size, &place, err));
    if (erase.count == 0)
        return EG_OK;
    request.action = EG_GUARD_ERASE;
    request.again = false; /* what the job writes includes what is of this board alone */
    request.pieces = erase.list;
    request.count = erase.count;
    request.written = writing->pieces;
    request.written_count = writing->count;
    return eg_guard_ask(&request, NULL, err);
}

enum eg_code eg_run_ask_guard(struct eg_run *run, const struct eg_guard_board *board, struct eg_error *err)
{
    const struct eg_plan *const plan = run->plan;
    EG_CLEANUP(eg_free_cleanup) struct eg_guard_piece *pieces = NULL;
    struct hearing hearing = {run, EG_OK, err};

    EG_TRY(eg_run_pieces(run, &pieces, err));
    for (unsigned i = 0; i < plan->notice_count; i++)
        hear(&hearing, &(struct eg_guard_finding){.rule = plan->notices[i].rule,
                                                  .allowed = plan->notices[i].allowed,
                                                  .text = plan->notices[i].text});
    const struct eg_guard_chip chip = {.info = run->chip,
                                       .rom = plan->target->stub == NULL ||
                                              strcmp(eg_plan_setting(plan, "link.stub")->text, "off") == 0};
    const struct eg_guard_request request = {.target = plan->target,
                                             .action = EG_GUARD_WRITE,
                                             .job = true,
                                             .again = true,
                                             .pieces = pieces,
                                             .count = eg_run_region_count(run),
                                             .chip = &chip,
                                             .flash = run->chip.secure_download ? NULL : &run->flash,
                                             .board = board,
                                             .declared_size = plan->declared_flash_size,
                                             .settings = {-1, -1, -1},
                                             .allowed = eg_plan_allowed(plan),
                                             .say = hear,
                                             .context = &hearing};
    EG_TRY(eg_guard_ask(&request, NULL, err));
    if (board == NULL)
        EG_TRY(ask_to_erase(run, &request, err));
    return hearing.code;
}

enum eg_code eg_run_mark_rows(struct eg_run *run, enum eg_pool_state state, struct eg_error *err)
{
    if (!run->has_rows)
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
