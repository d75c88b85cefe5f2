/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The simulated board against recordings of real ROM code and real stubs: every byte that a real chip sent
 * must be what the board sends. What is exempt is in `exempt` with its reason.
 *
 * Each recording meets a fresh board in its loader, whose flash already holds what earlier recordings had
 * written.
 */

#include "engine/base/bytes.h"
#include "engine/base/file.h"
#include "tests/fakes/check.h"
#include "tools/vboard/board.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TURN_MAX 40000u

/* Registers that hold what an earlier recording left there: the recorder did not clear them between two. They
 * are written before the recording is played. */
static const struct {
    const char *prefix;
    const char *but[2]; /* recordings that came first */
    uint32_t addr, word;
} left_behind[] = {
    {"esp32c3-", {"flash-id", "write-compressed"}, 0x60002018, 0xd00000c0},
    {"esp32c3-", {"flash-id", "write-compressed"}, 0x60002020, 0x70000003},
};

struct player {
    struct vb_board *board;
    uint64_t now_us;
    uint8_t got[TURN_MAX];
    size_t got_size;
};

static void wait_us(struct player *player, uint64_t us)
{
    player->now_us += us;
    player->got_size += vb_board_transmit(player->board, player->now_us, player->got + player->got_size,
                                          sizeof player->got - player->got_size);
}

static void send_bytes(struct player *player, const uint8_t *data, size_t size)
{
    player->got_size = 0;
    vb_board_receive(player->board, player->now_us, data, size);
    wait_us(player, 1);
}

static void send_hex(struct player *player, const char *hex)
{
    uint8_t data[64];

    assert_true(eg_hex_parse(data, strlen(hex) / 2, hex));
    send_bytes(player, data, strlen(hex) / 2);
}

static const char sync_hex[] =
    "c000082400000000000707122055555555555555555555555555555555555555555555555555555555"
    "55555555555555c0";

/* Ends like esptool's sequence for two transistors: the strap low while EN rises. */
static void enter_loader(struct player *player)
{
    vb_board_set_lines(player->board, player->now_us, false, true);
    wait_us(player, 100000);
    vb_board_set_lines(player->board, player->now_us, true, true);
    vb_board_set_lines(player->board, player->now_us, true, false);
    wait_us(player, 50000);
    vb_board_set_lines(player->board, player->now_us, false, false);
    wait_us(player, 1000);
}

static void put_file(FILE *out, const struct eg_buffer *file, long from, size_t size, long at)
{
    assert_int_equal(fseek(out, at, SEEK_SET), 0);
    assert_int_equal(fwrite(file->data + from, 1, size, out), size);
}

/* A flash file with part20k.bin where the recordings read it. */
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
        /* None of these bytes but the last of 0xd00000c0 needs an escape. */
        if (request[at + 4] == 0xc0) {
            memmove(request + at + 6, request + at + 5, 11);
            request[at + 4] = 0xdb;
            request[at + 5] = 0xdc;
            at++;
        }
        request[at + 16] = 0xc0;
        send_bytes(player, request, at + 17);
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
            send_bytes(player, turn, size);
            sent = true;
        } else if (sent) {
            compare(player, turn, size, name, number);
        }
        /* A boot log before the first request is that of the recorder's straps. */
    }
}

static void replay(const char *folder, const char *name, const char *flash_path)
{
    const bool c3 = strncmp(name, "esp32c3", 7) == 0;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    static struct player player;
    struct vb_config config = {.target = eg_target_by_name(c3 ? "esp32c3" : "esp32"),
                               .mac = {0x24, 0x0a, 0xc4, 0x00, 0x10, c3},
                               .fast = true,
                               .flash_path = flash_path};
    struct eg_error err;
    char path[4096 + 300];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(eg_file_read(&text, path, 1u << 24, &err), err);
    make_flash(flash_path);
    player = (struct player){0};
    assert_ok(vb_board_create(&player.board, &config, &err), err);
    vb_board_set_host_baud(player.board, 0, 0);
    enter_loader(&player);
    send_hex(&player, sync_hex);
    write_left_behind(&player, name);
    play(&player, (char *)text.data, name);
    vb_board_destroy(player.board);
}

static void every_recording_is_answered_byte_for_byte(void **state)
{
    char folder[4096], flash_path[] = "/tmp/vboard-replay-XXXXXX";
    struct dirent **names;
    const int fd = mkstemp(flash_path);
    int count, played = 0;

    (void)state;
    fixture_path(folder, "traces");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recording_is_answered_byte_for_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
