/* SPDX-License-Identifier: Apache-2.0 */

/* A host for one simulated board, in the board's own time: it never waits. */

#ifndef TESTS_TOOLS_VBOARD_PLAYER_H
#define TESTS_TOOLS_VBOARD_PLAYER_H

#include "engine/base/bytes.h"
#include "stubs/stub.h"
#include "tests/fakes/check.h"
#include "tools/vboard/board.h"

#include <stdio.h>
#include <string.h>

#define PLAYER_ROOM  40000u
#define PLAYER_LIMIT UINT64_C(400000000) /* longer than a chip erase, in microseconds */

struct player {
    struct vb_board *board;
    const struct eg_target *target;
    uint64_t now_us;
    uint8_t got[PLAYER_ROOM]; /* raw bytes since the last send */
    size_t got_size;
    /* decoded first packet */
    uint8_t op;
    uint32_t value;
    uint8_t data[5000];
    size_t size; /* of `data`, status bytes included */
    uint64_t answered_us;
};

static inline void player_take(struct player *player)
{
    player->got_size += vb_board_transmit(player->board, player->now_us, player->got + player->got_size,
                                          sizeof player->got - player->got_size);
}

static inline void player_wait(struct player *player, uint64_t us)
{
    player->now_us += us;
    player_take(player);
}

/** Let `us` pass, with all events within it. */
static inline void player_idle(struct player *player, uint64_t us)
{
    const uint64_t until_us = player->now_us + us;
    uint64_t next_us;

    while ((next_us = vb_board_next_us(player->board, player->now_us)) <= until_us) {
        player->now_us = next_us > player->now_us ? next_us : player->now_us + 1;
        player_take(player);
    }
    player->now_us = until_us;
    player_take(player);
}

static inline void player_send(struct player *player, const uint8_t *data, size_t size)
{
    player->got_size = 0;
    vb_board_receive(player->board, player->now_us, data, size);
    player_wait(player, 1);
}

/** Create the board; an ESP32 if the configuration names no chip. */
static inline void player_start(struct player *player, struct vb_config config)
{
    struct eg_error err;

    memset(player, 0, sizeof *player);
    if (config.target == NULL)
        config.target = eg_target_by_name("esp32");
    player->target = config.target;
    assert_ok(vb_board_create(&player->board, &config, &err), err);
}

/** Return the flash part of this name, which must exist. */
static inline const struct vb_flash_part *player_part(const char *name)
{
    const struct vb_flash_part *part = vb_flash_parts;

    while (part->name != NULL && strcmp(part->name, name) != 0)
        part++;
    assert_non_null(part->name);
    return part;
}

/**
 * Reset with the usual sequence for two transistors, one line after the other: the strap is low while EN
 * rises.
 */
static inline void player_enter_loader(struct player *player)
{
    vb_board_set_lines(player->board, player->now_us, false, true);
    player_wait(player, 100000);
    player->got_size = 0;
    vb_board_set_lines(player->board, player->now_us, true, true);
    player_wait(player, 2000);
    vb_board_set_lines(player->board, player->now_us, true, false);
    player_idle(player, 50000);
    vb_board_set_lines(player->board, player->now_us, false, false);
}

/** Reset without the strap. */
static inline void player_hard_reset(struct player *player)
{
    vb_board_set_lines(player->board, player->now_us, false, true);
    player_wait(player, 100000);
    player->got_size = 0;
    vb_board_set_lines(player->board, player->now_us, false, false);
}

/** Decode the frame that begins at `at`; return where the next may begin, 0 if the frame is not complete. */
static inline size_t player_frame(struct player *player, size_t at, uint8_t *frame, size_t room, size_t *size)
{
    size_t i = at;

    *size = 0;
    while (i < player->got_size && player->got[i] != 0xc0)
        i++;
    for (i++; i < player->got_size && player->got[i] != 0xc0; i++) {
        uint8_t byte = player->got[i];

        if (byte == 0xdb && i + 1 < player->got_size)
            byte = player->got[++i] == 0xdc ? 0xc0 : 0xdb;
        assert_true(*size < room);
        frame[(*size)++] = byte;
    }
    return i < player->got_size ? i + 1 : 0;
}

