/* SPDX-License-Identifier: Apache-2.0 */

/*
 * verify: does the flash hold what the plan says?
 *
 * By default the chip hashes its own flash, region by region; or everything is read back. When a region
 * differs, the first bad sector is found by bisection and read, because the three usual causes need different
 * remedies: a flash that took nothing (write protection, a fake part), bits that do not change (a worn or
 * broken part: no retry helps), and anything else.
 *
 * NVS data of one board is also read back and decoded, key by key.
 *
 * A loader that can neither hash nor read (the ROM of the ESP8266) fails the run: what was not verified is
 * never green.
 */

#include "engine/stages/unit_data.h"

#include <inttypes.h>
#include <stdio.h>
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

/* Up to so many wrong bits in one sector are taken for bad cells. */
#define STUCK_BITS_MAX 8

/* Narrow `*at`, `*size`, a stretch of the region that differs, to its first sector that differs. */
static enum eg_code first_bad_sector(struct eg_run *run, const struct eg_region *region, uint32_t *at,
                                     uint32_t *size, struct eg_error *err)
{
    while (*size > EG_FLASH_SECTOR) {
        const uint32_t half = eg_div_up(*size, 2 * EG_FLASH_SECTOR) * EG_FLASH_SECTOR;
        uint8_t chip[EG_MD5_SIZE], plan[EG_MD5_SIZE];

        EG_TRY(eg_loader_md5(&run->loader, region->flash_addr + *at, half, chip, err));
        EG_TRY(eg_md5(plan, region->data.data + *at, half, err));
        if (memcmp(chip, plan, sizeof chip) == 0) {
            *at += half;
            *size -= half;
        } else {
            *size = half;
        }
    }
    return EG_OK;
}

static bool erased(const uint8_t *data, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        if (data[i] != 0xff)
            return false;
    return true;
}

static unsigned bits_of(uint8_t byte)
{
    unsigned count = 0;

    for (; byte != 0; byte &= (uint8_t)(byte - 1))
        count++;
    return count;
}

/* What differs between two stretches of bytes. */
struct difference {
    uint32_t bytes, first;
    unsigned ones, zeros; /* bits that are 1, or 0, and should be the other */
};

static struct difference compare(const uint8_t *is, const uint8_t *wanted, uint32_t size)
{
    struct difference d = {.first = size};

    for (uint32_t i = 0; i < size; i++) {
        const uint8_t wrong = is[i] ^ wanted[i];
        if (wrong == 0)
            continue;
        if (d.bytes++ == 0)
            d.first = i;
        d.ones += bits_of(wrong & is[i]);
        d.zeros += bits_of(wrong & wanted[i]);
    }
    return d;
}

static enum eg_code stuck(struct eg_error *err, uint32_t flash_addr, uint8_t wrong, bool value,
                          uint32_t more_bytes)
{
    char bits[32] = "", more[48] = "";
    size_t size = 0;

    for (unsigned i = 0; i < 8; i++)
        if (wrong & 1u << i)
            size += (size_t)snprintf(bits + size, sizeof bits - size, "%s%u", size != 0 ? ", " : "", i);
    if (more_bytes != 0)
        snprintf(more, sizeof more, ", and so in %" PRIu32 " more byte%s of its sector", more_bytes,
                 more_bytes == 1 ? "" : "s");
    const bool one = bits_of(wrong) == 1;
    return eg_error_set(err, EG_STUCK_BITS, "bit%s %s of 0x%08" PRIx32 " stay%s %d%s", one ? "" : "s", bits,
                        flash_addr, one ? "s" : "", value, more);
}

/* Name the cause from a sector that was read twice: `is` and `again`. */
static enum eg_code classify(const uint8_t *is, const uint8_t *again, const uint8_t *wanted,
                             uint32_t flash_addr, uint32_t size, struct eg_error *err)
{
    const struct difference d = compare(is, wanted, size);

    if (memcmp(is, again, size) != 0)
        return eg_error_set(err, EG_VERIFY_MISMATCH, "sector 0x%08" PRIx32 " reads differently each time",
                            flash_addr);
    if (d.bytes == 0)
        return eg_error_set(
            err, EG_VERIFY_MISMATCH,
            "the chip's digest is not the job's, but sector 0x%08" PRIx32 " reads as it should", flash_addr);
    if (erased(is, size))
        return eg_error_set(err, EG_NOT_WRITTEN,
                            "sector 0x%08" PRIx32 " is still erased, the board answered OK but wrote nothing",
                            flash_addr);
    if (d.ones + d.zeros <= STUCK_BITS_MAX && (d.ones == 0 || d.zeros == 0))
        return stuck(err, flash_addr + d.first, is[d.first] ^ wanted[d.first], d.ones != 0, d.bytes - 1);
    return eg_error_set(err, EG_VERIFY_MISMATCH,
                        "0x%08" PRIx32 " holds 0x%02x instead of 0x%02x, %" PRIu32 " of %" PRIu32
                        " bytes of sector 0x%08" PRIx32 " differ",
                        flash_addr + d.first, is[d.first], wanted[d.first], d.bytes, size, flash_addr);
}

