/* SPDX-License-Identifier: Apache-2.0 */

/* Answers of the simulated ROM loaders that no recording covers. */

#include "tests/tools/vboard/player.h"

#include <zlib.h>

#define BLOCK 0x400u

static struct vb_config fast(const char *target)
{
    return (struct vb_config){.target = eg_target_by_name(target), .fast = true};
}

/* Check that the ROM answers an unsupported command from its last reply, with 01 05. */
static void assert_unsupported(struct player *player, uint8_t op, size_t words)
{
    static const uint32_t zeros[8];

    assert_true(player_try(player, PLAYER_LIMIT, op, zeros, words));
    assert_int_not_equal(player->op, op);
    assert_int_equal(player_status(player, 0), 0x0105);
}

static void an_unknown_command_is_answered_under_the_opcode_before(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, fast("esp32"));
    assert_true(player_sync(&player));
    assert_unsupported(&player, 0xd0, 0);
    assert_int_equal(player.op, 0x08);
    assert_int_equal(player.got_size, 8 * 14);
    player_command(&player, 0x0a, WORDS(0x40001000));
    assert_unsupported(&player, 0xd0, 0);
    assert_int_equal(player.op, 0x0a);
    assert_int_equal(player.value, 0x00f01d83);
    assert_int_equal(player.got_size, 14);
    vb_board_destroy(player.board);
}

static void every_rom_answers_sync_eight_times_with_its_status_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct player player;

        player_open(&player, fast(eg_targets[i]->name));
        assert_true(player_sync(&player));
        assert_chip(&player, player.value == 0x20120707);
        assert_chip(&player, player.got_size == 8 * (10u + player.target->rom_status_size));
        vb_board_destroy(player.board);
    }
}

static void every_rom_lacks_what_its_target_lacks(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct player player;

        player_open(&player, fast(eg_targets[i]->name));
        for (unsigned op = 0x02; op < 0x20; op++) {
            /* Commands that leave the loader or wait for more data, and the one command that only the
             * ESP8266 has. */
            if (op == 0x04 || op == 0x06 || op == 0x0b || op == 0x0f || op == 0x12 ||
                (player.target->rom_commands & EG_ROM_HAS(op)) != 0)
                continue;
            assert_true(player_sync(&player));
            assert_unsupported(&player, (uint8_t)op, 0);
        }
        assert_true(player_sync(&player));
        assert_unsupported(&player, 0xd0, 0);
        vb_board_destroy(player.board);
    }
}

static void secure_download_mode_leaves_eight_commands(void **state)
{
    static const uint8_t kept[] = {0x02, 0x03, 0x04, 0x08, 0x0b, 0x0d, 0x0f, 0x14};

    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct vb_config config = fast(eg_targets[i]->name);
        struct player player;

        config.secure_download = true;
        player_open(&player, config);
        if ((player.target->rom_commands & EG_ROM_HAS(0x14)) == 0) {
            player_register(&player, 0x40001000);
            vb_board_destroy(player.board);
            continue;
        }
        player_command(&player, 0x14, NULL, 0);
        assert_chip(&player, eg_get32(player.data) == 1u << 2);
        player_command(&player, 0x0b, WORDS(0, 0x400000, 0x10000, 0x1000, 0x100, 0xffff));
        player_command(&player, 0x02, WORDS(BLOCK, 1, BLOCK, 0, 0));
        assert_chip(&player, player_status(&player, 0) == 0);
        for (unsigned op = 0x01; op <= 0xff; op++) {
            if (memchr(kept, (int)op, sizeof kept) != NULL)
                continue;
            assert_true(player_sync(&player));
            assert_unsupported(&player, (uint8_t)op, 4);
        }
        vb_board_destroy(player.board);
    }
}

static void security_info_has_twenty_bytes_and_twelve_on_the_s2(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        const struct eg_target *target = eg_targets[i];
        struct player player;

        player_open(&player, fast(target->name));
        if ((target->rom_commands & EG_ROM_HAS(0x14)) == 0) {
            assert_unsupported(&player, 0x14, 0);
        } else {
            player_command(&player, 0x14, NULL, 0);
            assert_chip(&player, player.size == (target->detect == EG_DETECT_MAGIC ? 12u : 20u) + 4);
            assert_chip(&player, eg_get32(player.data) == 0);
            assert_chip(&player,
                        target->detect == EG_DETECT_MAGIC || eg_get32(player.data + 12) == target->chip_id);
        }
        vb_board_destroy(player.board);
    }
}

