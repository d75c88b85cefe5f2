/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Espressif's flasher stub, 1.2 (the one of esptool-js 0.7.0), by its answers.
 *
 * A data block is answered before it is programmed, so one block travels while another is written. An error
 * after that is the answer to the next command, which is then not executed. Payload lengths must be exact.
 *
 * Not here: which programs in RAM are stubs (ram.c).
 */

#include "tools/vboard/loader/loader.h"

#include "engine/base/digest.h"

#include <string.h>

#define COMMAND_NS 50000u    /* reading and answering a command */
#define START_NS   13000000u /* clocks, flash attach, and the 10 ms before the greeting (transport.c) */
#define RATE_NS    10000000u /* around each change of the rate (uart.c) */
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

static const struct vb__leave stays = {VB__STAYS, 0};

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

/* The size that the stub derives from an id: powers of two, and one of the other codes; 0 = unknown. */
static uint32_t size_of_id(uint32_t jedec)
{
    const uint32_t capacity = jedec >> 16;

    if (capacity == 0x39)
        return UINT32_C(32) << 20;
    return capacity >= 0x12 && capacity <= 0x1c ? UINT32_C(1) << capacity : 0;
}

/* The stub drives a flash of more than 16 MB with four address bytes, where its chip can, and then checks no
 * size; it assumes an unknown flash to be as large as the chip allows. */
static void measure_flash(struct vb_board *board)
{
    const bool can_be_big = (board->target->quirks & EG_QUIRK_BIG_FLASH_BY_STUB) != 0;
    const uint32_t jedec = vb__spi_jedec(board);
    const uint32_t size = vb__flash_answers(board) ? size_of_id(jedec) : 0;

    vb__attach_size(board, size != 0 ? size : FLASH_24);
    vb__attach_drive(board, can_be_big && (size == 0 || size > FLASH_24) ? UINT32_MAX : VB__ADDR_24);
}

void vb__stub_stop(struct vb_board *board)
{
    board->stub.read.active = false;
}

void vb__stub_finish(struct vb_board *board)
{
    eg_buffer_finish(&board->stub.read.sent);
}

/* The rate that the ROM believes in. CHANGE_BAUDRATE leaves it; only the host can write it. */
static uint32_t rom_rate(struct vb_board *board)
{
    const uint32_t addr = board->target->stub_rate_addr;
    const uint32_t rate = addr != 0 ? vb__memory_get(board, addr) : 0;

    return rate != 0 ? rate : ROM_BAUD;
}

void vb__stub_start(struct vb_board *board)
{
    const bool raises_clock = (board->target->quirks & EG_QUIRK_STUB_RESETS_RATE) != 0;

    vb__write_close(board);
    vb__ram_end(board);
    vb__stub_finish(board);
    board->stub = (struct vb__stub){0};
    vb__enter(board, VB__STUB, VB__NEVER);
    vb__attach_itself(board);
    measure_flash(board);
    vb__busy(board, START_NS + (raises_clock ? RATE_NS : 0));
    if (raises_clock)
        vb__set_baud(board, rom_rate(board));
    vb__send_frame(board, (const uint8_t *)"OHAI", 4);
}

static uint16_t flash_begin(struct vb_board *board, const uint8_t *payload, size_t size, bool deflate)
{
    if (size != 16 && size != 20)
        return BAD_LENGTH;
    const bool encrypted = size == 20 && eg_get32(payload + 16) != 0;

    return vb__write_open(board, payload, eg_get32(payload), deflate, encrypted) ? 0 : FLASH_FAILED;
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

/* Write a block; return the error for the next command. */
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
    const uint16_t error = check_data(board, payload, size, checksum, op == EG_OP_FLASH_DEFL_DATA);

    answer(board, op, 0, NULL, 0, error);
    if (error != 0)
        return;
    board->stub.late_error = write_block(board, payload + 16, (uint32_t)size - 16);
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
    return 0;
}

