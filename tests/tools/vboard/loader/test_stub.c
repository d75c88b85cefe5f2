/* SPDX-License-Identifier: Apache-2.0 */

/* Answers of the simulated stub that no recording covers: refusals, late errors, times. */

#include "tests/tools/vboard/player.h"

#include <stdlib.h>
#include <zlib.h>

#define BLOCK 0x4000u

/* Start a board and its stub. */
static void start(struct player *player, struct vb_config config)
{
    player_need_stub("esp32");
    player_start(player, config);
    player_enter_loader(player);
    assert_true(player_sync(player));
    player_start_stub(player, "esp32");
}

static void fill(uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i * 7 ^ i >> 8);
}

static void an_upload_with_one_wrong_byte_does_not_run(void **state)
{
    struct player player;
    const struct eg_stub *stub = player_need_stub("esp32");
    EG_CLEANUP(eg_free_cleanup) uint8_t *text = NULL;

    (void)state;
    text = malloc(stub->text_size);
    assert_non_null(text);
    memcpy(text, stub->text, stub->text_size);
    text[stub->text_size / 2] ^= 1;
    player_start(&player, (struct vb_config){0});
    player_enter_loader(&player);
    assert_true(player_sync(&player));
    player_upload(&player, stub->text_addr, text, stub->text_size);
    player_upload(&player, stub->data_addr, stub->data, stub->data_size);
    player_command(&player, 0x06, WORDS(0, stub->entry));
    assert_int_equal(player_status(&player, 0), 0);
    player_idle(&player, 1000000);
    assert_int_equal(player.got_size, 14); /* the reply without a greeting */
    assert_false(player_sync(&player));
    vb_board_destroy(player.board);
}

static void a_running_stub_answers_sync_with_zero(void **state)
{
    struct player player;

    (void)state;
    start(&player, (struct vb_config){.fast = true});
    assert_true(player_sync(&player));
    assert_int_equal(player.value, 0);
    assert_int_equal(player.got_size, 8 * 12);
    vb_board_destroy(player.board);
}

static void payloads_of_a_wrong_length_are_refused(void **state)
{
    struct player player;

    (void)state;
    start(&player, (struct vb_config){.fast = true});
    player_command(&player, 0x0d, WORDS(0, 0));
    assert_int_equal(player_status(&player, 0), 0xc000);
    player_command(&player, 0xd1, WORDS(0x1000, 0x800));
    assert_int_equal(player_status(&player, 0), 0xc000);
    player_command(&player, 0xd4, WORDS(0));
    assert_int_equal(player_status(&player, 0), 0xc300);
    player_command(&player, 0xd5, WORDS(0));
    assert_int_equal(player_status(&player, 0), 0xff00);
    vb_board_destroy(player.board);
}

static void an_invalid_request_has_its_own_code(void **state)
{
    struct player player;
    uint8_t wire[64];
    const uint8_t data[20] = {32}; /* says 32 bytes, has 4 */

    (void)state;
    start(&player, (struct vb_config){.fast = true});
    player_command(&player, 0x09, WORDS(0x3ffb0000, 1, 1));
    assert_int_equal(player_status(&player, 0), 0xc800);
    player_command(&player, 0x06, WORDS(1, 0));
    assert_int_equal(player_status(&player, 0), 0xc600);
    player_command(&player, 0x02, WORDS(BLOCK, 1, BLOCK, 0, 0));
    player_command(&player, 0x03, WORDS(0));
    assert_int_equal(player_status(&player, 0), 0xc800);
    player_send(&player, wire, player_pack(wire, 0x03, 0, data, sizeof data));
    assert_true(player_answer(&player, PLAYER_LIMIT));
    assert_int_equal(player_status(&player, 0), 0xc900);
    player_send(&player, BYTES(0xc0, 0x01, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0));
    assert_true(player_answer(&player, PLAYER_LIMIT));
    assert_int_equal(player_status(&player, 0), 0xc300);
    vb_board_destroy(player.board);
}

static void run_user_code_gets_no_answer(void **state)
{
    struct player player;

    (void)state;
    start(&player, (struct vb_config){.fast = true});
    assert_false(player_try(&player, 100000, 0xd3, NULL, 0));
    assert_true(player_sync(&player));
    vb_board_destroy(player.board);
}

