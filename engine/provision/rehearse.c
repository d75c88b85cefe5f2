/* SPDX-License-Identifier: Apache-2.0 */

/* The burns of all steps, decided on a copy of a chip's eFuses or on a blank chip, and told line by line. */

#include "engine/efuse/virt.h"
#include "engine/provision/provision_internal.h"

#include "engine/base/mac.h"

#include <stdio.h>
#include <string.h>

struct teller {
    const struct eg_provision *provision;
    const struct eg_efuses *after; /* the chip as this burn leaves it */
    bool no_board;                 /* what is a board's own is not shown */
    struct eg_provision_line line;
    void (*say)(void *context, const struct eg_provision_line *line);
    void *context;
};

/* A field may be part of the one that is wished. */
static const struct eg_provision_item *item_of_field(const struct teller *teller, const char *name)
{
    for (unsigned i = 0; i < teller->provision->count; i++) {
        const struct eg_provision_item *const item = &teller->provision->items[i];
        if (item->kind != EG_PROVISION_FIELD)
            continue;
        const struct eg_efuse_field *const field = eg_efuse_find(teller->after, item->name);
        if (strcmp(item->name, name) == 0 || (field != NULL && eg_efuse_listed(field->parts, name)))
            return item;
    }
    return NULL;
}

/* Why a bit of WR_DIS is burnt. */
static void tell_protection(struct teller *teller, unsigned bit)
{
    const struct eg_efuses *const after = teller->after;
    char *const reason = teller->line.reason;
    const size_t size = sizeof teller->line.reason;

    for (unsigned i = 0; i < teller->provision->count; i++) {
        const struct eg_provision_item *const item = &teller->provision->items[i];
        if (item->kind == EG_PROVISION_PROTECT && (eg_efuse_find(after, item->name)->wr & EG_BIT(bit)) != 0) {
            snprintf(reason, size, "protects %s: %s", item->name, item->reason);
            return;
        }
    }
    for (unsigned block = 1; block < after->block_count; block++) {
        const struct eg_efuse_block *const of = &after->chip->blocks[block];
        const struct eg_efuse_field *const purpose =
            of->purpose != NULL ? eg_efuse_find(after, of->purpose) : NULL;
        if ((of->wr & EG_BIT(bit)) != 0)
            snprintf(reason, size, "protects %s: it keeps what it has", of->name);
        else if (purpose != NULL && (purpose->wr & EG_BIT(bit)) != 0)
            snprintf(reason, size, "protects %s: %s stays what it is", purpose->name, of->name);
        else
            continue;
        return;
    }
}

static void tell_field(struct teller *teller, const struct eg_efuse_field *field, uint32_t bits)
{
    struct eg_provision_line *const line = &teller->line;
    const struct eg_provision_item *const item = item_of_field(teller, field->name);

    snprintf(line->field, sizeof line->field, "%s", field->name);
    snprintf(line->value, sizeof line->value, "0x%lx", (unsigned long)bits);
    line->reason[0] = '\0';
    if (item != NULL)
        snprintf(line->reason, sizeof line->reason, "%s", item->reason);
    for (unsigned block = 1; block < teller->after->block_count && item == NULL; block++) {
        const char *const purpose = teller->after->chip->blocks[block].purpose;
        char text[64];
        if (purpose == NULL || strncmp(purpose, field->name, strlen(purpose)) != 0)
            continue;
        eg_efuse_purpose_text(teller->after, eg_efuse_block_purpose(teller->after, block), text);
        snprintf(line->reason, sizeof line->reason, "%s is %s", teller->after->chip->blocks[block].name,
                 text);
    }
    if (strcmp(field->name, "RD_DIS") == 0)
        snprintf(line->reason, sizeof line->reason,
                 teller->provision->encrypts && teller->provision->secret_count == 1
                     ? "hides the key: only the flash cipher reads it"
                     : "hides the keys: only the chip's own hardware reads them");
    if (strcmp(field->name, "XTS_KEY_LENGTH_256") == 0)
        snprintf(line->reason, sizeof line->reason, "the key is the whole block");
    if (strcmp(field->name, "WR_DIS") != 0) {
        teller->say(teller->context, line);
        return;
    }
    for (unsigned bit = 0; bit < field->bits; bit++) {
        if ((bits & EG_BIT(bit)) == 0)
            continue;
        snprintf(line->value, sizeof line->value, "bit %u", bit);
        tell_protection(teller, bit);
        teller->say(teller->context, line);
    }
}

