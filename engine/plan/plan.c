/* SPDX-License-Identifier: Apache-2.0 */

/* A plan and its end. What goes into regions is made by jobs/. A plan without settings from a job has the
 * fallbacks of every option. */

#include "engine/plan/plan.h"

#include "engine/image/compress.h"

#include <stdlib.h>
#include <string.h>

enum { WORD_SIZE = 4 };

struct eg_setting *eg_plan_setting(const struct eg_plan *plan, const char *key)
{
    return eg_settings_find(plan->settings, plan->setting_count, key);
}

/* The key is a constant in the code of a stage: one that does not exist cannot be met by any job. */
static const struct eg_setting *existing(const struct eg_plan *plan, const char *key)
{
    const struct eg_setting *const setting = eg_plan_setting(plan, key);

    if (setting == NULL)
        abort();
    return setting;
}

uint64_t eg_plan_number(const struct eg_plan *plan, const char *key)
{
    const struct eg_setting *const setting = existing(plan, key);

    if (setting->option->type != EG_OPTION_NUMBER && setting->option->type != EG_OPTION_DURATION)
        abort();
    return setting->number[0];
}

unsigned eg_plan_choice(const struct eg_plan *plan, const char *key)
{
    const struct eg_setting *const setting = existing(plan, key);

    if (setting->option->type != EG_OPTION_CHOICE)
        abort();
    return setting->choice;
}

uint64_t eg_plan_allowed(const struct eg_plan *plan)
{
    const struct eg_setting *const allow = eg_plan_setting(plan, "allow");
    uint64_t allowed = 0;

    for (unsigned i = 0; allow != NULL && i < allow->item_count; i++)
        allowed |= eg_guard_bit(eg_guard_rule_by_name(allow->items[i].text));
    return allowed;
}

/* Out of memory, a notice is lost; it refuses nothing. */
void eg_plan_notice(void *context, const struct eg_guard_finding *finding)
{
    struct eg_plan *const plan = context;
    struct eg_error ignored;
    char *text;

    if (eg_strdup(&text, finding->text, &ignored) != EG_OK)
        return;
    struct eg_notice *const more = realloc(plan->notices, (plan->notice_count + 1) * sizeof *more);
    if (more == NULL) {
        free(text);
        return;
    }
    plan->notices = more;
    plan->notices[plan->notice_count++] = (struct eg_notice){finding->rule, finding->allowed, text};
}

enum eg_code eg_plan_pieces(const struct eg_plan *plan, unsigned more, struct eg_guard_piece **list,
                            struct eg_error *err)
{
    EG_TRY(eg_alloc(list, plan->region_count + more + 1, sizeof **list, err));
    for (unsigned i = 0; i < plan->region_count; i++) {
        const struct eg_region *const region = &plan->regions[i];
        (*list)[i] = (struct eg_guard_piece){.name = region->name,
                                             .flash_addr = region->flash_addr,
                                             .data = region->data.data,
                                             .size = region->data.size};
    }
    return EG_OK;
}

enum eg_code eg_plan_find_table(const struct eg_plan *plan, struct eg_guard_table *table,
                                struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_guard_piece *pieces = NULL;

    EG_TRY(eg_plan_pieces(plan, 0, &pieces, err));
    if (eg_guard_find_table(table, plan->target, pieces, plan->region_count, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", plan->regions[table->piece].path);
    return EG_OK;
}

enum eg_code eg_region_hash(struct eg_region *region, struct eg_error *err)
{
    struct eg_buffer *const data = &region->data;

    EG_TRY(eg_buffer_resize(data, (data->size + WORD_SIZE - 1) / WORD_SIZE * WORD_SIZE, 0xff, err));
    EG_TRY(eg_md5(region->md5, data->data, data->size, err));
    return eg_sha256(region->sha256, data->data, data->size, err);
}

enum eg_code eg_region_compress(struct eg_region *region, struct eg_error *err)
{
    EG_TRY(eg_compress(&region->zlib, region->data.data, region->data.size, err));
    if (region->zlib.size >= region->data.size)
        eg_buffer_finish(&region->zlib);
    return EG_OK;
}

enum eg_code eg_region_finish(struct eg_region *region, struct eg_error *err)
{
    EG_TRY(eg_region_hash(region, err));
    return eg_region_compress(region, err);
}

void eg_region_destroy(struct eg_region *region)
{
    if (region->as_built != NULL)
        eg_region_destroy(region->as_built);
    free(region->as_built);
    free(region->name);
    free(region->path);
    eg_buffer_finish(&region->data);
    eg_buffer_finish(&region->zlib);
    free(region->marks);
}

void eg_plan_destroy(struct eg_plan *plan)
{
    if (plan == NULL)
        return;
    eg__plan_pack_stop(plan->packing);
    for (unsigned i = 0; i < plan->region_count; i++)
        eg_region_destroy(&plan->regions[i]);
    for (unsigned i = 0; i < plan->notice_count; i++)
        free(plan->notices[i].text);
    free(plan->notices);
    eg_settings_destroy(plan->settings, plan->setting_count);
    free(plan->regions);
    free(plan->job_name);
    free(plan->job_version);
    free(plan->job_path);
    eg_buffer_finish(&plan->job_text);
    free(plan);
}

void eg_plan_destroy_cleanup(struct eg_plan **plan)
{
    eg_plan_destroy(*plan);
}
