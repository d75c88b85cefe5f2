/* SPDX-License-Identifier: Apache-2.0 */

/* Keys: which bytes go into which block, with which purpose and which protection. */

#include "engine/efuse/plan_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_SIZE = 32, HALF_SIZE = 16, KEY_SIZE_3_4 = 24 };

static enum eg_code list_purposes(const struct eg_efuses *fuses, const char *name, struct eg_error *err)
{
    char names[300] = "";

    for (const struct eg_efuse_purpose *purpose = fuses->chip->purposes;
         purpose != NULL && purpose->name != NULL; purpose++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", names[0] != '\0' ? ", " : "",
                 purpose->name);
    return eg_error_set(err, EG_BAD_ARGUMENT, "%s has no key purpose %.60s; it has %s", fuses->label, name,
                        names);
}

enum eg_code eg_efuse_get_purpose(const struct eg_efuses *fuses, const char *name,
                                  struct eg_efuse_purpose *purpose, struct eg_error *err)
{
    char *end;

    for (const struct eg_efuse_purpose *row = fuses->chip->purposes; row != NULL && row->name != NULL;
         row++) {
        if (strcmp(row->name, name) == 0) {
            *purpose = *row;
            return EG_OK;
        }
    }
    if (strncmp(name, "CUSTOM_", 7) == 0 && name[7] >= '0' && name[7] <= '9') {
        const unsigned long number = strtoul(name + 7, &end, 10);

        if (*end == '\0' && number < 32 && (fuses->chip->custom_purposes >> number & 1) != 0) {
            *purpose = (struct eg_efuse_purpose){name, (int8_t)number, 0};
            return EG_OK;
        }
    }
    return list_purposes(fuses, name, err);
}

/* Key blocks without purpose fields (ESP32-C2): the purpose steers how the one block is divided. */
static bool is_divided(const struct eg_efuses *fuses)
{
    return fuses->chip->purposes != NULL && eg_efuse_find(fuses, "KEY_PURPOSE_0") == NULL;
}

static bool is_derived(const struct eg_efuse_purpose *purpose)
{
    return strcmp(purpose->name, "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS") == 0;
}

size_t eg_efuse_key_size(const struct eg_efuses *fuses, const struct eg_efuse_purpose *purpose)
{
    if (purpose == NULL)
        return fuses->coding == EG_CODING_3_4 ? KEY_SIZE_3_4 : KEY_SIZE;
    if (purpose->number < 0)
        return 2 * KEY_SIZE;
    return is_divided(fuses) && is_derived(purpose) ? HALF_SIZE : KEY_SIZE;
}

static enum eg_code check_key(const struct eg_efuse_plan *plan, const struct eg_efuse_key *key,
                              const struct eg_efuse_purpose *purpose, struct eg_error *err)
{
    const size_t size = eg_efuse_key_size(plan->fuses, purpose);
    const char *what = purpose != NULL ? purpose->name : key->block;

    if (key->size != size)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s takes a key of %zu bytes%s, not of %zu", what, size,
                            plan->fuses->coding == EG_CODING_3_4 ? " (3/4 coding)" : "", key->size);
    if (eg_secret_is_uniform(key->data, key->size))
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "the key for %s is %zu times the byte 0x%02x: that is no key", what, key->size,
                            key->data[0]);
    return EG_OK;
}

/* The field that is a whole key block, or a half of it. */
static const struct eg_efuse_field *key_field(const struct eg_efuses *fuses, unsigned block, size_t size,
                                              unsigned word)
{
    for (const struct eg_efuse_field *field = fuses->fields; field->name != NULL; field++)
        if (field->kind == EG_AS_KEY && field->block == block && field->word == word &&
            eg_efuse_size(field) == size && eg_efuse_has(fuses, field))
            return field;
    return NULL;
}

static enum eg_code want_bytes(struct eg_efuse_plan *plan, const struct eg_efuse_field *field,
                               const uint8_t *data, bool reversed, struct eg_error *err)
{
    const size_t size = eg_efuse_size(field);
    uint8_t bits[EG_EFUSE_BYTES_MAX] = {0};

    for (size_t i = 0; i < size; i++)
        bits[i] = data[reversed ? size - 1 - i : i];
    const enum eg_code code = eg_efuse_want(plan, field, bits, err);
    eg_wipe(bits, sizeof bits);
    return code;
}

