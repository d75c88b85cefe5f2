/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/plan/erase.h"

#include <stdlib.h>
#include <string.h>

/* For checking a job; a board of unknown size is refused before it is erased. */
#define SIZE_WHEN_UNKNOWN 0x1000000u

static const char touched[] = "touched", all[] = "all";

static const struct eg_setting *setting_of(const struct eg_plan *plan)
{
    return eg_plan_setting(plan, "erase");
}

static bool is_word(const struct eg_setting *setting, const char *word)
{
    return setting->item_count == 1 && strcmp(setting->items[0].text, word) == 0;
}

bool eg_plan_erases(const struct eg_plan *plan)
{
    const struct eg_setting *const setting = setting_of(plan);

    return setting->item_count > 0 && !is_word(setting, touched);
}

static enum eg_code refuse(const struct eg_setting_item *item, const char *why, const char **place,
                           struct eg_error *err)
{
    *place = item->place;
    return eg_error_set(err, EG_BAD_JOB, "erase names \"%.80s\", %s", item->text, why);
}

/* Add the partition of an item. */
static enum eg_code add_partition(struct eg_erase *erase, const struct eg_partitions *table,
                                  const struct eg_setting_item *item, const char **place,
                                  struct eg_error *err)
{
    const struct eg_partition *const partition = eg_partitions_find(table, item->text);

    if (strcmp(item->text, all) == 0 || strcmp(item->text, touched) == 0)
        return refuse(item, "which stands alone", place, err);
    if (partition == NULL)
        return refuse(item, "but the job's partition table has no partition of that name", place, err);
    for (unsigned i = 0; i < erase->count; i++)
        if (strcmp(erase->list[i].name, item->text) == 0)
            return refuse(item, "which it has named before", place, err);
    erase->list[erase->count++] = (struct eg_guard_piece){
        .name = item->text, .flash_addr = partition->flash_addr, .size = partition->size};
    return EG_OK;
}

static enum eg_code find_table(struct eg_guard_table *table, const struct eg_plan *plan,
                               const struct eg_setting_item *item, const char **place, struct eg_error *err)
{
    *place = item->place;
    EG_TRY(eg_plan_find_table(plan, table, err));
    return table->found
               ? EG_OK
               : refuse(item, "but the job has no partition table that tells where it is", place, err);
}

enum eg_code eg_erase_find(struct eg_erase *erase, const struct eg_plan *plan, uint32_t flash_size,
                           const char **place, struct eg_error *err)
{
    const struct eg_setting *const setting = setting_of(plan);
    struct eg_guard_table table;

    *erase = (struct eg_erase){.list = NULL};
    if (!eg_plan_erases(plan))
        return EG_OK;
    EG_TRY(eg_alloc(&erase->list, setting->item_count, sizeof *erase->list, err));
    if (is_word(setting, all)) {
        const uint32_t size = flash_size != 0 ? flash_size : plan->declared_flash_size;
        erase->list[erase->count++] =
            (struct eg_guard_piece){.name = "the whole flash", .size = size != 0 ? size : SIZE_WHEN_UNKNOWN};
        return EG_OK;
    }
    EG_TRY(find_table(&table, plan, &setting->items[0], place, err));
    for (unsigned i = 0; i < setting->item_count; i++)
        EG_TRY(add_partition(erase, &table.partitions, &setting->items[i], place, err));
    *place = NULL;
    return EG_OK;
}

void eg_erase_finish(struct eg_erase *erase)
{
    free(erase->list);
    *erase = (struct eg_erase){.list = NULL};
}

enum eg_code eg_erase_check(const struct eg_plan *plan, const char **place, struct eg_error *err)
{
    EG_CLEANUP(eg_erase_finish) struct eg_erase erase;
    EG_CLEANUP(eg_free_cleanup) struct eg_guard_piece *pieces = NULL;

    EG_TRY(eg_erase_find(&erase, plan, 0, place, err));
    if (erase.count == 0)
        return EG_OK;
    *place = setting_of(plan)->place;
    EG_TRY(eg_plan_pieces(plan, 0, &pieces, err));
    const struct eg_guard_request request = {.target = plan->target,
                                             .action = EG_GUARD_ERASE,
                                             .job = true,
                                             .pieces = erase.list,
                                             .count = erase.count,
                                             .written = pieces,
                                             .written_count = plan->region_count,
                                             .declared_size = plan->declared_flash_size,
                                             .settings = plan->header,
                                             .allowed = eg_plan_allowed(plan)};
    return eg_guard_ask(&request, NULL, err);
}

static uint32_t begin_of(const struct eg_guard_piece *piece)
{
    return (uint32_t)piece->flash_addr;
}

/* The address of the first byte after a piece. */
static uint32_t end_of(const struct eg_guard_piece *piece)
{
    return (uint32_t)(piece->flash_addr + piece->size);
}

uint32_t eg_erase_gap(uint32_t *at, uint32_t end, const struct eg_guard_piece *written, unsigned count)
{
    uint32_t until = end;

    for (unsigned i = 0; i < count;) {
        const bool covered = *at >= begin_of(&written[i]) && *at < end_of(&written[i]);
        if (covered)
            *at = end_of(&written[i]);
        i = covered ? 0 : i + 1; /* they are in no order */
    }
    for (unsigned i = 0; i < count; i++)
        if (written[i].size > 0 && begin_of(&written[i]) > *at && begin_of(&written[i]) < until)
            until = begin_of(&written[i]);
    return *at < until ? until - *at : 0;
}
