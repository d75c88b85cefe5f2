/* SPDX-License-Identifier: Apache-2.0 */

/*
 * admit: may this board be programmed with this job, here and now?
 *
 * Everything that can be refused is refused here, while the board still holds what it came with: the chip,
 * its revision, its flash and its security state against the job; its MAC against the other slots; all of it
 * against the job's own rules. Then the intent is made durable, and only after that may anything be erased.
 */

#include "engine/stages/accept.h"

#include <inttypes.h>

/* Secure boot v1 keeps its bootloader and its digest below this address. */
#define SECURE_BOOT_V1_END 0x8000

static enum eg_code check_chip(const struct eg_run *run, struct eg_error *err)
{
    const struct eg_target *target = run->loader.target;

    if (target != run->plan->target)
        return eg_error_set(err, EG_WRONG_CHIP, "the board is an %s, the job is for %s", target->label,
                            run->plan->target->label);
    return EG_OK;
}

static enum eg_code check_revision(const struct eg_run *run, struct eg_error *err)
{
    const unsigned revision = run->chip.revision;

    for (unsigned i = 0; i < run->plan->region_count; i++) {
        const struct eg_region *region = &run->plan->regions[i];
        if (!region->is_image)
            continue;
        if (revision < region->min_rev)
            return eg_error_set(err, EG_WRONG_REVISION, "the chip is revision %u.%u, %s needs %u.%u or later",
                                revision / 100, revision % 100, region->name, region->min_rev / 100,
                                region->min_rev % 100);
        if (revision > region->max_rev)
            return eg_error_set(err, EG_WRONG_REVISION,
                                "the chip is revision %u.%u, %s runs up to %u.%u only", revision / 100,
                                revision % 100, region->name, region->max_rev / 100, region->max_rev % 100);
    }
    return EG_OK;
}

struct reader {
    struct eg_loader *loader;
    struct eg_error *err;
};

static bool read_word(void *context, uint32_t addr, uint32_t *word)
{
    const struct reader *reader = context;

    return eg_loader_read_reg(reader->loader, addr, word, reader->err) == EG_OK;
}

static enum eg_code check_security(struct eg_run *run, struct eg_error *err)
{
    const struct eg_target *target = run->loader.target;
    struct reader reader = {&run->loader, err};
    uint32_t secure_boot_v1;

    if (run->chip.secure_download || !run->chip.has_mac)
        return eg_error_set(err, EG_SECURED,
                            "the chip is in secure download mode: its MAC cannot be read and what is written "
                            "cannot be verified");
    if (run->chip.flash_encryption)
        return eg_error_set(err, EG_SECURED,
                            "flash encryption is on and the job's data is plain: the chip could not run it");
    if (!eg_field_read(&target->field[EG_FIELD_SECURE_BOOT_V1], read_word, &reader, &secure_boot_v1))
        return err->code;
    for (unsigned i = 0; secure_boot_v1 != 0 && i < run->plan->region_count; i++) {
        const struct eg_region *region = &run->plan->regions[i];
        if (region->flash_addr < SECURE_BOOT_V1_END)
            return eg_error_set(err, EG_SECURED,
                                "secure boot is on and %s at 0x%08" PRIx32
                                " would overwrite the bootloader it trusts",
                                region->name, region->flash_addr);
    }
    return EG_OK;
}

static enum eg_code check_flash(const struct eg_run *run, struct eg_error *err)
{
    const uint32_t declared = run->plan->declared_flash_size;
    const uint32_t size = run->flash.size != 0 ? run->flash.size : declared;

    char jedec[EG_JEDEC_TEXT];

    eg_jedec_text(jedec, run->flash.jedec);
    if (size == 0)
        return eg_error_set(err, EG_FLASH_TOO_SMALL,
                            "flash id %s does not tell a size and the job declares none", jedec);
    if (size < declared)
        return eg_error_set(err, EG_FLASH_TOO_SMALL,
                            "the flash has %" PRIu32 " KB, the job declares %" PRIu32 " KB", size / 1024,
                            declared / 1024);
    for (unsigned i = 0; i < run->plan->region_count; i++) {
        const struct eg_region *region = &run->plan->regions[i];
        const uint64_t end = (uint64_t)region->flash_addr + region->data.size;
        if (end > size)
            return eg_error_set(err, EG_FLASH_TOO_SMALL,
                                "%s ends at 0x%08" PRIx64 ", the flash at 0x%08" PRIx32, region->name, end,
                                size);
    }
    return EG_OK;
}

static enum eg_code check_identity(struct eg_run *run, struct eg_error *err)
{
    const struct eg_claimant claimant = {run->slot, run->address, run->presence};
    char rival[EG_CLAIM_SLOT];

    if (!eg_claims_take(run->claims, run->unit.mac, &claimant, rival)) {
        if (rival[0] == '\0')
            return eg_error_set(err, EG_NO_MEMORY, "out of memory for the claim on %s", run->unit.mac);
        return eg_error_set(err, EG_DUPLICATE_MAC, "the board in slot %s shows the same MAC %s", rival,
                            run->unit.mac);
    }
    return EG_OK;
}

/* The flash's unique id tells boards of one MAC apart; reading it through the ROM takes long, so it is read
 * here only when the ledger knows the MAC. */
static enum eg_code look_up(struct eg_run *run, struct eg_seen *seen, struct eg_error *err)
{
    EG_TRY(run->recorder->ops->seen(run->recorder, &run->unit, seen, err));
    if (!seen->mac_known || run->unit.flash_unique_id[0] != '\0')
        return EG_OK;
    EG_TRY(eg_loader_flash_unique_id(&run->loader, run->unit.flash_unique_id, err));
    return run->recorder->ops->seen(run->recorder, &run->unit, seen, err);
}

static enum eg_code claim_label(const struct eg_run *run, struct eg_error *err)
{
    const struct eg_claim label = {.kind = EG_CLAIM_LABEL, .name = "", .value = run->label};

    if (run->label == NULL)
        return EG_OK;
    return run->recorder->ops->claim(run->recorder, run->number, &run->unit, &label, 1, err);
}

static enum eg_code admit(struct eg_run *run, struct eg_error *err)
{
    const struct eg_log_origin origin = eg_run_origin(run);
    struct eg_seen seen;

    EG_TRY(check_chip(run, err));
    EG_TRY(check_revision(run, err));
    EG_TRY(check_security(run, err));
    EG_TRY(check_flash(run, err));
    EG_TRY(check_identity(run, err));
    EG_TRY(look_up(run, &seen, err));
    if (seen.runs != 0 && run->attempt == 1)
        eg_log_note(run->logger, &origin, "seen before: %u %s, %u passed, the last at %s (%s)", seen.runs,
                    seen.runs == 1 ? "run" : "runs", seen.passed, seen.last_utc, seen.last_outcome);
    EG_TRY(eg__accept(run, &seen, err));
    EG_TRY(claim_label(run, err));
    return run->recorder->ops->intent(run->recorder, run->number, &run->unit, err);
}

const struct eg_stage eg_stage_admit = {
    .name = "admit",
    .summary = "check chip, revision, security, flash and MAC against job and line; record the intent",
    .order = 30,
    .options = eg__accept_options,
    .needs = EG_FACT_CONNECTED | EG_FACT_IDENTIFIED,
    .gives = EG_FACT_ADMITTED,
    .weight = 1,
    .check = eg__accept_check,
    .run = admit,
};
