/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Whether a loader reaches its flash: pins, supply, a missing part, a sleeping one, one in a wrong start
 * state.
 */

#include "tests/tools/vboard/player.h"

#define PICO_PINS 0x0b408446u /* CLK 6, Q 17, D 8, HD 11, CS 16: the protocol's test vector */
#define ID        0x1640c8u

static struct vb_config fast(const char *target)
{
    return (struct vb_config){.target = eg_target_by_name(target), .fast = true};
}

/* Start a board in its loader, without attaching the flash. */
static void start(struct player *player, struct vb_config config)
{
    player_start(player, config);
    vb_board_set_host_baud(player->board, 0, 0);
    player_enter_loader(player);
    assert_true(player_sync(player));
}

static void a_rom_sees_its_flash_once_it_is_attached(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct player player;

        start(&player, fast(eg_targets[i]->name));
        assert_chip(&player, player_flash_id(&player) == VB_NO_FLASH);
        player_attach(&player, 0);
        assert_chip(&player, player_flash_id(&player) == ID);
        player_enter_loader(&player);
        assert_true(player_sync(&player));
        assert_chip(&player, player_flash_id(&player) == VB_NO_FLASH);
        vb_board_destroy(player.board);
    }
}

static void a_stub_attaches_itself_to_the_usual_pins(void **state)
{
    (void)state;
    player_need_stub("esp32");
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct player player;

        if (eg_targets[i]->stub == NULL)
            continue;
        start(&player, fast(eg_targets[i]->name));
        player_start_own_stub(&player);
        assert_chip(&player, player_flash_id(&player) == ID);
        vb_board_destroy(player.board);
    }
}

static void flash_on_other_pins_needs_their_numbers(void **state)
{
    struct vb_config config = fast("esp32c3");
    struct player player;

    (void)state;
    player_need_stub("esp32c3");
    config.spi_pins = 1 | 2u << 6 | 3u << 12 | 4u << 18 | 5u << 24;
    start(&player, config);
    player_attach(&player, 0);
    assert_int_equal(player_flash_id(&player), VB_NO_FLASH);
    player_attach(&player, config.spi_pins);
    assert_int_equal(player_flash_id(&player), ID);
    player_start_stub(&player, "esp32c3");
    assert_int_equal(player_flash_id(&player), VB_NO_FLASH);
    player_command(&player, 0x0d, WORDS(config.spi_pins));
    assert_int_equal(player_status(&player, 0), 0);
    assert_int_equal(player_flash_id(&player), ID);
    vb_board_destroy(player.board);
}

static void the_usual_pins_may_be_named(void **state)
{
    struct player player;

    (void)state;
    start(&player, fast("esp32"));
    player_attach(&player, 6 | 7u << 6 | 8u << 12 | 11u << 18 | 9u << 24);
    assert_int_equal(player_flash_id(&player), ID);
    player_attach(&player, VB_PINS_HSPI);
    assert_int_equal(player_flash_id(&player), VB_NO_FLASH);
    vb_board_destroy(player.board);
}

/* Return the pins word made from the eFuse pads, as a host sends it; 30 and 31 mean 32 and 33. */
static uint32_t pads(struct player *player)
{
    static const enum eg_field_id fields[] = {EG_FIELD_PAD_CLK, EG_FIELD_PAD_Q, EG_FIELD_PAD_D,
                                              EG_FIELD_PAD_CS, EG_FIELD_PAD_HD};
    uint32_t word = 0;

    for (unsigned i = 0; i < 5; i++) {
        const uint32_t pad = player_field(player, fields[i]);

        word |= (pad >= 30 ? pad + 2 : pad) << 6 * i;
    }
    return word;
}

static void an_esp32_has_its_pins_in_efuse_and_its_stub_finds_them(void **state)
{
    static const uint32_t pins[] = {PICO_PINS, 32 | 33u << 6 | 8u << 12 | 16u << 18 | 11u << 24};

    (void)state;
    player_need_stub("esp32");
    for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++) {
        struct vb_config config = fast("esp32");
        struct player player;

        config.spi_pins = pins[i];
        start(&player, config);
        player_attach(&player, 0);
        assert_int_equal(player_flash_id(&player), VB_NO_FLASH);
        assert_int_equal(pads(&player), pins[i]);
        player_attach(&player, pads(&player));
        assert_int_equal(player_flash_id(&player), ID);
        player_start_stub(&player, "esp32");
        assert_int_equal(player_flash_id(&player), ID);
        vb_board_destroy(player.board);
    }
}

static void an_esp32_with_its_flash_at_hspi_tells_its_stub_by_the_strap(void **state)
{
    struct vb_config config = fast("esp32");
    struct player player;

    (void)state;
    player_need_stub("esp32");
    config.spi_pins = VB_PINS_HSPI;
    start(&player, config);
    player_attach(&player, 0);
    assert_int_equal(player_flash_id(&player), VB_NO_FLASH);
    player_attach(&player, VB_PINS_HSPI);
    assert_int_equal(player_flash_id(&player), ID);
    player_start_stub(&player, "esp32");
    assert_int_equal(player_flash_id(&player), ID);
    vb_board_destroy(player.board);
}

static void an_absent_flash_reads_as_ones_and_a_write_hangs(void **state)
{
    struct vb_config config = fast("esp32");
    struct player player;

    (void)state;
    config.part = player_part("none");
    player_open(&player, config);
    assert_int_equal(player_flash_id(&player), 0xffffff);
    assert_int_equal(player_spi(&player, 0x5a, 0, 0, 0, 32), 0xffffffff);
    player_command(&player, 0x0e, WORDS(0, 64));
    assert_int_equal(player_status(&player, 64), 0);
    assert_int_equal(player.data[0], 0xff);
    player_command(&player, 0x13, WORDS(0, 0x1000, 0, 0));
    assert_memory_equal(player.data, "6ae59e64850377ee5470c854761551ea", 32);
    assert_false(player_try(&player, 1000000, 0x02, WORDS(0x1000, 4, 0x400, 0)));
    assert_false(player_sync(&player));
    player_enter_loader(&player);
    assert_true(player_sync(&player));
    vb_board_destroy(player.board);
}

