/* SPDX-License-Identifier: Apache-2.0 */

/* The port that the host has open: its lines, and whether it is there. */

#include "tools/vboard/uart/uart.h"

/* The port of native USB is away for this long after a reset that takes the USB along. */
#define OFF_BUS_NS 400000000u

#define MS_NS UINT64_C(1000000)

void vb__port_init(struct vb_board *board)
{
    board->port = (struct vb__port){
        .gone_ns = VB__NEVER, .back_ns = VB__NEVER, .off_bus_ns = VB__NEVER, .pulled_ns = VB__NEVER};
}

void vb__port_set_lines(struct vb_board *board, bool dtr, bool rts)
{
    const bool pulls = rts && !dtr;

    if (!pulls || board->port.pulled_ns == VB__NEVER)
        board->port.pulled_ns = pulls ? board->clock.now_ns : VB__NEVER;
    board->port.dtr = dtr;
    board->port.rts = rts;
}

void vb__port_unplug(struct vb_board *board, uint32_t back_ms)
{
    board->port.gone_ns = board->clock.now_ns;
    board->port.back_ns = back_ms != 0 ? board->clock.now_ns + back_ms * MS_NS : VB__NEVER;
}

void vb__port_leave_bus(struct vb_board *board)
{
    board->port.off_bus_ns = board->clock.now_ns + OFF_BUS_NS;
}

void vb__port_return(struct vb_board *board)
{
    if (board->port.back_ns <= board->clock.now_ns) {
        vb__port_init(board);
        return;
    }
    board->port.off_bus_ns = VB__NEVER;
    vb__port_set_lines(board, false, false);
}

bool vb__port_away(const struct vb_board *board)
{
    return board->port.gone_ns <= board->clock.now_ns || board->port.off_bus_ns != VB__NEVER;
}

uint64_t vb__port_next(const struct vb_board *board)
{
    const struct vb__port *const port = &board->port;

    return port->back_ns < port->off_bus_ns ? port->back_ns : port->off_bus_ns;
}
