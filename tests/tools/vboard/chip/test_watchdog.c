/* SPDX-License-Identifier: Apache-2.0 */

/* The watchdogs of a simulated board: which resets which, and how a host uses them. */

#include "tests/tools/vboard/player.h"

#define LONG_US 10000000u

static void lines(struct player *player, bool rts, bool dtr)
{
    vb_board_set_lines(player->board, player->now_us, dtr, rts);
}

/* Enter the loader by a core reset over USB-Serial/JTAG, which leaves the watchdogs running. */
static void start(struct player *player, const char *target, bool fast)
{
    player_start(player, (struct vb_config){
                             .target = eg_target_by_name(target), .usb = VB_USB_SERIAL_JTAG, .fast = fast});
    player_idle(player, 1000);
    lines(player, false, true);
    lines(player, true, true);
    lines(player, true, false);
    player_idle(player, 10000);
    lines(player, false, false);
    assert_true(player_sync(player));
    player_attach(player, 0);
}

static void write_list(struct player *player, const struct eg_register_write *list, size_t from, size_t to)
{
    for (size_t i = from; i < to && list[i].addr != 0; i++) {
        const uint32_t mask = list[i].set_mask | list[i].clear_mask;

        player_command(player, 0x09,
                       WORDS(list[i].addr, mask != 0 ? list[i].set_mask : list[i].value,
                             mask != 0 ? mask : UINT32_MAX, 0));
    }
}

static void a_loader_reached_by_usb_is_bitten_unless_both_are_off(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        static const struct {
            size_t from, to; /* rows of the list to write */
            bool bitten;
        } rows[] = {{0, 0, true}, {0, 3, true}, {3, 6, true}, {0, 6, false}};

        if ((eg_targets[i]->quirks & EG_QUIRK_USB_WATCHDOGS) == 0)
            continue;
        for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
            struct player player;

            start(&player, eg_targets[i]->name, true);
            write_list(&player, eg_targets[i]->watchdogs_off, rows[row].from, rows[row].to);
            player.got_size = 0;
            player_idle(&player, LONG_US);
            assert_chip(&player, player_sync(&player) == !rows[row].bitten);
            vb_board_destroy(player.board);
        }
    }
}

static void a_bite_takes_the_port_off_the_bus(void **state)
{
    struct player player;
    unsigned gone = 0;

    (void)state;
    start(&player, "esp32c3", true);
    for (unsigned ms = 0; ms < LONG_US / 1000; ms += 100) {
        player_idle(&player, 100000);
        gone += !vb_board_present(player.board, player.now_us);
    }
    assert_in_range(gone, 2, 8);
    assert_true(vb_board_present(player.board, player.now_us));
    vb_board_destroy(player.board);
}

static void it_bites_in_the_middle_of_a_long_erase(void **state)
{
    struct player player;

    (void)state;
    start(&player, "esp32c3", false);
    player_command(&player, 0x0b, WORDS(0, 0x400000, 0x10000, 0x1000, 0x100, 0xffff));
    assert_false(player_try(&player, 60000000, 0x02, WORDS(0x400000, 4096, 0x400, 0, 0)));
    vb_board_destroy(player.board);

    start(&player, "esp32c3", false);
    write_list(&player, player.target->watchdogs_off, 0, 6);
    player_command(&player, 0x0b, WORDS(0, 0x400000, 0x10000, 0x1000, 0x100, 0xffff));
    assert_true(player_try(&player, 60000000, 0x02, WORDS(0x400000, 4096, 0x400, 0, 0)));
    assert_int_equal(player_status(&player, 0), 0);
    vb_board_destroy(player.board);
}

static void assert_not_bitten(struct vb_config config)
{
    struct player player;

    player_start(&player, config);
    player_idle(&player, LONG_US);
    assert_chip(&player, player_sync(&player));
    vb_board_destroy(player.board);
}

static void no_watchdog_bites_after_power_on_with_a_bridge_or_over_otg(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct vb_config config = {.target = eg_targets[i], .fast = true, .strap_low = true};

        assert_not_bitten(config);
        config.usb = VB_USB_SERIAL_JTAG;
        if ((eg_targets[i]->quirks & EG_QUIRK_USB_WATCHDOGS) != 0)
            assert_not_bitten(config);
        config.strap_low = false;
        config.force_download = true;
        if (!eg_field_exists(&eg_targets[i]->field[EG_FIELD_FORCE_DOWNLOAD]))
            continue;
        if ((eg_targets[i]->quirks & EG_QUIRK_USB_WATCHDOGS) != 0)
            assert_not_bitten(config);
        config.usb = VB_USB_OTG;
        assert_not_bitten(config);
    }
}

