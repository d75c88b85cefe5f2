/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The eFuses and their controller.
 *
 * What is read are registers, which a reset and the read command fill from the fuses: decoded, with what
 * RD_DIS hides as zeros. What is burnt are the bits of the program window (ESP32: of the write registers of
 * all blocks at once) that WR_DIS, as last read, does not protect; a fuse never goes back. A block of the
 * newer family can be burnt more than once, but then its check bytes fit no more. Of block 0 the newer family
 * keeps four copies, of which two decide, and tells bits in which they differ; not of its first word.
 *
 * A command needs its code in CONF and an idle controller. A burn with other timing registers than the
 * crystal needs burns nothing; after a reset those of the newer family suit the usual crystal. The newer
 * family seems idle once while it is still busy.
 *
 * A new board is burnt as its configuration says: the words that the other files of this folder put into
 * the read registers become its fuses.
 */

#define _DEFAULT_SOURCE /* MAP_SHARED and O_NOFOLLOW */
#include "tools/vboard/chip/chip.h"

#include "targets/efuse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONF_PROGRAM 0x5a5au
#define CONF_READ    0x5aa5u
#define CMD_READ     1u
#define CMD_PROGRAM  2u
#define CMD_BLOCK    2 /* shift */
#define STATUS_IDLE  1u

/* As the timing registers of the ESP32-S2 and ESP32-C3 set them: switching the programming voltage on, and a
 * pulse per bit. */
#define SUPPLY_US 500u
#define PULSE_US  10u
#define READ_US   100u
#define RESET_MHZ 40u /* espefuse 3 burns an ESP32-C3 with what the registers hold after a reset */

#define WORD_BITS 32u

static const struct eg_efuse *map_of(const struct vb_board *board)
{
    return eg_efuse_of(board->target);
}

static uint8_t *fuses_of(const struct vb_board *board, unsigned block)
{
    return board->efuse.fuses + block * VB__EFUSE_ROOM;
}

static bool has_window(const struct eg_efuse *map)
{
    return map->family == EG_EFUSE_PROGRAM_WINDOW;
}

static void close_cleanup(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

enum eg_code vb__efuse_open(struct vb_board *board, const char *path, struct eg_error *err)
{
    EG_CLEANUP(close_cleanup) int fd = -1;
    struct stat facts;

    if (path == NULL)
        return eg_alloc(&board->efuse.fuses, VB__EFUSE_SIZE, 1, err);
    if (map_of(board) == NULL)
        return eg_error_set(err, EG_BAD_JOB, "%s has no eFuses that could be kept in a file",
                            board->target->label);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0666);
    if (fd < 0 || fstat(fd, &facts) != 0)
        return eg_error_errno(err, EG_IO, errno, "eFuse file %s: opening it", path);
    if (!S_ISREG(facts.st_mode))
        return eg_error_set(err, EG_IO, "eFuse file %s: not a regular file", path);
    if (facts.st_size != 0 && facts.st_size != (off_t)VB__EFUSE_SIZE)
        return eg_error_set(err, EG_IO, "eFuse file %s: has %lld bytes instead of %u", path,
                            (long long)facts.st_size, VB__EFUSE_SIZE);
    if (facts.st_size == 0 && ftruncate(fd, VB__EFUSE_SIZE) != 0)
        return eg_error_errno(err, EG_IO, errno, "eFuse file %s: making it", path);
    void *const mapped = mmap(NULL, VB__EFUSE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED)
        return eg_error_errno(err, EG_IO, errno, "eFuse file %s: mapping it", path);
    board->efuse.fuses = mapped;
    board->efuse.mapped = true;
    /* A board that was made has at least its MAC. */
    for (size_t i = 0; i < VB__EFUSE_SIZE; i++)
        board->efuse.made = board->efuse.made || board->efuse.fuses[i] != 0;
    return EG_OK;
}

void vb__efuse_close(struct vb_board *board)
{
    if (board->efuse.mapped)
        munmap(board->efuse.fuses, VB__EFUSE_SIZE);
    else
        free(board->efuse.fuses);
    board->efuse.fuses = NULL;
}

