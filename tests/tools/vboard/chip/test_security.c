/* SPDX-License-Identifier: Apache-2.0 */

/* Security of a simulated board: eFuses, GET_SECURITY_INFO, and their effect on the loaders. */

#include "engine/base/digest.h"
#include "targets/efuse.h"
#include "tests/tools/vboard/player.h"
#include "tools/vboard/chip/chip.h"

#define BLOCK      0x4000u
#define ADDR       0x10000u
#define PLAIN_BYTE 0x5a

static struct vb_config fast(const struct eg_target *target)
{
    return (struct vb_config){.target = target, .fast = true};
}

static bool has(const struct eg_target *target, enum eg_field_id field)
{
    return eg_field_exists(&target->field[field]);
}

static void efuse_and_security_info_agree_on_every_chip(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        const struct eg_target *target = eg_targets[i];
        struct vb_config config = fast(target);
        struct player player;

        config.secure_boot = config.flash_encryption = true;
        player_open(&player, config);
        if (has(target, EG_FIELD_SECURE_BOOT_V2))
            assert_chip(&player, player_field(&player, EG_FIELD_SECURE_BOOT_V2) == 1);
        if (has(target, EG_FIELD_FLASH_CRYPT_COUNT))
            assert_chip(&player, player_field(&player, EG_FIELD_FLASH_CRYPT_COUNT) == 1);
        if (target->key_rule == EG_KEY_WORDS)
            assert_chip(&player, player_field(&player, EG_FIELD_KEY_HIDDEN) == 1);
        if (has(target, EG_FIELD_CRYPT_CONFIG))
            assert_chip(&player, player_field(&player, EG_FIELD_CRYPT_CONFIG) == 0xf);
        if ((target->rom_commands & EG_ROM_HAS(0x14)) != 0) {
            uint8_t purposes[7];

            player_command(&player, 0x14, NULL, 0);
            assert_chip(&player, eg_get32(player.data) == 1);
            assert_chip(&player, player.data[4] == 1);
            memcpy(purposes, player.data + 5, sizeof purposes);
            for (int block = 0; block < target->key_block_count; block++)
                assert_chip(&player, player_field(&player, (enum eg_field_id)(EG_FIELD_KEY_PURPOSE +
                                                                              block)) == purposes[block]);
            assert_chip(&player, target->key_block_count == 0 || (purposes[0] == 9 && purposes[1] == 4));
        }
        vb_board_destroy(player.board);
    }
}

static void a_board_without_security_shows_none(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct player player;

        player_open(&player, fast(eg_targets[i]));
        for (int field = EG_FIELD_FLASH_CRYPT_COUNT; field <= EG_FIELD_SECURE_BOOT_V2; field++)
            assert_chip(&player, player_field(&player, (enum eg_field_id)field) == 0);
        vb_board_destroy(player.board);
    }
}

