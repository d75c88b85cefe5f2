/* SPDX-License-Identifier: Apache-2.0 */

/* Flash encryption: what of the flash is encrypted, and the wishes for it. */

#include "engine/provision/wishes.h"

#include "engine/plan/unit.h"
#include "engine/secure/flash_crypt.h"

#include <stdio.h>

static bool is_encrypted(const struct eg_partition *row)
{
    enum { OTA = 0, NVS_KEYS = 4 };

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

static enum eg_code add_flash_key(struct eg__wish_maker *maker, struct eg_error *err)
{
    struct eg_provision_item item = {.step = EG_PROVISION_KEYS,
                                     .kind = EG_PROVISION_SECRET,
                                     .number = 32,
                                     .reason = "key of the flash, of this board alone"};

    if (maker->chip->purposes == NULL) {
        snprintf(item.name, sizeof item.name, "flash_encryption");
    } else if (eg__provision_has_purposes(maker->chip) || maker->key_count == 0) {
        snprintf(item.name, sizeof item.name, "XTS_AES_128_KEY");
    } else { /* the other half of the one block has the digest */
        snprintf(item.name, sizeof item.name, "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS");
        item.number = 16;
    }
    return eg__wish_add(maker, &item, err);
}

enum eg_code eg__wish_encryption(struct eg__wish_maker *maker, struct eg_error *err)
{
    const struct eg_efuse *const chip = maker->chip;
    const bool release = maker->made->mode != EG_PROVISION_DEVELOPMENT;

    maker->made->encrypts = true;
    if (check_places(maker, err) != EG_OK)
        return eg__wish_refuse_at(maker, eg__wish_setting(maker, "secure.flash.key")->place, err);
    EG_TRY(add_flash_key(maker, err));
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