static inline bool player_decode(struct player *player)
{
    uint8_t frame[5100];
    size_t size;

    if (player_frame(player, 0, frame, sizeof frame, &size) == 0 || size < 8)
        return false;
    assert_true(size - 8 <= sizeof player->data);
    player->op = frame[1];
    player->value = eg_get32(frame + 4);
    player->size = size - 8;
    memcpy(player->data, frame + 8, player->size);
    return true;
}

/** Wait until a packet arrives; false = none within the limit. */
static inline bool player_answer(struct player *player, uint64_t limit_us)
{
    const uint64_t until_us = player->now_us + limit_us;

    while (!player_decode(player)) {
        const uint64_t next_us = vb_board_next_us(player->board, player->now_us);

        if (next_us > until_us) {
            player->now_us = until_us;
            player_take(player);
            return player_decode(player);
        }
        player->now_us = next_us > player->now_us ? next_us : player->now_us + 1;
        player_take(player);
    }
    player->answered_us = player->now_us;
    return true;
}

static inline size_t player_pack(uint8_t *wire, uint8_t op, uint32_t checksum, const uint8_t *payload,
                                 size_t size)
{
    uint8_t head[8] = {0x00, op};
    size_t at = 0;

    eg_put16(head + 2, (uint16_t)size);
    eg_put32(head + 4, checksum);
    wire[at++] = 0xc0;
    for (size_t i = 0; i < 8 + size; i++) {
        const uint8_t byte = i < 8 ? head[i] : payload[i - 8];

        if (byte == 0xc0 || byte == 0xdb) {
            wire[at++] = 0xdb;
            wire[at++] = byte == 0xc0 ? 0xdc : 0xdd;
        } else {
            wire[at++] = byte;
        }
    }
    wire[at++] = 0xc0;
    return at;
}

/** Send a command of 32-bit words and wait for the reply; false = none within `limit_us`. */
static inline bool player_try(struct player *player, uint64_t limit_us, uint8_t op, const uint32_t *words,
                              size_t count)
{
    uint8_t payload[64], wire[200];

    for (size_t i = 0; i < count; i++)
        eg_put32(payload + 4 * i, words[i]);
    player_send(player, wire, player_pack(wire, op, 0, payload, 4 * count));
    return player_answer(player, limit_us);
}

/** Check a condition; the message names the chip. */
#define assert_chip(player, condition)                                                                       \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fail_msg("%s: not %s", (player)->target->name, #condition);                                      \
    } while (0)

#define WORDS(...) (const uint32_t[]){__VA_ARGS__}, sizeof(const uint32_t[]){__VA_ARGS__} / 4

/** Do the same; the reply must come, to this command. */
static inline void player_command(struct player *player, uint8_t op, const uint32_t *words, size_t count)
{
    if (!player_try(player, PLAYER_LIMIT, op, words, count))
        fail_msg("no reply to command %02x", op);
    assert_int_equal(player->op, op);
    assert_true(player->size >= 2);
}

/** Return the status of a reply with `data_size` bytes of data. */
static inline unsigned player_status(const struct player *player, size_t data_size)
{
    if (player->size < data_size + 2)
        data_size = 0;
    return (unsigned)(player->data[data_size] << 8 | player->data[data_size + 1]);
}

/** Send a data block (03, 07 or 11) with its header and checksum; do not wait. */
static inline void player_send_block(struct player *player, uint8_t op, uint32_t sequence,
                                     const uint8_t *data, size_t size)
{
    static uint8_t payload[20000], wire[40100];
    uint8_t sum = 0xef;

    memset(payload, 0, 16);
    eg_put32(payload, (uint32_t)size);
    eg_put32(payload + 4, sequence);
    memcpy(payload + 16, data, size);
    for (size_t i = 0; i < size; i++)
        sum ^= data[i];
    player_send(player, wire, player_pack(wire, op, sum, payload, 16 + size));
}

