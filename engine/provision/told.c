/* SPDX-License-Identifier: Apache-2.0 */

/* Wishes against the security info of a chip whose registers cannot be read any more. */

#include "engine/provision/provision_internal.h"

#include <string.h>

static enum eg_provision_state of_flag(const struct eg_provision_item *item,
                                       const struct eg_security_info *info, uint32_t flag)
{
    return ((info->flags & flag) != 0) == (item->number != 0) ? EG_PROVISION_YES : EG_PROVISION_NO;
}

static enum eg_provision_state of_field(const struct eg_provision_item *item, const struct eg_efuse *chip,
                                        const struct eg_security_info *info)
{
    const struct {
        const char *name;
        uint32_t flag;
    } fields[] = {
        {chip->secure_boot, EG_SECURITY_SECURE_BOOT},
        {chip->download_secure, EG_SECURITY_SECURE_DOWNLOAD},
        {"SECURE_BOOT_AGGRESSIVE_REVOKE", EG_SECURITY_AGGRESSIVE_REVOKE},
        {"SECURE_BOOT_KEY_REVOKE0", EG_SECURITY_KEY0_REVOKED},
        {"SECURE_BOOT_KEY_REVOKE1", EG_SECURITY_KEY1_REVOKED},
        {"SECURE_BOOT_KEY_REVOKE2", EG_SECURITY_KEY2_REVOKED},
    };

    if (chip->crypt_count != NULL && strcmp(item->name, chip->crypt_count) == 0)
        return info->flash_crypt_count == item->number ? EG_PROVISION_YES : EG_PROVISION_NO;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].name != NULL && strcmp(item->name, fields[i].name) == 0)
            return of_flag(item, info, fields[i].flag);
    return EG_PROVISION_UNKNOWN;
}

static enum eg_provision_state of_key(const struct eg_provision_item *item, const struct eg_efuse *chip,
                                      const struct eg_security_info *info)
{
    const struct eg_efuse_purpose *purpose = chip->purposes;
    const char *const name = item->purpose != NULL ? item->purpose : item->name;

    if (!eg__provision_has_purposes(chip))
        return EG_PROVISION_UNKNOWN;
    while (purpose->name != NULL && strcmp(purpose->name, name) != 0)
        purpose++;
    for (size_t i = 0; i < sizeof info->key_purposes && purpose->name != NULL; i++)
        if (info->key_purposes[i] == (uint8_t)purpose->number)
            return EG_PROVISION_UNKNOWN;
    return EG_PROVISION_NO;
}

enum eg_provision_state eg_provision_told(const struct eg_provision_item *item, const struct eg_efuse *chip,
                                          const struct eg_security_info *info)
{
    switch (item->kind) {
    case EG_PROVISION_FIELD:
        return of_field(item, chip, info);
    case EG_PROVISION_SECRET:
    case EG_PROVISION_DIGEST:
        return of_key(item, chip, info);
    case EG_PROVISION_BYTES:
    case EG_PROVISION_PROTECT:
        return EG_PROVISION_UNKNOWN;
    }
    return EG_PROVISION_UNKNOWN;
}
