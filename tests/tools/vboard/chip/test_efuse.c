/* SPDX-License-Identifier: Apache-2.0 */

/* The eFuse controller of a simulated board: what a host burns, and then reads. */

#include "tests/tools/vboard/fuses.h"

#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static uint32_t hex_word(const json_t *text)
{
    return (uint32_t)strtoul(json_string_value(text), NULL, 16);
}

/* Burn the words of the blocks in a memory of the fixtures into a new board. */
static struct vb_board *board_of_state(const char *chip, const char *hex)
{
    struct vb_config config = fuses_fast(chip);
    const struct eg_efuse *map = eg_efuse_of(config.target);

    for (const struct eg_efuse_block *block = map->blocks; block->name != NULL; block++)
        for (unsigned word = 0; word < block->words; word++) {
            uint8_t bytes[4];

            for (size_t i = 0; i < sizeof bytes; i++) {
                const char digits[] = {hex[2 * (block->read + 4 * word + i)],
                                       hex[2 * (block->read + 4 * word + i) + 1], '\0'};

                bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
            }
            config.registers[config.register_count++] =
                (struct vb_register){map->base + block->read + 4 * word, eg_get32(bytes)};
        }
    return fuses_make(&config);
}

static const json_t *case_named(const json_t *file, const char *name)
{
    const json_t *cases = json_object_get(file, "cases");

    for (size_t i = 0; i < json_array_size(cases); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(cases, i), "name")), name) == 0)
            return json_array_get(cases, i);
    return NULL;
}

/* Compare with the words before and the changes of the case. */
static void check_words(struct vb_board *board, const json_t *test, const uint32_t *before)
{
    const struct eg_efuse *map = fuses_map_of(board);
    const json_t *changed = json_object_get(test, "changed_words");
    size_t at = 0;

    for (unsigned block = 0; map->blocks[block].name != NULL; block++)
        for (unsigned word = 0; word < map->blocks[block].words; word++, at++) {
            uint32_t expected = before[at];

            for (size_t i = 0; i < json_array_size(changed); i++)
                if (hex_word(json_array_get(json_array_get(changed, i), 0)) ==
                    map->blocks[block].read + 4u * word)
                    expected = hex_word(json_array_get(json_array_get(changed, i), 2));
            if (fuses_word_of(board, block, word) != expected)
                fail_msg("%s, %s: block %u word %u reads %08x, expected %08x", map->name,
                         json_string_value(json_object_get(test, "name")), block, word,
                         (unsigned)fuses_word_of(board, block, word), (unsigned)expected);
        }
}

/* Return the board after a case; preceding cases are run without comparing. */
static struct vb_board *play(const json_t *file, const json_t *test)
{
    const char *chip = json_string_value(json_object_get(file, "chip"));
    const char *start = json_string_value(json_object_get(test, "start"));
    const json_t *state = json_object_get(json_object_get(file, "states"), start);
    const json_t *burns = json_object_get(test, "burns");
    struct vb_board *board =
        state != NULL ? board_of_state(chip, json_string_value(json_object_get(state, "registers_hex")))
                      : play(file, case_named(file, start));
    uint32_t before[VB__EFUSE_BLOCKS * VB__EFUSE_COPY / 4];
    size_t at = 0;

    for (unsigned block = 0; fuses_map_of(board)->blocks[block].name != NULL; block++)
        for (unsigned word = 0; word < fuses_map_of(board)->blocks[block].words; word++)
            before[at++] = fuses_word_of(board, block, word);
    for (size_t i = 0; i < json_array_size(burns); i++) {
        const json_t *words = json_object_get(json_array_get(burns, i), "words");
        uint32_t numbers[11];

        for (size_t k = 0; k < json_array_size(words); k++)
            numbers[k] = hex_word(json_array_get(words, k));
        fuses_burn(board, (unsigned)json_integer_value(json_object_get(json_array_get(burns, i), "block")),
                   numbers, json_array_size(words));
    }
    check_words(board, test, before);
    return board;
}

