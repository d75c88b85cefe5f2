/* SPDX-License-Identifier: Apache-2.0 */

/* Identity of the chip: MAC, revision, package, security settings. */

#include "engine/base/mac.h"
#include "engine/loader/loader_internal.h"

#include <string.h>

static bool odd(uint32_t bits)
{
    bool result = false;

    for (; bits != 0; bits &= bits - 1)
        result = !result;
    return result;
}

static enum eg_code check_mac(const uint8_t mac[EG_MAC_SIZE], struct eg_error *err)
{
    static const uint8_t zeros[EG_MAC_SIZE];
    char text[EG_MAC_TEXT];

    /* All ones is a multicast address too. */
    if (memcmp(mac, zeros, sizeof zeros) != 0 && (mac[0] & 1) == 0)
        return EG_OK;
    eg_mac_text(text, mac);
    return eg_error_set(err, EG_BAD_REPLY, "the chip gives an impossible MAC, %s", text);
}

/* Replies have no checksum, and the ledger knows boards by their MAC, so it is read twice. */
static enum eg_code read_mac(struct eg_loader *loader, struct eg__registers *registers,
                             uint8_t mac[EG_MAC_SIZE], struct eg_error *err)
{
    struct eg__registers afresh = {.loader = loader, .err = err};
    uint8_t again[EG_MAC_SIZE];
    char text[EG_MAC_TEXT], other[EG_MAC_TEXT];

    if (!eg_target_mac(loader->target, eg__registers_read, registers, mac) ||
        !eg_target_mac(loader->target, eg__registers_read, &afresh, again)) {
        if (registers->failed || afresh.failed)
            return eg_error_prefix(err, "reading the MAC: ");
        return eg_error_set(err, EG_BAD_REPLY, "the chip gives no MAC of a known vendor");
    }
    eg_mac_text(text, mac);
    eg_mac_text(other, again);
    if (memcmp(mac, again, EG_MAC_SIZE) != 0)
        return eg_error_set(err, EG_BAD_REPLY, "the chip gives MAC %s, then %s", text, other);
    return check_mac(mac, err);
}

static bool read_security(const struct eg_target *target, struct eg__registers *registers,
                          struct eg_chip_info *info)
{
    uint32_t crypt_count, manual_off, boot_v1, boot_v2, managed;

    if (!eg_field_read(&target->field[EG_FIELD_FLASH_CRYPT_COUNT], eg__registers_read, registers,
                       &crypt_count) ||
        !eg_field_read(&target->field[EG_FIELD_MANUAL_ENCRYPT_OFF], eg__registers_read, registers,
                       &manual_off) ||
        !eg_field_read(&target->field[EG_FIELD_SECURE_BOOT_V1], eg__registers_read, registers, &boot_v1) ||
        !eg_field_read(&target->field[EG_FIELD_SECURE_BOOT_V2], eg__registers_read, registers, &boot_v2) ||
        !eg_field_read(&target->field[EG_FIELD_KEY_MANAGER], eg__registers_read, registers, &managed))
        return false;
    info->flash_encryption = odd(crypt_count);
    info->manual_encrypt_off = manual_off != 0;
    info->key_manager = managed != 0;
    info->secure_boot_v1 = boot_v1 != 0;
    info->secure_boot = boot_v1 != 0 || (boot_v2 != 0 && info->revision >= target->secure_boot_v2_from);
    return true;
}

enum eg_code eg_loader_identify(struct eg_loader *loader, struct eg_chip_info *info, struct eg_error *err)
{
    const struct eg_target *target = loader->target;
    struct eg__registers registers = {.loader = loader, .err = err};
    struct eg_chip_info read = {.package = "", .secure_download = loader->secure_download};

    if (loader->secure_download) {
        read.secure_boot = (loader->security.flags & EG_SECURITY_SECURE_BOOT) != 0;
        read.flash_encryption = odd(loader->security.flash_crypt_count);
        *info = read;
        return EG_OK;
    }
    EG_TRY(read_mac(loader, &registers, read.mac, err));
    read.has_mac = true;
    if (!eg_target_revision(target, eg__registers_read, &registers, &read.revision) ||
        !eg_target_package(target, eg__registers_read, &registers, &read.package) ||
        !read_security(target, &registers, &read))
        return eg_error_prefix(err, "identifying the chip: ");
    *info = read;
    return EG_OK;
}

static enum eg_code need_registers(const struct eg_loader *loader, struct eg_error *err)
{
    if (!loader->secure_download)
        return EG_OK;
    return eg_error_set(err, EG_SECURED, "%s in secure download mode does not let itself be read",
                        loader->target->label);
}

static enum eg_code read_extension(struct eg_loader *loader, struct eg__registers *registers,
                                   uint8_t extension[2], struct eg_error *err)
{
    struct eg__registers afresh = {.loader = loader, .err = err};
    uint8_t again[2];

    if (!eg_target_mac_extension(loader->target, eg__registers_read, registers, extension) ||
        !eg_target_mac_extension(loader->target, eg__registers_read, &afresh, again))
        return eg_error_prefix(err, "reading the MAC: ");
    if (memcmp(extension, again, sizeof again) != 0)
        return eg_error_set(err, EG_BAD_REPLY, "the chip gives MAC extension %02x:%02x, then %02x:%02x",
                            extension[0], extension[1], again[0], again[1]);
    return EG_OK;
}

enum eg_code eg_loader_read_mac(struct eg_loader *loader, struct eg_mac *mac, struct eg_error *err)
{
    struct eg__registers registers = {.loader = loader, .err = err};
    struct eg_mac got = {.has_extension = (loader->target->quirks & EG_QUIRK_MAC_EXTENSION) != 0};

    EG_TRY(need_registers(loader, err));
    EG_TRY(read_mac(loader, &registers, got.base, err));
    if (got.has_extension) {
        EG_TRY(read_extension(loader, &registers, got.extension, err));
        memcpy(got.eui64, got.base, 3);
        memcpy(got.eui64 + 3, got.extension, 2);
        memcpy(got.eui64 + 5, got.base + 3, 3);
    }
    *mac = got;
    return EG_OK;
}

enum eg_code eg_loader_revision(struct eg_loader *loader, uint16_t *revision, struct eg_error *err)
{
    struct eg__registers registers = {.loader = loader, .err = err};

    EG_TRY(need_registers(loader, err));
    if (!eg_target_revision(loader->target, eg__registers_read, &registers, revision))
        return eg_error_prefix(err, "reading the chip's revision: ");
    return EG_OK;
}

enum eg_code eg_loader_features(struct eg_loader *loader, char text[EG_FEATURES_TEXT], struct eg_error *err)
{
    struct eg__registers registers = {.loader = loader, .err = err};

    EG_TRY(need_registers(loader, err));
    if (!eg_target_features(loader->target, eg__registers_read, &registers, text))
        return eg_error_prefix(err, "reading the chip's features: ");
    return EG_OK;
}

enum eg_code eg_loader_psram(struct eg_loader *loader, struct eg_psram *psram, struct eg_error *err)
{
    struct eg__registers registers = {.loader = loader, .err = err};

    if (loader->target->psram != NULL)
        EG_TRY(need_registers(loader, err));
    if (!eg_target_psram(loader->target, eg__registers_read, &registers, psram))
        return eg_error_prefix(err, "reading the chip's PSRAM: ");
    return EG_OK;
}