static void begin_takes_a_fifth_word_where_the_rom_can_encrypt_and_nowhere_else(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        const bool fifth = (eg_targets[i]->quirks & EG_QUIRK_ENCRYPT_WORD) != 0;
        struct player player;

        player_open(&player, fast(eg_targets[i]->name));
        player_command(&player, 0x02, WORDS(BLOCK, 1, BLOCK, 0));
        assert_chip(&player, player_status(&player, 0) == (fifth ? 0x0105u : 0));
        player_command(&player, 0x02, WORDS(BLOCK, 1, BLOCK, 0, 0));
        assert_chip(&player, player_status(&player, 0) == (fifth ? 0 : 0x0105u));
        vb_board_destroy(player.board);
    }
}

/* Write a block of zeros through the ROM; return its status. */
static unsigned write_zeros(struct player *player, uint32_t addr)
{
    static const uint8_t zeros[BLOCK];
    const bool fifth = (player->target->quirks & EG_QUIRK_ENCRYPT_WORD) != 0;
    const uint32_t words[] = {BLOCK, 1, BLOCK, addr, 0};

    player_command(player, 0x02, words, fifth ? 5 : 4);
    assert_int_equal(player_status(player, 0), 0);
    return player_block(player, 0x03, 0, zeros, sizeof zeros);
}

static void addresses_of_a_rom_wrap_at_16_mb(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct vb_config config = fast(eg_targets[i]->name);
        struct player player;

        config.part = player_part("W25Q256JV");
        player_open(&player, config);
        player_command(&player, 0x0b, WORDS(0, 32u << 20, 0x10000, 0x1000, 0x100, 0xffff));
        assert_int_equal(write_zeros(&player, (16u << 20) + 0x3000), 0);
        assert_chip(&player, player_flash(&player)[0x3000] == 0x00);
        assert_chip(&player, player_flash(&player)[(16u << 20) + 0x3000] == 0xff);
        vb_board_destroy(player.board);
    }
}

static void a_register_is_written_under_its_mask_after_its_delay(void **state)
{
    struct player player;
    uint64_t begun_us;

    (void)state;
    player_open(&player, (struct vb_config){0});
    player_put_register(&player, 0x3ffb0000, 0x11223344);
    begun_us = player.now_us;
    /* Two BEGIN commands at once; the second changes nothing and waits. */
    player_command(&player, 0x09,
                   WORDS(0x3ffb0000, 0xaabbccdd, 0x00ff00ff, 0, 0x3ffb0004, 0xffffffff, 0, 20000));
    assert_in_range(player.answered_us - begun_us, 20000, 40000);
    assert_int_equal(player_register(&player, 0x3ffb0000), 0x11bb33dd);
    assert_int_equal(player_register(&player, 0x3ffb0004), 0);
    vb_board_destroy(player.board);
}

static void the_reply_to_a_jump_may_be_lost(void **state)
{
    struct vb_config config = fast("esp32");
    const struct eg_stub *stub = player_need_stub("esp32");
    struct player player;
    struct eg_error err;

    (void)state;
    assert_ok(vb_fault_parse(&config.faults[0], "no-jump-reply", &err), err);
    config.fault_count = 1;
    player_open(&player, config);
    player_upload(&player, stub->text_addr, stub->text, stub->text_size);
    player_upload(&player, stub->data_addr, stub->data, stub->data_size);
    player_command(&player, 0x06, WORDS(1, 0));
    assert_false(player_try(&player, 100000, 0x06, WORDS(0, stub->entry)));
    assert_int_equal(player.got_size, 6);
    assert_memory_equal(player.got, "\xc0OHAI\xc0", 6);
    vb_board_destroy(player.board);
}

static void an_end_of_0_restarts_without_looking_at_the_strap(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct player player;

        player_open(&player, fast(eg_targets[i]->name));
        player_command(&player, 0x04, WORDS(0));
        player_idle(&player, 100000);
        if (!player_sync(&player))
            fail_msg("%s: not in its loader again", player.target->name);
        vb_board_destroy(player.board);
    }
}

static void secure_boot_on_the_c3_refuses_the_jump(void **state)
{
    struct vb_config config = fast("esp32c3");
    struct player player;

    (void)state;
    config.secure_boot = true;
    player_open(&player, config);
    player_command(&player, 0x06, WORDS(0, 0x40380e9a));
    assert_int_equal(player_status(&player, 0), 0x0106);
    assert_true(player_sync(&player));
    vb_board_destroy(player.board);
}

