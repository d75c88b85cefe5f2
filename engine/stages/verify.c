/* SPDX-License-Identifier: Apache-2.0 */

/*
 * verify: does the flash hold what the plan says?
 *
 * By default the chip hashes its own flash, region by region; or everything is read back. The run has just
 * done so when the write stage found a whole region equal and then wrote nothing at all. When a region
 * differs, eg_loader_diagnose() looks for the cause.
 *
 * Some chips hash faster when they read their flash at 13 to 24 MHz, which every part can, instead of at half
 * of that. A digest that differs then is computed once more at the ROM's rate.
 *
 * What was erased and not written must be blank.
 *
 * A part of half the size that its id says shows its contents twice; a job that needs all of it is told.
 *
 * NVS data of one board is also read back and decoded, key by key.
 *
 * A loader that can neither hash nor read (the ROM of the ESP8266) fails the run: what was not verified is
 * never green.
 */

#include "engine/stages/erased.h"
#include "engine/stages/unit_data.h"

#include <inttypes.h>
#include <string.h>

enum { BY_DIGEST, BY_READ_BACK };

static const char *const choices[] = {"digest", "read-back", NULL};

static const struct eg_option options[] = {
    {.key = "verify",
     .type = EG_OPTION_CHOICE,
     .fallback = "digest",
     .choices = choices,
     .help = "how to check: by the chip's own digest, or by reading everything back"},
    {.key = NULL},
};

static enum eg_code record_verdict(struct eg_region_record *record, const uint8_t md5[EG_MD5_SIZE],
                                   const char *method, struct eg_error *err)
{
    const bool equal = memcmp(md5, record->expected_md5, EG_MD5_SIZE) == 0;

    memcpy(record->md5, md5, EG_MD5_SIZE);
    record->read_back = true;
    record->method = method;
    record->verdict = equal ? "equal" : "different";
    return equal ? EG_OK : eg_error_set(err, EG_VERIFY_MISMATCH, "another digest");
}

/* The region that is checked. */
struct checking {
    struct eg_run *run;
    const struct eg_region *region;
    struct eg_region_record *record;
    struct eg_region_progress *progress;
    bool *faster; /* the flash is read faster than the ROM reads it */
};

/* The `size` bytes from `at` have a difference from the region. */
static enum eg_code diagnose(const struct checking *checking, uint32_t at, uint32_t size,
                             struct eg_error *err)
{
    const struct eg_region *const region = checking->region;
    char chip[EG_MD5_TEXT], plan[EG_MD5_TEXT];

    eg_hex(chip, checking->record->md5, EG_MD5_SIZE);
    eg_hex(plan, region->md5, EG_MD5_SIZE);
    (void)eg_error_set(err, EG_VERIFY_MISMATCH, "the digest of what the flash holds is %s, of the job %s",
                       chip, plan);
    return eg_loader_diagnose(&checking->run->loader, region->flash_addr + at, region->data.data + at, size,
                              true, err);
}

static enum eg_code ask_once(const struct checking *checking, struct eg_error *err)
{
    const struct eg_region *const region = checking->region;
    uint8_t md5[EG_MD5_SIZE];

    EG_TRY(eg_loader_md5(&checking->run->loader, region->flash_addr, (uint32_t)region->data.size, md5, err));
    return record_verdict(checking->record, md5, "md5-by-chip", err);
}

/* Ask the chip for its digest. EG_VERIFY_MISMATCH: it is another. */
static enum eg_code ask(const struct checking *checking, struct eg_error *err)
{
    const enum eg_code code = ask_once(checking, err);

    if (code != EG_VERIFY_MISMATCH || !*checking->faster)
        return code;
    *checking->faster = false; /* it may have been read too fast */
    EG_TRY(eg_loader_read_as_before(&checking->run->loader, err));
    return ask_once(checking, err);
}

static enum eg_code by_digest(const struct checking *checking, struct eg_error *err)
{
    const enum eg_code code = ask(checking, err);

    if (code != EG_VERIFY_MISMATCH)
        return code;
    return diagnose(checking, 0, (uint32_t)checking->region->data.size, err);
}

static enum eg_code by_read_back(const struct checking *checking, struct eg_error *err)
{
    const struct eg_region *const region = checking->region;
    const uint32_t size = (uint32_t)region->data.size;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer is = {0};
    uint8_t md5[EG_MD5_SIZE];

    EG_TRY(eg_buffer_resize(&is, size, 0, err));
    const enum eg_code code = eg_loader_read_flash(&checking->run->loader, region->flash_addr, is.data, size,
                                                   eg_region_progress, checking->progress, err);
    if (code == EG_UNSUPPORTED)
        err->code = EG_CANNOT_VERIFY;
    if (code != EG_OK)
        return err->code;
    EG_TRY(eg_md5(md5, is.data, size, err));
    if (record_verdict(checking->record, md5, "read-back", err) == EG_OK)
        return EG_OK;

    uint32_t at = 0;
    while (is.data[at] == region->data.data[at])
        at++;
    at -= at % EG_FLASH_SECTOR;
    return diagnose(checking, at, size - at < EG_FLASH_SECTOR ? size - at : EG_FLASH_SECTOR, err);
}

static enum eg_code kept(const struct checking *checking, struct eg_error *err)
{
    const enum eg_code code = ask(checking, err);

