/* SPDX-License-Identifier: Apache-2.0 */

/*
 * erase: what the job erases besides the sectors that it writes, those of an erased partition that it does
 * write left to the writing. With `write: changed` what is blank already is not erased again; what is not is
 * erased by writing its sector. The verify stage reads all of it back, whatever was erased.
 */

#include "engine/plan/erase.h"

#include "engine/stages/erased.h"

#include <inttypes.h>

enum { WRITE_CHANGED = 1, STEP = 1 << 20 };

static const struct eg_option options[] = {
    {.key = "erase",
     .type = EG_OPTION_TEXT_LIST,
     .without = "touched",
     .help = "what is erased: `touched`, only the sectors that are written; `all`, the whole flash; or "
             "partitions of the job's table, by name"},
    {.key = NULL},
};

/* Erase in steps, between which a run can be cancelled and shows how far it is. */
static enum eg_code erase_stretch(struct eg_run *run, struct eg_erased_record *record, uint64_t done,
                                  uint64_t total, struct eg_error *err)
{
    const struct eg_log_origin origin = eg_run_origin(run);
    const uint64_t started_us = eg_clock_us();
    const uint32_t end = (record->flash_addr + record->size) / EG_FLASH_SECTOR * EG_FLASH_SECTOR;
    const uint32_t begin = eg_div_up(record->flash_addr, EG_FLASH_SECTOR) * EG_FLASH_SECTOR;

    if (eg_plan_choice(run->plan, "write") == WRITE_CHANGED)
        EG_TRY(eg__erased_is_blank(run, record, &record->was_blank, err));
    for (uint32_t at = begin; at < end && !record->was_blank;) {
        const uint32_t step = STEP - at % STEP, size = end - at < step ? end - at : step;
        EG_TRY(eg_loader_erase_region(&run->loader, at, size, err));
        at += size;
        eg_run_progress(run, record->name, done + (at - record->flash_addr), total);
    }
    record->erase_us = eg_clock_us() - started_us;
    eg_log_verbose(run->logger, &origin, "%s: %" PRIu32 " bytes at 0x%08" PRIx32 " %s in %.2f s",
                   record->name, record->size, record->flash_addr,
                   record->was_blank ? "found blank" : "erased", (double)record->erase_us / 1e6);
    return EG_OK;
}

static enum eg_code erase(struct eg_run *run, struct eg_error *err)
{
    uint64_t total = 0, done = 0;

    EG_TRY(eg__erased_find(run, err));
    for (unsigned i = 0; i < run->erased_count; i++)
        total += run->erased[i].size;
    for (unsigned i = 0; i < run->erased_count; i++) {
        EG_TRY(erase_stretch(run, &run->erased[i], done, total, err));
        done += run->erased[i].size;
    }
    return EG_OK;
}

const struct eg_stage eg_stage_erase = {
    .name = "erase",
    .summary = "erase what the job erases besides what it writes",
    .order = 48,
    .options = options,
    .needs = EG_FACT_CONNECTED | EG_FACT_ADMITTED | EG_FACT_LOADER,
    .weight = 10,
    .applies = eg_plan_erases,
    .check = eg_erase_check,
    .run = erase,
};
