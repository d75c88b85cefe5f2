/* SPDX-License-Identifier: Apache-2.0 */

/* Wishes against the eFuses of a chip, as they were read: what is so already, and which keys are there. */

#include "engine/provision/provision_internal.h"

#include "engine/base/bytes.h"
#include "engine/base/mac.h"

#include <stdio.h>
#include <string.h>

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

bool eg__provision_has_digest(const struct eg_efuses *fuses, unsigned block, unsigned word,
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
    return eg__provision_has_digest(fuses, block, half ? (unsigned)item->size / 4 : 0, item)
               ? EG_PROVISION_YES
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
