/* SPDX-License-Identifier: Apache-2.0 */

/* Secure boot: the public keys of the job, the images that they must have signed, and the wishes for both. */

#include "engine/provision/wishes.h"

#include "engine/secure/published.h"
#include "engine/secure/signature.h"

#include <stdio.h>
#include <string.h>

void eg__wish_maker_finish(struct eg__wish_maker *maker)
{
    for (unsigned i = 0; i < maker->key_count; i++)
        eg_sign_key_finish(&maker->keys[i]);
}

static enum eg_code read_key(struct eg__wish_maker *maker, const struct eg_setting_item *item,
                             struct eg_error *err)
{
    const unsigned number = maker->key_count;
    struct eg_sign_key *const key = &maker->keys[number];
    uint8_t *const digest = maker->digests[number];
    const char *scheme;

    EG_TRY(eg_sign_key_parse_public(key, item->text, item->content.data, item->content.size, err));
    maker->key_count++;
    scheme = eg_sign_scheme_name(key->scheme);
    if (!eg_efuse_listed(maker->chip->boot_schemes, scheme))
        return eg_error_set(err, EG_BAD_JOB, "%s is an %s key; the ROM of %s takes %s", item->text, scheme,
                            maker->plan->target->label, maker->chip->boot_schemes);
    if (key->scheme != maker->keys[0].scheme)
        return eg_error_set(err, EG_BAD_JOB,
                            "%s is an %s key and the first is an %s key; a chip takes one kind", item->text,
                            scheme, eg_sign_scheme_name(maker->keys[0].scheme));
    EG_TRY(eg_sign_key_digest(digest, key, err));
    if (eg_secret_refuse_published(digest, EG_SHA256_SIZE, err) != EG_OK)
        return eg_error_prefix(err, "%s ", item->text);
    for (unsigned i = 0; i < number; i++)
        if (memcmp(maker->digests[i], digest, EG_SHA256_SIZE) == 0)
            return eg_error_set(err, EG_BAD_JOB, "%s is given twice", item->text);
    return EG_OK;
}

/* Digests that the chip has room for. */
static unsigned digest_room(const struct eg_efuse *chip)
{
    return eg__provision_has_purposes(chip) ? EG__DIGESTS_MAX : 1;
}

enum eg_code eg__wish_read_keys(struct eg__wish_maker *maker, struct eg_error *err)
{
    const struct eg_setting *const keys = eg__wish_setting(maker, "secure.boot.keys");

    if (keys->item_count > digest_room(maker->chip)) {
        (void)eg_error_set(err, EG_BAD_JOB, "secure.boot.keys has %u keys, %s has room for %u",
                           keys->item_count, maker->plan->target->label, digest_room(maker->chip));
        return eg__wish_refuse_at(maker, keys->place, err);
    }
    for (unsigned i = 0; i < keys->item_count; i++)
        if (read_key(maker, &keys->items[i], err) != EG_OK) {
            (void)eg_error_prefix(err, "secure.boot.keys: ");
            return eg__wish_refuse_at(maker, keys->items[i].place, err);
        }
    return EG_OK;
}

static bool is_known(const struct eg__wish_maker *maker, const uint8_t digest[EG_SHA256_SIZE])
{
    for (unsigned i = 0; i < maker->key_count; i++)
        if (memcmp(maker->digests[i], digest, EG_SHA256_SIZE) == 0)
            return true;
    return false;
}

/* A region must be signed with one of the job's keys. */
static enum eg_code check_signed(const struct eg__wish_maker *maker, const struct eg_region *region,
                                 struct eg_error *err)
{
    struct eg_signed_image image;
    struct eg_signature_info info;

    if (!eg_signed_image_find(&image, region->data.data, region->data.size))
        return eg_error_set(err, EG_BAD_JOB,
                            "%s is not signed, and the board would not start it: 'espgang secure sign-data' "
                            "signs it",
                            region->name);
    for (unsigned i = 0; i < image.block_count; i++) {
        if (eg_signature_check(&info, image.block[i], region->data.data, image.content_size, err) != EG_OK)
            return eg_error_prefix(err, "%s, signature %u: ", region->name, i + 1);
        if (is_known(maker, info.key_digest))
            return EG_OK;
    }
    return eg_error_set(err, EG_BAD_JOB, "%s is signed, but with none of secure.boot.keys", region->name);
}

