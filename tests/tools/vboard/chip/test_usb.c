/* SPDX-License-Identifier: Apache-2.0 */

/* Boards on the chip's own USB: ids, lines as requests, the port that comes and goes, small blocks. */

#include "tests/tools/vboard/player.h"

static struct vb_config fast(const struct eg_target *target, enum vb_usb usb)
{
    return (struct vb_config){.target = target, .usb = usb, .fast = true};
}

static void lines(struct player *player, bool rts, bool dtr)
{
    vb_board_set_lines(player->board, player->now_us, dtr, rts);
}

/* Send R0 D0 w0.1 D1 R0 w0.1 R1 D0 R1 w0.1 D0 R0, one line at a time. */
static void enter_by_usb_sequence(struct player *player)
{
    lines(player, false, false);
    player_idle(player, 100000);
    lines(player, false, true);
    player_idle(player, 100000);
    player->got_size = 0;
    lines(player, true, true);
    lines(player, true, false);
    player_idle(player, 100000);
    lines(player, false, false);
    player_idle(player, 1000);
}

static void assert_ids(const struct player *player, uint16_t vid, uint16_t pid)
{
    uint16_t got_vid, got_pid;

    vb_board_usb_ids(player->board, &got_vid, &got_pid);
    assert_chip(player, got_vid == vid);
    assert_chip(player, got_pid == pid);
}

static void the_port_has_the_ids_of_what_carries_it(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        const struct eg_target *target = eg_targets[i];
        struct player player;

        player_start(&player, fast(target, VB_USB_BRIDGE));
        assert_ids(&player, 0x10c4, 0xea60);
        vb_board_destroy(player.board);
        if (target->usb_serial_jtag) {
            player_start(&player, fast(target, VB_USB_SERIAL_JTAG));
            assert_ids(&player, 0x303a, 0x1001);
            vb_board_destroy(player.board);
        }
        if (target->otg_reset != EG_OTG_RESET_NONE) {
            player_start(&player, fast(target, VB_USB_OTG));
            assert_ids(&player, 0x303a, (uint16_t)target->image_chip_id);
            vb_board_destroy(player.board);
        }
    }
}

static void the_usb_sequence_leads_into_the_loader_and_the_classic_one_does_not(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct player player;

        if (!eg_targets[i]->usb_serial_jtag)
            continue;
        player_start(&player, fast(eg_targets[i], VB_USB_SERIAL_JTAG));
        player_enter_loader(&player);
        assert_chip(&player, !player_sync(&player));
        enter_by_usb_sequence(&player);
        assert_chip(&player, player_heard(&player, "rst:0x15 (USB_UART_CHIP_RESET)"));
        assert_chip(&player, vb_board_present(player.board, player.now_us));
        assert_chip(&player, player_sync(&player));
        vb_board_destroy(player.board);
    }
}

/* Reset with RTS alone, as hosts' hard reset does. */
static void hard_reset(struct player *player)
{
    player->got_size = 0;
    lines(player, true, false);
    player_idle(player, 200000);
    lines(player, false, false);
    player_idle(player, 200000);
}

static void without_the_flag_a_core_reset_runs_the_application(void **state)
{
    struct player player;

    (void)state;
    player_start(&player, fast(eg_target_by_name("esp32c3"), VB_USB_SERIAL_JTAG));
    enter_by_usb_sequence(&player);
    assert_true(player_sync(&player));
    hard_reset(&player);
    assert_true(player_heard(&player, "boot:0xc (SPI_FAST_FLASH_BOOT)"));
    assert_false(player_sync(&player));
    vb_board_destroy(player.board);
}

static void a_core_reset_does_not_sample_the_strap_again(void **state)
{
    struct vb_config config = fast(eg_target_by_name("esp32s3"), VB_USB_SERIAL_JTAG);
    struct player player;

    (void)state;
    config.strap_low = true;
    player_start(&player, config);
    player_idle(&player, 100000);
    assert_true(player_sync(&player));
    assert_int_equal(player_field(&player, EG_FIELD_SPI_BOOT), 0);
    hard_reset(&player);
    assert_true(player_sync(&player));
    vb_board_destroy(player.board);
}

