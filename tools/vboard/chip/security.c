/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Security: the eFuses of secure boot and flash encryption, the answer to GET_SECURITY_INFO, the cipher.
 *
 * Burning comes before the registers that a configuration sets and reading after them, so that the board
 * follows its eFuses. Key block 0 holds the digest of secure boot and block 1 the flash key.
 *
 * Not here: the commands of secure download mode, and when a ROM refuses to jump (loader/rom.c).
 */

#include "tools/vboard/chip/chip.h"

#include "targets/efuse.h"

#include <string.h>

enum {
    PURPOSE_XTS_256_1 = 2,
    PURPOSE_XTS_256_2 = 3,
    PURPOSE_XTS_128 = 4,
    PURPOSE_DIGEST0 = 9,
};

#define CRYPT_CONFIG_ALL 0xfu /* all address bits go into the key */
#define KEY_WORDS_256    8u

#define UART_DOWNLOAD_DIS_FROM 300u

/* The last word of the long answer. */
static const struct {
    const char *target;
    uint32_t version;
} api_versions[] = {{"esp32c3", 3}}; /* as recorded; of the others assumed to be 0 */

void vb__security_burn(struct vb_board *board)
{
    const struct vb_config *config = &board->config;
    const struct eg_efuse *efuses = eg_efuse_of(board->target);
    const bool secure_boot = config->secure_boot || config->secure_boot_v1;
    const bool v2 = eg_field_exists(&board->target->field[EG_FIELD_SECURE_BOOT_V2]) &&
                    board->identity.revision >= board->target->secure_boot_v2_from && !config->secure_boot_v1;

    if (secure_boot) {
        vb__put_field(board, v2 ? EG_FIELD_SECURE_BOOT_V2 : EG_FIELD_SECURE_BOOT_V1, 1);
        vb__put_field(board, EG_FIELD_KEY_PURPOSE, PURPOSE_DIGEST0);
    }
    if (config->key_manager)
        vb__put_field(board, EG_FIELD_KEY_MANAGER, UINT32_MAX);
    if (config->no_manual_encryption)
        vb__put_field(board, EG_FIELD_MANUAL_ENCRYPT_OFF, 1);
    if (config->secure_download && efuses != NULL)
        vb__efuse_put(board, efuses->download_secure, 1);
    if (!config->flash_encryption)
        return;
    vb__put_field(board, EG_FIELD_FLASH_CRYPT_COUNT, 1);
    vb__put_field(board, EG_FIELD_CRYPT_CONFIG, CRYPT_CONFIG_ALL);
    if (config->key_manager)
        return;
    /* Either the key is in the only block, which then reads as zeros, or in a block of its own. On the
     * ESP32-C2 a key of 128 bits takes the lower half of the block. */
    vb__put_field(board, EG_FIELD_KEY_HIDDEN, 1);
    vb__put_field(board, EG_FIELD_KEY_PURPOSE + 1, PURPOSE_XTS_128);
}

/* A key in the only block: all of it is read-protected, or any bit is set. */
static bool key_in_block(struct vb_board *board)
{
    const bool wide = vb__field(board, EG_FIELD_KEY_256) != 0;
    const uint32_t words = wide ? KEY_WORDS_256 : board->target->key_block.words;
    uint32_t bits = 0;

    if (vb__field(board, EG_FIELD_KEY_HIDDEN) == (wide ? 3 : 1))
        return true;
    for (uint32_t i = 0; i < words; i++)
        bits |= vb__memory_get(board, board->target->key_block.addr + 4 * i);
    return bits != 0;
}

static bool key_of_purpose(const struct vb__security *security, uint8_t purpose)
{
    return memchr(security->purposes, purpose, sizeof security->purposes) != NULL;
}

static bool has_key(struct vb_board *board)
{
    const struct vb__security *security = &board->security;

    if (vb__field(board, EG_FIELD_KEY_MANAGER) != 0)
        return true;
    switch (board->target->key_rule) {
    case EG_KEY_NONE:
        return false;
    case EG_KEY_WORDS:
        return key_in_block(board);
    case EG_KEY_PURPOSES:
        return key_of_purpose(security, PURPOSE_XTS_128) ||
               (board->target->key_rule_xts256 && key_of_purpose(security, PURPOSE_XTS_256_1) &&
                key_of_purpose(security, PURPOSE_XTS_256_2));
    }
    return false;
}