static const struct eg_efuse_field *field_of(const struct vb_board *board, const char *name)
{
    const struct eg_efuse *map = map_of(board);
    const struct eg_efuse_field *field = map->fields;

    if (map->fields_before != NULL && board->identity.revision < map->fields_from)
        field = map->fields_before;
    while (name != NULL && field->name != NULL && strcmp(field->name, name) != 0)
        field++;
    return field;
}

static uint32_t mask_of(const struct eg_efuse_field *field)
{
    return (field->bits < WORD_BITS ? (UINT32_C(1) << field->bits) - 1 : UINT32_MAX) << field->pos;
}

uint32_t vb__efuse_field(const struct vb_board *board, const char *name)
{
    const struct eg_efuse_field *field = map_of(board) != NULL ? field_of(board, name) : NULL;

    if (field == NULL || field->name == NULL || field->bits == 0)
        return 0;
    return (board->efuse.content[field->block][field->word] & mask_of(field)) >> field->pos;
}

void vb__efuse_put(struct vb_board *board, const char *name, uint32_t value)
{
    const struct eg_efuse *map = map_of(board);
    const struct eg_efuse_field *field = map != NULL && name != NULL ? field_of(board, name) : NULL;

    if (field == NULL || field->name == NULL)
        return;
    const uint32_t addr = map->base + map->blocks[field->block].read + 4u * field->word;
    vb__memory_put(board, addr,
                   (vb__memory_get(board, addr) & ~mask_of(field)) | (value << field->pos & mask_of(field)));
}

void vb__efuse_put_key(struct vb_board *board, unsigned block, const uint8_t *key, size_t size)
{
    const struct eg_efuse *map = map_of(board);
    const struct eg_efuse_field *field = field_of(board, "RD_DIS");
    const uint32_t addr = map->base + map->blocks[0].read + 4u * field->word, rd = map->blocks[block].rd;

    for (size_t i = 0; i < size; i++)
        vb__memory_put_bytes(board, map->base + map->blocks[block].read + (uint32_t)i, &key[size - 1 - i], 1);
    vb__memory_put(board, addr, vb__memory_get(board, addr) | (rd & (~rd + 1)) << field->pos);
}

void vb__efuse_key(const struct vb_board *board, unsigned block, uint8_t *key, size_t size)
{
    for (size_t i = 0; i < size; i++)
        key[size - 1 - i] = (uint8_t)(board->efuse.content[block][i / 4] >> 8 * (i % 4));
}

/* Bits of a word of block 0 that these bits of WR_DIS and RD_DIS protect. */
static uint32_t protected_bits(const struct vb_board *board, unsigned word, uint32_t wr_dis, uint32_t rd_dis)
{
    uint32_t bits = 0;

    for (const struct eg_efuse_field *field = field_of(board, NULL); field->name != NULL; field++) {
        const unsigned last = (field->pos + field->bits - 1u) / WORD_BITS + field->word;

        if (field->block != 0 || field->bits == 0 || ((field->wr & wr_dis) | (field->rd & rd_dis)) == 0)
            continue;
        if (field->word == word)
            bits |= mask_of(field);
        else if (field->word < word && word <= last) /* the MAC of the ESP32, which ends in its second word */
            bits |= field->pos + field->bits >= (word - field->word + 1) * WORD_BITS
                        ? UINT32_MAX
                        : (UINT32_C(1) << (field->pos + field->bits) % WORD_BITS) - 1;
    }
    return bits;
}

static uint32_t read_addr(const struct eg_efuse *map, unsigned block, unsigned word)
{
    return map->base + map->blocks[block].read + 4 * word;
}

static bool is_coded_3_4(uint32_t scheme)
{
    return scheme == EG_CODING_3_4;
}

