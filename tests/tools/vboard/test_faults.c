/* SPDX-License-Identifier: Apache-2.0 */

/* Faults: the words, and what each does to a board. */

#include "tests/tools/vboard/player.h"

#define BLOCK 0x400u

static void start(struct player *player, const char *fault, struct vb_config config)
{
    struct eg_error err;

    assert_ok(vb_fault_parse(&config.faults[0], fault, &err), err);
    config.fault_count = 1;
    player_start(player, config);
    player_enter_loader(player);
}

static void every_word_is_understood(void **state)
{
    static const struct {
        const char *text;
        struct vb_fault fault;
    } rows[] = {
        {"lie", {.kind = VB_FAULT_LIE}},
        {"no-jump-reply", {.kind = VB_FAULT_NO_JUMP_REPLY}},
        {"silent", {.kind = VB_FAULT_SILENT}},
        {"silent@40000", {.kind = VB_FAULT_SILENT, .at = 40000}},
        {"gone@40000", {.kind = VB_FAULT_GONE, .at = 40000}},
        {"gone@40000:2000", {.kind = VB_FAULT_GONE, .at = 40000, .ms = 2000}},
        {"stuck@0x10010.3=1", {.kind = VB_FAULT_STUCK, .addr = 0x10010, .mask = 8, .value = true}},
        {"stuck@7.0=0", {.kind = VB_FAULT_STUCK, .addr = 7, .mask = 1}},
        {"lose@30000", {.kind = VB_FAULT_LOSE, .at = 30000}},
        {"flip@30000x5", {.kind = VB_FAULT_FLIP, .at = 30000, .count = 5}},
        {"late@2000:500", {.kind = VB_FAULT_LATE, .at = 2000, .ms = 500}},
        {"late@2000:500x3", {.kind = VB_FAULT_LATE, .at = 2000, .ms = 500, .count = 3}},
        {"drop@30000", {.kind = VB_FAULT_DROP, .at = 30000}},
        {"brownout@40000", {.kind = VB_FAULT_BROWNOUT, .at = 40000}},
        {"app-silent", {.kind = VB_FAULT_APP_SILENT}},
        {"app-panic", {.kind = VB_FAULT_APP_PANIC}},
        {"same-flash-id", {.kind = VB_FAULT_SAME_FLASH_ID}},
        {"app-panicx2", {.kind = VB_FAULT_APP_PANIC, .count = 2}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vb_fault fault;
        struct eg_error err;

        assert_ok(vb_fault_parse(&fault, rows[i].text, &err), err);
        assert_int_equal(fault.kind, rows[i].fault.kind);
        assert_int_equal(fault.at, rows[i].fault.at);
        assert_int_equal(fault.count, rows[i].fault.count);
        assert_int_equal(fault.ms, rows[i].fault.ms);
        assert_int_equal(fault.addr, rows[i].fault.addr);
        assert_int_equal(fault.mask, rows[i].fault.mask);
        assert_int_equal(fault.value, rows[i].fault.value);
    }
}

static void anything_else_is_refused_with_what_would_do(void **state)
{
    static const char *const texts[] = {
        "",       "lies",    "lie@5",    "lose",        "lose@",       "lose@-1",      "lose@1x0", "lose@1y",
        "late@5", "gone@5:", "flip@1:2", "stuck@1.8=0", "stuck@1.3=2", "stuck@1.3=1x", "flipped@3"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct vb_fault fault;
        struct eg_error err;
        char expected[480];

        snprintf(expected, sizeof expected,
                 "fault '%s': not one of lose@BYTES[xN], flip@BYTES[xN], late@BYTES:MS[xN], drop@BYTES[xN], "
                 "silent[@BYTES], gone@BYTES[:MS], brownout@BYTES[xN], stuck@ADDR.BIT=V, lie, no-jump-reply, "
                 "app-silent, app-panic[xN], same-flash-id",
                 texts[i]);
        assert_error(vb_fault_parse(&fault, texts[i], &err), err, EG_BAD_JOB, expected);
    }
}

static uint32_t unique_id_of(const char *fault, unsigned number)
{
    struct vb_config config = {.fast = true, .number = number, .fault_count = 1};
    struct player player;
    struct eg_error err;

    assert_ok(vb_fault_parse(&config.faults[0], fault, &err), err);
    player_open(&player, config);
    const uint32_t id = player_unique_id(&player);
    vb_board_destroy(player.board);
    return id;
}

static void a_fault_clones_the_unique_id_of_the_flash(void **state)
{
    (void)state;
    assert_int_not_equal(unique_id_of("app-silent", 1), unique_id_of("app-silent", 2));
    assert_int_equal(unique_id_of("app-silent", 1), unique_id_of("app-silent", 1));
    assert_int_equal(unique_id_of("same-flash-id", 1), unique_id_of("same-flash-id", 2));
    assert_int_not_equal(unique_id_of("same-flash-id", 1), unique_id_of("app-silent", 1));
}

static void a_lost_byte_costs_the_reply(void **state)
{
    struct player player;

    (void)state;
    start(&player, "lose@50", (struct vb_config){.fast = true});
    assert_true(player_sync(&player)); /* 46 bytes */
    assert_true(player_try(&player, 1000000, 0x0a, WORDS(0x40001000)));
    assert_int_not_equal(player_status(&player, 0), 0);
    player_command(&player, 0x0a, WORDS(0x40001000));
    assert_int_equal(player_status(&player, 0), 0);
    vb_board_destroy(player.board);
}

static void flipped_bits_are_the_same_every_time(void **state)
{
    uint32_t values[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct player player;

        /* The third byte of the value that WRITE_REG carries. */
        start(&player, "flip@61", (struct vb_config){.fast = true, .seed = 99});
        assert_true(player_sync(&player));
        player_command(&player, 0x09, WORDS(0x3ffb0000, 0x11223344, UINT32_MAX, 0));
        player_command(&player, 0x0a, WORDS(0x3ffb0000));
        values[i] = player.value;
        vb_board_destroy(player.board);
    }
    assert_int_equal(values[0], values[1]);
    assert_int_equal(values[0] & 0xff00ffff, 0x11003344);
    assert_int_not_equal(values[0], 0x11223344);
}

static void a_late_reply_comes_by_that_much_later(void **state)
{
    struct player player;
    uint64_t begun_us;

    (void)state;
    start(&player, "late@50:500", (struct vb_config){.fast = true});
    assert_true(player_sync(&player));
    begun_us = player.now_us;
    player_command(&player, 0x0a, WORDS(0x40001000));
    assert_in_range(player.answered_us - begun_us, 500000, 500002);
    begun_us = player.now_us;
    player_command(&player, 0x0a, WORDS(0x40001000));
    assert_true(player.answered_us - begun_us <= 2);
    vb_board_destroy(player.board);
}

static void a_dropped_reply_is_missing_and_the_command_was_done(void **state)
{
    struct player player;

    (void)state;
    start(&player, "drop@50", (struct vb_config){.fast = true});
    assert_true(player_sync(&player));
    assert_false(player_try(&player, 1000000, 0x09, WORDS(0x3ffb0000, 7, UINT32_MAX, 0)));
    player_command(&player, 0x0a, WORDS(0x3ffb0000));
    assert_int_equal(player.value, 7);
    vb_board_destroy(player.board);
}

static void a_silent_board_stays_silent_through_resets(void **state)
{
    struct player player;

    (void)state;
    start(&player, "silent@50", (struct vb_config){0});
    assert_true(player_sync(&player));
    assert_false(player_try(&player, 1000000, 0x0a, WORDS(0x40001000)));
    player_enter_loader(&player);
    assert_int_equal(player.got_size, 0);
    assert_false(player_sync(&player));
    vb_board_destroy(player.board);
}

static void a_board_silent_from_the_start_says_nothing(void **state)
{
    struct player player;

    (void)state;
    start(&player, "silent", (struct vb_config){0});
    assert_int_equal(player.got_size, 0);
    assert_false(player_sync(&player));
    vb_board_destroy(player.board);
}

static void a_port_that_goes_comes_back_after_its_time_with_a_fresh_board(void **state)
{
    struct player player;

    (void)state;
    start(&player, "gone@50:2000", (struct vb_config){.fast = true});
    assert_true(player_sync(&player));
    assert_true(vb_board_present(player.board, player.now_us));
    assert_false(player_try(&player, 1000000, 0x0a, WORDS(0x40001000)));
    assert_false(vb_board_present(player.board, player.now_us));
    assert_true(vb_board_next_us(player.board, player.now_us) <= player.now_us + 1000001);
    player_idle(&player, 1100000);
    assert_true(vb_board_present(player.board, player.now_us));
    assert_true(player_heard(&player, "rst:0x1 (POWERON_RESET),boot:0x13"));
    player_enter_loader(&player);
    assert_true(player_sync(&player));
    vb_board_destroy(player.board);
}

static void a_port_without_a_time_never_comes_back(void **state)
{
    struct player player;

    (void)state;
    start(&player, "gone@50", (struct vb_config){.fast = true});
    assert_true(player_sync(&player));
    assert_false(player_try(&player, 1000000, 0x0a, WORDS(0x40001000)));
    assert_true(vb_board_next_us(player.board, player.now_us) == UINT64_MAX);
    player_wait(&player, UINT64_C(3600000000));
    assert_false(vb_board_present(player.board, player.now_us));
    vb_board_destroy(player.board);
}

static void a_brown_out_restarts_the_chip_and_says_so(void **state)
{
    struct player player;

    (void)state;
    start(&player, "brownout@50", (struct vb_config){.fast = true});
    assert_true(player_sync(&player));
    player_send(&player, BYTES(0xc0, 0x00, 0x0a, 0x04, 0x00, 0, 0, 0, 0, 0, 0x10, 0, 0x40, 0xc0));
    player_idle(&player, 100000);
    assert_true(player_heard(&player, "Brownout detector was triggered\r\n"));
    assert_true(player_heard(&player, "rst:0xf (RTCWDT_BROWN_OUT_RESET),boot:0x13"));
    assert_false(player_sync(&player));
    vb_board_destroy(player.board);
}

static void a_stuck_bit_never_changes_and_the_rom_reads_it_back(void **state)
{
    struct player player;
    uint8_t data[BLOCK] = {0};

    (void)state;
    start(&player, "stuck@0x10010.3=1", (struct vb_config){.fast = true});
    assert_true(player_sync(&player));
    player_attach(&player, 0);
    player_command(&player, 0x02, WORDS(BLOCK, 1, BLOCK, 0x10000));
    assert_int_equal(player_block(&player, 0x03, 0, data, sizeof data), 0x0108);
    assert_int_equal(player_flash(&player)[0x10010], 0x08);
    assert_int_equal(player_flash(&player)[0x10011], 0x00);
    vb_board_destroy(player.board);
}

static void a_bit_stuck_at_0_survives_an_erase(void **state)
{
    struct player player;

    (void)state;
    start(&player, "stuck@0x10010.7=0", (struct vb_config){.fast = true});
    assert_int_equal(player_flash(&player)[0x10010], 0x7f);
    assert_true(player_sync(&player));
    player_attach(&player, 0);
    player_command(&player, 0x02, WORDS(BLOCK, 1, BLOCK, 0x10000));
    assert_int_equal(player_flash(&player)[0x10010], 0x7f);
    vb_board_destroy(player.board);
}

static void a_liar_says_ok_and_its_digest_tells_the_truth(void **state)
{
    struct player player;
    uint8_t data[BLOCK] = {0};

    (void)state;
    start(&player, "lie", (struct vb_config){.fast = true});
    assert_true(player_sync(&player));
    player_attach(&player, 0);
    player_command(&player, 0x02, WORDS(BLOCK, 1, BLOCK, 0));
    assert_int_equal(player_block(&player, 0x03, 0, data, sizeof data), 0);
    player_command(&player, 0x13, WORDS(0, BLOCK, 0, 0));
    assert_int_equal(player_status(&player, 32), 0);
    /* MD5 of 1024 times FF. */
    assert_memory_equal(player.data, "9a8918b11878da506f761bc1c9c4ce17", 32);
    assert_int_equal(player_flash(&player)[0], 0xff);
    vb_board_destroy(player.board);
}

static void repeats_follow_at_distances_of_their_own(void **state)
{
    struct player player;
    unsigned missing = 0;

    (void)state;
    start(&player, "drop@50x3", (struct vb_config){.fast = true, .seed = 5});
    assert_true(player_sync(&player));
    for (int i = 0; i < 20000; i++)
        missing += !player_try(&player, 1, 0x0a, WORDS(0x40001000));
    assert_int_equal(missing, 3);
    vb_board_destroy(player.board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_is_understood),
        cmocka_unit_test(anything_else_is_refused_with_what_would_do),
        cmocka_unit_test(a_fault_clones_the_unique_id_of_the_flash),
        cmocka_unit_test(a_lost_byte_costs_the_reply),
        cmocka_unit_test(flipped_bits_are_the_same_every_time),
        cmocka_unit_test(a_late_reply_comes_by_that_much_later),
        cmocka_unit_test(a_dropped_reply_is_missing_and_the_command_was_done),
        cmocka_unit_test(a_silent_board_stays_silent_through_resets),
        cmocka_unit_test(a_board_silent_from_the_start_says_nothing),
        cmocka_unit_test(a_port_that_goes_comes_back_after_its_time_with_a_fresh_board),
        cmocka_unit_test(a_port_without_a_time_never_comes_back),
        cmocka_unit_test(a_brown_out_restarts_the_chip_and_says_so),
        cmocka_unit_test(a_stuck_bit_never_changes_and_the_rom_reads_it_back),
        cmocka_unit_test(a_bit_stuck_at_0_survives_an_erase),
        cmocka_unit_test(a_liar_says_ok_and_its_digest_tells_the_truth),
        cmocka_unit_test(repeats_follow_at_distances_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