/* Name what is wrong in the `size` bytes from `at`, where the region differs. When looking closer fails, the
 * sentence has the two digests; only cancelling ends otherwise. */
static enum eg_code diagnose(struct eg_run *run, const struct eg_region *region,
                             const uint8_t md5[EG_MD5_SIZE], uint32_t at, uint32_t size, struct eg_error *err)
{
    uint8_t is[EG_FLASH_SECTOR], again[EG_FLASH_SECTOR];
    char chip[EG_MD5_TEXT], plan[EG_MD5_TEXT];

    enum eg_code code = first_bad_sector(run, region, &at, &size, err);
    if (code == EG_OK)
        code = eg_loader_read_flash(&run->loader, region->flash_addr + at, is, size, NULL, NULL, err);
    if (code == EG_OK)
        code = eg_loader_read_flash(&run->loader, region->flash_addr + at, again, size, NULL, NULL, err);
    if (code == EG_OK)
        return classify(is, again, region->data.data + at, region->flash_addr + at, size, err);
    if (code == EG_CANCELLED)
        return code;
    eg_hex(chip, md5, EG_MD5_SIZE);
    eg_hex(plan, region->md5, EG_MD5_SIZE);
    return eg_error_set(err, EG_VERIFY_MISMATCH, "the digest of what the flash holds is %s, of the job %s",
                        chip, plan);
}

static enum eg_code record_verdict(struct eg_region_record *record, const uint8_t md5[EG_MD5_SIZE],
                                   const char *method)
{
    const bool equal = memcmp(md5, record->region->md5, EG_MD5_SIZE) == 0;

    memcpy(record->md5, md5, EG_MD5_SIZE);
    record->read_back = true;
    record->method = method;
    record->verdict = equal ? "equal" : "different";
    return equal ? EG_OK : EG_VERIFY_MISMATCH;
}

static enum eg_code by_digest(struct eg_run *run, struct eg_region_record *record, struct eg_error *err)
{
    const struct eg_region *region = record->region;
    const uint32_t size = (uint32_t)region->data.size;
    uint8_t md5[EG_MD5_SIZE];

    EG_TRY(eg_loader_md5(&run->loader, region->flash_addr, size, md5, err));
    if (record_verdict(record, md5, "md5-by-chip") == EG_OK)
        return EG_OK;
    return diagnose(run, region, md5, 0, size, err);
}

static enum eg_code by_read_back(struct eg_run *run, struct eg_region_record *record,
                                 struct eg_region_progress *progress, struct eg_error *err)
{
    const struct eg_region *region = record->region;
    const uint32_t size = (uint32_t)region->data.size;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer is = {0};
    uint8_t md5[EG_MD5_SIZE];

    EG_TRY(eg_buffer_resize(&is, size, 0, err));
    const enum eg_code code = eg_loader_read_flash(&run->loader, region->flash_addr, is.data, size,
                                                   eg_region_progress, progress, err);
    if (code == EG_UNSUPPORTED)
        err->code = EG_CANNOT_VERIFY;
    if (code != EG_OK)
        return err->code;
    EG_TRY(eg_md5(md5, is.data, size, err));
    if (record_verdict(record, md5, "read-back") == EG_OK)
        return EG_OK;

    uint32_t at = compare(is.data, region->data.data, size).first;
    at -= at % EG_FLASH_SECTOR;
    return diagnose(run, region, md5, at, size - at < EG_FLASH_SECTOR ? size - at : EG_FLASH_SECTOR, err);
}

static enum eg_code verify(struct eg_run *run, struct eg_error *err)
{
    const unsigned choice = eg_plan_choice(run->plan, "verify");
    const struct eg_log_origin origin = eg_run_origin(run);
    struct eg_region_progress progress = {.run = run};
    char md5[EG_MD5_TEXT];

    for (unsigned i = 0; i < eg_run_region_count(run); i++) {
        struct eg_region_record *record = &run->regions[i];
        const struct eg_region *region = record->region;

        progress.what = region->name;
        const enum eg_code code =
            choice == BY_READ_BACK ? by_read_back(run, record, &progress, err) : by_digest(run, record, err);
        if (code != EG_OK)
            return eg_error_prefix(err, "%s at 0x%08" PRIx32 ": ", region->name, region->flash_addr);
        eg_hex(md5, record->md5, EG_MD5_SIZE);
        eg_log_verbose(run->logger, &origin, "%s at 0x%08" PRIx32 ": holds MD5 %s, as it should",
                       region->name, region->flash_addr, md5);
        progress.done_before += region->data.size;
        eg_region_progress(&progress, 0, 0);
    }
    EG_TRY(eg_unit_nvs_read_back(run, err));
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
