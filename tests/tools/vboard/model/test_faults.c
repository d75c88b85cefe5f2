/* SPDX-License-Identifier: Apache-2.0 */

/* Faults: their forms, and the effect of each on a board. */

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

/* Write a fault of this form, with all its optional parts or with none. */
static void example(char *text, size_t size, const char *form, bool whole)
{
    static const struct {
        const char *part, *value;
    } values[] = {{"BYTES", "40000"}, {"ADDR", "0x10010"}, {"BIT", "3"},    {"V", "1"},     {"MS", "500"},
                  {"N", "3"},         {"BOARD", "2"},      {"BITS", "100"}, {"BLOCK", "4"}, {"FUSE", "255"}};
    size_t used = 0;

    for (const char *at = form; *at != '\0';) {
        const size_t length = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

        assert_true(used < size - 10);
        if (*at == '[' && !whole) {
            at = strchr(at, ']') + 1;
            continue;
        }
        for (size_t i = 0; i < sizeof values / sizeof values[0] && length > 0; i++) {
            if (strlen(values[i].part) == length && strncmp(at, values[i].part, length) == 0)
                used += (size_t)sprintf(text + used, "%s", values[i].value);
        }
        if (length == 0 && *at != '[' && *at != ']')
            text[used++] = *at;
        at += length > 0 ? length : 1;
    }
    text[used] = '\0';
}

static void every_form_is_understood(void **state)
{
    const char *form, *help;
    struct vb_fault fault;
    struct eg_error err;
    char text[80];
    size_t count = 0;

    (void)state;
    for (; vb_fault_row(count, &form, &help); count++) {
        assert_true(strlen(help) > 0);
        for (int whole = 0; whole < 2; whole++) {
            example(text, sizeof text, form, whole);
            assert_ok(vb_fault_parse(&fault, text, &err), err);
            if (fault.row != count)
                fail_msg("%s is read as fault %u, not as %s", text, fault.row, form);
            assert_int_equal(fault.at, strstr(text, "@40000") != NULL ? 40000 : 0);
            assert_int_equal(fault.addr, strstr(text, "@0x10010") != NULL ? 0x10010 : 0);
            assert_int_equal(fault.mask, strstr(text, ".3") != NULL ? 8 : 0);
            assert_int_equal(fault.value, strstr(text, "=1") != NULL);
            assert_int_equal(fault.ms, strstr(text, ":500") != NULL ? 500 : 0);
            assert_int_equal(fault.count, strstr(text, "x3") != NULL ? 3 : 0);
            assert_int_equal(fault.bits, strstr(text, "@100") != NULL ? 100 : 0);
            assert_int_equal(fault.block, strstr(text, "@4.") != NULL ? 4 : 0);
            assert_int_equal(fault.fuse, strstr(text, ".255") != NULL ? 255 : 0);
            assert_int_equal(fault.mac_of, strstr(text, "=2") != NULL ? 2 : 0);
        }
    }
    assert_true(count > 20);
}

