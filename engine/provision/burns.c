/* SPDX-License-Identifier: Apache-2.0 */

/* Wishes against the eFuses of a chip: what is so already, what must be burnt, and in which order. */

#include "engine/efuse/virt.h"
#include "engine/provision/provision_internal.h"

#include "engine/base/bytes.h"
#include "engine/base/mac.h"

#include <stdio.h>
#include <string.h>

/* Below this revision an ESP32 does not obey UART_DOWNLOAD_DIS. */
#define ESP32_DOWNLOAD_OFF_FROM 300

const char *eg_provision_mode_name(enum eg_provision_mode mode)
{
    static const char *const names[] = {"check", "development", "release"};

    return names[mode];
}

const char *eg_provision_step_name(enum eg_provision_step step)
{
    static const char *const names[EG_PROVISION_STEPS] = {"keys", "lock", "close"};

    return names[step];
}

const char *eg_provision_state_name(enum eg_provision_state state)
{
    static const char *const names[] = {"no", "yes", "unknown"};

    return names[state];
}

void eg_provision_wanted(char text[EG_PROVISION_TEXT], const struct eg_provision_item *item)
{
    switch (item->kind) {
    case EG_PROVISION_FIELD:
        snprintf(text, EG_PROVISION_TEXT, item->number < 10 ? "%lu" : "0x%lx", (unsigned long)item->number);
        return;
    case EG_PROVISION_SECRET:
        snprintf(text, EG_PROVISION_TEXT, "key of %lu bytes", (unsigned long)item->number);
        return;
    case EG_PROVISION_BYTES:
        if (item->size == EG_MAC_SIZE)
            eg_mac_text(text, item->bytes);
        else
            eg_hex(text, item->bytes, item->size);
        return;
    case EG_PROVISION_DIGEST:
        eg_hex(text, item->bytes, item->size);
        return;
    case EG_PROVISION_PROTECT:
        snprintf(text, EG_PROVISION_TEXT, "write-protected");
        return;
    }
}

/* ---- Is it so? ---- */

static bool has_digest(const struct eg_efuses *fuses, unsigned block, unsigned word,
                       const struct eg_provision_item *item)
{
    for (size_t i = 0; i < item->size; i++)
        if ((uint8_t)(fuses->block[block].word[word + i / 4] >> i % 4 * 8) != item->bytes[i])
            return false;
    return true;
}

/* The block that has the purpose of a digest, or is made for it; false = none has. */
static bool find_digest(const struct eg_provision_item *item, const struct eg_efuses *fuses, unsigned *block)
{
    const struct eg_efuse *const chip = fuses->chip;
    struct eg_efuse_purpose purpose;
    struct eg_error ignored;

    if (chip->purposes == NULL || !eg__provision_has_purposes(chip))
        return eg_efuse_get_block(fuses, chip->purposes == NULL ? item->name : "BLOCK_KEY0", block,
                                  &ignored) == EG_OK;
    if (eg_efuse_get_purpose(fuses, item->name, &purpose, &ignored) != EG_OK)
        return false;
    for (*block = 0; *block < fuses->block_count; ++*block)
        if (eg_efuse_block_purpose(fuses, *block) == purpose.number)
            return true;
    return false;
}

static enum eg_provision_state look_at_digest(const struct eg_provision_item *item,
                                              const struct eg_efuses *fuses)
{
    const bool half = item->size < EG_SHA256_SIZE; /* the upper one; the lower may be hidden */
    unsigned block;

    if (!find_digest(item, fuses, &block))
        return EG_PROVISION_NO;
    const struct eg_efuse_block *const of = &fuses->chip->blocks[block];
    if (!half && !eg_efuse_readable(fuses, of->rd))
        return EG_PROVISION_UNKNOWN;
    if (eg_efuse_writable(fuses, of->wr) ||
        (of->purpose != NULL && eg_efuse_writable(fuses, eg_efuse_find(fuses, of->purpose)->wr)))
        return EG_PROVISION_NO;
    return has_digest(fuses, block, half ? (unsigned)item->size / 4 : 0, item) ? EG_PROVISION_YES
                                                                               : EG_PROVISION_NO;
}

/* ---- Keys ---- */