enum eg_code eg__wish_check_images(const struct eg__wish_maker *maker, struct eg_error *err)
{
    const struct eg_plan *const plan = maker->plan;
    bool bootloader = false;

    for (unsigned i = 0; i < plan->region_count; i++) {
        const struct eg_region *const region = &plan->regions[i];
        if (!region->is_image)
            continue;
        bootloader = bootloader || region->flash_addr == plan->target->bootloader_addr;
        if (check_signed(maker, region, err) != EG_OK)
            return eg__wish_refuse_at(maker, eg__wish_setting(maker, "secure.boot.keys")->place, err);
    }
    if (bootloader)
        return EG_OK;
    (void)eg_error_set(
        err, EG_BAD_JOB,
        "secure.boot.keys: the firmware has no bootloader at 0x%lx, the first that secure boot "
        "would check",
        (unsigned long)plan->target->bootloader_addr);
    return eg__wish_refuse_at(maker, eg__wish_setting(maker, "secure.boot.keys")->place, err);
}

/* ESP32-C2 has room for half a digest, beside its flash key. */
static size_t digest_size(const struct eg_efuse *chip)
{
    return chip->purposes != NULL && !eg__provision_has_purposes(chip) ? EG_SHA256_SIZE / 2 : EG_SHA256_SIZE;
}

static enum eg_code add_digests(struct eg__wish_maker *maker, struct eg_error *err)
{
    for (unsigned i = 0; i < maker->key_count; i++) {
        struct eg_provision_item item = {.step = EG_PROVISION_KEYS,
                                         .kind = EG_PROVISION_DIGEST,
                                         .number = i,
                                         .size = digest_size(maker->chip),
                                         .reason =
                                             eg__wish_setting(maker, "secure.boot.keys")->items[i].text};

        memcpy(item.bytes, maker->digests[i], sizeof maker->digests[i]);
        if (maker->chip->purposes == NULL)
            snprintf(item.name, sizeof item.name, "secure_boot_v2");
        else if (eg__provision_has_purposes(maker->chip))
            snprintf(item.name, sizeof item.name, "SECURE_BOOT_DIGEST%u", i);
        else
            snprintf(item.name, sizeof item.name, "SECURE_BOOT_DIGEST");
        EG_TRY(eg__wish_add(maker, &item, err));
    }
    return EG_OK;
}

enum eg_code eg__wish_boot(struct eg__wish_maker *maker, struct eg_error *err)
{
    const bool release = maker->made->mode != EG_PROVISION_DEVELOPMENT;
    char name[EG_PROVISION_NAME];

    EG_TRY(add_digests(maker, err));
    if (release)
        EG_TRY(eg__wish_add_list(maker, maker->chip->enables.boot,
                                 "secure boot: what ESP-IDF's bootloader burns, too", err));
    for (unsigned slot = maker->key_count; release && slot < digest_room(maker->chip); slot++) {
        snprintf(name, sizeof name, "SECURE_BOOT_KEY_REVOKE%u", slot);
        if (eg__provision_field(maker->chip, name) != NULL)
            EG_TRY(eg__wish_add_field(maker, EG_PROVISION_LOCK, name, 1,
                                      "the slot has no key, and nobody may add one", err));
    }
    if (maker->keys[0].scheme == EG_SIGN_ECDSA384 &&
        eg__provision_field(maker->chip, "SECURE_BOOT_SHA384_EN") != NULL)
        EG_TRY(eg__wish_add_field(maker, EG_PROVISION_LOCK, "SECURE_BOOT_SHA384_EN", 1,
                                  "the keys are P-384, whose signatures need SHA-384", err));
    return eg__wish_add_field(maker, EG_PROVISION_LOCK, maker->chip->secure_boot, 1,
                              "secure boot on: only what is signed starts", err);
}