static void every_command_line_of_the_fixtures_leaves_the_words_that_it_left_there(void **state)
{
    unsigned played = 0;

    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        char path[4096], name[64];
        json_t *file;

        if (eg_efuse_of(eg_targets[i]) == NULL)
            continue;
        snprintf(name, sizeof name, "security/virt/%s.json", eg_targets[i]->name);
        file = json_load_file(fixture_path(path, name), 0, NULL);
        assert_non_null(file);
        const json_t *cases = json_object_get(file, "cases");
        for (size_t k = 0; k < json_array_size(cases); k++, played++)
            vb_board_destroy(play(file, json_array_get(cases, k)));
        json_decref(file);
    }
    assert_int_equal(played, 544);
}

#define KEY_BLOCK  4u /* BLOCK_KEY0 of the ESP32-C3 */
#define RS_COUNT   0x1c0u
#define COUNT_BIT  12
#define FAIL_BIT   19     /* of block 4, in the place where one would expect that of block 5 */
#define DIFFER     0x180u /* word 2 of block 0 */
#define RD_DIS_BIT 1u

static uint32_t count_of(struct vb_board *board)
{
    return fuses_get(board, RS_COUNT) >> COUNT_BIT & 7;
}

static bool fails(struct vb_board *board)
{
    return (fuses_get(board, RS_COUNT) >> FAIL_BIT & 1) != 0;
}

/* Damage the first bytes of a block, which is impossible from outside. */
static void spoil(struct vb_board *board, unsigned block, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        board->efuse.fuses[block * VB__EFUSE_ROOM + i] ^= 0x10;
    fuses_read_command(board);
}

static void up_to_six_bytes_are_corrected_and_counted(void **state)
{
    const struct vb_config config = fuses_fast("esp32c3");
    uint32_t words[11];

    (void)state;
    fuses_coded(words, 0xa5);
    for (size_t wrong = 0; wrong <= 7; wrong++) {
        struct vb_board *const board = fuses_make(&config);

        fuses_burn(board, KEY_BLOCK, words, 11);
        spoil(board, KEY_BLOCK, wrong);
        assert_int_equal(fails(board), wrong > 6);
        assert_int_equal(count_of(board), wrong > 6 ? 0 : wrong);
        assert_int_equal(fuses_word_of(board, KEY_BLOCK, 0), wrong > 6 ? 0xb5b5b5b5 : 0xa5a5a5a5);
        vb_board_destroy(board);
    }
}

static void a_second_burn_of_a_coded_block_spoils_it(void **state)
{
    const struct vb_config config = fuses_fast("esp32c3");
    struct vb_board *const board = fuses_make(&config);
    uint32_t words[11];

    (void)state;
    fuses_coded(words, 0x11);
    fuses_burn(board, KEY_BLOCK, words, 11);
    assert_false(fails(board));
    fuses_coded(words, 0x22);
    fuses_burn(board, KEY_BLOCK, words, 11);
    assert_int_equal(fuses_word_of(board, KEY_BLOCK, 0), 0x33333333);
    assert_true(fails(board));
    vb_board_destroy(board);
}

static void of_four_copies_of_a_bit_two_decide_and_differences_show(void **state)
{
    (void)state;
    for (unsigned copies = 0; copies <= VB__EFUSE_COPIES; copies++) {
        const struct vb_config config = fuses_fast("esp32c3");
        struct vb_board *const board = fuses_make(&config);

        for (unsigned copy = 0; copy < copies; copy++)
            board->efuse.fuses[copy * VB__EFUSE_COPY + 4 * 2] |= 1;
        fuses_read_command(board);
        assert_int_equal(fuses_word_of(board, 0, 2) & 1, copies >= 2);
        assert_int_equal(fuses_get(board, DIFFER) & 1, copies % VB__EFUSE_COPIES != 0);
        vb_board_destroy(board);
    }
}

