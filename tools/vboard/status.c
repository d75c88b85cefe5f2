/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The flash part's status registers.
 *
 * Each bit exists twice: what is kept without power, and what holds now. A write behind 06 changes both and
 * takes its time, one behind 50 changes the latter alone and at once; power-on and a reset of the part bring
 * back what is kept.
 *
 * What any of the block-protect bits protects depends on part, on top/bottom and complement bits; here any of
 * them protects the whole part.
 */

#include "tools/vboard/board_internal.h"

#include <string.h>

#define BUSY          0x01u
#define WRITE_ENABLED 0x02u
#define PROTECT       0x1cu /* BP0 to BP2 */
#define QUAD          0x02u /* of register 2 */

static const uint64_t write_us[] = {10000, 15000}; /* typical, maximum: W25QxxJV */

void vb__status_init(struct vb_board *board)
{
    for (size_t i = 0; i < sizeof board->status_kept; i++)
        board->status_kept[i] = (uint8_t)(board->part->status >> 8 * i);
}

void vb__status_power_on(struct vb_board *board)
{
    board->odd = board->part->odd_start;
    board->odd_step = 0;
    vb__status_reset(board);
}

void vb__status_reset(struct vb_board *board)
{
    memcpy(board->status, board->status_kept, sizeof board->status);
    board->write_enabled = board->volatile_enabled = board->reset_enabled = board->asleep = false;
}

uint8_t vb__status_read(const struct vb_board *board, size_t number, bool busy)
{
    if (number != 0)
        return board->status[number];
    return (uint8_t)(board->status[0] | (board->write_enabled ? WRITE_ENABLED : 0) | (busy ? BUSY : 0));
}

void vb__status_write(struct vb_board *board, size_t first, const uint8_t *data, size_t size)
{
    const bool keep = board->write_enabled;

    if (!board->write_enabled && !board->volatile_enabled)
        return;
    board->write_enabled = board->volatile_enabled = false;
    if (keep)
        vb__flash_take_us(board, write_us[board->config.maximum_times]);
    for (size_t i = 0; i < size && first + i < sizeof board->status && !board->lie; i++) {
        const uint8_t bits = first + i == 0 ? (uint8_t)(data[i] & ~(BUSY | WRITE_ENABLED)) : data[i];

        board->status[first + i] = bits;
        if (keep)
            board->status_kept[first + i] = bits;
    }
}

bool vb__status_protects(const struct vb_board *board)
{
    return (board->status[0] & PROTECT) != 0;
}

void vb__status_unlock(struct vb_board *board)
{
    const uint8_t cleared[] = {0, board->status[1] & QUAD};

    if (board->status[0] == 0 && board->status[1] == cleared[1])
        return;
    board->write_enabled = true;
    vb__status_write(board, 0, cleared, sizeof cleared);
}
