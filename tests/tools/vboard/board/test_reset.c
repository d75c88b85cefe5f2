/* SPDX-License-Identifier: Apache-2.0 */

/* Where the resets of a simulated board lead, and the state that they keep. */

#include "tests/tools/vboard/player.h"

static void the_strap_is_shown_as_it_was_sampled(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct player player;

        player_open(&player, (struct vb_config){.target = eg_targets[i], .fast = true});
        if (eg_field_exists(&eg_targets[i]->field[EG_FIELD_SPI_BOOT]))
            assert_chip(&player, player_field(&player, EG_FIELD_SPI_BOOT) == 0);
        if (eg_field_exists(&eg_targets[i]->field[EG_FIELD_FORCE_DOWNLOAD]))
            assert_chip(&player, player_field(&player, EG_FIELD_FORCE_DOWNLOAD) == 0);
        vb_board_destroy(player.board);
    }
}

static void a_chip_sent_into_its_loader_by_software_shows_that(void **state)
{
    unsigned tried = 0;

    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct player player;

        if (!eg_field_exists(&eg_targets[i]->field[EG_FIELD_FORCE_DOWNLOAD]))
            continue;
        player_start(&player,
                     (struct vb_config){.target = eg_targets[i], .force_download = true, .fast = true});
        player_idle(&player, 100000);
        assert_chip(&player, player_sync(&player));
        assert_chip(&player, player_field(&player, EG_FIELD_FORCE_DOWNLOAD) == 1);
        if (eg_field_exists(&eg_targets[i]->field[EG_FIELD_SPI_BOOT]))
            assert_chip(&player, player_field(&player, EG_FIELD_SPI_BOOT) == 1);
        /* The reset pin also clears what a core reset keeps. */
        player_hard_reset(&player);
        player_idle(&player, 100000);
        assert_chip(&player, !player_sync(&player));
        vb_board_destroy(player.board);
        tried++;
    }
    assert_in_range(tried, 3, 15);
}

static void the_bit_set_by_a_host_leads_back_at_the_next_core_reset(void **state)
{
    const struct eg_target *target = eg_target_by_name("esp32s3");
    const struct eg_field_part *bit = &target->field[EG_FIELD_FORCE_DOWNLOAD].part[0];
    struct player player;

    (void)state;
    player_start(&player, (struct vb_config){.target = target, .force_download = true, .fast = true});
    player_idle(&player, 100000);
    for (int i = 0; i < 2; i++) {
        assert_true(player_sync(&player));
        player_command(&player, 0x04, WORDS(0));
        player_idle(&player, 100000);
    }
    assert_true(player_sync(&player));
    player_put_register(&player, bit->addr, 0);
    player_command(&player, 0x04, WORDS(0));
    player_idle(&player, 100000);
    assert_false(player_sync(&player));
    vb_board_destroy(player.board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_strap_is_shown_as_it_was_sampled),
        cmocka_unit_test(a_chip_sent_into_its_loader_by_software_shows_that),
        cmocka_unit_test(the_bit_set_by_a_host_leads_back_at_the_next_core_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