size_t eg_provision_key_size(const struct eg_provision_item *item, const struct eg_efuses *fuses)
{
    return fuses->chip->purposes == NULL ? eg_efuse_key_size(fuses, NULL) : item->number;
}

/* Bits of RD_DIS that hide the key in a block. */
static uint32_t hiding_bits(const struct eg_provision_item *item, const struct eg_efuses *fuses,
                            unsigned block)
{
    for (const struct eg_efuse_field *field = fuses->fields; field->name != NULL; field++)
        if (field->kind == EG_AS_KEY && field->block == block && field->word == 0 &&
            eg_efuse_size(field) == eg_provision_key_size(item, fuses) && eg_efuse_has(fuses, field))
            return field->rd;
    return 0;
}

static bool is_hidden(const struct eg_provision_item *item, const struct eg_efuses *fuses, unsigned block)
{
    return !eg_efuse_readable(fuses, hiding_bits(item, fuses, block));
}

/* The purpose of a key; false = its blocks have none. */
static bool get_purpose(const struct eg_provision_item *item, const struct eg_efuses *fuses,
                        struct eg_efuse_purpose *purpose)
{
    struct eg_error ignored;

    return item->purpose != NULL && eg__provision_has_purposes(fuses->chip) &&
           eg_efuse_get_purpose(fuses, item->purpose, purpose, &ignored) == EG_OK;
}

/* Whether a block may have the key. An interrupted burn leaves a purpose in part, but nothing is hidden
 * before the purpose is whole. */
static bool may_have_key(const struct eg_provision_item *item, const struct eg_efuses *fuses, unsigned block)
{
    const struct eg_efuse *const chip = fuses->chip;
    struct eg_efuse_purpose purpose;
    struct eg_error ignored;
    unsigned only;

    if (get_purpose(item, fuses, &purpose)) {
        const int is = eg_efuse_block_purpose(fuses, block);
        if (chip->blocks[block].purpose == NULL ||
            (item->block != NULL && strcmp(item->block, chip->blocks[block].name) != 0))
            return false;
        return is_hidden(item, fuses, block) ? is == 0 || is == purpose.number : (is & ~purpose.number) == 0;
    }
    return eg_efuse_get_block(fuses, chip->purposes == NULL ? item->name : "BLOCK_KEY0", &only, &ignored) ==
               EG_OK &&
           block == only;
}

bool eg_provision_is_block_of(const struct eg_provision_item *item, const struct eg_efuses *fuses,
                              unsigned block)
{
    struct eg_efuse_purpose purpose;

    if (!may_have_key(item, fuses, block))
        return false;
    return !get_purpose(item, fuses, &purpose) || item->block != NULL ||
           eg_efuse_block_purpose(fuses, block) == purpose.number;
}

bool eg_provision_read_key(const struct eg_provision_item *item, const struct eg_efuses *fuses,
                           unsigned block, uint8_t key[32])
{
    const size_t size = eg_provision_key_size(item, fuses);
    struct eg_efuse_purpose purpose = {.flags = EG_PURPOSE_REVERSED};
    uint8_t any = 0;

    (void)get_purpose(item, fuses, &purpose);
    if (!may_have_key(item, fuses, block) || is_hidden(item, fuses, block))
        return false;
    for (size_t i = 0; i < size; i++) {
        const size_t at = (purpose.flags & EG_PURPOSE_REVERSED) != 0 ? size - 1 - i : i;
        key[i] = (uint8_t)(fuses->block[block].word[at / 4] >> at % 4 * 8);
        any |= key[i];
    }
    return any != 0 || fuses->block[block].errors != 0 || fuses->block[block].failed;
}

bool eg_provision_hides_key(const struct eg_provision_item *item, const struct eg_efuses *fuses)
{
    for (unsigned block = 0; block < fuses->block_count; block++)
        if (may_have_key(item, fuses, block) && is_hidden(item, fuses, block))
            return true;
    return false;
}

static enum eg_provision_state look_at_secret(const struct eg_provision_item *item,
                                              const struct eg_efuses *fuses)
{
    const struct eg_efuse *const chip = fuses->chip;

    for (unsigned block = 0; block < fuses->block_count; block++) {
        const char *const purpose = chip->blocks[block].purpose;
        if (!may_have_key(item, fuses, block) || !is_hidden(item, fuses, block))
            continue;
        if (eg_efuse_writable(fuses, chip->blocks[block].wr) ||
            (purpose != NULL && (eg_efuse_block_purpose(fuses, block) == 0 ||
                                 eg_efuse_writable(fuses, eg_efuse_find(fuses, purpose)->wr))))
            return EG_PROVISION_NO;
        return EG_PROVISION_UNKNOWN;
    }
    return EG_PROVISION_NO;
}

