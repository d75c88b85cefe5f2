/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The flash part's commands, as a host sends them through the SPI controller's registers: opcode in USER2,
 * lengths, address, data from W0 upward, then bit 18 of CMD, which clears itself when the command is done.
 */

#include "tools/vboard/flash/flash.h"

#include "tools/vboard/chip/chip.h"

#include <string.h>

#define USER_COMMAND (UINT32_C(1) << 31)
#define USER_ADDR    (UINT32_C(1) << 30)
#define USER_DUMMY   (UINT32_C(1) << 29)
#define USER_MISO    (UINT32_C(1) << 28)
#define USER_MOSI    (UINT32_C(1) << 27)
#define CMD_USER     (UINT32_C(1) << 18)

#define DATA_MAX 64u /* bytes that the controller holds */

/* Opcodes of the part; _4 = with an address of four bytes. */
enum {
    WRITE_STATUS_1 = 0x01,
    PROGRAM = 0x02,
    READ = 0x03,
    WRITE_DISABLE = 0x04,
    READ_STATUS_1 = 0x05,
    WRITE_ENABLE = 0x06,
    FAST_READ = 0x0b,
    FAST_READ_4 = 0x0c,
    WRITE_STATUS_3 = 0x11,
    PROGRAM_4 = 0x12,
    READ_4 = 0x13,
    READ_STATUS_3 = 0x15,
    ERASE_SECTOR = 0x20,
    ERASE_SECTOR_4 = 0x21,
    WRITE_STATUS_2 = 0x31,
    READ_STATUS_2 = 0x35,
    READ_UNIQUE_ID = 0x4b,
    VOLATILE_ENABLE = 0x50,
    ERASE_HALF_BLOCK = 0x52,
    READ_SFDP = 0x5a,
    ERASE_HALF_BLOCK_4 = 0x5c,
    ERASE_CHIP_60 = 0x60,
    RESET_ENABLE = 0x66,
    RESET = 0x99,
    READ_ID = 0x9f,
    WAKE = 0xab,
    SLEEP = 0xb9,
    ERASE_CHIP = 0xc7,
    ERASE_BLOCK = 0xd8,
    ERASE_BLOCK_4 = 0xdc,
};

#define PAGE 256u

#define ODD_REST_NS 2000000u /* hosts wait this long before they wake an XMC part */

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

/* Signature, one parameter header, and only the density of the table; the maker is at 0x10, where hosts
 * look for XMC parts. The recordings' part has no table and reads as zeros. */
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

uint32_t vb__spi_jedec(const struct vb_board *board)
{
    const uint32_t id = board->part->jedec;

    if (board->spi.odd) /* it knows its maker and nothing else */
        return id & 0xff;
    return vb__faulty(board, VB__OTHER_ID) ? id ^ 0x010000 : id;
}

static void read_id(const struct vb_board *board, struct transfer *transfer)
{
    const uint32_t id = vb__spi_jedec(board);

    for (uint32_t i = 0; i < transfer->in_size; i++)
        transfer->in[i] = (uint8_t)(id >> 8 * (i % 3));
}

/* The id comes after four dummy bytes; with another number of them the line reads as at rest. A board that
 * shows the MAC of another still has a flash of its own. */
static void read_unique_id(const struct vb_board *board, struct transfer *transfer)
{
    uint64_t seed = vb__faulty(board, VB__SAME_FLASH_ID) ? 0 : board->config.flash_number, id;

    if (!board->part->unique_id || transfer->lead_bits != 32)
        return;
    for (unsigned i = 0; i < 6 && !vb__faulty(board, VB__SAME_FLASH_ID); i++)
        seed = seed << 8 | board->identity.mac[i];
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

    vb__flash_program(board, transfer->addr, transfer->out, first, PAGE);
    if (first < transfer->out_size)
        vb__flash_program(board, transfer->addr & ~UINT32_C(255), transfer->out + first,
                          transfer->out_size - first, PAGE);
}

static void change_flash(struct vb_board *board, const struct transfer *transfer)
{
    if (!board->status.write_enabled)
        return;
    vb__status_enable_write(board, false);
    switch (transfer->opcode) {
    case PROGRAM:
    case PROGRAM_4:
        program(board, transfer);
        break;
    case ERASE_SECTOR:
    case ERASE_SECTOR_4:
        vb__flash_erase(board, transfer->addr & ~UINT32_C(0xfff), EG_FLASH_SECTOR);
        break;
    case ERASE_HALF_BLOCK:
    case ERASE_HALF_BLOCK_4:
        vb__flash_erase(board, transfer->addr & ~UINT32_C(0x7fff), VB__BLOCK / 2);
        break;
    case ERASE_BLOCK:
    case ERASE_BLOCK_4:
        vb__flash_erase(board, transfer->addr & ~UINT32_C(0xffff), VB__BLOCK);
        break;
    case ERASE_CHIP:
    case ERASE_CHIP_60:
        vb__flash_erase_chip(board);
        break;
    default:
        break;
    }
}

