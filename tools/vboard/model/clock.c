/* SPDX-License-Identifier: Apache-2.0 */

/* The board's time, what the chip is doing, and until when its loader is busy. */

#include "tools/vboard/model/model.h"

void vb__reach_time(struct vb_board *board, uint64_t ns)
{
    if (board->clock.now_ns < ns)
        board->clock.now_ns = ns;
}

uint64_t vb__idle_ns(const struct vb_board *board)
{
    return board->clock.cpu_ns > board->clock.now_ns ? board->clock.cpu_ns : board->clock.now_ns;
}

void vb__delay(struct vb_board *board, uint64_t ns)
{
    board->clock.cpu_ns = vb__idle_ns(board) + ns;
}

void vb__busy(struct vb_board *board, uint64_t ns)
{
    vb__delay(board, board->config.fast ? 0 : ns);
}

void vb__busy_until(struct vb_board *board, uint64_t ns)
{
    if (board->clock.cpu_ns < ns)
        board->clock.cpu_ns = ns;
}

void vb__idle(struct vb_board *board)
{
    board->clock.cpu_ns = board->clock.now_ns;
}

void vb__enter(struct vb_board *board, enum vb__state state, uint64_t ends_ns)
{
    board->clock.state = state;
    board->clock.ends_ns = ends_ns;
}

bool vb__listening(const struct vb_board *board)
{
    return board->clock.state == VB__ROM || board->clock.state == VB__STUB;
}

uint64_t vb__random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}
