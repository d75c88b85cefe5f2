/* SPDX-License-Identifier: Apache-2.0 */

/* The eFuse controller of a simulated board as a host uses it, by register accesses without a wire. */

#ifndef TESTS_TOOLS_VBOARD_FUSES_H
#define TESTS_TOOLS_VBOARD_FUSES_H

#include "targets/efuse.h"
#include "tests/tools/vboard/player.h"
#include "tools/vboard/chip/chip.h"
#include "tools/vboard/loader/loader.h"

#define CONF_PROGRAM 0x5a5au
#define CONF_READ    0x5aa5u

/* Make a board whose registers the test writes itself, without a wire. */
static inline struct vb_board *fuses_make(const struct vb_config *config)
{
    struct vb_board *board;
    struct eg_error err;

    assert_ok(vb_board_create(&board, config, &err), err);
    return board;
}

static inline struct vb_config fuses_fast(const char *chip)
{
    return (struct vb_config){.target = eg_target_by_name(chip), .fast = true};
}

static inline const struct eg_efuse *fuses_map_of(const struct vb_board *board)
{
    return eg_efuse_of(board->target);
}

static inline void fuses_put(struct vb_board *board, unsigned reg, uint32_t word)
{
    uint8_t entry[16];

    eg_put32(entry, fuses_map_of(board)->base + reg);
    eg_put32(entry + 4, word);
    eg_put32(entry + 8, UINT32_MAX);
    eg_put32(entry + 12, 0);
    vb__registers_write(board, entry, sizeof entry);
}

static inline uint32_t fuses_get(struct vb_board *board, unsigned reg)
{
    return vb__efuse_look(board, fuses_map_of(board)->base + reg);
}

static inline uint32_t fuses_word_of(struct vb_board *board, unsigned block, unsigned word)
{
    return fuses_get(board, fuses_map_of(board)->blocks[block].read + 4 * word);
}

static inline void fuses_set_timing(struct vb_board *board)
{
    const struct eg_efuse_timing *timing = fuses_map_of(board)->timing;

    while (timing->mhz != vb__crystal_mhz(board))
        timing++;
    for (const struct eg_efuse_step *step = timing->steps; step != NULL && step->mask != 0; step++)
        fuses_put(board, step->reg,
                  (fuses_get(board, step->reg) & ~step->mask) |
                      step->value * (step->mask & (~step->mask + 1)));
}

static inline void fuses_read_command(struct vb_board *board)
{
    fuses_put(board, fuses_map_of(board)->conf, CONF_READ);
    fuses_put(board, fuses_map_of(board)->cmd, 1);
}

/* Program these words, as a host does after setting the timing; the blocks are not read again. */
static inline void fuses_program(struct vb_board *board, unsigned block, const uint32_t *words, size_t count)
{
    const struct eg_efuse *map = fuses_map_of(board);
    const bool window = map->family == EG_EFUSE_PROGRAM_WINDOW;

    fuses_set_timing(board);
    for (unsigned other = 0; !window && map->blocks[other].name != NULL; other++)
        for (unsigned word = 0; word < map->blocks[other].words; word++)
            fuses_put(board, map->blocks[other].write + 4 * word, 0);
    for (size_t i = 0; i < count; i++)
        fuses_put(board, map->blocks[block].write + 4 * (unsigned)i, words[i]);
    fuses_put(board, map->conf, CONF_PROGRAM);
    fuses_put(board, map->cmd, window ? 2 | block << 2 : 2);
}

static inline void fuses_burn(struct vb_board *board, unsigned block, const uint32_t *words, size_t count)
{
    fuses_program(board, block, words, count);
    fuses_read_command(board);
}

/* Encode data of 32 equal bytes with their check bytes, as a host sends it. */
static inline void fuses_coded(uint32_t words[11], uint8_t byte)
{
    uint8_t bytes[VB__CODED_SIZE];

    memset(bytes, byte, sizeof bytes);
    vb__rs_check(bytes);
    for (size_t i = 0; i < 11; i++)
        words[i] = eg_get32(bytes + 4 * i);
}

#endif
