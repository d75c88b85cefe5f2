/* SPDX-License-Identifier: Apache-2.0 */

/* The simulated flash part: NOR cells, its file, its times, and the commands that reach it through SPI
 * registers. */

#include "tests/tools/vboard/player.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void programming_only_clears_bits(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, (struct vb_config){.fast = true});
    player_spi_op(&player, 0x06);
    player_spi(&player, 0x02, 0x100, 0x0f0f0f0f, 32, 0);
    player_spi_op(&player, 0x06);
    player_spi(&player, 0x02, 0x100, 0xff33ff33, 32, 0);
    assert_int_equal(player_spi(&player, 0x03, 0x100, 0, 0, 32), 0x0f030f03);
    vb_board_destroy(player.board);
}

static void nothing_changes_without_write_enable(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, (struct vb_config){.fast = true});
    player_spi(&player, 0x02, 0x100, 0, 32, 0);
    assert_int_equal(player_flash(&player)[0x100], 0xff);
    player_spi_op(&player, 0x06);
    player_spi_op(&player, 0x04);
    player_spi(&player, 0x02, 0x100, 0, 32, 0);
    assert_int_equal(player_flash(&player)[0x100], 0xff);
    vb_board_destroy(player.board);
}

static void each_erase_command_clears_its_own_size(void **state)
{
    static const struct {
        uint8_t opcode;
        uint32_t size;
    } rows[] = {{0x20, 0x1000}, {0x52, 0x8000}, {0xd8, 0x10000}};
    char path[] = "/tmp/vboard-flash-XXXXXX";
    const int fd = mkstemp(path);
    struct player player;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 0x400000), 0); /* all zeros */
    close(fd);
    player_open(&player, (struct vb_config){.fast = true, .flash_path = path});
    for (uint32_t i = 0; i < 3; i++) {
        const uint32_t addr = i * 0x40000;

        player_spi_op(&player, 0x06);
        player_spi(&player, rows[i].opcode, addr + 0x123, 0, 0, 0);
        assert_int_equal(player_flash(&player)[addr], 0xff);
        assert_int_equal(player_flash(&player)[addr + rows[i].size - 1], 0xff);
        assert_int_equal(player_flash(&player)[addr + rows[i].size], 0x00);
    }
    player_spi_op(&player, 0x06);
    player_spi_op(&player, 0xc7);
    assert_int_equal(player_flash(&player)[0x3fffff], 0xff);
    vb_board_destroy(player.board);
    unlink(path);
}

static void opcodes_with_long_addresses_reach_beyond_16_mb(void **state)
{
    static const struct {
        uint8_t opcode;
        uint32_t size;
    } erases[] = {{0x21, 0x1000}, {0x5c, 0x8000}, {0xdc, 0x10000}};
    const uint32_t addr = 17u << 20;
    struct player player;

    (void)state;
    player_open(&player, (struct vb_config){.fast = true, .part = player_part("W25Q256JV")});
    for (size_t i = 0; i < sizeof erases / sizeof erases[0]; i++) {
        player_spi_op(&player, 0x06);
        player_spi(&player, 0x12, addr + erases[i].size - 4, 0x01020304, 32, 0);
        assert_int_equal(player_spi(&player, 0x13, addr + erases[i].size - 4, 0, 0, 32), 0x01020304);
        assert_int_equal(player_spi(&player, 0x0c, addr + erases[i].size - 4, 0, 0, 32), 0x01020304);
        player_spi_op(&player, 0x06);
        player_spi(&player, erases[i].opcode, addr + 0x123, 0, 0, 0);
        assert_int_equal(player_spi(&player, 0x13, addr + erases[i].size - 4, 0, 0, 32), 0xffffffff);
    }
    /* Commands with short addresses ignore the upper bits. */
    player_spi_op(&player, 0x06);
    player_spi(&player, 0x02, addr, 0, 32, 0);
    assert_int_equal(player_flash(&player)[addr], 0xff);
    assert_int_equal(player_flash(&player)[1u << 20], 0x00);
    vb_board_destroy(player.board);
}

