/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Conversations with a loader for the tests of this folder: composed command by command, or taken from a
 * recording of a real chip.
 */

#ifndef TESTS_ENGINE_LOADER_TALK_H
#define TESTS_ENGINE_LOADER_TALK_H

#include "engine/base/bytes.h"
#include "engine/base/file.h"
#include "engine/loader/loader_internal.h"
#include "tests/fakes/check.h"
#include "tests/fakes/scripted_port.h"

#include <string.h>

struct talk {
    struct turn turns[320];
    size_t count;
    uint8_t bytes[1 << 18];
    size_t used;
    unsigned status_size; /* 4 = a ROM answers, 2 = a stub or the ESP8266's ROM */
};

static inline void talk_slip(struct talk *talk, const uint8_t *frame, size_t size)
{
    assert_true(talk->used + 2 * size + 2 <= sizeof talk->bytes);
    talk->bytes[talk->used++] = 0xc0;
    for (size_t i = 0; i < size; i++) {
        if (frame[i] == 0xc0 || frame[i] == 0xdb) {
            talk->bytes[talk->used++] = 0xdb;
            talk->bytes[talk->used++] = frame[i] == 0xc0 ? 0xdc : 0xdd;
        } else {
            talk->bytes[talk->used++] = frame[i];
        }
    }
    talk->bytes[talk->used++] = 0xc0;
}

/* Expect this frame from the host. */
static inline void talk_host(struct talk *talk, const uint8_t *frame, size_t size)
{
    assert_true(talk->count < sizeof talk->turns / sizeof *talk->turns);
    struct turn *turn = &talk->turns[talk->count++];
    const size_t from = talk->used;

    talk_slip(talk, frame, size);
    *turn = (struct turn){.expect = talk->bytes + from, .expect_size = talk->used - from};
}

/* Answer the host's last frame with this frame. */
static inline void talk_board(struct talk *talk, const uint8_t *frame, size_t size)
{
    struct turn *turn = &talk->turns[talk->count - 1];
    const size_t from = talk->used;

    talk_slip(talk, frame, size);
    if (turn->reply == NULL)
        turn->reply = talk->bytes + from;
    turn->reply_size += talk->used - from;
}

static inline void talk_words(struct talk *talk, uint8_t opcode, const uint32_t *words, size_t count)
{
    uint8_t frame[8 + 4 * 63] = {0, opcode, (uint8_t)(4 * count)};

    assert_true(4 * count <= sizeof frame - 8);
    for (size_t i = 0; i < count; i++)
        eg_put32(frame + 8 + 4 * i, words[i]);
    talk_host(talk, frame, 8 + 4 * count);
}

#define TALK_WORDS(talk, opcode, ...)                                                                        \
    talk_words(talk, opcode, (const uint32_t[]){__VA_ARGS__},                                                \
               sizeof(const uint32_t[]){__VA_ARGS__} / sizeof(uint32_t))

static inline void talk_block(struct talk *talk, uint8_t opcode, uint32_t sequence, const uint8_t *data,
                              uint32_t size, uint32_t padded)
{
    uint8_t frame[24 + 0x4000] = {0, opcode};
    uint8_t checksum = 0xef;

    memcpy(frame + 24, data, size);
    memset(frame + 24 + size, 0xff, padded - size);
    for (uint32_t i = 0; i < padded; i++)
        checksum ^= frame[24 + i];
    eg_put16(frame + 2, (uint16_t)(16 + padded));
    frame[4] = checksum;
    eg_put32(frame + 8, padded);
    eg_put32(frame + 12, sequence);
    talk_host(talk, frame, 24 + padded);
}

static inline void talk_reply(struct talk *talk, uint8_t opcode, uint32_t value, uint16_t status)
{
    uint8_t frame[12] = {1, opcode, (uint8_t)talk->status_size};

    eg_put32(frame + 4, value);
    frame[8] = (uint8_t)(status >> 8);
    frame[9] = (uint8_t)status;
    talk_board(talk, frame, 8 + talk->status_size);
}

/* Expect a read of a register. */
static inline void talk_read(struct talk *talk, uint32_t addr, uint32_t word)
{
    TALK_WORDS(talk, 0x0a, addr);
    talk_reply(talk, 0x0a, word, 0);
}