static void over_otg_nothing_bites_after_a_reset_by_lines(void **state)
{
    struct player player;

    (void)state;
    player_start(&player,
                 (struct vb_config){.target = eg_target_by_name("esp32s3"), .usb = VB_USB_OTG, .fast = true});
    lines(&player, false, true);
    lines(&player, true, true);
    lines(&player, true, false);
    player_idle(&player, LONG_US);
    assert_true(player_sync(&player));
    vb_board_destroy(player.board);
}

static void its_registers_take_nothing_while_locked(void **state)
{
    const struct eg_register_write *off = eg_target_by_name("esp32c3")->watchdogs_off;
    struct player player;

    (void)state;
    start(&player, "esp32c3", true);
    assert_int_not_equal(player_register(&player, off[1].addr), 0);
    player_put_register(&player, off[1].addr, 0);
    assert_int_not_equal(player_register(&player, off[1].addr), 0);
    player_put_register(&player, off[4].addr, off[4].set_mask);
    assert_int_equal(player_register(&player, off[4].addr), 0);
    write_list(&player, off, 0, 6);
    assert_int_equal(player_register(&player, off[1].addr), 0);
    assert_int_equal(player_register(&player, off[4].addr), off[4].set_mask);
    vb_board_destroy(player.board);
}

/* Entered the loader by a jumper, removed since: only a reset that samples the strap leads out. */
static void a_host_leaves_the_loader_by_letting_one_bite(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct player player;

        if (eg_targets[i]->watchdog_reset == NULL)
            continue;
        player_open(&player, (struct vb_config){.target = eg_targets[i], .fast = true});
        write_list(&player, eg_targets[i]->watchdog_reset, 0, 4);
        player.got_size = 0;
        player_idle(&player, 500000);
        assert_chip(&player, player_heard(&player, "rst:0x10 (RTCWDT_RTC_RST),boot:"));
        assert_chip(&player, !player_heard(&player, "waiting for download"));
        assert_chip(&player, !player_sync(&player));
        vb_board_destroy(player.board);
    }
}

static void a_bite_clears_the_flag_of_native_usb(void **state)
{
    struct player player;

    (void)state;
    start(&player, "esp32c3", true);
    lines(&player, false, true);
    write_list(&player, player.target->watchdog_reset, 0, 4);
    player_idle(&player, 1000000);
    assert_false(player_sync(&player));
    vb_board_destroy(player.board);
}

static void over_otg_a_watchdog_bite_leads_out_of_the_loader(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct vb_config config = {.target = eg_targets[i], .usb = VB_USB_OTG, .fast = true};
        struct player player;

        if (eg_targets[i]->otg_reset == EG_OTG_RESET_NONE || eg_targets[i]->watchdog_reset == NULL ||
            !eg_field_exists(&eg_targets[i]->field[EG_FIELD_FORCE_DOWNLOAD]))
            continue;
        config.force_download = true;
        player_start(&player, config);
        player_idle(&player, 100000);
        assert_chip(&player, player_sync(&player));
        assert_chip(&player, player_field(&player, EG_FIELD_FORCE_DOWNLOAD) == 1);
        write_list(&player, eg_targets[i]->watchdog_reset, 0, 4);
        player_idle(&player, 50000);
        assert_chip(&player, !vb_board_present(player.board, player.now_us));
        player_idle(&player, 1000000);
        assert_chip(&player, vb_board_present(player.board, player.now_us));
        assert_chip(&player, !player_sync(&player));
        vb_board_destroy(player.board);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loader_reached_by_usb_is_bitten_unless_both_are_off),
        cmocka_unit_test(a_bite_takes_the_port_off_the_bus),
        cmocka_unit_test(it_bites_in_the_middle_of_a_long_erase),
        cmocka_unit_test(no_watchdog_bites_after_power_on_with_a_bridge_or_over_otg),
        cmocka_unit_test(over_otg_nothing_bites_after_a_reset_by_lines),
        cmocka_unit_test(its_registers_take_nothing_while_locked),
        cmocka_unit_test(a_host_leaves_the_loader_by_letting_one_bite),
        cmocka_unit_test(a_bite_clears_the_flag_of_native_usb),
        cmocka_unit_test(over_otg_a_watchdog_bite_leads_out_of_the_loader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
