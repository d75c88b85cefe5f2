/* SPDX-License-Identifier: Apache-2.0 */

/* Output of the application, from a file, and cases in which it does not start. */

#include "tests/tools/vboard/player.h"

#include <stdlib.h>
#include <unistd.h>

#define HEAD "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\nentry 0x00000000\r\n"

/* Path of the file, for one test. */
static char log_path[] = "/tmp/eg-app-XXXXXX";

static void write_log(const char *text)
{
    strcpy(log_path, "/tmp/eg-app-XXXXXX");
    const int fd = mkstemp(log_path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void write_flash(struct player *player, uint32_t addr, const uint8_t data[0x1000])
{
    player_command(player, 0x02, WORDS(0x1000, 1, 0x1000, addr));
    assert_int_equal(player_block(player, 0x03, 0, data, 0x1000), 0);
}

/* Start a board whose ROM has written a bootloader, a table and, on request, an application. */
static void start(struct player *player, const char *text, const char *fault, bool app)
{
    struct vb_config config = {.fast = true, .app_log = log_path};
    uint8_t sector[0x1000] = {0xe9};
    struct eg_error err;

    write_log(text);
    if (fault != NULL) {
        assert_ok(vb_fault_parse(&config.faults[0], fault, &err), err);
        config.fault_count = 1;
    }
    player_open(player, config);
    remove(log_path);
    write_flash(player, 0x1000, sector);
    if (app)
        write_flash(player, 0x10000, sector);
    memcpy(sector, (const uint8_t[]){0xaa, 0x50, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0}, 12);
    write_flash(player, 0x8000, sector);
    vb_board_set_host_baud(player->board, player->now_us, 115200);
    player_hard_reset(player);
}

static void its_lines_follow_the_boot_messages(void **state)
{
    struct player player;

    (void)state;
    start(&player, "one\n\n@@two\n\033[0;32mprompt> ", NULL, true);
    player_idle(&player, 100000);
    assert_true(player_heard(&player, HEAD "one\r\n\r\n@two\r\n\033[0;32mprompt> "));
    assert_int_equal(memcmp(player.got + player.got_size - 8, "prompt> ", 8), 0);
    vb_board_destroy(player.board);
}

static void a_flash_without_an_application_prints_none(void **state)
{
    struct player player;

    (void)state;
    start(&player, "one\n", NULL, false);
    player_idle(&player, 100000);
    assert_true(player_heard(&player, HEAD));
    assert_false(player_heard(&player, "one"));
    vb_board_destroy(player.board);
}

static void every_reset_starts_from_the_beginning(void **state)
{
    struct player player;

    (void)state;
    start(&player, "one\n@1s two\n", NULL, true);
    player_idle(&player, 500000);
    assert_int_equal(player_count(&player, "one\r\n"), 1);
    player_hard_reset(&player);
    player_idle(&player, 900000);
    assert_int_equal(player_count(&player, "one\r\n"), 1);
    assert_int_equal(player_count(&player, "two\r\n"), 0);
    player_idle(&player, 200000);
    assert_int_equal(player_count(&player, "two\r\n"), 1);
    vb_board_destroy(player.board);
}

static void a_line_waits_as_long_as_it_says(void **state)
{
    struct player player;

    (void)state;
    start(&player, "@200ms\n@300ms one\n@1s two\n", NULL, true);
    player_idle(&player, 480000);
    assert_false(player_heard(&player, "one"));
    player_idle(&player, 100000);
    assert_true(player_heard(&player, HEAD "one\r\n"));
    assert_false(player_heard(&player, "two"));
    player_idle(&player, 1000000);
    assert_true(player_heard(&player, "one\r\ntwo\r\n"));
    vb_board_destroy(player.board);
}

static void it_may_print_at_another_rate(void **state)
{
    struct player player;

    (void)state;
    start(&player, "one\n@baud 9600\ntwo\n@500ms three\n", NULL, true);
    player_idle(&player, 400000);
    assert_true(player_heard(&player, "one\r\n"));
    assert_false(player_heard(&player, "two"));
    vb_board_set_host_baud(player.board, player.now_us, 9600);
    player_idle(&player, 400000);
    assert_true(player_heard(&player, "three\r\n"));
    vb_board_destroy(player.board);
}

static void a_line_may_come_in_parts(void **state)
{
    struct player player;

    (void)state;
    start(&player, "@part temp=1\n@100ms 25\n", NULL, true);
    player_idle(&player, 90000);
    assert_false(player_heard(&player, "25"));
    player_idle(&player, 100000);
    assert_true(player_heard(&player, "temp=125\r\n"));
    vb_board_destroy(player.board);
}

static void it_may_wait_for_the_host(void **state)
{
    struct player player;

    (void)state;
    start(&player, "ready\n@await aab\nthanks\n@await c\nbye\n", NULL, true);
    player_send(&player, (const uint8_t *)"aab", 3); /* the chip is held in reset */
    player_idle(&player, 100000);
    assert_false(player_heard(&player, "thanks"));
    player_send(&player, (const uint8_t *)"aa", 2);
    player_idle(&player, 100000);
    player_send(&player, (const uint8_t *)"ab", 2);
    player_idle(&player, 100000);
    assert_true(player_heard(&player, "thanks\r\n"));
    vb_board_set_host_baud(player.board, player.now_us, 9600);
    player_send(&player, (const uint8_t *)"c", 1);
    player_idle(&player, 100000);
    vb_board_set_host_baud(player.board, player.now_us, 115200);
    player_send(&player, (const uint8_t *)"c", 1);
    player_idle(&player, 100000);
    assert_int_equal(player_count(&player, "bye\r\n"), 1);
    vb_board_destroy(player.board);
}

static void a_silent_application_prints_none_of_it(void **state)
{
    struct player player;

    (void)state;
    start(&player, "one\n", "app-silent", true);
    player_idle(&player, 100000);
    assert_true(player_heard(&player, HEAD));
    assert_false(player_heard(&player, "one"));
    vb_board_destroy(player.board);
}

static void an_application_that_crashes_restarts_over_and_over(void **state)
{
    struct player player;

    (void)state;
    start(&player, "one\n", "app-panic", true);
    player_idle(&player, 2000000);
    assert_in_range(player_count(&player, "Guru Meditation Error: Core  0 panic'ed (LoadProhibited)."), 4, 6);
    assert_in_range(player_count(&player, "rst:0x3 (SW_RESET)"), 3, 5);
    player_wait(&player, UINT64_C(86400000000)); /* for a day of the board's time */
    assert_true(player.got_size < 4000);
    vb_board_destroy(player.board);
}

static void it_may_crash_in_its_first_starts_only(void **state)
{
    struct player player;

    (void)state;
    start(&player, "one\ntwo\n", "app-panicx2", true);
    player_idle(&player, 2000000);
    assert_int_equal(player_count(&player, "Guru Meditation Error"), 2);
    assert_int_equal(player_count(&player, "two\r\n"), 1);
    vb_board_destroy(player.board);
}

static void a_line_that_makes_no_sense_is_refused(void **state)
{
    static const char *const lines[] = {
        "@",
        "@5",
        "@5m x",
        "@5msx",
        "@x",
        "@part",
        "@await ",
        "@await",
        "@baud",
        "@baud 1",
        "@baud 115200 x",
        "@99999999999999999999s",
        "@await 0123456789012345678901234567890123456789012345678901234567890123456789",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const struct vb_config config = {.target = eg_target_by_name("esp32"), .app_log = log_path};
        char text[200], expected[200];
        struct vb_board *board;
        struct eg_error err;

        snprintf(text, sizeof text, "one\n%s\n", lines[i]);
        write_log(text);
        const enum eg_code code = vb_board_create(&board, &config, &err);
        remove(log_path);
        snprintf(expected, sizeof expected,
                 "%s:2: a line that begins with @ must be @500ms TEXT, @part TEXT, @mac TEXT, "
                 "@await TEXT of up to 64 "
                 "bytes, @baud N or @@TEXT",
                 log_path);
        assert_error(code, err, EG_BAD_JOB, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_lines_follow_the_boot_messages),
        cmocka_unit_test(a_flash_without_an_application_prints_none),
        cmocka_unit_test(every_reset_starts_from_the_beginning),
        cmocka_unit_test(a_line_waits_as_long_as_it_says),
        cmocka_unit_test(it_may_print_at_another_rate),
        cmocka_unit_test(a_line_may_come_in_parts),
        cmocka_unit_test(it_may_wait_for_the_host),
        cmocka_unit_test(a_silent_application_prints_none_of_it),
        cmocka_unit_test(an_application_that_crashes_restarts_over_and_over),
        cmocka_unit_test(it_may_crash_in_its_first_starts_only),
        cmocka_unit_test(a_line_that_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
