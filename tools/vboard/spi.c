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
#define USER_DUMMY   (UINT32_C(1) << 29)
#define USER_MISO    (UINT32_C(1) << 28)
#define USER_MOSI    (UINT32_C(1) << 27)
#define CMD_USER     (UINT32_C(1) << 18)

#define DATA_MAX 64u

#define ODD_REST_NS 2000000u /* what hosts allow an XMC part before they wake it */

struct transfer {
    uint8_t opcode;
    bool has_addr, wants_data;
    uint32_t addr;
    uint8_t out[DATA_MAX], in[DATA_MAX];
    uint32_t out_size, in_size;
    unsigned lead_bits; /* address and dummy cycles between opcode and data */
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

/* A part that started badly knows its maker and nothing else. */
static void read_id(const struct vb_board *board, struct transfer *transfer)
{
    const uint32_t id = board->odd ? board->part->jedec & 0xff : board->part->jedec;

    for (uint32_t i = 0; i < transfer->in_size; i++)
        transfer->in[i] = (uint8_t)(id >> 8 * (i % 3));
}

/* After four bytes that mean nothing; whoever sends another number of them reads the line at rest. A board
 * that shows the MAC of another still has a flash of its own. */
static void read_unique_id(const struct vb_board *board, struct transfer *transfer)
{
    uint64_t seed = board->same_flash_id ? 0 : board->config.number, id;

    if (!board->part->unique_id || transfer->lead_bits != 32)
        return;
    for (unsigned i = 0; i < 6 && !board->same_flash_id; i++)
        seed = seed << 8 | vb_board_mac(board)[i];
    seed ^= (uint64_t)board->part->jedec << 40;
    id = vb__random(&seed);
    for (unsigned i = 0; i < 8; i++)
        transfer->in[i] = (uint8_t)(id >> 8 * i);
}

static void program(struct vb_board *board, const struct transfer *transfer)
{
    /* A page program wraps inside its page. */
    const uint32_t room = 256 - transfer->addr % 256;
    const uint32_t first = transfer->out_size < room ? transfer->out_size : room;

    vb__flash_program(board, transfer->addr, transfer->out, first);
    if (first < transfer->out_size)
        vb__flash_program(board, transfer->addr & ~UINT32_C(255), transfer->out + first,
                          transfer->out_size - first);
}

static void change_flash(struct vb_board *board, const struct transfer *transfer)
{
    if (!board->write_enabled)
        return;
    board->write_enabled = false;
    switch (transfer->opcode) {
    case 0x02:
    case 0x12:
        program(board, transfer);
        break;
    case 0x20:
    case 0x21:
        vb__flash_erase(board, transfer->addr & ~UINT32_C(0xfff), EG_FLASH_SECTOR);
        break;
    case 0x52:
    case 0x5c:
        vb__flash_erase(board, transfer->addr & ~UINT32_C(0x7fff), VB__BLOCK / 2);
        break;
    case 0xd8:
    case 0xdc:
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

/* Opcodes with an address of four bytes; the others ignore its highest. */
static bool is_long(uint8_t opcode)
{
    return opcode == 0x0c || opcode == 0x12 || opcode == 0x13 || opcode == 0x21 || opcode == 0x5c ||
           opcode == 0xdc;
}

/* Deep sleep, two opcodes the part does not know, a rest and waking up: after that a part that started badly
 * is well. */
static void nurse(struct vb_board *board, uint8_t opcode)
{
    static const uint8_t cure[] = {0xb9, 0x79, 0xff, 0xab};
    const bool rested = board->config.fast || board->now_ns - board->odd_ns >= ODD_REST_NS;

    if (opcode == cure[board->odd_step] && (opcode != 0xab || rested))
        board->odd_step++;
    else
        board->odd_step = opcode == cure[0];
    board->odd_ns = board->now_ns;
    if (board->odd_step < sizeof cure)
        return;
    board->odd = false;
    board->odd_step = 0;
}

static void reset_part(struct vb_board *board, uint8_t opcode)
{
    if (opcode == 0x99 && board->reset_enabled)
        vb__status_reset(board);
    board->reset_enabled = opcode == 0x66;
}

static void answer_status(const struct vb_board *board, struct transfer *transfer, size_t number, bool busy)
{
    memset(transfer->in, vb__status_read(board, number, busy), sizeof transfer->in);
}

/* What is not answered reads as ones, since nothing drives the line. */
static void run(struct vb_board *board, struct transfer *transfer)
{
    const bool busy = board->flash_ns > board->now_ns;

    memset(transfer->in, 0xff, sizeof transfer->in);
    if (board->odd)
        nurse(board, transfer->opcode);
    if (transfer->opcode == 0xab)
        board->asleep = false;
    if (!vb__flash_answers(board) || (busy && transfer->opcode != 0x05))
        return;
    reset_part(board, transfer->opcode);
    switch (transfer->opcode) {
    case 0x9f:
        read_id(board, transfer);
        break;
    case 0x4b:
        read_unique_id(board, transfer);
        break;
    case 0x05:
        answer_status(board, transfer, 0, busy);
        break;
    case 0x35:
        answer_status(board, transfer, 1, busy);
        break;
    case 0x15:
        answer_status(board, transfer, 2, busy);
        break;
    case 0x01:
        vb__status_write(board, 0, transfer->out, transfer->out_size);
        break;
    case 0x31:
        vb__status_write(board, 1, transfer->out, transfer->out_size);
        break;
    case 0x11:
        vb__status_write(board, 2, transfer->out, transfer->out_size);
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
    case 0x0c:
    case 0x13:
        vb__flash_read(board, transfer->addr, transfer->in, transfer->in_size);
        break;
    case 0xb9:
        board->asleep = true;
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
    transfer.lead_bits = ((user & USER_ADDR) != 0 ? addr_bits : 0) +
                         ((user & USER_DUMMY) != 0 ? (get(board, target->spi.usr1) & 0xff) + 1 : 0);
    transfer.addr = (user & USER_ADDR) != 0 ? addr : 0;
    lengths(board, &transfer.out_size, &transfer.in_size);
    if ((user & USER_MOSI) == 0)
        transfer.out_size = 0;
    for (uint32_t i = 0; i < transfer.out_size; i++)
        transfer.out[i] = (uint8_t)(vb__memory_get(board, w0_addr + i) >> 8 * (i % 4));
    if ((user & USER_COMMAND) != 0) {
        const uint32_t mask = board->addr_mask;

        board->addr_mask = is_long(transfer.opcode) ? UINT32_MAX : VB__ADDR_24;
        run(board, &transfer);
        board->addr_mask = mask;
    }
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