/* Burn what the read registers hold. */
static void make(struct vb_board *board, const struct eg_efuse *map)
{
    const struct eg_efuse_field *scheme = has_window(map) ? NULL : field_of(board, "CODING_SCHEME");

    for (unsigned block = 0; map->blocks[block].name != NULL; block++) {
        uint8_t *const fuses = fuses_of(board, block);
        uint8_t data[VB__EFUSE_COPY] = {0};

        for (unsigned word = 0; word < map->blocks[block].words; word++)
            eg_put32(data + 4 * word, vb__memory_get(board, read_addr(map, block, word)));
        if (!has_window(map)) {
            const uint32_t word = vb__memory_get(board, read_addr(map, 0, scheme->word));

            memcpy(fuses, data, sizeof data);
            if (block > 0 && is_coded_3_4((word & mask_of(scheme)) >> scheme->pos))
                vb__three_quarters_encode(fuses, data);
        } else if (block == 0) {
            for (unsigned copy = 0; copy < VB__EFUSE_COPIES; copy++)
                memcpy(fuses + copy * VB__EFUSE_COPY, data, sizeof data);
        } else {
            memcpy(fuses, data, VB__CODED_DATA);
            vb__rs_check(fuses);
        }
        vb__faults_stick_efuse(board, block, fuses);
    }
    board->efuse.made = true;
}

/* Block 0 of the newer family: a bit holds when two copies have it. */
static void read_copies(struct vb_board *board, const struct eg_efuse *map, const uint8_t *fuses)
{
    for (unsigned word = 0; word < map->blocks[0].words; word++) {
        uint32_t value = 0, off = 0;

        for (uint32_t bit = 0; bit < WORD_BITS; bit++) {
            unsigned set = 0;

            for (unsigned copy = 0; copy < VB__EFUSE_COPIES; copy++)
                set += eg_get32(fuses + copy * VB__EFUSE_COPY + 4 * word) >> bit & 1;
            value |= (uint32_t)(set >= 2) << bit;
            off |= (uint32_t)(set != 0 && set != VB__EFUSE_COPIES) << bit;
        }
        board->efuse.content[0][word] = value;
        if (word > 0 && word <= map->repeat_error_words)
            vb__memory_put(board, map->base + map->repeat_errors + 4 * (word - 1), off);
    }
}

static void put_place(struct vb_board *board, uint32_t base, const struct eg_efuse_place *place,
                      uint32_t bits)
{
    if (place->reg != 0)
        vb__memory_put(board, base + place->reg,
                       vb__memory_get(board, base + place->reg) | bits << place->shift);
}

/* Decode the fuses of a block into `data`; set the error bits. */
static void decode(struct vb_board *board, const struct eg_efuse *map, unsigned block, uint8_t *data)
{
    const struct eg_efuse_block *facts = &map->blocks[block];

    if (has_window(map)) {
        const int corrected = vb__rs_correct(data);

        put_place(board, map->base, &facts->count_at, corrected > 0 ? (uint32_t)corrected : 0);
        put_place(board, map->base, &facts->fail_at, corrected < 0);
    } else if (is_coded_3_4(vb__efuse_field(board, "CODING_SCHEME"))) {
        uint8_t decoded[VB__CODED_DATA] = {0};
        const struct eg_efuse_place status = {map->dec_status, (uint8_t)(4 * (block - 1))};

        put_place(board, map->base, &status, vb__three_quarters_decode(decoded, data));
        memcpy(data, decoded, sizeof decoded);
    }
}

/* A block with two bits in RD_DIS is hidden by halves. */
static bool is_hidden(const struct eg_efuse_block *facts, uint32_t rd_dis, unsigned word)
{
    const uint32_t lower = facts->rd & (~facts->rd + 1), upper = facts->rd & ~lower;

    return (rd_dis & (upper != 0 && word >= facts->words / 2 ? upper : lower)) != 0;
}

static void read_block(struct vb_board *board, const struct eg_efuse *map, unsigned block)
{
    const struct eg_efuse_block *facts = &map->blocks[block];
    uint8_t data[VB__EFUSE_ROOM];
    uint32_t *const content = board->efuse.content[block];

    memcpy(data, fuses_of(board, block), sizeof data);
    vb__faults_weaken_efuse(board, block, data);
    if (block == 0 && has_window(map)) {
        read_copies(board, map, data);
    } else {
        if (block > 0)
            decode(board, map, block, data);
        for (unsigned word = 0; word < facts->words; word++)
            content[word] = eg_get32(data + 4 * word);
    }
    const uint32_t rd_dis = vb__efuse_field(board, "RD_DIS");
    for (unsigned word = 0; word < facts->words; word++) {
        const uint32_t hidden = block == 0                       ? protected_bits(board, word, 0, rd_dis)
                                : is_hidden(facts, rd_dis, word) ? UINT32_MAX
                                                                 : 0;

        vb__memory_put(board, read_addr(map, block, word), content[word] & ~hidden);
    }
}

