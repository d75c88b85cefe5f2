/* SPDX-License-Identifier: Apache-2.0 */

/* Time that a loader takes to read and to decompress, in the board's own time. */

#include "tests/tools/vboard/player.h"

#define MIB (1u << 20)

/* Return the milliseconds from the command to its reply. */
static unsigned answered_ms(struct player *player, uint8_t op, const uint32_t *words, size_t count)
{
    const uint64_t begun_us = player->now_us;

    assert_true(player_try(player, 20000000, op, words, count));
    return (unsigned)((player->answered_us - begun_us) / 1000);
}

/* For 1 MiB: as observed on chips, and ranges of models. */
static void a_digest_takes_as_long_as_its_chip_has_been_seen_to_take(void **state)
{
    static const struct {
        const char *target;
        unsigned least_ms, most_ms;
    } rows[] = {
        {"esp32", 400, 640},     {"esp32c3", 1700, 1850}, {"esp32c6", 1400, 2250},
        {"esp32s3", 5500, 6300}, {"esp32s2", 400, 640},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct player player;

        player_open(&player, (struct vb_config){.target = eg_target_by_name(rows[i].target)});
        player_command(&player, 0x0b, WORDS(0, 0x400000, 0x10000, 0x1000, 0x100, 0xffff));
        assert_in_range(answered_ms(&player, 0x13, WORDS(0, MIB, 0, 0)), rows[i].least_ms, rows[i].most_ms);
        vb_board_destroy(player.board);
    }
}

static void a_digest_of_an_esp32c3_is_faster_at_twice_the_clock_of_the_flash(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, (struct vb_config){.target = eg_target_by_name("esp32c3")});
    player_command(&player, 0x0b, WORDS(0, 0x400000, 0x10000, 0x1000, 0x100, 0xffff));
    player_command(&player, 0x09, WORDS(0x60002014, 0x00010001, 0xffffffff, 0));
    assert_in_range(answered_ms(&player, 0x13, WORDS(0, MIB, 0, 0)), 1200, 1300);
    vb_board_destroy(player.board);
}

static void a_digest_is_faster_with_a_raised_clock(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, (struct vb_config){.target = eg_target_by_name("esp32c6")});
    player_command(&player, 0x0b, WORDS(0, 0x400000, 0x10000, 0x1000, 0x100, 0xffff));
    player_command(&player, 0x09, WORDS(0x60096110, 1u << 16, 3u << 16, 0));
    assert_in_range(answered_ms(&player, 0x13, WORDS(0, MIB, 0, 0)), 600, 800);
    vb_board_destroy(player.board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_digest_takes_as_long_as_its_chip_has_been_seen_to_take),
        cmocka_unit_test(a_digest_is_faster_with_a_raised_clock),
        cmocka_unit_test(a_digest_of_an_esp32c3_is_faster_at_twice_the_clock_of_the_flash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
