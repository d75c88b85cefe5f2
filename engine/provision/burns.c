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

/* ---- The flash key ---- */

const struct eg_provision_item *eg_provision_flash_key(const struct eg_provision *provision)
{
    for (unsigned i = 0; i < provision->count; i++)
        if (provision->items[i].kind == EG_PROVISION_SECRET)
            return &provision->items[i];
    return NULL;
}

size_t eg_provision_flash_key_size(const struct eg_provision_item *item, const struct eg_efuses *fuses)
{
    return fuses->chip->purposes == NULL ? eg_efuse_key_size(fuses, NULL) : item->number;
}

/* Bits of RD_DIS that hide the flash key in a block. */
static uint32_t hiding_bits(const struct eg_provision_item *item, const struct eg_efuses *fuses,
                            unsigned block)
{
    for (const struct eg_efuse_field *field = fuses->fields; field->name != NULL; field++)
        if (field->kind == EG_AS_KEY && field->block == block && field->word == 0 &&
            eg_efuse_size(field) == eg_provision_flash_key_size(item, fuses) && eg_efuse_has(fuses, field))
            return field->rd;
    return 0;
}

/* Whether a block may have the flash key; without purposes it is the first that can be hidden. */
static bool may_have_key(const struct eg_provision_item *item, const struct eg_efuses *fuses, unsigned block)
{
    const struct eg_efuse *const chip = fuses->chip;
    struct eg_efuse_purpose purpose;
    struct eg_error ignored;
    unsigned only;

    if (chip->purposes != NULL && eg__provision_has_purposes(chip)) {
        if (chip->blocks[block].purpose == NULL ||
            eg_efuse_get_purpose(fuses, item->name, &purpose, &ignored) != EG_OK)
            return false;
        const int is = eg_efuse_block_purpose(fuses, block);
        return is == purpose.number || is == 0;
    }
    return eg_efuse_get_block(fuses, chip->purposes == NULL ? item->name : "BLOCK_KEY0", &only, &ignored) ==
               EG_OK &&
           block == only;
}

bool eg_provision_read_flash_key(const struct eg_provision_item *item, const struct eg_efuses *fuses,
                                 unsigned block, uint8_t key[32])
{
    const size_t size = eg_provision_flash_key_size(item, fuses);
    uint8_t any = 0;

    if (!may_have_key(item, fuses, block) || !eg_efuse_readable(fuses, hiding_bits(item, fuses, block)))
        return false;
    for (size_t i = 0; i < size; i++) {
        key[i] = (uint8_t)(fuses->block[block].word[(size - 1 - i) / 4] >> (size - 1 - i) % 4 * 8);
        any |= key[i];
    }
    return any != 0 || fuses->block[block].errors != 0 || fuses->block[block].failed;
}

bool eg_provision_hides_flash_key(const struct eg_provision_item *item, const struct eg_efuses *fuses)
{
    for (unsigned block = 0; block < fuses->block_count; block++)
        if (may_have_key(item, fuses, block) && !eg_efuse_readable(fuses, hiding_bits(item, fuses, block)))
            return true;
    return false;
}

static enum eg_provision_state look_at_secret(const struct eg_provision_item *item,
                                              const struct eg_efuses *fuses)
{
    const struct eg_efuse *const chip = fuses->chip;

    for (unsigned block = 0; block < fuses->block_count; block++) {
        const char *const purpose = chip->blocks[block].purpose;
        if (!may_have_key(item, fuses, block) || eg_efuse_readable(fuses, hiding_bits(item, fuses, block)))
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

static enum eg_code want_secret(struct eg_efuse_plan *plan, const struct eg_provision *provision,
                                const struct eg_provision_item *item, struct eg_error *err)
{
    const struct eg_efuse *const chip = plan->fuses->chip;
    EG_CLEANUP(eg_secret_finish) struct eg_secret nobodys = {0};
    struct eg_efuse_key key = {.block = item->name};
    unsigned block;

    if (provision->flash_key == NULL || provision->flash_key_hidden)
        EG_TRY(eg_secret_make(&nobodys, eg_provision_flash_key_size(item, plan->fuses), err));
    key.data = nobodys.data != NULL ? nobodys.data : provision->flash_key->data;
    key.size = nobodys.data != NULL ? nobodys.size : provision->flash_key->size;
    if (chip->purposes != NULL) {
        key.purpose = item->name;
        key.block = "BLOCK_KEY0";
        if (eg__provision_has_purposes(chip)) {
            EG_TRY(eg_efuse_find_block(plan, &key, provision->flash_key_place, &block, err));
            key.block = chip->blocks[block].name;
        }
    }
    return eg_efuse_want_key(plan, &key, err);
}

static enum eg_code want_digest(struct eg_efuse_plan *plan, const struct eg_provision *provision,
                                const struct eg_provision_item *item, struct eg_error *err)
{
    const struct eg_efuse *const chip = plan->fuses->chip;
    struct eg_efuse_key key = {.block = item->name, .data = item->bytes, .size = item->size};
    unsigned block;

    if (chip->purposes != NULL) {
        key.purpose = item->name;
        if (eg__provision_has_purposes(chip)) {
            EG_TRY(eg_efuse_find_block(plan, &key, item->number + provision->encrypts, &block, err));
            key.block = chip->blocks[block].name;
        } else {
            key.block = "BLOCK_KEY0";
            key.size = EG_SHA256_SIZE;
        }
    }
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
        return want_digest(plan, provision, item, err);
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
    plan->resume = provision->flash_key_hidden;
    plan->repair = provision->broken_blocks;
    for (unsigned i = 0; i < provision->count; i++) {
        const struct eg_provision_item *const item = &provision->items[i];
        const enum eg_provision_state state = eg_provision_look(item, plan->fuses);
        EG_TRY(check_slot(item, plan->fuses, err));
        if (item->step != step || state == EG_PROVISION_YES || item->unknown ||
            !eg_provision_concerns(item, plan->fuses) ||
            (item->kind == EG_PROVISION_SECRET && state == EG_PROVISION_UNKNOWN &&
             provision->flash_key_hidden))
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
        snprintf(line->reason, sizeof line->reason, "hides the key: only the flash cipher reads it");
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

/* A block of keys: digests are shown, the flash key never. */
static void tell_key(struct teller *teller, const struct eg_efuse_burn *burn)
{
    const struct eg_provision_item *const secret = eg_provision_flash_key(teller->provision);
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
