/* SPDX-License-Identifier: Apache-2.0 */

/* Output of a simulated board that boots from its flash. */

#include "tests/tools/vboard/player.h"

/* Write 4 KiB through the ROM. */
static void write_flash(struct player *player, uint32_t addr, const uint8_t data[0x1000])
{
    player_command(player, 0x02, WORDS(0x1000, 1, 0x1000, addr));
    assert_int_equal(player_block(player, 0x03, 0, data, 0x1000), 0);
}

static void a_blank_flash_makes_the_rom_complain_for_ever(void **state)
{
    struct player player;

    (void)state;
    player_start(&player, (struct vb_config){0});
    player_idle(&player, 1000000);
    assert_int_equal(player_count(&player, "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"), 1);
    assert_int_equal(player_count(&player, "rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"),
                     2);
    assert_int_equal(player_count(&player, "invalid header: 0xffffffff\r\n"), 18);
    vb_board_destroy(player.board);
}

static void a_board_left_alone_for_a_day_costs_nothing(void **state)
{
    struct player player;

    (void)state;
    player_start(&player, (struct vb_config){0});
    player_wait(&player, UINT64_C(86400000000));
    assert_true(player.got_size < 1000);
    vb_board_destroy(player.board);
}

static void the_log_tells_what_is_in_flash(void **state)
{
    struct player player;
    uint8_t sector[0x1000];

    (void)state;
    player_open(&player, (struct vb_config){.fast = true});

    /* Make a bootloader of one segment. */
    memset(sector, 0xff, sizeof sector);
    memcpy(sector, (const uint8_t[]){0xe9, 0x01, 0x02, 0x2f, 0x50, 0x06, 0x08, 0x40}, 8);
    eg_put32(sector + 24, 0x3fff0030);
    eg_put32(sector + 28, 1184);
    write_flash(&player, 0x1000, sector);

    /* NVS, then the application at 0x10000. */
    memset(sector, 0xff, sizeof sector);
    memcpy(sector, (const uint8_t[]){0xaa, 0x50, 0x01, 0x02, 0x00, 0x90, 0x00, 0x00, 0x00, 0x60, 0x00, 0x00},
           12);
    memcpy(sector + 32,
           (const uint8_t[]){0xaa, 0x50, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x10, 0x00}, 12);
    write_flash(&player, 0x8000, sector);

    memset(sector, 0x00, sizeof sector);
    sector[0] = 0xe9;
    eg_put32(sector + 0x20, 0xabcd5432);
    memcpy(sector + 0x30, "1.4.0", 5);
    memcpy(sector + 0x50, "acme-sensor", 11);
    memcpy(sector + 0x400, "vboard says: self-test: OK", 26);
    memcpy(sector + 0x800, "vvboard says: bye", 17);
    write_flash(&player, 0x10000, sector);

    player_hard_reset(&player);
    player_idle(&player, 100000);
    assert_true(player_heard(&player, "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
                                      "load:0x3fff0030,len:1184\r\nentry 0x40080650\r\n"
                                      "I (24) cpu_start: Project name:     acme-sensor\r\n"
                                      "I (29) cpu_start: App version:      1.4.0\r\n"
                                      "self-test: OK\r\nbye\r\n"));
    vb_board_destroy(player.board);
}

static void each_chip_names_its_download_mode(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct player player;

        player_start(&player, (struct vb_config){.target = eg_targets[i], .fast = true});
        vb_board_set_host_baud(player.board, 0, 0);
        player_enter_loader(&player);
        if (eg_targets[i]->rom_status_size == 4)
            assert_true(player_heard(&player, "waiting for download\r\n"));
        else
            assert_true(player_heard(&player, "boot mode:(1,6)"));
        vb_board_destroy(player.board);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blank_flash_makes_the_rom_complain_for_ever),
        cmocka_unit_test(a_board_left_alone_for_a_day_costs_nothing),
        cmocka_unit_test(the_log_tells_what_is_in_flash),
        cmocka_unit_test(each_chip_names_its_download_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