    if (code != EG_VERIFY_MISMATCH)
        return code;
    return eg_error_set(err, EG_SECURED,
                        "the flash does not hold what was encrypted for the key in the chip, and %s",
                        eg_run_key_in_escrow(checking->run)
                            ? "that key is in escrow: give --private-key FILE, which decrypts it"
                            : "nobody knows that key any more: the board is lost");
}

/* A digest that the write stage has found equal holds for as long as nothing is written. */
static bool wrote_something(const struct eg_run *run)
{
    for (unsigned i = 0; i < eg_run_region_count(run); i++)
        if (run->regions[i].written > 0)
            return true;
    return false;
}

/* Of what is kept the bytes are not known, but their digest is. */
static enum eg_code check(const struct checking *checking, bool keeps, struct eg_error *err)
{
    if (keeps)
        return kept(checking, err);
    if (eg_plan_choice(checking->run->plan, "verify") == BY_READ_BACK)
        return by_read_back(checking, err);
    if (checking->record->read_back && !wrote_something(checking->run))
        return EG_OK;
    return by_digest(checking, err);
}

/* ---- The size of the flash ---- */

#define SHORT_MAX (16u << 20) /* above it addresses of three bytes wrap in any part */

static bool reaches(const struct eg_run *run, uint32_t flash_addr, uint32_t end)
{
    for (unsigned i = 0; i < eg_run_region_count(run); i++) {
        const struct eg_region *const region = eg_run_region(run, i);
        if (region->flash_addr < end && region->flash_addr + region->data.size > flash_addr)
            return true;
    }
    return false;
}

/* Return whether the job needs more than the lower half of the flash. */
static bool needs_more(const struct eg_run *run, uint32_t half)
{
    return eg_plan_setting(run->plan, "accept.flash_size")->given || run->plan->declared_flash_size > half ||
           reaches(run, half, UINT32_MAX);
}

/* The index of the bootloader, of which no second one is in the upper half; the number of regions = none. */
static unsigned find_bootloader(const struct eg_run *run)
{
    unsigned index = 0;

    while (index < eg_run_region_count(run) &&
           (eg_run_region(run, index)->flash_addr != run->plan->target->bootloader_addr ||
            eg_run_keeps(run, index)))
        index++;
    return index;
}

static enum eg_code check_size(struct eg_run *run, struct eg_error *err)
{
    const uint32_t half = run->flash.size / 2;
    const unsigned index = find_bootloader(run);
    uint8_t is[EG_MD5_SIZE], wanted[EG_MD5_SIZE];

    if (index == eg_run_region_count(run) || run->flash.size > SHORT_MAX || !needs_more(run, half))
        return EG_OK;
    const struct eg_region *const region = eg_run_region(run, index);
    const uint32_t size = region->data.size < EG_FLASH_SECTOR ? (uint32_t)region->data.size : EG_FLASH_SECTOR;
    const uint32_t again = half + region->flash_addr;
    if (again + size > run->flash.size || reaches(run, again, again + size))
        return EG_OK;
    EG_TRY(eg_md5(wanted, region->data.data, size, err));
    const enum eg_code code = eg_loader_md5(&run->loader, again, size, is, err);
    if (code == EG_CANNOT_VERIFY || (code == EG_OK && memcmp(is, wanted, sizeof is) != 0))
        return EG_OK;
    EG_TRY(code);
    return eg_error_set(err, EG_FLASH_TOO_SMALL,
                        "the flash holds %s a second time, at 0x%08" PRIx32
                        ": it has half of the %g MB that its id says, or less; replace it",
                        region->name, again, run->flash.size / 1048576.0);
}

static enum eg_code verify(struct eg_run *run, struct eg_error *err)
{
    const struct eg_log_origin origin = eg_run_origin(run);
    struct eg_region_progress progress = {.run = run};
    bool faster = false;
    char md5[EG_MD5_TEXT];

    if (eg_plan_choice(run->plan, "verify") == BY_DIGEST)
        EG_TRY(eg_loader_read_faster(&run->loader, &faster, err));
    for (unsigned i = 0; i < eg_run_region_count(run); i++) {
        const struct eg_region *const region = eg_run_region(run, i);
        const struct checking checking = {run, region, &run->regions[i], &progress, &faster};

        progress.what = region->name;
        if (check(&checking, eg_run_keeps(run, i), err) != EG_OK)
            return eg_error_prefix(err, "%s at 0x%08" PRIx32 ": ", region->name, region->flash_addr);
        eg_hex(md5, checking.record->md5, EG_MD5_SIZE);
        eg_log_verbose(run->logger, &origin, "%s at 0x%08" PRIx32 ": holds MD5 %s, as it should",
                       region->name, region->flash_addr, md5);
        progress.done_before += region->data.size;
        eg_region_progress(&progress, 0, 0);
    }
    if (faster)
        EG_TRY(eg_loader_read_as_before(&run->loader, err));
    EG_TRY(eg__erased_verify(run, eg_plan_choice(run->plan, "verify") == BY_READ_BACK, err));
    EG_TRY(eg_unit_nvs_read_back(run, err));
    EG_TRY(check_size(run, err));
    return eg_run_mark_rows(run, EG_POOL_VERIFIED, err);
}

const struct eg_stage eg_stage_verify = {
    .name = "verify",
    .summary = "compare what the flash holds with the job, region by region",
    .order = 60,
    .options = options,
    .needs = EG_FACT_CONNECTED | EG_FACT_WRITTEN,
    .gives = EG_FACT_VERIFIED,
    .weight = 10,
    .run = verify,
};
