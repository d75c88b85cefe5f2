/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The simulated board: lines, rates, times, and recordings of real ROM code and real stubs, from
 * tests/recordings/ and, if present, the fixtures folder. The board must answer byte for byte.
 *
 * Each recording starts with a fresh board in its loader, whose flash already holds what earlier recordings
 * had written. Two things are not compared: a boot log before the first request, which depends on the
 * recorder's straps, and the registers in `left_behind`.
 */

#include "engine/base/file.h"
#include "tests/tools/vboard/player.h"
#include "tests/tools/vboard/recording.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TURN_MAX PLAYER_ROOM

/*
 * Registers that hold a value of an earlier recording, because the recorder did not clear them. They are
 * written before the recording is played.
 */
static const struct {
    const char *prefix;
    const char *but[2]; /* earlier recordings */
    uint32_t addr, word;
} left_behind[] = {
    {"esp32c3-", {"flash-id", "write-compressed"}, 0x60002018, 0xd00000c0},
    {"esp32c3-", {"flash-id", "write-compressed"}, 0x60002020, 0x70000003},
};

static void put_file(FILE *out, const struct eg_buffer *file, long from, size_t size, long at)
{
    assert_int_equal(fseek(out, at, SEEK_SET), 0);
    assert_int_equal(fwrite(file->data + from, 1, size, out), size);
}

/* Make a flash file with part20k.bin at the place that the recordings read. */
static void make_flash(const char *path)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer app = {0};
    char app_path[4096];
    struct eg_error err;
    FILE *out = fopen(path, "wb");

    assert_non_null(out);
    assert_ok(eg_file_read(&app, fixture_path(app_path, "jobs/esp32-idf/app-template.bin"), 1u << 24, &err),
              err);
    for (long i = 0; i < 0x400000; i++)
        putc(0xff, out);
    put_file(out, &app, 0x4000, 20000, 0x10000);
    put_file(out, &app, 0x4000, 20000, 0x20000);
    assert_int_equal(fclose(out), 0);
}

static void write_left_behind(struct player *player, const char *name)
{
    for (size_t i = 0; i < sizeof left_behind / sizeof left_behind[0]; i++) {
        uint8_t request[80] = {0xc0, 0x00, 0x09, 0x10};
        const uint8_t word[16] = {0};
        size_t at = 9;

        if (strncmp(name, left_behind[i].prefix, strlen(left_behind[i].prefix)) != 0 ||
            strstr(name, left_behind[i].but[0]) != NULL || strstr(name, left_behind[i].but[1]) != NULL)
            continue;
        memcpy(request + at, word, sizeof word);
        eg_put32(request + at, left_behind[i].addr);
        eg_put32(request + at + 4, left_behind[i].word);
        eg_put32(request + at + 8, UINT32_MAX);
        /* Of these bytes only the last of 0xd00000c0 needs an escape. */
        if (request[at + 4] == 0xc0) {
            memmove(request + at + 6, request + at + 5, 11);
            request[at + 4] = 0xdb;
            request[at + 5] = 0xdc;
            at++;
        }
        request[at + 16] = 0xc0;
        player_send(player, request, at + 17);
        assert_int_equal(player->got_size, player->got[3] + 10u);
    }
}

static size_t unhex_turn(uint8_t *data, const char *line)
{
    const char *hex = strstr(line, "\"hex\": \"");
    size_t size = 0;

    assert_non_null(hex);
    for (hex += 8; hex[0] != '"'; hex += 2, size++) {
        char pair[3] = {hex[0], hex[1], '\0'};

        assert_true(size < TURN_MAX && eg_hex_parse(data + size, 1, pair));
    }
    return size;
}

static void compare(const struct player *player, const uint8_t *expected, size_t size, const char *name,
                    unsigned line)
{
    for (size_t i = 0; i < size && i < player->got_size; i++) {
        if (player->got[i] != expected[i])
            fail_msg("%s:%u: byte %zu is %02x, the chip sent %02x", name, line, i, player->got[i],
                     expected[i]);
    }
    if (player->got_size != size)
        fail_msg("%s:%u: %zu bytes, the chip sent %zu", name, line, player->got_size, size);
}

static void play(struct player *player, char *text, const char *name)
{
    static uint8_t turn[TURN_MAX];
    unsigned number = 1;
    bool sent = false;

    for (char *rest, *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest), number++) {
        size_t size;

        if (number == 1)
            continue;
        size = unhex_turn(turn, line);
        if (strstr(line, "\"dir\": \"h2c\"") != NULL) {
            player_send(player, turn, size);
            sent = true;
        } else if (sent) {
            compare(player, turn, size, name, number);
        }
        /* A boot log before the first request depends on the recorder's straps. */
    }
}

