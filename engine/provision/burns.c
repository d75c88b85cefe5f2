/* SPDX-License-Identifier: Apache-2.0 */

/* What of the wishes must be burnt into a chip. */

#include "engine/provision/provision_internal.h"

#include <stdio.h>

/* Below this revision an ESP32 does not obey UART_DOWNLOAD_DIS. */
#define ESP32_DOWNLOAD_OFF_FROM 300

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
