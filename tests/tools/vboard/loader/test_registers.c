/* SPDX-License-Identifier: Apache-2.0 */

/* Registers of a simulated board: its identity, and values that a configuration puts in their place. */

#include "tests/tools/vboard/player.h"

static struct vb_config fast(const char *target)
{
    return (struct vb_config){.target = eg_target_by_name(target), .fast = true};
}

static void each_chip_is_of_a_revision_that_runs_its_stub(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct player player;
        uint16_t revision;

        player_open(&player, fast(eg_targets[i]->name));
        assert_true(eg_target_revision(player.target, player_read_word, &player, &revision));
        assert_chip(&player,
                    (eg_target_stub(player.target, revision) == NULL) == (player.target->stub == NULL));
        vb_board_destroy(player.board);
    }
}

static void a_mac_with_an_extension_makes_an_eui_64(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct player player;
        uint8_t extension[2];

        if ((eg_targets[i]->quirks & EG_QUIRK_MAC_EXTENSION) == 0)
            continue;
        player_open(&player, fast(eg_targets[i]->name));
        assert_true(eg_target_mac_extension(player.target, player_read_word, &player, extension));
        assert_chip(&player, extension[0] == 0xff && extension[1] == 0xfe);
        vb_board_destroy(player.board);
    }
}

static void revision_0_can_be_asked_for(void **state)
{
    struct vb_config config = fast("esp32c2");
    struct player player;
    uint16_t revision;

    (void)state;
    config.revision = VB_REVISION_0;
    player_open(&player, config);
    assert_true(eg_target_revision(player.target, player_read_word, &player, &revision));
    assert_int_equal(revision, 0);
    vb_board_destroy(player.board);
}

static void words_of_the_configuration_hold_after_every_reset(void **state)
{
    struct vb_config config = fast("esp32c6");
    const struct eg_field *fields = config.target->field;
    struct player player;
    const char *package;

    (void)state;
    /* Package 1, which has flash inside. */
    config.registers[0].addr = fields[EG_FIELD_PACKAGE].part[0].addr;
    config.registers[0].word = 1u << fields[EG_FIELD_PACKAGE].part[0].shift;
    config.registers[1].addr = fields[EG_FIELD_FLASH_CAP].part[0].addr;
    config.registers[1].word = 1u << fields[EG_FIELD_FLASH_CAP].part[0].shift;
    config.registers[2] = (struct vb_register){0x60001234, 0x89abcdef};
    config.register_count = 3;
    player_open(&player, config);
    for (int i = 0; i < 2; i++) {
        assert_true(eg_target_package(player.target, player_read_word, &player, &package));
        assert_string_equal(package, "ESP32-C6FH4 (QFN32)");
        assert_int_equal(player_register(&player, 0x60001234), 0x89abcdef);
        player_put_register(&player, 0x60001234, 0);
        assert_int_equal(player_register(&player, 0x60001234), 0);
        player_enter_loader(&player);
        assert_true(player_sync(&player));
    }
    vb_board_destroy(player.board);
}

static void a_revision_in_the_words_decides_which_stub_runs(void **state)
{
    const struct eg_target *target = eg_target_by_name("esp32p4");
    struct vb_config config = fast("esp32p4");
    struct player player;

    (void)state;
    player_need_stub("esp32p4");
    config.registers[0] = (struct vb_register){target->field[EG_FIELD_REV_MAJOR].part[0].addr, 3u << 4};
    config.register_count = 1;
    player_open(&player, config);
    player_start_stub(&player, "esp32p4");
    vb_board_destroy(player.board);
}

static void the_peripherals_of_an_esp32_are_in_two_places(void **state)
{
    static const uint32_t efuse_mac = 0x3ff5a004, spi_data = 0x3ff42080, apart = 0x60000000 - 0x3ff40000;
    struct player player;
    uint32_t here, there;

    (void)state;
    player_open(&player, fast("esp32"));
    assert_true(player_read_word(&player, efuse_mac, &here));
    assert_true(player_read_word(&player, efuse_mac + apart, &there));
    assert_int_not_equal(here, 0);
    assert_int_equal(here, there);
    player_command(&player, 0x09, WORDS(spi_data + apart, 0x12345678, UINT32_MAX, 0));
    assert_true(player_read_word(&player, spi_data, &here));
    assert_int_equal(here, 0x12345678);
    vb_board_destroy(player.board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_chip_is_of_a_revision_that_runs_its_stub),
        cmocka_unit_test(a_mac_with_an_extension_makes_an_eui_64),
        cmocka_unit_test(revision_0_can_be_asked_for),
        cmocka_unit_test(words_of_the_configuration_hold_after_every_reset),
        cmocka_unit_test(a_revision_in_the_words_decides_which_stub_runs),
        cmocka_unit_test(the_peripherals_of_an_esp32_are_in_two_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