/* Both protections of a block; `rd` 0 leaves it readable. */
static enum eg_code want_protections(struct eg_efuse_plan *plan, const struct eg_efuse_key *key, uint32_t rd,
                                     unsigned block, struct eg_error *err)
{
    const struct eg_efuse_block *of = &plan->fuses->chip->blocks[block];

    if (rd != 0 && !key->readable)
        EG_TRY(eg_efuse_want_read_protection(plan, rd, of->name, err));
    if (!key->writable)
        EG_TRY(eg_efuse_want_write_protection(plan, of->wr, of->name, err));
    return EG_OK;
}

static enum eg_code want_purpose(struct eg_efuse_plan *plan, unsigned block, int number, struct eg_error *err)
{
    const char *name = plan->fuses->chip->blocks[block].purpose;
    const struct eg_efuse_field *field = eg__efuse_field(plan->fuses, name), *high;
    char high_name[40];

    snprintf(high_name, sizeof high_name, "%s_H", name);
    high = eg_efuse_find(plan->fuses, high_name);
    if (number >> (field->bits + (high != NULL ? high->bits : 0)) != 0)
        return eg_error_set(err, EG_WRONG_REVISION,
                            "%s v%u.%u has no key purpose of number %d: its purpose fields are %u bits long",
                            plan->fuses->label, plan->fuses->revision / 100u, plan->fuses->revision % 100u,
                            number, field->bits);
    if (!eg_efuse_writable(plan->fuses, field->wr) && eg_efuse_block_purpose(plan->fuses, block) != number)
        return eg_error_set(err, EG_SECURED, "%s is write-protected, and is another one (%d)", name,
                            eg_efuse_block_purpose(plan->fuses, block));
    EG_TRY(eg_efuse_want_number(plan, field, (uint32_t)number & ((1u << field->bits) - 1), err));
    if (high != NULL)
        EG_TRY(eg_efuse_want_number(plan, high, (uint32_t)number >> field->bits, err));
    return eg_efuse_want_write_protection(plan, field->wr, name, err);
}

static enum eg_code want_whole(struct eg_efuse_plan *plan, const struct eg_efuse_key *key, unsigned block,
                               const struct eg_efuse_purpose *purpose, const uint8_t *data,
                               struct eg_error *err)
{
    const struct eg_efuse_block *of = &plan->fuses->chip->blocks[block];
    const bool hidden = (purpose->flags & EG_PURPOSE_HIDDEN) != 0;
    const struct eg_efuse_field *force = eg_efuse_find(plan->fuses, "ECDSA_FORCE_USE_HARDWARE_K");

    EG_TRY(want_bytes(plan, key_field(plan->fuses, block, KEY_SIZE, 0), data,
                      (purpose->flags & EG_PURPOSE_REVERSED) != 0, err));
    EG_TRY(want_purpose(plan, block, purpose->number, err));
    if (force != NULL && force->when.what == EG_WHEN_REVISION_TO &&
        strncmp(purpose->name, "ECDSA_KEY", 9) == 0)
        EG_TRY(eg_efuse_want_number(plan, force, 1, err));
    return want_protections(plan, key, hidden ? of->rd : 0, block, err);
}

/* Free: readable, writable, empty, no purpose yet, which can be given, and nothing is queued for it. */
static bool is_free(const struct eg_efuse_plan *plan, unsigned block)
{
    const struct eg_efuses *fuses = plan->fuses;
    const struct eg_efuse_block *of = &fuses->chip->blocks[block];

    return of->purpose != NULL && eg_efuse_readable(fuses, of->rd) && eg_efuse_writable(fuses, of->wr) &&
           eg__efuse_is_empty(fuses->block[block].word, EG_EFUSE_WORDS_MAX) &&
           eg__efuse_is_empty(plan->wanted->queued[block], EG_EFUSE_WORDS_MAX) &&
           eg_efuse_block_purpose(fuses, block) == 0 &&
           eg_efuse_writable(fuses, eg__efuse_field(fuses, of->purpose)->wr);
}

/* Whether a block that can be read has nothing but these bytes, or a part of them after an interrupted burn.
 */