static void data_without_a_begin_is_refused(void **state)
{
    struct player player;
    const uint8_t data[16] = {0};

    (void)state;
    start(&player, (struct vb_config){.fast = true});
    assert_int_equal(player_block(&player, 0x03, 0, data, sizeof data), 0xc600);
    vb_board_destroy(player.board);
}

static void a_damaged_stream_is_told_to_the_next_command_once(void **state)
{
    struct player player;
    const uint8_t garbage[64] = {0xff, 0xff, 0xff};

    (void)state;
    start(&player, (struct vb_config){.fast = true});
    player_command(&player, 0x10, WORDS(0x1000, 1, BLOCK, 0, 0));
    assert_int_equal(player_block(&player, 0x11, 0, garbage, sizeof garbage), 0);
    player_command(&player, 0x0a, WORDS(0x40001000));
    assert_int_equal(player_status(&player, 0), 0xc700);
    assert_int_equal(player.value, 0);
    player_command(&player, 0x0a, WORDS(0x40001000));
    assert_int_equal(player_status(&player, 0), 0);
    assert_int_equal(player.value, 0x00f01d83);
    vb_board_destroy(player.board);
}

static void an_end_with_data_missing_is_refused_and_the_rest_may_still_come(void **state)
{
    struct player player;
    static uint8_t data[BLOCK];

    (void)state;
    start(&player, (struct vb_config){.fast = true});
    player_command(&player, 0x02, WORDS(2 * BLOCK, 2, BLOCK, 0, 0));
    assert_int_equal(player_block(&player, 0x03, 0, data, sizeof data), 0);
    player_command(&player, 0x04, WORDS(1));
    assert_int_equal(player_status(&player, 0), 0xc000);
    assert_int_equal(player_block(&player, 0x03, 1, data, sizeof data), 0);
    player_command(&player, 0x04, WORDS(1));
    assert_int_equal(player_status(&player, 0), 0);
    assert_int_equal(player_flash(&player)[2 * BLOCK - 1], 0x00);
    vb_board_destroy(player.board);
}

static void more_data_than_begun_is_dropped(void **state)
{
    struct player player;
    static uint8_t data[BLOCK];

    (void)state;
    start(&player, (struct vb_config){.fast = true});
    player_command(&player, 0x02, WORDS(16, 1, BLOCK, 0, 0));
    assert_int_equal(player_block(&player, 0x03, 0, data, sizeof data), 0);
    assert_int_equal(player_block(&player, 0x03, 1, data, sizeof data), 0);
    assert_int_equal(player_flash(&player)[15], 0x00);
    assert_int_equal(player_flash(&player)[16], 0xff);
    player_command(&player, 0x04, WORDS(1));
    assert_int_equal(player_status(&player, 0), 0);
    vb_board_destroy(player.board);
}

static void a_compressed_region_is_what_was_compressed(void **state)
{
    struct player player;
    static uint8_t data[100000], packed[110000];
    uLongf size = sizeof packed;
    uint32_t sequence = 0;

    (void)state;
    fill(data, sizeof data);
    assert_int_equal(compress2(packed, &size, data, sizeof data, 9), Z_OK);
    start(&player, (struct vb_config){.fast = true});
    player_command(&player, 0x10, WORDS(sizeof data, (uint32_t)(size + 99) / 100, 100, 0x20000, 0));
    for (uLongf at = 0; at < size; at += 100)
        assert_int_equal(
            player_block(&player, 0x11, sequence++, packed + at, size - at < 100 ? size - at : 100), 0);
    player_command(&player, 0x12, WORDS(1));
    assert_int_equal(player_status(&player, 0), 0);
    assert_memory_equal(player_flash(&player) + 0x20000, data, sizeof data);
    vb_board_destroy(player.board);
}

