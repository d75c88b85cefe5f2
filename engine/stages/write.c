/* SPDX-License-Identifier: Apache-2.0 */

/* write: every region of the plan, then those of the board alone, compressed where that is smaller. */

#include "engine/stages/run.h"

#include <inttypes.h>

static enum eg_code write_region(struct eg_run *run, unsigned index, struct eg_region_progress *progress,
                                 struct eg_error *err)
{
    const struct eg_region *const region = eg_run_region(run, index);
    const struct eg_log_origin origin = eg_run_origin(run);
    const struct eg_flash_data data = {
        .flash_addr = region->flash_addr,
        .data = region->data.data,
        .size = (uint32_t)region->data.size,
        .zlib = region->zlib.size != 0 ? region->zlib.data : NULL,
        .zlib_size = (uint32_t)region->zlib.size,
    };
    struct eg_write_times times;

    run->regions[index] = (struct eg_region_record){
        .region = region,
        .attempt = run->attempt,
        .method = "none",
        .verdict = "not-checked",
    };
    if (eg_run_keeps(run, index)) {
        progress->done_before += region->data.size;
        return EG_OK;
    }
    progress->what = region->name;
    if (eg_loader_write_flash(&run->loader, &data, eg_region_progress, progress, &times, err) != EG_OK)
        return eg_error_prefix(err, "%s at 0x%08" PRIx32 ": ", region->name, region->flash_addr);
    run->regions[index].times = times;
    eg_log_verbose(run->logger, &origin, "%s at 0x%08" PRIx32 ": %zu bytes written in %.2f s", region->name,
                   region->flash_addr, region->data.size, (double)times.total_us / 1e6);
    progress->done_before += region->data.size;
    return EG_OK;
}

static enum eg_code write_regions(struct eg_run *run, struct eg_error *err)
{
    struct eg_region_progress progress = {.run = run};
    unsigned index = 0;

    for (; index < run->plan->region_count; index++)
        EG_TRY(write_region(run, index, &progress, err));
    EG_TRY(eg_run_mark_rows(run, EG_POOL_WRITTEN, err));
    for (; index < eg_run_region_count(run); index++)
        EG_TRY(write_region(run, index, &progress, err));
    return EG_OK;
}

const struct eg_stage eg_stage_write = {
    .name = "write",
    .summary = "erase and write every region of the job and of the board alone",
    .order = 50,
    .needs = EG_FACT_CONNECTED | EG_FACT_ADMITTED | EG_FACT_LOADER,
    .gives = EG_FACT_WRITTEN,
    .weight = 80,
    .run = write_regions,
};