static void a_3_4_coded_block_is_corrected_and_taints(void **state)
{
    static const uint32_t block[8] = {0x03020100, 0x1e010504, 0x09080706, 0x2f010b0a,
                                      0x0f0e0d0c, 0x32011110, 0x15141312, 0x41011716};
    const struct vb_config config = fuses_fast("esp32");
    struct vb_board *const board = fuses_make(&config);

    (void)state;
    fuses_burn(board, 0, (const uint32_t[7]){[6] = 1}, 7); /* CODING_SCHEME */
    fuses_burn(board, 3, block, 8);
    assert_int_equal(fuses_word_of(board, 3, 0), 0x03020100);
    assert_int_equal(fuses_word_of(board, 3, 5), 0x17161514);
    assert_int_equal(fuses_word_of(board, 3, 6), 0);
    assert_int_equal(fuses_get(board, 0x11c), 0);
    spoil(board, 3, 1);
    assert_int_equal(fuses_word_of(board, 3, 0), 0x03020100);
    assert_int_equal(fuses_get(board, 0x11c), 0x100);
    vb_board_destroy(board);
}

static void protection_counts_from_the_read_command_on(void **state)
{
    const struct vb_config config = fuses_fast("esp32c3");
    struct vb_board *const board = fuses_make(&config);
    uint32_t words[11];

    (void)state;
    fuses_coded(words, 0x77);
    fuses_burn(board, KEY_BLOCK, words, 11);
    /* Protect SPI_BOOT_CRYPT_CNT and RD_DIS, and hide the key: this has no visible effect yet. */
    fuses_program(board, 0, (const uint32_t[8]){EG_BIT(4) | EG_BIT(0), RD_DIS_BIT}, 8);
    assert_int_equal(fuses_word_of(board, KEY_BLOCK, 0), 0x77777777);
    assert_int_equal(fuses_word_of(board, 0, 1), 0);
    fuses_program(board, 0, (const uint32_t[8]){0, 2, 1u << 18}, 8);
    fuses_read_command(board);
    assert_int_equal(fuses_word_of(board, KEY_BLOCK, 0), 0);
    assert_int_equal(fuses_word_of(board, 0, 1), RD_DIS_BIT | 2);
    assert_int_equal(fuses_word_of(board, 0, 2), 1u << 18);
    /* Now the group accepts no more bits; its neighbours do, and WR_DIS itself. */
    fuses_burn(board, 0, (const uint32_t[8]){EG_BIT(23), 4, 3u << 19 | 1u << 21}, 8);
    assert_int_equal(fuses_word_of(board, 0, 0), EG_BIT(4) | EG_BIT(0) | EG_BIT(23));
    assert_int_equal(fuses_word_of(board, 0, 1), RD_DIS_BIT | 2);
    assert_int_equal(fuses_word_of(board, 0, 2), 1u << 18 | 1u << 21);
    fuses_coded(words, 0xff);
    fuses_burn(board, KEY_BLOCK, words, 11);
    assert_int_equal(board->efuse.content[KEY_BLOCK][0], 0x77777777);
    vb_board_destroy(board);
}

static void each_half_of_the_esp32_c2_key_block_is_hidden_by_its_own_bit(void **state)
{
    uint32_t words[11];

    (void)state;
    fuses_coded(words, 0x3c);
    for (uint32_t bits = 0; bits < 4; bits++) {
        const struct vb_config config = fuses_fast("esp32c2");
        struct vb_board *const board = fuses_make(&config);

        fuses_burn(board, 3, words, 11);
        fuses_burn(board, 0, (const uint32_t[8]){0, bits}, 8);
        assert_int_equal(fuses_word_of(board, 3, 3) == 0, (bits & 1) != 0);
        assert_int_equal(fuses_word_of(board, 3, 4) == 0, (bits & 2) != 0);
        vb_board_destroy(board);
    }
}

/* Each mistake that makes a burn ineffective. */
static void a_burn_needs_the_code_of_the_command_and_the_timing_of_the_crystal(void **state)
{
    static const char *const chips[] = {"esp32", "esp32c3", "esp32s2"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct vb_config config = fuses_fast(chips[i]);
        struct vb_board *const board = fuses_make(&config);
        const struct eg_efuse *map = fuses_map_of(board);
        const struct eg_efuse_block *block = &map->blocks[0];

        fuses_put(board, block->write + 4, 1u << 31);
        for (int ready = 0; ready < 4; ready++) {
            if ((ready & 1) != 0)
                fuses_set_timing(board);
            else
                fuses_put(board, map->timing->steps[0].reg, map->timing->steps[0].mask / 3);
            fuses_put(board, map->conf, (ready & 2) != 0 ? CONF_PROGRAM : CONF_READ);
            fuses_put(board, map->cmd, 2);
            fuses_read_command(board);
            assert_int_equal(board->efuse.fuses[7] >> 7, ready == 3);
        }
        vb_board_destroy(board);
    }
}

