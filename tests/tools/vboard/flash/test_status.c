/* SPDX-License-Identifier: Apache-2.0 */

/* The status registers of a simulated flash part: kept and volatile bits, the part's own reset, protection.
 */

#include "tests/tools/vboard/player.h"

#define PROTECTED 0x1cu

static struct vb_config fast(const char *target)
{
    return (struct vb_config){.target = eg_target_by_name(target), .fast = true};
}

static uint8_t status(struct player *player, uint8_t opcode)
{
    return (uint8_t)player_spi(player, opcode, UINT32_MAX, 0, 0, 8);
}

/* Write status; `enable` is 06 for non-volatile bits, 50 for volatile ones. */
static void write_status(struct player *player, uint8_t enable, uint8_t opcode, uint32_t bits, unsigned count)
{
    player_spi_op(player, enable);
    player_spi(player, opcode, UINT32_MAX, bits, count, 0);
}

static void a_write_takes_what_write_enable_allows(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, fast("esp32"));
    player_spi(&player, 0x01, UINT32_MAX, PROTECTED, 8, 0);
    assert_int_equal(status(&player, 0x05), 0);
    player_spi_op(&player, 0x06);
    assert_int_equal(status(&player, 0x05), 0x02);
    player_spi(&player, 0x01, UINT32_MAX, 0x021c, 16, 0);
    assert_int_equal(status(&player, 0x05), 0x1c);
    assert_int_equal(status(&player, 0x35), 0x02);
    write_status(&player, 0x50, 0x11, 0x60, 8);
    assert_int_equal(status(&player, 0x15), 0x60);
    write_status(&player, 0x06, 0x31, 0x42, 8);
    assert_int_equal(status(&player, 0x35), 0x42);
    vb_board_destroy(player.board);
}

static void busy_and_write_enable_cannot_be_written(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, fast("esp32"));
    write_status(&player, 0x06, 0x01, 0xff, 8);
    assert_int_equal(status(&player, 0x05), 0xfc);
    vb_board_destroy(player.board);
}

static void the_part_s_reset_brings_back_what_is_kept(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, fast("esp32"));
    write_status(&player, 0x06, 0x01, 0x0204, 16);
    write_status(&player, 0x50, 0x01, 0x0018, 16);
    write_status(&player, 0x50, 0x11, 0x60, 8);
    player_spi_op(&player, 0x99); /* not after 66 */
    assert_int_equal(status(&player, 0x05), 0x18);
    player_spi_op(&player, 0x66);
    player_spi_op(&player, 0x05);
    player_spi_op(&player, 0x99); /* no longer after it */
    assert_int_equal(status(&player, 0x05), 0x18);
    player_spi_op(&player, 0x66);
    player_spi_op(&player, 0x99);
    assert_int_equal(status(&player, 0x05), 0x04);
    assert_int_equal(status(&player, 0x35), 0x02);
    assert_int_equal(status(&player, 0x15), 0x00);
    vb_board_destroy(player.board);
}

/* The reset pin does not reach the flash; cutting the power does. */
static void power_alone_ends_what_is_volatile(void **state)
{
    struct vb_config config = fast("esp32");
    struct player player;
    struct eg_error err;

    (void)state;
    assert_ok(vb_fault_parse(&config.faults[0], "gone@20000:100", &err), err);
    config.fault_count = 1;
    config.strap_low = true;
    player_open(&player, config);
    write_status(&player, 0x06, 0x01, 0x04, 8);
    write_status(&player, 0x50, 0x01, 0x18, 8);
    player_enter_loader(&player);
    assert_true(player_sync(&player));
    player_attach(&player, 0);
    assert_int_equal(status(&player, 0x05), 0x18);
    while (vb_board_present(player.board, player.now_us))
        player_try(&player, 1000, 0x0a, WORDS(0x40001000));
    player_idle(&player, 1000000);
    assert_true(player_sync(&player));
    player_attach(&player, 0);
    assert_int_equal(status(&player, 0x05), 0x04);
    vb_board_destroy(player.board);
}

static void a_part_sold_with_quad_enable_has_it(void **state)
{
    struct vb_config config = fast("esp32");
    struct player player;

    (void)state;
    config.part = player_part("W25Q32JV");
    player_open(&player, config);
    assert_int_equal(status(&player, 0x35), 0x02);
    vb_board_destroy(player.board);
}