static void an_esp32_has_secure_boot_v2_from_revision_3_or_when_it_is_not_asked_for_v1(void **state)
{
    static const struct {
        uint16_t revision;
        bool ask_v1;
        unsigned v1, v2;
    } rows[] = {{300, false, 0, 1}, {300, true, 1, 0}, {100, false, 1, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vb_config config = fast(eg_target_by_name("esp32"));
        struct player player;

        config.revision = rows[i].revision;
        config.secure_boot = !rows[i].ask_v1;
        config.secure_boot_v1 = rows[i].ask_v1;
        player_open(&player, config);
        assert_int_equal(player_field(&player, EG_FIELD_SECURE_BOOT_V1), rows[i].v1);
        assert_int_equal(player_field(&player, EG_FIELD_SECURE_BOOT_V2), rows[i].v2);
        vb_board_destroy(player.board);
    }
}

static void registers_of_the_configuration_count_as_burnt(void **state)
{
    struct vb_config config = fast(eg_target_by_name("esp32c3"));
    struct player player;

    (void)state;
    /* Three bits of the count, secure boot, and a key in block 3. */
    config.registers[0] = (struct vb_register){0x60008834, 7u << 18};
    config.registers[1] = (struct vb_register){0x60008838, 1u << 20 | 4u << 4};
    config.register_count = 2;
    player_open(&player, config);
    player_command(&player, 0x14, NULL, 0);
    assert_int_equal(eg_get32(player.data), 1);
    assert_memory_equal(player.data + 4, ((uint8_t[]){7, 0, 0, 0, 4, 0, 0}), 7);
    vb_board_destroy(player.board);
}

/*
 * Write BLOCK bytes encrypted, by the ROM or by the stub; return the status of data or END, whichever fails
 * first.
 */
static unsigned write_encrypted(struct player *player, bool stub, uint32_t addr)
{
    static uint8_t data[BLOCK];
    const uint32_t block = stub ? BLOCK : 0x400;
    unsigned status;

    memset(data, PLAIN_BYTE, sizeof data);
    player_command(player, 0x02, WORDS(BLOCK, BLOCK / block, block, addr, 1));
    status = player_status(player, 0);
    for (uint32_t at = 0; at < BLOCK && status == 0; at += block)
        status = player_block(player, 0x03, at / block, data + at, block);
    if (status == 0 && stub) {
        player_command(player, 0x04, WORDS(1));
        status = player_status(player, 0);
    }
    return status;
}

/* Write encrypted, expecting this status, and return what the flash holds at ADDR. */
static void write_and_look(uint8_t landed[64], struct vb_config config, bool stub, unsigned expected)
{
    struct player player;
    unsigned status;

    player_open(&player, config);
    if (stub)
        player_start_own_stub(&player);
    status = write_encrypted(&player, stub, ADDR);
    if (status != expected)
        fail_msg("%s: status %04x", player.target->name, status);
    memcpy(landed, player_flash(&player) + ADDR, 64);
    vb_board_destroy(player.board);
}

static void data_sent_encrypted_is_stored_as_cipher_text(void **state)
{
    uint8_t plain[64];

    (void)state;
    player_need_stub("esp32");
    memset(plain, PLAIN_BYTE, sizeof plain);
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        const struct eg_target *target = eg_targets[i];
        struct vb_config config = fast(target);
        uint8_t by_rom[64], by_stub[64];

        config.flash_encryption = true;
        if (target->key_rule == EG_KEY_NONE)
            continue;
        if ((target->quirks & EG_QUIRK_ENCRYPT_WORD) != 0) {
            write_and_look(by_rom, config, false, 0);
            assert_memory_not_equal(by_rom, plain, sizeof plain);
        }
        if (target->stub != NULL) {
            write_and_look(by_stub, config, true, 0);
            assert_memory_not_equal(by_stub, plain, sizeof plain);
        }
        if (target->stub != NULL && (target->quirks & EG_QUIRK_ENCRYPT_WORD) != 0)
            assert_memory_equal(by_rom, by_stub, sizeof by_rom);
    }
}

/* Without a key, or with manual encryption disabled, the flash contents do not decrypt to the data sent. */
static void encrypting_without_a_key_or_against_efuse_makes_garbage(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        const struct eg_target *target = eg_targets[i];
        struct vb_config config = fast(target);
        uint8_t good[64], landed[64];

        if (!has(target, EG_FIELD_MANUAL_ENCRYPT_OFF) || (target->quirks & EG_QUIRK_ENCRYPT_WORD) == 0)
            continue;
        write_and_look(landed, config, false, 0);
        config.flash_encryption = true;
        write_and_look(good, config, false, 0);
        assert_memory_not_equal(landed, good, sizeof good);
        config.no_manual_encryption = true;
        write_and_look(landed, config, false, 0);
        assert_memory_not_equal(landed, good, sizeof good);
    }
}

static void the_key_manager_takes_the_place_of_a_key_in_efuse(void **state)
{
    unsigned tried = 0;

    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct vb_config config = fast(eg_targets[i]);
        uint8_t managed[64], burnt[64];
        struct player player;

        if (!has(eg_targets[i], EG_FIELD_KEY_MANAGER))
            continue;
        config.flash_encryption = true;
        write_and_look(burnt, config, false, 0);
        config.key_manager = true;
        write_and_look(managed, config, false, 0);
        assert_memory_equal(managed, burnt, sizeof burnt);
        player_open(&player, config);
        assert_chip(&player, player_field(&player, EG_FIELD_KEY_MANAGER) != 0);
        assert_chip(&player, player_field(&player, EG_FIELD_KEY_PURPOSE + 1) == 0);
        vb_board_destroy(player.board);
        tried++;
    }
    assert_in_range(tried, 1, 15);
}