/* Start the board of a recording, in its loader. */
static void start_recorded(struct player *player, const char *name, const char *flash_path)
{
    const bool c3 = strncmp(name, "esp32c3", 7) == 0;

    player_start(player, (struct vb_config){.target = eg_target_by_name(c3 ? "esp32c3" : "esp32"),
                                            .mac = {0x24, 0x0a, 0xc4, 0x00, 0x10, c3},
                                            .fast = true,
                                            .flash_path = flash_path});
    vb_board_set_host_baud(player->board, 0, 0);
    player_enter_loader(player);
    assert_true(player_sync(player));
    write_left_behind(player, name);
}

static void replay(const char *folder, const char *name, const char *flash_path)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    static struct player player;
    struct eg_error err;
    char path[4096 + 300];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(eg_file_read(&text, path, 1u << 24, &err), err);
    make_flash(flash_path);
    start_recorded(&player, name, flash_path);
    play(&player, (char *)text.data, name);
    vb_board_destroy(player.board);
}

static void every_recording_of_the_fixtures_is_answered_byte_for_byte(void **state)
{
    char folder[4096], flash_path[] = "/tmp/eg-replay-XXXXXX";
    struct dirent **names;
    int count, played = 0;

    (void)state;
    fixture_path(folder, "traces");
    const int fd = mkstemp(flash_path);
    assert_true(fd >= 0);
    close(fd);
    count = scandir(folder, &names, NULL, alphasort);
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        if (strstr(names[i]->d_name, ".jsonl") != NULL) {
            replay(folder, names[i]->d_name, flash_path);
            played++;
        }
        free(names[i]);
    }
    free(names);
    unlink(flash_path);
    assert_true(played >= 64);
}

/* Fill the flash with the contents that the recordings assume. */
static void make_generated_flash(const char *path)
{
    FILE *out = fopen(path, "wb");

    assert_non_null(out);
    for (uint32_t at = 0; at < 0x400000; at++) {
        const bool held = at >= 0x10000 && at < 0x30000;

        putc(held ? recording_byte(NULL, "part20k", at & 0xffff) : 0xff, out);
    }
    assert_int_equal(fclose(out), 0);
}

/*
 * Find the stub that a recording names; false if this build has another version. `line` is "stub NAME
 * SHA-256".
 */
static bool recorded_stub(const struct eg_stub **stub, const char *line)
{
    char name[32], sha256[EG_SHA256_TEXT];

    assert_int_equal(sscanf(line, "stub %31s %64s", name, sha256), 2);
    *stub = eg_stub_by_name(name);
    return *stub != NULL && strcmp((*stub)->sha256, sha256) == 0;
}

static void play_recording(struct player *player, char *text, const char *name)
{
    static uint8_t turn[RECORDING_TURN_MAX];
    const struct eg_stub *stub = NULL;
    unsigned number = 0;
    bool sent = false;

    for (char *rest, *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        number++;
        if (line[0] == 's' && !recorded_stub(&stub, line)) {
            print_message("SKIPPED: %s: this build does not have its stub\n", name);
            return;
        }
        if (line[0] != '>' && line[0] != '<')
            continue;
        const size_t size = recording_turn(turn, line + 1, stub);
        if (line[0] == '>')
            player_send(player, turn, size);
        else if (sent)
            compare(player, turn, size, name, number);
        sent = sent || line[0] == '>';
    }
    assert_true(sent);
}

static void every_recording_of_the_repository_is_answered_byte_for_byte(void **state)
{
    char folder[4096], flash_path[] = "/tmp/eg-replay-XXXXXX";
    struct dirent **names;
    int played = 0;

    (void)state;
    source_path(folder, "tests/recordings");
    const int fd = mkstemp(flash_path);
    assert_true(fd >= 0);
    close(fd);
    const int count = scandir(folder, &names, NULL, alphasort);
    if (count < 0)
        fail_msg("%s: no recordings", folder);
    for (int i = 0; i < count; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
        static struct player player;
        char path[4096 + 300];
        struct eg_error err;

        if (strstr(names[i]->d_name, ".txt") != NULL) {
            snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
            assert_ok(eg_file_read(&text, path, 1u << 24, &err), err);
            make_generated_flash(flash_path);
            start_recorded(&player, names[i]->d_name, flash_path);
            play_recording(&player, (char *)text.data, names[i]->d_name);
            vb_board_destroy(player.board);
            played++;
        }
        free(names[i]);
    }
    free(names);
    unlink(flash_path);
    assert_true(played >= 50);
}