/* The key in a block whose purpose is not burnt yet: the job says the block, or it is the flash key; NULL =
 * there is none. */
static const struct eg_provision_item *secret_in(const struct teller *teller, const char *block)
{
    const struct eg_provision_item *found = NULL;

    for (unsigned i = teller->provision->count; i-- > 0;) {
        const struct eg_provision_item *const item = &teller->provision->items[i];
        if (item->kind != EG_PROVISION_SECRET)
            continue;
        if (item->block != NULL && strcmp(item->block, block) == 0)
            return item;
        if (item->block == NULL)
            found = item;
    }
    return found;
}

/* A block of keys: digests are shown, other keys never. */
static void tell_key(struct teller *teller, const struct eg_efuse_burn *burn)
{
    const struct eg_provision_item *const secret =
        secret_in(teller, teller->after->chip->blocks[burn->block].name);
    struct eg_provision_line *const line = &teller->line;

    snprintf(line->field, sizeof line->field, "%s", teller->after->chip->blocks[burn->block].name);
    snprintf(line->value, sizeof line->value, "key");
    line->reason[0] = '\0';
    if (secret != NULL)
        snprintf(line->reason, sizeof line->reason, "%s", secret->reason);
    for (unsigned i = 0; i < teller->provision->count; i++) {
        const struct eg_provision_item *const item = &teller->provision->items[i];
        const unsigned words = (unsigned)item->size / 4;
        if (item->kind != EG_PROVISION_DIGEST ||
            !(eg__provision_has_digest(teller->after, burn->block, 0, item) ||
              eg__provision_has_digest(teller->after, burn->block, words, item)))
            continue;
        eg_hex(line->value, item->bytes, item->size);
        snprintf(line->reason, sizeof line->reason, "digest of %s%s", item->reason,
                 secret != NULL && !eg__provision_has_digest(teller->after, burn->block, 0, item) &&
                         item->size < 32
                     ? ", and the key of the flash"
                     : "");
    }
    teller->say(teller->context, line);
}

static bool burns_some(const struct eg_efuse_burn *burn, const struct eg_efuse_field *field)
{
    for (unsigned bit = 0; bit < field->bits; bit++) {
        const unsigned at = field->word * 32u + field->pos + bit;
        if ((burn->word[at / 32] >> at % 32 & 1) != 0)
            return true;
    }
    return false;
}

/* Wishes for fields of a block other than block 0; false = the burn has none. */
static bool tell_fields(struct teller *teller, const struct eg_efuse_burn *burn)
{
    struct eg_provision_line *const line = &teller->line;
    bool told = false;

    for (unsigned i = 0; i < teller->provision->count; i++) {
        const struct eg_provision_item *const item = &teller->provision->items[i];
        if (item->kind != EG_PROVISION_FIELD && item->kind != EG_PROVISION_BYTES)
            continue;
        const struct eg_efuse_field *const field = eg_efuse_find(teller->after, item->name);
        if (field == NULL || field->block != burn->block || !burns_some(burn, field))
            continue;
        snprintf(line->field, sizeof line->field, "%s", item->name);
        eg_provision_wanted(line->value, item);
        if (item->of_board && teller->no_board)
            snprintf(line->value, sizeof line->value, "its own");
        snprintf(line->reason, sizeof line->reason, "%s", item->reason);
        teller->say(teller->context, line);
        told = true;
    }
    return told;
}

