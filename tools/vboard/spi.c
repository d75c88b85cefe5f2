/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The flash part behind the SPI controller: the commands that a host can send by writing the controller's
 * registers (opcode in USER2, lengths, address, data in W0 upward, then bit 18 of CMD, which clears itself
 * when done).
 */

#include "engine/base/bytes.h"
#include "tools/vboard/board_internal.h"

#include <string.h>

#define USER_COMMAND (UINT32_C(1) << 31)
#define USER_ADDR    (UINT32_C(1) << 30)
#define USER_MISO    (UINT32_C(1) << 28)
#define USER_MOSI    (UINT32_C(1) << 27)
#define CMD_USER     (UINT32_C(1) << 18)

#define DATA_MAX 64u

struct transfer {
    uint8_t opcode;
    bool has_addr, wants_data;
    uint32_t addr;
    uint8_t out[DATA_MAX], in[DATA_MAX];
    uint32_t out_size, in_size;
};

static uint32_t get(struct vb_board *board, uint16_t offset)
{
    return vb__memory_get(board, board->target->spi.base + offset);
}

/* Signature, one parameter header, and of the table the density alone; the maker stands at 0x10, where a host
 * looks for XMC parts. The recordings' part has no table and reads as zeros. */
static void read_sfdp(const struct vb_board *board, struct transfer *transfer)
{
    const uint8_t maker = (uint8_t)board->part->jedec;
    uint8_t table[0x40 + DATA_MAX] = {'S',  'F',  'D',  'P',  0x06, 0x01, 0x01,
                                      0xff, 0x00, 0x06, 0x01, 0x10, 0x30};

    table[0x10] = maker;
    eg_put32(table + 0x34, board->part->size * 8 - 1);
    if (!board->part->sfdp)
        memset(table, 0, sizeof table);
    memset(transfer->in, 0, sizeof transfer->in);
    if (transfer->addr < 0x40)
        memcpy(transfer->in, table + transfer->addr, DATA_MAX);
}

static void read_id(const struct vb_board *board, struct transfer *transfer)
{
    for (uint32_t i = 0; i < transfer->in_size; i++)
        transfer->in[i] = (uint8_t)(board->part->jedec >> 8 * (i % 3));
}

static void write_status(struct vb_board *board, const struct transfer *transfer, size_t first)
{
    if (!board->write_enabled && !board->volatile_enabled)
        return;
    for (size_t i = 0; i < transfer->out_size && first + i < sizeof board->status && !board->lie; i++)
        board->status[first + i] = transfer->out[i];
    /* Busy and write-enable are no bits to be written. */
    board->status[0] &= 0xfc;
    board->write_enabled = false;
    board->volatile_enabled = false;
}

static void change_flash(struct vb_board *board, const struct transfer *transfer)
{
    if (!board->write_enabled)
        return;
    board->write_enabled = false;
    switch (transfer->opcode) {
    case 0x02: {
        /* A page program wraps inside its page. */
        const uint32_t room = 256 - transfer->addr % 256;
        const uint32_t first = transfer->out_size < room ? transfer->out_size : room;

        vb__flash_program(board, transfer->addr, transfer->out, first);
        if (first < transfer->out_size)
            vb__flash_program(board, transfer->addr & ~UINT32_C(255), transfer->out + first,
                              transfer->out_size - first);
        break;
    }
    case 0x20:
        vb__flash_erase(board, transfer->addr & ~UINT32_C(0xfff), VB__SECTOR);
        break;
    case 0x52:
        vb__flash_erase(board, transfer->addr & ~UINT32_C(0x7fff), VB__BLOCK / 2);
        break;
    case 0xd8:
        vb__flash_erase(board, transfer->addr & ~UINT32_C(0xffff), VB__BLOCK);
        break;
    case 0xc7:
    case 0x60:
        vb__flash_erase_chip(board);
        break;
    default:
        break;
    }
}