static inline unsigned player_block(struct player *player, uint8_t op, uint32_t sequence, const uint8_t *data,
                                    size_t size)
{
    player_send_block(player, op, sequence, data, size);
    if (!player_answer(player, PLAYER_LIMIT))
        fail_msg("no reply to block %u", (unsigned)sequence);
    return player_status(player, 0);
}

static inline bool player_sync(struct player *player)
{
    uint8_t payload[36] = {0x07, 0x07, 0x12, 0x20}, wire[60];

    memset(payload + 4, 0x55, 32);
    player_send(player, wire, player_pack(wire, 0x08, 0, payload, sizeof payload));
    if (!player_answer(player, 100000))
        return false;
    player_idle(player, 50000);
    return player->op == 0x08 && player_status(player, 0) == 0;
}

static inline void player_upload(struct player *player, uint32_t addr, const uint8_t *data, uint32_t size)
{
    player_command(player, 0x05, WORDS(size, eg_div_up(size, 0x1800), 0x1800, addr));
    for (uint32_t done = 0; done < size; done += 0x1800)
        assert_int_equal(player_block(player, 0x07, done / 0x1800, data + done,
                                      size - done < 0x1800 ? size - done : 0x1800),
                         0);
}

/**
 * Skip the running test, with a message, if the build has no stubs. Call it before anything is created:
 * skip() does not return.
 */
static inline const struct eg_stub *player_need_stub(const char *name)
{
    const struct eg_stub *stub = eg_stub_by_name(name);

    if (stub == NULL) {
        print_message("SKIPPED: no stubs in this build\n");
        skip();
    }
    return stub;
}

static inline uint32_t player_register(struct player *player, uint32_t addr)
{
    player_command(player, 0x0a, WORDS(addr));
    assert_int_equal(player_status(player, 0), 0);
    return player->value;
}

static inline void player_put_register(struct player *player, uint32_t addr, uint32_t word)
{
    player_command(player, 0x09, WORDS(addr, word, UINT32_MAX, 0));
    assert_int_equal(player_status(player, 0), 0);
}

/** Read a word for eg_field_read() and similar functions; `context` is the player. */
static inline bool player_read_word(void *context, uint32_t addr, uint32_t *word)
{
    *word = player_register(context, addr);
    return true;
}

/** Upload the built-in stub, which must exist, and start it. */
static inline void player_load_stub(struct player *player, const char *name)
{
    const struct eg_stub *stub = eg_stub_by_name(name);

    assert_non_null(stub);
    player_upload(player, stub->text_addr, stub->text, stub->text_size);
    player_upload(player, stub->data_addr, stub->data, stub->data_size);
    player_command(player, 0x06, WORDS(0, stub->entry));
}

/** Do the same, and wait for its greeting. */
static inline void player_start_stub(struct player *player, const char *name)
{
    player_load_stub(player, name);
    if ((player->target->quirks & EG_QUIRK_STUB_RESETS_RATE) != 0)
        vb_board_set_host_baud(player->board, player->now_us, 115200);
    player_idle(player, 50000);
    assert_true(player->got_size >= 6);
    assert_memory_equal(player->got + player->got_size - 6, "\xc0OHAI\xc0", 6);
}

/** Do the same with the stub for the chip and its revision. */
static inline void player_start_own_stub(struct player *player)
{
    uint16_t revision;

    assert_true(eg_target_revision(player->target, player_read_word, player, &revision));
    player_start_stub(player, eg_target_stub(player->target, revision));
}

/** Attach the flash to the ROM. */
static inline void player_attach(struct player *player, uint32_t pins)
{
    if ((player->target->rom_commands & EG_ROM_HAS(0x0d)) != 0) {
        player_command(player, 0x0d, WORDS(pins, 0));
        assert_int_equal(player_status(player, 0), 0);
    } else {
        player_command(player, 0x02, WORDS(0, 0, 0x400, 0));
    }
}