static void a_state_sent_twice_resets_once(void **state)
{
    struct player player;

    (void)state;
    player_start(&player, fast(eg_target_by_name("esp32c3"), VB_USB_SERIAL_JTAG));
    player_idle(&player, 10000);
    player.got_size = 0;
    lines(&player, true, false);
    lines(&player, true, false);
    player_idle(&player, 50000);
    assert_int_equal(player_count(&player, "USB_UART_CHIP_RESET"), 1);
    vb_board_destroy(player.board);
}

static void the_rate_means_nothing_there(void **state)
{
    struct vb_config config = fast(eg_target_by_name("esp32c3"), VB_USB_SERIAL_JTAG);
    struct player player;

    (void)state;
    player_start(&player, config);
    vb_board_set_host_baud(player.board, 0, 9600);
    enter_by_usb_sequence(&player);
    assert_true(player_heard(&player, "waiting for download\r\n"));
    assert_true(player_sync(&player));
    player_command(&player, 0x0f, WORDS(2000000, 0));
    player_idle(&player, 1000);
    assert_true(player_sync(&player));
    vb_board_destroy(player.board);
}

static void bytes_come_at_the_speed_of_usb(void **state)
{
    struct player player;
    uint64_t begun_us;

    (void)state;
    player_start(&player,
                 (struct vb_config){.target = eg_target_by_name("esp32c3"), .usb = VB_USB_SERIAL_JTAG});
    enter_by_usb_sequence(&player);
    assert_true(player_sync(&player));
    begun_us = player.now_us;
    player_register(&player, 0x40001000);
    assert_in_range(player.answered_us - begun_us, 100, 200);
    vb_board_destroy(player.board);
}

static void assert_gone_and_back(struct player *player)
{
    assert_chip(player, !vb_board_present(player->board, player->now_us));
    player_idle(player, 1000000);
    assert_chip(player, vb_board_present(player->board, player->now_us));
}

/* Enter the loader over USB-OTG: by RTS if the chip listens to it, else by a jumper. */
static void start_otg(struct player *player, const struct eg_target *target)
{
    struct vb_config config = fast(target, VB_USB_OTG);

    config.strap_low = target->otg_reset == EG_OTG_RESET_BY_WATCHDOG;
    player_start(player, config);
    player_idle(player, 100000);
    if (config.strap_low) {
        assert_chip(player, player_sync(player));
        return;
    }
    lines(player, false, true);
    lines(player, true, true);
    lines(player, true, false);
    player->got_size = 0;
    assert_gone_and_back(player);
    assert_chip(player, player->got_size == 0); /* output in between was lost */
    assert_chip(player, player_sync(player));
}

static void over_otg_every_reset_takes_the_port_off_the_bus(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct player player;

        if (eg_targets[i]->otg_reset == EG_OTG_RESET_NONE)
            continue;
        start_otg(&player, eg_targets[i]);
        if (eg_field_exists(&eg_targets[i]->field[EG_FIELD_FORCE_DOWNLOAD]))
            assert_chip(&player, player_field(&player, EG_FIELD_FORCE_DOWNLOAD) ==
                                     (eg_targets[i]->otg_reset == EG_OTG_RESET_BY_STRAP));
        if (eg_field_exists(&eg_targets[i]->field[EG_FIELD_SPI_BOOT]))
            assert_chip(&player, player_field(&player, EG_FIELD_SPI_BOOT) ==
                                     (eg_targets[i]->otg_reset == EG_OTG_RESET_BY_STRAP));
        vb_board_destroy(player.board);
    }
}

static void lines_over_otg_do_nothing_where_a_hard_reset_is_by_watchdog(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct player player;

        if (eg_targets[i]->otg_reset != EG_OTG_RESET_BY_WATCHDOG)
            continue;
        start_otg(&player, eg_targets[i]);
        hard_reset(&player);
        assert_chip(&player, vb_board_present(player.board, player.now_us));
        assert_chip(&player, player.got_size == 0);
        vb_board_destroy(player.board);
    }
}

