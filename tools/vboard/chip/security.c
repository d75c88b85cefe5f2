/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Security: the eFuses of secure boot and flash encryption, the answer to GET_SECURITY_INFO, the flash key.
 *
 * Burning comes before the registers that a configuration sets and reading after them, so that the board
 * follows its eFuses. Key block 0 holds the digest of secure boot and block 1 the flash key.
 *
 * The cipher works with what the key blocks hold, hidden or not. A key manager is taken to hold the key that
 * would otherwise have been burnt.
 *
 * Not here: the commands of secure download mode, and when a ROM refuses to jump (loader/rom.c).
 */

#include "tools/vboard/chip/chip.h"

#include "engine/base/digest.h"
#include "targets/efuse.h"

#include <string.h>

enum {
    PURPOSE_XTS_256_1 = 2,
    PURPOSE_XTS_256_2 = 3,
    PURPOSE_XTS_128 = 4,
    PURPOSE_DIGEST0 = 9,
};

#define CRYPT_CONFIG_ALL 0xfu /* all address bits go into the key */
#define KEY_SIZE         32u
#define KEY_SIZE_C2      16u /* hashed to KEY_SIZE */
#define KEY_SIZE_3_4     24u /* of which the last third counts twice */
#define KEY_BLOCK_0      4u  /* block of EG_FIELD_KEY_PURPOSE */

#define UART_DOWNLOAD_DIS_FROM 300u

/* The last word of the long answer. */
static const struct {
    const char *target;
    uint32_t version;
} api_versions[] = {{"esp32c3", 3}}; /* as recorded; of the others assumed to be 0 */

/* A key that is each board's own and the same every time. */
static void own_key(const struct vb_board *board, uint8_t key[KEY_SIZE])
{
    struct eg_error err;

    if (eg_sha256(key, board->identity.mac, sizeof board->identity.mac, &err) != EG_OK)
        memset(key, 0xff, KEY_SIZE);
}

/* The block of the flash key: the only one of its kind, or that of this purpose field. */
static unsigned key_block(const struct vb_board *board, unsigned purpose)
{
    const struct eg_efuse *efuses = eg_efuse_of(board->target);
    unsigned block = 0;

    if (board->target->key_rule == EG_KEY_PURPOSES)
        return KEY_BLOCK_0 + purpose;
    while (efuses->base + efuses->blocks[block].read != board->target->key_block.addr)
        block++;
    return block;
}

void vb__security_burn(struct vb_board *board)
{
    const struct vb_config *config = &board->config;
    const struct eg_efuse *efuses = eg_efuse_of(board->target);
    uint8_t key[KEY_SIZE];
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
    /* Either the key is in the only block, of the ESP32-C2 in its lower half, or in a block of its own. */
    vb__put_field(board, EG_FIELD_KEY_HIDDEN, 1);
    vb__put_field(board, EG_FIELD_KEY_PURPOSE + 1, PURPOSE_XTS_128);
    own_key(board, key);
    if (efuses != NULL && board->target->key_rule != EG_KEY_NONE)
        vb__efuse_put_key(board, key_block(board, 1), key,
                          board->target->key_rule == EG_KEY_WORDS ? 4u * board->target->key_block.words
                                                                  : KEY_SIZE);
}

/* A key in the only block: all of it is read-protected, or any bit is set. Returns its size; 0 = none. */
static size_t only_key(struct vb_board *board, uint8_t key[2 * KEY_SIZE])
{
    const bool wide = vb__field(board, EG_FIELD_KEY_256) != 0;
    size_t size = wide ? KEY_SIZE : 4u * board->target->key_block.words;
    const bool hidden = vb__field(board, EG_FIELD_KEY_HIDDEN) == (wide ? 3 : 1);
    struct eg_error err;
    bool any = hidden;

    if (vb__field(board, EG_FIELD_CODING_SCHEME) == EG_CODING_3_4)
        size = KEY_SIZE_3_4;
    vb__efuse_key(board, key_block(board, 0), key, size);
    for (size_t i = 0; i < size; i++)
        any = any || key[i] != 0;
    if (!any)
        return 0;
    if (size == KEY_SIZE_3_4)
        memcpy(key + KEY_SIZE_3_4, key + 8, KEY_SIZE - KEY_SIZE_3_4);
    return size != KEY_SIZE_C2 || eg_sha256(key, key, KEY_SIZE_C2, &err) == EG_OK ? KEY_SIZE : 0;
}

/* The key of a purpose, the lowest block's that the cipher can use. */
static bool key_of_purpose(const struct vb_board *board, uint8_t purpose, uint8_t key[KEY_SIZE])
{
    const struct eg_efuse *efuses = eg_efuse_of(board->target);

    for (unsigned i = 0; efuses != NULL && i < board->target->key_block_count; i++) {
        const char *name = efuses->blocks[key_block(board, i)].name;

        if (board->security.purposes[i] != purpose ||
            (efuses->no_xts != NULL && strcmp(name, efuses->no_xts) == 0))
            continue;
        vb__efuse_key(board, key_block(board, i), key, KEY_SIZE);
        return true;
    }
    return false;
}