/* Fill the read registers from the fuses. */
static void read_all(struct vb_board *board, const struct eg_efuse *map)
{
    if (map->dec_status != 0)
        vb__memory_put(board, map->base + map->dec_status, 0);
    for (unsigned block = 0; map->blocks[block].name != NULL; block++) {
        if (map->blocks[block].count_at.reg != 0)
            vb__memory_put(board, map->base + map->blocks[block].count_at.reg, 0);
        if (map->blocks[block].fail_at.reg != 0)
            vb__memory_put(board, map->base + map->blocks[block].fail_at.reg, 0);
    }
    for (unsigned block = 0; map->blocks[block].name != NULL; block++)
        read_block(board, map, block);
    board->efuse.wr_dis = vb__efuse_field(board, "WR_DIS");
}

void vb__efuse_reset(struct vb_board *board)
{
    const struct eg_efuse *map = map_of(board);

    if (map == NULL)
        return;
    if (!board->efuse.made)
        make(board, map);
    board->efuse.busy_ns = 0;
    read_all(board, map);
}

/* Take the bits of `wanted` that WR_DIS protects out of it. */
static void protect(const struct vb_board *board, const struct eg_efuse *map, unsigned block, uint8_t *wanted)
{
    const uint32_t wr_dis = board->efuse.wr_dis;

    if ((map->blocks[block].wr & wr_dis) != 0)
        memset(wanted, 0, VB__EFUSE_ROOM);
    for (unsigned word = 0; block == 0 && word < VB__EFUSE_COPY / 4; word++)
        eg_put32(wanted + 4 * word, eg_get32(wanted + 4 * word) & ~protected_bits(board, word, wr_dis, 0));
}

/* The bits of a block that the host has asked for; `wanted` is as the fuses are laid out. */
static void take_wanted(struct vb_board *board, const struct eg_efuse *map, unsigned block, uint8_t *wanted)
{
    const struct eg_efuse_block *facts = &map->blocks[block];
    const unsigned words = block == 0 ? facts->words : VB__CODED_DATA / 4;

    memset(wanted, 0, VB__EFUSE_ROOM);
    for (unsigned word = 0; word < words; word++)
        eg_put32(wanted + 4 * word, vb__memory_get(board, map->base + facts->write + 4 * word));
    for (unsigned word = 0; has_window(map) && block > 0 && word < (VB__CODED_SIZE - VB__CODED_DATA) / 4;
         word++)
        eg_put32(wanted + VB__CODED_DATA + 4 * word,
                 vb__memory_get(board, map->base + map->check + 4 * word));
    protect(board, map, block, wanted);
    for (unsigned copy = 1; has_window(map) && block == 0 && copy < VB__EFUSE_COPIES; copy++)
        memcpy(wanted + copy * VB__EFUSE_COPY, wanted, VB__EFUSE_COPY);
}

static bool bit_of(const uint8_t *bytes, size_t bit)
{
    return (bytes[bit / 8] >> bit % 8 & 1) != 0;
}

/* Burn in no order that anyone may rely on; returns how many bits, and false in `powered` when the supply
 * dropped before the last. */
static unsigned burn(struct vb_board *board, unsigned block, const uint8_t *wanted, bool *powered)
{
    uint8_t *const fuses = fuses_of(board, block);
    uint16_t order[VB__EFUSE_ROOM * 8];
    unsigned count = 0, burnt = 0;

    for (unsigned bit = 0; bit < VB__EFUSE_ROOM * 8; bit++)
        if (bit_of(wanted, bit) && !bit_of(fuses, bit))
            order[count++] = (uint16_t)bit;
    for (; burnt < count && (*powered = vb__faults_burn(board)); burnt++) {
        const unsigned pick = burnt + (unsigned)(vb__random(&board->faults.random) % (count - burnt));
        const uint16_t bit = order[pick];

        order[pick] = order[burnt];
        if (!vb__faulty(board, VB__EFUSE_LIE))
            fuses[bit / 8] |= (uint8_t)(1u << bit % 8);
    }
    vb__faults_stick_efuse(board, block, fuses);
    return burnt;
}

