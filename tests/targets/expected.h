/* SPDX-License-Identifier: Apache-2.0 */

/* Enumerators and bits of a target, as the reference has them in words. */

#ifndef TESTS_TARGETS_EXPECTED_H
#define TESTS_TARGETS_EXPECTED_H

#include "targets/target.h"
#include "tests/targets/reference.h"

static inline uint32_t opcodes(const json_t *all, const json_t *chip)
{
    const json_t *names = ref_at(chip, "rom.commands");
    uint32_t bits = 0;

    for (size_t i = 0; i < json_array_size(names); i++)
        bits |= EG_ROM_HAS(ref_number(
            json_object_get(ref_at(all, "common.opcodes"), json_string_value(json_array_get(names, i))), ""));
    return bits;
}

static inline bool lists(const json_t *texts, const char *text)
{
    for (size_t i = 0; i < json_array_size(texts); i++)
        if (strcmp(json_string_value(json_array_get(texts, i)), text) == 0)
            return true;
    return false;
}

static inline bool is_text(const json_t *chip, const char *path, const char *text)
{
    return ref_text(chip, path) != NULL && strcmp(ref_text(chip, path), text) == 0;
}

static inline unsigned quirks(const json_t *chip)
{
    const struct {
        unsigned quirk;
        bool there;
    } rows[] = {
        {EG_QUIRK_ENCRYPT_WORD, ref_number(chip, "rom.flash_begin_words") == 5},
        {EG_QUIRK_ERASE_SIZE_BUG, json_is_true(ref_at(chip, "rom.erase_size_bug"))},
        {EG_QUIRK_ATTACH_BY_BEGIN, is_text(chip, "rom.spi_attach_via", "FLASH_BEGIN(0,0)")},
        {EG_QUIRK_EFUSE_PADS, ref_at(chip, "spi.efuse_pads") != NULL},
        {EG_QUIRK_LEAVE_FORCED_DOWNLOAD, ref_at(chip, "hard_reset.first") != NULL},
        {EG_QUIRK_SECURE_BOOT_NO_STUB, lists(ref_at(chip, "stub.disabled_when"), "secure boot enabled")},
        {EG_QUIRK_SECURE_BOOT_STUB_HOOK, ref_at(chip, "stub.secure_boot_launch_workaround") != NULL},
        {EG_QUIRK_USB_WATCHDOGS,
         json_is_true(ref_at(chip, "watchdogs.disabled_on_connect_over_usb_jtag_serial"))},
        {EG_QUIRK_BIG_FLASH_BY_STUB, json_is_true(ref_at(chip, "flash.over_16mb_with_stub"))},
        {EG_QUIRK_LEGACY_REV_IS_MINOR, is_text(chip, "image.legacy_min_rev_compares", "minor")},
        {EG_QUIRK_SMALL_ROM_BLOCKS, lists(ref_at(chip, "flash.usb_otg_block_applied_to"), "rom_ram_block")},
        {EG_QUIRK_SECURE_RATE_KEPT,
         json_is_true(ref_at(chip, "baud_change.blocked_in_secure_download_mode"))},
        {EG_QUIRK_MAC_EXTENSION, ref_at(chip, "efuse.mac.mac_ext_bytes") != NULL},
        {EG_QUIRK_SHORT_TAIL, json_is_true(ref_at(chip, "image.short_tail_fix.applies"))},
    };
    unsigned bits = 0;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        bits |= rows[i].there ? rows[i].quirk : 0;
    return bits;
}

static inline enum eg_revision_rule revision_rule(const json_t *chip)
{
    if (ref_at(chip, "efuse.fields.chip_rev_major") == NULL)
        return EG_REVISION_NONE;
    if (ref_at(chip, "efuse.fields.chip_rev_major.combine") != NULL)
        return EG_REVISION_ESP32;
    return ref_at(chip, "efuse.fields.chip_rev_major_raw") != NULL ? EG_REVISION_ESP32_S3
                                                                   : EG_REVISION_FIELDS;
}

static inline enum eg_otg_reset otg_reset(const json_t *chip)
{
    const char *text = ref_text(chip, "hard_reset.usb_otg");

    assert_int_equal(json_is_true(ref_at(chip, "usb.otg_handled")), text != NULL);
    if (text == NULL)
        return EG_OTG_RESET_NONE;
    if (strncmp(text, "watchdog reset", strlen("watchdog reset")) == 0)
        return EG_OTG_RESET_BY_WATCHDOG;
    assert_non_null(strstr(text, "if spi_boot_bit clear and force_download_boot clear: watchdog reset"));
    return EG_OTG_RESET_BY_STRAP;
}

#endif
