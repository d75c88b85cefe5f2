/* SPDX-License-Identifier: Apache-2.0 */

/* Hidden keys: those that the job names, and the files that they come from. */

#include "engine/provision/wishes.h"

#include "engine/secure/escrow.h"
#include "engine/secure/published.h"

#include <stdio.h>
#include <string.h>

enum { KEY_SIZE = 32, FILE_MAX = 4096 };

/* Chips without purposes have a key of this size under 3/4 coding. */
enum { KEY_SIZE_3_4 = 24 };

/* Return the key block after one; NULL = it is the last. */
static const char *next_block(const struct eg_efuse *chip, const char *name)
{
    bool found = false;

    for (const struct eg_efuse_block *block = chip->blocks; block->name != NULL; block++) {
        if (block->purpose == NULL)
            continue;
        if (found)
            return block->name;
        found = strcmp(block->name, name) == 0;
    }
    return NULL;
}

static bool is_named(const struct eg__wish_maker *maker, const char *block)
{
    for (unsigned i = 0; i < maker->made->count; i++)
        if (maker->made->items[i].block != NULL && strcmp(maker->made->items[i].block, block) == 0)
            return true;
    return false;
}

unsigned eg__wish_place(struct eg__wish_maker *maker)
{
    unsigned number = 0;

    for (const struct eg_efuse_block *block = maker->chip->blocks; block->name != NULL; block++) {
        if (block->purpose == NULL)
            continue;
        if (number >= maker->next_place && !is_named(maker, block->name))
            break;
        number++;
    }
    maker->next_place = number + 1;
    return number;
}

enum eg_code eg__wish_secret(struct eg__wish_maker *maker, struct eg_provision_item *item,
                             struct eg_error *err)
{
    if (maker->made->secret_count == EG_PROVISION_SECRETS_MAX)
        return eg_error_set(err, EG_BAD_JOB, "there are more than %d keys", EG_PROVISION_SECRETS_MAX);
    item->kind = EG_PROVISION_SECRET;
    item->step = EG_PROVISION_KEYS;
    item->secret = maker->made->secret_count++;
    return eg__wish_add(maker, item, err);
}

enum eg_code eg__wish_escrow(const struct eg__wish_maker *maker, struct eg_provision_item *item,
                             const struct eg_setting *escrow, struct eg_error *err)
{
    EG_CLEANUP(eg_escrow_finish) struct eg_escrow key = {0};

    if (!escrow->given)
        return EG_OK;
    if (item->file != NULL)
        return eg_error_set(err, EG_BAD_JOB, "escrow is for keys of single boards, and %s is one for all",
                            item->file);
    item->escrow = escrow;
    if (!maker->checks)
        return EG_OK;
    if (eg_escrow_parse(&key, escrow->text, escrow->content.data, escrow->content.size, err) != EG_OK)
        return eg_error_prefix(err, "escrow: ");
    return EG_OK;
}

static enum eg_code check_content(const struct eg__wish_maker *maker, const struct eg_secret *key,
                                  size_t size, struct eg_error *err)
{
    if (key->size != size && (maker->chip->purposes != NULL || key->size != KEY_SIZE_3_4))
        return eg_error_set(err, EG_BAD_JOB, "has %zu bytes, and the key has %zu", key->size, size);
    if (eg_secret_is_uniform(key->data, key->size))
        return eg_error_set(err, EG_BAD_JOB, "is no key: all its bytes are the same");
    return eg_secret_refuse_published(key->data, key->size, err);
}

enum eg_code eg__wish_check_file(const struct eg__wish_maker *maker, const struct eg_setting *file,
                                 const struct eg_setting *shared, size_t size, struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    bool open_to_others = false;

    if (!file->given && shared->given)
        return eg_error_set(err, EG_BAD_JOB,
                            "%s says shared, but there is no file: each board has its own key",
                            shared->place);
    if (!file->given)
        return EG_OK;
    if (shared->choice == 0)
        return eg_error_set(err, EG_BAD_JOB,
                            "all boards would get the key of %s: say shared: yes if they shall", file->text);
    if (!maker->checks)
        return EG_OK;
    EG_TRY(eg_secret_read(&key, file->text, FILE_MAX, &open_to_others, err));
    if (open_to_others)
        return eg_error_set(err, EG_BAD_JOB, "other users can read %s: chmod 600", file->text);
    if (check_content(maker, &key, size, err) != EG_OK)
        return eg_error_prefix(err, "%s ", file->text);
    return EG_OK;
}

/* Purposes of keys that a job may name, in groups: each begins with one of these. The flash key has a key of
 * the job of its own, and so have digests. */
static const struct {
    const char *begins;
    enum eg_provision_value value;
} kinds[] = {
    {"HMAC_", EG_PROVISION_RANDOM},
    {"ECDSA_KEY_P192", EG_PROVISION_P192},
    {"ECDSA_KEY_P384", EG_PROVISION_P384_HIGH},
    {"ECDSA_KEY", EG_PROVISION_P256},
};

