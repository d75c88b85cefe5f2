/* SPDX-License-Identifier: Apache-2.0 */

/* Flash encryption: what of the flash is encrypted, and the wishes for it. */

#include "engine/provision/wishes.h"

#include "engine/plan/unit.h"
#include "engine/secure/flash_crypt.h"

#include <stdio.h>
#include <string.h>

static bool is_encrypted(const struct eg_partition *row)
{
    enum { OTA = 0, NVS_KEYS = EG__SUBTYPE_NVS_KEYS };

    return row->type != EG_PARTITION_DATA || row->subtype == OTA || row->subtype == NVS_KEYS ||
           (row->flags & EG_PARTITION_ENCRYPTED) != 0;
}

enum eg_code eg_provision_encrypts(const struct eg_plan *plan, uint32_t flash_addr, bool *encrypts,
                                   struct eg_error *err)
{
    struct eg_guard_table table;

    EG_TRY(eg_plan_find_table(plan, &table, err));
    const struct eg_partition *const row = eg_partitions_at(&table.partitions, flash_addr);
    *encrypts =
        flash_addr == plan->target->bootloader_addr || (table.found && flash_addr == table.flash_addr);
    if (row != NULL)
        *encrypts = *encrypts || is_encrypted(row);
    for (unsigned i = 0; i < plan->region_count && row == NULL; i++)
        *encrypts = *encrypts || (plan->regions[i].flash_addr == flash_addr && plan->regions[i].is_image);
    return EG_OK;
}

/* A file goes into one place, which is encrypted as a whole or not at all. */
static enum eg_code check_region(const struct eg_plan *plan, const struct eg_partitions *partitions,
                                 const struct eg_region *region, struct eg_error *err)
{
    const uint32_t end = region->flash_addr + (uint32_t)region->data.size;
    const struct eg_partition *const row = eg_partitions_at(partitions, region->flash_addr);

    for (unsigned i = 0; i < partitions->count; i++) {
        const struct eg_partition *const other = &partitions->rows[i];
        if (other == row || other->flash_addr < region->flash_addr || other->flash_addr >= end)
            continue;
        return eg_error_set(err, EG_BAD_JOB,
                            "secure.flash.key: %s goes over several places of the flash, of which each is "
                            "encrypted or not: give each a file of its own",
                            region->name);
    }
    if (region->flash_addr == plan->target->bootloader_addr && region->flash_addr < EG_PARTITIONS_ADDR &&
        end > EG_PARTITIONS_ADDR)
        return eg_error_set(err, EG_BAD_JOB,
                            "secure.flash.key: %s holds more than the bootloader: give bootloader, partition "
                            "table and application a file each",
                            region->name);
    return EG_OK;
}

static enum eg_code check_places(const struct eg__wish_maker *maker, struct eg_error *err)
{
    const struct eg_plan *const plan = maker->plan;
    EG_CLEANUP(eg_unit_places_finish) struct eg_unit_places places = {0};
    struct eg_guard_table table;

    EG_TRY(eg_plan_find_table(plan, &table, err));
    if (!table.found)
        return eg_error_set(err, EG_BAD_JOB,
                            "secure.flash.key: the firmware has no partition table, which says what is "
                            "encrypted");
    for (unsigned i = 0; i < plan->region_count; i++)
        EG_TRY(check_region(plan, &table.partitions, &plan->regions[i], err));
    EG_TRY(eg_unit_places_find(&places, plan, maker->place, err));
    for (unsigned i = 0; i < places.count; i++) {
        bool encrypted;
        EG_TRY(eg_provision_encrypts(plan, places.list[i].flash_addr, &encrypted, err));
        if (places.list[i].kind == EG_UNIT_NVS && encrypted)
            return eg_error_set(err, EG_BAD_JOB,
                                "secure.flash.key: %s is in an encrypted partition, where no NVS works",
                                places.list[i].name);
    }
    return EG_OK;
}

/* ---- The key ---- */

#define DERIVED "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS"