static inline void talk_write(struct talk *talk, uint32_t addr, uint32_t word, uint32_t mask)
{
    TALK_WORDS(talk, 0x09, addr, word, mask, 0);
    talk_reply(talk, 0x09, 0, 0);
}

/* Answer as a ROM that does not know the command: eight times, under the opcode of an earlier command. */
static inline void talk_unsupported(struct talk *talk, uint8_t earlier_opcode)
{
    for (unsigned i = 0; i < 8; i++)
        talk_reply(talk, earlier_opcode, 0, 0x0105);
}

/* One raw flash command; a 24-bit address is followed by 8 dummy cycles. */
struct talk_spi {
    uint8_t opcode;
    uint32_t data;
    unsigned data_bits, read_bits;
    bool has_addr;
    uint32_t addr;
    uint32_t result;
};

/* Expect a raw flash command as for an ESP32-C3. */
static inline void talk_spi(struct talk *talk, const struct talk_spi *spi)
{
    talk_read(talk, 0x60002018, 0x80000000);
    talk_read(talk, 0x60002020, 0x70000000);
    if (spi->data_bits > 0)
        talk_write(talk, 0x60002024, spi->data_bits - 1, 0xffffffff);
    if (spi->read_bits > 0)
        talk_write(talk, 0x60002028, spi->read_bits - 1, 0xffffffff);
    if (spi->has_addr)
        talk_write(talk, 0x6000201c, 0x5c000007, 0xffffffff);
    talk_write(talk, 0x60002018,
               0x80000000 | (spi->has_addr ? 0x60000000 : 0) | (spi->read_bits > 0 ? 0x10000000 : 0) |
                   (spi->data_bits > 0 ? 0x08000000 : 0),
               0xffffffff);
    talk_write(talk, 0x60002020, 0x70000000 | spi->opcode, 0xffffffff);
    if (spi->has_addr)
        talk_write(talk, 0x60002004, spi->addr, 0xffffffff);
    talk_write(talk, 0x60002058, spi->data, 0xffffffff);
    talk_write(talk, 0x60002000, 0x40000, 0xffffffff);
    talk_read(talk, 0x60002000, 0);
    talk_read(talk, 0x60002058, spi->result);
    talk_write(talk, 0x60002018, 0x80000000, 0xffffffff);
    talk_write(talk, 0x60002020, 0x70000000, 0xffffffff);
}

#define TALK_SPI(talk, ...) talk_spi(talk, &(const struct talk_spi){__VA_ARGS__})

/* Save the registers that raw commands change. */
static inline void talk_spi_begin(struct talk *talk)
{
    talk_read(talk, 0x60002018, 0x80000000);
    talk_read(talk, 0x6000201c, 0x5c000021);
    talk_read(talk, 0x60002020, 0x70000000);
}

static inline void talk_spi_end(struct talk *talk)
{
    TALK_WORDS(talk, 0x09, 0x60002018, 0x80000000, 0xffffffff, 0, 0x6000201c, 0x5c000021, 0xffffffff, 0,
               0x60002020, 0x70000000, 0xffffffff, 0);
    talk_reply(talk, 0x09, 0, 0);
}

/* Add one command that reads `read_bits`, in one request. */
static inline void talk_spi_read(struct talk *talk, uint8_t opcode, unsigned read_bits, uint32_t result)
{
    TALK_WORDS(talk, 0x09, 0x60002028, read_bits - 1, 0xffffffff, 0, 0x60002018, 0x90000000, 0xffffffff, 0,
               0x60002020, 0x70000000 | opcode, 0xffffffff, 0, 0x60002058, 0, 0xffffffff, 0, 0x60002000,
               0x40000, 0xffffffff, 50);
    talk_reply(talk, 0x09, 0, 0);
    talk_read(talk, 0x60002000, 0);
    talk_read(talk, 0x60002058, result);
}

#define TALK_PLAIN(opcode, pause_us)                                                                         \
    0x60002018, 0x80000000, 0xffffffff, 0, 0x60002020, 0x70000000 | (opcode), 0xffffffff, 0, 0x60002058, 0,  \
        0xffffffff, 0, 0x60002000, 0x40000, 0xffffffff, pause_us

