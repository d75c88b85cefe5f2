/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What must not be written to this board, by esptool's rules: an image for another chip or revision, what
 * secure boot or flash encryption would make of it, what does not fit.
 *
 * Nothing has been erased yet when these are asked. All of them are left out by `force`; those that look at
 * what encryption needs, by `ignore_flash_enc_efuse`.
 *
 * In secure download mode no register tells anything: there only the counter of flash encryption in the
 * security info is known.
 */

#include "engine/board/board_internal.h"

#include "engine/image/elf.h"
#include "engine/image/image.h"

enum {
    SECURE_BOOT_V1_END = 0x8000, /* bootloader and digest lie below */
    KEY_MANAGER_END = 0x2000,    /* the key manager's recovery data, likewise */
    BEYOND_ROM = 16 << 20,
};

enum eg_code eg__check_extent(struct eg_board *board, uint32_t addr, uint64_t size, struct eg_error *err)
{
    const struct eg_target *target = board->loader.target;
    const bool far = board->loader.stub && (target->quirks & EG_QUIRK_BIG_FLASH_BY_STUB) != 0;
    const uint64_t end = addr + size;
    struct eg_flash_info info;

    if (end > BEYOND_ROM && !far)
        return eg_error_set(
            err, EG_FLASH_TOO_SMALL, "0x%08x to 0x%08llx goes beyond the 16 MB that the %s of %s reaches",
            (unsigned)addr, (unsigned long long)end, board->loader.stub ? "stub" : "ROM", target->label);
    if (board->loader.secure_download)
        return EG_OK;
    EG_TRY(eg__flash_info(board, &info, err));
    if (info.size != 0 && end > info.size)
        return eg_error_set(err, EG_FLASH_TOO_SMALL,
                            "0x%08x to 0x%08llx goes beyond the end of the flash at 0x%08x", (unsigned)addr,
                            (unsigned long long)end, (unsigned)info.size);
    return EG_OK;
}

enum eg_code eg__check_erase(struct eg_board *board, uint32_t addr, const char *what, struct eg_error *err)
{
    struct eg_chip_info chip;

    if (board->loader.secure_download || board->loader.target->mac_layout == EG_MAC_ESP8266_OTP)
        return EG_OK;
    EG_TRY(eg_loader_identify(&board->loader, &chip, err));
    if (chip.secure_boot || chip.flash_encryption)
        return eg_error_set(err, EG_SECURED, "%s would take away what %s needs to start", what,
                            chip.secure_boot ? "secure boot" : "flash encryption");
    if (chip.key_manager && addr < KEY_MANAGER_END)
        return eg_error_set(
            err, EG_SECURED,
            "%s would take away the key manager's data below 0x%08x, which flash encryption needs", what,
            (unsigned)KEY_MANAGER_END);
    return EG_OK;
}