static void the_timing_after_a_reset_suits_a_crystal_of_40_mhz(void **state)
{
    static const struct {
        const char *chip;
        bool burns;
    } rows[] = {{"esp32c3", true}, {"esp32", false}, {"esp32h2", false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct vb_config config = fuses_fast(rows[i].chip);
        struct vb_board *const board = fuses_make(&config);
        const struct eg_efuse *map = fuses_map_of(board);

        fuses_put(board, map->blocks[0].write + 4, 1u << 31);
        fuses_put(board, map->conf, CONF_PROGRAM);
        fuses_put(board, map->cmd, 2);
        assert_int_equal(board->efuse.fuses[7] >> 7, rows[i].burns);
        vb_board_destroy(board);
    }
}

static void read_registers_take_nothing_and_a_reset_reads_the_fuses(void **state)
{
    const struct vb_config config = fuses_fast("esp32c6");
    struct vb_board *const board = fuses_make(&config);
    uint32_t words[11];

    (void)state;
    fuses_coded(words, 0x5a);
    fuses_put(board, fuses_map_of(board)->blocks[KEY_BLOCK].read, 7);
    fuses_put(board, RS_COUNT, 7);
    assert_int_equal(fuses_word_of(board, KEY_BLOCK, 0), 0);
    assert_int_equal(fuses_get(board, RS_COUNT), 0);
    fuses_program(board, KEY_BLOCK, words, 11);
    assert_int_equal(fuses_word_of(board, KEY_BLOCK, 0), 0);
    vb__registers_reset(board);
    assert_int_equal(fuses_word_of(board, KEY_BLOCK, 0), 0x5a5a5a5a);
    assert_int_equal(fuses_get(board, 0), 0); /* the program window is empty again */
    vb_board_destroy(board);
}

static void a_burn_takes_its_time_and_the_newer_family_seems_idle_once(void **state)
{
    static const char *const chips[] = {"esp32c3", "esp32"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct vb_config config = {.target = eg_target_by_name(chips[i])};
        struct vb_board *const board = fuses_make(&config);
        const uint16_t cmd = fuses_map_of(board)->cmd;

        fuses_program(board, 3, (const uint32_t[8]){1, 1, 1, 1, 1, 1, 1, 1}, 8);
        if (i == 0)
            assert_int_equal(fuses_get(board, cmd) & 3, 0);
        assert_int_equal(fuses_get(board, cmd) & 3, 2);
        if (i == 0) /* the state machine tells the truth */
            assert_int_not_equal(fuses_get(board, cmd - 4) & 7, 1);
        /* While busy it accepts no command. */
        fuses_read_command(board);
        assert_int_equal(fuses_word_of(board, 3, 0), 0);
        vb__busy(board, 600000);
        assert_int_equal(fuses_get(board, cmd), 0);
        if (i == 0)
            assert_int_equal(fuses_get(board, cmd - 4) & 7, 1);
        fuses_read_command(board);
        assert_int_equal(fuses_word_of(board, 3, 0), 1);
        vb_board_destroy(board);
    }
}

static void a_file_keeps_what_was_burnt_and_decides_over_the_configuration(void **state)
{
    char path[] = "/tmp/eg-efuse-XXXXXX";
    struct vb_config config = fuses_fast("esp32c3");
    struct vb_board *board;
    struct eg_error err;
    uint32_t words[11];
    uint8_t mac[6];

    (void)state;
    close(mkstemp(path));
    config.efuse_path = path;
    config.number = 7;
    board = fuses_make(&config);
    memcpy(mac, vb_board_mac(board), sizeof mac);
    fuses_coded(words, 0x81);
    fuses_program(board, KEY_BLOCK, words, 11);
    vb_board_destroy(board);
    config.number = 8;
    config.secure_boot = true;
    board = fuses_make(&config);
    assert_int_equal(fuses_word_of(board, KEY_BLOCK, 0), 0x81818181);
    assert_memory_equal(vb_board_mac(board), mac, sizeof mac);
    assert_false(board->security.secure_boot);
    vb_board_destroy(board);
    assert_int_equal(truncate(path, 100), 0);
    char text[200];
    snprintf(text, sizeof text, "eFuse file %s: has 100 bytes instead of %u", path, VB__EFUSE_SIZE);
    assert_error(vb_board_create(&board, &config, &err), err, EG_IO, text);
    config.target = eg_target_by_name("esp8266");
    config.secure_boot = false;
    assert_error(vb_board_create(&board, &config, &err), err, EG_BAD_JOB,
                 "ESP8266 has no eFuses that could be kept in a file");
    unlink(path);
}

static struct vb_board *with_fault(const char *text)
{
    struct vb_config config = fuses_fast("esp32c3");
    struct eg_error err;

    assert_ok(vb_fault_parse(&config.faults[0], text, &err), err);
    config.fault_count = 1;
    config.seed = 1;
    return fuses_make(&config);
}

static unsigned burnt_bits(const struct vb_board *board, unsigned block)
{
    unsigned bits = 0;

    for (unsigned i = 0; i < VB__EFUSE_ROOM; i++)
        for (uint8_t byte = board->efuse.fuses[block * VB__EFUSE_ROOM + i]; byte != 0;
             byte &= (uint8_t)(byte - 1))
            bits++;
    return bits;
}

static void a_cut_leaves_so_many_bits_each_time(void **state)
{
    struct vb_board *board = with_fault("efuse-cut@10x2");
    uint32_t words[11];

    (void)state;
    fuses_coded(words, 0x0f);
    fuses_program(board, KEY_BLOCK, words, 11);
    assert_int_equal(burnt_bits(board, KEY_BLOCK), 10);
    assert_true(vb__faults_take(board, VB__POWER_CUT));
    vb__registers_reset(board);
    fuses_program(board, KEY_BLOCK, words, 11);
    assert_int_equal(burnt_bits(board, KEY_BLOCK), 20);
    assert_true(vb__faults_take(board, VB__POWER_CUT));
    fuses_burn(board, KEY_BLOCK, words, 11);
    assert_false(vb__faults_take(board, VB__POWER_CUT));
    assert_int_equal(fuses_word_of(board, KEY_BLOCK, 7), 0x0f0f0f0f);
    assert_false(fails(board));
    vb_board_destroy(board);
}

static void stuck_weak_and_lying_efuses(void **state)
{
    struct vb_board *board = with_fault("efuse-stuck@4.0=0");
    unsigned good = 0, bad = 0;
    uint32_t words[11];

    (void)state;
    fuses_coded(words, 0xff);
    fuses_burn(board, KEY_BLOCK, words, 11);
    assert_int_equal(board->efuse.fuses[KEY_BLOCK * VB__EFUSE_ROOM], 0xfe);
    assert_int_equal(count_of(board), 1);
    vb_board_destroy(board);

    board = with_fault("efuse-stuck@4.9=1");
    assert_int_equal(board->efuse.fuses[KEY_BLOCK * VB__EFUSE_ROOM + 1], 2);
    assert_int_equal(count_of(board), 1);
    vb_board_destroy(board);

    board = with_fault("efuse-weak@4.300");
    fuses_burn(board, KEY_BLOCK, words, 11);
    for (int i = 0; i < 40; i++) {
        fuses_read_command(board);
        good += count_of(board) == 0;
        bad += count_of(board) == 1;
    }
    assert_true(good > 0 && bad > 0 && good + bad == 40);
    vb_board_destroy(board);

    board = with_fault("efuse-lie");
    fuses_burn(board, KEY_BLOCK, words, 11);
    assert_int_equal(burnt_bits(board, KEY_BLOCK), 0);
    vb_board_destroy(board);
}

/* The host's view: no reply, and the loader is gone. */
static void a_cut_restarts_the_chip(void **state)
{
    const struct eg_target *target = eg_target_by_name("esp32c3");
    struct vb_config config = {.target = target, .fast = true};
    struct player player;
    struct eg_error err;

    (void)state;
    assert_ok(vb_fault_parse(&config.faults[0], "efuse-cut@0", &err), err);
    config.fault_count = 1;
    player_open(&player, config);
    fuses_set_timing(player.board);
    player_put_register(&player, 0x60008804, 1u << 12);
    player_put_register(&player, 0x600089cc, CONF_PROGRAM);
    assert_false(player_try(&player, 1000000, 0x09, WORDS(0x600089d4, 2, UINT32_MAX, 0)));
    assert_true(player_heard(&player, "Brownout"));
    vb_board_destroy(player.board);
}

static void what_closes_the_loader_counts_from_the_next_reset(void **state)
{
    const struct vb_config config = fuses_fast("esp32c3");
    struct player player;

    (void)state;
    player_open(&player, config);
    fuses_burn(player.board, 0, (const uint32_t[8]){[4] = 1u << 5}, 8); /* ENABLE_SECURITY_DOWNLOAD */
    assert_int_equal(player_register(&player, 0x6000883c), 1u << 5);
    player_enter_loader(&player);
    assert_true(player_sync(&player));
    player_command(&player, 0x14, NULL, 0);
    assert_int_equal(eg_get32(player.data), 1u << 2);
    assert_true(player_try(&player, 1000000, 0x0a, WORDS(0x6000883c)));
    assert_int_equal(player_status(&player, 0), 0x0105);
    vb_board_destroy(player.board);
}

static void a_closed_loader_stays_closed_but_before_revision_3_of_the_esp32(void **state)
{
    static const struct {
        const char *chip;
        uint16_t revision;
        uint8_t word;
        uint32_t bit;
        bool closed;
    } rows[] = {{"esp32", 300, 0, 27, true}, {"esp32", 100, 0, 27, false}, {"esp32c3", 0, 4, 0, true}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vb_config config = fuses_fast(rows[i].chip);
        struct player player;
        uint32_t words[8] = {0};

        config.revision = rows[i].revision;
        words[rows[i].word] = EG_BIT(rows[i].bit);
        player_open(&player, config);
        fuses_burn(player.board, 0, words, i < 2 ? 7 : 8);
        assert_true(player_sync(&player));
        player_enter_loader(&player);
        assert_int_equal(player_heard(&player, "Download mode is disabled. Restart with GPIO0 high.\r\n"),
                         rows[i].closed);
        assert_int_equal(player_sync(&player), !rows[i].closed);
        vb_board_destroy(player.board);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_line_of_the_fixtures_leaves_the_words_that_it_left_there),
        cmocka_unit_test(up_to_six_bytes_are_corrected_and_counted),
        cmocka_unit_test(a_second_burn_of_a_coded_block_spoils_it),
        cmocka_unit_test(of_four_copies_of_a_bit_two_decide_and_differences_show),
        cmocka_unit_test(a_3_4_coded_block_is_corrected_and_taints),
        cmocka_unit_test(protection_counts_from_the_read_command_on),
        cmocka_unit_test(each_half_of_the_esp32_c2_key_block_is_hidden_by_its_own_bit),
        cmocka_unit_test(a_burn_needs_the_code_of_the_command_and_the_timing_of_the_crystal),
        cmocka_unit_test(the_timing_after_a_reset_suits_a_crystal_of_40_mhz),
        cmocka_unit_test(read_registers_take_nothing_and_a_reset_reads_the_fuses),
        cmocka_unit_test(a_burn_takes_its_time_and_the_newer_family_seems_idle_once),
        cmocka_unit_test(a_file_keeps_what_was_burnt_and_decides_over_the_configuration),
        cmocka_unit_test(a_cut_leaves_so_many_bits_each_time),
        cmocka_unit_test(stuck_weak_and_lying_efuses),
        cmocka_unit_test(a_cut_restarts_the_chip),
        cmocka_unit_test(what_closes_the_loader_counts_from_the_next_reset),
        cmocka_unit_test(a_closed_loader_stays_closed_but_before_revision_3_of_the_esp32),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
