/* SPDX-License-Identifier: Apache-2.0 */

/* Crystals: the default of each chip, what registers show, and the resulting rates. */

#include "tests/tools/vboard/player.h"

#define RATE 921600u

/* Start a board in its loader, connected at 115200. */
static void start(struct player *player, struct vb_config config)
{
    player_start(player, config);
    player_enter_loader(player);
    assert_true(player_sync(player));
}

/* Measure as hosts do: above 45 is 48, above 33 is 40, else 26. */
static unsigned measured_mhz(struct player *player, uint32_t baud)
{
    const uint32_t divider =
        player_register(player, player->target->crystal.clkdiv_addr) & player->target->crystal.clkdiv_mask;
    const uint64_t hz = (uint64_t)baud * divider / player->target->crystal.divisor;

    return hz > 45000000 ? 48 : hz > 33000000 ? 40 : 26;
}

static const struct {
    const char *target;
    uint8_t mhz, expected; /* as configured, 0 = usual */
    uint32_t word;         /* gives RATE in the ROM's arithmetic; from the protocol's test vectors */
    uint8_t there;
} rows[] = {
    {"esp32c2", 0, 0, RATE, 40},     {"esp32c2", 26, 0, 1417846, 26},  {"esp32c5", 0, 0, RATE, 48},
    {"esp32c5", 48, 40, 768000, 48}, {"esp32c5", 40, 48, 1105920, 40}, {"esp32c5", 40, 0, RATE, 40},
    {"esp32", 0, 0, RATE, 40},
};

static void a_rom_makes_the_rate_of_the_crystal_it_expects(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct player player;

        start(&player, (struct vb_config){.target = eg_target_by_name(rows[i].target),
                                          .crystal_mhz = rows[i].mhz,
                                          .rom_crystal_mhz = rows[i].expected});
        assert_chip(&player, measured_mhz(&player, 115200) == rows[i].there);
        player_command(&player, 0x0f, WORDS(rows[i].word, 0));
        player_idle(&player, 1000);
        vb_board_set_host_baud(player.board, player.now_us, RATE);
        if (!player_sync(&player))
            fail_msg("%s with %u MHz: garbage after %u", rows[i].target, rows[i].mhz, (unsigned)rows[i].word);
        assert_chip(&player, measured_mhz(&player, RATE) == rows[i].there);
        vb_board_destroy(player.board);
    }
}

static void a_host_that_does_not_compensate_ends_in_garbage(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct player player;

        if (rows[i].word == RATE)
            continue;
        start(&player, (struct vb_config){.target = eg_target_by_name(rows[i].target),
                                          .crystal_mhz = rows[i].mhz,
                                          .rom_crystal_mhz = rows[i].expected});
        player_command(&player, 0x0f, WORDS(RATE, 0));
        player_idle(&player, 1000);
        vb_board_set_host_baud(player.board, player.now_us, RATE);
        assert_chip(&player, !player_sync(&player));
        vb_board_destroy(player.board);
    }
}

/* Return floor(baud * f / n) with f = cali * 15625 * ck8m / 40, as in the protocol. */
static uint32_t calibrated(struct player *player, uint32_t baud)
{
    const uint64_t f = (uint64_t)player_field(player, EG_FIELD_RTC_CALI) * 15625 *
                       player_field(player, EG_FIELD_CK8M_FREQ) / 40;

    return (uint32_t)(baud * f / (f > 33000000 ? 40000000 : 26000000));
}