static void secure_boot_on_the_s3_starts_a_stub_through_the_pointer(void **state)
{
    struct vb_config config = fast("esp32s3");
    const struct eg_stub *stub = player_need_stub("esp32s3");
    struct player player;

    (void)state;
    config.secure_boot = true;
    player_open(&player, config);
    player_upload(&player, stub->text_addr, stub->text, stub->text_size);
    player_upload(&player, stub->data_addr, stub->data, stub->data_size);
    player_command(&player, 0x09, WORDS(config.target->stub_hook_addr, stub->entry, UINT32_MAX, 0));
    player_send(&player, BYTES(0xc0, 0x00, 0x0e, 0x08, 0x00, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc0));
    assert_int_equal(player.got_size, 6);
    assert_memory_equal(player.got, "\xc0OHAI\xc0", 6);
    vb_board_destroy(player.board);
}

static void flash_beyond_2_mb_needs_the_size_first(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, fast("esp32"));
    player_command(&player, 0x02, WORDS(BLOCK, 1, BLOCK, 0x200000));
    assert_int_equal(player_status(&player, 0), 0x0106);
    player_command(&player, 0x0b, WORDS(0, 0x400000, 0x10000, 0x1000, 0x100, 0xffff));
    player_command(&player, 0x02, WORDS(BLOCK, 1, BLOCK, 0x200000));
    assert_int_equal(player_status(&player, 0), 0);
    vb_board_destroy(player.board);
}

static void a_wrong_checksum_is_refused_and_the_block_may_come_again(void **state)
{
    struct player player;
    uint8_t payload[16 + BLOCK] = {0}, wire[3 * BLOCK];

    (void)state;
    player_open(&player, fast("esp32"));
    player_command(&player, 0x02, WORDS(BLOCK, 1, BLOCK, 0));
    eg_put32(payload, BLOCK);
    player_send(&player, wire, player_pack(wire, 0x03, 0x12, payload, sizeof payload));
    assert_true(player_answer(&player, PLAYER_LIMIT));
    assert_int_equal(player_status(&player, 0), 0x0107);
    assert_int_equal(player_flash(&player)[0], 0xff);
    assert_int_equal(player_block(&player, 0x03, 0, payload + 16, BLOCK), 0);
    assert_int_equal(player_flash(&player)[0], 0x00);
    vb_board_destroy(player.board);
}

static void the_rom_inflates(void **state)
{
    struct player player;
    uint8_t data[3000], packed[4000];
    uLongf size = sizeof packed;

    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * i >> 4);
    assert_int_equal(compress2(packed, &size, data, sizeof data, 9), Z_OK);
    player_open(&player, fast("esp32"));
    player_command(&player, 0x10, WORDS(0xc00, (uint32_t)(size + BLOCK - 1) / BLOCK, BLOCK, 0x3000));
    for (uLongf at = 0; at < size; at += BLOCK)
        assert_int_equal(player_block(&player, 0x11, (uint32_t)(at / BLOCK), packed + at,
                                      size - at < BLOCK ? size - at : BLOCK),
                         0);
    assert_memory_equal(player_flash(&player) + 0x3000, data, sizeof data);
    player_command(&player, 0x10, WORDS(0xc00, 1, BLOCK, 0x3000));
    assert_int_equal(player_block(&player, 0x11, 0, data, 100), 0x010b);
    vb_board_destroy(player.board);
}

static void begin_erases_before_it_answers(void **state)
{
    struct vb_config config = {0};
    struct player player;
    uint64_t begun_us;

    (void)state;
    for (int maximum = 0; maximum < 2; maximum++) {
        const uint64_t sector_us = vb_flash_parts[0].sector_us[maximum];

        config.maximum_times = maximum != 0;
        player_open(&player, config);
        begun_us = player.now_us;
        player_command(&player, 0x02, WORDS(0x11000, 68, BLOCK, 0x10000));
        assert_in_range(player.answered_us - begun_us, 17 * sector_us, 17 * sector_us + 10000);
        vb_board_destroy(player.board);
    }
}