void vb__security_read(struct vb_board *board)
{
    const struct eg_target *target = board->target;
    struct vb__security *security = &board->security;

    *security = (struct vb__security){.secure_download = security->secure_download,
                                      .download_off = security->download_off};
    security->secure_boot =
        vb__field(board, EG_FIELD_SECURE_BOOT_V1) != 0 || vb__field(board, EG_FIELD_SECURE_BOOT_V2) != 0;
    security->crypt_count = (uint8_t)vb__field(board, EG_FIELD_FLASH_CRYPT_COUNT);
    /* The eFuse of this chip is not known yet. */
    if (board->config.flash_encryption && target->key_rule != EG_KEY_NONE &&
        !eg_field_exists(&target->field[EG_FIELD_FLASH_CRYPT_COUNT]))
        security->crypt_count = 1;
    for (uint8_t bits = security->crypt_count; bits != 0; bits &= (uint8_t)(bits - 1))
        security->flash_encrypted = !security->flash_encrypted;
    for (uint8_t i = 0; i < target->key_block_count; i++)
        security->purposes[i] = (uint8_t)vb__field(board, EG_FIELD_KEY_PURPOSE + i);
    security->encrypts = has_key(board) && vb__field(board, EG_FIELD_MANUAL_ENCRYPT_OFF) == 0;
}

/* Before revision 3.0 of the ESP32 the eFuse that closes the loader does nothing. */
void vb__security_reset(struct vb_board *board)
{
    const struct eg_efuse *efuses = eg_efuse_of(board->target);
    struct vb__security *const security = &board->security;

    vb__security_read(board);
    if (efuses == NULL)
        return;
    security->secure_download = vb__efuse_field(board, efuses->download_secure) != 0 &&
                                (board->target->rom_commands & EG_ROM_HAS(EG_OP_GET_SECURITY_INFO)) != 0;
    security->download_off = vb__efuse_field(board, efuses->download_off) != 0 &&
                             (board->target->revision_rule != EG_REVISION_ESP32 ||
                              board->identity.revision >= UART_DOWNLOAD_DIS_FROM);
}

size_t vb__security_info(const struct vb_board *board, uint8_t info[20])
{
    const struct vb__security *security = &board->security;

    memset(info, 0, 20);
    eg_put32(info, (security->secure_boot ? 1u : 0) | (security->secure_download ? 1u << 2 : 0));
    info[4] = security->crypt_count;
    memcpy(info + 5, security->purposes, sizeof security->purposes);
    info[11] = 0x0c; /* no key block of its own: as the recorded ESP32-C3 fills it */
    eg_put32(info + 12, board->target->chip_id);
    for (size_t i = 0; i < sizeof api_versions / sizeof api_versions[0]; i++) {
        if (strcmp(api_versions[i].target, board->target->name) == 0)
            eg_put32(info + 16, api_versions[i].version);
    }
    return board->target->detect == EG_DETECT_MAGIC ? 12 : 20;
}

/* Stand-in for the chip's cipher: the flash holds other bytes than were sent, always the same for the same
 * key, address and data. Applying it twice gives the data back. */
static void cipher(uint64_t key, uint32_t addr, uint8_t *data, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        uint64_t state = (addr + i) / 8 ^ key;

        data[i] ^= (uint8_t)(vb__random(&state) >> 8 * ((addr + i) % 8));
    }
}

void vb__decrypt(const struct vb_board *board, uint32_t addr, uint8_t *data, uint32_t size)
{
    cipher((uint64_t)board->identity.mac[5] << 40 ^ (uint64_t)board->identity.mac[4] << 48, addr, data, size);
}

/* A chip that may not encrypt, or has no key, writes bytes that decrypt to nothing sensible. */
void vb__encrypt(const struct vb_board *board, uint32_t addr, uint8_t *data, uint32_t size)
{
    if (board->security.encrypts)
        vb__decrypt(board, addr, data, size);
    else
        cipher(UINT64_MAX, addr, data, size);
}