static void every_part_gives_its_id_and_its_table(void **state)
{
    (void)state;
    for (const struct vb_flash_part *part = vb_flash_parts; part->name != NULL; part++) {
        const uint32_t capacity = part->jedec >> 16;
        /* Parts with a wrong start state and missing parts have their own tests. */
        const bool plain = !part->odd_start && part->jedec != VB_NO_FLASH;
        struct player player;

        if (!plain)
            continue;
        player_open(&player, (struct vb_config){.fast = true, .part = part});
        if (player_flash_id(&player) != part->jedec)
            fail_msg("%s: id %06x", part->name, (unsigned)player.value);
        assert_int_equal(player_spi(&player, 0x5a, 0, 0, 0, 32), part->sfdp ? 0x50444653 : 0);
        assert_int_equal(player_spi(&player, 0x5a, 0x10, 0, 0, 8), part->sfdp ? part->jedec & 0xff : 0);
        assert_int_equal(player_spi(&player, 0x5a, 0x34, 0, 0, 32), part->sfdp ? part->size * 8 - 1 : 0);
        const uint32_t unique = player_unique_id(&player);
        const uint32_t rest = player_register(&player, player.target->spi.base + player.target->spi.w0 + 4);
        if ((unique != 0xffffffff && rest != 0xffffffff) != part->unique_id)
            fail_msg("%s: unique id %08x %08x", part->name, (unsigned)unique, (unsigned)rest);
        /* after three address bytes instead of four the line is idle */
        assert_int_equal(player_spi(&player, 0x4b, 0, 0, 0, 64), 0xffffffff);
        if (capacity >= 0x12 && capacity <= 0x1c && UINT32_C(1) << capacity != part->size)
            fail_msg("%s: %u bytes", part->name, (unsigned)part->size);
        vb_board_destroy(player.board);
    }
}

/* Chips may have 1 MB to 64 MB; each size must be among the parts. */
static void there_is_a_part_of_each_size(void **state)
{
    (void)state;
    for (uint32_t size = 1u << 20; size <= 64u << 20; size *= 2) {
        const struct vb_flash_part *part = vb_flash_parts;

        while (part->name != NULL && part->size != size)
            part++;
        if (part->name == NULL)
            fail_msg("no part of %u MB", (unsigned)(size >> 20));
    }
}

static void a_sleeping_part_answers_ones_until_it_is_woken(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, (struct vb_config){.fast = true});
    player_spi_op(&player, 0xb9);
    assert_int_equal(player_spi(&player, 0x9f, UINT32_MAX, 0, 0, 24), 0xffffff);
    player_spi_op(&player, 0xab);
    assert_int_equal(player_spi(&player, 0x9f, UINT32_MAX, 0, 0, 24), 0x1640c8);
    vb_board_destroy(player.board);
}

static void the_part_is_busy_while_it_erases(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, (struct vb_config){0});
    player_spi_op(&player, 0x06);
    player_spi(&player, 0xd8, 0, 0, 0, 0);
    assert_int_equal(player_spi(&player, 0x05, UINT32_MAX, 0, 0, 8), 0x01);
    player_idle(&player, 250000);
    assert_int_equal(player_spi(&player, 0x05, UINT32_MAX, 0, 0, 8), 0x00);
    vb_board_destroy(player.board);
}

static void the_flash_tells_how_long_it_worked(void **state)
{
    struct player player;

    (void)state;
    player_open(&player, (struct vb_config){0});
    assert_int_equal(vb_board_tally(player.board).flash_us, 0);
    player_spi_op(&player, 0x06);
    player_spi(&player, 0xd8, 0, 0, 0, 0);
    player_idle(&player, 2 * vb_flash_parts[0].block_us[0]);
    assert_int_equal(vb_board_tally(player.board).flash_us, vb_flash_parts[0].block_us[0]);
    vb_board_destroy(player.board);
}

static void a_part_that_is_too_small_wraps(void **state)
{
    struct player player;
    uint8_t data[0x400] = {0};

    (void)state;
    player_open(&player, (struct vb_config){.fast = true, .part = &vb_flash_parts[1]}); /* 2 MB */
    player_command(&player, 0x0b, WORDS(0, 0x400000, 0x10000, 0x1000, 0x100, 0xffff));
    player_command(&player, 0x02, WORDS(0x400, 1, 0x400, 0x201000));
    assert_int_equal(player_block(&player, 0x03, 0, data, sizeof data), 0);
    assert_int_equal(player_flash(&player)[0x1000], 0x00);
    vb_board_destroy(player.board);
}