/** Start a board in its ROM loader with the flash attached; the rate does not matter. */
static inline void player_open(struct player *player, struct vb_config config)
{
    player_start(player, config);
    vb_board_set_host_baud(player->board, 0, 0);
    player_enter_loader(player);
    assert_true(player_sync(player));
    player_attach(player, 0);
}

/** Count the text in the raw bytes since the last send. */
static inline unsigned player_count(const struct player *player, const char *text)
{
    const size_t length = strlen(text);
    unsigned found = 0;

    for (size_t at = 0; at + length <= player->got_size; at++)
        found += memcmp(player->got + at, text, length) == 0;
    return found;
}

static inline bool player_heard(const struct player *player, const char *text)
{
    return player_count(player, text) != 0;
}

static inline uint32_t player_field(struct player *player, enum eg_field_id field)
{
    uint32_t value;

    assert_true(eg_field_read(&player->target->field[field], player_read_word, player, &value));
    return value;
}

/**
 * Run a command through the registers of the SPI controller, as a host does: opcode; an address of 24 bits,
 * or of 32 if it needs them, unless `addr` is UINT32_MAX; `out_bits` of `out`; `in_bits` back. 32 bits at
 * most each.
 */
static inline uint32_t player_spi(struct player *player, uint8_t opcode, uint32_t addr, uint32_t out,
                                  unsigned out_bits, unsigned in_bits)
{
    const struct eg_target *target = player->target;
    const uint32_t base = target->spi.base;
    const uint32_t user = UINT32_C(1) << 31 | (addr != UINT32_MAX ? UINT32_C(1) << 30 : 0) |
                          (in_bits != 0 ? UINT32_C(1) << 28 : 0) | (out_bits != 0 ? UINT32_C(1) << 27 : 0);
    const unsigned addr_bits = addr > 0xffffff ? 32 : 24;
    uint32_t user1 = (addr_bits - 1) << 26;

    if (target->spi.mosi_dlen == 0) {
        user1 |= (out_bits != 0 ? out_bits - 1 : 0) << 17 | (in_bits != 0 ? in_bits - 1 : 0) << 8;
    } else {
        if (out_bits != 0)
            player_put_register(player, base + target->spi.mosi_dlen, out_bits - 1);
        if (in_bits != 0)
            player_put_register(player, base + target->spi.miso_dlen, in_bits - 1);
    }
    player_put_register(player, base + target->spi.usr1, user1);
    player_put_register(player, base + target->spi.usr, user);
    player_put_register(player, base + target->spi.usr2, 7u << 28 | opcode);
    if (addr != UINT32_MAX)
        player_put_register(player, base + target->spi.addr,
                            target->spi.address_left_aligned ? addr << (32 - addr_bits) : addr);
    player_put_register(player, base + target->spi.w0, out);
    player_put_register(player, base + target->spi.cmd, 1u << 18);
    assert_int_equal(player_register(player, base + target->spi.cmd), 0);
    return player_register(player, base + target->spi.w0);
}

/** Run a command that consists of the opcode alone. */
static inline void player_spi_op(struct player *player, uint8_t opcode)
{
    player_spi(player, opcode, UINT32_MAX, 0, 0, 0);
}

static inline uint32_t player_flash_id(struct player *player)
{
    return player_spi(player, 0x9f, UINT32_MAX, 0, 0, 24);
}

/** Read the first four bytes of the flash's eight-byte unique id; 32 dummy bits precede them. */
static inline uint32_t player_unique_id(struct player *player)
{
    return player_spi(player, 0x4b, 0x1000000, 0, 0, 64);
}

static inline const uint8_t *player_flash(const struct player *player)
{
    size_t size;

    return vb_board_flash(player->board, &size);
}

#endif