/* Whether the burn of a coded block was interrupted: it reads right, or wrong, and must be burnt again. */
static bool is_damaged(const struct eg_efuses *fuses, unsigned block)
{
    return block != 0 && (fuses->block[block].errors != 0 || fuses->block[block].failed);
}

static enum eg_provision_state look_at_field(const struct eg_provision_item *item,
                                             const struct eg_efuse_field *field,
                                             const struct eg_efuses *fuses)
{
    uint8_t bits[EG_EFUSE_BYTES_MAX] = {0};

    if (!eg_efuse_readable(fuses, field->rd))
        return EG_PROVISION_UNKNOWN;
    if (is_damaged(fuses, field->block))
        return EG_PROVISION_NO;
    if (item->kind == EG_PROVISION_FIELD)
        return eg_efuse_number(fuses, field->name) == item->number ? EG_PROVISION_YES : EG_PROVISION_NO;
    eg_efuse_bits(fuses, field, bits);
    return memcmp(bits, item->bytes, sizeof bits) == 0 ? EG_PROVISION_YES : EG_PROVISION_NO;
}

bool eg_provision_concerns(const struct eg_provision_item *item, const struct eg_efuses *fuses)
{
    return !item->if_there || eg_efuse_find(fuses, item->name) != NULL;
}

enum eg_provision_state eg_provision_look(const struct eg_provision_item *item, const struct eg_efuses *fuses)
{
    if (item->kind == EG_PROVISION_DIGEST)
        return look_at_digest(item, fuses);
    if (item->kind == EG_PROVISION_SECRET)
        return look_at_secret(item, fuses);
    const struct eg_efuse_field *const field = eg_efuse_find(fuses, item->name);
    if (field == NULL)
        return EG_PROVISION_NO;
    if (item->kind == EG_PROVISION_PROTECT)
        return eg_efuse_writable(fuses, field->wr) ? EG_PROVISION_NO : EG_PROVISION_YES;
    return look_at_field(item, field, fuses);
}

/* ---- What must be burnt ---- */

/* The block of a key or digest, on chips with purposes. */
static enum eg_code find_block(const struct eg_efuse_plan *plan, const struct eg_provision_item *item,
                               unsigned place, struct eg_efuse_key *key, struct eg_error *err)
{
    unsigned block;

    key->block = item->block != NULL ? item->block : "BLOCK_KEY0";
    if (item->block != NULL || !eg__provision_has_purposes(plan->fuses->chip))
        return EG_OK;
    EG_TRY(eg_efuse_find_block(plan, key, place, &block, err));
    key->block = plan->fuses->chip->blocks[block].name;
    return EG_OK;
}

static enum eg_code want_secret(struct eg_efuse_plan *plan, const struct eg_provision *provision,
                                const struct eg_provision_item *item, struct eg_error *err)
{
    const struct eg_provision_secret *const secret = &provision->secret[item->secret];
    EG_CLEANUP(eg_secret_finish) struct eg_secret nobodys = {0};
    struct eg_efuse_key key = {.block = item->name, .purpose = item->purpose};

    if (secret->key == NULL || secret->hidden)
        EG_TRY(eg_secret_make(&nobodys, eg_provision_key_size(item, plan->fuses), err));
    key.data = nobodys.data != NULL ? nobodys.data : secret->key->data;
    key.size = nobodys.data != NULL ? nobodys.size : secret->key->size;
    if (item->purpose != NULL)
        EG_TRY(find_block(plan, item, secret->place > item->place ? secret->place : item->place, &key, err));
    plan->resume = secret->hidden;
    const enum eg_code code = eg_efuse_want_key(plan, &key, err);
    plan->resume = false;
    return code;
}

static enum eg_code want_digest(struct eg_efuse_plan *plan, const struct eg_provision_item *item,
                                struct eg_error *err)
{
    const struct eg_efuse *const chip = plan->fuses->chip;
    struct eg_efuse_key key = {.block = item->name, .data = item->bytes, .size = item->size};

