/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/secure.h"

#include "engine/stages/slot.h"

#include <stdio.h>
#include <string.h>

enum { SYNC_ATTEMPTS = 7 };

/* ---- Registers ---- */

static enum eg_code read_register(void *context, uint32_t addr, uint32_t *word, struct eg_error *err)
{
    struct eg_run *const run = context;

    return eg_loader_read_reg(&run->loader, addr, word, err);
}

static enum eg_code write_register(void *context, uint32_t addr, uint32_t word, uint32_t pause_us,
                                   struct eg_error *err)
{
    struct eg_run *const run = context;

    if (pause_us > 0)
        return eg_loader_write_reg_and_pause(&run->loader, addr, word, pause_us, err);
    return eg_loader_write_reg(&run->loader, addr, word, UINT32_MAX, 0, err);
}

/* What is counted in an attempt, whatever number of connections it takes. */
static void carry_over(struct eg_loader *loader, const struct eg_loader *former)
{
    loader->resends = former->resends;
    loader->region_redos = former->region_redos;
    loader->digest_redos = former->digest_redos;
    loader->requests = former->requests;
    loader->round_trip_us = former->round_trip_us;
    loader->baud_failed = former->baud_failed;
}

enum eg_code eg_run_enter_loader(struct eg_run *run, struct eg_error *err)
{
    const enum eg_before before = (enum eg_before)eg_plan_choice(run->plan, "link.before");
    const struct eg_loader former = run->loader;

    if (run->native_usb && (run->facts & EG_FACT_LEFT) != 0)
        EG_TRY(eg_run_await(run, err));
    enum eg_code code = eg_loader_connect(&run->loader, before, run->baud, SYNC_ATTEMPTS, err);
    carry_over(&run->loader, &former);
    if (code == EG_OK)
        code = eg_loader_detect_as(&run->loader, run->plan->target, err);
    if (code == EG_OK)
        run->facts &= ~(unsigned)EG_FACT_LEFT;
    return code;
}

static enum eg_code reconnect(void *context, bool *secure_download, struct eg_error *err)
{
    struct eg_run *const run = context;

    EG_TRY(eg_run_enter_loader(run, err));
    *secure_download = run->loader.secure_download;
    return EG_OK;
}

enum eg_code eg_run_fuses(struct eg_run *run, struct eg_efuses *fuses, struct eg_error *err)
{
    const struct eg_efuse_io io = {
        .read = read_register, .write = write_register, .reconnect = reconnect, .context = run};

    return eg_efuse_open(fuses, run->loader.target, &io, run->chip.revision, run->crystal_mhz, err);
}

bool eg_run_is_damaged(const struct eg_efuses *fuses, unsigned block)
{
    return fuses->block[block].errors != 0 || fuses->block[block].failed;
}

enum eg_code eg_run_wishes(const struct eg_run *run, struct eg_provision *wishes, struct eg_error *err)
{
    const char *place;

    EG_TRY(eg_provision_make(wishes, run->plan, &place, err));
    if (run->has_custom_mac)
        eg_provision_set_mac(wishes, run->custom_mac);
    for (unsigned i = 0; i < EG_PROVISION_SECRETS_MAX; i++) {
        const struct eg_board_key *const key = &run->keys[i];
        wishes->secret[i] = (struct eg_provision_secret){
            .key = key->key.size != 0 ? &key->key : NULL, .hidden = key->hidden, .place = key->place};
    }
    wishes->broken_blocks = run->broken_blocks;
    return EG_OK;
}

/* ---- Records ---- */

void eg_run_content_name(char name[EG_SECURITY_VALUE], const char *what, uint32_t flash_addr)
{
    snprintf(name, EG_SECURITY_VALUE, "%s at 0x%08lx", what, (unsigned long)flash_addr);
}

static enum eg_code record(struct eg_run *run, const struct eg_security_record *records, unsigned count,
                           struct eg_error *err)
{
    return count == 0 ? EG_OK : run->recorder->ops->secure(run->recorder, run->number, records, count, err);
}

