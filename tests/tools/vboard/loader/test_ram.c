/* SPDX-License-Identifier: Apache-2.0 */

/* Code loaded into the RAM of a simulated board: stubs, applications, other data. */

#include "tests/tools/vboard/player.h"

#define RAM_ADDR 0x3ffb0000u

static struct vb_config fast(const struct eg_target *target)
{
    return (struct vb_config){.target = target, .fast = true};
}

static void the_stub_of_every_chip_runs(void **state)
{
    (void)state;
    player_need_stub("esp32");
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct player player;

        if (eg_targets[i]->stub == NULL)
            continue;
        player_open(&player, fast(eg_targets[i]));
        player_start_own_stub(&player);
        assert_true(player_sync(&player));
        assert_chip(&player, player.value == 0);
        assert_chip(&player, player.got_size == 8 * 12);
        vb_board_destroy(player.board);
    }
}

/* Load another chip's stub and start it: the reply comes, then no answer. */
static void assert_crashes(struct vb_config config, const char *stub)
{
    struct player player;

    player_open(&player, config);
    player_load_stub(&player, stub);
    player_idle(&player, 1000000);
    if (player_heard(&player, "OHAI") || player_sync(&player))
        fail_msg("%s runs the stub of %s", player.target->name, stub);
    player_enter_loader(&player);
    assert_true(player_sync(&player));
    vb_board_destroy(player.board);
}

static void a_stub_for_another_chip_crashes(void **state)
{
    (void)state;
    player_need_stub("esp32");
    for (size_t i = 0; eg_targets[i] != NULL; i++)
        assert_crashes(fast(eg_targets[i]),
                       strcmp(eg_targets[i]->name, "esp32c6") == 0 ? "esp32h2" : "esp32c6");
}

static void a_stub_for_another_revision_crashes(void **state)
{
    struct vb_config config = fast(eg_target_by_name("esp32p4"));
    struct player player;

    (void)state;
    player_need_stub("esp32p4");
    config.revision = 299;
    assert_crashes(config, "esp32p4");
    config.revision = 300;
    assert_crashes(config, "esp32p4-rev1");
    player_open(&player, config);
    player_start_stub(&player, "esp32p4");
    vb_board_destroy(player.board);

    config = fast(eg_target_by_name("esp32c2"));
    config.revision = VB_REVISION_0;
    assert_crashes(config, "esp32c2");
    config.revision = 100;
    player_open(&player, config);
    player_start_stub(&player, "esp32c2");
    vb_board_destroy(player.board);
}

/* Load two segments, the second after a gap. */
static void load_application(struct player *player, uint32_t addr, bool speaks)
{
    uint8_t text[64] = {0}, data[40] = {0};

    if (speaks) {
        memcpy(text + 7, "vboard says: hello from RAM", 28);
        memcpy(data, "vboard says: and goodbye", 25);
    }
    player_upload(player, addr + 0x1000, text, sizeof text);
    player_upload(player, addr, data, sizeof data);
}

static void an_application_in_ram_says_what_it_has_to_say(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct player player;

        player_open(&player, fast(eg_targets[i]));
        load_application(&player, RAM_ADDR, true);
        player_command(&player, 0x06, WORDS(1, 0));
        player_idle(&player, 100000);
        assert_chip(&player, !player_heard(&player, "hello"));
        player_command(&player, 0x06, WORDS(0, RAM_ADDR + 0x1000));
        player_idle(&player, 100000);
        assert_chip(&player, player_heard(&player, "hello from RAM\r\nand goodbye\r\n"));
        assert_chip(&player, !player_sync(&player));
        vb_board_destroy(player.board);
    }
}

static void an_application_may_be_loaded_through_a_stub(void **state)
{
    struct player player;

    (void)state;
    player_need_stub("esp32");
    player_open(&player, fast(eg_target_by_name("esp32")));
    player_start_stub(&player, "esp32");
    load_application(&player, RAM_ADDR, true);
    player_command(&player, 0x06, WORDS(0, RAM_ADDR + 0x1000));
    player_idle(&player, 100000);
    assert_true(player_heard(&player, "hello from RAM\r\nand goodbye\r\n"));
    vb_board_destroy(player.board);
}

static void a_silent_application_answers_nothing(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, fast(eg_target_by_name("esp32")));
    load_application(&player, RAM_ADDR, false);
    player_command(&player, 0x06, WORDS(0, RAM_ADDR + 0x1000));
    player_idle(&player, 100000);
    assert_int_equal(player.got_size, 14);
    assert_false(player_sync(&player));
    vb_board_destroy(player.board);
}

static void a_reset_forgets_what_was_loaded(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, fast(eg_target_by_name("esp32")));
    load_application(&player, RAM_ADDR, true);
    player_enter_loader(&player);
    assert_true(player_sync(&player));
    load_application(&player, RAM_ADDR, false);
    player_command(&player, 0x06, WORDS(0, RAM_ADDR + 0x1000));
    player_idle(&player, 100000);
    assert_false(player_heard(&player, "hello"));

    /* However often that is. */
    for (int i = 0; i < 40; i++) {
        player_enter_loader(&player);
        assert_true(player_sync(&player));
        load_application(&player, RAM_ADDR + 0x4000 * (uint32_t)i, true);
    }
    player_command(&player, 0x06, WORDS(0, RAM_ADDR + 0x1000));
    player_idle(&player, 100000);
    assert_true(player_heard(&player, "hello"));
    vb_board_destroy(player.board);
}

static void a_segment_that_claims_the_whole_address_space_does_no_harm(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, fast(eg_target_by_name("esp32")));
    for (int i = 0; i < 40; i++)
        player_command(&player, 0x05, WORDS(UINT32_MAX, 1, 0x1800, 0xfffffff0));
    player_command(&player, 0x06, WORDS(0, 0xfffffff0));
    player_idle(&player, 100000);
    assert_int_equal(player.got_size, 14);
    vb_board_destroy(player.board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stub_of_every_chip_runs),
        cmocka_unit_test(a_stub_for_another_chip_crashes),
        cmocka_unit_test(a_stub_for_another_revision_crashes),
        cmocka_unit_test(an_application_in_ram_says_what_it_has_to_say),
        cmocka_unit_test(an_application_may_be_loaded_through_a_stub),
        cmocka_unit_test(a_silent_application_answers_nothing),
        cmocka_unit_test(a_reset_forgets_what_was_loaded),
        cmocka_unit_test(a_segment_that_claims_the_whole_address_space_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
