/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Resets: how deep each goes, and where it leads.
 *
 * The pin, the supply and the RTC watchdog reset everything, and the straps are sampled again. A core reset
 * keeps the RTC domain (chip/rtc.c, chip/watchdog.c, the flash's supply) and follows the straps as they were,
 * the flag of the chip's own USB, and the register that forces the chip into its loader.
 */

#include "tools/vboard/board/life.h"

#include "tools/vboard/loader/loader.h"

static bool is_core_reset(enum vb__cause cause)
{
    return cause == VB__CAUSE_USB || cause == VB__CAUSE_SOFTWARE;
}

/* A bridge drives the strap: low when DTR is asserted alone. */
static bool strap_low(const struct vb_board *board)
{
    return board->config.strap_low || (!vb__usb_native(board) && board->port.dtr && !board->port.rts);
}

/* USB-Serial/JTAG survives a core reset, code that runs USB-OTG does not. */
static bool leaves_bus(const struct vb_board *board, enum vb__cause cause)
{
    switch (board->config.usb) {
    case VB_USB_BRIDGE:
        return false;
    case VB_USB_SERIAL_JTAG:
        return !is_core_reset(cause);
    case VB_USB_OTG:
        return true;
    }
    return false;
}

void vb__stop(struct vb_board *board)
{
    vb__uart_stop(board);
    vb__enter(board, VB__HELD, VB__NEVER);
    vb__app_stop(board);
    vb__watchdog_hold(board);
    vb__idle(board);
    vb__flash_stop(board);
}

void vb__reset(struct vb_board *board, enum vb__cause cause)
{
    /* Code that restarts the chip waits until its last output has left. */
    if (cause != VB__CAUSE_SOFTWARE)
        vb__stop(board);
    if (!is_core_reset(cause)) {
        vb__rtc_reset(board, strap_low(board));
        vb__watchdog_reset(board);
        vb__supply_reset(board);
    }
    if (cause != VB__CAUSE_POWER && leaves_bus(board, cause))
        vb__port_leave_bus(board);
    if (cause == VB__CAUSE_POWER || cause == VB__CAUSE_BROWNOUT)
        vb__spi_power_on(board);
    vb__boot(board, vb__rtc_downloads(board), cause);
}