static struct vb_register burnt(const struct eg_target *target, enum eg_field_id field, uint32_t value)
{
    const struct eg_field_part *part = &target->field[field].part[0];

    return (struct vb_register){part->addr, value << part->shift};
}

/* Return what the flash of a board of this chip without a key holds after an encrypted write. */
static void write_without_key(uint8_t landed[64], const struct eg_target *target)
{
    write_and_look(landed, fast(target), false, 0);
}

/*
 * Purposes of the first key block and of block `at`, whose fields are in different words; some ciphers cannot
 * use block 5.
 */
static void a_pair_of_keys_counts_where_the_chip_takes_keys_of_256_bits(void **state)
{
    static const struct {
        const char *target;
        uint32_t first, second, at;
        bool encrypts;
    } rows[] = {
        {"esp32s3", 2, 3, 2, true},  {"esp32s3", 2, 0, 2, false}, {"esp32s3", 0, 3, 2, false},
        {"esp32c3", 2, 3, 2, false}, {"esp32c3", 4, 0, 2, true},  {"esp32s3", 2, 3, 5, false},
        {"esp32s2", 2, 3, 5, true},  {"esp32c3", 0, 4, 5, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct eg_target *target = eg_target_by_name(rows[i].target);
        struct vb_config config = fast(target);
        uint8_t none[64], landed[64];

        write_without_key(none, target);
        config.registers[0] = burnt(target, EG_FIELD_KEY_PURPOSE, rows[i].first);
        config.registers[1] = burnt(target, EG_FIELD_KEY_PURPOSE + rows[i].at, rows[i].second);
        config.register_count = 2;
        write_and_look(landed, config, false, 0);
        if ((memcmp(landed, none, sizeof none) != 0) != rows[i].encrypts)
            fail_msg("row %zu", i);
    }
}

/* Store bytes of a key where hosts burn them, in reverse order; they count up from `first`. */
static void burn_key(struct vb_config *config, unsigned block, size_t size, uint8_t first)
{
    const struct eg_efuse *map = eg_efuse_of(config->target);

    for (size_t word = 0; word < size / 4; word++) {
        uint8_t bytes[4];

        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(first + size - 1 - 4 * word - i);
        config->registers[config->register_count++] =
            (struct vb_register){map->base + map->blocks[block].read + 4 * (uint32_t)word, eg_get32(bytes)};
    }
}

static void counted(uint8_t *key, size_t size)
{
    for (size_t i = 0; i < size; i++)
        key[i] = (uint8_t)i;
}

static void the_key_that_is_burnt_is_the_one_that_encrypts(void **state)
{
    uint8_t key[64], plain[64], landed[64], expected[64];
    struct eg_error err;

    (void)state;
    memset(plain, PLAIN_BYTE, sizeof plain);
    counted(key, sizeof key);

    struct vb_config config = fast(eg_target_by_name("esp32c3"));
    config.registers[config.register_count++] = burnt(config.target, EG_FIELD_KEY_PURPOSE + 3, 4);
    burn_key(&config, 7, 32, 0);
    write_and_look(landed, config, false, 0);
    memcpy(expected, plain, sizeof plain);
    vb__cipher_xts(key, 32, true, ADDR, expected, sizeof expected);
    assert_memory_equal(landed, expected, sizeof landed);

    /* The pair of keys has priority over the single key. */
    config = fast(eg_target_by_name("esp32s3"));
    config.registers[config.register_count++] = burnt(config.target, EG_FIELD_KEY_PURPOSE, 3);
    config.registers[0].word |= burnt(config.target, EG_FIELD_KEY_PURPOSE + 1, 2).word; /* in the same word */
    config.registers[config.register_count++] = burnt(config.target, EG_FIELD_KEY_PURPOSE + 2, 4);
    burn_key(&config, 5, 32, 0);
    burn_key(&config, 4, 32, 32);
    write_and_look(landed, config, false, 0);
    memcpy(expected, plain, sizeof plain);
    vb__cipher_xts(key, 64, true, ADDR, expected, sizeof expected);
    assert_memory_equal(landed, expected, sizeof landed);

    /* Half a block is hashed. */
    config = fast(eg_target_by_name("esp32c2"));
    burn_key(&config, 3, 16, 0);
    write_and_look(landed, config, false, 0);
    assert_ok(eg_sha256(key, key, 16, &err), err);
    memcpy(expected, plain, sizeof plain);
    vb__cipher_xts(key, 32, true, ADDR, expected, sizeof expected);
    assert_memory_equal(landed, expected, sizeof landed);
    counted(key, sizeof key);
}

/* With the stub, because an ESP32's ROM has no encrypted writing. */
static void an_esp32_encrypts_with_block_1_and_its_address_bits(void **state)
{
    (void)state;
    player_need_stub("esp32");
    for (unsigned coding = 0; coding < 2; coding++) {
        struct vb_config config = fast(eg_target_by_name("esp32"));
        uint8_t key[32], expected[64], landed[64];

        counted(key, sizeof key);
        burn_key(&config, 1, coding == 0 ? 32 : 24, 0);
        if (coding == 1)
            memcpy(key + 24, key + 8, 8);
        config.registers[config.register_count++] = burnt(config.target, EG_FIELD_CRYPT_CONFIG, 5);
        config.registers[config.register_count++] = burnt(config.target, EG_FIELD_CODING_SCHEME, coding);
        write_and_look(landed, config, true, 0);
        memset(expected, PLAIN_BYTE, sizeof expected);
        vb__cipher_esp32(key, 5, true, ADDR, expected, sizeof expected);
        assert_memory_equal(landed, expected, sizeof landed);
    }
}

/* A ROM that decompresses gets pieces of any size. */
static void pieces_of_no_whole_block_are_put_together(void **state)
{
    struct vb_config config = fast(eg_target_by_name("esp32c3"));
    uint8_t whole[64], plain[BLOCK], packed[BLOCK], landed[64];
    uLongf size = sizeof packed;
    struct player player;

    (void)state;
    config.flash_encryption = true;
    write_and_look(whole, config, false, 0);
    memset(plain, PLAIN_BYTE, sizeof plain);
    assert_int_equal(compress(packed, &size, plain, sizeof plain), Z_OK);
    player_open(&player, config);
    player_command(&player, 0x10, WORDS(BLOCK, (uint32_t)(size + 6) / 7, 7, ADDR, 1));
    assert_int_equal(player_status(&player, 0), 0);
    for (uint32_t at = 0; at < size; at += 7)
        assert_int_equal(player_block(&player, 0x11, at / 7, packed + at, size - at < 7 ? size - at : 7), 0);
    memcpy(landed, player_flash(&player) + ADDR, sizeof landed);
    assert_memory_equal(landed, whole, sizeof whole);
    vb_board_destroy(player.board);
}

/* On an ESP32-C2, the key takes half of its block or all of it. */
static void a_key_in_the_one_block_is_hidden_or_not_zero(void **state)
{
    static const struct {
        struct vb_register words[2];
        bool encrypts;
    } rows[] = {
        {{{0x60008860, 0}}, false},
        {{{0x6000886c, 1}}, true},
        {{{0x60008870, 1}}, false}, /* the upper half, of a key of 128 bits */
        {{{0x60008870, 1}, {0x60008830, 1u << 10}}, true},
        {{{0x60008830, 1}}, true},
        {{{0x60008830, 1u << 10 | 1}}, false},
        {{{0x60008830, 1u << 10 | 3}}, true},
    };
    const struct eg_target *target = eg_target_by_name("esp32c2");
    struct vb_config config = fast(target);
    uint8_t none[64], landed[64];

    (void)state;
    write_without_key(none, target);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        config = fast(target);
        memcpy(config.registers, rows[i].words, sizeof rows[i].words);
        config.register_count = rows[i].words[1].addr != 0 ? 2 : 1;
        write_and_look(landed, config, false, 0);
        if ((memcmp(landed, none, sizeof none) != 0) != rows[i].encrypts)
            fail_msg("row %zu", i);
    }
}

