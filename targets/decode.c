/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a chip's efuse says about it: fields, MAC, revision, package, features.
 *
 * Everything is read through the caller's function, since who can read a register differs: a ROM, a stub, a
 * simulated board. The rules are named by the enumerators of a target; the numbers are in the chip files.
 *
 * Threads: nothing here has state; any thread.
 */

#include "targets/target.h"

#include <stdio.h>

bool eg_field_read(const struct eg_field *field, eg_target_reader *read, void *context, uint32_t *value)
{
    uint32_t result = 0;

    for (size_t i = 0; i < EG_FIELD_PARTS_MAX; i++) {
        const struct eg_field_part *part = &field->part[i];
        uint32_t word;

        if (part->mask == 0)
            continue;
        if (!read(context, part->addr, &word))
            return false;
        result |= (word >> part->shift & part->mask) << part->out_shift;
    }
    *value = result;
    return true;
}

bool eg_field_exists(const struct eg_field *field)
{
    for (size_t i = 0; i < EG_FIELD_PARTS_MAX; i++)
        if (field->part[i].mask != 0)
            return true;
    return false;
}

static bool read_field(const struct eg_target *target, enum eg_field_id field, eg_target_reader *read,
                       void *context, uint32_t *value)
{
    return eg_field_read(&target->field[field], read, context, value);
}

static bool efuse_mac(const struct eg_target *target, eg_target_reader *read, void *context, uint8_t mac[6])
{
    uint32_t low, high;

    if (!read(context, target->mac_addr, &low) || !read(context, target->mac_addr + 4, &high))
        return false;
    mac[0] = (uint8_t)(high >> 8);
    mac[1] = (uint8_t)high;
    mac[2] = (uint8_t)(low >> 24);
    mac[3] = (uint8_t)(low >> 16);
    mac[4] = (uint8_t)(low >> 8);
    mac[5] = (uint8_t)low;
    return true;
}

/* Parts made before OTP word 3 carried the vendor part tell it by a number in word 1. */
static bool esp8266_mac(const struct eg_target *target, eg_target_reader *read, void *context, uint8_t mac[6])
{
    uint32_t word0, word1, word3, vendor;

    if (!read(context, target->mac_addr, &word0) || !read(context, target->mac_addr + 4, &word1) ||
        !read(context, target->mac_addr + 12, &word3))
        return false;
    if (word3 != 0)
        vendor = word3;
    else if ((word1 >> 16 & 0xff) == 0)
        vendor = 0x18fe34;
    else if ((word1 >> 16 & 0xff) == 1)
        vendor = 0xacd074;
    else
        return false;
    mac[0] = (uint8_t)(vendor >> 16);
    mac[1] = (uint8_t)(vendor >> 8);
    mac[2] = (uint8_t)vendor;
    mac[3] = (uint8_t)(word1 >> 8);
    mac[4] = (uint8_t)word1;
    mac[5] = (uint8_t)(word0 >> 24);
    return true;
}

bool eg_target_mac_extension(const struct eg_target *target, eg_target_reader *read, void *context,
                             uint8_t extension[2])
{
    uint32_t high;

    if (!read(context, target->mac_addr + 4, &high))
        return false;
    extension[0] = (uint8_t)(high >> 24);
    extension[1] = (uint8_t)(high >> 16);
    return true;
}

bool eg_target_mac(const struct eg_target *target, eg_target_reader *read, void *context, uint8_t mac[6])
{
    switch (target->mac_layout) {
    case EG_MAC_EFUSE:
        return efuse_mac(target, read, context, mac);
    case EG_MAC_ESP8266_OTP:
        return esp8266_mac(target, read, context, mac);
    }
    return false;
}

/* The three bits were burnt one after the other, so only these patterns occur; esptool takes others for 0. */
static uint32_t esp32_major(uint32_t bits)
{
    switch (bits) {
    case 1:
        return 1;
    case 3:
        return 2;
    case 7:
        return 3;
    default:
        return 0;
    }
}

