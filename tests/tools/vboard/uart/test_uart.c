/* SPDX-License-Identifier: Apache-2.0 */

/* The bridge's latency; test_board.c tests rates and times of the wire. */

#include "tests/tools/vboard/player.h"

static uint64_t answer_us(struct vb_config config)
{
    struct player player;

    player_open(&player, config);
    const uint64_t begun_us = player.now_us;
    player_command(&player, EG_OP_READ_REG, WORDS(0x40001000));
    const uint64_t us = player.answered_us - begun_us;
    vb_board_destroy(player.board);
    return us;
}

static void replies_are_late_by_the_latency_of_the_bridge(void **state)
{
    (void)state;
    assert_int_equal(answer_us((struct vb_config){.latency_us = 16000}),
                     answer_us((struct vb_config){0}) + 16000);
}

static void native_usb_and_fast_mode_have_no_latency(void **state)
{
    const struct eg_target *const c3 = eg_target_by_name("esp32c3");

    (void)state;
    assert_int_equal(answer_us((struct vb_config){.fast = true, .latency_us = 16000}),
                     answer_us((struct vb_config){.fast = true}));
    assert_int_equal(
        answer_us((struct vb_config){
            .target = c3, .usb = VB_USB_SERIAL_JTAG, .strap_low = true, .latency_us = 16000}),
        answer_us((struct vb_config){.target = c3, .usb = VB_USB_SERIAL_JTAG, .strap_low = true}));
}

static void nothing_reaches_the_host_before_the_latency(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, (struct vb_config){.latency_us = 16000});
    const uint32_t words[] = {0x40001000};
    assert_false(player_try(&player, 8000, EG_OP_READ_REG, words, 1)); /* sent, but not here yet */
    assert_int_equal(player.got_size, 0);
    player_idle(&player, 20000);
    assert_int_equal(player.got_size, 14);
    vb_board_destroy(player.board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_are_late_by_the_latency_of_the_bridge),
        cmocka_unit_test(native_usb_and_fast_mode_have_no_latency),
        cmocka_unit_test(nothing_reaches_the_host_before_the_latency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