static void a_wrong_form_is_refused_with_the_right_one(void **state)
{
    static const struct {
        const char *text, *form;
    } rows[] = {
        {"app-silent@5", "app-silent"},
        {"lose", "lose@BYTES[xN]"},
        {"lose@", "lose@BYTES[xN]"},
        {"lose@-1", "lose@BYTES[xN]"},
        {"lose@1x0", "lose@BYTES[xN]"},
        {"lose@1y", "lose@BYTES[xN]"},
        {"late@5", "late@BYTES:MS[xN]"},
        {"gone@5:", "gone@BYTES[:MS]"},
        {"flip@1:2", "flip@BYTES[xN]"},
        {"stuck@1.8=0", "stuck@ADDR.BIT=V"},
        {"stuck@1.3=2", "stuck@ADDR.BIT=V"},
        {"stuck@1.3=1x", "stuck@ADDR.BIT=V"},
        {"mac=0", "mac=BOARD"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vb_fault fault;
        struct eg_error err;
        char expected[200];

        snprintf(expected, sizeof expected, "fault '%s': not of the form %s", rows[i].text, rows[i].form);
        assert_error(vb_fault_parse(&fault, rows[i].text, &err), err, EG_BAD_JOB, expected);
    }
}

static void an_unknown_word_is_refused_with_the_known_ones(void **state)
{
    static const char *const texts[] = {"", "lies", "flipped@3", "LIE"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *form, *help;
        struct vb_fault fault;
        struct eg_error err;
        char expected[480];
        int used = snprintf(expected, sizeof expected, "fault '%s': not one of ", texts[i]);

        for (size_t row = 0; vb_fault_row(row, &form, &help); row++)
            used += snprintf(expected + used, sizeof expected - (size_t)used, "%s%.*s", row > 0 ? ", " : "",
                             (int)strcspn(form, "@[:="), form);
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

static void en_that_falls_slowly_must_be_pulled_for_long(void **state)
{
    struct player player;

    (void)state;
    start(&player, "slow-reset", (struct vb_config){.fast = true});
    for (unsigned low_ms = 49; low_ms <= 50; low_ms++) {
        assert_true(player_sync(&player));
        vb_board_set_lines(player.board, player.now_us, false, true);
        player_wait(&player, low_ms * 1000);
        vb_board_set_lines(player.board, player.now_us, false, false);
        player_idle(&player, 100000);
    }
    assert_false(player_sync(&player));
    vb_board_destroy(player.board);
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

static void a_brown_out_loop_restarts_the_chip_again_and_again(void **state)
{
    const uint8_t bytes[256] = {0};
    struct player player;

    (void)state;
    start(&player, "brownout-loop@50", (struct vb_config){.fast = true});
    assert_true(player_sync(&player));
    for (int i = 0; i < 20; i++) {
        player_send(&player, bytes, sizeof bytes);
        player_idle(&player, 100000);
        assert_true(player_heard(&player, "Brownout detector was triggered\r\n"));
    }
    vb_board_destroy(player.board);
}

/* A reply to READ_REG is 14 bytes in its frame. */
static void a_byte_of_a_reply_is_lost_or_arrives_twice(void **state)
{
    static const struct {
        const char *fault;
        size_t size;
    } rows[] = {{"app-silent", 14}, {"lose-back@50", 13}, {"double-back@50", 15}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct player player;

        start(&player, rows[i].fault, (struct vb_config){.fast = true});
        assert_true(player_sync(&player));
        player_send(&player, BYTES(0xc0, 0x00, 0x0a, 0x04, 0x00, 0, 0, 0, 0, 0, 0x10, 0, 0x40, 0xc0));
        player_idle(&player, 100000);
        assert_int_equal(player.got_size, rows[i].size);
        vb_board_destroy(player.board);
    }
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

static void a_doubled_byte_spoils_its_frame(void **state)
{
    struct player player;

    (void)state;
    start(&player, "double@50", (struct vb_config){.fast = true});
    assert_true(player_sync(&player));
    player_command(&player, 0x0a, WORDS(0x40001000));
    assert_int_equal(player_status(&player, 0), 0x0105);
    player_command(&player, 0x0a, WORDS(0x40001000));
    assert_int_equal(player_status(&player, 0), 0);
    vb_board_destroy(player.board);
}

static void a_garbled_reply_differs_in_one_bit(void **state)
{
    const uint8_t right[] = {0xc0, 1, 0x0a, 4, 0, 0x83, 0x1d, 0xf0, 0, 0, 0, 0, 0, 0xc0};
    struct player player;
    unsigned bits = 0;

    (void)state;
    start(&player, "garble@50", (struct vb_config){.fast = true});
    assert_true(player_sync(&player));
    player_try(&player, 1000000, 0x0a, WORDS(0x40001000));
    assert_int_equal(player.got_size, sizeof right);
    for (size_t i = 0; i < sizeof right; i++)
        bits += (unsigned)__builtin_popcount(player.got[i] ^ right[i]);
    assert_int_equal(bits, 1);
    vb_board_destroy(player.board);
}

static void noise_comes_before_the_reply(void **state)
{
    struct player player;

    (void)state;
    start(&player, "noise@50", (struct vb_config){.fast = true});
    assert_true(player_sync(&player));
    player_try(&player, 1000000, 0x0a, WORDS(0x40001000));
    assert_in_range(player.got_size, 15, 14 + 64);
    assert_memory_equal(player.got + player.got_size - 14, "\xc0\x01\x0a\x04\x00\x83\x1d\xf0\x00", 9);
    vb_board_destroy(player.board);
}

static void a_refused_command_is_not_done(void **state)
{
    struct player player;

    (void)state;
    start(&player, "refuse@50", (struct vb_config){.fast = true});
    assert_true(player_sync(&player));
    player_command(&player, 0x09, WORDS(0x3ffb0000, 7, UINT32_MAX, 0));
    assert_int_equal(player_status(&player, 0), 0x0107);
    assert_int_equal(player_register(&player, 0x3ffb0000), 0);
    vb_board_destroy(player.board);
}

static void a_write_error_is_told_and_nothing_is_written(void **state)
{
    struct player player;
    uint8_t data[BLOCK] = {0};

    (void)state;
    start(&player, "write-error@100", (struct vb_config){.fast = true});
    assert_true(player_sync(&player));
    player_attach(&player, 0);
    player_command(&player, 0x02, WORDS(BLOCK, 1, BLOCK, 0x10000));
    assert_int_equal(player_block(&player, 0x03, 0, data, sizeof data), 0x0108);
    assert_int_equal(player_flash(&player)[0x10000], 0xff);
    vb_board_destroy(player.board);
}

static void a_watchdog_restarts_the_chip(void **state)
{
    struct player player;

    (void)state;
    start(&player, "watchdog@50", (struct vb_config){.fast = true});
    assert_true(player_sync(&player));
    player_send(&player, BYTES(0xc0, 0x00, 0x0a, 0x04, 0x00, 0, 0, 0, 0, 0, 0x10, 0, 0x40, 0xc0));
    player_idle(&player, 100000);
    assert_true(player_heard(&player, "rst:0x10 (RTCWDT_RTC_RST),boot:0x13"));
    vb_board_destroy(player.board);
}

static void a_loader_without_other_rates_refuses_them(void **state)
{
    struct player player;

    (void)state;
    start(&player, "no-rate", (struct vb_config){.fast = true});
    assert_true(player_sync(&player));
    player_command(&player, 0x0f, WORDS(921600, 0));
    assert_int_equal(player_status(&player, 0), 0x0106);
    assert_int_equal(player_register(&player, 0x40001000), 0x00f01d83);
    vb_board_destroy(player.board);
}

static void a_flash_of_half_its_size_wraps(void **state)
{
    struct player player;
    uint8_t data[BLOCK] = {0};

    (void)state;
    start(&player, "half-flash", (struct vb_config){.fast = true});
    assert_true(player_sync(&player));
    player_attach(&player, 0);
    player_command(&player, 0x0b, WORDS(0, 0x400000, 0x10000, 0x1000, 0x100, 0xffff));
    player_command(&player, 0x02, WORDS(BLOCK, 1, BLOCK, 0x200000));
    assert_int_equal(player_block(&player, 0x03, 0, data, sizeof data), 0);
    assert_int_equal(player_flash(&player)[0], 0);
    vb_board_destroy(player.board);
}

static void a_flash_shows_another_id_from_then_on(void **state)
{
    struct player player;

    (void)state;
    start(&player, "other-flash-id@2000", (struct vb_config){.fast = true});
    assert_true(player_sync(&player));
    player_attach(&player, 0);
    assert_int_equal(player_flash_id(&player), 0x1640c8);
    for (int i = 0; i < 150; i++)
        player_command(&player, 0x0a, WORDS(0x40001000));
    assert_int_equal(player_flash_id(&player), 0x1740c8);
    vb_board_destroy(player.board);
}

static uint64_t erase_time_us(const char *fault)
{
    struct player player;

    start(&player, fault, (struct vb_config){0});
    assert_true(player_sync(&player));
    player_attach(&player, 0);
    const uint64_t begun_us = player.now_us;
    player_command(&player, 0x02, WORDS(BLOCK, 1, BLOCK, 0x10000));
    const uint64_t us = player.answered_us - begun_us;
    vb_board_destroy(player.board);
    return us;
}

static void a_slow_flash_takes_ten_times_as_long(void **state)
{
    (void)state;
    assert_int_equal(erase_time_us("slow-flash") - erase_time_us("app-silent"), 9 * 45000);
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
        cmocka_unit_test(every_form_is_understood),
        cmocka_unit_test(a_wrong_form_is_refused_with_the_right_one),
        cmocka_unit_test(an_unknown_word_is_refused_with_the_known_ones),
        cmocka_unit_test(a_fault_clones_the_unique_id_of_the_flash),
        cmocka_unit_test(a_lost_byte_costs_the_reply),
        cmocka_unit_test(flipped_bits_are_the_same_every_time),
        cmocka_unit_test(en_that_falls_slowly_must_be_pulled_for_long),
        cmocka_unit_test(a_late_reply_comes_by_that_much_later),
        cmocka_unit_test(a_dropped_reply_is_missing_and_the_command_was_done),
        cmocka_unit_test(a_silent_board_stays_silent_through_resets),
        cmocka_unit_test(a_board_silent_from_the_start_says_nothing),
        cmocka_unit_test(a_port_that_goes_comes_back_after_its_time_with_a_fresh_board),
        cmocka_unit_test(a_port_without_a_time_never_comes_back),
        cmocka_unit_test(a_brown_out_restarts_the_chip_and_says_so),
        cmocka_unit_test(a_brown_out_loop_restarts_the_chip_again_and_again),
        cmocka_unit_test(a_byte_of_a_reply_is_lost_or_arrives_twice),
        cmocka_unit_test(a_stuck_bit_never_changes_and_the_rom_reads_it_back),
        cmocka_unit_test(a_bit_stuck_at_0_survives_an_erase),
        cmocka_unit_test(a_liar_says_ok_and_its_digest_tells_the_truth),
        cmocka_unit_test(a_doubled_byte_spoils_its_frame),
        cmocka_unit_test(a_garbled_reply_differs_in_one_bit),
        cmocka_unit_test(noise_comes_before_the_reply),
        cmocka_unit_test(a_refused_command_is_not_done),
        cmocka_unit_test(a_write_error_is_told_and_nothing_is_written),
        cmocka_unit_test(a_watchdog_restarts_the_chip),
        cmocka_unit_test(a_loader_without_other_rates_refuses_them),
        cmocka_unit_test(a_flash_of_half_its_size_wraps),
        cmocka_unit_test(a_flash_shows_another_id_from_then_on),
        cmocka_unit_test(a_slow_flash_takes_ten_times_as_long),
        cmocka_unit_test(repeats_follow_at_distances_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
