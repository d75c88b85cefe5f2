/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Espressif's flasher stub, 1.2 (the one of esptool-js 0.7.0), by what it answers.
 *
 * A data block is answered before it is programmed, so one block travels while another is written; what goes
 * wrong afterwards is told to the next command, once, which is then not executed. Payload lengths must be
 * exact.
 *
 * Not here: what lets it run at all (ram.c).
 */

#include "engine/base/bytes.h"
#include "tools/vboard/board_internal.h"

#include <string.h>

#define COMMAND_NS 50000u   /* reading and answering a command */
#define START_NS   3000000u /* clocks, flash attach, greeting */
#define PACKET_MAX 4096u
#define ROM_BAUD   115200u
#define FLASH_24   (VB__ADDR_24 + 1u) /* what three address bytes reach */

enum {
    BAD_LENGTH = 0xc000,
    BAD_CHECKSUM = 0xc100,
    BAD_COMMAND = 0xc300,
    FLASH_FAILED = 0xc400,
    NOT_WRITING = 0xc600,
    BAD_DEFLATE = 0xc700,
    NOT_ENOUGH = 0xc800,
    TOO_MUCH = 0xc900,
    NOT_THERE = 0xff00,
};

static void answer(struct vb_board *board, uint8_t op, uint32_t value, const uint8_t *data, size_t size,
                   uint16_t status)
{
    uint8_t reply[8 + 20 + 2] = {0x01, op};

    eg_put16(reply + 2, (uint16_t)(size + 2));
    eg_put32(reply + 4, value);
    if (size != 0)
        memcpy(reply + 8, data, size);
    reply[8 + size] = (uint8_t)(status >> 8);
    reply[8 + size + 1] = (uint8_t)status;
    vb__send_frame(board, reply, 8 + size + 2);
}

/* What the stub makes of the id it reads: powers of two, and one of the other codes. 0 = it does not know. */
static uint32_t size_of_id(uint32_t jedec)
{
    const uint32_t capacity = jedec >> 16;

    if (capacity == 0x39)
        return UINT32_C(32) << 20;
    return capacity >= 0x12 && capacity <= 0x1c ? UINT32_C(1) << capacity : 0;
}

/* A flash of more than 16 MB it drives with four address bytes, where its chip can, and then looks at no
 * size; what it does not know it takes for as large as the chip can have it. */
static void measure_flash(struct vb_board *board)
{
    const bool can_be_big = (board->target->quirks & EG_QUIRK_BIG_FLASH_BY_STUB) != 0;
    const uint32_t jedec = board->odd ? 0 : board->part->jedec;
    const uint32_t size = vb__flash_answers(board) ? size_of_id(jedec) : 0;

    board->stub_flash_size = size != 0 ? size : FLASH_24;
    board->addr_mask = can_be_big && (size == 0 || size > FLASH_24) ? UINT32_MAX : VB__ADDR_24;
}

bool vb__stub_reaches(const struct vb_board *board, uint32_t addr, uint32_t size)
{
    return board->addr_mask == UINT32_MAX ||
           (size <= board->stub_flash_size && addr <= board->stub_flash_size - size);
}

void vb__stub_start(struct vb_board *board)
{
    vb__write_close(board);
    board->write.mem_open = false;
    board->late_error = 0;
    board->read.active = false;
    board->state = VB__STUB;
    vb__attach_itself(board);
    measure_flash(board);
    vb__busy(board, START_NS);
    if ((board->target->quirks & EG_QUIRK_STUB_RESETS_RATE) != 0)
        vb__set_baud(board, ROM_BAUD);
    vb__send_frame(board, (const uint8_t *)"OHAI", 4);
}

static uint16_t flash_begin(struct vb_board *board, const uint8_t *payload, size_t size, bool deflate)
{
    if (size != 16 && size != 20)
        return BAD_LENGTH;
    return vb__write_open(board, payload, deflate, size == 20 && eg_get32(payload + 16) != 0) ? 0
                                                                                              : FLASH_FAILED;
}

static uint16_t check_data(const struct vb_board *board, const uint8_t *payload, size_t size,
                           uint32_t checksum, bool deflate)
{
    if (size < 16)
        return deflate ? BAD_LENGTH : NOT_ENOUGH;
    if (!board->write.open || board->write.deflate != deflate)
        return NOT_WRITING;
    if (eg_get32(payload) != size - 16)
        return TOO_MUCH;
    return vb__checksum(payload + 16, size - 16) == checksum ? 0 : BAD_CHECKSUM;
}

/* What a block turned out to be once it was written. */
static uint16_t write_block(struct vb_board *board, const uint8_t *data, uint32_t size)
{
    /* The last plain block comes padded. */
    if (!board->write.deflate && size > board->write.left)
        size = board->write.left;
    switch (vb__write_data(board, data, size)) {
    case VB__WRITE_OK:
    case VB__WRITE_READBACK:
        return 0;
    case VB__WRITE_BAD_STREAM:
        return BAD_DEFLATE;
    case VB__WRITE_TOO_MUCH:
        return TOO_MUCH;
    case VB__WRITE_REFUSED:
        return FLASH_FAILED;
    }
    return 0;
}

