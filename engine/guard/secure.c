/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Rules of secure boot, flash encryption and the key manager: flash that they need, and data that they would
 * not accept.
 *
 * In secure download mode no register can be read: only secure boot and the counter of flash encryption are
 * known there.
 */

#include "engine/guard/guard_internal.h"

enum {
    SECURE_BOOT_V1_END = 0x8000, /* secure boot v1 keeps its bootloader and digest below this address */
    KEY_MANAGER_END = 0x2000,    /* and the key manager its recovery data below this */
};

static const struct eg_chip_info *chip_of(const struct eg__guard_view *view)
{
    return &view->request->chip->info;
}

/* A range that the user gave by numbers is erased. */
static const char *name_of(const struct eg_guard_piece *piece)
{
    return piece->name != NULL ? piece->name : "erasing";
}

EG__GUARD_PIECE_CHECK(eg__guard_secure_boot_v1)
{
    if (!chip_of(view)->secure_boot_v1 || piece->flash_addr >= SECURE_BOOT_V1_END || piece->size == 0)
        return EG_OK;
    return eg_error_set(err, EG_SECURED,
                        "secure boot is on and %s at 0x%08lx would overwrite the bootloader it trusts",
                        name_of(piece), (unsigned long)piece->flash_addr);
}

EG__GUARD_PIECE_CHECK(eg__guard_key_manager)
{
    if (!chip_of(view)->key_manager || piece->flash_addr >= KEY_MANAGER_END || piece->size == 0)
        return EG_OK;
    return eg_error_set(err, EG_SECURED,
                        "%s at 0x%08lx would overwrite the key manager's data below 0x%08x, which flash "
                        "encryption needs",
                        name_of(piece), (unsigned long)piece->flash_addr, (unsigned)KEY_MANAGER_END);
}

EG__GUARD_WHOLE_CHECK(eg__guard_secured_erase)
{
    const struct eg_chip_info *const chip = chip_of(view);

    (void)piece;
    if (chip->secure_download || (!chip->secure_boot && !chip->flash_encryption))
        return EG_OK;
    return eg_error_set(err, EG_SECURED, "erasing would take away what %s needs to start",
                        chip->secure_boot ? "secure boot" : "flash encryption");
}

EG__GUARD_WHOLE_CHECK(eg__guard_secure_download)
{
    (void)piece;
    if (!chip_of(view)->secure_download)
        return EG_OK;
    return eg_error_set(err, EG_SECURED,
                        "the chip is in secure download mode: its MAC cannot be read and what is written "
                        "cannot be verified");
}

static bool is_plain(const struct eg__guard_view *view, const struct eg_guard_piece *piece)
{
    return chip_of(view)->flash_encryption && !piece->encrypted && !piece->as_it_must_be && piece->size > 0;
}

EG__GUARD_PIECE_CHECK(eg__guard_plain_unreadable)
{
    if (!is_plain(view, piece))
        return EG_OK;
    if (chip_of(view)->secure_download)
        return eg_error_set(err, EG_SECURED,
                            "%s is plain, and flash encryption is on: in secure download mode nothing tells "
                            "whether the chip could run it",
                            piece->name);
    if (chip_of(view)->manual_encrypt_off)
        return eg_error_set(err, EG_SECURED,
                            "%s is plain, flash encryption is on, and the loader may no longer encrypt: the "
                            "chip could not run it",
                            piece->name);
    return EG_OK;
}

EG__GUARD_PIECE_CHECK(eg__guard_plain_encrypted)
{
    if (!is_plain(view, piece))
        return EG_OK;
    return eg_error_set(
        err, EG_SECURED,
        "flash encryption is on and %s is written plain: the chip runs it only if it was encrypted before",
        piece->name);
}

EG__GUARD_PIECE_CHECK(eg__guard_no_encryption)
{
    if (!piece->encrypted || view->request->target->key_rule != EG_KEY_NONE)
        return EG_OK;
    return eg_error_set(err, EG_SECURED, "%s cannot be encrypted: %s encrypts no flash", piece->name,
                        view->request->target->label);
}

EG__GUARD_PIECE_CHECK(eg__guard_rom_encryption)
{
    const struct eg_target *const target = view->request->target;

    if (!piece->encrypted || !view->request->chip->rom || (target->quirks & EG_QUIRK_ENCRYPT_WORD) != 0)
        return EG_OK;
    return eg_error_set(err, EG_UNSUPPORTED, "%s cannot be encrypted: the ROM of %s cannot, its stub can",
                        piece->name, target->label);
}

EG__GUARD_PIECE_CHECK(eg__guard_encryption_off)
{
    if (!piece->encrypted || !chip_of(view)->manual_encrypt_off)
        return EG_OK;
    return eg_error_set(err, EG_SECURED,
                        "%s cannot be encrypted: on this %s the loader may no longer encrypt", piece->name,
                        view->request->target->label);
}

EG__GUARD_PIECE_CHECK(eg__guard_encryption_align)
{
    const uint32_t align = view->request->target->encrypted_align;

    if (!piece->encrypted || piece->flash_addr % align == 0)
        return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT, "%s at 0x%08lx: encrypted data begins at a multiple of %lu",
                        piece->name, (unsigned long)piece->flash_addr, (unsigned long)align);
}

EG__GUARD_PIECE_CHECK(eg__guard_crypt_config)
{
    const struct eg_guard_chip *const chip = view->request->chip;

    if (!piece->encrypted || !chip->has_keys || chip->crypt_config_ok)
        return EG_OK;
    return eg_error_set(err, EG_SECURED, "%s cannot be encrypted: FLASH_CRYPT_CONFIG of this %s is not 0xf",
                        piece->name, view->request->target->label);
}

EG__GUARD_PIECE_CHECK(eg__guard_flash_key)
{
    const struct eg_guard_chip *const chip = view->request->chip;

    if (!piece->encrypted || !chip->has_keys || chip->flash_key)
        return EG_OK;
    return eg_error_set(err, EG_SECURED, "%s cannot be encrypted: this %s has no key for its flash",
                        piece->name, view->request->target->label);
}