/* Words of a block in hex. A key that is not hidden yet must not be seen on record. */
static void block_text(char text[EG_EFUSE_WORDS_MAX * 9 + 1], const struct eg_efuses *fuses, unsigned block)
{
    const struct eg_efuse_block *const of = &fuses->chip->blocks[block];
    const struct eg_efuse_content *const content = &fuses->block[block];
    char purpose[64] = "";
    uint32_t any = 0;

    for (unsigned i = 0; i < content->words; i++)
        any |= content->word[i];
    if (of->purpose != NULL)
        eg_efuse_purpose_text(fuses, eg_efuse_block_purpose(fuses, block), purpose);
    const bool hidden = !eg_efuse_readable(fuses, of->rd);
    const bool key = block != 0 && of->rd != 0 && any != 0 && strstr(purpose, "DIGEST") == NULL;
    text[0] = '\0';
    if (hidden || key) {
        snprintf(text, EG_EFUSE_WORDS_MAX * 9 + 1, hidden ? "hidden" : "masked");
        return;
    }
    for (unsigned i = 0; i < content->words; i++)
        snprintf(text + strlen(text), 10, "%s%08lx", i > 0 ? " " : "", (unsigned long)content->word[i]);
}

enum eg_code eg_run_record_blocks(struct eg_run *run, const struct eg_efuses *fuses,
                                  enum eg_security_event event, struct eg_error *err)
{
    char texts[EG_EFUSE_BLOCKS_MAX][EG_EFUSE_WORDS_MAX * 9 + 1];
    struct eg_security_record records[EG_EFUSE_BLOCKS_MAX];

    for (unsigned block = 0; block < fuses->block_count; block++) {
        block_text(texts[block], fuses, block);
        records[block] = (struct eg_security_record){event, fuses->chip->blocks[block].name, texts[block]};
    }
    return record(run, records, fuses->block_count, err);
}

/* The digests of what the flash holds, verified, when the first eFuse is burnt. Without the key nobody can
 * make the ciphertext again, and nothing can be read once the loader is closed. */
static enum eg_code record_contents(struct eg_run *run, struct eg_error *err)
{
    for (unsigned i = 0; i < eg_run_region_count(run); i++) {
        const struct eg_region *const region = eg_run_region(run, i);
        const bool encrypted = i < run->cipher_count && region == &run->cipher[i];
        char cipher[EG_SECURITY_VALUE], plain[EG_SECURITY_VALUE], md5[EG_MD5_TEXT], sha256[EG_SHA256_TEXT];
        const struct eg_security_record records[] = {{EG_SECURITY_LEFT, plain, sha256},
                                                     {EG_SECURITY_LEFT, cipher, md5}};
        eg_run_content_name(cipher, EG_CIPHERTEXT, region->flash_addr);
        eg_run_content_name(plain, EG_PLAINTEXT, region->flash_addr);
        eg_hex(md5, region->md5, EG_MD5_SIZE);
        eg_hex(sha256, region->sha256, EG_SHA256_SIZE);
        EG_TRY(record(run, records, encrypted ? 2 : 1, err));
    }
    return EG_OK;
}

/* What a step wants, and what of it will be burnt. */
static enum eg_code record_intent(struct eg_run *run, const struct eg_provision *wishes,
                                  enum eg_provision_step step, const struct eg_efuses *fuses,
                                  struct eg_error *err)
{
    char texts[EG_PROVISION_ITEMS_MAX][EG_PROVISION_TEXT];
    struct eg_security_record records[2 * EG_PROVISION_ITEMS_MAX];
    unsigned count = 0;

    for (unsigned i = 0; i < wishes->count; i++) {
        const struct eg_provision_item *const item = &wishes->items[i];
        if (item->step != step || !eg_provision_concerns(item, fuses))
            continue;
        eg_provision_wanted(texts[i], item);
        if (item->kind == EG_PROVISION_SECRET)
            snprintf(texts[i], sizeof texts[i], "%s", run->keys[item->secret].print);
        records[count++] = (struct eg_security_record){EG_SECURITY_WANTED, item->name, texts[i]};
        if (eg_provision_look(item, fuses) != EG_PROVISION_YES)
            records[count++] = (struct eg_security_record){EG_SECURITY_INTENDED, item->name, texts[i]};
    }
    return record(run, records, count, err);
}