bool eg_target_revision(const struct eg_target *target, eg_target_reader *read, void *context,
                        uint16_t *revision)
{
    uint32_t major, minor, block_major, block_minor;

    if (!read_field(target, EG_FIELD_REV_MAJOR, read, context, &major) ||
        !read_field(target, EG_FIELD_REV_MINOR, read, context, &minor))
        return false;
    switch (target->revision_rule) {
    case EG_REVISION_NONE:
        major = minor = 0;
        break;
    case EG_REVISION_FIELDS:
        break;
    case EG_REVISION_ESP32:
        major = esp32_major(major);
        break;
    case EG_REVISION_ESP32_S3:
        if (!read_field(target, EG_FIELD_BLOCK_MAJOR, read, context, &block_major) ||
            !read_field(target, EG_FIELD_BLOCK_MINOR, read, context, &block_minor))
            return false;
        if ((minor & 7) == 0 && block_major == 1 && block_minor == 1)
            major = minor = 0;
        break;
    }
    *revision = (uint16_t)(major * 100 + minor);
    return true;
}

static bool condition_holds(const struct eg_target *target, const struct eg_condition *when,
                            eg_target_reader *read, void *context, bool *result)
{
    uint32_t value;

    *result = true;
    if (when->values == 0)
        return true;
    if (!read_field(target, (enum eg_field_id)when->field, read, context, &value))
        return false;
    *result = value < 32 && (when->values & EG_VALUE(value)) != 0;
    return true;
}

/* Whether all conditions of a row hold. */
static bool holds(const struct eg_target *target, const struct eg_rule *rule, eg_target_reader *read,
                  void *context, bool *result)
{
    *result = true;
    for (size_t i = 0; i < EG_CONDITIONS_MAX && *result; i++) {
        if (!condition_holds(target, &rule->when[i], read, context, result))
            return false;
    }
    return true;
}

bool eg_target_package(const struct eg_target *target, eg_target_reader *read, void *context,
                       const char **name)
{
    *name = target->package_unknown;
    for (const struct eg_rule *rule = target->packages; rule->text != NULL; rule++) {
        bool found;

        if (!holds(target, rule, read, context, &found))
            return false;
        if (found) {
            *name = rule->text;
            break;
        }
    }
    return true;
}

bool eg_target_features(const struct eg_target *target, eg_target_reader *read, void *context,
                        char text[EG_FEATURES_TEXT])
{
    size_t used = 0;

    text[0] = '\0';
    for (const struct eg_rule *rule = target->features; rule->text != NULL; rule++) {
        bool found;

        if (!holds(target, rule, read, context, &found))
            return false;
        if (found && used < EG_FEATURES_TEXT) {
            const char *gap = used > 0 && rule->text[0] != ' ' ? ", " : "";
            const int length = snprintf(text + used, EG_FEATURES_TEXT - used, "%s%s", gap, rule->text);
            used += length > 0 ? (size_t)length : 0;
        }
    }
    return true;
}

bool eg_target_psram(const struct eg_target *target, eg_target_reader *read, void *context,
                     struct eg_psram *psram)
{
    *psram = (struct eg_psram){EG_PSRAM_NOT_TOLD, 0};
    if (target->psram == NULL)
        return true;
    for (const struct eg_psram_rule *rule = target->psram; rule->mb != 0; rule++) {
        bool found;

        if (!condition_holds(target, &rule->when, read, context, &found))
            return false;
        if (found) {
            psram->state = EG_PSRAM_THERE;
            psram->size = rule->mb != EG_PSRAM_UNKNOWN ? (uint64_t)rule->mb << 20 : 0;
            return true;
        }
    }
    if (eg_field_exists(&target->field[EG_FIELD_PSRAM_CAP]))
        psram->state = EG_PSRAM_NONE;
    return true;
}