static void the_esp8266_stub_refuses_to_encrypt(void **state)
{
    uint8_t landed[64], blank[64];

    (void)state;
    player_need_stub("esp8266");
    memset(blank, 0xff, sizeof blank);
    write_and_look(landed, fast(eg_target_by_name("esp8266")), true, 0xc400);
    assert_memory_equal(landed, blank, sizeof blank);
}

static void encrypted_writes_need_whole_blocks_of_the_cipher(void **state)
{
    (void)state;
    player_need_stub("esp32");
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        const struct eg_target *target = eg_targets[i];
        struct vb_config config = fast(target);
        struct player player;

        config.flash_encryption = true;
        if (target->key_rule == EG_KEY_NONE || target->stub == NULL)
            continue;
        player_open(&player, config);
        player_start_own_stub(&player);
        assert_chip(&player, write_encrypted(&player, true, ADDR + target->encrypted_align / 2) == 0xc400);
        assert_chip(&player, write_encrypted(&player, true, ADDR + target->encrypted_align) == 0);
        vb_board_destroy(player.board);
    }
}

/* Encryption is on if the count has an odd number of bits. */
static void running_code_sees_the_flash_decrypted(void **state)
{
    static const struct {
        uint32_t count, encrypted;
        bool runs;
    } rows[] = {{1, 1, true}, {1, 0, false}, {3, 1, false}, {3, 0, true}, {7, 1, true}, {0, 0, true}};
    static uint8_t image[0x400];
    const struct eg_target *target = eg_target_by_name("esp32c3");

    (void)state;
    memset(image, 0xff, sizeof image);
    memcpy(image, (const uint8_t[]){0xe9, 0x00, 0x02, 0x2f, 0x50, 0x06, 0x38, 0x40}, 8);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vb_config config = fast(target);
        struct player player;

        config.registers[0] = burnt(target, EG_FIELD_FLASH_CRYPT_COUNT, rows[i].count);
        config.registers[0].word |= burnt(target, EG_FIELD_KEY_PURPOSE, 4).word; /* in the same word */
        config.register_count = 1;
        player_open(&player, config);
        player_command(&player, 0x02, WORDS(0x400, 1, 0x400, 0, rows[i].encrypted));
        assert_int_equal(player_block(&player, 0x03, 0, image, sizeof image), 0);
        player_hard_reset(&player);
        player_idle(&player, 100000);
        assert_int_equal(player_count(&player, "entry 0x40380650"), rows[i].runs);
        assert_int_equal(player_count(&player, "invalid header") == 0, rows[i].runs);
        vb_board_destroy(player.board);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(efuse_and_security_info_agree_on_every_chip),
        cmocka_unit_test(a_board_without_security_shows_none),
        cmocka_unit_test(an_esp32_has_secure_boot_v2_from_revision_3_or_when_it_is_not_asked_for_v1),
        cmocka_unit_test(registers_of_the_configuration_count_as_burnt),
        cmocka_unit_test(data_sent_encrypted_is_stored_as_cipher_text),
        cmocka_unit_test(encrypting_without_a_key_or_against_efuse_makes_garbage),
        cmocka_unit_test(the_key_manager_takes_the_place_of_a_key_in_efuse),
        cmocka_unit_test(a_pair_of_keys_counts_where_the_chip_takes_keys_of_256_bits),
        cmocka_unit_test(the_key_that_is_burnt_is_the_one_that_encrypts),
        cmocka_unit_test(an_esp32_encrypts_with_block_1_and_its_address_bits),
        cmocka_unit_test(pieces_of_no_whole_block_are_put_together),
        cmocka_unit_test(a_key_in_the_one_block_is_hidden_or_not_zero),
        cmocka_unit_test(the_esp8266_stub_refuses_to_encrypt),
        cmocka_unit_test(encrypted_writes_need_whole_blocks_of_the_cipher),
        cmocka_unit_test(running_code_sees_the_flash_decrypted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