/* Without power nothing drives the line: it reads as ones. */
static void run(struct vb_board *board, struct transfer *transfer)
{
    const bool busy = board->flash_ns > board->now_ns;

    memset(transfer->in, 0xff, sizeof transfer->in);
    if (board->asleep && transfer->opcode != 0xab)
        return;
    switch (transfer->opcode) {
    case 0x9f:
        read_id(board, transfer);
        break;
    case 0x05:
        memset(transfer->in, board->status[0] | (board->write_enabled ? 2 : 0) | (busy ? 1 : 0),
               sizeof transfer->in);
        break;
    case 0x35:
        memset(transfer->in, board->status[1], sizeof transfer->in);
        break;
    case 0x15:
        memset(transfer->in, board->status[2], sizeof transfer->in);
        break;
    case 0x01:
        write_status(board, transfer, 0);
        break;
    case 0x31:
        write_status(board, transfer, 1);
        break;
    case 0x11:
        write_status(board, transfer, 2);
        break;
    case 0x06:
        board->write_enabled = true;
        break;
    case 0x50:
        board->volatile_enabled = true;
        break;
    case 0x04:
        board->write_enabled = false;
        board->volatile_enabled = false;
        break;
    case 0x5a:
        read_sfdp(board, transfer);
        break;
    case 0x03:
    case 0x0b:
        vb__flash_read(board, transfer->addr, transfer->in, transfer->in_size);
        break;
    case 0xb9:
        board->asleep = true;
        break;
    case 0xab:
        board->asleep = false;
        break;
    case 0x99:
        board->write_enabled = false;
        board->volatile_enabled = false;
        break;
    default:
        change_flash(board, transfer);
        break;
    }
}

/* Bytes in a length register or field that holds bits minus one. */
static uint32_t bytes_of(uint32_t bits_minus_one)
{
    const uint32_t bytes = (bits_minus_one + 8) / 8;

    return bytes < DATA_MAX ? bytes : DATA_MAX;
}

static void lengths(struct vb_board *board, uint32_t *out_size, uint32_t *in_size)
{
    const uint32_t user1 = get(board, board->target->spi.usr1);

    if (board->target->spi.mosi_dlen != 0) {
        *out_size = bytes_of(get(board, board->target->spi.mosi_dlen) & 0xffff);
        *in_size = bytes_of(get(board, board->target->spi.miso_dlen) & 0xffff);
    } else {
        *out_size = bytes_of(user1 >> 17 & 0x1ff);
        *in_size = bytes_of(user1 >> 8 & 0x1ff);
    }
}

void vb__spi_run(struct vb_board *board)
{
    const struct eg_target *target = board->target;
    const uint32_t cmd_addr = target->spi.base + target->spi.cmd;
    const uint32_t w0_addr = target->spi.base + target->spi.w0;
    const uint32_t user = get(board, target->spi.usr);
    const unsigned addr_bits = (get(board, target->spi.usr1) >> 26 & 0x3f) + 1;
    uint32_t addr = get(board, target->spi.addr);
    struct transfer transfer = {.opcode = (uint8_t)get(board, target->spi.usr2)};

    if ((vb__memory_get(board, cmd_addr) & CMD_USER) == 0)
        return;
    if (target->spi.address_left_aligned && addr_bits < 32)
        addr >>= 32 - addr_bits;
    transfer.addr = (user & USER_ADDR) != 0 ? addr : 0;
    lengths(board, &transfer.out_size, &transfer.in_size);
    if ((user & USER_MOSI) == 0)
        transfer.out_size = 0;
    for (uint32_t i = 0; i < transfer.out_size; i++)
        transfer.out[i] = (uint8_t)(vb__memory_get(board, w0_addr + i) >> 8 * (i % 4));
    if ((user & USER_COMMAND) != 0)
        run(board, &transfer);
    if ((user & USER_MISO) != 0) {
        for (uint32_t i = 0; i < transfer.in_size; i += 4) {
            const uint32_t kept = transfer.in_size - i;

            if (kept < 4)
                memset(transfer.in + i + kept, 0, 4 - kept);
            vb__memory_put(board, w0_addr + i, eg_get32(transfer.in + i));
        }
    }
    vb__memory_put(board, cmd_addr, vb__memory_get(board, cmd_addr) & ~CMD_USER);
}