/* Expect a reset of the flash. */
static inline void talk_spi_reset(struct talk *talk)
{
    TALK_WORDS(talk, 0x09, TALK_PLAIN(0x66, 50), TALK_PLAIN(0x99, 1000));
    talk_reply(talk, 0x09, 0, 0);
    talk_read(talk, 0x60002000, 0);
    talk_read(talk, 0x60002058, 0);
}

static inline void talk_sync_request(struct talk *talk)
{
    TALK_WORDS(talk, 0x08, 0x20120707, 0x55555555, 0x55555555, 0x55555555, 0x55555555, 0x55555555, 0x55555555,
               0x55555555, 0x55555555);
}

static inline void talk_sync(struct talk *talk, uint32_t value)
{
    talk_sync_request(talk);
    for (unsigned i = 0; i < 8; i++)
        talk_reply(talk, 0x08, value, 0);
}

/* Add a SYNC that is answered with text, then four without an answer. */
static inline void talk_attempt(struct talk *talk, const char *text)
{
    for (unsigned i = 0; i < 5; i++) {
        talk_sync(talk, 0);
        talk->turns[talk->count - 1].reply = (const uint8_t *)(i == 0 ? text : "");
        talk->turns[talk->count - 1].reply_size = i == 0 ? strlen(text) : 0;
    }
}

static inline size_t talk_hex(struct talk *talk, const char *hex, size_t digits)
{
    char text[65537];

    assert_true(digits < sizeof text && talk->used + digits / 2 <= sizeof talk->bytes);
    memcpy(text, hex, digits);
    text[digits] = '\0';
    assert_true(eg_hex_parse(talk->bytes + talk->used, digits / 2, text));
    talk->used += digits / 2;
    return digits / 2;
}

/* Add a whole recording, one turn per request. */
static inline void talk_record(struct talk *talk, const char *name)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    struct eg_error err;
    char path[4096];

    assert_ok(eg_file_read(&file, fixture_path(path, name), 1 << 22, &err), err);
    talk->count = talk->used = 0;
    for (const char *line = (const char *)file.data; (line = strstr(line, "\"dir\": \"")) != NULL; line++) {
        const bool host = line[8] == 'h';
        const char *hex = strstr(line, "\"hex\": \"") + 8;
        const size_t digits = strcspn(hex, "\"");
        const uint8_t *at = talk->bytes + talk->used;

        const size_t size = talk_hex(talk, hex, digits);
        if (host || talk->count == 0)
            talk->turns[talk->count++] = host ? (struct turn){.expect = at, .expect_size = size}
                                              : (struct turn){.reply = at, .reply_size = size};
        else {
            struct turn *turn = &talk->turns[talk->count - 1];
            turn->reply = turn->reply == NULL ? at : turn->reply;
            turn->reply_size += size;
        }
    }
}

/*
 * Return the first turn, from `from` on, in which the host sends a command with this opcode; fail if there is
 * none.
 */
static inline size_t talk_find(const struct talk *talk, size_t from, uint8_t opcode)
{
    for (size_t i = from; i < talk->count; i++)
        if (talk->turns[i].expect_size > 2 && talk->turns[i].expect[2] == opcode)
            return i;
    fail_msg("no command 0x%02x in the recording", opcode);
    return 0;
}

/* Connect a loader to some turns of the conversation. */
static inline void talk_begin_at(struct talk *talk, size_t from, size_t count, struct scripted_port *script,
                                 struct eg_loader *loader, const char *target, bool stub)
{
    eg_loader_init(loader, scripted_port_init(script, talk->turns + from, count));
    loader->target = target != NULL ? eg_target_by_name(target) : NULL;
    loader->stub = stub;
}

static inline void talk_begin(struct talk *talk, struct scripted_port *script, struct eg_loader *loader,
                              const char *target, bool stub)
{
    talk_begin_at(talk, 0, talk->count, script, loader, target, stub);
}

/* Check that the host sent everything expected and nothing else. */
static inline void talk_end(const struct scripted_port *script)
{
    assert_string_equal(script->complaint, "");
    assert_true(scripted_port_heard_all(script));
}

#endif