static uint16_t mem_data(struct vb_board *board, const uint8_t *payload, size_t size)
{
    /* The checksum of RAM data is ignored. */
    if (size < 16)
        return NOT_ENOUGH;
    if (!board->ram.open)
        return NOT_WRITING;
    if (eg_get32(payload) != size - 16 || !vb__ram_data(board, payload + 16, size - 16))
        return TOO_MUCH;
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
    uint32_t size = board->stub.read.end - board->stub.read.addr;
    struct eg_error ignored;

    if (size == 0) {
        const struct eg_buffer *const sent = &board->stub.read.sent;
        uint8_t digest[16] = {0};

        vb__busy(board, (uint64_t)sent->size * vb__read_ns(board));
        (void)!eg_md5(digest, sent->data, sent->size, &ignored);
        vb__send_frame(board, digest, sizeof digest);
        board->stub.read.active = false;
        return;
    }
    if (size > board->stub.read.packet)
        size = board->stub.read.packet;
    if (!vb__attach_reaches(board, board->stub.read.addr, size)) {
        board->stub.late_error = FLASH_FAILED;
        board->stub.read.active = false;
        return;
    }
    vb__flash_read(board, board->stub.read.addr, packet, size);
    if (eg_buffer_append(&board->stub.read.sent, packet, size, &ignored) != EG_OK) {
        board->stub.late_error = FLASH_FAILED;
        board->stub.read.active = false;
        return;
    }
    vb__send_frame(board, packet, size);
    board->stub.read.addr += size;
}

/* Only one packet is on its way at a time, whatever window the host gives. */
static void acknowledge(struct vb_board *board, const uint8_t *frame, size_t size)
{
    if (size == 4 && eg_get32(frame) >= board->stub.read.addr - board->stub.read.start)
        send_packet(board);
}

static void read_flash(struct vb_board *board, const uint8_t *payload, size_t size)
{
    answer(board, EG_OP_READ_FLASH, 0, NULL, 0, size == 16 ? 0 : BAD_LENGTH);
    if (size != 16)
        return;
    board->stub.read.packet = eg_get32(payload + 8);
    if (board->stub.read.packet > PACKET_MAX || board->stub.read.packet == 0) {
        board->stub.late_error = BAD_LENGTH;
        return;
    }
    board->stub.read.start = board->stub.read.addr = eg_get32(payload);
    board->stub.read.end = board->stub.read.start + eg_get32(payload + 4);
    board->stub.read.active = true;
    eg_buffer_finish(&board->stub.read.sent);
    send_packet(board);
}

static void md5(struct vb_board *board, const uint8_t *payload, size_t size)
{
    uint8_t digest[16];
    uint16_t error = size == 16 ? 0 : BAD_LENGTH;

    if (error == 0 && (!vb__attach_reaches(board, eg_get32(payload), eg_get32(payload + 4)) ||
                       !vb__flash_md5(board, eg_get32(payload), eg_get32(payload + 4), digest)))
        error = FLASH_FAILED;
    answer(board, EG_OP_SPI_FLASH_MD5, 0, digest, error == 0 ? sizeof digest : 0, error);
}

/* The ESP8266's derives its divider from the present one, which it takes for that of 115200 baud. */
static void change_baud(struct vb_board *board, const uint8_t *payload, size_t size)
{
    uint32_t baud = size == 8 ? eg_get32(payload) : 0;

    if (vb__faulty(board, VB__NO_RATE)) {
        answer(board, EG_OP_CHANGE_BAUDRATE, 0, NULL, 0, BAD_COMMAND);
        return;
    }
    answer(board, EG_OP_CHANGE_BAUDRATE, 0, NULL, 0, size == 8 ? 0 : BAD_LENGTH);
    if (board->target->rom_baud == EG_ROM_BAUD_NONE)
        baud = (uint32_t)((uint64_t)baud * board->uart.baud / ROM_BAUD);
    vb__set_baud(board, baud);
    if (baud != 0)
        vb__busy(board, RATE_NS);
}

static struct vb__leave mem_end(struct vb_board *board, const uint8_t *payload, size_t size)
{
    const uint16_t error = size != 8 ? BAD_LENGTH : board->ram.open ? 0 : NOT_WRITING;

    answer(board, EG_OP_MEM_END, 0, NULL, 0, error);
    if (error != 0)
        return stays;
    vb__ram_end(board);
    return eg_get32(payload) == 0 ? (struct vb__leave){VB__JUMPS, eg_get32(payload + 4)} : stays;
}

static void security_info(struct vb_board *board, size_t size)
{
    uint8_t info[20];

    if ((board->target->rom_commands & EG_ROM_HAS(EG_OP_GET_SECURITY_INFO)) == 0)
        answer(board, EG_OP_GET_SECURITY_INFO, 0, NULL, 0, NOT_THERE);
    else if (size != 0)
        answer(board, EG_OP_GET_SECURITY_INFO, 0, NULL, 0, BAD_LENGTH);
    else
        answer(board, EG_OP_GET_SECURITY_INFO, 0, info, vb__security_info(board, info), 0);
}