static const char p384[] = "ECDSA_KEY_P384", p384_high[] = "ECDSA_KEY_P384_H",
                  p384_low[] = "ECDSA_KEY_P384_L";

/* Return whether a job may name the purpose. The halves of a key of P-384 come as one. */
static bool may_name(const char *purpose, enum eg_provision_value *value)
{
    if (strcmp(purpose, p384_high) == 0 || strcmp(purpose, p384_low) == 0)
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strncmp(purpose, kinds[i].begins, strlen(kinds[i].begins)) == 0) {
            *value = kinds[i].value;
            return true;
        }
    return false;
}

static enum eg_code check_purpose(const struct eg__wish_maker *maker, const char *name,
                                  struct eg_provision_item *item, struct eg_error *err)
{
    char names[200] = "";

    for (const struct eg_efuse_purpose *row = maker->chip->purposes; row != NULL && row->name != NULL;
         row++) {
        enum eg_provision_value value;
        if (!may_name(row->name, &value))
            continue;
        if (strcmp(row->name, name) == 0) {
            item->purpose = value == EG_PROVISION_P384_HIGH ? p384_high : row->name;
            item->value = value;
            return EG_OK;
        }
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", names[0] != '\0' ? ", " : "",
                 row->name);
    }
    if (names[0] == '\0')
        return eg_error_set(err, EG_BAD_JOB, "%s has no hidden keys but that of its flash",
                            maker->plan->target->label);
    return eg_error_set(err, EG_BAD_JOB, "purpose %.60s is none of %s", name, names);
}

static enum eg_code check_block(const struct eg__wish_maker *maker, const char *name, const char **block,
                                struct eg_error *err)
{
    for (const struct eg_efuse_block *row = maker->chip->blocks; row->name != NULL; row++) {
        if (strcmp(row->name, name) != 0 || row->purpose == NULL)
            continue;
        *block = row->name;
        if (is_named(maker, *block))
            return eg_error_set(err, EG_BAD_JOB, "%s is the block of two keys", name);
        return EG_OK;
    }
    return eg_error_set(err, EG_BAD_JOB, "%s has no key block %.40s", maker->plan->target->label, name);
}

static enum eg_code add_key(struct eg__wish_maker *maker, struct eg_provision_item *item, const char *block,
                            struct eg_error *err)
{
    EG_TRY(check_block(maker, block, &item->block, err));
    snprintf(item->name, sizeof item->name, "%s in %s", item->purpose, item->block);
    return eg__wish_secret(maker, item, err);
}

/* Add the lower half of a key of P-384, which is in the block after that of the upper one. */
static enum eg_code add_low(struct eg__wish_maker *maker, const struct eg_provision_item *high,
                            struct eg_error *err)
{
    const char *const block = next_block(maker->chip, high->block);
    struct eg_provision_item low = *high;

    if (block == NULL)
        return eg_error_set(err, EG_BAD_JOB, "a key of %s takes two blocks, and %s is the last one", p384,
                            high->block);
    low.purpose = p384_low;
    low.value = EG_PROVISION_P384_LOW;
    return add_key(maker, &low, block, err);
}

static enum eg_code read_group(struct eg__wish_maker *maker, const struct eg_setting_group *group,
                               struct eg_error *err)
{
    const struct eg_setting *const file = eg_group_setting(group, "file");
    struct eg_provision_item item = {.number = KEY_SIZE,
                                     .file = file->given ? file->text : NULL,
                                     .reason = file->given ? "key of the job, the same for all boards"
                                                           : "key of the job, of this board alone"};

    EG_TRY(check_purpose(maker, eg_group_setting(group, "purpose")->text, &item, err));
    if (file->given && item.value != EG_PROVISION_RANDOM)
        return eg_error_set(err, EG_BAD_JOB, "%s is made for each board, and %s is a key for all",
                            eg_group_setting(group, "purpose")->text, file->text);
    EG_TRY(eg__wish_check_file(maker, file, eg_group_setting(group, "shared"), KEY_SIZE, err));
    EG_TRY(eg__wish_escrow(maker, &item, eg_group_setting(group, "escrow"), err));
    EG_TRY(add_key(maker, &item, eg_group_setting(group, "block")->text, err));
    return item.value == EG_PROVISION_P384_HIGH ? add_low(maker, &item, err) : EG_OK;
}

enum eg_code eg__wish_keys(struct eg__wish_maker *maker, struct eg_error *err)
{
    const struct eg_setting *const keys = eg__wish_setting(maker, "secure.keys");

    for (unsigned i = 0; i < keys->group_count; i++)
        if (read_group(maker, &keys->groups[i], err) != EG_OK) {
            (void)eg_error_prefix(err, "secure.keys: ");
            return eg__wish_refuse_at(maker, keys->groups[i].place, err);
        }
    return EG_OK;
}
