/* SPDX-License-Identifier: Apache-2.0 */

/* Facts about the board's chip and flash. */

#include "engine/board/board_internal.h"

#include <stdio.h>
#include <string.h>

#define CANNOT_BE_READ "its registers cannot be read"

const char *eg_board_chip_name(const struct eg_board *board)
{
    return board->loader.target != NULL ? board->loader.target->name : "";
}

const char *eg_board_chip_label(const struct eg_board *board)
{
    return board->loader.target != NULL ? board->loader.target->label : "";
}

bool eg_board_secure_download(const struct eg_board *board)
{
    return board->loader.secure_download;
}

const char *eg_board_usb_mode(const struct eg_board *board)
{
    if (board->port == NULL)
        return NULL;
    if (eg_loader_usb_jtag(&board->loader))
        return "USB-Serial/JTAG";
    return eg_loader_usb_otg(&board->loader) ? "USB-OTG" : NULL;
}

enum eg_code eg_board_chip_description(struct eg_board *board, char text[EG_DESCRIPTION_TEXT],
                                       struct eg_error *err)
{
    struct eg_chip_info info;

    EG_TRY(eg__need_readable(board, CANNOT_BE_READ, err));
    EG_TRY(eg_loader_identify(&board->loader, &info, err));
    if (board->loader.target->revision_rule == EG_REVISION_NONE)
        snprintf(text, EG_DESCRIPTION_TEXT, "%s", info.package);
    else
        snprintf(text, EG_DESCRIPTION_TEXT, "%s (revision v%u.%u)", info.package, info.revision / 100,
                 info.revision % 100);
    return EG_OK;
}

enum eg_code eg_board_chip_features(struct eg_board *board, char text[EG_FEATURES_TEXT], struct eg_error *err)
{
    EG_TRY(eg__need_readable(board, CANNOT_BE_READ, err));
    return eg_loader_features(&board->loader, text, err);
}

enum eg_code eg_board_chip_revision(struct eg_board *board, uint16_t *revision, struct eg_error *err)
{
    EG_TRY(eg__need_readable(board, CANNOT_BE_READ, err));
    return eg_loader_revision(&board->loader, revision, err);
}

enum eg_code eg_board_crystal_mhz(struct eg_board *board, uint32_t *mhz, struct eg_error *err)
{
    EG_TRY(eg__need_readable(board, CANNOT_BE_READ, err));
    *mhz = board->crystal_mhz;
    return *mhz != 0 ? EG_OK : eg_loader_crystal_mhz(&board->loader, mhz, err);
}

enum eg_code eg_board_read_mac(struct eg_board *board, struct eg_mac *mac, struct eg_error *err)
{
    EG_TRY(eg__need_readable(board, "its MAC cannot be read", err));
    return eg_loader_read_mac(&board->loader, mac, err);
}

enum eg_code eg_board_chip_id(struct eg_board *board, uint32_t *id, struct eg_error *err)
{
    const struct eg_target *target = board->loader.target;
    uint32_t low, high;

    EG_TRY(eg__need_readable(board, CANNOT_BE_READ, err));
    if (target->mac_layout != EG_MAC_ESP8266_OTP)
        return eg_error_set(err, EG_UNSUPPORTED, "%s has no chip id but its MAC", target->label);
    EG_TRY(eg_loader_read_reg(&board->loader, target->mac_addr, &low, err));
    EG_TRY(eg_loader_read_reg(&board->loader, target->mac_addr + 4, &high, err));
    *id = low >> 24 | high << 8;
    return EG_OK;
}

enum eg_code eg_board_get_security_info(struct eg_board *board, struct eg_security_info *info,
                                        struct eg_error *err)
{
    EG_TRY(eg__need_connected(board, err));
    return eg_loader_security_info(&board->loader, info, err);
}

enum eg_code eg_board_read_security_state(struct eg_board *board, struct eg_security_state *state,
                                          struct eg_error *err)
{
    struct eg_chip_info info;

    EG_TRY(eg__need_connected(board, err));
    if (!eg_field_exists(&board->loader.target->field[EG_FIELD_FLASH_CRYPT_COUNT]))
        return eg_error_set(err, EG_UNSUPPORTED, "%s has neither secure boot nor flash encryption",
                            board->loader.target->label);
    EG_TRY(eg_loader_identify(&board->loader, &info, err));
    *state = (struct eg_security_state){.secure_boot = info.secure_boot,
                                        .secure_boot_v1 = info.secure_boot_v1,
                                        .flash_encryption = info.flash_encryption,
                                        .manual_encrypt_off = info.manual_encrypt_off,
                                        .secure_download = info.secure_download};
    return EG_OK;
}

unsigned eg_board_key_blocks(const struct eg_board *board)
{
    return board->loader.target != NULL ? board->loader.target->key_block_count : 0;
}

const char *eg_board_key_purpose(const struct eg_board *board, uint8_t purpose)
{
    return board->loader.target != NULL ? eg_target_key_purpose(board->loader.target, purpose) : NULL;
}

enum eg_code eg__flash_info(struct eg_board *board, struct eg_flash_info *info, struct eg_error *err)
{
    if (!board->has_flash) {
        EG_TRY(eg_loader_flash_info(&board->loader, &board->flash, err));
        board->has_flash = true;
    }
    *info = board->flash;
    return EG_OK;
}