static bool burnt_key(const struct eg_efuse_plan *plan, const struct eg_provision_item *item)
{
    for (unsigned i = 0; i < plan->done; i++) {
        const unsigned block = plan->wanted->burn[i].block;
        if (block != 0 && eg_provision_is_block_of(item, plan->fuses, block))
            return true;
    }
    return false;
}

/* A loader that closed, or went into secure download mode, is what the burn wanted: nothing else is burnt
 * with that, and the chip itself has said so. */
static enum eg_provision_state state_of(const struct eg_provision_item *item,
                                        const struct eg_efuse_plan *plan)
{
    /* A key that was burnt now was read back and compared before it was hidden. */
    if (item->kind == EG_PROVISION_SECRET && burnt_key(plan, item) &&
        eg_provision_look(item, plan->fuses) == EG_PROVISION_UNKNOWN)
        return EG_PROVISION_YES;
    return plan->end == EG_EFUSE_OPEN ? eg_provision_look(item, plan->fuses) : EG_PROVISION_YES;
}

static enum eg_code record_observed(struct eg_run *run, const struct eg_provision *wishes,
                                    enum eg_provision_step step, const struct eg_efuse_plan *plan,
                                    struct eg_error *err)
{
    struct eg_security_record records[EG_PROVISION_ITEMS_MAX + 1];
    const char *missing = NULL;
    unsigned count = 0;

    for (unsigned i = 0; i < wishes->count; i++) {
        const struct eg_provision_item *const item = &wishes->items[i];
        if (item->step != step || !eg_provision_concerns(item, plan->fuses))
            continue;
        const enum eg_provision_state state = state_of(item, plan);
        records[count++] =
            (struct eg_security_record){EG_SECURITY_OBSERVED, item->name, eg_provision_state_name(state)};
        if (state == EG_PROVISION_NO)
            missing = item->name;
    }
    if (missing == NULL)
        records[count++] = (struct eg_security_record){
            EG_SECURITY_REACHED, eg_provision_mode_name(wishes->mode), eg_provision_step_name(step)};
    EG_TRY(record(run, records, count, err));
    if (missing == NULL)
        return EG_OK;
    return eg_error_set(err, EG_NOT_BURNT, "%s does not read as the job wants it after it was burnt",
                        missing);
}

/* ---- Burning ---- */

static void say(void *context, const char *text)
{
    struct eg_run *const run = context;
    const struct eg_log_origin origin = eg_run_origin(run);

    eg_log_verbose(run->logger, &origin, "eFuses: %s", text);
}

enum eg_code eg_run_burn(struct eg_run *run, enum eg_provision_step step, struct eg_error *err)
{
    EG_CLEANUP(eg_efuse_finish) struct eg_efuses fuses = {0};
    EG_CLEANUP(eg_efuse_plan_finish) struct eg_efuse_plan plan = {0};
    EG_CLEANUP(eg_free_cleanup) struct eg_provision *wishes = NULL;

    EG_TRY(eg_alloc(&wishes, 1, sizeof *wishes, err));
    EG_TRY(eg_run_wishes(run, wishes, err));
    EG_TRY(eg_run_fuses(run, &fuses, err));
    EG_TRY(eg_efuse_plan_init(&plan, &fuses, err));
    plan.say = say;
    plan.context = run;
    EG_TRY(eg_provision_decide(wishes, step, &plan, err));
    EG_TRY(record_intent(run, wishes, step, &fuses, err));
    if (step == EG_PROVISION_KEYS)
        EG_TRY(record_contents(run, err));
    EG_TRY(eg_efuse_burn(&plan, err));
    if (eg_run_is_damaged(&fuses, 0) && run->marginal == NULL)
        run->marginal = "copies of an eFuse differ"; /* the others decide */
    if (plan.end == EG_EFUSE_OPEN)
        EG_TRY(eg_run_record_blocks(run, &fuses, EG_SECURITY_LEFT, err));
    return record_observed(run, wishes, step, &plan, err);
}