static void encrypted_data_is_in_flash_as_something_else(void **state)
{
    struct player player;
    static uint8_t data[BLOCK];

    (void)state;
    fill(data, sizeof data);
    start(&player, (struct vb_config){.fast = true, .flash_encryption = true});
    player_command(&player, 0x02, WORDS(BLOCK, 1, BLOCK, 0, 1));
    assert_int_equal(player_block(&player, 0x03, 0, data, sizeof data), 0);
    player_command(&player, 0x04, WORDS(1));
    assert_int_equal(player_status(&player, 0), 0);
    assert_memory_not_equal(player_flash(&player), data, 64);
    vb_board_destroy(player.board);
}

/* Time to program a page of the default part: eight commands of 32 bytes. */
#define PAGE_US (8 * 127)

/* Write a word to the sector at `addr`, so that it is not blank, and leave the flash idle. */
static void write_word(struct player *player, uint32_t addr)
{
    player_command(player, 0x02, WORDS(4, 1, 4, addr, 0));
    assert_int_equal(player_block(player, 0x03, 0, (const uint8_t[4]){0}, 4), 0);
    player_command(player, 0x04, WORDS(1));
    assert_int_equal(player_status(player, 0), 0);
}

static void blank_sectors_are_not_erased_until_one_is_not_blank(void **state)
{
    struct player player;
    static uint8_t data[0x1000];
    const uint64_t wire_us = (sizeof data + 26) * UINT64_C(10000000) / 2000000;
    uint64_t begun_us;

    (void)state;
    memset(data, 0x11, sizeof data);
    start(&player, (struct vb_config){0});
    player_command(&player, 0x0f, WORDS(2000000, 115200));
    vb_board_set_host_baud(player.board, player.now_us, 2000000);
    write_word(&player, 0x2000);
    player_command(&player, 0x02, WORDS(0x4000, 4, sizeof data, 0, 0));
    begun_us = player.now_us;
    for (uint32_t i = 0; i < 4; i++)
        player_block(&player, 0x03, i, data, sizeof data);
    player_command(&player, 0x04, WORDS(1));

    /* Three blocks have arrived when the first two, on blank sectors, are written; the other two each need
     * an erase. */
    const uint64_t expected_us = 3 * wire_us + 2 * (45000 + 16 * PAGE_US);
    assert_in_range(player.answered_us - begun_us, expected_us, expected_us + 5000);
    assert_memory_equal(player_flash(&player) + 0x2000, data, sizeof data);
    vb_board_destroy(player.board);
}

static void the_esp32_stub_begins_at_the_rom_s_first_rate(void **state)
{
    struct player player;

    (void)state;
    player_need_stub("esp32");
    player_start(&player, (struct vb_config){0});
    player_enter_loader(&player);
    assert_true(player_sync(&player));
    player_command(&player, 0x0f, WORDS(921600, 0));
    vb_board_set_host_baud(player.board, player.now_us, 921600);
    player_idle(&player, 10000);
    player_start_stub(&player, "esp32");
    assert_true(player_sync(&player));
    vb_board_set_host_baud(player.board, player.now_us, 921600);
    assert_false(player_sync(&player));
    vb_board_destroy(player.board);
}

static void the_esp32_stub_begins_at_the_rate_that_the_host_writes_for_the_rom(void **state)
{
    struct player player;

    (void)state;
    player_need_stub("esp32");
    player_start(&player, (struct vb_config){0});
    player_enter_loader(&player);
    assert_true(player_sync(&player));
    player_command(&player, 0x0f, WORDS(921600, 0));
    vb_board_set_host_baud(player.board, player.now_us, 921600);
    player_idle(&player, 10000);
    player_command(&player, 0x09, WORDS(0x3ffe019c, 921600, 0xffffffff, 0));
    player_load_stub(&player, "esp32");
    player_idle(&player, 50000);
    assert_memory_equal(player.got + player.got_size - 6, "\xc0OHAI\xc0", 6);
    assert_true(player_sync(&player));
    vb_board_destroy(player.board);
}