static bool has_bytes(const struct eg_efuse_plan *plan, unsigned block, const struct eg_efuse_key *key,
                      const struct eg_efuse_purpose *purpose)
{
    const struct eg_efuses *fuses = plan->fuses;
    uint32_t word[EG_EFUSE_WORDS_MAX] = {0};

    for (size_t i = 0; i < key->size; i++) {
        const bool reversed = (purpose->flags & EG_PURPOSE_REVERSED) != 0;
        word[i / 4] |= (uint32_t)key->data[reversed ? key->size - 1 - i : i] << i % 4 * 8;
    }
    const bool same = eg__efuse_is_damaged(fuses, block)
                          ? eg__efuse_within(fuses->block[block].word, word, EG_EFUSE_WORDS_MAX)
                          : memcmp(fuses->block[block].word, word, sizeof word) == 0;
    eg_wipe(word, sizeof word);
    return same;
}

/* Whether a block may become that of the key: it has its bytes, and no purpose, or a part of it. */
static bool holds(const struct eg_efuse_plan *plan, unsigned block, const struct eg_efuse_key *key,
                  const struct eg_efuse_purpose *purpose)
{
    const struct eg_efuses *fuses = plan->fuses;
    const struct eg_efuse_block *of = &fuses->chip->blocks[block];

    return eg_efuse_readable(fuses, of->rd) && eg_efuse_writable(fuses, of->wr) &&
           (eg_efuse_block_purpose(fuses, block) & ~purpose->number) == 0 &&
           eg__efuse_is_empty(plan->wanted->queued[block], EG_EFUSE_WORDS_MAX) &&
           has_bytes(plan, block, key, purpose);
}

/* The flash cipher of some chips cannot use the key of one block. */
static bool is_banned(const struct eg_efuse *chip, unsigned block, const char *purpose)
{
    return chip->no_xts != NULL && strcmp(chip->no_xts, chip->blocks[block].name) == 0 &&
           strncmp(purpose, "XTS_AES_", strlen("XTS_AES_")) == 0;
}

enum eg_code eg_efuse_find_block(const struct eg_efuse_plan *plan, const struct eg_efuse_key *key,
                                 unsigned preferred, unsigned *block, struct eg_error *err)
{
    const struct eg_efuses *fuses = plan->fuses;
    struct eg_efuse_purpose purpose;
    unsigned number = 0, first = fuses->block_count;

    EG_TRY(eg_efuse_get_purpose(fuses, key->purpose, &purpose, err));
    for (*block = 0; *block < fuses->block_count; ++*block)
        if (fuses->chip->blocks[*block].purpose != NULL &&
            eg_efuse_block_purpose(fuses, *block) == purpose.number &&
            (!eg_efuse_readable(fuses, fuses->chip->blocks[*block].rd) ||
             has_bytes(plan, *block, key, &purpose)))
            return EG_OK;
    for (*block = 0; *block < fuses->block_count; ++*block) {
        const bool damaged = eg__efuse_is_damaged(fuses, *block);
        if (fuses->chip->blocks[*block].purpose == NULL)
            continue;
        const bool free_one =
            is_free(plan, *block) && !damaged && !is_banned(fuses->chip, *block, purpose.name);
        if (number++ == preferred && (free_one || holds(plan, *block, key, &purpose)))
            return EG_OK;
        if (free_one && first == fuses->block_count)
            first = *block;
    }
    for (*block = 0; *block < fuses->block_count; ++*block)
        if (fuses->chip->blocks[*block].purpose != NULL && holds(plan, *block, key, &purpose) &&
            !eg__efuse_is_empty(fuses->block[*block].word, EG_EFUSE_WORDS_MAX))
            return EG_OK;
    *block = first;
    if (first == fuses->block_count)
        return eg_error_set(err, EG_SECURED, "%s needs a free key block, and there is none", purpose.name);
    return EG_OK;
}