static void a_write_that_hangs_changes_nothing(void **state)
{
    static const uint8_t zeros[0x400];
    struct player player;

    (void)state;
    player_open(&player, fast("esp32"));
    player_command(&player, 0x02, WORDS(sizeof zeros, 1, sizeof zeros, 0x1000));
    assert_int_equal(player_block(&player, 0x03, 0, zeros, sizeof zeros), 0);
    player_enter_loader(&player);
    assert_true(player_sync(&player));
    assert_false(player_try(&player, 1000000, 0x02, WORDS(0x4000, 16, 0x400, 0)));
    assert_int_equal(player_flash(&player)[0x1000], 0x00);
    vb_board_destroy(player.board);
}

static void a_part_that_started_badly_is_cured_by_sleep_and_a_rest(void **state)
{
    static const struct {
        uint8_t opcodes[4];
        unsigned rest_us;
        uint32_t id;
    } rows[] = {
        {{0xb9, 0x79, 0xff, 0xab}, 2000, 0x164020},
        {{0xb9, 0x79, 0xff, 0xab}, 0, 0x000020},
        {{0xb9, 0xff, 0xab, 0xab}, 2000, 0x000020},
        {{0x79, 0xff, 0xab, 0xab}, 2000, 0x000020},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vb_config config = {.part = player_part("XM25QH32-ODD")};
        struct player player;

        player_open(&player, config);
        player_command(&player, 0x0f, WORDS(4000000, 0)); /* the commands themselves take little time */
        player_idle(&player, 1000);
        assert_int_equal(player_flash_id(&player), 0x000020);
        assert_int_equal(player_spi(&player, 0x5a, 0x10, 0, 0, 8), 0x20);
        for (size_t step = 0; step < sizeof rows[i].opcodes; step++) {
            player_idle(&player, rows[i].rest_us);
            player_spi_op(&player, rows[i].opcodes[step]);
        }
        assert_int_equal(player_flash_id(&player), rows[i].id);
        vb_board_destroy(player.board);
    }
}

/* Write a list as a host does: read, modify, write. */
static void write_list(struct player *player, const struct eg_register_write *list)
{
    for (; list->addr != 0; list++) {
        if (list->set_mask == 0 && list->clear_mask == 0)
            player_put_register(player, list->addr, list->value);
        else
            player_put_register(player, list->addr,
                                (player_register(player, list->addr) | list->set_mask) & ~list->clear_mask);
    }
}

static void the_flash_of_some_esp32_p4_must_be_switched_on(void **state)
{
    const struct eg_target *target = eg_target_by_name("esp32p4");
    static const struct {
        uint16_t revision;
        bool off;
    } rows[] = {{103, false}, {300, false}, {301, true}, {302, true}, {303, false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vb_config config = fast("esp32p4");
        struct player player;

        config.revision = rows[i].revision;
        player_open(&player, config);
        assert_int_equal(player_flash_id(&player), rows[i].off ? VB_NO_FLASH : ID);
        write_list(&player, target->flash_on);
        assert_int_equal(player_flash_id(&player), ID);
        player_enter_loader(&player);
        assert_true(player_sync(&player));
        player_attach(&player, 0);
        assert_int_equal(player_flash_id(&player), rows[i].off ? VB_NO_FLASH : ID);
        vb_board_destroy(player.board);
    }
}

static void where_the_rom_has_forced_the_supply_that_must_be_taken_back(void **state)
{
    const struct eg_target *target = eg_target_by_name("esp32p4");
    const struct eg_field_part *xpd = &target->field[EG_FIELD_DOWNLOAD_XPD_ON].part[0];
    struct vb_config config = fast("esp32p4");
    struct player player;

    (void)state;
    config.revision = 302;
    config.registers[0] = (struct vb_register){xpd->addr, 1u << xpd->shift};
    config.register_count = 1;
    player_open(&player, config);
    assert_int_equal(player_field(&player, EG_FIELD_DOWNLOAD_XPD_ON), 1);
    assert_int_equal(player_register(&player, target->flash_on_already[0].addr) & 3, 3);
    assert_int_equal(player_flash_id(&player), VB_NO_FLASH);
    write_list(&player, target->flash_on);
    assert_int_equal(player_flash_id(&player), VB_NO_FLASH);
    write_list(&player, target->flash_on_already);
    assert_int_equal(player_flash_id(&player), ID);
    vb_board_destroy(player.board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rom_sees_its_flash_once_it_is_attached),
        cmocka_unit_test(a_stub_attaches_itself_to_the_usual_pins),
        cmocka_unit_test(flash_on_other_pins_needs_their_numbers),
        cmocka_unit_test(the_usual_pins_may_be_named),
        cmocka_unit_test(an_esp32_has_its_pins_in_efuse_and_its_stub_finds_them),
        cmocka_unit_test(an_esp32_with_its_flash_at_hspi_tells_its_stub_by_the_strap),
        cmocka_unit_test(an_absent_flash_reads_as_ones_and_a_write_hangs),
        cmocka_unit_test(a_write_that_hangs_changes_nothing),
        cmocka_unit_test(a_part_that_started_badly_is_cured_by_sleep_and_a_rest),
        cmocka_unit_test(the_flash_of_some_esp32_p4_must_be_switched_on),
        cmocka_unit_test(where_the_rom_has_forced_the_supply_that_must_be_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