static void a_block_travels_while_the_one_before_is_programmed(void **state)
{
    struct player player;
    static uint8_t data[0x1000];
    const uint64_t wire_us = (sizeof data + 26) * UINT64_C(10000000) / 921600;
    uint64_t begun_us, sent_us;

    (void)state;
    memset(data, 0x11, sizeof data);
    start(&player, (struct vb_config){0});
    player_command(&player, 0x0f, WORDS(921600, 115200));
    vb_board_set_host_baud(player.board, player.now_us, 921600);
    write_word(&player, 0);
    player_command(&player, 0x02, WORDS(0x10000, 16, sizeof data, 0, 0));
    begun_us = player.now_us;

    /* Answered on arrival, although the erase that BEGIN started takes 250 ms. */
    player_block(&player, 0x03, 0, data, sizeof data);
    assert_in_range(player.answered_us - begun_us, wire_us, wire_us + 500);

    /* Arrived long before; answered when the erase and 16 pages of the first block are done. */
    player_block(&player, 0x03, 1, data, sizeof data);
    assert_in_range(player.answered_us - begun_us, 250000 + 16 * PAGE_US - 1000,
                    250000 + 16 * PAGE_US + 1000);

    /* From here on the wire is slower than the flash. */
    sent_us = player.now_us;
    player_block(&player, 0x03, 2, data, sizeof data);
    assert_in_range(player.answered_us - sent_us, wire_us, wire_us + 500);
    vb_board_destroy(player.board);
}

static void the_esp8266_stub_takes_any_rate_for_115200(void **state)
{
    struct player player;

    (void)state;
    player_need_stub("esp8266");
    player_start(&player, (struct vb_config){.target = eg_target_by_name("esp8266")});
    player_enter_loader(&player);
    assert_true(player_sync(&player));
    player_start_stub(&player, "esp8266");
    player_command(&player, 0x0f, WORDS(230400, 115200));
    vb_board_set_host_baud(player.board, player.now_us, 230400);
    assert_true(player_sync(&player));
    player_command(&player, 0x0f, WORDS(460800, 230400));
    vb_board_set_host_baud(player.board, player.now_us, 460800);
    assert_false(player_sync(&player));
    vb_board_set_host_baud(player.board, player.now_us, 921600);
    assert_true(player_sync(&player));
    vb_board_destroy(player.board);
}

static void a_block_wakes_its_carrier_a_few_times(void **state)
{
    static uint8_t payload[16 + BLOCK], wire[2 * BLOCK];
    struct player player;
    unsigned woken = 0;
    size_t size;

    (void)state;
    start(&player, (struct vb_config){0});
    player_command(&player, 0x02, WORDS(BLOCK, 1, BLOCK, 0, 0));
    eg_put32(payload, BLOCK);
    size = player_pack(wire, 0x03, 0xef, payload, sizeof payload);
    player.got_size = 0;
    vb_board_receive(player.board, player.now_us, wire, size);
    for (uint64_t next_us; (next_us = vb_board_next_us(player.board, player.now_us)) != UINT64_MAX; woken++) {
        player.now_us = next_us;
        player_take(&player);
    }
    assert_int_equal(player.got_size, 12);
    assert_in_range(woken, 1, 4);
    vb_board_destroy(player.board);
}

static void flash_is_read_one_acknowledged_packet_at_a_time(void **state)
{
    struct player player;
    uint8_t ack[16], frame[5000];
    size_t size, at;

    (void)state;
    start(&player, (struct vb_config){.fast = true});
    player_command(&player, 0xd2, WORDS(0, 0x1800, 0x1000, 64));
    at = player_frame(&player, 0, frame, sizeof frame, &size);
    at = player_frame(&player, at, frame, sizeof frame, &size);
    assert_int_equal(size, 0x1000);
    assert_int_equal(at, player.got_size);
    eg_put32(ack + 1, 0x1000);
    ack[0] = ack[5] = 0xc0;
    player_send(&player, ack, 6);
    player_frame(&player, 0, frame, sizeof frame, &size);
    assert_int_equal(size, 0x800);
    eg_put32(ack + 1, 0x1800);
    player_send(&player, ack, 6);
    player_frame(&player, 0, frame, sizeof frame, &size);
    assert_int_equal(size, 16);
    vb_board_destroy(player.board);
}