static void a_kept_write_takes_its_time_and_a_volatile_one_none(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, (struct vb_config){0});
    player_command(&player, 0x0f, WORDS(3000000, 0)); /* the host follows: its rate is the board's */
    player_idle(&player, 1000);
    write_status(&player, 0x50, 0x01, 0x04, 8);
    assert_int_equal(status(&player, 0x05), 0x04);
    write_status(&player, 0x06, 0x01, 0x08, 8);
    assert_int_equal(status(&player, 0x05) & 1, 1);
    assert_int_equal(player_flash_id(&player), 0xffffff); /* it answers no other command */
    player_idle(&player, 10000);
    assert_int_equal(status(&player, 0x05), 0x08);
    assert_int_equal(player_flash_id(&player), 0x1640c8);
    vb_board_destroy(player.board);
}

/* Write a block of zeros at 0 through the ROM. */
static unsigned write_block(struct player *player)
{
    static const uint8_t zeros[0x400];

    player_command(player, 0x02, WORDS(sizeof zeros, 1, sizeof zeros, 0));
    assert_int_equal(player_status(player, 0), 0);
    return player_block(player, 0x03, 0, zeros, sizeof zeros);
}

static void a_protected_part_takes_no_data_and_the_rom_notices(void **state)
{
    (void)state;
    for (uint32_t bit = 0x04; bit <= 0x10; bit <<= 1) {
        struct player player;

        player_open(&player, fast("esp32"));
        write_status(&player, 0x50, 0x01, bit, 8);
        assert_int_equal(write_block(&player), 0x0108);
        assert_int_equal(player_flash(&player)[0], 0xff);
        write_status(&player, 0x50, 0x01, 0, 8);
        assert_int_equal(write_block(&player), 0);
        assert_int_equal(player_flash(&player)[0], 0x00);
        write_status(&player, 0x50, 0x01, bit, 8);
        player_spi_op(&player, 0x06);
        player_spi(&player, 0x20, 0, 0, 0, 0);
        player_spi_op(&player, 0x06);
        player_spi_op(&player, 0xc7);
        assert_int_equal(player_flash(&player)[0], 0x00);
        vb_board_destroy(player.board);
    }
}

/* The stub does not clear protection itself, except for encrypted writes with four address bytes. */
static void a_stub_unlocks_for_long_encrypted_writes_alone(void **state)
{
    static const struct {
        const char *part;
        uint32_t encrypted;
        bool written;
    } rows[] = {
        {"W25Q128JV", 0, false}, {"W25Q128JV", 1, false}, {"W25Q256JV", 0, false}, {"W25Q256JV", 1, true}};
    static const uint8_t zeros[0x1000];

    (void)state;
    player_need_stub("esp32s3");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vb_config config = fast("esp32s3");
        struct player player;

        config.flash_encryption = true;
        config.part = player_part(rows[i].part);
        player_open(&player, config);
        player_start_stub(&player, "esp32s3");
        write_status(&player, 0x06, 0x01, 0x02fc, 16);
        player_command(&player, 0x02, WORDS(sizeof zeros, 1, sizeof zeros, 0, rows[i].encrypted));
        assert_int_equal(player_block(&player, 0x03, 0, zeros, sizeof zeros), 0);
        player_command(&player, 0x04, WORDS(1));
        assert_int_equal(player_status(&player, 0), 0);
        assert_int_equal(player_flash(&player)[0] != 0xff || player_flash(&player)[1] != 0xff,
                         rows[i].written);
        assert_int_equal(status(&player, 0x05), rows[i].written ? 0x00 : 0xfc);
        assert_int_equal(status(&player, 0x35), 0x02);
        vb_board_destroy(player.board);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_takes_what_write_enable_allows),
        cmocka_unit_test(busy_and_write_enable_cannot_be_written),
        cmocka_unit_test(the_part_s_reset_brings_back_what_is_kept),
        cmocka_unit_test(power_alone_ends_what_is_volatile),
        cmocka_unit_test(a_part_sold_with_quad_enable_has_it),
        cmocka_unit_test(a_kept_write_takes_its_time_and_a_volatile_one_none),
        cmocka_unit_test(a_protected_part_takes_no_data_and_the_rom_notices),
        cmocka_unit_test(a_stub_unlocks_for_long_encrypted_writes_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