/* On the ESP32-S3 the bit that forces the loader stays set, unlike on the others. */
static void an_esp32_s3_goes_back_into_its_loader_until_the_bit_is_cleared(void **state)
{
    static const struct {
        const char *target;
        bool back;
    } rows[] = {{"esp32s3", true}, {"esp32s2", false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct eg_target *target = eg_target_by_name(rows[i].target);
        const struct eg_field_part *bit = &target->field[EG_FIELD_FORCE_DOWNLOAD].part[0];
        struct player player;

        start_otg(&player, target);
        lines(&player, false, false);
        lines(&player, true, false);
        assert_gone_and_back(&player);
        assert_chip(&player, player_sync(&player) == rows[i].back);
        if (rows[i].back) {
            player_command(&player, 0x09, WORDS(bit->addr, 0, bit->mask << bit->shift, 0));
            lines(&player, false, false);
            lines(&player, true, false);
            assert_gone_and_back(&player);
            assert_chip(&player, !player_sync(&player));
        }
        vb_board_destroy(player.board);
    }
}

static void blocks_beyond_0x800_are_lost_over_otg(void **state)
{
    static const uint8_t block[0x801];

    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        const bool small = (eg_targets[i]->quirks & EG_QUIRK_SMALL_ROM_BLOCKS) != 0;
        struct player player;

        if (eg_targets[i]->otg_reset == EG_OTG_RESET_NONE)
            continue;
        start_otg(&player, eg_targets[i]);
        player_command(&player, 0x05, WORDS(0x4000, 4, 0x1000, 0x3ffb0000));
        assert_chip(&player, player_block(&player, 0x07, 0, block, 0x800) == 0);
        player_send_block(&player, 0x07, 1, block, 0x801);
        assert_chip(&player, player_answer(&player, 1000000) == !small);
        assert_true(player_sync(&player));
        vb_board_destroy(player.board);
    }
}

static void a_stub_over_otg_loses_large_blocks_too(void **state)
{
    static const uint8_t block[0x1000];
    struct player player;
    const struct eg_stub *stub = player_need_stub("esp32s3");

    (void)state;
    start_otg(&player, eg_target_by_name("esp32s3"));
    for (int part = 0; part < 2; part++) {
        const uint8_t *data = part == 0 ? stub->text : stub->data;
        const uint32_t size = part == 0 ? stub->text_size : stub->data_size;

        player_command(
            &player, 0x05,
            WORDS(size, eg_div_up(size, 0x800), 0x800, part == 0 ? stub->text_addr : stub->data_addr));
        for (uint32_t at = 0; at < size; at += 0x800)
            assert_int_equal(
                player_block(&player, 0x07, at / 0x800, data + at, size - at < 0x800 ? size - at : 0x800), 0);
    }
    player_command(&player, 0x06, WORDS(0, stub->entry));
    player_idle(&player, 10000);
    player_command(&player, 0x02, WORDS(0x1000, 2, 0x800, 0, 0));
    assert_int_equal(player_block(&player, 0x03, 0, block, 0x800), 0);
    player_send_block(&player, 0x03, 1, block, 0x1000);
    assert_false(player_answer(&player, 1000000));
    vb_board_destroy(player.board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_port_has_the_ids_of_what_carries_it),
        cmocka_unit_test(the_usb_sequence_leads_into_the_loader_and_the_classic_one_does_not),
        cmocka_unit_test(without_the_flag_a_core_reset_runs_the_application),
        cmocka_unit_test(a_core_reset_does_not_sample_the_strap_again),
        cmocka_unit_test(a_state_sent_twice_resets_once),
        cmocka_unit_test(the_rate_means_nothing_there),
        cmocka_unit_test(bytes_come_at_the_speed_of_usb),
        cmocka_unit_test(over_otg_every_reset_takes_the_port_off_the_bus),
        cmocka_unit_test(lines_over_otg_do_nothing_where_a_hard_reset_is_by_watchdog),
        cmocka_unit_test(an_esp32_s3_goes_back_into_its_loader_until_the_bit_is_cleared),
        cmocka_unit_test(blocks_beyond_0x800_are_lost_over_otg),
        cmocka_unit_test(a_stub_over_otg_loses_large_blocks_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
