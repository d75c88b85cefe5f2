/* SPDX-License-Identifier: Apache-2.0 */

/*
 * write: every region of the plan, then those of the board alone, compressed where that is smaller; or of
 * each region what the flash does not hold yet. The next stage verifies all of it, whatever was written.
 */

#include "engine/image/compress.h"
#include "engine/stages/changes.h"
#include "engine/stages/rate.h"

#include <inttypes.h>
#include <string.h>

enum { WRITE_ALL, WRITE_CHANGED };

static const char *const choices[] = {"all", "changed", NULL};

static const struct eg_option options[] = {
    {.key = "write",
     .type = EG_OPTION_CHOICE,
     .fallback = "all",
     .choices = choices,
     .help =
         "what is written: every region, or only the sectors that the flash does not hold already, by the "
         "chip's digests; all is verified either way"},
    {.key = NULL},
};

/* The region that is written. */
struct writing {
    struct eg_run *run;
    const struct eg_region *region;
    struct eg_region_record *record;
    struct eg_region_progress *progress;
};

/* Add the times of a stretch to those of its region. The median is that of the stretch with most blocks. */
static void add_times(struct eg_write_times *sum, const struct eg_write_times *times)
{
    struct eg_write_times both = sum->blocks > times->blocks ? *sum : *times;

    if (sum->blocks == 0) {
        *sum = *times;
        return;
    }
    both.wire_us = sum->wire_us + times->wire_us;
    both.total_us = sum->total_us + times->total_us;
    both.erase_us = sum->erase_us + times->erase_us;
    both.blocks = sum->blocks + times->blocks;
    both.block_min_us = sum->block_min_us < times->block_min_us ? sum->block_min_us : times->block_min_us;
    both.block_max_us = sum->block_max_us;
    both.slowest_addr = sum->slowest_addr;
    if (times->block_max_us > sum->block_max_us) {
        both.block_max_us = times->block_max_us;
        both.slowest_addr = times->slowest_addr;
    }
    *sum = both;
}

static enum eg_code write_data(const struct writing *writing, uint32_t at, uint32_t size,
                               const struct eg_buffer *zlib, const uint32_t *marks, struct eg_error *err)
{
    const struct eg_region *const region = writing->region;
    const bool smaller = zlib->size != 0 && zlib->size < size;
    const struct eg_flash_data data = {
        .flash_addr = region->flash_addr + at,
        .data = region->data.data + at,
        .size = size,
        .zlib = smaller ? zlib->data : NULL,
        .zlib_size = smaller ? (uint32_t)zlib->size : 0,
        .marks = marks,
    };
    struct eg_write_times times;

    EG_TRY(eg_loader_write_flash(&writing->run->loader, &data, eg_region_progress, writing->progress, &times,
                                 err));
    add_times(&writing->record->times, &times);
    writing->progress->done_before += size;
    return EG_OK;
}

static enum eg_code write_stretch(const struct writing *writing, const struct eg_stretch *stretch,
                                  struct eg_error *err)
{
    const struct eg_region *const region = writing->region;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer zlib = {0};

    if (stretch->size == region->data.size) {
        EG_TRY(eg_plan_packed(writing->run->plan, region, writing->run->cancel, err));
        return write_data(writing, 0, stretch->size, &region->zlib, region->marks, err);
    }
    EG_TRY(eg_compress(&zlib, region->data.data + stretch->at, stretch->size, err));
    return write_data(writing, stretch->at, stretch->size, &zlib, NULL, err);
}

static enum eg_code write_changes(const struct writing *writing, struct eg_error *err)
{
    const struct eg_region *const region = writing->region;
    struct eg_region_record *const record = writing->record;
    EG_CLEANUP(eg_changes_finish) struct eg_changes changes = {0};

    EG_TRY(eg_changes_find(writing->run, region, &changes, err));
    record->written = changes.size;
    if (changes.whole) {
        memcpy(record->md5, region->md5, sizeof record->md5);
        record->read_back = true;
        record->method = "md5-by-chip";
        record->verdict = "equal";
    }
    writing->progress->done_before += region->data.size - changes.size;
    eg_region_progress(writing->progress, 0, 0);
    for (unsigned i = 0; i < changes.count; i++) {
        const struct eg_stretch *const stretch = &changes.stretches[i];

        EG_TRY(eg_rate_raise(writing->run, region->flash_addr + stretch->at, stretch->size, err));
        EG_TRY(write_stretch(writing, stretch, err));
    }
    return EG_OK;
}

static enum eg_code write_region(struct eg_run *run, unsigned index, struct eg_region_progress *progress,
                                 struct eg_error *err)
{
    const struct eg_region *const region = eg_run_region(run, index);
    const struct eg_log_origin origin = eg_run_origin(run);
    const struct writing writing = {run, region, &run->regions[index], progress};
    const struct eg_stretch all = {0, (uint32_t)region->data.size};

    run->regions[index] = (struct eg_region_record){
        .region = eg_run_plain_region(run, index), /* the ciphertext is made anew in each attempt */
        .size = all.size,
        .attempt = run->attempt,
        .written = eg_run_keeps(run, index) ? 0 : all.size,
        .method = "none",
        .verdict = "not-checked",
    };
    memcpy(run->regions[index].expected_md5, region->md5, EG_MD5_SIZE);
    if (eg_run_keeps(run, index)) {
        progress->done_before += region->data.size;
        return EG_OK;
    }
    progress->what = region->name;
    const enum eg_code code = eg_plan_choice(run->plan, "write") == WRITE_CHANGED
                                  ? write_changes(&writing, err)
                                  : write_stretch(&writing, &all, err);
    if (code != EG_OK)
        return eg_error_prefix(err, "%s at 0x%08" PRIx32 ": ", region->name, region->flash_addr);
    eg_log_verbose(run->logger, &origin, "%s at 0x%08" PRIx32 ": %" PRIu32 " of %zu bytes written in %.2f s",
                   region->name, region->flash_addr, run->regions[index].written, region->data.size,
                   (double)run->regions[index].times.total_us / 1e6);
    return EG_OK;
}

/* All is written: one large region pays for a higher rate, and the small ones before it get it, too. */
static enum eg_code raise_rate(struct eg_run *run, struct eg_error *err)
{
    for (unsigned i = 0; i < run->plan->region_count; i++) {
        const struct eg_region *const region = &run->plan->regions[i];

        if (!eg_run_keeps(run, i))
            EG_TRY(eg_rate_raise(run, region->flash_addr, (uint32_t)region->data.size, err));
    }
    return EG_OK;
}

static enum eg_code write_regions(struct eg_run *run, struct eg_error *err)
{
    struct eg_region_progress progress = {.run = run};
    unsigned index = 0;

    if (eg_plan_choice(run->plan, "write") == WRITE_ALL)
        EG_TRY(raise_rate(run, err));
    for (; index < run->plan->region_count; index++)
        EG_TRY(write_region(run, index, &progress, err));
    EG_TRY(eg_run_mark_rows(run, EG_POOL_WRITTEN, err));
    for (; index < eg_run_region_count(run); index++)
        EG_TRY(write_region(run, index, &progress, err));
    run->link.baud = run->loader.baud;
    return EG_OK;
}

const struct eg_stage eg_stage_write = {
    .name = "write",
    .summary = "erase and write every region of the job and of the board alone",
    .order = 50,
    .options = options,
    .needs = EG_FACT_CONNECTED | EG_FACT_ADMITTED | EG_FACT_LOADER,
    .gives = EG_FACT_WRITTEN,
    .weight = 80,
    .run = write_regions,
};