/* Payload length of commands that need no other check; 0xff = not one of those. */
static size_t fixed_length(uint8_t op)
{
    switch (op) {
    case EG_OP_SPI_SET_PARAMS:
        return 24;
    case EG_OP_SPI_ATTACH:
        return 4;
    case EG_OP_ERASE_FLASH:
        return 0;
    default:
        return 0xff;
    }
}

static struct vb__leave run(struct vb_board *board, uint8_t op, const uint8_t *payload, size_t size,
                            uint32_t checksum)
{
    if (fixed_length(op) != 0xff && fixed_length(op) != size) {
        answer(board, op, 0, NULL, 0, BAD_LENGTH);
        return stays;
    }
    switch (op) {
    case EG_OP_FLASH_BEGIN:
    case EG_OP_FLASH_DEFL_BEGIN:
        answer(board, op, 0, NULL, 0, flash_begin(board, payload, size, op == EG_OP_FLASH_DEFL_BEGIN));
        break;
    case EG_OP_FLASH_DATA:
    case EG_OP_FLASH_DEFL_DATA:
        flash_data(board, op, payload, size, checksum);
        break;
    case EG_OP_FLASH_END:
    case EG_OP_FLASH_DEFL_END:
        answer(board, op, 0, NULL, 0, flash_end(board, size));
        break;
    case EG_OP_MEM_BEGIN:
        answer(board, op, 0, NULL, 0, mem_begin(board, payload, size));
        break;
    case EG_OP_MEM_END:
        return mem_end(board, payload, size);
    case EG_OP_MEM_DATA:
        answer(board, op, 0, NULL, 0, mem_data(board, payload, size));
        break;
    case EG_OP_SYNC:
        for (int i = 0; i < (size == 36 ? 8 : 1); i++)
            answer(board, op, 0, NULL, 0, size == 36 ? 0 : BAD_LENGTH);
        break;
    case EG_OP_WRITE_REG:
        if (size != 0 && size % 16 == 0)
            vb__registers_write(board, payload, size);
        answer(board, op, 0, NULL, 0, size != 0 && size % 16 == 0 ? 0 : NOT_ENOUGH);
        break;
    case EG_OP_READ_REG:
        answer(board, op, size == 4 ? vb__registers_read(board, eg_get32(payload)) : 0, NULL, 0,
               size == 4 ? 0 : BAD_LENGTH);
        break;
    case EG_OP_SPI_SET_PARAMS:
        vb__attach_size(board, eg_get32(payload + 4));
        answer(board, op, 0, NULL, 0, 0);
        break;
    case EG_OP_SPI_ATTACH:
        vb__attach(board, eg_get32(payload));
        answer(board, op, 0, NULL, 0, 0);
        break;
    case EG_OP_CHANGE_BAUDRATE:
        change_baud(board, payload, size);
        break;
    case EG_OP_SPI_FLASH_MD5:
        md5(board, payload, size);
        break;
    case EG_OP_GET_SECURITY_INFO:
        security_info(board, size);
        break;
    case EG_OP_ERASE_FLASH:
        vb__flash_erase_chip(board);
        vb__flash_wait(board);
        answer(board, op, 0, NULL, 0, 0);
        break;
    case EG_OP_ERASE_REGION:
        answer(board, op, 0, NULL, 0, erase_region(board, payload, size));
        break;
    case EG_OP_READ_FLASH:
        read_flash(board, payload, size);
        break;
    case EG_OP_RUN_USER_CODE: /* ignored, without a reply */
        break;
    default:
        /* Plugins would sit from D5 to EF. */
        answer(board, op, 0, NULL, 0, op >= 0xd5 && op <= 0xef ? NOT_THERE : BAD_COMMAND);
        break;
    }
    return stays;
}

struct vb__leave vb__stub_frame(struct vb_board *board, const uint8_t *frame, size_t size)
{
    vb__busy(board, COMMAND_NS);
    if (board->stub.read.active && size < 8) {
        acknowledge(board, frame, size);
        return stays;
    }
    if (size < 8)
        return stays;
    board->stub.read.active = false;
    if (frame[0] != 0x00) {
        answer(board, frame[1], 0, NULL, 0, BAD_COMMAND);
    } else if (eg_get16(frame + 2) != size - 8) {
        answer(board, frame[1], 0, NULL, 0, BAD_LENGTH);
    } else if (vb__faults_take(board, VB__REFUSE)) {
        answer(board, frame[1], 0, NULL, 0, BAD_CHECKSUM);
    } else if (board->stub.late_error != 0) {
        answer(board, frame[1], 0, NULL, 0, board->stub.late_error);
        board->stub.late_error = 0;
    } else {
        return run(board, frame[1], frame + 8, size - 8, eg_get32(frame + 4));
    }
    return stays;
}