static void tell_burn(struct teller *teller, const struct eg_efuse_burn *burn)
{
    teller->line.block = teller->after->chip->blocks[burn->block].name;
    if (burn->block != 0) {
        if (tell_fields(teller, burn))
            return;
        for (const struct eg_efuse_field *field = teller->after->fields; field->name != NULL; field++)
            if (field->block == burn->block && field->kind == EG_AS_KEY) {
                tell_key(teller, burn);
                return;
            }
    }
    for (const struct eg_efuse_field *field = teller->after->fields; field->name != NULL; field++) {
        const uint32_t mask = field->bits < 32 ? (1u << field->bits) - 1 : UINT32_MAX;
        if (field->block != burn->block || field->parts != NULL || field->bits > 32 ||
            !eg_efuse_has(teller->after, field))
            continue;
        const uint64_t words =
            burn->word[field->word] |
            (field->word + 1 < EG_EFUSE_WORDS_MAX ? (uint64_t)burn->word[field->word + 1] << 32 : 0);
        const uint32_t bits = (uint32_t)(words >> field->pos) & mask;
        if (bits != 0)
            tell_field(teller, field, bits);
    }
}

static enum eg_code rehearse(struct teller *teller, const struct eg_efuses *fuses, struct eg_error *err)
{
    EG_CLEANUP(eg_efuse_finish) struct eg_efuses chip = *fuses;

    teller->after = &chip;
    for (enum eg_provision_step step = EG_PROVISION_KEYS; step < EG_PROVISION_STEPS; step++) {
        EG_CLEANUP(eg_efuse_plan_finish) struct eg_efuse_plan plan = {0};

        teller->line.step = step;
        EG_TRY(eg_efuse_plan_init(&plan, &chip, err));
        EG_TRY(eg_provision_decide(teller->provision, step, &plan, err));
        for (unsigned i = 0; i < plan.burns; i++) {
            const struct eg_efuse_burn *const burn = &plan.wanted->burn[i];
            struct eg_efuse_content *const block = &chip.block[burn->block];
            for (unsigned word = 0; word < block->words; word++)
                block->word[word] |= burn->word[word];
            block->errors = 0;
            block->failed = false;
            teller->line.burn++;
            if (teller->say != NULL)
                tell_burn(teller, burn);
        }
    }
    return EG_OK;
}

enum eg_code eg_provision_rehearse(const struct eg_provision *provision, const struct eg_efuses *fuses,
                                   void (*say)(void *context, const struct eg_provision_line *line),
                                   void *context, struct eg_error *err)
{
    struct teller teller = {.provision = provision, .say = say, .context = context};

    return rehearse(&teller, fuses, err);
}

enum eg_code eg_provision_explain(const struct eg_provision *provision,
                                  void (*say)(void *context, const struct eg_provision_line *line),
                                  void *context, struct eg_error *err)
{
    static const uint8_t nobodys_mac[EG_MAC_SIZE] = {2, 0, 0, 0, 0, 1};
    EG_CLEANUP(eg_efuse_finish) struct eg_efuses blank = {0};
    struct eg_provision wishes = *provision;
    struct teller teller = {.provision = &wishes, .no_board = true, .say = say, .context = context};
    struct eg_efuse_virt virt;

    EG_TRY(eg_efuse_virt_open(&virt, provision->target, NULL, err));
    const struct eg_efuse_io io = eg_efuse_virt_io(&virt);
    EG_TRY(eg_efuse_open(&blank, provision->target, &io, virt.revision, virt.crystal_mhz, err));
    eg_provision_set_mac(&wishes, nobodys_mac);
    return rehearse(&teller, &blank, err);
}

enum eg_code eg_provision_check(const struct eg_plan *plan, const char **place, struct eg_error *err)
{
    struct eg_provision provision;

    EG_TRY(eg__provision_make(&provision, plan, true, place, err));
    if (!eg_provision_applies(plan))
        return EG_OK;
    *place = eg_plan_setting(plan, "secure.mode")->place;
    if (eg_provision_explain(&provision, NULL, NULL, err) != EG_OK) {
        err->code = EG_BAD_JOB;
        return eg_error_prefix(err, "secure: ");
    }
    *place = NULL;
    return EG_OK;
}