/* Of both kinds of keys the cipher takes the pair. Returns the size; 0 = there is none. */
static size_t find_key(struct vb_board *board, uint8_t key[2 * KEY_SIZE])
{
    if (vb__field(board, EG_FIELD_KEY_MANAGER) != 0) {
        own_key(board, key);
        return KEY_SIZE;
    }
    switch (board->target->key_rule) {
    case EG_KEY_NONE:
        return 0;
    case EG_KEY_WORDS:
        return only_key(board, key);
    case EG_KEY_PURPOSES:
        if (board->target->key_rule_xts256 && key_of_purpose(board, PURPOSE_XTS_256_1, key) &&
            key_of_purpose(board, PURPOSE_XTS_256_2, key + KEY_SIZE))
            return 2 * KEY_SIZE;
        return key_of_purpose(board, PURPOSE_XTS_128, key) ? KEY_SIZE : 0;
    }
    return 0;
}

void vb__security_read(struct vb_board *board)
{
    const struct eg_target *target = board->target;
    struct vb__security *security = &board->security;

    *security = (struct vb__security){.secure_download = security->secure_download,
                                      .download_off = security->download_off};
    security->secure_boot_v1 = vb__field(board, EG_FIELD_SECURE_BOOT_V1) != 0;
    security->secure_boot_v2 = vb__field(board, EG_FIELD_SECURE_BOOT_V2) != 0;
    security->secure_boot = security->secure_boot_v1 || security->secure_boot_v2;
    security->crypt_count = (uint8_t)vb__field(board, EG_FIELD_FLASH_CRYPT_COUNT);
    /* The eFuse of this chip is not known yet. */
    if (board->config.flash_encryption && target->key_rule != EG_KEY_NONE &&
        !eg_field_exists(&target->field[EG_FIELD_FLASH_CRYPT_COUNT]))
        security->crypt_count = 1;
    for (uint8_t bits = security->crypt_count; bits != 0; bits &= (uint8_t)(bits - 1))
        security->flash_encrypted = !security->flash_encrypted;
    for (uint8_t i = 0; i < target->key_block_count; i++)
        security->purposes[i] = (uint8_t)vb__field(board, EG_FIELD_KEY_PURPOSE + i);
    security->key_size = (uint8_t)find_key(board, security->key);
    security->crypt_config = (uint8_t)vb__efuse_field(board, "FLASH_CRYPT_CONFIG");
    security->encrypts = security->key_size != 0 && vb__field(board, EG_FIELD_MANUAL_ENCRYPT_OFF) == 0;
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

/* As esptool names the bits; what no eFuse of the chip says stays clear. */
static uint32_t security_flags(const struct vb_board *board)
{
    static const struct {
        const char *field;
        uint8_t bit;
    } flags[] = {
        {"SECURE_BOOT_AGGRESSIVE_REVOKE", 1},
        {"SECURE_BOOT_KEY_REVOKE0", 3},
        {"SECURE_BOOT_KEY_REVOKE1", 4},
        {"SECURE_BOOT_KEY_REVOKE2", 5},
        {"HARD_DIS_JTAG", 7},
        {"DIS_PAD_JTAG", 7},
        {"DIS_USB", 8},
        {"DIS_DOWNLOAD_DCACHE", 9},
        {"DIS_DOWNLOAD_ICACHE", 10},
    };
    uint32_t bits = (board->security.secure_boot ? 1u : 0) | (board->security.secure_download ? 1u << 2 : 0);

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (vb__efuse_field(board, flags[i].field) != 0)
            bits |= 1u << flags[i].bit;
    if (__builtin_parity(vb__efuse_field(board, "SOFT_DIS_JTAG")))
        bits |= 1u << 6;
    return bits;
}

size_t vb__security_info(const struct vb_board *board, uint8_t info[20])
{
    const struct vb__security *security = &board->security;

    memset(info, 0, 20);
    eg_put32(info, security_flags(board));
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

static void apply(const struct vb_board *board, bool encrypts, uint32_t addr, uint8_t *data, uint32_t size)
{
    const struct vb__security *security = &board->security;

    if (board->target->revision_rule == EG_REVISION_ESP32)
        vb__cipher_esp32(security->key, security->crypt_config, encrypts, addr, data, size);
    else
        vb__cipher_xts(security->key, security->key_size != 0 ? security->key_size : KEY_SIZE, encrypts, addr,
                       data, size);
}

void vb__decrypt(const struct vb_board *board, uint32_t addr, uint8_t *data, uint32_t size)
{
    apply(board, false, addr, data, size);
}

/* A chip that may not encrypt, or has no key, writes bytes that decrypt to nothing sensible. */
void vb__encrypt(const struct vb_board *board, uint32_t addr, uint8_t *data, uint32_t size)
{
    static const uint8_t other[KEY_SIZE] = {0xa5};

    if (board->security.encrypts)
        apply(board, true, addr, data, size);
    else
        vb__cipher_xts(other, sizeof other, true, addr, data, size);
}
