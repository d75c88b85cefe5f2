/* SPDX-License-Identifier: Apache-2.0 */

/* Encryption of the NVS that the job gives its boards. */

#include "engine/provision/wishes.h"

#include "engine/secure/nvs_crypt.h"

#include <string.h>

enum eg_provision_nvs eg_provision_nvs(const struct eg_plan *plan)
{
    return (enum eg_provision_nvs)eg_plan_choice(plan, "secure.nvs.encrypt");
}

enum eg_code eg_provision_find_nvs_keys(const struct eg_plan *plan, struct eg_partition *partition,
                                        struct eg_error *err)
{
    struct eg_guard_table table;

    EG_TRY(eg_plan_find_table(plan, &table, err));
    for (size_t i = 0; i < table.partitions.count; i++) {
        *partition = table.partitions.rows[i];
        if (partition->type != EG_PARTITION_DATA || partition->subtype != EG__SUBTYPE_NVS_KEYS)
            continue;
        if (partition->size == EG_NVS_KEYS_FILE_SIZE)
            return EG_OK;
        return eg_error_set(err, EG_BAD_JOB, "partition %s for the keys of NVS has 0x%lx bytes, and not 0x%x",
                            partition->name, (unsigned long)partition->size, EG_NVS_KEYS_FILE_SIZE);
    }
    return eg_error_set(
        err, EG_BAD_JOB,
        "secure.nvs.encrypt is flash, and the partition table has no partition of type data, nvs_keys");
}

static enum eg_code check_flash(const struct eg__wish_maker *maker, struct eg_error *err)
{
    struct eg_partition partition;

    if (!maker->made->encrypts)
        return eg_error_set(
            err, EG_BAD_JOB,
            "secure.nvs.encrypt is flash, but the keys of NVS are in the flash, which secure.flash.key "
            "must encrypt");
    EG_TRY(eg_provision_find_nvs_keys(maker->plan, &partition, err));
    for (unsigned i = 0; i < maker->plan->region_count; i++)
        if (maker->plan->regions[i].flash_addr == partition.flash_addr)
            return eg_error_set(err, EG_BAD_JOB,
                                "%s goes into partition %s, but each board gets keys of its own there",
                                maker->plan->regions[i].name, partition.name);
    return EG_OK;
}

static enum eg_code check_hmac(const struct eg__wish_maker *maker, struct eg_error *err)
{
    unsigned count = 0;

    for (unsigned i = 0; i < maker->made->count; i++) {
        const struct eg_provision_item *const item = &maker->made->items[i];
        count += item->kind == EG_PROVISION_SECRET && item->purpose != NULL &&
                 strcmp(item->purpose, EG_PROVISION_HMAC_UP) == 0;
    }
    if (count == 1)
        return EG_OK;
    return eg_error_set(
        err, EG_BAD_JOB,
        "secure.nvs.encrypt is hmac, which takes one key of secure.keys with the purpose HMAC_UP; there "
        "are %u",
        count);
}

/* NVS among the files stays plain, and an application that encrypts its NVS does not read it. */
static enum eg_code check_regions(const struct eg__wish_maker *maker, struct eg_error *err)
{
    const struct eg_plan *const plan = maker->plan;
    struct eg_guard_table table;

    EG_TRY(eg_plan_find_table(plan, &table, err));
    for (unsigned i = 0; i < plan->region_count; i++) {
        const struct eg_partition *const row =
            eg_partitions_at(&table.partitions, plan->regions[i].flash_addr);
        if (row != NULL && row->type == EG_PARTITION_DATA &&
            row->subtype == eg_partition_subtype_code(EG_PARTITION_DATA, "nvs"))
            return eg_error_set(
                err, EG_BAD_JOB,
                "%s is NVS of the firmware, which stays plain: give the board's NVS by unit.nvs",
                plan->regions[i].name);
    }
    return EG_OK;
}

static enum eg_code check(const struct eg__wish_maker *maker, enum eg_provision_nvs how, struct eg_error *err)
{
    if (!eg__wish_setting(maker, "unit.nvs.at")->given)
        return eg_error_set(err, EG_BAD_JOB,
                            "secure.nvs.encrypt is given, but the job gives its boards no NVS: say "
                            "unit.nvs");
    EG_TRY(check_regions(maker, err));
    return how == EG_PROVISION_NVS_FLASH ? check_flash(maker, err) : check_hmac(maker, err);
}

enum eg_code eg__wish_check_nvs(const struct eg__wish_maker *maker, struct eg_error *err)
{
    const enum eg_provision_nvs how = eg_provision_nvs(maker->plan);

    if (how == EG_PROVISION_NVS_PLAIN || check(maker, how, err) == EG_OK)
        return EG_OK;
    return eg__wish_refuse_at(maker, eg__wish_setting(maker, "secure.nvs.encrypt")->place, err);
}