/* Return whether the opcode has an address of four bytes; other opcodes ignore the highest byte. */
static bool is_long(uint8_t opcode)
{
    return opcode == FAST_READ_4 || opcode == PROGRAM_4 || opcode == READ_4 || opcode == ERASE_SECTOR_4 ||
           opcode == ERASE_HALF_BLOCK_4 || opcode == ERASE_BLOCK_4;
}

/* Deep sleep, two unknown opcodes, a rest and waking up cure a part that started badly. */
static void nurse(struct vb_board *board, uint8_t opcode)
{
    static const uint8_t cure[] = {SLEEP, 0x79, 0xff, WAKE};
    const bool rested = board->config.fast || board->clock.now_ns - board->spi.odd_ns >= ODD_REST_NS;

    if (opcode == cure[board->spi.odd_step] && (opcode != WAKE || rested))
        board->spi.odd_step++;
    else
        board->spi.odd_step = opcode == cure[0];
    board->spi.odd_ns = board->clock.now_ns;
    if (board->spi.odd_step < sizeof cure)
        return;
    board->spi.odd = false;
    board->spi.odd_step = 0;
}

static void reset(struct vb_board *board)
{
    vb__status_reset(board);
    board->spi.reset_enabled = board->spi.asleep = false;
}

void vb__spi_power_on(struct vb_board *board)
{
    board->spi.odd = board->part->odd_start;
    board->spi.odd_step = 0;
    reset(board);
}

void vb__spi_wake(struct vb_board *board)
{
    board->spi.asleep = false;
    vb__status_enable_write(board, false);
}

static void reset_part(struct vb_board *board, uint8_t opcode)
{
    if (opcode == RESET && board->spi.reset_enabled)
        reset(board);
    board->spi.reset_enabled = opcode == RESET_ENABLE;
}

static void answer_status(const struct vb_board *board, struct transfer *transfer, size_t number, bool busy)
{
    memset(transfer->in, vb__status_read(board, number, busy), sizeof transfer->in);
}

/* Without an answer the line reads as ones. */
static void run(struct vb_board *board, struct transfer *transfer)
{
    const bool busy = board->flash.busy_ns > board->clock.now_ns;

    memset(transfer->in, 0xff, sizeof transfer->in);
    if (board->spi.odd)
        nurse(board, transfer->opcode);
    if (transfer->opcode == WAKE)
        board->spi.asleep = false;
    if (!vb__flash_answers(board) || (busy && transfer->opcode != READ_STATUS_1))
        return;
    reset_part(board, transfer->opcode);
    switch (transfer->opcode) {
    case READ_ID:
        read_id(board, transfer);
        break;
    case READ_UNIQUE_ID:
        read_unique_id(board, transfer);
        break;
    case READ_STATUS_1:
        answer_status(board, transfer, 0, busy);
        break;
    case READ_STATUS_2:
        answer_status(board, transfer, 1, busy);
        break;
    case READ_STATUS_3:
        answer_status(board, transfer, 2, busy);
        break;
    case WRITE_STATUS_1:
        vb__flash_write_status(board, 0, transfer->out, transfer->out_size);
        break;
    case WRITE_STATUS_2:
        vb__flash_write_status(board, 1, transfer->out, transfer->out_size);
        break;
    case WRITE_STATUS_3:
        vb__flash_write_status(board, 2, transfer->out, transfer->out_size);
        break;
    case WRITE_ENABLE:
        vb__status_enable_write(board, true);
        break;
    case VOLATILE_ENABLE:
        vb__status_enable_volatile(board);
        break;
    case WRITE_DISABLE:
        vb__status_enable_write(board, false);
        break;
    case READ_SFDP:
        read_sfdp(board, transfer);
        break;
    case READ:
    case FAST_READ:
    case FAST_READ_4:
    case READ_4:
        vb__flash_read(board, transfer->addr, transfer->in, transfer->in_size);
        break;
    case SLEEP:
        board->spi.asleep = true;
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
        const uint32_t mask = vb__attach_drive(board, is_long(transfer.opcode) ? UINT32_MAX : VB__ADDR_24);

        run(board, &transfer);
        vb__attach_drive(board, mask);
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