static void flash_data(struct vb_board *board, uint8_t op, const uint8_t *payload, size_t size,
                       uint32_t checksum)
{
    const uint16_t error = check_data(board, payload, size, checksum, op == 0x11);

    answer(board, op, 0, NULL, 0, error);
    if (error != 0)
        return;
    board->late_error = write_block(board, payload + 16, (uint32_t)size - 16);
}

/* Refused for want of data, the write stays open. */
static uint16_t flash_end(struct vb_board *board, size_t size)
{
    if (size != 4)
        return BAD_LENGTH;
    if (!board->write.open)
        return NOT_WRITING;
    if (board->write.left != 0)
        return BAD_LENGTH;
    vb__flash_wait(board);
    vb__write_close(board);
    return 0;
}

static uint16_t mem_begin(struct vb_board *board, const uint8_t *payload, size_t size)
{
    if (size != 16)
        return BAD_LENGTH;
    vb__ram_begin(board, payload);
    board->write.mem_open = true;
    return 0;
}

static uint16_t mem_data(struct vb_board *board, const uint8_t *payload, size_t size)
{
    /* The checksum of RAM data is not looked at. */
    if (size < 16)
        return NOT_ENOUGH;
    if (!board->write.mem_open)
        return NOT_WRITING;
    if (eg_get32(payload) != size - 16 || size - 16 > board->write.mem_left)
        return TOO_MUCH;
    vb__memory_put_bytes(board, board->write.mem_addr, payload + 16, size - 16);
    board->write.mem_addr += (uint32_t)size - 16;
    board->write.mem_left -= (uint32_t)size - 16;
    return 0;
}

static uint16_t erase_region(struct vb_board *board, const uint8_t *payload, size_t size)
{
    if (size != 8 || eg_get32(payload) % EG_FLASH_SECTOR != 0 || eg_get32(payload + 4) % EG_FLASH_SECTOR != 0)
        return BAD_LENGTH;
    vb__flash_erase(board, eg_get32(payload), eg_get32(payload + 4));
    vb__flash_wait(board);
    return 0;
}

static void send_packet(struct vb_board *board)
{
    uint8_t packet[PACKET_MAX];
    uint32_t size = board->read.end - board->read.addr;

    if (size == 0) {
        uint8_t digest[16] = {0};

        vb__flash_md5(board, board->read.start, board->read.end - board->read.start, digest);
        vb__send_frame(board, digest, sizeof digest);
        board->read.active = false;
        return;
    }
    if (size > board->read.packet)
        size = board->read.packet;
    if (!vb__stub_reaches(board, board->read.addr, size)) {
        board->late_error = FLASH_FAILED;
        board->read.active = false;
        return;
    }
    vb__flash_read(board, board->read.addr, packet, size);
    vb__send_frame(board, packet, size);
    board->read.addr += size;
}

/* One packet is under way at a time, whatever window the host names. */
static void acknowledge(struct vb_board *board, const uint8_t *frame, size_t size)
{
    if (size == 4 && eg_get32(frame) >= board->read.addr - board->read.start)
        send_packet(board);
}

static void read_flash(struct vb_board *board, const uint8_t *payload, size_t size)
{
    answer(board, 0xd2, 0, NULL, 0, size == 16 ? 0 : BAD_LENGTH);
    if (size != 16)
        return;
    board->read.packet = eg_get32(payload + 8);
    if (board->read.packet > PACKET_MAX || board->read.packet == 0) {
        board->late_error = BAD_LENGTH;
        return;
    }
    board->read.start = board->read.addr = eg_get32(payload);
    board->read.end = board->read.start + eg_get32(payload + 4);
    board->read.active = true;
    send_packet(board);
}

static void md5(struct vb_board *board, const uint8_t *payload, size_t size)
{
    uint8_t digest[16];
    uint16_t error = size == 16 ? 0 : BAD_LENGTH;

    if (error == 0 && (!vb__stub_reaches(board, eg_get32(payload), eg_get32(payload + 4)) ||
                       !vb__flash_md5(board, eg_get32(payload), eg_get32(payload + 4), digest)))
        error = FLASH_FAILED;
    answer(board, 0x13, 0, digest, error == 0 ? sizeof digest : 0, error);
}

/* The ESP8266's derives its divider from the present one, which it takes for that of 115200 baud. */
static void change_baud(struct vb_board *board, uint32_t baud)
{
    if (board->target->rom_baud == EG_ROM_BAUD_NONE)
        baud = (uint32_t)((uint64_t)baud * board->baud / 115200);
    if (baud != 0)
        vb__set_baud(board, baud);
}