static bool has_purpose(const struct eg_efuse *chip, const char *name)
{
    for (const struct eg_efuse_purpose *row = chip->purposes; row != NULL && row->name != NULL; row++)
        if (strcmp(row->name, name) == 0)
            return true;
    return false;
}

/* The size of the key in bits; 0 = the chip has none of the wanted size. */
static unsigned key_bits(const struct eg__wish_maker *maker)
{
    const struct eg_setting *const bits = eg__wish_setting(maker, "secure.flash.bits");
    const bool halves = has_purpose(maker->chip, DERIVED);

    if (!bits->given) /* where the key block is one, its other half has the digest */
        return halves && maker->key_count > 0 ? 128 : 256;
    const bool fits = bits->number[0] == 256 || (bits->number[0] == 128 && halves) ||
                      (bits->number[0] == 512 && has_purpose(maker->chip, "XTS_AES_256_KEY_1"));
    return fits ? (unsigned)bits->number[0] : 0;
}

static enum eg_code check_bits(const struct eg__wish_maker *maker, unsigned bits, struct eg_error *err)
{
    const char *const label = maker->plan->target->label;

    if (bits == 0)
        return eg_error_set(err, EG_BAD_JOB, "secure.flash.bits is %llu; the flash key of %s has 256%s%s",
                            (unsigned long long)eg__wish_setting(maker, "secure.flash.bits")->number[0],
                            label, has_purpose(maker->chip, DERIVED) ? " or 128" : "",
                            has_purpose(maker->chip, "XTS_AES_256_KEY_1") ? " or 512" : "");
    if (bits == 256 && maker->key_count > 0 && has_purpose(maker->chip, DERIVED))
        return eg_error_set(
            err, EG_BAD_JOB,
            "secure.flash.bits is 256, and the one key block of %s then has no room for the digest "
            "of secure.boot.keys: say 128",
            label);
    return EG_OK;
}

/* Of the ways to say whose key it is, the job takes one. */
static enum eg_code check_source(const struct eg__wish_maker *maker, struct eg_error *err)
{
    const struct eg_setting *const pool = eg__wish_setting(maker, "secure.flash.key.pool");
    const struct eg_setting *const column = eg__wish_setting(maker, "secure.flash.key.column");
    const struct eg_setting *const file = eg__wish_setting(maker, "secure.flash.key.file");

    if (pool->given != column->given)
        return eg_error_set(err, EG_BAD_JOB, "secure.flash.key: pool and column go together");
    if (pool->given && (file->given || eg__wish_setting(maker, "secure.flash.key.shared")->given))
        return eg_error_set(err, EG_BAD_JOB, "secure.flash.key: a pool is given, so no file and no shared");
    if (pool->given && eg__wish_setting(maker, "secure.flash.escrow")->given)
        return eg_error_set(
            err, EG_BAD_JOB,
            "secure.flash: escrow is for keys that are made for boards, and those of pool %s are "
            "in the ledger already, encrypted",
            pool->text);
    return EG_OK;
}

static const char *reason_of(const struct eg_provision_item *item)
{
    if (item->pool != NULL)
        return "key of the flash, of this board alone, from a pool";
    return item->file != NULL ? "key of the flash, the same for all boards"
                              : "key of the flash, of this board alone";
}

static enum eg_code add_flash_key(struct eg__wish_maker *maker, struct eg_error *err)
{
    const struct eg_setting *const file = eg__wish_setting(maker, "secure.flash.key.file");
    const struct eg_setting *const pool = eg__wish_setting(maker, "secure.flash.key.pool");
    const unsigned bits = key_bits(maker);
    const char *const names[] = {maker->chip->purposes == NULL ? "flash_encryption"
                                 : bits == 128                 ? DERIVED
                                 : bits == 512                 ? "XTS_AES_256_KEY_1"
                                                               : "XTS_AES_128_KEY",
                                 "XTS_AES_256_KEY_2"};

