/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/erased.h"

#include "engine/plan/erase.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { READ_SIZE = 16 * EG_FLASH_SECTOR };

static enum eg_code add(struct eg_run *run, const struct eg_guard_piece *piece, uint32_t flash_addr,
                        uint32_t size, struct eg_error *err)
{
    struct eg_erased_record *const more = realloc(run->erased, (run->erased_count + 1) * sizeof *more);

    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%u stretches to erase", run->erased_count + 1);
    run->erased = more;
    more[run->erased_count++] = (struct eg_erased_record){.name = piece->name,
                                                          .flash_addr = flash_addr,
                                                          .size = size,
                                                          .attempt = run->attempt,
                                                          .method = "none",
                                                          .verdict = "not-checked"};
    return EG_OK;
}

enum eg_code eg__erased_find(struct eg_run *run, struct eg_error *err)
{
    EG_CLEANUP(eg_erase_finish) struct eg_erase erase;
    EG_CLEANUP(eg_free_cleanup) struct eg_guard_piece *written = NULL;
    const unsigned count = eg_run_region_count(run);
    const char *place = NULL;

    eg__erased_forget(run);
    EG_TRY(eg_erase_find(&erase, run->plan, run->flash.size, &place, err));
    EG_TRY(eg_run_pieces(run, &written, err));
    for (unsigned i = 0; i < erase.count; i++) {
        const uint32_t end = (uint32_t)(erase.list[i].flash_addr + erase.list[i].size);
        uint32_t at = (uint32_t)erase.list[i].flash_addr, size;

        for (; (size = eg_erase_gap(&at, end, written, count)) > 0; at += size)
            EG_TRY(add(run, &erase.list[i], at, size, err));
    }
    return EG_OK;
}

/* EG_CANNOT_VERIFY: the loader computes no digest. */
static enum eg_code compare_digest(struct eg_run *run, const struct eg_erased_record *record,
                                   uint8_t md5[EG_MD5_SIZE], bool *blank, struct eg_error *err)
{
    uint8_t wanted[EG_MD5_SIZE];

    EG_TRY(eg_md5_blank(wanted, record->size, err));
    EG_TRY(eg_loader_md5(&run->loader, record->flash_addr, record->size, md5, err));
    *blank = memcmp(md5, wanted, EG_MD5_SIZE) == 0;
    return EG_OK;
}

enum eg_code eg__erased_is_blank(struct eg_run *run, const struct eg_erased_record *record, bool *blank,
                                 struct eg_error *err)
{
    uint8_t md5[EG_MD5_SIZE];

    *blank = false;
    const enum eg_code code = compare_digest(run, record, md5, blank, err);
    return code == EG_CANNOT_VERIFY ? EG_OK : code;
}

/* Name the first wrong sector and the cause. */
static enum eg_code diagnose(struct eg_run *run, struct eg_erased_record *record, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer blank = {0};

    record->verdict = "different";
    EG_TRY(eg_buffer_resize(&blank, record->size, 0xff, err));
    (void)eg_error_set(err, EG_VERIFY_MISMATCH, "it was erased and is not blank");
    return eg_loader_diagnose(&run->loader, record->flash_addr, blank.data, record->size, true, err);
}

/* Read a stretch in parts, so that a large one takes no more memory than a small one. */
static enum eg_code read_back(struct eg_run *run, const struct eg_erased_record *record,
                              uint8_t md5[EG_MD5_SIZE], bool *blank, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer part = {0};

    *blank = true;
    EG_TRY(eg_buffer_resize(&part, READ_SIZE, 0, err));
    for (uint32_t at = 0; at < record->size && *blank; at += READ_SIZE) {
        const uint32_t left = record->size - at, size = left < READ_SIZE ? left : READ_SIZE;
        EG_TRY(eg_loader_read_flash(&run->loader, record->flash_addr + at, part.data, size, NULL, NULL, err));
        for (uint32_t i = 0; i < size; i++)
            *blank = *blank && part.data[i] == 0xff;
        eg_run_progress(run, record->name, at + size, record->size);
    }
    return *blank ? eg_md5_blank(md5, record->size, err) : EG_OK;
}

static enum eg_code verify(struct eg_run *run, struct eg_erased_record *record, bool by_reading,
                           struct eg_error *err)
{
    bool blank;

    if (by_reading)
        EG_TRY(read_back(run, record, record->md5, &blank, err));
    else
        EG_TRY(compare_digest(run, record, record->md5, &blank, err));
    record->method = by_reading ? "read-back" : "md5-by-chip";
    record->read_back = blank || !by_reading;
    if (!blank)
        return diagnose(run, record, err);
    record->verdict = "equal";
    return EG_OK;
}

enum eg_code eg__erased_verify(struct eg_run *run, bool by_reading, struct eg_error *err)
{
    for (unsigned i = 0; i < run->erased_count; i++) {
        struct eg_erased_record *const record = &run->erased[i];
        eg_run_progress(run, record->name, i, run->erased_count);
        if (verify(run, record, by_reading, err) != EG_OK)
            return eg_error_prefix(err, "%s, erased at 0x%08" PRIx32 ": ", record->name, record->flash_addr);
    }
    return EG_OK;
}

void eg__erased_forget(struct eg_run *run)
{
    free(run->erased);
    run->erased = NULL;
    run->erased_count = 0;
}