static void mem_end(struct vb_board *board, const uint8_t *payload, size_t size)
{
    const uint16_t error = size != 8 ? BAD_LENGTH : board->write.mem_open ? 0 : NOT_WRITING;

    answer(board, 0x06, 0, NULL, 0, error);
    if (error != 0)
        return;
    board->write.mem_open = false;
    if (eg_get32(payload) == 0)
        vb__ram_run(board, eg_get32(payload + 4));
}

static void security_info(struct vb_board *board, size_t size)
{
    uint8_t info[20];

    if ((board->target->rom_commands & EG_ROM_HAS(0x14)) == 0)
        answer(board, 0x14, 0, NULL, 0, NOT_THERE);
    else if (size != 0)
        answer(board, 0x14, 0, NULL, 0, BAD_LENGTH);
    else
        answer(board, 0x14, 0, info, vb__security_info(board, info), 0);
}

/* Payload of commands that need no more than a right length here; 0xff = not one of those. */
static size_t fixed_length(uint8_t op)
{
    switch (op) {
    case 0x0b:
        return 24;
    case 0x0d:
        return 4;
    case 0xd0:
        return 0;
    default:
        return 0xff;
    }
}

static void run(struct vb_board *board, uint8_t op, const uint8_t *payload, size_t size, uint32_t checksum)
{
    if (fixed_length(op) != 0xff && fixed_length(op) != size) {
        answer(board, op, 0, NULL, 0, BAD_LENGTH);
        return;
    }
    switch (op) {
    case 0x02:
    case 0x10:
        answer(board, op, 0, NULL, 0, flash_begin(board, payload, size, op == 0x10));
        break;
    case 0x03:
    case 0x11:
        flash_data(board, op, payload, size, checksum);
        break;
    case 0x04:
    case 0x12:
        answer(board, op, 0, NULL, 0, flash_end(board, size));
        break;
    case 0x05:
        answer(board, op, 0, NULL, 0, mem_begin(board, payload, size));
        break;
    case 0x06:
        mem_end(board, payload, size);
        break;
    case 0x07:
        answer(board, op, 0, NULL, 0, mem_data(board, payload, size));
        break;
    case 0x08:
        for (int i = 0; i < (size == 36 ? 8 : 1); i++)
            answer(board, op, 0, NULL, 0, size == 36 ? 0 : BAD_LENGTH);
        break;
    case 0x09:
        if (size != 0 && size % 16 == 0)
            vb__registers_write(board, payload, size);
        answer(board, op, 0, NULL, 0, size != 0 && size % 16 == 0 ? 0 : NOT_ENOUGH);
        break;
    case 0x0a:
        answer(board, op, size == 4 ? vb__memory_get(board, eg_get32(payload)) : 0, NULL, 0,
               size == 4 ? 0 : BAD_LENGTH);
        break;
    case 0x0b:
        board->stub_flash_size = eg_get32(payload + 4);
        answer(board, op, 0, NULL, 0, 0);
        break;
    case 0x0d:
        vb__attach(board, eg_get32(payload));
        answer(board, op, 0, NULL, 0, 0);
        break;
    case 0x0f:
        answer(board, op, 0, NULL, 0, size == 8 ? 0 : BAD_LENGTH);
        if (size == 8)
            change_baud(board, eg_get32(payload));
        break;
    case 0x13:
        md5(board, payload, size);
        break;
    case 0x14:
        security_info(board, size);
        break;
    case 0xd0:
        vb__flash_erase_chip(board);
        vb__flash_wait(board);
        answer(board, op, 0, NULL, 0, 0);
        break;
    case 0xd1:
        answer(board, op, 0, NULL, 0, erase_region(board, payload, size));
        break;
    case 0xd2:
        read_flash(board, payload, size);
        break;
    case 0xd3: /* ignored, without a reply */
        break;
    default:
        /* Plugins would sit from D5 to EF. */
        answer(board, op, 0, NULL, 0, op >= 0xd5 && op <= 0xef ? NOT_THERE : BAD_COMMAND);
        break;
    }
}

void vb__stub_frame(struct vb_board *board, const uint8_t *frame, size_t size)
{
    vb__busy(board, COMMAND_NS);
    if (board->read.active && size < 8) {
        acknowledge(board, frame, size);
        return;
    }
    if (size < 8)
        return;
    board->read.active = false;
    if (frame[0] != 0x00) {
        answer(board, frame[1], 0, NULL, 0, BAD_COMMAND);
    } else if (eg_get16(frame + 2) != size - 8) {
        answer(board, frame[1], 0, NULL, 0, BAD_LENGTH);
    } else if (board->late_error != 0) {
        answer(board, frame[1], 0, NULL, 0, board->late_error);
        board->late_error = 0;
    } else {
        run(board, frame[1], frame + 8, size - 8, eg_get32(frame + 4));
    }
}