    if (chip->purposes == NULL)
        return eg_efuse_want_key(plan, &key, err);
    key.purpose = item->name;
    key.size = EG_SHA256_SIZE;
    EG_TRY(find_block(plan, item, item->place, &key, err));
    return eg_efuse_want_key(plan, &key, err);
}

static enum eg_code want_protection(struct eg_efuse_plan *plan, const struct eg_efuse_field *field,
                                    struct eg_error *err)
{
    return eg_efuse_want_write_protection(plan, field->wr, field->name, err);
}

static enum eg_code want(struct eg_efuse_plan *plan, const struct eg_provision *provision,
                         const struct eg_provision_item *item, struct eg_error *err)
{
    const struct eg_efuse_field *field;

    if (item->kind == EG_PROVISION_SECRET)
        return want_secret(plan, provision, item, err);
    if (item->kind == EG_PROVISION_DIGEST)
        return want_digest(plan, item, err);
    EG_TRY(eg_efuse_get_field(plan->fuses, item->name, &field, err));
    if (item->kind == EG_PROVISION_PROTECT)
        return want_protection(plan, field, err);
    if (item->kind == EG_PROVISION_BYTES)
        return eg_efuse_want(plan, field, item->bytes, err);
    return eg_efuse_want_number(plan, field, item->number, err);
}

static enum eg_code check_loader(const struct eg_efuses *fuses, struct eg_error *err)
{
    if (fuses->chip->family != EG_EFUSE_BLOCK_REGISTERS || fuses->revision >= ESP32_DOWNLOAD_OFF_FROM)
        return EG_OK;
    return eg_error_set(err, EG_WRONG_REVISION,
                        "%s: the loader of chip revision v%u.%u cannot be switched off, that of v%u.%u can",
                        fuses->chip->download_off, fuses->revision / 100u, fuses->revision % 100u,
                        ESP32_DOWNLOAD_OFF_FROM / 100u, ESP32_DOWNLOAD_OFF_FROM % 100u);
}

/* The chip does not take a key whose slot is revoked, and nothing else either once secure boot is on. */
static enum eg_code check_slot(const struct eg_provision_item *item, const struct eg_efuses *fuses,
                               struct eg_error *err)
{
    char name[40];

    snprintf(name, sizeof name, "SECURE_BOOT_KEY_REVOKE%u", (unsigned)item->number);
    if (item->kind != EG_PROVISION_DIGEST || eg_efuse_find(fuses, name) == NULL ||
        eg_efuse_number(fuses, name) == 0)
        return EG_OK;
    return eg_error_set(err, EG_SECURED, "%s is burnt: the chip would take nothing that %s has signed", name,
                        item->reason);
}

enum eg_code eg_provision_decide(const struct eg_provision *provision, enum eg_provision_step step,
                                 struct eg_efuse_plan *plan, struct eg_error *err)
{
    plan->repair = provision->broken_blocks;
    for (unsigned i = 0; i < provision->count; i++) {
        const struct eg_provision_item *const item = &provision->items[i];
        const enum eg_provision_state state = eg_provision_look(item, plan->fuses);
        EG_TRY(check_slot(item, plan->fuses, err));
        if (item->step != step || state == EG_PROVISION_YES || item->unknown ||
            !eg_provision_concerns(item, plan->fuses) ||
            (item->kind == EG_PROVISION_SECRET && state == EG_PROVISION_UNKNOWN &&
             provision->secret[item->secret].hidden))
            continue;
        if (step == EG_PROVISION_CLOSE)
            EG_TRY(check_loader(plan->fuses, err));
        EG_TRY(want(plan, provision, item, err));
    }
    return eg_efuse_decide(plan, err);
}

/* ---- Told line by line ---- */

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
        if (item->kind != EG_PROVISION_DIGEST || !(has_digest(teller->after, burn->block, 0, item) ||
                                                   has_digest(teller->after, burn->block, words, item)))
            continue;
        eg_hex(line->value, item->bytes, item->size);
        snprintf(line->reason, sizeof line->reason, "digest of %s%s", item->reason,
                 secret != NULL && !has_digest(teller->after, burn->block, 0, item) && item->size < 32
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