static void an_esp32_goes_by_what_it_has_measured(void **state)
{
    (void)state;
    for (int strange = 0; strange < 2; strange++) {
        struct vb_config config = {.target = eg_target_by_name("esp32"), .crystal_mhz = 26};
        struct player player;
        uint32_t word;

        /* The oscillator is so far off that the calibration is needed. */
        config.registers[0] = (struct vb_register){0x3ff5f06c, 950u << 7};
        config.register_count = (unsigned)strange;
        start(&player, config);
        word = calibrated(&player, RATE);
        assert_int_not_equal(word, RATE);
        assert_int_equal(measured_mhz(&player, 115200), 26);
        player_command(&player, 0x0f, WORDS(strange ? RATE : word, 0));
        player_idle(&player, 1000);
        vb_board_set_host_baud(player.board, player.now_us, RATE);
        assert_int_equal(player_sync(&player), !strange);
        vb_board_destroy(player.board);
    }
}

static void a_stub_needs_no_correction(void **state)
{
    struct player player;

    (void)state;
    player_need_stub("esp32c2");
    start(&player, (struct vb_config){.target = eg_target_by_name("esp32c2"), .crystal_mhz = 26});
    player_start_stub(&player, "esp32c2");
    player_command(&player, 0x0f, WORDS(RATE, 115200));
    vb_board_set_host_baud(player.board, player.now_us, RATE);
    assert_true(player_sync(&player));
    vb_board_destroy(player.board);
}

static void the_boot_log_of_a_rom_that_expects_40_mhz_is_slow_with_26(void **state)
{
    static const struct {
        const char *target;
        uint8_t mhz;
        uint32_t baud;
    } logs[] = {
        {"esp8266", 0, 74880},   {"esp8266", 40, 115200}, {"esp32c2", 26, 74880},
        {"esp32c2", 40, 115200}, {"esp32", 26, 115200},
    };

    (void)state;
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
        struct player player;

        player_start(&player, (struct vb_config){.target = eg_target_by_name(logs[i].target),
                                                 .crystal_mhz = logs[i].mhz});
        vb_board_set_host_baud(player.board, 0, logs[i].baud);
        player_enter_loader(&player);
        assert_chip(&player, player_heard(&player, "boot"));
        vb_board_destroy(player.board);
    }
}

static void an_esp32_c2_does_not_find_a_rate_below_115200(void **state)
{
    struct player player;

    (void)state;
    player_start(&player, (struct vb_config){.target = eg_target_by_name("esp32c2")});
    vb_board_set_host_baud(player.board, 0, 57600);
    player_enter_loader(&player);
    assert_false(player_sync(&player));
    vb_board_set_host_baud(player.board, player.now_us, 115200);
    assert_true(player_sync(&player));
    vb_board_destroy(player.board);
}

static void crystals_a_chip_does_not_come_with_are_refused(void **state)
{
    static const struct {
        const char *target;
        uint8_t mhz, expected;
        const char *text;
    } refused[] = {
        {"esp32s3", 26, 0, "ESP32-S3 comes with no crystal of 26 MHz"},
        {"esp32c5", 26, 0, "ESP32-C5 comes with no crystal of 26 MHz"},
        {"esp32c5", 0, 26, "the ROM of ESP32-C5 expects no crystal of 26 MHz"},
        {"esp32c2", 0, 26, "the ROM of ESP32-C2 does not say which crystal it expects"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const struct vb_config config = {.target = eg_target_by_name(refused[i].target),
                                         .crystal_mhz = refused[i].mhz,
                                         .rom_crystal_mhz = refused[i].expected};
        struct vb_board *board = NULL;
        struct eg_error err;

        assert_error(vb_board_create(&board, &config, &err), err, EG_BAD_JOB, refused[i].text);
        assert_null(board);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rom_makes_the_rate_of_the_crystal_it_expects),
        cmocka_unit_test(a_host_that_does_not_compensate_ends_in_garbage),
        cmocka_unit_test(an_esp32_goes_by_what_it_has_measured),
        cmocka_unit_test(a_stub_needs_no_correction),
        cmocka_unit_test(the_boot_log_of_a_rom_that_expects_40_mhz_is_slow_with_26),
        cmocka_unit_test(an_esp32_c2_does_not_find_a_rate_below_115200),
        cmocka_unit_test(crystals_a_chip_does_not_come_with_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