static void a_packet_size_beyond_a_sector_is_a_late_error(void **state)
{
    struct player player;

    (void)state;
    start(&player, (struct vb_config){.fast = true});
    player_command(&player, 0xd2, WORDS(0, 0x2000, 0x2000, 64));
    assert_int_equal(player_status(&player, 0), 0);
    player_command(&player, 0x0a, WORDS(0x40001000));
    assert_int_equal(player_status(&player, 0), 0xc000);
    vb_board_destroy(player.board);
}

/* Start a board of any chip with a large flash, and its stub. */
static void start_large(struct player *player, const struct eg_target *target, const char *part_name)
{
    player_open(player, (struct vb_config){.target = target, .part = player_part(part_name), .fast = true});
    player_start_own_stub(player);
}

static void beyond_16_mb_a_stub_reaches_what_its_chip_can_and_wraps_elsewhere(void **state)
{
    const uint32_t addr = 17u << 20;

    (void)state;
    player_need_stub("esp32");
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        const bool big = (eg_targets[i]->quirks & EG_QUIRK_BIG_FLASH_BY_STUB) != 0;
        struct player player;

        if (eg_targets[i]->stub == NULL)
            continue;
        start_large(&player, eg_targets[i], "W25Q256JV");
        player_command(&player, 0x0b, WORDS(0, 32u << 20, 0x10000, 0x1000, 0x100, 0xffff));
        write_word(&player, addr);
        assert_chip(&player, (player_flash(&player)[addr] == 0x00) == big);
        assert_chip(&player, (player_flash(&player)[addr - (16u << 20)] == 0x00) == !big);
        player_command(&player, 0xd1, WORDS(addr, 0x1000));
        assert_chip(&player, player_flash(&player)[addr] == 0xff);
        assert_chip(&player, player_flash(&player)[addr - (16u << 20)] == 0xff);
        vb_board_destroy(player.board);
    }
}

/* Such a stub does not understand the id, and assumes the largest size. */
static void a_flash_of_64_mb_is_reached_to_its_end(void **state)
{
    struct player player;

    (void)state;
    player_need_stub("esp32p4-rev1");
    start_large(&player, eg_target_by_name("esp32p4"), "W25Q512JV");
    write_word(&player, (64u << 20) - 0x1000);
    assert_int_equal(player_flash(&player)[(64u << 20) - 0x1000], 0x00);
    vb_board_destroy(player.board);
}

/*
 * The stub takes the size from the id at its start. It does not know the size code of "W25Q512JV", and
 * assumes 16 MB.
 */
static void beyond_the_size_it_believes_a_stub_refuses(void **state)
{
    static const struct {
        const char *part;
        uint32_t believed;
    } rows[] = {{"GD25Q32", 4u << 20},
                {"W25Q80DV", 1u << 20},
                {"W25Q512JV", 16u << 20},
                {"AT25SF321", 16u << 20},
                {"MX25U25645G", 32u << 20}};

    (void)state;
    player_need_stub("esp32");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const uint32_t end = rows[i].believed;
        struct player player;

        start_large(&player, eg_target_by_name("esp32"), rows[i].part);
        player_command(&player, 0x13, WORDS(end - 0x1000, 0x1000, 0, 0));
        assert_int_equal(player_status(&player, 16), 0);
        player_command(&player, 0x13, WORDS(end - 0x1000, 0x1001, 0, 0));
        assert_int_equal(player_status(&player, 0), 0xc400);
        player_command(&player, 0x02, WORDS(0x1000, 1, 0x1000, end, 0));
        assert_int_equal(player_status(&player, 0), 0xc400);
        /* A read ends at the end of the flash, and the next command gets the error. */
        player_command(&player, 0xd2, WORDS(end, 0x1000, 0x1000, 64));
        assert_int_equal(player_status(&player, 0), 0);
        player_command(&player, 0x0a, WORDS(0x40001000));
        assert_int_equal(player_status(&player, 0), 0xc400);
        player_command(&player, 0x0b, WORDS(0, 2 * end, 0x10000, 0x1000, 0x100, 0xffff));
        player_command(&player, 0x02, WORDS(0x1000, 1, 0x1000, end, 0));
        assert_int_equal(player_status(&player, 0), 0);
        vb_board_destroy(player.board);
    }
}