static void the_strap_at_the_end_of_a_reset_leads_into_the_loader(void **state)
{
    struct player player;

    (void)state;
    player_start(&player, (struct vb_config){0});
    player_enter_loader(&player);
    assert_true(player_heard(
        &player, "rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\n"
                 "waiting for download\r\n"));
    assert_true(player_sync(&player));
    assert_int_equal(player.value, 0x20120707);
    vb_board_destroy(player.board);
}

static void a_reset_without_the_strap_runs_what_the_flash_holds(void **state)
{
    struct player player;

    (void)state;
    player_start(&player, (struct vb_config){.target = eg_target_by_name("esp32c3")});
    player_hard_reset(&player);
    player_idle(&player, 100000);
    assert_true(player_heard(
        &player, "rst:0x1 (POWERON),boot:0xc (SPI_FAST_FLASH_BOOT)\r\ninvalid header: 0xffffffff\r\n"));
    assert_false(player_sync(&player));
    vb_board_destroy(player.board);
}

static void both_lines_together_do_nothing(void **state)
{
    struct player player;

    (void)state;
    player_start(&player, (struct vb_config){0});
    player_enter_loader(&player);
    assert_true(player_sync(&player));
    vb_board_set_lines(player.board, player.now_us, true, true);
    player_idle(&player, 100000);
    vb_board_set_lines(player.board, player.now_us, false, false);
    assert_true(player_sync(&player));
    vb_board_destroy(player.board);
}

static void a_jumper_on_the_strap_makes_every_reset_end_in_the_loader(void **state)
{
    struct player player;

    (void)state;
    player_start(&player, (struct vb_config){.strap_low = true});
    player_idle(&player, 100000);
    assert_true(player_sync(&player));
    vb_board_destroy(player.board);
}

static void the_rom_takes_the_rate_of_the_first_sync_and_hears_no_other(void **state)
{
    struct player player;

    (void)state;
    player_start(&player, (struct vb_config){0});
    vb_board_set_host_baud(player.board, 0, 460800);
    player_enter_loader(&player);
    assert_true(player_sync(&player));
    vb_board_set_host_baud(player.board, player.now_us, 115200);
    assert_false(player_sync(&player));
    vb_board_set_host_baud(player.board, player.now_us, 460800 * 102 / 100);
    assert_true(player_sync(&player));
    vb_board_destroy(player.board);
}

static void bytes_that_arrive_before_the_rom_listens_are_lost(void **state)
{
    uint8_t payload[36] = {0x07, 0x07, 0x12, 0x20}, wire[60];
    struct player player;

    (void)state;
    player_start(&player, (struct vb_config){.strap_low = true});
    player_hard_reset(&player);
    player_wait(&player, 14000 + 4000);
    memset(payload + 4, 0x55, 32);
    player_send(
        &player, wire,
        player_pack(wire, 0x08, 0, payload, sizeof payload)); /* 4 ms on the wire; the log takes longer */
    player_idle(&player, 100000);
    assert_true(player_heard(&player, "waiting for download\r\n"));
    assert_int_equal(player.got[player.got_size - 1], '\n');
    assert_true(player_sync(&player));
    vb_board_destroy(player.board);
}

static void a_log_at_another_rate_arrives_garbled(void **state)
{
    struct player player;

    (void)state;
    player_start(&player, (struct vb_config){.target = eg_target_by_name("esp8266")});
    player_enter_loader(&player);
    assert_true(player.got_size > 20);
    assert_false(player_heard(&player, "ets Jan"));
    vb_board_set_host_baud(player.board, player.now_us, 74880);
    player_enter_loader(&player);
    assert_true(player_heard(&player, "ets Jan  8 2013,rst cause:2, boot mode:(1,6)"));
    vb_board_destroy(player.board);
}

static void the_rate_changes_after_the_reply(void **state)
{
    struct player player;

    (void)state;
    player_start(&player, (struct vb_config){0});
    player_enter_loader(&player);
    assert_true(player_sync(&player));
    player_command(&player, 0x0f, WORDS(921600, 0));
    player_idle(&player, 1000);
    assert_false(player_sync(&player));
    vb_board_set_host_baud(player.board, player.now_us, 921600);
    assert_true(player_sync(&player));
    vb_board_destroy(player.board);
}