static void a_block_is_programmed_before_it_is_answered(void **state)
{
    struct player player;
    uint8_t data[BLOCK] = {0};
    uint64_t begun_us;

    (void)state;
    player_open(&player, (struct vb_config){0});
    player_command(&player, 0x02, WORDS(BLOCK, 1, BLOCK, 0));
    begun_us = player.now_us;
    assert_int_equal(player_block(&player, 0x03, 0, data, sizeof data), 0);
    /* 26 bytes around the data, 14 bytes of reply, 32 commands of 32 bytes, each 107 + 20 us. */
    assert_in_range(player.answered_us - begun_us, (BLOCK + 40) * UINT64_C(10000000) / 115200 + 32 * 127,
                    (BLOCK + 40) * UINT64_C(10000000) / 115200 + 32 * 127 + 500);
    vb_board_destroy(player.board);
}

/* Return how many sectors a size word makes the ESP8266 ROM erase, in a flash full of zeros. */
static unsigned erased_sectors(uint32_t addr, uint32_t word)
{
    struct player player;
    static uint8_t zeros[0x4000];
    unsigned sectors = 0;

    player_open(&player, fast("esp8266"));
    player_command(&player, 0x02, WORDS(0, 0x40000 / 0x4000, 0x4000, 0));
    for (uint32_t at = 0; at < 0x40000; at += sizeof zeros)
        assert_int_equal(player_block(&player, 0x03, at / 0x4000, zeros, sizeof zeros), 0);
    player_command(&player, 0x02, WORDS(word, 1, BLOCK, addr));
    for (uint32_t at = 0; at < 0x40000; at += 0x1000)
        sectors += player_flash(&player)[at] == 0xff;
    vb_board_destroy(player.board);
    return sectors;
}

static void the_esp8266_erases_too_much(void **state)
{
    (void)state;
    assert_int_equal(erased_sectors(0, 0x4000), 8);
    assert_int_equal(erased_sectors(0, 0x10000), 0x20);
    assert_int_equal(erased_sectors(0xf000, 0x2000), 3);
    assert_int_equal(erased_sectors(0x8000, 0x8000), 0x10);
}

static void the_esp8266_knows_ten_commands(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, fast("esp8266"));
    assert_true(player_sync(&player));
    assert_int_equal(player.got_size, 8 * 12);
    player_command(&player, 0x0a, WORDS(0x40001000));
    assert_int_equal(player.value, 0xfff0c101);
    assert_unsupported(&player, 0x13, 4);
    assert_unsupported(&player, 0x0f, 2);
    player_command(&player, 0x0b, WORDS(0, 0x400000, 0x10000, 0x1000, 0x100, 0xffff));
    assert_int_equal(player_status(&player, 0), 0);
    vb_board_destroy(player.board);
}

static void an_end_of_1_leaves_the_loader(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, fast("esp32"));
    player_command(&player, 0x02, WORDS(0, 0, BLOCK, 0));
    player_command(&player, 0x04, WORDS(1));
    player_idle(&player, 100000);
    assert_false(player_sync(&player));
    vb_board_destroy(player.board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_command_is_answered_under_the_opcode_before),
        cmocka_unit_test(every_rom_answers_sync_eight_times_with_its_status_bytes),
        cmocka_unit_test(every_rom_lacks_what_its_target_lacks),
        cmocka_unit_test(secure_download_mode_leaves_eight_commands),
        cmocka_unit_test(security_info_has_twenty_bytes_and_twelve_on_the_s2),
        cmocka_unit_test(begin_takes_a_fifth_word_where_the_rom_can_encrypt_and_nowhere_else),
        cmocka_unit_test(addresses_of_a_rom_wrap_at_16_mb),
        cmocka_unit_test(a_register_is_written_under_its_mask_after_its_delay),
        cmocka_unit_test(the_reply_to_a_jump_may_be_lost),
        cmocka_unit_test(secure_boot_on_the_c3_refuses_the_jump),
        cmocka_unit_test(secure_boot_on_the_s3_starts_a_stub_through_the_pointer),
        cmocka_unit_test(flash_beyond_2_mb_needs_the_size_first),
        cmocka_unit_test(a_wrong_checksum_is_refused_and_the_block_may_come_again),
        cmocka_unit_test(the_rom_inflates),
        cmocka_unit_test(begin_erases_before_it_answers),
        cmocka_unit_test(a_block_is_programmed_before_it_is_answered),
        cmocka_unit_test(the_esp8266_erases_too_much),
        cmocka_unit_test(the_esp8266_knows_ten_commands),
        cmocka_unit_test(an_end_of_1_leaves_the_loader),
        cmocka_unit_test(an_end_of_0_restarts_without_looking_at_the_strap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