/* Return whether the timing registers fit the crystal. Those that nobody has written are shown as zero; their
 * true values after a reset fit RESET_MHZ. */
static bool is_timed(struct vb_board *board, const struct eg_efuse *map)
{
    const struct eg_efuse_timing *timing = map->timing;
    const bool reset_fits = has_window(map) && vb__crystal_mhz(board) == RESET_MHZ;

    while (timing->mhz != 0 && timing->mhz != vb__crystal_mhz(board))
        timing++;
    for (const struct eg_efuse_step *step = timing->steps; step != NULL && step->mask != 0; step++) {
        const uint32_t field = vb__memory_get(board, map->base + step->reg) & step->mask;

        if (field != step->value * (step->mask & (~step->mask + 1)) && (field != 0 || !reset_fits))
            return false;
    }
    return timing->mhz != 0;
}

static void program(struct vb_board *board, const struct eg_efuse *map, uint32_t number)
{
    uint64_t us = SUPPLY_US;
    bool powered = true;

    for (unsigned block = 0; map->blocks[block].name != NULL && powered && is_timed(board, map); block++) {
        uint8_t wanted[VB__EFUSE_ROOM];

        if (has_window(map) && block != number)
            continue;
        take_wanted(board, map, block, wanted);
        us += PULSE_US * burn(board, block, wanted, &powered);
    }
    board->efuse.busy_ns = vb__idle_ns(board) + (board->config.fast ? 0 : us * 1000);
}

/* Return the address where a block or its error register is read. */
static bool is_read_only(const struct eg_efuse *map, uint32_t offset)
{
    if (map->dec_status != 0 && offset == map->dec_status)
        return true;
    if (map->repeat_error_words != 0 && offset - map->repeat_errors < 4u * map->repeat_error_words)
        return true;
    for (const struct eg_efuse_block *block = map->blocks; block->name != NULL; block++)
        if (offset - block->read < 4u * block->words ||
            (block->count_at.reg != 0 && offset == block->count_at.reg))
            return true;
    return false;
}

bool vb__efuse_takes(const struct vb_board *board, uint32_t addr)
{
    const struct eg_efuse *map = map_of(board);

    if (map == NULL || addr - map->base >= map->size)
        return true;
    return !is_read_only(map, addr - map->base) &&
           (addr - map->base != map->cmd || vb__idle_ns(board) >= board->efuse.busy_ns);
}

bool vb__efuse_written(struct vb_board *board, uint32_t addr)
{
    const struct eg_efuse *map = map_of(board);

    if (map == NULL || addr != map->base + map->cmd)
        return false;
    const uint32_t command = vb__memory_get(board, addr), conf = vb__memory_get(board, map->base + map->conf);
    const bool reads = (command & CMD_READ) != 0 && conf == CONF_READ;

    board->efuse.idled = false;
    if (reads) {
        read_all(board, map);
        board->efuse.busy_ns = vb__idle_ns(board) + (board->config.fast ? 0 : READ_US * 1000);
    } else if ((command & CMD_PROGRAM) != 0 && conf == CONF_PROGRAM) {
        program(board, map, command >> CMD_BLOCK);
    }
    return reads;
}

uint32_t vb__efuse_look(struct vb_board *board, uint32_t addr)
{
    const struct eg_efuse *map = map_of(board);
    const uint32_t word = vb__memory_get(board, addr);
    const bool idle = vb__idle_ns(board) >= board->efuse.busy_ns;

    if (map == NULL)
        return word;
    if (has_window(map) && addr == map->base + map->cmd - 4) /* STATUS, by which espefuse 3 waits */
        return idle ? STATUS_IDLE : 0;
    if (addr != map->base + map->cmd || word == 0)
        return word;
    if (idle) {
        vb__memory_put(board, addr, 0);
        return 0;
    }
    if (!has_window(map) || board->efuse.idled)
        return word;
    board->efuse.idled = true;
    return word & ~(CMD_READ | CMD_PROGRAM);
}