static void bytes_take_ten_bits_each_way(void **state)
{
    struct player player;
    uint64_t begun_us;

    (void)state;
    player_start(&player, (struct vb_config){0});
    player_enter_loader(&player);
    assert_true(player_sync(&player));
    begun_us = player.now_us;
    player_command(&player, 0x0a, WORDS(0x40001000));
    assert_int_equal(player.value, 0x00f01d83);
    /* 14 bytes there, 100 us, 14 bytes back. */
    assert_int_equal(player.answered_us - begun_us, 14 * 10 * 1000000 * 2 / 115200 + 100 + 1);
    vb_board_destroy(player.board);
}

static void in_fast_mode_a_reply_takes_no_time(void **state)
{
    struct player player;
    uint64_t begun_us;

    (void)state;
    player_open(&player, (struct vb_config){.fast = true});
    begun_us = player.now_us;
    player_command(&player, 0x02, WORDS(0x100000, 1024, 1024, 0));
    assert_true(player.answered_us - begun_us <= 1);
    vb_board_destroy(player.board);
}

static void boards_of_one_program_have_their_own_addresses(void **state)
{
    struct player one, two;

    (void)state;
    player_start(&one, (struct vb_config){.number = 1});
    player_start(&two, (struct vb_config){.number = 2});
    assert_memory_not_equal(vb_board_mac(one.board), vb_board_mac(two.board), 6);
    vb_board_destroy(one.board);
    vb_board_destroy(two.board);
}

static void every_target_shows_the_identity_it_was_given(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        struct player player;
        const struct eg_target *target = eg_targets[i];
        const bool has_revision = eg_field_exists(&target->field[EG_FIELD_REV_MAJOR]);
        uint8_t mac[6];
        uint16_t revision;
        const char *package;

        player_open(&player,
                    (struct vb_config){.target = target, .number = 77, .fast = true, .revision = 102});
        assert_true(eg_target_mac(target, player_read_word, &player, mac));
        if (memcmp(mac, vb_board_mac(player.board), 6) != 0)
            fail_msg("%s: shows another MAC", target->name);
        assert_true(eg_target_revision(target, player_read_word, &player, &revision));
        if (revision != (has_revision ? 102 : 0))
            fail_msg("%s: revision %u", target->name, revision);
        assert_true(eg_target_package(target, player_read_word, &player, &package));
        if (has_revision && strcmp(package, target->package_unknown) == 0)
            fail_msg("%s: package %s", target->name, package);
        vb_board_destroy(player.board);
    }
}

static void requests_are_counted_up_to_the_first_data_block_and_in_all(void **state)
{
    static const uint8_t data[0x400];
    struct player player;

    (void)state;
    player_open(&player, (struct vb_config){.fast = true});
    const unsigned first = vb_board_tally(player.board).requests;
    assert_int_equal(vb_board_tally(player.board).before_data, first);
    player_command(&player, 0x02, WORDS(0x400, 1, 0x400, 0));
    assert_int_equal(player_block(&player, 0x03, 0, data, sizeof data), 0);
    assert_true(player_sync(&player));
    assert_int_equal(vb_board_tally(player.board).requests, first + 3);
    assert_int_equal(vb_board_tally(player.board).before_data, first + 1);
    vb_board_destroy(player.board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recording_of_the_repository_is_answered_byte_for_byte),
        cmocka_unit_test(every_recording_of_the_fixtures_is_answered_byte_for_byte),
        cmocka_unit_test(the_strap_at_the_end_of_a_reset_leads_into_the_loader),
        cmocka_unit_test(a_reset_without_the_strap_runs_what_the_flash_holds),
        cmocka_unit_test(both_lines_together_do_nothing),
        cmocka_unit_test(a_jumper_on_the_strap_makes_every_reset_end_in_the_loader),
        cmocka_unit_test(the_rom_takes_the_rate_of_the_first_sync_and_hears_no_other),
        cmocka_unit_test(bytes_that_arrive_before_the_rom_listens_are_lost),
        cmocka_unit_test(a_log_at_another_rate_arrives_garbled),
        cmocka_unit_test(the_rate_changes_after_the_reply),
        cmocka_unit_test(bytes_take_ten_bits_each_way),
        cmocka_unit_test(in_fast_mode_a_reply_takes_no_time),
        cmocka_unit_test(boards_of_one_program_have_their_own_addresses),
        cmocka_unit_test(every_target_shows_the_identity_it_was_given),
        cmocka_unit_test(requests_are_counted_up_to_the_first_data_block_and_in_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