static void contents_are_in_the_file_afterwards(void **state)
{
    char folder[] = "/tmp/vboard-flash-XXXXXX", path[64];
    struct player player;
    struct stat facts;
    uint8_t data[0x400] = {0}, word[2];
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/flash", folder);
    player_open(&player, (struct vb_config){.fast = true, .flash_path = path});
    player_command(&player, 0x02, WORDS(0x400, 1, 0x400, 0x1000));
    assert_int_equal(player_block(&player, 0x03, 0, data, sizeof data), 0);
    vb_board_destroy(player.board);

    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_size, 0x400000);
    file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0x13ff, SEEK_SET), 0);
    assert_int_equal(fread(word, 1, 2, file), 2);
    fclose(file);
    assert_int_equal(word[0], 0x00);
    assert_int_equal(word[1], 0xff);
    unlink(path);
    rmdir(folder);
}

static void files_that_cannot_be_a_flash_are_refused(void **state)
{
    char folder[] = "/tmp/vboard-flash-XXXXXX", path[64], link[64], expected[200];
    struct vb_config config = {.target = eg_target_by_name("esp32"), .flash_path = path};
    struct vb_board *board = NULL;
    struct eg_error err;
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/flash", folder);
    snprintf(link, sizeof link, "%s/link", folder);
    file = fopen(path, "wb");
    assert_non_null(file);
    putc(0, file);
    fclose(file);
    snprintf(expected, sizeof expected, "flash file %s: has 1 bytes, the flash part has 4194304", path);
    assert_error(vb_board_create(&board, &config, &err), err, EG_IO, expected);
    assert_null(board);

    assert_int_equal(symlink(path, link), 0);
    config.flash_path = link;
    snprintf(expected, sizeof expected, "flash file %s: opening it: Too many levels of symbolic links", link);
    assert_error(vb_board_create(&board, &config, &err), err, EG_BAD_ARGUMENT, expected);

    config.flash_path = folder;
    snprintf(expected, sizeof expected, "flash file %s: opening it: Is a directory", folder);
    assert_error(vb_board_create(&board, &config, &err), err, EG_BAD_ARGUMENT, expected);
    unlink(link);
    unlink(path);
    rmdir(folder);
}

static void a_used_flash_has_no_blank_sector_and_starts_nothing(void **state)
{
    struct player player;
    size_t size;

    (void)state;
    player_start(&player, (struct vb_config){.fast = true, .used = true});
    const uint8_t *const flash = vb_board_flash(player.board, &size);
    for (size_t at = 0; at < size; at += 0x1000) {
        size_t blank = 0;

        while (blank < 0x1000 && flash[at + blank] == 0xff)
            blank++;
        assert_true(blank < 0x1000);
    }
    player_hard_reset(&player);
    player_idle(&player, 100000);
    assert_true(player_heard(&player, "invalid header"));
    vb_board_destroy(player.board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programming_only_clears_bits),
        cmocka_unit_test(nothing_changes_without_write_enable),
        cmocka_unit_test(each_erase_command_clears_its_own_size),
        cmocka_unit_test(opcodes_with_long_addresses_reach_beyond_16_mb),
        cmocka_unit_test(every_part_gives_its_id_and_its_table),
        cmocka_unit_test(there_is_a_part_of_each_size),
        cmocka_unit_test(a_sleeping_part_answers_ones_until_it_is_woken),
        cmocka_unit_test(the_part_is_busy_while_it_erases),
        cmocka_unit_test(the_flash_tells_how_long_it_worked),
        cmocka_unit_test(a_part_that_is_too_small_wraps),
        cmocka_unit_test(contents_are_in_the_file_afterwards),
        cmocka_unit_test(files_that_cannot_be_a_flash_are_refused),
        cmocka_unit_test(a_used_flash_has_no_blank_sector_and_starts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