/*
 * Half of the data fits: the first sector is written, the second refused, and nothing wraps to the beginning
 * of the flash.
 */
static void a_region_that_ends_beyond_that_is_refused_where_it_does(void **state)
{
    static uint8_t data[0x2000], packed[0x3000];
    const uint32_t addr = (4u << 20) - 0x1000;

    (void)state;
    player_need_stub("esp32");
    for (int deflate = 0; deflate < 2; deflate++) {
        struct player player;
        uLongf size = sizeof packed;

        start_large(&player, eg_target_by_name("esp32"), "GD25Q32");
        write_word(&player, 0);
        assert_int_equal(compress2(packed, &size, data, sizeof data, 9), Z_OK);
        if (deflate) {
            player_command(&player, 0x10, WORDS(sizeof data, 1, BLOCK, addr, 0));
            assert_int_equal(player_block(&player, 0x11, 0, packed, size), 0);
        } else {
            player_command(&player, 0x02, WORDS(sizeof data, 2, 0x1000, addr, 0));
            assert_int_equal(player_block(&player, 0x03, 0, data, 0x1000), 0);
            assert_int_equal(player_block(&player, 0x03, 1, data, 0x1000), 0);
            assert_int_equal(player_flash(&player)[addr], 0x00);
        }
        player_command(&player, 0x0a, WORDS(0x40001000));
        assert_int_equal(player_status(&player, 0), 0xc400);
        player_command(&player, 0x04, WORDS(1));
        assert_int_equal(player_status(&player, 0), 0xc000);
        assert_int_equal(player_flash(&player)[0], 0x00);
        vb_board_destroy(player.board);
    }
}

static void damaged_and_empty_frames_get_no_answer(void **state)
{
    struct player player;

    (void)state;
    start(&player, (struct vb_config){.fast = true});
    player_send(&player, BYTES(0xc0, 0xc0, 0xc0, 0x00, 0x0a, 0xdb, 0x01, 0xc0));
    player_idle(&player, 100000);
    assert_int_equal(player.got_size, 0);
    assert_true(player_sync(&player));
    vb_board_destroy(player.board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_upload_with_one_wrong_byte_does_not_run),
        cmocka_unit_test(a_running_stub_answers_sync_with_zero),
        cmocka_unit_test(payloads_of_a_wrong_length_are_refused),
        cmocka_unit_test(an_invalid_request_has_its_own_code),
        cmocka_unit_test(run_user_code_gets_no_answer),
        cmocka_unit_test(data_without_a_begin_is_refused),
        cmocka_unit_test(a_damaged_stream_is_told_to_the_next_command_once),
        cmocka_unit_test(an_end_with_data_missing_is_refused_and_the_rest_may_still_come),
        cmocka_unit_test(more_data_than_begun_is_dropped),
        cmocka_unit_test(a_compressed_region_is_what_was_compressed),
        cmocka_unit_test(encrypted_data_is_in_flash_as_something_else),
        cmocka_unit_test(blank_sectors_are_not_erased_until_one_is_not_blank),
        cmocka_unit_test(the_esp32_stub_begins_at_the_rom_s_first_rate),
        cmocka_unit_test(the_esp32_stub_begins_at_the_rate_that_the_host_writes_for_the_rom),
        cmocka_unit_test(a_block_travels_while_the_one_before_is_programmed),
        cmocka_unit_test(the_esp8266_stub_takes_any_rate_for_115200),
        cmocka_unit_test(a_block_wakes_its_carrier_a_few_times),
        cmocka_unit_test(flash_is_read_one_acknowledged_packet_at_a_time),
        cmocka_unit_test(a_packet_size_beyond_a_sector_is_a_late_error),
        cmocka_unit_test(beyond_16_mb_a_stub_reaches_what_its_chip_can_and_wraps_elsewhere),
        cmocka_unit_test(a_flash_of_64_mb_is_reached_to_its_end),
        cmocka_unit_test(beyond_the_size_it_believes_a_stub_refuses),
        cmocka_unit_test(a_region_that_ends_beyond_that_is_refused_where_it_does),
        cmocka_unit_test(damaged_and_empty_frames_get_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
