/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The flash part's status registers.
 *
 * Each bit exists twice: the kept one, which survives without power, and the one that holds now. A write
 * after 06 changes both and takes its time; a write after 50 changes only the latter, at once. Power-on and a
 * reset of the part restore the kept bits.
 *
 * Which blocks a block-protect bit protects depends on the part; here any of them protects the whole part.
 */

#include "tools/vboard/flash/flash.h"

#include <string.h>

#define BUSY          0x01u
#define WRITE_ENABLED 0x02u
#define PROTECT       0x1cu /* BP0 to BP2 */
#define LOCK          0x80u /* SRP0: while the WP pin is low the registers cannot be written */
#define QUAD          0x02u /* of register 2 */

void vb__status_init(struct vb_board *board)
{
    for (size_t i = 0; i < sizeof board->status.kept; i++)
        board->status.kept[i] = (uint8_t)(board->part->status >> 8 * i);
    if (vb__faulty(board, VB__PROTECTED))
        board->status.kept[0] |= LOCK | PROTECT;
}

void vb__status_reset(struct vb_board *board)
{
    memcpy(board->status.now, board->status.kept, sizeof board->status.now);
    board->status.write_enabled = board->status.volatile_enabled = false;
}

void vb__status_enable_write(struct vb_board *board, bool enable)
{
    board->status.write_enabled = enable;
    if (!enable)
        board->status.volatile_enabled = false;
}

void vb__status_enable_volatile(struct vb_board *board)
{
    board->status.volatile_enabled = true;
}

uint8_t vb__status_read(const struct vb_board *board, size_t number, bool busy)
{
    if (number != 0)
        return board->status.now[number];
    return (uint8_t)(board->status.now[0] | (board->status.write_enabled ? WRITE_ENABLED : 0) |
                     (busy ? BUSY : 0));
}

bool vb__status_write(struct vb_board *board, size_t first, const uint8_t *data, size_t size)
{
    struct vb__status *const status = &board->status;
    const bool keep = status->write_enabled;

    if (!status->write_enabled && !status->volatile_enabled)
        return false;
    status->write_enabled = status->volatile_enabled = false;
    for (size_t i = 0; i < size && first + i < sizeof status->now && !vb__faulty(board, VB__LIE) &&
                       !vb__faulty(board, VB__PROTECTED);
         i++) {
        const uint8_t bits = first + i == 0 ? (uint8_t)(data[i] & ~(BUSY | WRITE_ENABLED)) : data[i];

        status->now[first + i] = bits;
        if (keep)
            status->kept[first + i] = bits;
    }
    return keep;
}

bool vb__status_protects(const struct vb_board *board)
{
    return (board->status.now[0] & PROTECT) != 0;
}

bool vb__status_unlock(struct vb_board *board)
{
    const uint8_t cleared[] = {0, board->status.now[1] & QUAD};

    if (board->status.now[0] == 0 && board->status.now[1] == cleared[1])
        return false;
    board->status.write_enabled = true;
    return vb__status_write(board, 0, cleared, sizeof cleared);
}