/* The first half goes into the named block, the second into the next free one, around the end. */
static enum eg_code want_split(struct eg_efuse_plan *plan, const struct eg_efuse_key *key, unsigned block,
                               const struct eg_efuse_purpose *purpose, struct eg_error *err)
{
    static const struct {
        int number;
        const char *first, *second;
    } halves[] = {{EG_PURPOSE_XTS_256, "XTS_AES_256_KEY_1", "XTS_AES_256_KEY_2"},
                  {EG_PURPOSE_XTS_256_PSRAM, "XTS_AES_256_PSRAM_KEY_1", "XTS_AES_256_PSRAM_KEY_2"},
                  {EG_PURPOSE_ECDSA_P384, "ECDSA_KEY_P384_H", "ECDSA_KEY_P384_L"}};
    const unsigned count = plan->fuses->block_count;
    struct eg_efuse_purpose first, second;
    unsigned next = (block + 1) % count, row = 0;

    while (halves[row].number != purpose->number)
        row++;
    EG_TRY(eg_efuse_get_purpose(plan->fuses, halves[row].first, &first, err));
    EG_TRY(eg_efuse_get_purpose(plan->fuses, halves[row].second, &second, err));
    while (next != block && !is_free(plan, next))
        next = (next + 1) % count;
    if (next == block)
        return eg_error_set(err, EG_SECURED, "%s needs a second free key block, and there is none",
                            purpose->name);
    eg__efuse_say(plan, "%s: the second half goes into %s", purpose->name,
                  plan->fuses->chip->blocks[next].name);
    EG_TRY(want_whole(plan, key, block, &first, key->data, err));
    return want_whole(plan, key, next, &second, key->data + KEY_SIZE, err);
}

/* ESP32-C2: the whole block, its lower half, or (a digest) its upper half. */
static enum eg_code want_divided(struct eg_efuse_plan *plan, const struct eg_efuse_key *key, unsigned block,
                                 const struct eg_efuse_purpose *purpose, struct eg_error *err)
{
    const struct eg_efuse_field *whole = key_field(plan->fuses, block, KEY_SIZE, 0);
    const struct eg_efuse_field *lower = key_field(plan->fuses, block, HALF_SIZE, 0);
    const struct eg_efuse_field *upper = key_field(plan->fuses, block, HALF_SIZE, HALF_SIZE / 4);
    const bool digest = (purpose->flags & EG_PURPOSE_DIGEST) != 0;
    const struct eg_efuse_field *field = digest ? upper : is_derived(purpose) ? lower : whole;
    const bool hidden = (purpose->flags & EG_PURPOSE_HIDDEN) != 0;

    if (whole == NULL || lower == NULL || upper == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s is no key block", key->block);
    EG_TRY(want_bytes(plan, field, key->data, (purpose->flags & EG_PURPOSE_REVERSED) != 0, err));
    if (hidden && field == whole)
        EG_TRY(eg_efuse_want_number(plan, eg__efuse_field(plan->fuses, "XTS_KEY_LENGTH_256"), 1, err));
    return want_protections(plan, key, hidden ? field->rd : 0, block, err);
}

/* ESP32: two names of blocks stand for keys that only hardware sees. */
static enum eg_code want_by_name(struct eg_efuse_plan *plan, const struct eg_efuse_key *key, unsigned block,
                                 struct eg_error *err)
{
    const bool hidden =
        strcmp(key->block, "flash_encryption") == 0 || strcmp(key->block, "secure_boot_v1") == 0;
    const struct eg_efuse_field *field = key_field(plan->fuses, block, key->size, 0);

    if (field == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s is no key block", key->block);
    EG_TRY(want_bytes(plan, field, key->data, hidden, err));
    return want_protections(plan, key, hidden ? plan->fuses->chip->blocks[block].rd : 0, block, err);
}

enum eg_code eg_efuse_want_key(struct eg_efuse_plan *plan, const struct eg_efuse_key *key,
                               struct eg_error *err)
{
    const struct eg_efuses *fuses = plan->fuses;
    struct eg_efuse_purpose purpose;
    unsigned block;

    EG_TRY(eg_efuse_get_block(fuses, key->block, &block, err));
    if (fuses->chip->purposes == NULL) {
        EG_TRY(check_key(plan, key, NULL, err));
        return want_by_name(plan, key, block, err);
    }
    EG_TRY(eg_efuse_get_purpose(fuses, key->purpose, &purpose, err));
    EG_TRY(check_key(plan, key, &purpose, err));
    if (is_divided(fuses))
        return want_divided(plan, key, block, &purpose, err);
    if (fuses->chip->blocks[block].purpose == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s is no key block", key->block);
    return purpose.number < 0 ? want_split(plan, key, block, &purpose, err)
                              : want_whole(plan, key, block, &purpose, key->data, err);
}