static enum eg_code check_image(const struct eg_board *board, const struct eg__piece *piece,
                                uint16_t revision, struct eg_error *err)
{
    const struct eg_target *target = board->loader.target;
    const uint8_t *data = piece->data.data;
    struct eg_image_info info;
    struct eg_error ignored;
    uint16_t least, most;

    if (eg_elf_is(data, piece->data.size))
        return eg_error_set(err, EG_BAD_IMAGE,
                            "%s: is an ELF file; what a chip runs is the image that elf2image makes of it",
                            piece->name);
    if (piece->uf2_family_id != 0 && piece->uf2_family_id != target->uf2_family_id)
        return eg_error_set(err, EG_BAD_IMAGE, "%s: is for chips of family 0x%08x, %s has 0x%08x",
                            piece->name, (unsigned)piece->uf2_family_id, target->label,
                            (unsigned)target->uf2_family_id);
    if (eg_image_check_chip(target, data, piece->data.size, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", piece->name);
    if (board->loader.secure_download ||
        eg_image_parse(&info, target, data, piece->data.size, &ignored) != EG_OK)
        return EG_OK;
    eg_image_revisions(&info, target, &least, &most);
    if (revision < least)
        return eg_error_set(err, EG_WRONG_REVISION, "%s needs revision v%u.%u or later, the chip is v%u.%u",
                            piece->name, least / 100, least % 100, revision / 100, revision % 100);
    if (revision > most)
        return eg_error_set(err, EG_WRONG_REVISION, "%s runs up to revision v%u.%u, the chip is v%u.%u",
                            piece->name, most / 100, most % 100, revision / 100, revision % 100);
    return EG_OK;
}

/* What the chip must have for its own encryption to give what its bootloader can read. */
static enum eg_code check_encryption_efuses(struct eg_board *board, const struct eg__piece *piece,
                                            struct eg_error *err)
{
    const struct eg_target *target = board->loader.target;
    bool has_key, config_ok;

    if (board->loader.secure_download)
        return EG_OK;
    EG_TRY(eg_loader_crypt_config_ok(&board->loader, &config_ok, err));
    if (!config_ok)
        return eg_error_set(err, EG_SECURED,
                            "%s cannot be encrypted: FLASH_CRYPT_CONFIG of this %s is not 0xf", piece->name,
                            target->label);
    EG_TRY(eg_loader_has_flash_key(&board->loader, &has_key, err));
    if (!has_key)
        return eg_error_set(err, EG_SECURED, "%s cannot be encrypted: this %s has no key for its flash",
                            piece->name, target->label);
    return EG_OK;
}

static enum eg_code check_encrypted(struct eg_board *board, const struct eg__piece *piece,
                                    const struct eg_chip_info *chip, bool ignore_efuses, struct eg_error *err)
{
    const struct eg_target *target = board->loader.target;

    if (target->key_rule == EG_KEY_NONE)
        return eg_error_set(err, EG_SECURED, "%s cannot be encrypted: %s encrypts no flash", piece->name,
                            target->label);
    if (!board->loader.stub && (target->quirks & EG_QUIRK_ENCRYPT_WORD) == 0)
        return eg_error_set(err, EG_UNSUPPORTED, "%s cannot be encrypted: the ROM of %s cannot, its stub can",
                            piece->name, target->label);
    if (chip->manual_encrypt_off)
        return eg_error_set(err, EG_SECURED,
                            "%s cannot be encrypted: on this %s the loader may no longer encrypt",
                            piece->name, target->label);
    if (piece->addr % target->encrypted_align != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s at 0x%08x: encrypted data begins at a multiple of %u",
                            piece->name, (unsigned)piece->addr, (unsigned)target->encrypted_align);
    return ignore_efuses ? EG_OK : check_encryption_efuses(board, piece, err);
}

static enum eg_code check_plain(const struct eg_board *board, const struct eg__piece *piece,
                                const struct eg_chip_info *chip, struct eg_error *err)
{
    const struct eg_log_origin origin = eg__origin(board);

    if (!chip->flash_encryption)
        return EG_OK;
    if (board->loader.secure_download)
        return eg_error_set(
            err, EG_SECURED,
            "%s is plain, and flash encryption is on: in secure download mode nothing tells whether "
            "the chip could run it",
            piece->name);
    if (chip->manual_encrypt_off)
        return eg_error_set(
            err, EG_SECURED,
            "%s is plain, flash encryption is on, and the loader may no longer encrypt: the chip "
            "could not run it",
            piece->name);
    eg_log_warning(
        board->options.logger, &origin,
        "flash encryption is on and %s is written plain: the chip runs it only if it was encrypted before",
        piece->name);
    return EG_OK;
}

enum eg_code eg__check_piece(struct eg_board *board, const struct eg__piece *piece,
                             const struct eg_write_flash_options *options, struct eg_error *err)
{
    struct eg_chip_info chip;

    if (options->force)
        return EG_OK;
    EG_TRY(eg_loader_identify(&board->loader, &chip, err));
    if (chip.secure_boot_v1 && piece->addr < SECURE_BOOT_V1_END)
        return eg_error_set(err, EG_SECURED,
                            "secure boot is on and %s at 0x%08x would overwrite the bootloader it trusts",
                            piece->name, (unsigned)piece->addr);
    if (chip.key_manager && piece->addr < KEY_MANAGER_END)
        return eg_error_set(err, EG_SECURED,
                            "%s at 0x%08x would overwrite the key manager's data below 0x%08x", piece->name,
                            (unsigned)piece->addr, (unsigned)KEY_MANAGER_END);
    EG_TRY(check_image(board, piece, chip.revision, err));
    return piece->encrypt ? check_encrypted(board, piece, &chip, options->ignore_flash_enc_efuse, err)
                          : check_plain(board, piece, &chip, err);
}