    EG_TRY(check_bits(maker, bits, err));
    EG_TRY(check_source(maker, err));
    if (eg__wish_check_file(maker, file, eg__wish_setting(maker, "secure.flash.key.shared"), bits / 8, err) !=
        EG_OK)
        return eg_error_prefix(err, "secure.flash.key: ");
    for (size_t part = 0; part < (bits == 512 ? 2 : 1); part++) {
        struct eg_provision_item item = {.number = bits == 512 ? 32 : bits / 8,
                                         .of_flash = true,
                                         .place = eg__wish_place(maker),
                                         .file = file->given ? file->text : NULL,
                                         .pool = pool->given ? pool->text : NULL,
                                         .column = eg__wish_setting(maker, "secure.flash.key.column")->text,
                                         .part_at = 32 * part,
                                         .whole_size = bits / 8};
        item.reason = reason_of(&item);
        if (eg__wish_escrow(maker, &item, eg__wish_setting(maker, "secure.flash.escrow"), err) != EG_OK)
            return eg_error_prefix(err, "secure.flash: ");
        snprintf(item.name, sizeof item.name, "%s", names[part]);
        item.purpose = maker->chip->purposes != NULL ? names[part] : NULL;
        EG_TRY(eg__wish_secret(maker, &item, err));
    }
    return EG_OK;
}

bool eg_provision_has_flash_key(const struct eg_plan *plan)
{
    return eg_plan_setting(plan, "secure.flash.key")->given ||
           eg_plan_setting(plan, "secure.flash.key.file")->given ||
           eg_plan_setting(plan, "secure.flash.key.pool")->given;
}

/* Where the job says which key it is. */
static const char *key_place(const struct eg__wish_maker *maker)
{
    const struct eg_setting *const file = eg__wish_setting(maker, "secure.flash.key.file");
    const struct eg_setting *const pool = eg__wish_setting(maker, "secure.flash.key.pool");

    return pool->given   ? pool->place
           : file->given ? file->place
                         : eg__wish_setting(maker, "secure.flash.key")->place;
}

/* Settings of a key that the job does not want. */
static enum eg_code refuse_stray(const struct eg__wish_maker *maker, struct eg_error *err)
{
    static const char *const keys[] = {"secure.flash.bits", "secure.flash.key.shared",
                                       "secure.flash.key.column", "secure.flash.escrow"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct eg_setting *const stray = eg__wish_setting(maker, keys[i]);
        if (!stray->given)
            continue;
        (void)eg_error_set(err, EG_BAD_JOB, "%s is given, but no key of the flash: say secure.flash.key",
                           keys[i]);
        return eg__wish_refuse_at(maker, stray->place, err);
    }
    return EG_OK;
}

enum eg_code eg__wish_encryption(struct eg__wish_maker *maker, struct eg_error *err)
{
    const struct eg_efuse *const chip = maker->chip;
    const bool release = maker->made->mode != EG_PROVISION_DEVELOPMENT;

    if (!eg_provision_has_flash_key(maker->plan))
        return refuse_stray(maker, err);
    maker->made->encrypts = true;
    if (check_places(maker, err) != EG_OK || add_flash_key(maker, err) != EG_OK)
        return eg__wish_refuse_at(maker, key_place(maker), err);
    if (release)
        EG_TRY(eg__wish_add_list(maker, chip->enables.encryption,
                                 "flash encryption: what ESP-IDF's bootloader burns, too", err));
    else if (eg__provision_field(chip, "FLASH_CRYPT_CONFIG") != NULL)
        EG_TRY(eg__wish_add_field(maker, EG_PROVISION_LOCK, "FLASH_CRYPT_CONFIG", EG_FLASH_CRYPT_CONFIG,
                                  "the key is mixed with the address", err));
    return eg__wish_add_field(maker, EG_PROVISION_LOCK, chip->crypt_count,
                              release ? chip->enables.crypt_release : 1,
                              release ? "flash encryption on, for good" : "flash encryption on", err);
}
